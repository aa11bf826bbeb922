"""Parts of the report that judge and explain: opportunities, campaigns and traffic, quality, how far it holds, what the
numbers mean."""

from dataclasses import dataclass
from typing import Final

from wholinks.research.campaigns.correlation import LEAST
from wholinks.research.campaigns.results import CampaignRow, Campaigns
from wholinks.research.campaigns.traffic import Traffic
from wholinks.research.competitors.gap import Gap
from wholinks.research.report import SHOWN, Report
from wholinks.storage.wording import counted, time_told

from . import chart
from .chart import Series
from .html import Grid, Section, figure, grid, line_keys, series_grid
from .report_words import DEFINITIONS, commands, share, verb
from .table import coverage_shown

_GAP: Final = {
    "domain": "Site",
    "rivals": "Rivals linked",
    "backlinks": "Backlinks to rivals",
    "links_to_you": "Links to you",
    "ask_on": "Page to ask on",
}


@dataclass(frozen=True, slots=True)
class _Cost:
    campaign: str
    cost: str
    for_each_backlink: str
    for_each_that_lives: str
    for_each_domain: str


@dataclass(frozen=True, slots=True)
class _Brought:
    campaign: str
    backlinks: int
    referring_domains: int
    followed: str
    still_there: int
    lost: int


def gap(found: Gap) -> Section:
    """Who links to rivals and not here."""
    known = found.proved + found.unknown
    heading = "Who links to rivals and not here"
    if not known:
        none = "Every site that links to a rival links here too." if found.linking else "No site links to a rival."
        return Section(heading, (f"{none} This is of what was read.",))
    lines = (
        (
            f"{counted(known, 'site')} {verb(known, 'link')} to a rival and, as far as is known, not here: of"
            f" {found.proved:,} every"
            f" page known was read; of {found.unknown:,} not, so whether they link is unknown."
            f" {counted(found.linking, 'site links', 'sites link')} to both."
        ),
    )
    columns = ("domain", "opportunity", "authority", "rivals", "backlinks", "links_to_you", "ask_on")
    table = grid(
        "The best opportunities first", found.rows, columns, more=found.rows_known - len(found.rows), titles=_GAP,
        note=(
            "Opportunity = authority × rivals linked × relevance (0–1: how near the site is to yours). Page to ask on:"
            " the one that links to most rivals. Links to you: no where all known pages were read, else unknown."
        ),
    )  # fmt: skip
    return Section(heading, lines, tables=(table,))


def campaigns(found: Campaigns) -> Section:
    """What campaigns brought and cost."""
    totals = found.totals
    lines = [
        (
            f"{counted(totals.campaigns, 'campaign')} brought {counted(totals.backlinks, 'backlink')} from"
            f" {counted(totals.referring_domains, 'site')}: {totals.live:,} are still there, {totals.lost:,} were lost."
        )
    ]
    for spent in totals.spent:
        each = f": {spent.cost_per_backlink:,.2f} for each backlink" if spent.cost_per_backlink is not None else ""
        lines.append(f"{spent.currency} {spent.cost:,.2f} were spent on {counted(spent.campaigns, 'campaign')}{each}.")
    brought = [
        _Brought(
            row.campaign, row.backlinks, row.referring_domains,
            "–" if row.followed_share is None else f"{row.followed_share:.0%}", row.live, row.lost,
        )
        for row in found.rows
    ]  # fmt: skip
    tables = [
        grid(
            "What each campaign brought", brought,
            note="Counted are backlinks that fit the campaign's pages, sites and words, first seen within its days.",
        )
    ]  # fmt: skip
    paid = [_cost(row) for row in found.rows if row.cost is not None]
    if paid:
        tables.append(grid("What a backlink cost", paid))
    unread = sum(len(row.sources_unread) for row in found.rows)
    notes = ["That a backlink came within the days of a campaign does not prove that it came because of it."]
    if totals.shared:
        notes.append(f"{counted(totals.shared, 'backlink')} fit more than one campaign, and stand in the row of each.")
    if unread:
        notes.append(f"Of {counted(unread, 'named source')} no page was ever read: what they brought is not known.")
    return Section("Campaigns", tuple(lines), tables=tuple(tables), notes=tuple(notes))


