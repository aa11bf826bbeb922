"""A backup is one moment of the folder, whole or not there, whatever else happens."""

import asyncio
import os
import resource
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.crawler.crawling import crawl, sound
from tests.fake_web import FakeWeb
from tests.graph import Graph
from wholinks.cli import run
from wholinks.storage.backup import back_up
from wholinks.storage.database import CRAWL_DB, FolderLock
from wholinks.storage.errors import DataFolderError, UsageError


def graph(pages: int = 3) -> Graph:
    made = Graph()
    for number in range(pages):
        made.page(f"http://a.example/{number}", [f"http://b.example/{number}", f"http://a.example/{number + 1}"])
    return made


def dump(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as db:
        return list(db.iterdump())


def test_a_copy_holds_the_same_and_is_a_data_folder(tmp_path: Path) -> None:
    folder = graph().write(tmp_path / "data")
    with closing(sqlite3.connect(folder / "notes.db")) as db, db:
        db.execute("CREATE TABLE note (text)")
    copied = back_up(folder, tmp_path / "copy")
    assert [file.name for file in copied] == [CRAWL_DB, "notes.db"]
    assert copied[0].bytes == (tmp_path / "copy" / CRAWL_DB).stat().st_size
    for name in (CRAWL_DB, "notes.db"):
        assert dump(tmp_path / "copy" / name) == dump(folder / name)
    assert not list((tmp_path / "copy").glob("*.partial*"))
    assert run(["index", "--data", str(tmp_path / "copy")]) == 0


def test_what_is_in_the_write_ahead_log_is_copied_and_a_later_commit_is_not(tmp_path: Path) -> None:
    folder = graph(200).write(tmp_path / "data")
    with closing(sqlite3.connect(folder / CRAWL_DB, isolation_level=None)) as writer:
        writer.execute("PRAGMA wal_autocheckpoint = 0")
        writer.execute("INSERT INTO meta VALUES ('before', '1')")
        told = []

        def write_on(*step: object) -> None:
            told.append(step)
            writer.execute("INSERT OR REPLACE INTO meta VALUES ('after', ?)", (len(told),))

        back_up(folder, tmp_path / "copy", tell=write_on)
        assert told
    with closing(sqlite3.connect(tmp_path / "copy" / CRAWL_DB)) as db:
        assert db.execute("SELECT key FROM meta WHERE key IN ('before', 'after')").fetchall() == [("before",)]


async def test_a_copy_made_while_a_crawl_writes_is_sound_and_its_crawl_can_go_on(tmp_path: Path) -> None:
    web = FakeWeb()
    for number in range(300):
        web.page(f"http://a.example/{number}", [f"/{number + 1}", f"/{number + 2}", "http://b.example/"])
    async with web.serve() as served:
        running = asyncio.create_task(crawl(served, ["http://a.example/0"], tmp_path / "data"))
        while len(served.log) < 40:  # noqa: ASYNC110 - the log has no event
            await asyncio.sleep(0.01)
        await asyncio.to_thread(back_up, tmp_path / "data", tmp_path / "copy")
        assert not running.done()
        report = await running
        sound(tmp_path / "copy")
        again = await crawl(served, [], tmp_path / "copy")
    assert again.stats.pages < report.stats.pages == 300
    assert again.states["fetched"] == report.states["fetched"]
    sound(tmp_path / "copy")


def test_a_copy_that_is_there_is_replaced_only_when_told(tmp_path: Path) -> None:
    back_up(graph(1).write(tmp_path / "old"), tmp_path / "copy")
    before = dump(tmp_path / "copy" / CRAWL_DB)
    folder = graph(5).write(tmp_path / "data")
    with pytest.raises(DataFolderError, match=r"has a crawl.db already.*--replace"):
        back_up(folder, tmp_path / "copy")
    assert dump(tmp_path / "copy" / CRAWL_DB) == before
    back_up(folder, tmp_path / "copy", is_replacing=True)
    assert dump(tmp_path / "copy" / CRAWL_DB) == dump(folder / CRAWL_DB)


def test_an_old_copys_log_is_not_read_into_the_new_one(tmp_path: Path) -> None:
    folder = graph(5).write(tmp_path / "data")
    back_up(graph(1).write(tmp_path / "old"), tmp_path / "copy")
    code = (
        "import sqlite3, os, sys; db = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "db.execute('PRAGMA wal_autocheckpoint = 0'); db.execute(\"INSERT INTO meta VALUES ('stale', '1')\")\n"
        "os._exit(0)"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "copy" / CRAWL_DB)], check=True)
    assert (tmp_path / "copy" / f"{CRAWL_DB}-wal").stat().st_size
    back_up(folder, tmp_path / "copy", is_replacing=True)
    assert dump(tmp_path / "copy" / CRAWL_DB) == dump(folder / CRAWL_DB)


