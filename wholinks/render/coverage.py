"""How far sites are known, as people read it."""

from wholinks.research.coverage.recapture import Recapture
from wholinks.research.coverage.sites import CoverageReport

from .sheet import Sheet, Table
from .text import counted

_COLUMNS = (
    "site", "pages_known", "fetched", "blocked", "failed", "pending", "excluded", "pages_read", "estimated_pages",
    "estimated_low", "estimated_high", "estimated_unseen",
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


def coverage_sheet(found: CoverageReport) -> Sheet:
    """The sites, and of one alone why there is no estimate."""
    named = f"{found.site}: " if found.site else f"{counted(found.rows_known, 'site')}; "
    if not found.rows:
        return Sheet((f"{named}no page is known: it was never crawled" if found.site else "no page is known",))
    all_ = found.coverage
    of_all = "the whole folder: " if found.site else ""
    line = (
        f"{of_all}{counted(all_.pages_known, 'page')} known in all, {all_.fetched:,} fetched, {all_.pending:,} pending"
    )
    why = (f"no estimate: {found.rows[0].no_estimate}",) if found.site and found.rows[0].no_estimate else ()
    more = found.rows_known - len(found.rows)
    return Sheet((named + line,), (Table("", found.rows, _COLUMNS, more=more),), (*why, found.estimate))
