"""A report as a page to print and to send: what each number is, where it came from, and how far the crawl looked."""

from collections.abc import Sequence
from datetime import date

from wholinks.research.card.bands import band, band_in_words
from wholinks.research.growth.history import Period
from wholinks.research.report import BAND, SHOWN, Report, Side

from . import chart
from .chart import Part, Series
from .html import (
    Card,
    Figure,
    Grid,
    Page,
    Section,
    block_keys,
    figure,
    grid,
    line_keys,
    parts_grid,
    series_grid,
)
from .listing import heading
from .table import coverage_shown
from .targets import target_shown
from .text import counted

_GAINED, _DISCOVERED, _LOST = chart.PALETTE[0], chart.PALETTE[5], chart.PALETTE[1]
_FIRST_MONTH = (
    "All that is known is of one month: there is no course yet. 'wholinks recrawl' from time to time makes one."
)


def page(report: Report) -> Page:
    """The whole report."""
    name = target_shown(report.target)
    rivals = [target_shown(side.target) for side in report.sides[1:]]
    as_of = report.coverage.as_of
    against = f"Compared with {_listed(rivals)}. " if rivals else ""
    when = f"As of {as_of.day} {as_of:%B %Y}." if as_of else ""
    sections = [
        _at_a_glance(report, name),
        *([_rivals(report)] if rivals else []),
        _over_time(report, name),
        _sources(report),
        _words(report),
        *([_gap(report)] if report.gap else []),
        _quality(report),
        _method(report),
    ]
    footer = (
        f"Made by wholinks from its own crawl. Snapshot {report.snapshot.id}, built"
        f" {report.snapshot.built_at:%Y-%m-%d %H:%M} UTC; counted by {report.snapshot.policy};"
        f" public suffix list {report.snapshot.suffix_list}."
    )
    return Page(f"Backlinks of {name}", f"{against}{when}", tuple(sections), (footer,))


def _at_a_glance(report: Report, name: str) -> Section:
    side = report.sides[0]
    totals, periods = side.totals, side.history.rows
    quarter = periods[-3:]
    cards = [
        Card("Backlinks", f"{totals.backlinks:,}", band_in_words(totals.backlinks)),
        Card("Referring domains", f"{totals.referring_domains:,}"),
        Card("Referring pages", f"{totals.referring_pages:,}"),
        Card("Links", f"{totals.links:,}", "each occurrence"),
        Card("Followed", _percent(totals.followed, totals.backlinks), f"{totals.not_followed:,} are not"),
        Card("Authority", "–" if side.authority is None else f"{side.authority:.0f}", "0–100 within this crawl"),
    ]
    if quarter:
        gained, lost = sum(one.gained for one in quarter), sum(one.lost for one in quarter)
        discovered = sum(one.discovered for one in quarter)
        start = quarter[0].start
        rate = f"{(gained - lost) / start:+.1%}" if start else "–"
        cards.append(Card("Growth", rate, f"gained less lost, since {_month(quarter[0])}"))
        cards.append(
            Card("Gained and lost", f"+{gained:,} −{lost:,}", f"{discovered:,} more on pages new to the crawl")
        )
    first = report.rows[0] if report.rows else None
    lines = [
        (
            f"{name} has {counted(totals.backlinks, 'backlink')} from"
            f" {counted(totals.referring_domains, 'referring domain')}: {band_in_words(totals.backlinks)}."
        )
    ]
    if first is not None:
        share = _percent(first.backlinks, totals.backlinks)
        lines.append(f"The largest source is {first.referring_domain}, with {share} of the backlinks.")
    doubts = [f"{getattr(totals, kind):,} {kind}" for kind in ("suspect", "unknown", "stale") if getattr(totals, kind)]
    notes = (f"Of the backlinks, in doubt: {', '.join(doubts)}; they count until their loss is proved.",)
    return Section("At a glance", tuple(lines), tuple(cards), notes=notes if doubts else ())


def _rivals(report: Report) -> Section:
    measures = (
        "backlinks",
        "links",
        "referring_domains",
        "referring_pages",
        "followed",
        "nofollow",
        "ugc",
        "sponsored",
    )
    names = tuple(target_shown(side.target) for side in report.sides)
    cells = [
        (heading(measure), *(f"{getattr(side.totals, measure):,}" for side in report.sides)) for measure in measures
    ]
    cells.append(("Authority", *("–" if side.authority is None else f"{side.authority:.1f}" for side in report.sides)))
    cells.append(("Band", *(band(side.totals.backlinks) for side in report.sides)))
    table = Grid("", ("", *names), tuple(cells), (False, *(True for _ in names)))
    parts = [Part(name, side.totals.referring_domains) for name, side in zip(names, report.sides, strict=True)]
    bars = figure("Referring domains", chart.bars("Referring domains", parts), parts_grid("Site", "Domains", parts))
    return Section("Side by side", figures=(bars,), tables=(table,))


