"""A crawl.db that is written anew says the same, is smaller or stays, and an end at any moment changes nothing."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.graph import Graph
from wholinks.cli import run
from wholinks.storage import compacting
from wholinks.storage.compacting import rewrite
from wholinks.storage.database import CRAWL_DB, FolderLock
from wholinks.storage.errors import DataFolderError
from wholinks.storage.views import extent


def folder_with_holes(folder: Path) -> Path:
    made = Graph()
    for number in range(300):
        made.page(f"http://a.example/{number}", [f"http://b.example/{number}", f"http://a.example/{number + 1}"])
    made.write(folder)
    with closing(sqlite3.connect(folder / CRAWL_DB)) as db, db:
        db.execute("CREATE TABLE filler (text)")
        db.executemany("INSERT INTO filler VALUES (?)", [("x" * 5_000,) for _ in range(200)])
        db.execute("DROP TABLE filler")
    return folder


def dump(folder: Path) -> list[str]:
    with closing(sqlite3.connect(folder / CRAWL_DB)) as db:
        marks = [str(db.execute(f"PRAGMA {name}").fetchone()[0]) for name in ("user_version", "application_id")]
        return [*marks, *db.iterdump()]


def files(folder: Path) -> set[str]:
    return {file.name for file in folder.iterdir()} - {"crawl.lock", "crawl.db-wal", "crawl.db-shm"}


def test_it_says_the_same_and_is_smaller(tmp_path: Path) -> None:
    folder = folder_with_holes(tmp_path)
    before, size = dump(folder), (folder / CRAWL_DB).stat().st_size
    done = rewrite(folder)
    assert done.before_bytes >= size
    assert done.after_bytes == (folder / CRAWL_DB).stat().st_size < size - 900_000
    assert dump(folder) == before
    assert files(folder) == {CRAWL_DB}
    assert extent(folder / CRAWL_DB).last_fetch_id == 300
    again = rewrite(folder)
    assert again == (done.after_bytes, done.after_bytes)


def test_what_is_in_the_write_ahead_log_stays(tmp_path: Path) -> None:
    folder = folder_with_holes(tmp_path)
    with closing(sqlite3.connect(folder / CRAWL_DB, isolation_level=None)) as writer:
        writer.execute("PRAGMA wal_autocheckpoint = 0")
        writer.execute("INSERT INTO meta VALUES ('late', '1')")
    rewrite(folder)
    with closing(sqlite3.connect(folder / CRAWL_DB)) as db:
        assert db.execute("SELECT value FROM meta WHERE key = 'late'").fetchall() == [("1",)]


def test_not_while_a_crawl_runs_or_somebody_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = folder_with_holes(tmp_path)
    before = dump(folder)
    with FolderLock(folder), pytest.raises(DataFolderError, match="another crawl is running"):
        rewrite(folder)
    monkeypatch.setattr("wholinks.storage.replacing.BUSY_S", 0.1)
    monkeypatch.setattr(compacting, "BUSY_MS", 100)
    with closing(sqlite3.connect(folder / CRAWL_DB, isolation_level=None)) as other:
        other.execute("BEGIN")
        other.execute("SELECT count(*) FROM link").fetchall()
        with pytest.raises(DataFolderError, match="locked"):
            rewrite(folder)
    assert dump(folder) == before
    assert files(folder) == {CRAWL_DB}


def test_an_interruption_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = folder_with_holes(tmp_path)
    before = dump(folder)

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(compacting, "_wait", interrupt)
    with pytest.raises(KeyboardInterrupt):
        rewrite(folder)
    assert dump(folder) == before
    assert files(folder) == {CRAWL_DB}


def test_without_room_or_a_crawl_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DataFolderError, match="no crawl here yet"):
        rewrite(tmp_path / "nowhere")
    folder = folder_with_holes(tmp_path / "data")
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 1_000}))
    with pytest.raises(DataFolderError, match="make room"):
        rewrite(folder)


def test_the_command_says_before_and_after(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = folder_with_holes(tmp_path)
    assert run(["compact", "--data", str(folder)]) == 0
    assert " MB before, " in capsys.readouterr().out
    assert run(["compact", "--data", str(folder)]) == 0
    assert "no space to gain" in capsys.readouterr().out
    assert run(["compact", "--data", str(folder), "--format", "json"]) == 0
    assert '"after_bytes"' in capsys.readouterr().out
