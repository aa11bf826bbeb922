"""How far sites are known, as people read it: an estimate stands beside the pages it is made of, and no others."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from wholinks.research.coverage.recapture import LEAST_IN_BOTH, Recapture
from wholinks.research.coverage.sites import CoverageReport, SiteCoverage
from wholinks.storage.wording import counted

from .sheet import Sheet, Table

_COUNTS: Final = ("site", "pages_known", "fetched", "pending", "failed", "blocked", "excluded")
_LISTED: Final = "Distinct pages that sitemaps and feeds name, and that links name, those waiting to be read among them"
_LINKED: Final = "URLs read as HTML that links of the site name, and that links of other sites name"
_CHOICE: Final = (
    "Take the estimate by sitemaps where a site has one: it counts each page once, and those that wait; the one by"
    " links where it has none. Hold each against 'such pages known' beside it, not against 'fetched', which counts"
    " redirects, duplicates and files, too"
)
_TOO_FEW: Final = f"–: no estimate, for fewer than {LEAST_IN_BOTH} pages are in both"


@dataclass(frozen=True, slots=True)
class _Estimated:
    """What the tables of estimates have in common: whole pages, none of them fewer than are known."""

    such_pages_known: int
    such_pages_estimated: int | None
    at_least: int | None
    at_most: int | None
    such_pages_unseen: int | None


@dataclass(frozen=True, slots=True)
class _Listed(_Estimated):
    site: str
    listed: int
    linked: int
    both: int


@dataclass(frozen=True, slots=True)
class _Linked(_Estimated):
    site: str
    linked_within: int
    linked_from_without: int
    both: int


@dataclass(frozen=True, slots=True)
class _Recaptured(_Estimated):
    site: str
    pages_here: int
    pages_there: int
    both: int


_ESTIMATES: Final = (
    "site", "such_pages_known", "such_pages_estimated", "at_least", "at_most", "such_pages_unseen",
)  # fmt: skip


def recapture_sheet(found: Recapture) -> Sheet:
    """The sites in two crawls, and why some have no estimate."""
    named = found.site or counted(found.rows_known, "site")
    if not found.rows_known:
        return Sheet((f"{named}: no page of it was read, neither here nor in {found.against}",))
    rows = [
        _Recaptured(
            *_estimated(it.pages_in_either, it.estimated_pages, it.estimated_low, it.estimated_high),
            it.site, it.pages_here, it.pages_there, it.pages_in_both,
        )
        for it in found.rows
    ]  # fmt: skip
    table = Table(
        "Pages read as HTML, in either crawl",
        rows,
        (*_ESTIMATES, "pages_here", "pages_there", "both"),
        more=found.rows_known - len(rows),
    )
    return Sheet((f"{named}, here and in {found.against}",), (table,), (*_too_few(rows), found.estimate))


def coverage_sheet(found: CoverageReport) -> Sheet:
    """The sites; then, by either way, how many pages they may have, and why some have no estimate."""
    named = f"{found.site}: " if found.site else f"{counted(found.rows_known, 'site')}; "
    if not found.rows:
        return Sheet((f"{named}no page is known: it was never crawled" if found.site else "no page is known",))
    all_ = found.coverage
    of_all = "the whole folder: " if found.site else ""
    line = (
        f"{of_all}{counted(all_.pages_known, 'page')} known in all, {all_.fetched:,} fetched, {all_.pending:,} pending"
    )
    listed = [_by_sitemaps(row) for row in found.rows if row.sitemaps.listed]
    linked = [_by_links(row) for row in found.rows if row.named_within and row.named_without]
    tables = (
        Table("", found.rows, _COUNTS, more=found.rows_known - len(found.rows)),
        Table(_LISTED, listed, (*_ESTIMATES, "listed", "linked", "both")),
        Table(_LINKED, linked, (*_ESTIMATES, "linked_within", "linked_from_without", "both")),
    )
    return Sheet((named + line,), tables, tuple(_notes(found, listed, linked)))


def _notes(found: CoverageReport, listed: Sequence[_Listed], linked: Sequence[_Linked]) -> Iterator[str]:
    if listed or linked:
        yield _CHOICE
    one = found.rows[0] if found.site else None
    if one is None:
        yield from _too_few([*listed, *linked])
    if listed:
        yield f"by sitemaps: {found.sitemaps_estimate}"
    if one is not None and one.sitemaps.note:
        why = "" if one.sitemaps.estimate is not None else "no estimate: "
        yield f"by sitemaps, {why}{one.sitemaps.note}"
    elif len(listed) < len(found.rows) and one is None:
        yield (
            f"by sitemaps, no estimate for {counted(len(found.rows) - len(listed), 'site')}: no sitemap or feed that"
            " was read names a page there"
        )
    if linked:
        yield f"by links: {found.estimate}"
    if one is not None and one.no_estimate:
        yield f"by links, no estimate: {one.no_estimate}"
    elif len(linked) < len(found.rows) and one is None:
        yield (
            f"by links, no estimate for {counted(len(found.rows) - len(linked), 'site')}: no page read there is named"
            " by another one of the site, or none by another site"
        )


def _by_sitemaps(row: SiteCoverage) -> _Listed:
    it = row.sitemaps
    numbers = _estimated(it.listed_or_linked, it.estimate, it.low, it.high)
    return _Listed(*numbers, row.site, it.listed, it.linked, it.listed_and_linked)


def _by_links(row: SiteCoverage) -> _Linked:
    known = row.named_within + row.named_without - row.named_both
    numbers = _estimated(known, row.estimated_pages, row.estimated_low, row.estimated_high)
    return _Linked(*numbers, row.site, row.named_within, row.named_without, row.named_both)


def _estimated(
    known: int, total: float | None, low: float | None, high: float | None
) -> tuple[int, int | None, int | None, int | None, int | None]:
    """In whole pages; none is below what is known, rounding errors included."""
    whole = [None if it is None else max(round(it), known) for it in (total, low, high)]
    return known, whole[0], whole[1], whole[2], None if whole[0] is None else whole[0] - known


def _too_few(rows: Sequence[_Estimated]) -> Iterator[str]:
    if any(row.such_pages_estimated is None for row in rows):
        yield _TOO_FEW
