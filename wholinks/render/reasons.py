"""Why a link came, went or is in doubt, in words: JSON and CSV keep the names."""

from typing import Final

from wholinks.index.states import Opening, Reason

RESTATED_TOLD: Final = "counted differently: its page moved, or became or ceased to be a copy"

_TOLD: Final[dict[str, str]] = {
    Reason.REMOVEDFROMHTML: "the link was taken off the page",
    Reason.PAGEREDIRECTED: "the page now leads to another page",
    Reason.LOSTREDIRECT: "a redirect that led here is gone",
    Reason.NOTFOUND: "the page is gone",
    Reason.PAGEERROR: "the page answers with an error",
    Reason.DISALLOWED: "robots.txt forbids the page now",
    Opening.LINKFOUND: "added to a page known before",
    Opening.LINKRESTORED: "back after it was gone",
    Opening.PAGEFOUND: "on a page new to the crawl",
    "restated": RESTATED_TOLD,
}
FIELDS: Final = frozenset({"why", "reason", "opened_why"})
"""Fields of rows that hold such names, among others."""


def in_words(name: str) -> str:
    """What the name of a reason means; any other text as it is."""
    return _TOLD.get(name, name)