def _over_time(report: Report, name: str) -> Section:
    own = report.sides[0].history
    if not any(period.came for period in own.rows):
        return Section("Over time", ("No backlink was seen yet.",))
    labels = [_month(period) for period in own.rows]
    if len(labels) == 1:
        return Section("Over time", (_FIRST_MONTH,))
    figures = [
        _course(report.sides, labels, "domains_end", "Referring domains at the end of each month"),
        _course(report.sides, labels, "end", "Backlinks at the end of each month"),
    ]
    up = [
        Series("Gained on pages known before", tuple(one.gained for one in own.rows), _GAINED),
        Series("On pages new to the crawl", tuple(one.discovered for one in own.rows), _DISCOVERED),
    ]
    down = [Series("Lost", tuple(one.lost for one in own.rows), _LOST)]
    told = f"Backlinks of {name} gained and lost in each month"
    figures.append(
        figure(
            told, chart.gains_and_losses(told, labels, up, down), series_grid("Month", labels, [*up, *down]),
            block_keys([*up, *down]),
        )
    )  # fmt: skip
    bursts = tuple(
        f"Unusually many came from {burst.first} to {burst.last}: {burst.came:,}, the most from"
        f" {_listed([source.referring_domain for source in burst.sources])}."
        for burst in own.bursts
    )
    note = "A backlink on a page that the crawl had not read before is of unknown age: shown apart, and no growth."
    return Section("Over time", bursts, figures=tuple(figures), notes=(note,))


def _course(sides: Sequence[Side], labels: Sequence[str], measure: str, caption: str) -> Figure:
    series = []
    for side in sides:
        known = {_month(period): float(getattr(period, measure)) for period in side.history.rows}
        series.append(Series(target_shown(side.target), tuple(known.get(label) for label in labels)))
    return figure(
        caption, chart.lines(caption, labels, series), series_grid("Month", labels, series), line_keys(series)
    )


def _sources(report: Report) -> Section:
    totals = report.sides[0].totals
    follow = [
        Part("followed", totals.followed),
        Part("not followed", totals.not_followed),
    ]
    marks = [Part(name, getattr(totals, name)) for name in ("nofollow", "ugc", "sponsored")]
    bands = [
        Part(f"{number * BAND}–{number * BAND + BAND - (number < len(report.authority_bands) - 1)}", count)
        for number, count in enumerate(report.authority_bands)
    ]
    places = [Part(row.placement, row.links) for row in report.placements]
    kinds = [Part(row.kind, row.links) for row in report.kinds]
    figures = (
        _shares("Backlinks, followed and not", "Backlinks", follow),
        figure("Referring domains by authority", chart.columns("Referring domains by authority", bands),
               parts_grid("Authority", "Domains", bands)),
        _shares("Links by their place on the page", "Links", places),
        _shares("Links by kind", "Links", kinds),
    )  # fmt: skip
    told = ", ".join(f"{part.value:,g} {part.name}" for part in marks)
    table = grid("Referring domains with most backlinks", report.rows, more=report.rows_known - len(report.rows))
    return Section(
        "Where from", figures=figures, tables=(table,),
        notes=(f"Backlinks with a link marked so (they overlap): {told}.",),
    )  # fmt: skip


def _shares(caption: str, measure: str, parts: Sequence[Part]) -> Figure:
    return figure(caption, chart.shares(caption, parts), parts_grid("Part", measure, parts))


def _words(report: Report) -> Section:
    parts = [Part(row.anchor_text or "(empty)", row.backlinks) for row in report.anchors]
    told = "Backlinks by anchor text"
    figures = (figure(told, chart.bars(told, parts)),) if parts else ()
    columns = ("anchor_text", "referring_domains", "backlinks", "links", "followed")
    tables = (
        grid("Anchor texts", report.anchors, columns, more=report.anchors_known - len(report.anchors)),
        grid(
            "Pages with most backlinks", report.pages,
            ("target_url", "backlinks", "referring_domains", "followed"), more=report.pages_known - len(report.pages),
        ),
    )  # fmt: skip
    return Section("What they say, and where they lead", figures=figures, tables=tables)


def _gap(report: Report) -> Section:
    gap = report.gap
    if gap is None:
        return Section("Gap")
    lines = (
        (
            f"{counted(gap.proved + gap.unknown, 'domain')} link to a rival and, as far as is known, not here: of"
            f" {gap.proved:,} every page known was read; of {gap.unknown:,} not, so whether they link is unknown."
        ),
    )
    columns = ("domain", "authority", "rivals", "backlinks", "links_to_you", "ask_on")
    table = grid("By authority and number of rivals", gap.rows, columns, more=gap.rows_known - len(gap.rows))
    return Section("Who links to rivals and not here", lines, tables=(table,) if gap.rows else ())


def _quality(report: Report) -> Section:
    audit = report.audit
    marked = [row for row in audit.rows if row.parts][:SHOWN]
    lines = (
        (
            f"{audit.flagged:,} of {counted(audit.referring_domains, 'referring domain')} show a marker,"
            f" {audit.reviewed:,} were reviewed."
        ),
    )
    columns = ("referring_domain", "score", "review", "links", "why")
    tables = (grid("The most markers first", marked, columns, more=audit.flagged - len(marked)),) if marked else ()
    return Section(
        "Quality", lines, tables=tables,
        notes=("A marker is a reason to look, and no verdict; each is defined, with its value and its weight.",),
    )  # fmt: skip


def _method(report: Report) -> Section:
    return Section(
        "How far this holds",
        (
            coverage_shown(report.coverage),
            (
                "A backlink is a page of another site that links to a URL here; several links from one page to one URL"
                " are one backlink. What was not crawled is not counted, so every number is a lower bound."
            ),
            "Losses are proved by a later fetch; pages that could not be read again keep their links as they were.",
            (
                f"Authority ({report.authority_formula}) is PageRank over the followed links between the domains of"
                " this crawl, on a logarithmic scale: it compares domains within this report and nowhere else."
            ),
        ),
    )


def _month(period: Period) -> str:
    day: date = period.first
    return f"{day:%Y-%m}"


def _percent(part: int, whole: int) -> str:
    return f"{part / whole:.0%}" if whole else "–"


def _listed(names: Sequence[str]) -> str:
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"