def test_a_damaged_copy_can_be_replaced_and_a_damaged_source_is_refused(tmp_path: Path) -> None:
    folder = graph(5).write(tmp_path / "data")
    (tmp_path / "copy").mkdir()
    (tmp_path / "copy" / CRAWL_DB).write_bytes(b"garbage" * 1000)
    back_up(folder, tmp_path / "copy", is_replacing=True)
    before = dump(tmp_path / "copy" / CRAWL_DB)
    path = folder / CRAWL_DB
    body = bytearray(path.read_bytes())
    body[8192 * 3 :] = os.urandom(len(body) - 8192 * 3)
    path.write_bytes(body)
    with pytest.raises(DataFolderError, match="damaged"):
        back_up(folder, tmp_path / "copy", is_replacing=True)
    assert dump(tmp_path / "copy" / CRAWL_DB) == before
    assert not list((tmp_path / "copy").glob("*.partial*"))


def test_nowhere_to_copy_to_or_from_is_one_clear_error(tmp_path: Path) -> None:
    folder = graph().write(tmp_path / "data")
    with pytest.raises(UsageError, match="the data folder itself"):
        back_up(folder, folder)
    with pytest.raises(DataFolderError, match="no crawl here yet"):
        back_up(tmp_path / "nothing", tmp_path / "copy")
    assert not (tmp_path / "copy").exists()
    with pytest.raises(DataFolderError, match="no index to copy"):
        back_up(folder, tmp_path / "copy", with_index=True)
    with FolderLock(tmp_path / "busy"), pytest.raises(DataFolderError, match="another crawl is running"):
        back_up(folder, tmp_path / "busy")


def _small_files() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (64 * 1024, 64 * 1024))
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)


def test_a_disk_that_is_full_is_one_line_and_leaves_nothing_half(tmp_path: Path) -> None:
    folder = graph(300).write(tmp_path / "data")
    before = dump(folder / CRAWL_DB)
    command = [sys.executable, "-P", "-c", "from wholinks.cli import main; main()", "backup", str(tmp_path / "copy")]
    ended = subprocess.run(
        [*command, "--data", str(folder)], capture_output=True, text=True, preexec_fn=_small_files, check=False
    )
    assert ended.returncode == 1
    assert len(ended.stderr.splitlines()) == 1, ended.stderr
    assert [path.name for path in (tmp_path / "copy").iterdir()] == ["crawl.lock"]
    assert dump(folder / CRAWL_DB) == before


def test_too_little_room_is_said_before_anything_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = graph().write(tmp_path / "data")
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=1000))
    with pytest.raises(DataFolderError, match="make room"):
        back_up(folder, tmp_path / "copy")


def test_an_interrupted_backup_leaves_nothing_half(tmp_path: Path) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    folder = graph().write(tmp_path / "data")
    with pytest.raises(KeyboardInterrupt):
        back_up(folder, tmp_path / "copy", tell=interrupt)
    assert [path.name for path in (tmp_path / "copy").iterdir()] == ["crawl.lock"]


def test_the_index_is_copied_on_request(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = graph().write(tmp_path / "data")
    assert run(["index", "--data", str(folder)]) == 0
    assert run(["backup", str(tmp_path / "copy"), "--data", str(folder), "--with-index"]) == 0
    assert "index.duckdb" in capsys.readouterr().out
    assert (tmp_path / "copy" / "index.duckdb").read_bytes() == (folder / "index.duckdb").read_bytes()
    assert run(["to", "b.example", "--data", str(tmp_path / "copy")]) == 0
