"""``wholinks crawl`` as a person or a script meets it."""

import asyncio
import json
import os
import signal
import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.fake_web import FakeWeb, Response, Served
from tests.fake_web.tls import ca_file
from wholinks.cli import run
from wholinks.cli.crawl import finish
from wholinks.crawler.engine import CrawlReport
from wholinks.crawler.stats import Stats
from wholinks.storage.database import CRAWL_DB, FolderLock

COMMAND = [sys.executable, "-P", "-c", "from wholinks.cli import main; main()"]


def small_web() -> FakeWeb:
    web = FakeWeb()
    web.page("http://a.example/", ["http://b.example/", "/2", "http://c.example/x"])
    web.page("http://a.example/2", ["http://b.example/"])
    web.page("http://b.example/", ["http://a.example/"])
    return web


def options(served: Served, folder: Path, *more: str) -> list[str]:
    return ["--data", str(folder), "--connect-to", served.connect_to, "--delay", "0", "--patience", "1", *more]


async def wholinks(*arguments: str, stdin: str = "") -> tuple[int, str, str]:
    """Run a command in a process of its own: exit code, stdout, stderr."""
    process = await asyncio.create_subprocess_exec(
        *COMMAND, *arguments, env={name: value for name, value in os.environ.items() if name != "COLUMNS"},
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await asyncio.wait_for(process.communicate(stdin.encode()), 60)
    return process.returncode or 0, out.decode(), err.decode()


async def test_a_crawl_reports_to_stderr_and_json_to_stdout(tmp_path: Path) -> None:
    async with small_web().serve() as served:
        code, out, err = await wholinks(
            "crawl", "http://a.example/", "http://b.example/", *options(served, tmp_path, "--format", "json")
        )
    assert code == 0, err
    report = json.loads(out)
    assert report["ended"] == "done"
    assert report["pages"] == 3
    assert report["states"]["fetched"] == {"": 3}
    assert report["index"]["links"] == 4
    assert "3 pages" in err


async def test_seeds_come_from_files_arguments_and_stdin_and_wrong_lines_are_named(tmp_path: Path) -> None:
    seeds = tmp_path / "seeds.txt"
    seeds.write_text("# mine\nhttp://a.example/\nht!tp://nonsense\n", "utf-8")
    async with small_web().serve() as served:
        code, _, err = await wholinks(
            "crawl", str(seeds), "-", *options(served, tmp_path / "data"), stdin="http://b.example/\nalso wrong\n"
        )
    assert code == 0
    assert f"{seeds}:3: 'ht!tp://nonsense'" in err
    assert "stdin:2: 'also wrong'" in err
    assert "3 pages" in err


async def test_nothing_fetched_is_exit_code_1(tmp_path: Path) -> None:
    web = FakeWeb()
    web.robots("http://a.example", "oops", status=500)
    async with web.serve() as served:
        code, _, err = await wholinks("crawl", "http://a.example/", *options(served, tmp_path))
    assert code == 1
    assert "no page was fetched; the reasons are above" in err
    assert "left for the next crawl: http://a.example" in err
    assert "robots.txt unreachable (http_500)" in err


async def test_a_finished_folder_says_so_and_a_limit_is_exit_code_0(tmp_path: Path) -> None:
    async with small_web().serve() as served:
        code, _, err = await wholinks(
            "crawl", "http://a.example/", "http://b.example/", *options(served, tmp_path, "--max-pages", "1")
        )
        assert code == 0
        assert "at the limit of pages" in err
        code, _, err = await wholinks("crawl", *options(served, tmp_path))
        assert code == 0
        assert "done" in err
        asked = len(served.log)
        code, _, err = await wholinks("crawl", *options(served, tmp_path))
        assert code == 0
        assert "nothing left to fetch" in err
        assert len(served.log) == asked


async def test_ctrl_c_is_130_with_the_data_safe_and_no_index(tmp_path: Path) -> None:
    web = FakeWeb()
    for number in range(500):
        web.page(f"http://a.example/{number}", [f"/{number + 1}", "http://b.example/"])
    async with web.serve() as served:
        process = await asyncio.create_subprocess_exec(
            *COMMAND, "crawl", "http://a.example/0", "--data", str(tmp_path), "--connect-to", served.connect_to,
            "--delay", "0.02", stderr=asyncio.subprocess.PIPE, start_new_session=True,
        )  # fmt: skip
        while len(served.log) < 20:  # noqa: ASYNC110 - the log has no event
            await asyncio.sleep(0.02)
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to the whole group
        _, err = await asyncio.wait_for(process.communicate(), 30)
        assert process.returncode == 130, err.decode()
        assert b"Traceback" not in err
        with closing(sqlite3.connect(tmp_path / CRAWL_DB)) as db:
            fetched = db.execute("SELECT count(*) FROM fetch").fetchone()[0]
        assert 15 <= fetched <= len(served.log)
        assert not (tmp_path / "index.duckdb").exists()
        code, _, err_text = await wholinks("to", "b.example", "--data", str(tmp_path))
        assert code == 1
        assert "wholinks index" in err_text
        code, _, err_text = await wholinks("crawl", *options(served, tmp_path, "--max-pages", "60"))
        assert code == 0, err_text
    code, out, _ = await wholinks("to", "b.example", "--data", str(tmp_path), "--format", "json")
    assert code == 0
    assert json.loads(out)["totals"]["backlinks"] == 60


async def test_an_index_older_than_the_crawl_is_said_to_be_so(tmp_path: Path) -> None:
    async with small_web().serve() as served:
        await wholinks("crawl", "http://a.example/", *options(served, tmp_path))
        await wholinks("crawl", "http://b.example/", *options(served, tmp_path, "--no-index"))
    code, out, err = await wholinks("to", "a.example", "--data", str(tmp_path), "--format", "json")
    assert code == 0
    assert "the index is older than the crawl" in err
    assert json.loads(out)["snapshot"]["stale"] is True


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["crawl"], "no valid seed"),
        (["crawl", "no-such-list.txt"], "no such file"),
        (["crawl", "a.example", "--connect-to", "nonsense"], "HOST1:PORT1:HOST2:PORT2"),
        (["crawl", "a.example", "--user-agent", "two words"], "PRODUCT/VERSION"),
        (["crawl", "a.example", "--time-limit", "soon"], "no duration"),
        (["crawl", "a.example", "--max-pages", "0"], "max-pages"),
        (["crawl", "a.example", "--cacert", "nowhere.pem"], "nowhere.pem"),
        (["crawl", "a.example", "--no-such-option"], "no-such-option"),
    ],
)
def test_wrong_usage_is_exit_code_2_and_one_line(
    arguments: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(arguments) == 2
    err = capsys.readouterr().err
    assert message in err
    assert "Traceback" not in err
    assert not (tmp_path / "wholinks-data" / CRAWL_DB).exists()


def test_a_folder_that_cant_be_used_is_one_clear_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "foreign").mkdir()
    (tmp_path / "foreign" / CRAWL_DB).write_text("not a database at all, but long enough to look like one\n" * 50)
    assert run(["crawl", "a.example", "--data", str(tmp_path / "foreign")]) == 1
    assert "no database" in capsys.readouterr().err

    (tmp_path / "file").write_text("in the way")
    assert run(["crawl", "a.example", "--data", str(tmp_path / "file")]) == 2
    assert "file" in capsys.readouterr().err

    with FolderLock(tmp_path / "locked"):
        assert run(["crawl", "a.example", "--data", str(tmp_path / "locked")]) == 1
    assert "another crawl is running" in capsys.readouterr().err

    (tmp_path / "newer").mkdir()
    with closing(sqlite3.connect(tmp_path / "newer" / CRAWL_DB)) as db:
        db.executescript("PRAGMA application_id = 0x774C6E6B; PRAGMA user_version = 999; CREATE TABLE x (y)")
    assert run(["crawl", "a.example", "--data", str(tmp_path / "newer")]) == 1
    assert "newer wholinks" in capsys.readouterr().err