def _cost(row: CampaignRow) -> _Cost:
    def money(amount: float | None) -> str:
        return "–" if amount is None else f"{amount:,.2f} {row.currency or ''}".rstrip()

    return _Cost(
        row.campaign, money(row.cost), money(row.cost_per_backlink), money(row.cost_per_live),
        money(row.cost_per_domain),
    )  # fmt: skip


def traffic(found: Traffic, name: str) -> Section:
    """Links beside visits, month by month."""
    heading = "Links and traffic"
    labels = [f"{row.first:%b %Y}" for row in found.rows]
    visits = Series(found.measure.capitalize(), tuple(row.whole_traffic for row in found.rows))
    links = Series("Referring domains", tuple(row.referring_domains for row in found.rows))
    figures = tuple(
        figure(told, chart.lines(told, labels, [one]), series_grid("Month", labels, [one]), line_keys([one]))
        for told, one in (
            (f"{visits.name} of {name} in each month", visits),
            (f"Referring domains of {name} at the end of each month", links),
        )
        if any(value is not None for value in one.values)
    )
    both = sum(row.whole_traffic is not None and row.backlinks is not None for row in found.rows)
    lines = (
        (
            f"Links and {found.measure} are both known of {counted(both, 'whole month')}. Whether one moves the other"
            " can't be read from this: links may bring visitors, visitors may bring links, and a season, a campaign or"
            " a larger crawl may move both."
        ),
    )
    strength = next(
        (one for one in found.correlations if one.series == "referring_domains" and one.of == "changes"), None
    )
    notes = []
    if strength is not None and strength.spearman is not None:
        notes.append(
            f"Of {counted(strength.periods, 'month')}, changes of referring domains and of {found.measure} go together"
            f" with {strength.spearman:+.2f} (Spearman; −1 to 1, likely from {strength.spearman_low:+.2f} to"
            f" {strength.spearman_high:+.2f})."
        )
    else:
        notes.append(f"For a correlation at least {LEAST} whole months with both are needed.")
    cut = sum(row.traffic is not None and row.whole_traffic is None for row in found.rows)
    if cut:
        notes.append(f"{counted(cut, 'month')} with days of unknown {found.measure} are left out.")
    return Section(heading, lines, figures=figures, notes=tuple(notes))


def quality(report: Report) -> Section:
    """Markers of quality, the most first."""
    audit = report.audit
    marked = [row for row in audit.rows if row.parts][:SHOWN]
    if not audit.referring_domains:
        return Section("Quality", ("No backlink was seen yet.",))
    lines = (
        (
            f"{audit.flagged:,} of {counted(audit.referring_domains, 'referring domain')}"
            f" ({share(audit.flagged, audit.referring_domains)}) {verb(audit.flagged, 'show')} a marker,"
            f" {audit.reviewed:,} {'was' if audit.reviewed == 1 else 'were'} reviewed by a person."
        ),
    )
    columns = ("referring_domain", "score", "review", "links", "why")
    tables = (
        (
            grid(
                "The most markers first", marked, columns, more=audit.flagged - len(marked),
                titles={"why": "What was measured", "review": "Decided"},
                note=(
                    "A marker is something measured that often goes with bought or automatic links: a reason to look,"
                    " and no verdict. The score is the sum of their weights."
                ),
            ),
        )
        if marked
        else ()
    )  # fmt: skip
    return Section("Quality", lines, tables=tables)


def method(report: Report) -> Section:
    """How far it holds, and what it was made from."""
    snapshot = report.snapshot
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
            (
                f"Made by wholinks from its own crawl. Snapshot {snapshot.id}, built"
                f" {time_told(snapshot.built_at)}; counted by {snapshot.policy}; public suffix list"
                f" {snapshot.suffix_list}."
            ),
        ),
    )


def meaning(report: Report, campaigns_file: str) -> Section:
    """Definitions, and the commands that tell the same."""
    terms = Grid("Definitions", ("Number", "Meaning"), DEFINITIONS, (False, False))
    how = Grid(
        "How to get each table", ("Part", "Command"), tuple(commands(report, campaigns_file)), (False, False),
        note="Each command shows all rows and more columns, and writes them as a file with --format csv.",
    )  # fmt: skip
    return Section("What the numbers mean", tables=(terms, how))
