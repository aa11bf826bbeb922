"""The snapshot's id: a hash of what an index says, the same for the same facts whatever the order they came in."""
# ruff: noqa: S608 - statements are made of this package's constants; whatever a user gives is a parameter

import hashlib
from typing import Final

import duckdb

from .schema import TABLES, VERSION

_LEFT_OUT: Final = {
    "page": ("fetch_id",),
    "link": ("opening_id",),
    "past": ("opening_id",),
    "opening": ("opening_id", "fetch_id"),
    "evidence": ("fetch_id", "written", "context"),
}
"""Columns that number things in the order a crawl happened to meet them, and the texts of evidence: they are parts of
pages' bodies, whose hashes are in it, and would be most of the work."""

_COUNTED_AHEAD: Final = ("meta", "pair", "inward", "via")
"""Tables that follow from the others, and the one that holds the result."""


def content_hash(duck: duckdb.DuckDBPyConnection, suffix_list: str) -> str:
    """16 hexadecimal digits over the rows of all tables and the suffix list's version.

    Rows are hashed by DuckDB and summed, so their order plays no part. Another major version of DuckDB may hash
    differently; :data:`schema.VERSION` is in it too.
    """
    sums = [f"{VERSION} {duckdb.__version__.partition('.')[0]} {suffix_list}"]
    for table, columns in TABLES.items():
        if table in _COUNTED_AHEAD:
            continue
        kept = [
            name
            for name in (column.split()[0] for column in columns.split(", "))
            if name not in _LEFT_OUT.get(table, ())
        ]
        row = duck.execute(f"SELECT count(*), sum(hash({', '.join(kept)})) FROM index.{table}").fetchall()[0]
        sums.append(f"{table} {row[0]} {row[1]}")
    facts = "\n".join(sums)
    return hashlib.sha256(facts.encode()).hexdigest()[:16]
