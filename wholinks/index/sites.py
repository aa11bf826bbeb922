"""Registrable domains as the index has them. The suffix list itself is read only for hosts the index does not know."""

from functools import cached_property

import duckdb

from wholinks.storage.urls import PublicSuffixes

from .selection import hosts_named, hosts_under


class KnownSites:
    """A :class:`.target.Sites` that answers from an index: by the list the crawl used, and quicker than loading one."""

    def __init__(self, duck: duckdb.DuckDBPyConnection) -> None:
        self._duck = duck

    def domain(self, host: str) -> str:
        """The registrable domain of ``host``; the host itself where there is none."""
        for found in hosts_named(self._duck, [host]):
            return found.domain
        for found in hosts_under(self._duck, host):
            if host == found.domain or host.endswith(f".{found.domain}"):
                return found.domain
        return self._suffixes.domain(host)

    @cached_property
    def _suffixes(self) -> PublicSuffixes:
        return PublicSuffixes()
