"""Where in the index a target lies: whole domains, or ranges of URL numbers within them."""
# ruff: noqa: S608 - statements are made of this package's constants; whatever a user gives is a parameter

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import duckdb

from wholinks.storage.urls import DEFAULT_PORTS, is_ip

from .target import Mode, Schemes, Sites, Target, is_bare

_MOST_RANGES: Final = 64
"""Up to so many ranges are written into the statement; more are joined, which looks at every link of the domains."""


@dataclass(frozen=True, slots=True)
class Selection:
    """The domains a target's URLs belong to, and the URLs: ranges of url_id, or None for all of these domains."""

    domain_ids: tuple[int, ...]
    ranges: tuple[tuple[int, int], ...] | None

    @property
    def is_empty(self) -> bool:
        """Whether the index knows no such URL."""
        return not self.domain_ids

    def where(self, domain: str, url: str) -> tuple[str, list[object]]:
        """An SQL condition on a column of domain numbers and one of URL numbers, with its parameters."""
        condition, values = self.where_domain(domain)
        if self.ranges is None:
            return condition, values
        if len(self.ranges) <= _MOST_RANGES:
            within = " OR ".join(f"{url} BETWEEN ? AND ?" for _ in self.ranges) or "false"
            return f"{condition} AND ({within})", [*values, *(bound for pair in self.ranges for bound in pair)]
        bounds = "SELECT unnest(?) AS low, unnest(?) AS high"
        urls = f"SELECT u.url_id FROM url AS u JOIN ({bounds}) ON u.url_id BETWEEN low AND high"
        lows, highs = [low for low, _ in self.ranges], [high for _, high in self.ranges]
        return f"{condition} AND {url} IN ({urls})", [*values, lows, highs]

    def where_domain(self, domain: str) -> tuple[str, list[object]]:
        """The part of the condition that a table without URLs can answer; exact if there are no ranges."""
        if len(self.domain_ids) == 1:
            return f"{domain} = ?", [self.domain_ids[0]]
        return f"{domain} IN (SELECT unnest(?))", [list(self.domain_ids)]


@dataclass(frozen=True, slots=True)
class _Host:
    host_id: int
    domain_id: int
    host: str
    domain: str


@dataclass(frozen=True, slots=True)
class _Origin:
    origin_id: int
    domain_id: int
    is_https: bool
    port: int
    low: int
    high: int


def select(duck: duckdb.DuckDBPyConnection, target: Target, sites: Sites) -> Selection:
    """Find a target in the index behind ``duck``."""
    hosts = _hosts(duck, target, sites)
    if not hosts:
        return Selection((), ())
    origins = [origin for origin in _origins(duck, hosts) if _fits(origin, target)]
    domain_ids = tuple(sorted({origin.domain_id for origin in origins}))
    if target.mode in {Mode.EXACT, Mode.PREFIX}:
        ranges = [found for origin in origins for found in _paths(duck, origin, target)]
    else:
        ranges = [(origin.low, origin.high) for origin in origins]
        if _covers(duck, domain_ids, ranges):
            return Selection(domain_ids, None)
    return Selection(domain_ids if ranges else (), tuple(_merged(ranges)))


def _fits(origin: _Origin, target: Target) -> bool:
    if target.protocol is not Schemes.BOTH and origin.is_https != (target.protocol is Schemes.HTTPS):
        return False
    if target.port is not None:
        return origin.port == target.port
    is_usual = origin.port == DEFAULT_PORTS["https" if origin.is_https else "http"]
    return is_usual or target.mode in {Mode.DOMAIN, Mode.SUBDOMAINS}


def _hosts(duck: duckdb.DuckDBPyConnection, target: Target, sites: Sites) -> list[_Host]:
    if target.mode in {Mode.EXACT, Mode.PREFIX}:
        return hosts_named(duck, [target.host])
    if target.mode is Mode.DOMAIN:
        found = hosts_named(duck, [target.host, f"www.{target.host}"])
    else:
        found = hosts_under(duck, target.host)
    # What lies under a host mostly shares its domain. Where it does not, the host is a public suffix, which stands for
    # itself alone, or has one below it (amazonaws.com has s3.amazonaws.com).
    if all(it.host == target.host or it.domain == target.domain for it in found) or not is_bare(target.host, sites):
        return found
    return [it for it in found if it.host == target.host]


def hosts_named(duck: duckdb.DuckDBPyConnection, hosts: Iterable[str]) -> list[_Host]:
    """These hosts, where the index knows them."""
    return _host_rows(duck, "reversed IN (SELECT unnest(?))", [[_reversed(host) for host in hosts]])


def hosts_under(duck: duckdb.DuckDBPyConnection, host: str) -> list[_Host]:
    """A host and all under it that the index knows."""
    if is_ip(host):
        return hosts_named(duck, [host])
    low = _reversed(host)
    return _host_rows(duck, "reversed >= ? AND reversed < ?", [low, low[:-1] + "/"])  # "/" comes next after "."


def _reversed(host: str) -> str:
    return ".".join(reversed(host.split("."))) + "."


def _host_rows(duck: duckdb.DuckDBPyConnection, where: str, values: list[object]) -> list[_Host]:
    statement = f"SELECT host_id, domain_id, host, domain FROM host JOIN domain USING (domain_id) WHERE {where}"
    return [_Host(*row) for row in duck.execute(statement, values).fetchall()]


def _origins(duck: duckdb.DuckDBPyConnection, hosts: list[_Host]) -> list[_Origin]:
    numbers = [host.host_id for host in hosts]
    rows = duck.execute(
        "SELECT origin_id, domain_id, is_https, port, first_url_id, last_url_id FROM origin"
        " WHERE host_id BETWEEN ? AND ? AND host_id IN (SELECT unnest(?)) ORDER BY origin_id",
        [min(numbers), max(numbers), numbers],
    ).fetchall()
    return [_Origin(*row) for row in rows]


def _covers(duck: duckdb.DuckDBPyConnection, domain_ids: tuple[int, ...], ranges: list[tuple[int, int]]) -> bool:
    """Whether these origins are all there are of these domains."""
    if not domain_ids:
        return False
    known = duck.execute(
        "SELECT count(*) FROM origin WHERE domain_id BETWEEN ? AND ? AND domain_id IN (SELECT unnest(?))",
        [domain_ids[0], domain_ids[-1], list(domain_ids)],
    ).fetchall()[0][0]
    return bool(known == len(ranges))


def _paths(duck: duckdb.DuckDBPyConnection, origin: _Origin, target: Target) -> list[tuple[int, int]]:
    """The ranges of an origin's URLs whose path fits: as paths are in order, a beginning is one range."""
    within = "FROM url WHERE url_id BETWEEN ? AND ?"
    begins: list[str] = []
    is_whole: list[str] = [target.path]
    if target.mode is Mode.PREFIX:
        begins = [target.path] if target.path.endswith("/") else [f"{target.path}/", f"{target.path}?"]
    found = []
    for column, paths in (("path = ?", is_whole), ("starts_with(path, ?)", begins)):
        for path in paths:
            low, high = duck.execute(
                f"SELECT min(url_id), max(url_id) {within} AND {column}", [origin.low, origin.high, path]
            ).fetchall()[0]
            if low is not None:
                found.append((low, high))
    return found


def _merged(ranges: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """The same numbers in the fewest ranges."""
    merged: list[tuple[int, int]] = []
    for low, high in sorted(ranges):
        if merged and low <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(high, merged[-1][1]))
        else:
            merged.append((low, high))
    return merged
