"""Which page a page is a duplicate of, from what pages claim by ``rel=canonical`` (docs/counting.md, "Canonical")."""

from collections.abc import Callable, Hashable, Mapping
from typing import Any, TypeVar

Page = TypeVar("Page", bound=Hashable)


def canonical_pages(claims: Mapping[Page, Page], name: Callable[[Page], Any]) -> dict[Page, Page]:
    """The canonical page of each page that is a duplicate.

    ``claims`` has, for each page that names another page as canonical, that page; both are fetched pages of one
    registrable domain (aliases and dedup keys are resolved already). ``name`` gives a page's URL, by which the smallest
    of a cycle stays. There are no chains: a page is a duplicate of the page it names, whatever that one names in turn.

    The result has no cycle. That is what keeps a target from getting lost: of the pages that carry it, one has a
    canonical page that does not, or none at all, and counts.
    """
    found = {page: canonical for page, canonical in claims.items() if page != canonical}
    settled: set[Page] = set()
    for start in claims:
        walked: dict[Page, None] = {}
        page = start
        while page in found and page not in settled and page not in walked:
            walked[page] = None
            page = found[page]
        if page in walked:
            path = list(walked)
            del found[min(path[path.index(page) :], key=name)]
        settled.update(walked)
    return found
