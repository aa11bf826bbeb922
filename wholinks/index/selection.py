"""Where in the index a target lies: whole domains, or ranges of URL numbers within them."""
# ruff: noqa: S608 - statements are made of this package's constants; whatever a user gives is a parameter

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import duckdb

from wholinks.storage.urls import DEFAULT_PORTS

from .places import Place, Places
from .target import Mode, Schemes, Target, is_bare

Condition = tuple[str, list[object]]
"""An SQL condition and its parameters."""

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

    @property
    def whole_domain(self) -> int | None:
        """The number of the one domain whose URLs these are, all of them; None where it is not so."""
        return self.domain_ids[0] if self.ranges is None and len(self.domain_ids) == 1 else None

    def where(self, domain: str, url: str) -> Condition:
        """The condition on a column of domain numbers and one of URL numbers."""
        condition, values = self._where_domain(domain)
        if self.ranges is None:
            return condition, values
        if len(self.ranges) <= _MOST_RANGES:
            within = " OR ".join(f"{url} BETWEEN ? AND ?" for _ in self.ranges)
            return f"{condition} AND ({within})", [*values, *(bound for pair in self.ranges for bound in pair)]
        bounds = "SELECT unnest(?) AS low, unnest(?) AS high"
        urls = f"SELECT u.url_id FROM url AS u JOIN ({bounds}) ON u.url_id BETWEEN low AND high"
        lows, highs = [low for low, _ in self.ranges], [high for _, high in self.ranges]
        return f"{condition} AND {url} IN ({urls})", [*values, lows, highs]

    def _where_domain(self, domain: str) -> Condition:
        if len(self.domain_ids) == 1:
            return f"{domain} = ?", [self.domain_ids[0]]
        return f"{domain} IN (SELECT unnest(?))", [list(self.domain_ids)]


NOTHING: Final = Selection((), ())


def select(duck: duckdb.DuckDBPyConnection, places: Places, target: Target) -> Selection:
    """Find a target in the index behind ``duck``."""
    found = [place for place in _hosts(places, target) if fits(place, target)]
    if target.mode in {Mode.EXACT, Mode.PREFIX}:
        ranges = [pair for place in found for pair in _paths(duck, place, target)]
    else:
        ranges = [(place.low, place.high) for place in found]
    if not ranges:
        return NOTHING
    domains = {place.domain_id: place.domain_origins for place in found}
    is_whole = target.mode in {Mode.DOMAIN, Mode.SUBDOMAINS} and len(found) == sum(domains.values())
    return Selection(tuple(sorted(domains)), None if is_whole else tuple(_merged(ranges)))


def _hosts(places: Places, target: Target) -> list[Place]:
    """The origins that a target may have URLs on, of each site that it covers."""
    own = places.parts.of(target.host, target.path)
    prefix = own.path if own is not None else ""
    if target.mode is Mode.PREFIX:
        return [
            place
            for place in places.of(target.host)
            if place.prefix in {prefix, target.path} or place.prefix.startswith(_below(target.path))
        ]
    if target.mode is Mode.EXACT or target.path:
        return [place for place in places.of(target.host) if place.prefix == prefix]
    return [place for place in _of_hosts(places, target) if not place.prefix]


def _below(path: str) -> str:
    """How the paths begin that lie below a path."""
    return path if path.endswith("/") else f"{path}/"


def _of_hosts(places: Places, target: Target) -> list[Place]:
    # What lies under a host mostly shares its domain. Where it does not, the host is a public suffix, which stands for
    # itself alone, or has one below it (amazonaws.com has s3.amazonaws.com).
    if places.has_other_domains(target.host, target.domain) and is_bare(target.host, places):
        return places.of(target.host)
    if target.mode is Mode.DOMAIN:
        return [*places.of(target.host), *places.of(f"www.{target.host}")]
    return places.under(target.host)


def fits(place: Place, target: Target) -> bool:
    """Whether an origin is of the scheme and port asked for."""
    if target.protocol is not Schemes.BOTH and place.is_https != (target.protocol is Schemes.HTTPS):
        return False
    if target.port is not None:
        return place.port == target.port
    is_usual = place.port == DEFAULT_PORTS["https" if place.is_https else "http"]
    return is_usual or target.mode in {Mode.DOMAIN, Mode.SUBDOMAINS}


def _paths(duck: duckdb.DuckDBPyConnection, place: Place, target: Target) -> list[tuple[int, int]]:
    """The ranges of an origin's URLs whose path fits: as paths are in order, those that begin alike are one range."""
    conditions = [("path = ?", target.path)]
    if target.mode is Mode.PREFIX:
        ends = ("",) if target.path.endswith("/") else ("/", "?")
        conditions += [("starts_with(path, ?)", target.path + end) for end in ends]
    found = []
    for condition, path in conditions:
        low, high = duck.execute(
            f"SELECT min(url_id), max(url_id) FROM url WHERE url_id BETWEEN ? AND ? AND {condition}",
            [place.low, place.high, path],
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
