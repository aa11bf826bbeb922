"""Files that are damaged, locked, on a full disk, or not ours to write: one clear line, exit code 1, and data safe."""

import asyncio
import os
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import pytest

from tests.crawler.crawling import pages, sound
from tests.fake_web import FakeWeb, Served
from tests.graph import Graph
from wholinks.cli import run
from wholinks.storage.database import CRAWL_DB

from .test_crawl import COMMAND, options

READING: Final = {
    "status": ["status"],
    "status hosts": ["status", "--hosts"],
    "status urls": ["status", "--urls", "fetched"],
    "why": ["why", "http://a.example/1"],
    "index": ["index"],
    "backup": ["backup", "{copy}"],
    "forget list": ["forget", "--list"],
}
WRITING: Final = {"crawl": ["crawl", "--patience", "0", "--no-index"], "forget": ["forget", "a.example", "--yes"]}
ASKING: Final = {
    "to": ["to", "b.example"],
    "from": ["from", "a.example"],
    "links": ["links", "a.example", "b.example"],
    "explain": ["explain", "b.example"],
    "evidence": ["evidence", "http://a.example/1", "http://b.example/1"],
}


def truncated(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def headless(path: Path) -> None:
    path.write_bytes(b"\xff" * 100 + path.read_bytes()[100:])


def garbage(path: Path) -> None:
    kept = 8192
    path.write_bytes(path.read_bytes()[:kept] + bytes(range(255)) * ((path.stat().st_size - kept) // 255))


def emptied(path: Path) -> None:
    os.truncate(path, 0)


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    graph = Graph()
    for number in range(150):
        graph.page(f"http://a.example/{number}", [f"http://b.example/{number}", f"http://a.example/{number + 1}"])
    folder = graph.write(tmp_path_factory.mktemp("good") / "data")
    assert run(["index", "--data", str(folder)]) == 0
    return folder


@pytest.fixture
def folder(good: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(good, tmp_path / "data"))


def refused(capsys: pytest.CaptureFixture[str], arguments: list[str], folder: Path) -> str:
    """Run a command that must fail: its one line."""
    given = [part.format(copy=folder.parent / "copy") for part in arguments]
    capsys.readouterr()
    assert run([*given, "--data", str(folder)]) == 1
    shown = capsys.readouterr()
    assert shown.out == ""
    assert len(shown.err.splitlines()) == 1, shown.err
    assert str(folder) in shown.err
    return shown.err


@pytest.mark.parametrize("damage", [truncated, headless, garbage])
@pytest.mark.parametrize("command", [*READING, *WRITING])
def test_a_damaged_crawl_db_is_one_line_and_stays_as_it_is(
    folder: Path, damage: Callable[[Path], None], command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    damage(folder / CRAWL_DB)
    before, index = (folder / CRAWL_DB).read_bytes(), (folder / "index.duckdb").read_bytes()
    told = refused(capsys, (READING | WRITING)[command], folder)
    assert "damaged" in told
    assert (folder / CRAWL_DB).read_bytes() == before
    assert (folder / "index.duckdb").read_bytes() == index
    assert not (folder.parent / "copy" / CRAWL_DB).exists()


@pytest.mark.parametrize("command", READING)
def test_an_emptied_crawl_db_is_said_to_be_empty(
    folder: Path, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    emptied(folder / CRAWL_DB)
    assert "the file is empty; restore a copy" in refused(capsys, READING[command], folder)


def test_a_crawl_without_seeds_on_an_emptied_crawl_db_asks_for_one(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    emptied(folder / CRAWL_DB)
    assert run(["crawl", "--data", str(folder), "--patience", "0"]) == 1
    assert "knows no page; give a seed" in capsys.readouterr().err


@pytest.mark.parametrize("damage", [truncated, headless, garbage, emptied])
@pytest.mark.parametrize("command", ASKING)
def test_a_damaged_index_says_how_to_make_it_again_and_answers_do_not_need_crawl_db(
    folder: Path, damage: Callable[[Path], None], command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*ASKING[command], "--data", str(folder)]) == 0
    damage(folder / "index.duckdb")
    assert "wholinks index" in refused(capsys, ASKING[command], folder)
    assert run(["index", "--data", str(folder)]) == 0
    damage(folder / CRAWL_DB)
    assert run([*ASKING[command], "--data", str(folder)]) == 0


@pytest.mark.parametrize("command", ["status", "why", "index", "backup", "forget"])
def test_a_crawl_db_that_another_program_locks_is_one_line(
    folder: Path, command: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wholinks.storage.database.BUSY_MS", 20)
    with closing(sqlite3.connect(folder / CRAWL_DB, isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        told = refused(capsys, (READING | WRITING)[command], folder)
        assert "another program holds the file locked" in told
    sound(folder)
    assert len(pages(folder)) == 150


# ---- a full disk


def small_disk(size: int) -> Callable[[], None]:
    """Have no file grow beyond ``size`` bytes."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

    return limit


def wide_web() -> FakeWeb:
    web = FakeWeb()
    for number in range(120):
        links = [f"http://b.example/{number}/{link}" for link in range(60)]
        web.page(f"http://a.example/{number}", [*links, f"/{number + 1}"])
    return web


async def on_a_small_disk(size: int, *arguments: str) -> str:
    """The one line that a command ends with, exit code 1."""
    process = await asyncio.create_subprocess_exec(
        *COMMAND, *arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=small_disk(size)
    )
    _, err = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 1, err.decode()
    assert len(err.splitlines()) == 1, err.decode()
    return err.decode()


async def crawl_on(served: Served, folder: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        *COMMAND, "crawl", "http://a.example/0", *options(served, folder, "--no-index"), stderr=subprocess.DEVNULL
    )
    assert await asyncio.wait_for(process.wait(), 60) == 0


@pytest.mark.parametrize("size", [0, 50_000, 300_000, 700_000])
async def test_a_crawl_on_a_full_disk_is_one_line_and_goes_on_when_there_is_room(tmp_path: Path, size: int) -> None:
    async with wide_web().serve() as served:
        told = await on_a_small_disk(
            size, "crawl", "http://a.example/0", *options(served, tmp_path / "data", "--no-index")
        )
        assert "disk may be full" in told
        assert "nothing committed is lost" in told
        await crawl_on(served, tmp_path / "data")
    sound(tmp_path / "data")
    assert len(pages(tmp_path / "data")) == 121
    with closing(sqlite3.connect(tmp_path / "data" / CRAWL_DB)) as db:
        assert db.execute("SELECT count(*) FROM link").fetchone() == (120 * 61,)


async def test_no_command_loses_data_on_a_full_disk(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    async with wide_web().serve() as served:
        await crawl_on(served, folder)
    data = ["--data", str(folder)]
    for arguments in (
        ["index", *data],
        ["forget", "a.example", "--yes", *data],
        ["merge", str(tmp_path / "into"), str(folder)],
        ["backup", str(tmp_path / "copy"), *data],
    ):
        told = await on_a_small_disk(100_000, *arguments)
        assert "wholinks: " in told
        sound(folder)
        assert len(pages(folder)) == 121, arguments
    assert not (tmp_path / "into" / CRAWL_DB).exists()
    assert not (tmp_path / "copy" / CRAWL_DB).exists()


# ---- a folder that is not ours to write


_WITHOUT_RIGHTS: Final = r"""
import contextlib, io, os, sys
from wholinks.cli import run
*arguments, own, read_only = sys.argv[1:]
with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
    run([*arguments, "--data", own])  # root's Python can't be read by others: all that is needed is loaded before
if not os.geteuid():
    os.setegid(65534)
    os.seteuid(65534)
sys.exit(run([*arguments, "--data", read_only]))
"""


@pytest.fixture
def read_only(good: Path) -> Iterator[Path]:
    with TemporaryDirectory() as outside:
        folder = Path(shutil.copytree(good, Path(outside) / "data"))
        for file in folder.iterdir():
            file.chmod(0o444)
        folder.chmod(0o555)
        folder.parent.chmod(0o755)
        yield folder
        folder.chmod(0o755)


def without_rights(arguments: list[str], own: Path, read_only: Path) -> subprocess.CompletedProcess[str]:
    """Run a command as somebody who may not write."""
    return subprocess.run(
        [sys.executable, "-P", "-c", _WITHOUT_RIGHTS, *arguments, str(own), str(read_only)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("command", ["status", "why", "forget list", "to", "evidence"])
def test_a_folder_that_is_read_only_can_be_asked(folder: Path, read_only: Path, command: str) -> None:
    ran = without_rights((READING | ASKING)[command], folder, read_only)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout


@pytest.mark.parametrize("command", ["index", "crawl", "forget"])
def test_a_folder_that_is_read_only_is_not_written(folder: Path, read_only: Path, command: str) -> None:
    before = (read_only / CRAWL_DB).read_bytes()
    ran = without_rights((READING | WRITING)[command], folder, read_only)
    assert ran.returncode == 1
    assert len(ran.stderr.splitlines()) == 1, ran.stderr
    assert "can't be written" in ran.stderr
    assert (read_only / CRAWL_DB).read_bytes() == before
