"""The metric card for people to read."""

from wholinks.research.overview import NextStep, Overview, Window

from .sheet import Sheet, Table
from .table import coverage_shown

_BRIEF = ("backlinks", "links", "followed")


def overview_sheet(card: Overview) -> Sheet:
    """The measures as lines, then a short table of each view, then what to do next."""
    counted = card.totals
    whose = f"{card.target.text} ({card.target.mode})"
    lines = (
        f"{whose}: {counted.backlinks:,} backlinks ({card.band}), {counted.links:,} links",
        _from(card),
        _follow(card),
        _diversity(card),
        *map(_window, card.windows),
    )
    tables = (
        Table("top sources", card.sources, ("referring_domain", *_BRIEF, "first_seen")),
        Table("top anchors", card.anchors, ("anchor_text", "referring_domains", *_BRIEF)),
        Table("top pages", card.pages, ("target_url", "referring_domains", *_BRIEF)),
        Table("kinds", card.kinds),
        Table("top levels", card.tlds, ("tld", "referring_domains", *_BRIEF)),
        Table("languages", card.languages, ("language", "referring_domains", *_BRIEF)),
    )
    hint = (card.hint,) if card.hint else ()
    notes = (coverage_shown(card.coverage), *hint, "what to do next:", *map(_step, card.next_steps))
    return Sheet(lines, tables, notes)


def _from(card: Overview) -> str:
    return (
        f"from {card.totals.referring_pages:,} pages, {card.totals.referring_domains:,} domains,"
        f" {card.referring_hosts:,} hosts, {card.referring_ips:,} IP addresses"
    )


def _follow(card: Overview) -> str:
    counted = card.totals
    return (
        f"followed {counted.followed:,} ({_share(card.followed_share)}), nofollow {counted.nofollow:,}, ugc"
        f" {counted.ugc:,}, sponsored {counted.sponsored:,}; in doubt: suspect {counted.suspect:,}, unknown"
        f" {counted.unknown:,}, stale {counted.stale:,}"
    )


def _diversity(card: Overview) -> str:
    return (
        f"largest source {_share(card.largest_source_share)} of the backlinks; effective number of sources"
        f" {_number(card.effective_sources)}, of anchors {_number(card.effective_anchors)}"
    )


def _share(share: float | None) -> str:
    return "–" if share is None else f"{share:.1%}"


def _number(number: float | None) -> str:
    return "–" if number is None else f"{number:,.1f}"


def _window(window: Window) -> str:
    rate = "–" if window.growth_rate is None else f"{window.growth_rate:+.1%}"
    return (
        f"last {window.days} days: {window.gained:,} gained, {window.lost:,} lost, {window.discovered:,} discovered"
        f"{f', {window.restated:+,} restated' if window.restated else ''}; growth {rate}"
    )


def _step(step: NextStep) -> str:
    return f"  {step.command}   # {step.why}"
