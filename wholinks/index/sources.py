"""The pages that a source covers, when it is asked where it links to."""

from typing import Final

import duckdb

from wholinks.storage.urls import dedup_key

from .places import Places
from .selection import Condition, fits, select
from .target import Mode, Target

# An alias's page may lie outside of what was asked about (a host, a prefix, one URL); within its domain it stays.
_ALIASES: Final = """
WITH RECURSIVE placed AS NOT MATERIALIZED (SELECT url_id, domain_id FROM url JOIN origin USING (origin_id)),
reached(url_id) AS (
    SELECT r.url_id FROM redirect AS r JOIN placed ON placed.url_id = r.url_id WHERE {where}
    UNION
    SELECT r.next_url_id FROM reached JOIN redirect AS r ON r.url_id = reached.url_id
    JOIN placed AS here ON here.url_id = r.url_id JOIN placed AS there ON there.url_id = r.next_url_id
    WHERE here.domain_id = there.domain_id)
SELECT url_id FROM reached"""

_DOMAINS: Final = "SELECT DISTINCT domain_id FROM url JOIN origin USING (origin_id) WHERE url_id IN (SELECT unnest(?))"

_SPELLINGS: Final = """
SELECT url_id, path FROM url WHERE url_id BETWEEN ? AND ? AND (path = ? OR starts_with(path, ?))"""


class Sources:
    """The pages a source covers: its URLs, the pages its aliases lead to, and the spellings of a URL."""

    def __init__(self, duck: duckdb.DuckDBPyConnection, places: Places, source: Target) -> None:
        self._selection = select(duck, places, source)
        self._more = spellings(duck, places, source) if source.mode is Mode.EXACT else []
        if self._more or self._selection.ranges:
            where, values = self.where("placed.domain_id", "r.url_id")
            self._more = [*self._more, *_numbers(duck, _ALIASES.format(where=where), values)]
        self._more_domains = _numbers(duck, _DOMAINS, [self._more]) if self._more else []

    @property
    def is_empty(self) -> bool:
        """Whether the index knows no such URL."""
        return self._selection.is_empty and not self._more

    @property
    def domain_ids(self) -> tuple[int, ...]:
        """The numbers of the domains that its pages belong to."""
        return tuple(sorted({*self._selection.domain_ids, *self._more_domains}))

    @property
    def whole_domain(self) -> int | None:
        """The number of the one domain whose pages these are, all of them; None where it is not so."""
        return None if self._more else self._selection.whole_domain

    def where(self, domain: str, url: str) -> Condition:
        """The condition on a column of domain numbers and one of URL numbers."""
        parts: list[Condition] = []
        if not self._selection.is_empty:
            parts.append(self._selection.where(domain, url))
        if self._more:
            parts.append((f"{url} IN (SELECT unnest(?))", [self._more]))
        condition = " OR ".join(f"({where})" for where, _ in parts) or "false"
        return f"({condition})", [value for _, values in parts for value in values]


def spellings(duck: duckdb.DuckDBPyConnection, places: Places, source: Target) -> list[int]:
    """The URLs that share a dedup key with one: a page is fetched under one spelling, mostly."""
    path = source.path.partition("?")[0]
    rows = [
        row
        for place in places.of(source.host)
        if fits(place, source)
        for row in duck.execute(_SPELLINGS, [place.low, place.high, path, f"{path}?"]).fetchall()
    ]
    return [url_id for url_id, spelling in rows if dedup_key(spelling) == dedup_key(source.path)]


def _numbers(duck: duckdb.DuckDBPyConnection, statement: str, values: list[object]) -> list[int]:
    return [number for (number,) in duck.execute(statement, values).fetchall()]
