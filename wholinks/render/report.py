"""A report as a page to print and to send: what each number is, where it came from, and how far the crawl looked."""

from collections.abc import Sequence
from typing import Final

from wholinks.research.card.bands import band, band_in_words
from wholinks.research.growth.history import Period
from wholinks.research.report import Report, Side
from wholinks.storage.wording import counted

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
    line_keys,
    parts_grid,
    series_grid,
)
from .listing import heading
from .report_links import broken, lately, sources, words
from .report_more import campaigns, gap, meaning, method, quality, traffic
from .report_summary import LARGE, summary
from .report_words import came, day_in_words, from_to, growth, listed, month_in_words, rate_told, share
from .targets import target_shown

_GAINED, _DISCOVERED, _LOST = chart.PALETTE[0], chart.PALETTE[5], chart.PALETTE[1]
_DOUBTS: Final = {
    "suspect": "missing at the last visit, not yet at two",
    "unknown": "their page could not be read again",
    "stale": "not seen for 180 days",
}
_FIRST_MONTH: Final = (
    "All that is known is of one month: there is no course yet. 'wholinks recrawl' from time to time makes one."
)


def page(report: Report, campaigns_file: str = "campaigns.toml") -> Page:
    """The whole report; the file's name is for the command that tells its campaigns."""
    name = target_shown(report.target)
    rivals = [target_shown(side.target) for side in report.sides[1:]]
    as_of = report.coverage.as_of
    against = f"Compared with {listed(rivals)}. " if rivals else ""
    when = f"As of {day_in_words(as_of)}." if as_of else ""
    sections = [
        summary(report),
        _at_a_glance(report),
        *([_rivals(report)] if rivals else []),
        _over_time(report, name),
        lately(report),
        broken(report),
        *([gap(report.gap)] if report.gap else []),
        sources(report),
        words(report),
        *([campaigns(report.campaigns)] if report.campaigns else []),
        *([traffic(report.traffic, name)] if report.traffic else []),
        quality(report),
        method(report),
        meaning(report, campaigns_file),
    ]
    return Page(f"Backlinks of {name}", f"{against}{when}", tuple(sections))


def _at_a_glance(report: Report) -> Section:
    side = report.sides[0]
    totals = side.totals
    first = report.rows[0] if report.rows else None
    cards = [
        Card("Backlinks", f"{totals.backlinks:,}", _band(report)),
        Card(
            "Referring domains", f"{totals.referring_domains:,}",
            f"the largest has {share(first.backlinks, totals.backlinks)} of the backlinks" if first else "other sites",
        ),
        Card("Referring pages", f"{totals.referring_pages:,}"),
        Card("Links", f"{totals.links:,}", "each occurrence"),
        Card(
            "Followed", share(totals.followed, totals.backlinks),
            counted(totals.not_followed, "backlink is not", "backlinks are not"),
        ),
        Card("Authority", "–" if side.authority is None else f"{side.authority:.0f}", "0–100 within this crawl"),
    ]  # fmt: skip
    if report.lately is not None:
        found = report.lately.domains
        gained, discovered, lost = came(found.why)
        since = f"since {found.first.day} {found.first:%b %Y}"
        if found.start:
            net = f"gained less lost; backlinks {from_to(found.start, found.end)} {since}"
            cards.append(Card("Growth", growth(gained, lost, found.start), net))
        more = f"{discovered:,} more on pages new to the crawl"
        cards.append(Card("Gained and lost", f"+{gained:,} −{lost:,}", f"net change {since}; {more}"))
    doubts = [f"{getattr(totals, kind):,} {kind} ({meant})" for kind, meant in _DOUBTS.items() if getattr(totals, kind)]
    notes = (f"Of the backlinks, in doubt: {'; '.join(doubts)}. They count until their loss is proved.",)
    return Section("At a glance", cards=tuple(cards), notes=notes if doubts else ())


def _band(report: Report) -> str:
    totals = report.sides[0].totals
    told = f"{band_in_words(totals.backlinks)}, from {counted(totals.referring_domains, 'site')}"
    first = report.rows[0] if report.rows else None
    if first is not None and totals.referring_domains > 1 and first.backlinks >= totals.backlinks * LARGE:
        return f"{told}; {share(first.backlinks, totals.backlinks)} from one of them"
    return told


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
    words = (
        f"{band(side.totals.backlinks)}, {counted(side.totals.referring_domains, 'site')}" for side in report.sides
    )
    cells.append(("By backlinks", *words))
    if all(len(side.history.rows) > 1 for side in report.sides):
        since = report.sides[0].quarter.rows[0]
        cells.append((f"Growth since {_month(since)}", *(_growth(side) for side in report.sides)))
    table = Grid("The same measures of each site", ("", *names), tuple(cells), (False, *(True for _ in names)))
    parts = [Part(name, side.totals.referring_domains) for name, side in zip(names, report.sides, strict=True)]
    bars = figure("Referring domains", chart.bars("Referring domains", parts), parts_grid("Site", "Domains", parts))
    return Section("Side by side", figures=(bars,), tables=(table,))


def _growth(side: Side) -> str:
    told = side.quarter
    if told.growth_rate is None:
        return "–"
    return f"{rate_told(told.growth_rate)} ({from_to(told.rows[0].start, told.rows[-1].end)})"


def _over_time(report: Report, name: str) -> Section:
    own = report.sides[0].history
    if not any(period.came for period in own.rows):
        return Section("Over time", ("No backlink was seen yet.",))
    labels = [_month_short(period) for period in own.rows]
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
    if any(one.stale or one.suspect or one.unknown for one in own.rows):
        figures.append(_in_doubt(own.rows, labels))
    bursts = tuple(
        f"Unusually many came from {day_in_words(burst.first)} to {day_in_words(burst.last)}: {burst.came:,}, the most"
        f" from {listed([source.referring_domain for source in burst.sources])}."
        for burst in own.bursts
    )
    notes = ["A backlink on a page that the crawl had not read before is of unknown age: shown apart, and no growth."]
    if any(period.restated for period in own.rows):
        notes.append(
            "Some backlinks were restated: counted differently, as their page moved or became a copy of another, though"
            " no link came or went. They are in the lines, and in no bar."
        )
    return Section("Over time", bursts, figures=tuple(figures), notes=tuple(notes))


def _course(sides: Sequence[Side], labels: Sequence[str], measure: str, caption: str) -> Figure:
    series = []
    for side in sides:
        known = {_month_short(period): float(getattr(period, measure)) for period in side.history.rows}
        series.append(Series(target_shown(side.target), tuple(known.get(label) for label in labels)))
    return figure(
        caption, chart.lines(caption, labels, series), series_grid("Month", labels, series), line_keys(series)
    )


def _in_doubt(rows: Sequence[Period], labels: Sequence[str]) -> Figure:
    caption = "Backlinks in doubt at the end of each month"
    told = {kind: tuple(float(getattr(row, kind)) for row in rows) for kind in _DOUBTS}
    series = [Series(f"{kind} ({_DOUBTS[kind]})", counts) for kind, counts in told.items() if any(counts)]
    return figure(
        caption, chart.lines(caption, labels, series), series_grid("Month", labels, series), line_keys(series)
    )


def _month(period: Period) -> str:
    return month_in_words(period.first)


def _month_short(period: Period) -> str:
    return f"{period.first:%b %Y}"
