"""The metric card for people to read."""

from collections.abc import Iterator
from typing import Final

from wholinks.research.card.overview import NextStep, Overview
from wholinks.research.growth.windows import Window
from wholinks.storage.wording import counted

from .sheet import Sheet, Table
from .table import coverage_shown, narrowed

_BRIEF = ("backlinks", "links", "followed")
ONE_DAY: Final = "All that is known was read on one day, so nothing can be said of change yet."
_COURSE: Final = (
    "gained, lost, discovered: each coming and going counts; 'history --between' and the report tell the net change",
    "growth = (gained - lost) / start, without discovered backlinks, whether they are still there or lost again",
)


def overview_sheet(card: Overview) -> Sheet:
    """The measures as lines, then a short table of each view, then what to do next."""
    totals = card.totals
    whose = f"{card.target.text} ({card.target.mode})"
    if card.hint and card.authority is None:
        return Sheet((f"{whose}: {card.hint}",), (), (coverage_shown(card.coverage),))
    lines = (
        f"{whose}: {counted(totals.backlinks, 'backlink')} ({card.band}), {counted(totals.links, 'link')}",
        *narrowed(card.snapshot),
        _worth(card),
        _from(card),
        _follow(card),
        _diversity(card),
        *_anchors(card),
        *map(_window, card.windows),
        *((ONE_DAY,) if card.is_of_one_day else ()),
    )
    tables = (
        Table("top sources", card.sources, ("referring_domain", "authority", *_BRIEF, "first_seen")),
        Table("top anchors", card.anchors, ("anchor_text", "referring_domains", *_BRIEF, "anchor_class")),
        Table("top pages", card.pages, ("target_url", "referring_domains", *_BRIEF)),
        Table("kinds", card.kinds),
        Table("top levels", card.tlds, ("tld", "referring_domains", *_BRIEF)),
        Table("languages", card.languages, ("language", "referring_domains", *_BRIEF)),
    )
    hint = (card.hint,) if card.hint else ()
    notes = (
        *(_COURSE if not card.is_of_one_day and any(window.start or window.end for window in card.windows) else ()),
        f"Whole folder: {coverage_shown(card.coverage)}", *hint, "what to do next:", *map(_step, card.next_steps),
    )  # fmt: skip
    return Sheet(lines, tables, notes)


def _worth(card: Overview) -> str:
    if card.authority is None:
        return "authority – (no page of it and no link to it was ever seen)"
    return f"authority {card.authority:.0f} of 100 within this crawl, rank {card.rank:,}"


def _from(card: Overview) -> str:
    return (
        f"from {counted(card.totals.referring_pages, 'page')}, {counted(card.totals.referring_domains, 'domain')},"
        f" {counted(card.referring_hosts, 'host')}, {counted(card.referring_ips, 'IP')};"
        f" {counted(card.broken_backlinks, 'backlink')} to {counted(card.broken_urls, 'broken URL')}"
    )


def _follow(card: Overview) -> str:
    totals = card.totals
    return (
        f"followed {totals.followed:,} ({_share(card.followed_share)}), nofollow {totals.nofollow:,}, ugc"
        f" {totals.ugc:,}, sponsored {totals.sponsored:,}; in doubt: suspect {totals.suspect:,}, unknown"
        f" {totals.unknown:,}, stale {totals.stale:,}"
    )


def _diversity(card: Overview) -> str:
    return (
        f"largest source {_share(card.largest_source_share)} of the backlinks; effective number of sources"
        f" {_number(card.effective_sources)}, of anchors {_number(card.effective_anchors)}"
    )


def _anchors(card: Overview) -> Iterator[str]:
    if card.totals.links:
        shares = (f"{row.anchor_class} {_share(row.share)}" for row in card.anchor_classes)
        yield f"anchors, by links: {', '.join(shares)}"


def _share(share: float | None) -> str:
    return "–" if share is None else f"{share:.1%}"


def _number(number: float | None) -> str:
    return "–" if number is None else f"{number:,.1f}"


def _window(window: Window) -> str:
    rate = "–" if window.growth_rate is None else f"{window.growth_rate:+.1%}"
    restated = f", {window.restated:+,} restated" if window.restated else ""
    again = f" ({window.discovered_lost:,} of them lost again)" if window.discovered_lost > 0 else ""
    return (
        f"last {window.days} days (from {window.first}): backlinks {window.start:,} → {window.end:,};"
        f" {window.gained:,} gained, {window.lost:,} lost, {window.discovered:,} discovered{again}{restated};"
        f" growth {rate}"
    )


def _step(step: NextStep) -> str:
    return f"  {step.command}   # {step.why}"
