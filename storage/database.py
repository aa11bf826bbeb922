"""The file crawl.db: where it lies, who may write it, and that it is one of ours.

One process writes (it holds :class:`FolderLock`, which the system releases when the process dies, however it dies);
any number read, read-only, while it does.
"""

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from . import schema
from .errors import DataFolderError

CRAWL_DB: Final = "crawl.db"
LOCK_FILE: Final = "crawl.lock"

BUSY_MS: Final = 30_000
"""How long other programs get to let go of the file."""

PRAGMAS: Final = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = NORMAL",
    f"PRAGMA busy_timeout = {BUSY_MS}",
    "PRAGMA temp_store = MEMORY",
    "PRAGMA cache_size = -65536",
)


class FolderLock:
    """The right to crawl into a data folder, held from ``__enter__`` to ``__exit__`` or the process's end."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._descriptor = -1

    def __enter__(self) -> Self:
        path = self.folder / LOCK_FILE
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise DataFolderError(
                f"{self.folder}: can't be written ({error.strerror}); name another folder with --data"
            ) from error
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._descriptor)
            raise DataFolderError(
                f"{self.folder}: another crawl is running on this folder; wait for it or use another --data"
            ) from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._descriptor)


def prepare(path: Path) -> None:
    """Make ``path`` a crawl.db of this version: create it, or bring an older one up to date.

    Raises :class:`DataFolderError` when it is something else, damaged, newer, or can't be written.
    """
    try:
        with closing(sqlite3.connect(path, isolation_level=None)) as db:
            if not db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
                db.execute("PRAGMA page_size = 8192")
            else:
                _check(db, path)
            for pragma in PRAGMAS:
                db.execute(pragma)
            _migrate(db)
    except sqlite3.Error as error:
        raise translated(error, path) from error


def _migrate(db: sqlite3.Connection) -> None:
    version = db.execute("PRAGMA user_version").fetchone()[0]
    for number, step in enumerate(schema.MIGRATIONS[version:], version + 1):
        # One script: the step and the record that it was done stand or fall together.
        db.executescript(
            f"BEGIN; {step} PRAGMA application_id = {schema.APPLICATION_ID}; PRAGMA user_version = {number}; COMMIT;"
        )


def _check(db: sqlite3.Connection, path: Path) -> None:
    if not path.stat().st_size:
        raise DataFolderError(f"{path}: the file is empty; restore a copy, or crawl anew")
    if db.execute("PRAGMA application_id").fetchone()[0] != schema.APPLICATION_ID:
        raise DataFolderError(f"{path}: an SQLite file, but not one of wholinks; name another folder with --data")
    version = db.execute("PRAGMA user_version").fetchone()[0]
    if version > schema.VERSION:
        raise DataFolderError(
            f"{path}: written by a newer wholinks (format {version}, this one knows {schema.VERSION}); upgrade wholinks"
        )


def translated(error: sqlite3.Error, path: Path) -> DataFolderError:
    """What SQLite says, as one line a person can act on."""
    code = getattr(error, "sqlite_errorname", "")
    if code.startswith("SQLITE_FULL"):
        advice = "the disk is full; nothing committed is lost: make room and run the same command again"
    elif code.startswith(("SQLITE_NOTADB", "SQLITE_CORRUPT")):
        advice = "the file is damaged or no database; restore a copy or name another folder with --data"
    elif code.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM")):
        advice = "the file can't be opened for writing; check its rights or name another folder with --data"
    elif code.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        advice = "another program holds the file locked; close it and run the same command again"
    elif code.startswith("SQLITE_IOERR"):
        advice = "the disk may be full or failing; nothing committed is lost: make room and run the same command again"
    else:
        advice = "nothing committed is lost"
    return DataFolderError(f"{path}: {error} ({code or type(error).__name__}): {advice}")


def _to_read(path: Path) -> str:
    """The name to open ``path`` by. Where nothing can be written beside it, as on a medium that is read-only, and
    nobody writes it, SQLite must be told so to open it at all."""
    is_still = not os.access(path.parent, os.W_OK) and not path.with_name(f"{path.name}-wal").exists()
    return f"{path.resolve().as_uri()}?mode=ro{'&immutable=1' * is_still}"


@contextmanager
def reader(path: Path) -> Iterator[sqlite3.Connection]:
    """A read-only connection to an existing crawl.db; one transaction, so all it reads is of one moment."""
    if not path.exists():
        raise DataFolderError(f"{path}: no crawl here yet; run 'wholinks crawl SEED... --data {path.parent}' first")
    try:
        with closing(sqlite3.connect(_to_read(path), uri=True, isolation_level=None)) as db:
            db.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
            _check(db, path)
            db.execute("BEGIN")
            yield db
    except sqlite3.Error as error:
        raise translated(error, path) from error
