"""From ``href`` to URL and its site, each spelling once.

Joining and looking up the domain takes longer than everything else about a link, and the pages of a host name the same
targets over and over. A worker keeps one :class:`HrefMemo` a host; without one, a page remembers only its own.
"""

from typing import Final

from wholinks.storage.sites import KnowsSites
from wholinks.storage.urls import NotAUrl, join, origin_text

MEMO_ENTRIES: Final = 20_000
MEMO_HREF_CHARS: Final = 300
"""Longer spellings are remembered within their page only."""

Target = tuple[str | None, str]
"""URL and its site, or None and the reason why there is none."""


class HrefMemo:
    """What the hrefs of a host's pages named; starts anew when more than ``limit`` are known. Not for two threads.

    What depends on the origin alone (``/x``, ``http://…``) is kept by origin, what depends on the folder by folder.
    """

    __slots__ = ("_by_folder", "_by_origin", "_limit", "size")

    def __init__(self, limit: int = MEMO_ENTRIES) -> None:
        self._limit = limit
        self._by_origin: dict[str, dict[str, Target]] = {}
        self._by_folder: dict[str, dict[str, Target]] = {}
        self.size = 0

    def scopes(self, base: str) -> tuple[dict[str, Target], dict[str, Target]]:
        """What is known of hrefs that depend on the origin and on the folder of ``base`` (a normalised URL)."""
        if self.size > self._limit:
            self._by_origin, self._by_folder, self.size = {}, {}, 0
        folder = base.partition("?")[0].rpartition("/")[0]
        self.size += 1  # a folder is an entry too
        return self._by_origin.setdefault(origin_text(base), {}), self._by_folder.setdefault(folder, {})


class Hrefs:
    """The targets of one page's hrefs. ``base`` is a normalised URL."""

    __slots__ = ("_base", "_in_folder", "_memo", "_of_origin", "_of_page", "_sites")

    def __init__(self, base: str, sites: KnowsSites, memo: HrefMemo | None = None) -> None:
        self._base = base
        self._sites = sites
        self._memo = HrefMemo() if memo is None else memo
        self._of_origin, self._in_folder = self._memo.scopes(base)
        self._of_page: dict[str, Target] = {}

    def target(self, href: str) -> Target:
        """What ``href`` names. The three places hold different spellings, so the order doesn't matter."""
        return (
            self._of_origin.get(href) or self._in_folder.get(href) or self._of_page.get(href) or self._new_target(href)
        )

    def _new_target(self, href: str) -> Target:
        target = self._joined(href)
        place = self._of_page
        if len(href) <= MEMO_HREF_CHARS:
            if href.startswith(("/", "http://", "https://")):
                place = self._of_origin
            elif href[:1] > " " and href[0] not in "?#":  # those, and what begins with a space, need the whole base
                place = self._in_folder
        if place is not self._of_page:
            self._memo.size += 1
        place[href] = target
        return target

    def _joined(self, href: str) -> Target:
        try:
            url = join(self._base, href)
        except NotAUrl as error:
            return None, error.reason
        return url, self._sites.site(url)