async def test_traps_sitemaps_and_rules_are_in_the_report_and_in_the_status(tmp_path: Path) -> None:
    web = FakeWeb()
    months = [f"http://a.example/calendar/{year}-01" for year in range(2100, 2130)]
    web.page("http://a.example/", [*months, "/out"])
    web.page("http://a.example/calendar/*")
    web.page("http://a.example/listed")
    body = b"<urlset><url><loc>http://a.example/listed</loc></url><url><loc>http://b.example/</loc></url></urlset>"
    web.answer("http://a.example/sitemap.xml", Response(headers={"Content-Type": "text/xml"}, body=body))
    async with web.serve() as served:
        _, out, err = await wholinks(
            "crawl", "http://a.example/", *options(served, tmp_path, "--exclude", "/out", "--format", "json")
        )
    report = json.loads(out)
    assert report["states"]["postponed"] == {"trap_calendar": 10}
    assert report["states"]["excluded"] == {"rule": 1}
    assert (report["sitemaps"], report["listed"]) == ({"fetched": 1}, {"pages": 1, "scope": 1})
    assert "sitemaps: fetched 1" in err
    assert "trap_calendar 10" in err
    _, out, _ = await wholinks("status", "--data", str(tmp_path))
    assert "trap_calendar: A date years ahead" in out
    assert "--no-traps" in out
    assert "sitemaps: 1 fetched; listed: 1 page, 1 scope" in out
    _, out, _ = await wholinks("status", "--data", str(tmp_path), "--format", "json")
    status = json.loads(out)
    assert (status["sitemaps"], status["listed"]) == ({"fetched": 1}, {"pages": 1, "scope": 1})
    _, out, _ = await wholinks("to", "b.example", "--from", "a.example", "--data", str(tmp_path))
    assert "10 are postponed as endless calendars" in out


def test_a_crawl_that_ended_for_want_of_a_network_is_exit_code_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = CrawlReport("offline", 3600.0, Stats(), {"fetched": {"": 3}, "discovered": {"": 9}}, [], had_work=True)
    assert finish(report, tmp_path, as_json=True, with_index=False) == 1
    shown = capsys.readouterr()
    assert json.loads(shown.out)["ended"] == "offline"
    assert "ended for want of a network" in shown.err


@pytest.mark.parametrize("is_trusted", [True, False])
async def test_a_process_of_our_own_trusts_whom_the_system_trusts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, is_trusted: bool
) -> None:
    nobody = tmp_path / "none.pem"
    nobody.touch()
    monkeypatch.setenv("SSL_CERT_FILE", str(ca_file() if is_trusted else nobody))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    web = FakeWeb()
    web.page("https://a.example/", ["/2"])
    web.page("https://a.example/2")
    async with web.serve(tls=True) as served:
        ways = [part for way in served.connect_options for part in ("--connect-to", way)]
        given = ["--data", str(tmp_path / "data"), *ways, "--delay", "0", "--patience", "1", "--format", "json"]
        out = (await wholinks("crawl", "https://a.example/", *given, "--no-index"))[1]
    report = json.loads(out)
    assert report["pages"] == (2 if is_trusted else 0)
    assert ("robots_tls" in report["failures"]) is not is_trusted
