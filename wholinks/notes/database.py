"""The file notes.db: made at the first note, opened for one piece of work, each piece one transaction."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from wholinks.storage.errors import DataFolderError

NOTES_DB: Final = "notes.db"
_APPLICATION_ID: Final = 0x774C6E6E  # "wLnn"
VERSION: Final = 1
_BUSY_MS: Final = 30_000

_TABLES: Final = """
CREATE TABLE own_group (name TEXT NOT NULL, domain TEXT NOT NULL, PRIMARY KEY (name, domain)) WITHOUT ROWID;
CREATE TABLE review (
    target TEXT NOT NULL, domain TEXT NOT NULL, state TEXT NOT NULL, note TEXT NOT NULL, changed_at INTEGER NOT NULL,
    PRIMARY KEY (target, domain)
) WITHOUT ROWID;
CREATE TABLE claim (
    tool TEXT NOT NULL, source_url TEXT NOT NULL, target TEXT NOT NULL, anchor TEXT NOT NULL,
    has_anchor INTEGER NOT NULL, rel TEXT, imported_at INTEGER NOT NULL,
    PRIMARY KEY (tool, source_url, target, anchor, has_anchor)
) WITHOUT ROWID;
CREATE TABLE watch (
    name TEXT NOT NULL, target TEXT NOT NULL, snapshot TEXT NOT NULL, seen_at INTEGER NOT NULL, pairs BLOB NOT NULL,
    PRIMARY KEY (name, target)
);
CREATE TABLE traffic (
    target TEXT NOT NULL, day TEXT NOT NULL, page TEXT NOT NULL, clicks INTEGER, impressions INTEGER, sessions INTEGER,
    PRIMARY KEY (target, day, page)
) WITHOUT ROWID;
"""
"""Tables may be added under the same number: older programs leave alone what they don't know."""


@contextmanager
def open_notes(folder: Path) -> Iterator[sqlite3.Connection]:
    """A connection to the notes of ``folder`` for writing, in one transaction: all of it is kept, or nothing.

    Makes the file where there is none. Raises :class:`DataFolderError` for one that can't be used.
    """
    path = folder / NOTES_DB
    if not folder.is_dir():
        raise DataFolderError(f"{folder}: no such folder; run 'wholinks crawl SEED... --data {folder}' first")
    try:
        with closing(sqlite3.connect(path, isolation_level=None)) as db:
            db.execute(f"PRAGMA busy_timeout = {_BUSY_MS}")
            db.execute("BEGIN IMMEDIATE")
            try:
                _prepare(db, path)
                yield db
                db.execute("COMMIT")
            except BaseException:
                if db.in_transaction:
                    db.execute("ROLLBACK")
                raise
    except sqlite3.Error as error:
        raise _translated(error, path) from error


@contextmanager
def read_notes(folder: Path) -> Iterator[sqlite3.Connection | None]:
    """A read-only connection to the notes of ``folder``; None where there are none yet."""
    path = folder / NOTES_DB
    if not path.exists():
        yield None
        return
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as db:
            if not db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:  # its first note was given up
                yield None
                return
            _check(db, path)
            _add_missing(db, "TEMP TABLE")
            yield db
    except sqlite3.Error as error:
        raise _translated(error, path) from error


def _prepare(db: sqlite3.Connection, path: Path) -> None:
    is_new = not db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    if not is_new:
        _check(db, path)
    _add_missing(db, "TABLE")
    if not is_new:
        return
    db.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
    db.execute(f"PRAGMA user_version = {VERSION}")


def _add_missing(db: sqlite3.Connection, what: str) -> None:
    """Make the tables that are not there: for good, or for this connection alone."""
    known = {name for (name,) in db.execute("SELECT name FROM sqlite_master")}
    for statement in filter(str.strip, _TABLES.split(";")):
        if statement.split()[2] not in known:
            db.execute(statement.replace("TABLE", what, 1))


def _check(db: sqlite3.Connection, path: Path) -> None:
    if db.execute("PRAGMA application_id").fetchone()[0] != _APPLICATION_ID:
        raise DataFolderError(f"{path}: not the notes of wholinks; move the file away, or name another folder")
    version = db.execute("PRAGMA user_version").fetchone()[0]
    if version > VERSION:
        raise DataFolderError(f"{path}: written by a newer wholinks (format {version}); upgrade wholinks")


def _translated(error: sqlite3.Error, path: Path) -> DataFolderError:
    return DataFolderError(f"{path}: {error}: restore a copy, or move the file away")
