"""DuckDB as this project runs it: no extension is ever loaded, and one error comes out."""

import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

import duckdb

from wholinks.storage.errors import DataFolderError

from .ctrl_c import Watch, interruptible

_OFFLINE: Final[dict[str, str | bool | int | float | list[str]]] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
}


_LOOKED_UP: Final = 1000


def quoted(text: str | Path) -> str:
    """``text`` as an SQL literal, for the places that take no parameter (ATTACH, SET)."""
    return "'" + str(text).replace("'", "''") + "'"


def open_reader(path: Path) -> duckdb.DuckDBPyConnection:
    """A connection that can read the database file ``path`` and nothing else. Raises :class:`duckdb.Error`.

    The file is attached to an instance of its own: ``duckdb.connect(path)`` would hand out what this process has open
    under that name already, which may be an index that was replaced since. Late materialisation doubles the time of our
    small statements; the large ones do it themselves. Rows that are looked up by up to :data:`_LOOKED_UP` numbers are
    searched for only where these numbers may be.
    """
    connection = duckdb.connect(":memory:", config=_OFFLINE)
    try:
        connection.execute(f"ATTACH {quoted(path)} AS index (READ_ONLY); USE index")
        connection.execute("SET temp_directory = ''; SET disabled_optimizers = 'late_materialization'")
        connection.execute(f"SET dynamic_or_filter_threshold = {_LOOKED_UP}")
        connection.execute("SET enable_external_access = false; SET lock_configuration = true")
    except BaseException:
        connection.close()
        raise
    return connection


def session(reader: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """A cursor of :func:`open_reader`'s connection, for one thread."""
    cursor = interruptible(reader.cursor())
    return cursor.execute(parsed(cursor, "USE index"))


_MOST_PARSED: Final = 500
_PARSED: Final[dict[str, duckdb.Statement]] = {}


def parsed(duck: duckdb.DuckDBPyConnection, statement: str) -> duckdb.Statement:
    """One statement, parsed once in this process: to parse a question's takes as long as to look up its answer.

    Only for statements that are made of this package's constants, of which there are not many.
    """
    found = _PARSED.get(statement)
    if found is None:
        if len(_PARSED) >= _MOST_PARSED:
            _PARSED.clear()
        found = _PARSED[statement] = duck.extract_statements(statement)[0]
    return found


@contextmanager
def build_connection(
    target: Path, scratch: Path, *, memory_bytes: int, threads: int
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection with a new database ``target`` attached as ``index``; tables for staging are its own, in memory, but
    for what is too large: that is in a database ``scratch``.

    What does not fit ``memory_bytes`` goes to the folder ``scratch``, which is removed afterwards, as ``target`` is if
    the work fails. Blocks of memory, up to half of it, are kept and used again instead of being given back: the system
    clears each that it gives, which took a twentieth of a build.
    """
    scratch.mkdir()
    watch = Watch()
    try:
        with closing(interruptible(duckdb.connect(":memory:", config=_OFFLINE))) as connection:
            connection.execute(
                f"SET temp_directory = {quoted(scratch)}; SET memory_limit = '{memory_bytes} B'; "
                f"SET VARIABLE memory_bytes = {memory_bytes}::BIGINT; "
                f"SET block_allocator_memory = '{memory_bytes // 2} B'; "
                f"SET threads = {threads}; SET enable_progress_bar = false; "
                f"ATTACH {quoted(target)} AS index; ATTACH {quoted(scratch / 'scratch.duckdb')} AS scratch"
            )
            yield connection
    except BaseException:
        remove(target)
        raise
    finally:
        watch.end()
        shutil.rmtree(scratch, ignore_errors=True)


@contextmanager
def as_written(duck: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """While inside, joins are made as they are written: a stream, whose size nobody knows, goes past tables of numbers,
    never the other way."""
    duck.execute("SET disabled_optimizers = 'join_order,build_side_probe_side'")
    yield
    duck.execute("RESET disabled_optimizers")


def remove(database: Path) -> None:
    """Delete a database file and what DuckDB writes beside it."""
    for path in (database, database.with_name(database.name + ".wal")):
        path.unlink(missing_ok=True)
    shutil.rmtree(database.with_name(database.name + ".tmp"), ignore_errors=True)


def translated(error: Exception, path: Path, advice: str) -> DataFolderError:
    """What DuckDB or the SQLite driver says, as one line a person can act on."""
    said = " ".join(str(error).split())
    if "No space left" in said or "failed to offload" in said.lower():
        advice = "the disk is full; make room and run the same command again"
    elif isinstance(error, duckdb.OutOfMemoryException):
        advice = "the memory allowed for it is too little"
    return DataFolderError(f"{path}: {said[:300]}: {advice}")
