"""Claims and what became of them, as people read them."""

from collections.abc import Callable

from wholinks.research.claims.checking import ClaimCheck
from wholinks.research.claims.overlap import Overlap
from wholinks.storage.wording import counted as number_of

from .sheet import Sheet, Table

_COLUMNS = ("source_url", "target", "finding", "why", "claimed_anchor", "found_anchor", "tool")


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
            (f"{found.target}: {number_of(found.claims, 'claim')}: {counted}",),
            (Table("", rows, _COLUMNS, len(found.rows) - len(rows), prose=("why",)),),
            (nothing,) if not found.claims else (seeds,) if found.unseen else (),
        )

    return sheet


def overlap_sheet(shown: int | None) -> Callable[[Overlap], Sheet]:
    """What several sources of backlinks have in common, with so many pairs."""

    def sheet(found: Overlap) -> Sheet:
        if len(found.listers) == 1:
            note = f"no claim of {found.target} was imported; 'wholinks claims import FILE'"
            return Sheet((f"{found.target}: nothing to compare the crawl with",), notes=(note,))
        rows = found.rows[:shown]
        return Sheet(
            (f"{found.target}: who lists which of its backlinks",),
            (
                Table("", found.listers),
                Table("in common", rows, more=len(found.rows) - len(rows)),
            ),
            ("a page that the crawl does not list may never have been fetched: 'wholinks claims check' tells",),
        )

    return sheet
