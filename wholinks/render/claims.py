"""Claims and what became of them, as people read them."""

from collections.abc import Callable

from wholinks.research.claims import ClaimCheck

from .sheet import Sheet, Table

_COLUMNS = ("finding", "why", "tool", "source_url", "target", "claimed_anchor", "found_anchor")


def check_sheet(shown: int | None) -> Callable[[ClaimCheck], Sheet]:
    """The check of a target's claims, with so many rows."""

    def sheet(found: ClaimCheck) -> Sheet:
        counted = (
            f"{found.verified:,} verified, {found.changed:,} changed, {found.gone:,} gone, {found.unseen:,} unseen"
        )
        seeds = "'wholinks claims seeds -o FILE' lists the pages that were never seen, for 'wholinks crawl FILE'"
        nothing = f"no claim of {found.target} was imported; 'wholinks claims import FILE'"
        rows = found.rows[:shown]
        return Sheet(
            (f"{found.target}: {found.claims:,} claims: {counted}",),
            (Table("", rows, _COLUMNS, more=len(found.rows) - len(rows)),),
            (nothing,) if not found.claims else (seeds,) if found.unseen else (),
        )

    return sheet
