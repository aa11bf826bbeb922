"""Putting a finished database file in place of another: whole or not at all.

A file is written beside its place under :data:`PARTIAL`, checked, made durable, and renamed. An SQLite file that is
replaced must not leave its write-ahead log behind: the log would be read into the new file.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Final

from .database import translated
from .errors import DataFolderError

PARTIAL: Final = ".partial"
BUSY_S: Final = 10.0
"""How long other programs get to let go of a file that is replaced."""
_SIDECARS: Final = ("-wal", "-shm", "-journal")


@contextmanager
def partial(path: Path) -> Iterator[Path]:
    """Where to write what shall become ``path``; whatever is left there at the end is removed."""
    new = path.with_name(path.name + PARTIAL)
    _remove(new)
    try:
        yield new
    finally:
        _remove(new)


def _remove(path: Path) -> None:
    for name in (path.name, *(path.name + end for end in _SIDECARS)):
        path.with_name(name).unlink(missing_ok=True)


def verify(path: Path, source: Path) -> None:
    """Raise :class:`DataFolderError` unless the SQLite file ``path``, made of ``source``, is sound, as its quick check
    sees it."""
    try:
        with closing(sqlite3.connect(path, isolation_level=None)) as db:
            found = [row[0] for row in db.execute("PRAGMA quick_check(5)")]
    except sqlite3.Error as error:
        raise translated(error, source) from error
    if found != ["ok"]:
        said = " ".join(found[0].replace("*** in database main ***", "").split())
        raise DataFolderError(f"{source}: damaged ({said[:200]}); what was made of it is thrown away")


def put_in_place(new: Path, path: Path) -> None:
    """Make the file ``new`` the file ``path``, durably.

    Raises :class:`DataFolderError` while another program has the SQLite file that is there open, and :class:`OSError`.
    """
    if path.exists() and path.suffix == ".db":
        _close_log(path)
    _sync(new)
    new.replace(path)
    _sync(path.parent)


def _close_log(path: Path) -> None:
    """Bring the write-ahead log of ``path`` into it and have none from here on; a damaged file's log goes with it."""
    try:
        with closing(sqlite3.connect(path, isolation_level=None, timeout=BUSY_S)) as db:
            db.execute("PRAGMA journal_mode = DELETE").fetchall()
    except sqlite3.DatabaseError as error:
        if not getattr(error, "sqlite_errorname", "").startswith(("SQLITE_NOTADB", "SQLITE_CORRUPT")):
            raise translated(error, path) from error
    for end in _SIDECARS:
        with suppress(FileNotFoundError):
            path.with_name(path.name + end).unlink()


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
