"""Parts of the report that show links: where they come from, what they say, what came and went, what is broken."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from wholinks.research.growth.between import Cause, ChangedBacklink
from wholinks.research.report import BAND, SHOWN, Report
from wholinks.storage.wording import counted

from . import chart
from .chart import Part
from .html import MOST_LETTERS, Figure, Grid, Section, figure, grid, parts_grid
from .report_words import CAUSES, came, span_in_words, verb
from .width import shorten_end

_TITLES: Final = {
    "referring_domains": "Sites",
    "target_url": "Page here",
    "source_url": "Page that links",
    "http_status": "Answer",
    "final_url": "Redirects to",
    "asked_at": "Asked",
    "anchor_class": "Class",
    "at": "Seen",
    "why": "Why",
}


@dataclass(frozen=True, slots=True)
class _Explained:
    why: str
    backlinks: int
    referring_domains: int
    what_helps: str


@dataclass(frozen=True, slots=True)
class _Changed:
    source_url: str
    target_url: str
    why: str
    at: date


@dataclass(frozen=True, slots=True)
class _Fault:
    target_url: str
    answer: str
    backlinks: int
    referring_domains: int
    what_to_do: str


def sources(report: Report) -> Section:
    """Where the backlinks come from."""
    totals = report.sides[0].totals
    follow = [Part("followed", totals.followed), Part("not followed", totals.not_followed)]
    marks = [Part(name, getattr(totals, name)) for name in ("nofollow", "ugc", "sponsored")]
    bands = [
        Part(f"{number * BAND}–{number * BAND + BAND - (number < len(report.authority_bands) - 1)}", count)
        for number, count in enumerate(report.authority_bands)
    ]
    places = [Part(row.placement, row.links) for row in report.placements]
    kinds = [Part(row.kind, row.links) for row in report.kinds]
    if not totals.backlinks:
        return Section("Where from", ("No backlink was seen yet.",))
    figures = (
        _shares("Backlinks, followed and not", "Backlinks", follow),
        figure("Referring domains by authority", chart.columns("Referring domains by authority", bands),
               parts_grid("Authority", "Domains", bands)),
        _shares("Links by their place on the page", "Links", places),
        _shares("Links by kind", "Links", kinds),
    )  # fmt: skip
    told = ", ".join(f"{part.value:,g} {part.name}" for part in marks)
    table = grid(
        "Referring domains with most backlinks", report.rows, more=report.rows_known - len(report.rows),
        note="Authority says how well linked a site is among the sites of this crawl, from 0 to 100.",
    )  # fmt: skip
    marked = f"Backlinks with a link marked so (they overlap): {told}."
    return Section("Where from", (marked,), figures=figures, tables=(table,))


def _shares(caption: str, measure: str, parts: Sequence[Part]) -> Figure:
    return figure(caption, chart.shares(caption, parts), parts_grid("Part", measure, parts))


def words(report: Report) -> Section:
    """Anchor texts, and the pages that are linked."""
    parts = [Part(shorten_end(row.anchor_text, MOST_LETTERS) or "(empty)", row.backlinks) for row in report.anchors]
    told = "Backlinks by anchor text"
    figures = (figure(told, chart.bars(told, parts)),) if parts else ()
    if not parts:
        return Section("What they say, and where they lead", ("No backlink was seen yet.",))
    columns = ("anchor_text", "referring_domains", "backlinks", "links", "followed", "anchor_class")
    tables = (
        grid(
            "Anchor texts", report.anchors, columns, more=report.anchors_known - len(report.anchors), titles=_TITLES,
            note="The words that are linked; where there are none, such as on a picture without a text, it is empty."
            " Class: brand has the site's name, url is an address, generic says nothing of the page (“here”), text is"
            " the rest.",
        ),
        grid(
            "Pages with most backlinks", report.pages,
            ("target_url", "backlinks", "referring_domains", "followed"), more=report.pages_known - len(report.pages),
            titles=_TITLES,
        ),
    )  # fmt: skip
    return Section("What they say, and where they lead", figures=figures, tables=tables)


def lately(report: Report) -> Section:
    """What came and went in the last months, and why."""
    told = report.lately
    heading = "Lately lost and new"
    if told is None:
        return Section(
            heading, ("All that is known was read on one day: a second crawl will show what came and went.",)
        )
    found = told.domains
    if not found.why:
        return Section(heading, (f"{span_in_words(told)}, no backlink came or went.",))
    gained, discovered, lost = came(found.why)
    lines = (
        (
            f"{span_in_words(told)}: {counted(gained, 'backlink')} new on pages known before, {discovered:,} on pages"
            f" read for the first time, {lost:,} lost; {counted(found.domains_new, 'new referring domain')},"
            f" {found.domains_lost:,} lost. These are net: what came and went again in between is in neither number."
        ),
    )
    tables: list[Grid] = []
    for change, caption in (("lost", "Why backlinks were lost"), ("new", "How backlinks came")):
        whys = [_explained(cause) for cause in found.why if cause.change == change]
        columns = ("why", "backlinks", "referring_domains", *(("what_helps",) if change == "lost" else ()))
        if whys:
            tables.append(grid(caption, whys, columns, titles=_TITLES))
    counts = {"lost": (found.domains_lost, found.lost), "new": (found.domains_new, found.new)}
    for change in ("lost", "new"):
        domains = [row for row in found.rows if row.change == change][:SHOWN]
        if domains:
            tables.append(
                grid(
                    f"{change.title()} referring domains", domains,
                    ("referring_domain", "authority", "backlinks", "at"), titles=_TITLES,
                    more=counts[change][0] - len(domains),
                    note="The highest authority first; backlinks are those it had." if change == "lost" else "",
                )
            )  # fmt: skip
        backlinks = [_changed(row) for row in told.backlinks if row.change == change][:SHOWN]
        if backlinks:
            tables.append(
                grid(
                    f"{change.title()} backlinks", backlinks, titles=_TITLES, more=counts[change][1] - len(backlinks),
                    note="One of each site before the second of any, the latest first.",
                )
            )  # fmt: skip
    return Section(heading, lines, tables=tuple(tables))


def _explained(cause: Cause) -> _Explained:
    why, helps = CAUSES[cause.why]
    return _Explained(why, cause.backlinks, cause.referring_domains, helps)


def _changed(row: ChangedBacklink) -> _Changed:
    return _Changed(row.source_url, row.target_url, CAUSES[row.why][0], row.at)


def broken(report: Report) -> Section:
    """Linked pages that answer with an error, and what to do."""
    found = report.broken
    heading = "Broken pages"
    if not report.sides[0].totals.backlinks:
        return Section(heading, ("No page here is linked from another site, as far as was read.",))
    redirecting = (
        f" {counted(found.redirecting, 'more linked page')} only {verb(found.redirecting, 'redirect')}, as far as is"
        " known: these links arrive."
        if found.redirecting
        else ""
    )
    if not found.rows:
        return Section(heading, (f"No linked page is known to answer with an error. {found.note}{redirecting}",))
    lines = (
        (
            f"{counted(found.backlinks, 'backlink')} {verb(found.backlinks, 'lead')} to"
            f" {counted(found.urls, 'page')} here that answered with an"
            f" error when last asked: visitors and worth are lost. {found.note}{redirecting}"
        ),
    )
    rows = [
        _Fault(row.target_url, _answer(row.http_status, row.defect), row.backlinks, row.referring_domains,
               _to_do(row.http_status, row.defect))
        for row in found.rows
    ]  # fmt: skip
    return Section(
        heading, lines, tables=(grid("The most linked first", rows, titles=_TITLES, more=found.urls - len(rows)),)
    )


def _answer(status: int | None, defect: str) -> str:
    after = "redirects, then " if defect == "redirect_error" else ""
    named = {404: "404 (not found)", 410: "410 (gone)", 403: "403 (forbidden)", 401: "401 (login)"}
    return after + named.get(status or 0, str(status) if status else "error")


def _to_do(status: int | None, defect: str) -> str:
    if defect == "redirect_error":
        return "mend the redirect"
    if status in {404, 410}:
        return "redirect to the nearest page, or restore"
    if status in {401, 403, 429}:
        return "look whether visitors can open it"
    return "mend the server's answer"
