"""Hosts and origins as the index has them. The suffix list itself is read only for hosts the index does not know."""
# ruff: noqa: S608 - statements are made of this package's constants; whatever a user gives is a parameter

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Final

import duckdb

from wholinks.storage.sites import Parts
from wholinks.storage.urls import PublicSuffixes, is_ip

from .connection import session

_NEAR: Final = 200
_CACHED: Final = 256

_COLUMNS: Final = (
    "origin_id, domain_id, domain, domain_origins, host, prefix, is_https, port, first_url_id, last_url_id"
)
_FIND: Final = (
    f"SELECT {_COLUMNS} FROM origin WHERE reversed >= ? AND reversed < ? ORDER BY reversed, origin, prefix LIMIT ?"
)


@dataclass(frozen=True, slots=True)
class Place:
    """An origin, the range of its URLs, and how many origins its site (``domain``) has in all. ``prefix`` is the path
    of a site by prefix, whose URLs alone are meant then; without one they are those that lie under none."""

    origin_id: int
    domain_id: int
    domain: str
    domain_origins: int
    host: str
    prefix: str
    is_https: bool
    port: int
    low: int
    high: int


class Places:
    """Looks places up by host. A :class:`.target.Sites`: by the list the crawl used, and quicker than loading one.
    ``parts`` are the sites by prefix that the index was built with."""

    def __init__(self, reader: duckdb.DuckDBPyConnection, parts: Parts) -> None:
        self.parts = parts
        self._duck = reader
        self._near = lru_cache(_CACHED)(lambda host: self._find(host, _NEAR))

    def domain(self, host: str) -> str:
        """The registrable domain of ``host``; the host itself where there is none."""
        for place in self._near(host):
            if host == place.domain or host.endswith(f".{place.domain}"):
                return place.domain
        return self._suffixes.domain(host)

    def under(self, host: str) -> list[Place]:
        """The origins of a host and of all hosts under it, in order of the host's labels from the right."""
        near = self._near(host)
        return list(near) if len(near) < _NEAR else self._find(host, None)

    def of(self, host: str) -> list[Place]:
        """The origins of a host."""
        return [place for place in self.under(host) if place.host == host]

    def has_other_domains(self, host: str, domain: str) -> bool:
        """Whether a host under ``host`` is known to belong to another registrable domain than ``domain``."""
        return any(place.domain != domain for place in self._near(host) if place.host != host and not place.prefix)

    def _find(self, host: str, limit: int | None) -> list[Place]:
        low = ".".join(reversed(host.split("."))) + "."
        high = low if is_ip(host) else low[:-1] + "/"  # "/" comes next after "."
        values = [low, high if high != low else low + "\0", limit if limit is not None else 2**62]
        return [Place(*row) for row in session(self._duck).execute(_FIND, values).fetchall()]

    @cached_property
    def _suffixes(self) -> PublicSuffixes:
        return PublicSuffixes()
