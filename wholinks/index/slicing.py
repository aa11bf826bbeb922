"""Work on all links goes in slices of whole target domains, so that its memory does not grow with the index."""

from collections.abc import Iterator
from typing import Final

import duckdb

SLICE_LINKS: Final = 1_000_000
"""Links in a slice of target domains, about; one with more has slices of its own, by source domains where asked for."""

# A domain with more links than a slice holds shares its slice with no other.
_SLICES: Final = """
WITH counted AS (SELECT {domain} AS domain, count(*) AS links FROM index.link WHERE {where} GROUP BY 1),
     placed AS (SELECT domain, links, sum(links) OVER (ORDER BY domain) AS ends FROM counted)
SELECT min(domain), max(domain) FROM placed GROUP BY (ends - links) // $most, (ends - 1) // $most ORDER BY 1
"""
_ALL: Final = (0, 2**32 - 1)
"""Every number of a domain."""


def by_targets(duck: duckdb.DuckDBPyConnection) -> Iterator[tuple[int, int]]:
    """Ranges of target domains with about :data:`SLICE_LINKS` links each, or one domain."""
    statement = _SLICES.format(domain="target_domain_id", where="true")
    yield from duck.execute(statement, {"most": SLICE_LINKS}).fetchall()


def by_pairs(duck: duckdb.DuckDBPyConnection) -> Iterator[tuple[int, int, int, int]]:
    """The same, and the range of source domains: all, where the targets are not one large domain."""
    statement = _SLICES.format(domain="source_domain_id", where="target_domain_id = $target")
    for first, last in by_targets(duck):
        parts = [_ALL]
        if first == last:
            parts = duck.execute(statement, {"most": SLICE_LINKS, "target": first}).fetchall()
        for low, high in parts:
            yield first, last, low, high
