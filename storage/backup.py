"""A copy of what is precious in a data folder, of one moment, while a crawl writes."""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Final, NamedTuple

from .database import CRAWL_DB, FolderLock, reader, translated
from .errors import DataFolderError, UsageError
from .replacing import partial, put_in_place, verify

PRECIOUS: Final = (CRAWL_DB, "notes.db")
"""SQLite files that can't be made again. The second is there where users added notes."""
INDEX_FILE: Final = "index.duckdb"
_STEP_PAGES: Final = 8192


class Copied(NamedTuple):
    """A file of the copy, and its size."""

    name: str
    bytes: int


def back_up(
    folder: Path,
    dest: Path,
    *,
    with_index: bool = False,
    is_replacing: bool = False,
    tell: Callable[[str, int, int], None] = lambda *_: None,
) -> list[Copied]:
    """Copy the precious files of ``folder`` into the folder ``dest``, each verified before it gets its name. The copy
    is a data folder itself. ``tell`` hears the file, the pages still to copy, and all pages.

    Raises :class:`DataFolderError` where there is nothing to copy, no room, or a copy already and not
    ``is_replacing``; then what was in ``dest`` is as it was, but for files already replaced.
    """
    if dest.exists() and dest.resolve() == folder.resolve():
        raise UsageError(f"{dest}: that is the data folder itself; name another folder")
    names = [name for name in PRECIOUS if name == CRAWL_DB or (folder / name).exists()]
    if with_index:
        if not (folder / INDEX_FILE).exists():
            raise DataFolderError(f"{folder}: no index to copy; run 'wholinks index' first or leave out --with-index")
        names.append(INDEX_FILE)
    with reader(folder / CRAWL_DB):
        pass
    there = [name for name in names if (dest / name).exists()]
    if there and not is_replacing:
        raise DataFolderError(f"{dest}: has a {there[0]} already; name another folder or give --replace")
    with FolderLock(dest):
        try:
            _check_room(folder, dest, names)
            return [_copy(folder / name, dest / name, tell) for name in names]
        except OSError as error:
            raise DataFolderError(f"{dest}: the copy can't be written ({error.strerror})") from error


def _check_room(folder: Path, dest: Path, names: list[str]) -> None:
    needed = sum((folder / name).stat().st_size for name in names)
    free = shutil.disk_usage(dest).free
    if free < needed:
        raise DataFolderError(
            f"{dest}: the copy needs {needed / 1e6:,.1f} MB, the disk has {free / 1e6:,.1f} MB left; make room"
        )


def _copy(source: Path, path: Path, tell: Callable[[str, int, int], None]) -> Copied:
    with partial(path) as new:
        if source.suffix == ".db":
            _copy_database(source, new, tell)
            verify(new, source)
        else:
            shutil.copyfile(source, new)  # replaced by rename only, so an open file is whole
        size = new.stat().st_size
        put_in_place(new, path)
    return Copied(path.name, size)


def _copy_database(source: Path, new: Path, tell: Callable[[str, int, int], None]) -> None:
    """Copy one moment: the read transaction keeps the steps from starting over when a crawl commits."""
    try:
        with closing(sqlite3.connect(f"{source.resolve().as_uri()}?mode=ro", uri=True, isolation_level=None)) as db:
            db.execute("PRAGMA busy_timeout = 30000")
            db.execute("BEGIN")
            db.execute("SELECT count(*) FROM sqlite_master").fetchone()
            try:
                with closing(sqlite3.connect(new, isolation_level=None)) as copy:
                    db.backup(copy, pages=_STEP_PAGES, progress=lambda _, left, pages: tell(source.name, left, pages))
            except sqlite3.Error as error:
                raise translated(error, new) from error
    except sqlite3.Error as error:
        raise translated(error, source) from error
