"""From ``href`` to URL and its site, each spelling once.

Joining and looking up the domain takes longer than everything else about a link, and the pages of a host name the same
targets over and over. A worker keeps one :class:`HrefMemo` a host; without one, a page remembers only its own. What is
new is mostly plain, and its URL is put together without the whole of the standard's parser.
"""

import re
from typing import Final

from wholinks.storage.records import Target
from wholinks.storage.sites import KnowsSites
from wholinks.storage.urls import NotAUrl, PublicSuffixes, join, origin_text

MEMO_ENTRIES: Final = 20_000
MEMO_HREF_CHARS: Final = 300
"""Longer spellings are remembered within their page only."""

_REST: Final = r"([A-Za-z0-9_.~/+,=@!$&()*;-]*+)(\?[A-Za-z0-9_.~/+,=@!$&()*;:?%-]++)?(?:#[!-~]*+)?"
_RELATIVE: Final = re.compile(r"((?:\.\.?/)*+)" + _REST)
"""Steps upwards, path, and query of an href in which the URL standard changes nothing but steps; no percent sign in the
path, since ``%2e`` is a dot."""
_ABSOLUTE: Final = re.compile(
    r"(https?://((?:[a-z0-9-]++\.)++[a-z][a-z0-9-]*+)(?::(?!(?:80|443)(?![0-9]))[1-9][0-9]{0,3})?)(?=[/?#]|\Z)" + _REST
)
"""Origin, host, path and query of one with a host that can't be a number and may not need IDNA; no port that may be the
scheme's own."""
_MAX_PLAIN_CHARS: Final = 1_000
_MAX_HOST_CHARS: Final = 200


class HrefMemo:
    """What the hrefs of a host's pages named; starts anew when more than ``limit`` are known. Not for two threads.

    What depends on the origin alone (``/x``) is kept by origin, what depends on the folder by folder, and the rest
    (``http://…``) once.
    """

    __slots__ = ("_by_folder", "_by_origin", "_limit", "anywhere", "size")

    def __init__(self, limit: int = MEMO_ENTRIES) -> None:
        self._limit = limit
        self._by_origin: dict[str, dict[str, Target]] = {}
        self._by_folder: dict[str, dict[str, Target]] = {}
        self.anywhere: dict[str, Target] = {}
        """What is known of hrefs that depend on nothing."""
        self.size = 0

    def scopes(self, base: str) -> tuple[dict[str, Target], dict[str, Target]]:
        """What is known of hrefs that depend on the origin and on the folder of ``base`` (a normalised URL)."""
        if self.size > self._limit:
            self._by_origin, self._by_folder, self.anywhere, self.size = {}, {}, {}, 0
        folder = base.partition("?")[0].rpartition("/")[0]
        self.size += 1  # a folder is an entry too
        return self._by_origin.setdefault(origin_text(base), {}), self._by_folder.setdefault(folder, {})


class Hrefs:
    """The targets of one page's hrefs. ``base`` is a normalised URL."""

    __slots__ = (
        "_base",
        "_domain",
        "_folder",
        "_memo",
        "_of_page",
        "_origin",
        "_site",
        "_sites",
        "anywhere",
        "in_folder",
        "of_origin",
    )

    def __init__(self, base: str, sites: KnowsSites, memo: HrefMemo | None = None) -> None:
        self._base = base
        self._sites = sites
        self._memo = HrefMemo() if memo is None else memo
        self.of_origin, self.in_folder = self._memo.scopes(base)
        self.anywhere = self._memo.anywhere
        self._of_page: dict[str, Target] = {}
        self._origin = origin_text(base)
        self._folder = base.partition("?")[0].rpartition("/")[0]
        self._domain = sites.domain if isinstance(sites, PublicSuffixes) else None
        self._site = sites.site(base) if self._domain else ""
        """The site of all URLs of the origin; empty where it depends on their paths."""

    def target(self, href: str) -> Target:
        """What ``href`` names. The four places hold different spellings, so the order doesn't matter.

        Most hrefs into other pages differ in their fragment only, so it is taken off first. (After a space it is part
        of what the standard trims, and long hrefs are judged as a whole.)
        """
        mark = href.find("#")
        if mark > 0 and href[mark - 1] > " " and len(href) <= MEMO_HREF_CHARS:
            href = href[:mark]
        return self.in_folder.get(href) or self.of_origin.get(href) or self.anywhere.get(href) or self.unknown(href)

    def unknown(self, href: str) -> Target:
        """The target of an href that is none of those remembered from other pages, and whose fragment is off."""
        if len(href) > MEMO_HREF_CHARS:
            place = self._of_page
        elif href.startswith(("http://", "https://")):
            place = self.anywhere
        elif href[:1] == "/":
            place = self.of_origin
        elif href[:1] > " " and href[0] not in "?#":  # those, and what begins with a space, need the whole base
            place = self.in_folder
        else:
            place = self._of_page
        if place is not self._of_page:
            self._memo.size += 1
        elif href in place:
            return place[href]
        target = (self._absolute(href) if place is self.anywhere else self._relative(href)) or self._joined(href)
        place[href] = target
        return target

    def _relative(self, href: str) -> Target | None:
        """The target of a plain href by concatenation, the same as :meth:`_joined` has; None if it isn't plain."""
        if len(href) > _MAX_PLAIN_CHARS:
            return None
        found = _RELATIVE.fullmatch(href)
        if found is None:
            return None
        steps, path, query = found.groups("")
        if not path or path[-1] == "." or "./" in path or len(self._folder) > _MAX_PLAIN_CHARS:
            return None
        if path[0] != "/":
            url = f"{self._upwards(steps) if steps else self._folder}/{path}{query}"
        elif steps or path[:2] == "//":
            return None
        else:
            url = f"{self._origin}{path}{query}"
        return Target(url, self._site or self._sites.site(url))

    def _absolute(self, href: str) -> Target | None:
        """The same of one that is absolute."""
        found = _ABSOLUTE.fullmatch(href)
        if found is None:
            return None
        host, path = found.group(2, 3)
        if path[-1:] == "." or "./" in path or "--" in host or len(host) > _MAX_HOST_CHARS:
            return None
        url = href[: found.end(found.lastindex or 0)] if path else f"{found[1]}/{found[4] or ''}"
        return Target(url, self._domain(host) if self._domain else self._sites.site(url))

    def _upwards(self, steps: str) -> str:
        folder = self._folder
        for _ in range(steps.count("../")):
            if len(folder) > len(self._origin):
                folder = folder.rpartition("/")[0]
        return folder

    def _joined(self, href: str) -> Target:
        try:
            url = join(self._base, href)
        except NotAUrl as error:
            return Target(error.reason, None)
        return Target(url, self._sites.site(url))
