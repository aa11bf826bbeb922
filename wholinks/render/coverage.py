"""How far sites are known, as people read it."""

from dataclasses import dataclass
from typing import Self

from wholinks.research.coverage.recapture import Recapture
from wholinks.research.coverage.sites import CoverageReport, SiteCoverage

from .sheet import Sheet, Table
from .text import counted

_COLUMNS = (
    "site", "pages_known", "fetched", "pending", "failed", "blocked", "estimated_pages", "estimated_low",
    "estimated_high", "estimated_unseen", "pages_read", "excluded",
)  # fmt: skip


_RECAPTURED = (
    "site", "pages_here", "pages_there", "pages_in_both", "pages_in_either", "estimated_pages", "estimated_low",
    "estimated_high", "estimated_unseen",
)  # fmt: skip


def recapture_sheet(found: Recapture) -> Sheet:
    """The sites in two crawls, and of one alone why there is no estimate."""
    named = found.site or counted(found.rows_known, "site")
    if not found.rows_known:
        return Sheet((f"{named}: no page of it was read, neither here nor in {found.against}",))
    why = (f"no estimate: {found.rows[0].no_estimate}",) if found.site and found.rows[0].no_estimate else ()
    table = Table("", found.rows, _RECAPTURED, more=found.rows_known - len(found.rows))
    return Sheet((f"{named}, here and in {found.against}",), (table,), (*why, found.estimate))


@dataclass(frozen=True, slots=True)
class _Sitemaps:
    """A site's row of the second table."""

    site: str
    listed: int
    linked: int
    both: int
    unread: int
    estimated_pages: float | None
    estimated_low: float | None
    estimated_high: float | None
    estimated_unseen: float | None

    @classmethod
    def of(cls, row: SiteCoverage) -> Self:
        it = row.sitemaps
        return cls(
            row.site, it.listed, it.linked, it.listed_and_linked, it.unread, it.estimate, it.low, it.high, it.unseen
        )


def coverage_sheet(found: CoverageReport) -> Sheet:
    """The sites, then those that sitemaps or feeds list pages of; of one alone why there is no estimate."""
    named = f"{found.site}: " if found.site else f"{counted(found.rows_known, 'site')}; "
    if not found.rows:
        return Sheet((f"{named}no page is known: it was never crawled" if found.site else "no page is known",))
    all_ = found.coverage
    of_all = "the whole folder: " if found.site else ""
    line = (
        f"{of_all}{counted(all_.pages_known, 'page')} known in all, {all_.fetched:,} fetched, {all_.pending:,} pending"
    )
    tables = [Table("", found.rows, _COLUMNS, more=found.rows_known - len(found.rows))]
    notes = [f"no estimate from links: {found.rows[0].no_estimate}"] if found.site and found.rows[0].no_estimate else []
    notes.append(f"by links of the site and of others: {found.estimate}")
    listed = [_Sitemaps.of(row) for row in found.rows if row.sitemaps.listed]
    if listed:
        tables.append(Table("Named in sitemaps and feeds, and found by links", listed))
        notes.append(f"by sitemaps: {found.sitemaps_estimate}")
    if found.site and found.rows[0].sitemaps.note:
        without = "" if found.rows[0].sitemaps.estimate is not None else "no estimate: "
        notes.append(f"by sitemaps, {without}{found.rows[0].sitemaps.note}")
    elif not listed:
        notes.append("by sitemaps, no estimate: no sitemap or feed that was read names a page of these sites")
    return Sheet((named + line,), tuple(tables), tuple(notes))
