"""The file, the lock, and what a person is told when they can't be used."""

import os
import signal
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from wholinks.storage import schema
from wholinks.storage.crawl_store import CrawlStore
from wholinks.storage.database import CRAWL_DB, FolderLock, prepare, reader, translated
from wholinks.storage.errors import DataFolderError, UsageError, WholinksError

IS_ROOT = os.geteuid() == 0


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / CRAWL_DB


def one_line(error: Exception, path: Path) -> str:
    text = str(error)
    assert "\n" not in text
    assert str(path) in text
    return text


# ---- the file


def test_a_new_file_is_ours_and_of_this_version(path: Path) -> None:
    prepare(path)
    prepare(path)
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA application_id").fetchone() == (schema.APPLICATION_ID,)
        assert db.execute("PRAGMA user_version").fetchone() == (schema.VERSION,)
        assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_an_empty_file_becomes_ours(path: Path) -> None:
    path.touch()
    prepare(path)
    with reader(path) as db:
        assert db.execute("SELECT count(*) FROM page").fetchone() == (0,)


def test_a_creation_that_was_cut_short_is_done_again(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema, "MIGRATIONS", (f"{schema.MIGRATIONS[0]} SELECT nothing FROM nowhere;",))
    with pytest.raises(DataFolderError):
        prepare(path)
    monkeypatch.undo()
    prepare(path)
    with reader(path) as db:
        assert db.execute("SELECT count(*) FROM page").fetchone() == (0,)


def test_an_older_file_is_brought_up_to_date_and_keeps_what_it_holds(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare(path)
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("INSERT INTO meta VALUES ('a', 'b')")
    monkeypatch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, "ALTER TABLE meta ADD COLUMN c DEFAULT 'c';"))
    monkeypatch.setattr(schema, "VERSION", schema.VERSION + 1)
    prepare(path)
    with reader(path) as db:
        assert db.execute("SELECT * FROM meta").fetchall() == [("a", "b", "c")]


def test_a_foreign_sqlite_file_is_refused_and_left_as_it_is(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("CREATE TABLE bookmarks (url)")
    before = path.read_bytes()
    with pytest.raises(DataFolderError, match="not one of wholinks") as caught:
        prepare(path)
    one_line(caught.value, path)
    with pytest.raises(DataFolderError, match="not one of wholinks"), reader(path):
        pass
    assert path.read_bytes() == before


@pytest.mark.parametrize("content", [b"hello, world\n" * 100, b"\x00" * 5000, b"SQLite format 3\x00" + b"\xff" * 4080])
def test_a_file_that_is_no_database_is_refused_and_left_as_it_is(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(DataFolderError) as caught:
        prepare(path)
    assert "damaged or no database" in one_line(caught.value, path)
    with pytest.raises(DataFolderError), reader(path):
        pass
    assert path.read_bytes() == content


def test_a_file_of_a_newer_version_is_refused(path: Path) -> None:
    prepare(path)
    with closing(sqlite3.connect(path)) as db:
        db.execute(f"PRAGMA user_version = {schema.VERSION + 1}")
    with pytest.raises(DataFolderError, match=r"newer wholinks.*upgrade") as caught:
        prepare(path)
    one_line(caught.value, path)


def test_a_folder_in_the_files_place_is_refused(path: Path) -> None:
    path.mkdir()
    with pytest.raises(DataFolderError, match="name another folder"):
        prepare(path)


def test_reading_what_is_not_there_says_what_to_run(path: Path) -> None:
    with pytest.raises(DataFolderError, match="run 'wholinks crawl") as caught, reader(path):
        pass
    one_line(caught.value, path)
    assert not path.exists()


def test_a_reader_can_not_write_and_sees_one_moment(path: Path) -> None:
    prepare(path)
    with reader(path) as db, closing(sqlite3.connect(path)) as writer:
        assert db.execute("SELECT count(*) FROM meta").fetchone() == (0,)
        with writer:
            writer.execute("INSERT INTO meta VALUES ('a', 'b')")
        assert db.execute("SELECT count(*) FROM meta").fetchone() == (0,)
        with pytest.raises(sqlite3.OperationalError):
            db.execute("INSERT INTO meta VALUES ('c', 'd')")


def test_an_error_of_sqlite_while_reading_is_ours(path: Path) -> None:
    prepare(path)
    with pytest.raises(DataFolderError, match="no such table"), reader(path) as db:
        db.execute("SELECT * FROM nowhere")


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("SQLITE_FULL", "disk is full"),
        ("SQLITE_NOTADB", "damaged"),
        ("SQLITE_CORRUPT_VTAB", "damaged"),
        ("SQLITE_READONLY_DBMOVED", "rights"),
        ("SQLITE_CANTOPEN", "rights"),
        ("SQLITE_BUSY_SNAPSHOT", "locked"),
        ("SQLITE_IOERR", "nothing committed is lost"),
        ("", "nothing committed is lost"),
    ],
)
def test_each_error_of_sqlite_says_what_to_do(path: Path, name: str, advice: str) -> None:
    error = sqlite3.OperationalError("it broke")
    error.sqlite_errorname = name
    told = translated(error, path)
    assert isinstance(told, WholinksError)
    assert advice in one_line(told, path)
    assert (told.exit_code, UsageError("x").exit_code) == (1, 2)


async def test_a_locked_file_is_named(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wholinks.storage.crawl_store.PRAGMAS", ("PRAGMA busy_timeout = 10",))
    async with await CrawlStore.open(path) as store:
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(DataFolderError, match="locked"):
                await store.start_run(1, {}, {})
            other.execute("ROLLBACK")
        assert await store.start_run(1, {}, {}) == 1


# ---- the lock


def test_a_folder_is_made_when_it_is_locked(tmp_path: Path) -> None:
    with FolderLock(tmp_path / "a" / "b"):
        assert (tmp_path / "a" / "b").is_dir()


def test_a_second_lock_is_refused_until_the_first_is_given_back(tmp_path: Path) -> None:
    with FolderLock(tmp_path):
        with pytest.raises(DataFolderError, match="another crawl is running"), FolderLock(tmp_path):
            pass
        with pytest.raises(DataFolderError), FolderLock(tmp_path):  # the refused one has not let go of it
            pass
    with FolderLock(tmp_path):
        pass


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_the_lock_dies_with_its_process(tmp_path: Path, number: signal.Signals) -> None:
    code = (
        "import sys, pathlib; from wholinks.storage.database import FolderLock\n"
        "with FolderLock(pathlib.Path(sys.argv[1])): print('locked', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-P", "-c", code, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"locked\n"
        with pytest.raises(DataFolderError, match="another crawl"), FolderLock(tmp_path):
            pass
        process.send_signal(number)
        process.wait(20)
        with FolderLock(tmp_path):
            pass


def test_a_file_in_the_folders_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data").touch()
    with pytest.raises(DataFolderError, match="name another folder"), FolderLock(tmp_path / "data"):
        pass


@pytest.mark.skipif(IS_ROOT, reason="root may write anywhere")
def test_a_folder_that_can_not_be_written_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(stat.S_IRUSR | stat.S_IXUSR)
    with pytest.raises(DataFolderError, match="can't be written"), FolderLock(tmp_path):
        pass
