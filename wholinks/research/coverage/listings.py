"""How many pages a site has, from those that its sitemaps and feeds name and those that links do
(docs/metrics-coverage.md, "Sitemaps and links")."""

from dataclasses import dataclass
from typing import Final

from wholinks.index.schema import FoundBy
from wholinks.research.coverage.recapture import chapman, no_estimate, numbers
from wholinks.storage.records import State

BOUNDS: Final = (
    "pages listed or linked are a lower bound; the estimate takes the two for independent: it is too low where a site"
    " lists what it links, too high where its sitemap leaves kinds of pages out, or names what nothing links"
)

_LISTED: Final = f"found_by & {FoundBy.SITEMAP | FoundBy.FEED:d}"
_LINKED: Final = f"found_by & {FoundBy.LINK:d}"
COUNTS: Final = f"""
count(*) FILTER ({_LISTED} <> 0), count(*) FILTER ({_LINKED} <> 0),
count(*) FILTER ({_LISTED} <> 0 AND {_LINKED} <> 0), count(*) FILTER ({_LISTED} = {FoundBy.FEED:d}),
count(*) FILTER (found_by <> 0 AND state <> {State.FETCHED:d})"""
"""The arguments of :func:`listing`, from rows of ``known``."""


@dataclass(frozen=True, slots=True)
class Listing:
    """Pages of a site that its sitemaps and feeds name (``listed``, of which ``listed_by_feeds_only``), that links of
    pages read name (``linked``), both, and either; ``unread`` of those in either were not read yet.

    ``estimate`` (all pages, those in either among them), its error, its 95 % interval and ``unseen`` are None where
    there is none; ``standard_error`` is None, too, where one of the two lies within the other. ``note`` says so.
    """

    listed: int
    linked: int
    listed_and_linked: int
    listed_or_linked: int
    listed_by_feeds_only: int
    unread: int
    estimate: float | None
    standard_error: float | None
    low: float | None
    high: float | None
    unseen: float | None
    note: str


def listing(listed: int, linked: int, both: int, by_feeds_only: int, unread: int) -> Listing:
    """The estimate from so many pages of a site."""
    either = listed + linked - both
    why = _no_estimate(listed, linked, both)
    total, error, low, high = numbers(None if why else chapman(listed, linked, both))
    unseen = None if total is None else total - either
    note = why or _note(listed, linked, both, by_feeds_only, unread)
    return Listing(listed, linked, both, either, by_feeds_only, unread, total, error, low, high, unseen, note)


def _no_estimate(listed: int, linked: int, both: int) -> str:
    """Why there can be no estimate; empty where there can."""
    if not listed:
        return "no sitemap or feed of the site that was read names a page of it"
    if not linked:
        return "no page that was read links to a page of it"
    return no_estimate(both)


def _note(listed: int, linked: int, both: int, by_feeds_only: int, unread: int) -> str:
    """What weakens an estimate; empty where nothing shows."""
    notes = []
    if both == max(listed, linked):
        inner = "the pages listed are those linked"
    else:
        inner = "every page listed is linked" if both == listed else "every page linked is listed"
    if both in {listed, linked}:
        notes.append(f"{inner}: nothing shows more pages than these, and the upper end is what chance would allow")
    if by_feeds_only == listed:
        notes.append("only feeds list pages, the newest ones")
    if unread:
        notes.append(f"pages not read yet: {unread:,}; dead links and files among them make the estimate larger")
    return "; ".join(notes)
