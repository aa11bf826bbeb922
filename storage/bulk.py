"""Many rows in one statement.

``executemany`` steps the statement once a row, and Python gives up and takes back its lock at each step: beside a busy
event loop that costs more than the row. A statement with many rows steps once for all of them.

A column in which all of these have None stands in the statement as NULL: ``sqlite3`` looks for an adapter for each
None that it binds, which takes it five times as long as a number.
"""

import re
import sqlite3
from collections.abc import Sequence
from functools import lru_cache
from itertools import chain
from typing import Final

_MOST_VALUES: Final = 999
"""What every SQLite takes in one statement."""
_ROW: Final = re.compile(r"VALUES \((?:\?, )*\?\)")
_MOST_STATEMENTS: Final = 64


def insert(db: sqlite3.Connection, statement: str, rows: Sequence[tuple[object, ...]]) -> None:
    """What ``db.executemany(statement, rows)`` does, in the same order, for an INSERT with ``VALUES (?, …)``."""
    size = _MOST_VALUES // len(rows[0])
    whole = len(rows) - len(rows) % size
    for start in range(0, whole, size):
        _insert_at_once(db, statement, rows[start : start + size])
    if whole < len(rows):
        db.executemany(statement, rows[whole:])


def _insert_at_once(db: sqlite3.Connection, statement: str, rows: Sequence[tuple[object, ...]]) -> None:
    size, width = len(rows), len(rows[0])
    values = list(chain.from_iterable(rows))
    empty = [place for place, value in enumerate(rows[0]) if value is None]
    empty = [place for place in empty if values[place::width].count(None) == size]
    left = width
    for place in reversed(empty):
        del values[place::left]
        left -= 1
    db.execute(_of_many(statement, size, width, tuple(empty)), values)


@lru_cache(_MOST_STATEMENTS)
def _of_many(statement: str, size: int, width: int, empty: tuple[int, ...]) -> str:
    row = ", ".join("NULL" if place in empty else "?" for place in range(width))
    return _ROW.sub(lambda _: "VALUES " + ", ".join([f"({row})"] * size), statement, count=1)
