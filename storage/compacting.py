"""Writing crawl.db anew without the space that nothing uses: what was deleted, and pages that were never filled.

Ids are hashes, so rows of ``url`` and ``page`` come in no order and their pages stay about two thirds full; written
anew they are in order. The file is replaced whole, as a backup's is, so an end at any moment loses nothing.
"""

import shutil
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Final, NamedTuple

from .database import BUSY_MS, CRAWL_DB, FolderLock, prepare, reader, translated
from .errors import DataFolderError
from .replacing import partial, put_in_place, verify

_TOLD_EVERY_S: Final = 0.5


class Compacted(NamedTuple):
    """The size of crawl.db before and after; the same where there was nothing to gain."""

    before_bytes: int
    after_bytes: int


def rewrite(folder: Path, tell: Callable[[int, int], None] = lambda *_: None) -> Compacted:
    """Write the crawl.db of ``folder`` anew, check it, and put it in the place of the old one if it is smaller.

    ``tell`` hears the bytes written so far and the most there will be. Raises :class:`DataFolderError` where there is
    no crawl, one is running, another program has the file open, or there is no room for the new file beside the old.
    """
    path = folder / CRAWL_DB
    with reader(path):
        pass
    with FolderLock(folder):
        prepare(path)
        try:
            with partial(path) as new:
                before = _settle(path)
                _check_room(folder, before)
                _write(path, new, lambda: tell(new.stat().st_size if new.exists() else 0, before))
                verify(new, path)
                after = new.stat().st_size
                if after >= before:
                    return Compacted(before, before)
                put_in_place(new, path)
        except OSError as error:
            raise DataFolderError(f"{folder}: can't be written ({error.strerror}); crawl.db is as it was") from error
    return Compacted(before, after)


def _settle(path: Path) -> int:
    """Bring the write-ahead log into the file; how large that is then."""
    try:
        with closing(sqlite3.connect(path, isolation_level=None, timeout=BUSY_MS / 1000)) as db:
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    except sqlite3.Error as error:
        raise translated(error, path) from error
    return path.stat().st_size


def _check_room(folder: Path, needed: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise DataFolderError(
            f"{folder}: the new crawl.db may need {needed / 1e6:,.1f} MB beside the old one, the disk has"
            f" {free / 1e6:,.1f} MB left; make room"
        )


def _write(path: Path, new: Path, watch: Callable[[], None]) -> None:
    """One statement, in a thread of its own: so it can be watched, and stopped by Ctrl-C."""
    try:
        with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as db:
            with ThreadPoolExecutor(1) as pool:
                written = pool.submit(db.execute, "VACUUM INTO ?", (str(new),))
                try:
                    while not written.done():
                        _wait(written.exception, watch)
                except BaseException:
                    db.interrupt()
                    raise
            written.result()
    except sqlite3.Error as error:
        raise translated(error, path) from error


def _wait(ended: Callable[[float], BaseException | None], watch: Callable[[], None]) -> None:
    try:
        ended(_TOLD_EVERY_S)
    except TimeoutError:
        watch()
