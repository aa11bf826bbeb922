"""Many rows in one statement.

``executemany`` steps the statement once a row, and Python gives up and takes back its lock at each step: beside a busy
event loop that costs more than the row. A statement with many rows steps once for all of them.
"""

import re
import sqlite3
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import chain
from typing import Final

_MOST_VALUES: Final = 999
"""What every SQLite takes in one statement."""
_ROW: Final = re.compile(r"VALUES (\((?:\?, )*\?\))")


def insert(db: sqlite3.Connection, statement: str, rows: Sequence[tuple[object, ...]]) -> None:
    """What ``db.executemany(statement, rows)`` does, in the same order, for an INSERT with ``VALUES (?, …)``."""
    size = _MOST_VALUES // len(rows[0])
    whole = len(rows) - len(rows) % size
    if whole:
        db.executemany(_of_many(statement, size), _joined(rows, size, whole))
    if whole < len(rows):
        db.executemany(statement, rows[whole:])


def _joined(rows: Sequence[tuple[object, ...]], size: int, whole: int) -> Iterator[tuple[object, ...]]:
    for start in range(0, whole, size):
        yield tuple(chain.from_iterable(rows[start : start + size]))


@cache
def _of_many(statement: str, size: int) -> str:
    return _ROW.sub(lambda found: "VALUES " + ", ".join([found[1]] * size), statement, count=1)
