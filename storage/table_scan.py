"""Whole tables of crawl.db for the index build, read from the file's pages: as Arrow, and several times faster than
SQLite hands over rows one value at a time.

This is possible while nobody changes the file: the caller holds a read transaction, and nothing was in the write-ahead
log when it began. A crawl may append to the log meanwhile; SQLite does not copy that into the file before the
transaction ends. Elsewhere, and where ``c/btree.c`` was not compiled, SQLite does the same by a statement.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, NamedTuple, Self

from .database import reader

_VERSION: Final = 1  # as in c/btree.c

try:
    from ._btree import VERSION, stream

    IS_COMPILED = VERSION == _VERSION
except ImportError:
    IS_COMPILED = False


class Term(NamedTuple):
    """A column's number (NULL counts as 0), or 1 where it is NULL, or is not; moved up by ``shift`` bits. "instead" is
    the number where the column of the term before is NULL, and 0 elsewhere."""

    column: str
    shift: int = 0
    what: Literal["value", "is null", "is given", "instead"] = "value"


_ROOTS: Final = "SELECT name, rootpage FROM sqlite_schema WHERE type = 'table'"
_COLUMNS: Final = """
SELECT made.name, it.name, it.cid, it.pk = 1 FROM sqlite_schema AS made JOIN pragma_table_info(made.name) AS it
WHERE made.type = 'table'"""

_Output = tuple[str, bool, tuple[tuple[int, int, int], ...]]
_WHAT: Final = {"value": 0, "is null": 1, "is given": 2, "instead": 3}


@dataclass(frozen=True, slots=True)
class Columns:
    """What is read of ``table``, by name and in this order: sums of terms, or columns of text one after another with
    U+0000 between them, but for those that are NULL."""

    table: str
    outputs: Mapping[str, tuple[Term, ...] | tuple[str, ...]]


@dataclass(slots=True)
class _Table:
    """Where a table begins, and the places of its columns in a row."""

    root_page: int
    columns: dict[str, int]
    key_column: int = -1

    def add(self, name: str, number: int, *, is_key: bool) -> None:
        self.columns[name] = number
        if is_key:
            self.key_column = number


class TableFile:
    """crawl.db's file, opened before the transaction that reads it begins, and closed after it ended: a process that
    closes any descriptor of a file lets go of all its locks on it (POSIX), which other copies of SQLite rely on."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            self._cookie = self._schema_cookie()
            with reader(path) as db:
                self._tables = {name: _Table(root, {}) for name, root in db.execute(_ROOTS)}
                for name, column, number, is_key in db.execute(_COLUMNS):
                    self._tables[name].add(column, number, is_key=is_key)
        except BaseException:
            os.close(self._descriptor)
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._descriptor)

    def has_all(self) -> bool:
        """Whether all that a transaction begun since sees can be scanned: it lies in this file, and stays so."""
        log = self._path.with_name(f"{self._path.name}-wal")
        return (
            IS_COMPILED
            and not (log.exists() and log.stat().st_size)
            and os.path.samestat(os.fstat(self._descriptor), self._path.stat())
            and self._schema_cookie() == self._cookie
        )

    def scan(self, columns: Columns, batch_rows: int) -> "TableScan":
        """The rows of a table."""
        table = self._tables[columns.table]
        outputs = tuple(_output(name, parts, table.columns) for name, parts in columns.outputs.items())
        return TableScan(self._descriptor, table.root_page, table.key_column, batch_rows, outputs)

    def _schema_cookie(self) -> bytes:
        """What changes with the places of tables."""
        return os.pread(self._descriptor, 4, 40)


class TableScan:
    """The rows of a table in order of its key: an Arrow stream, for whoever asks for one while the file is open."""

    def __init__(
        self, descriptor: int, root_page: int, key_column: int, batch_rows: int, outputs: tuple[_Output, ...]
    ) -> None:
        self._given = descriptor, root_page, key_column, batch_rows, outputs

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """A capsule ``arrow_array_stream``, which ends with an error where the file is damaged."""
        return stream(*self._given)


def _output(name: str, parts: tuple[Term, ...] | tuple[str, ...], numbers: Mapping[str, int]) -> _Output:
    is_text = isinstance(parts[0], str)
    terms = [Term(part) if isinstance(part, str) else part for part in parts]
    return name, is_text, tuple((_WHAT[term.what], numbers[term.column], term.shift) for term in terms)
