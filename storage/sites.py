"""Which site a URL belongs to: a part of a host that the user named as a site of its own, or its registrable domain.

``medium.com/@user`` is a *prefix site*: every URL of the host ``medium.com`` whose path begins so, whatever its scheme
and port, ending at a path segment (``/@user``, ``/@user/post``, ``/@user?p=1``, not ``/@username``). Of two that fit,
the longer one has it. Which there are is a rule of counting, not a fact of the crawl: the table ``prefix_site`` of
crawl.db keeps them for the folder, and they can be named and dropped at any time.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol, Self

from .database import BUSY_MS, CRAWL_DB, prepare, reader, translated
from .errors import UsageError
from .urls import NotAUrl, PublicSuffixes, is_ip, normalise, origin_of, path_of

_EXAMPLE: Final = "write it as medium.com/@user"
_MAX_LENGTH: Final = 1000


@dataclass(frozen=True, slots=True, order=True)
class PrefixSite:
    """``host`` is normalised; ``path`` begins with a slash and does not end in one."""

    host: str
    path: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``HOST/PATH``; a scheme before it and slashes behind it play no part. Raises :class:`UsageError`."""
        typed = text.strip()
        scheme, mark, rest = typed.partition("://")
        bare = rest if mark and scheme.lower() in {"http", "https"} else typed
        host, slash, path = bare.partition("/")
        if not slash or not path.strip("/"):
            raise UsageError(f"{text!r}: a site by prefix needs a path behind its host; {_EXAMPLE}")
        if set(path) & set("?#"):
            raise UsageError(f"{text!r}: a site by prefix takes no query and no fragment; {_EXAMPLE}")
        if len(bare) > _MAX_LENGTH:
            raise UsageError(f"{text[:80]!r}…: a site by prefix of more than {_MAX_LENGTH:,} characters; {_EXAMPLE}")
        is_odd = not host or host.endswith(":") or set(host) & set("*@?#\\%") or any(map(str.isspace, bare))
        try:
            url = normalise("" if is_odd else f"http://{bare}")
        except NotAUrl:
            raise UsageError(f"{text!r}: {host!r} is no host; {_EXAMPLE}") from None
        origin = origin_of(url)
        if origin.port != 80:
            raise UsageError(f"{text!r}: leave out the port, a site has all ports of its host; {_EXAMPLE}")
        found = path_of(url).rstrip("/")
        if not found:
            raise UsageError(f"{text!r}: a site by prefix needs a path behind its host; {_EXAMPLE}")
        return cls(origin.host, found)

    @classmethod
    def of_name(cls, name: str) -> Self:
        """The site that is called so: :attr:`name` read again."""
        host, slash, path = name.partition("/")
        return cls(host, f"{slash}{path}")

    @property
    def name(self) -> str:
        """What the site is called wherever a registrable domain may stand."""
        return f"{self.host}{self.path}"

    def __str__(self) -> str:
        return self.name


class KnowsSites(Protocol):
    """Who says which site a URL belongs to: :class:`Sites`, or ``PublicSuffixes`` where none is named by prefix."""

    def site(self, url: str) -> str:
        """The site of a normalised URL."""


class Sites:
    """Says which site a URL belongs to. ``prefixes`` are those named; without any, sites are registrable domains."""

    def __init__(self, suffixes: PublicSuffixes, prefixes: Iterable[PrefixSite] = ()) -> None:
        self._suffixes = suffixes
        self._parts = Parts(prefixes)

    @property
    def prefixes(self) -> tuple[PrefixSite, ...]:
        """The prefix sites, in order."""
        return self._parts.prefixes

    def site(self, url: str) -> str:
        """The site of a normalised URL."""
        part = self._parts.of(origin_of(url).host, path_of(url)) if self._parts else None
        return self._suffixes.site(url) if part is None else part.name


class Parts:
    """The prefix sites, by host."""

    def __init__(self, prefixes: Iterable[PrefixSite] = ()) -> None:
        self.prefixes = tuple(sorted(set(prefixes)))
        self._by_host: dict[str, dict[str, PrefixSite]] = {}
        for site in self.prefixes:
            self._by_host.setdefault(site.host, {})[site.path] = site
        self._segments = {host: max(path.count("/") for path in paths) for host, paths in self._by_host.items()}

    def __bool__(self) -> bool:
        return bool(self.prefixes)

    def of(self, host: str, path: str) -> PrefixSite | None:
        """The longest prefix site that a path (with its query) of a normalised host lies under."""
        paths = self._by_host.get(host)
        if paths is None:
            return None
        segments = path.partition("?")[0].split("/", self._segments[host] + 1)
        for end in range(min(len(segments), self._segments[host] + 1), 1, -1):
            site = paths.get("/".join(segments[:end]))
            if site is not None:
                return site
        return None


def refuse_suffixes(prefixes: Iterable[PrefixSite], suffixes: PublicSuffixes) -> None:
    """Raise :class:`UsageError` where a host is a public suffix: the hosts under it are sites already."""
    for site in prefixes:
        below = f"x.{site.host}"
        if "." in site.host and not is_ip(site.host) and suffixes.domain(below) == below:
            raise UsageError(
                f"{site.name}: {site.host} is a public suffix, each host under it is a site already; name such a host"
            )


LIST_PREFIX_SITES: Final = "SELECT host, path FROM prefix_site ORDER BY host, path"
INSERT_PREFIX_SITE: Final = "INSERT OR IGNORE INTO prefix_site VALUES (?, ?, ?)"


def read_prefix_sites(db: sqlite3.Connection) -> tuple[PrefixSite, ...]:
    """The prefix sites that an open crawl.db has, in order."""
    if not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'prefix_site'").fetchone():
        return ()  # a file of an older version, which only a writer brings up to date
    return tuple(PrefixSite(*row) for row in db.execute(LIST_PREFIX_SITES))


def prefix_sites(folder: Path) -> tuple[PrefixSite, ...]:
    """The prefix sites of a data folder, in order. Raises :class:`DataFolderError` where there is no crawl."""
    with reader(folder / CRAWL_DB) as db:
        return read_prefix_sites(db)


def change_prefix_sites(folder: Path, *, add: Sequence[PrefixSite], drop: Sequence[PrefixSite], now: int) -> None:
    """Name and drop prefix sites of a data folder; ``now`` is in UTC seconds. What is there stays as it is.

    A crawl may run: it goes by those it began with. Raises :class:`UsageError` for one to drop that is not there, and
    :class:`DataFolderError` when there is no crawl, or the folder can't be written.
    """
    path = folder / CRAWL_DB
    known = prefix_sites(folder)
    for site in drop:
        if site not in known:
            told = ", ".join(map(str, known)) or "none"
            raise UsageError(f"{site.name} is no site by prefix of {folder}; those it has: {told}")
    prepare(path)
    try:
        with closing(sqlite3.connect(path, isolation_level=None, timeout=BUSY_MS / 1000)) as db:
            db.execute("BEGIN IMMEDIATE")
            db.executemany(
                "DELETE FROM prefix_site WHERE host = ? AND path = ?", [(site.host, site.path) for site in drop]
            )
            db.executemany(INSERT_PREFIX_SITE, [(site.host, site.path, now) for site in add])
            db.execute("COMMIT")
    except sqlite3.Error as error:
        raise translated(error, path) from error
