"""``wholinks crawl --log --metrics``, and the line of progress."""

import asyncio
import io
import json
from pathlib import Path

import pytest

from tests.crawler.crawling import quick, seed
from tests.fake_web import FakeWeb
from wholinks.cli import run, watching
from wholinks.cli.progress import Progress
from wholinks.crawler.engine import Crawl

from .test_crawl import options, small_web, wholinks


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def test_the_log_has_start_requests_notes_and_stop_and_is_appended_to(tmp_path: Path) -> None:
    web = small_web()
    web.redirect("http://old.example/", "http://b.example/")
    log = tmp_path / "crawl.jsonl"
    async with web.serve() as served:
        arguments = options(served, tmp_path / "data", "--log", str(log), "--no-index")
        assert (await wholinks("crawl", "http://a.example/", "http://old.example/", *arguments))[0] == 0
        lines = [json.loads(line) for line in log.read_text("ascii").splitlines()]
        asked = served.urls()
        assert (await wholinks("crawl", *arguments))[0] == 0
    assert (lines[0]["event"], lines[-1]["event"], lines[-1]["why"]) == ("start", "stop", "done")
    assert lines[0]["settings"]["delay_s"] == 0
    assert sorted(line["url"] for line in lines if line["event"] == "request") == sorted(asked)
    assert lines[-1]["requests"] == len(asked)
    assert any("now in scope too" in line["text"] for line in lines if line["event"] == "note")
    again = [json.loads(line)["event"] for line in log.read_text("ascii").splitlines()]
    assert again[len(lines) :] == ["start", "stop"]


async def test_the_log_goes_to_standard_output_alone(tmp_path: Path) -> None:
    async with small_web().serve() as served:
        code, out, _ = await wholinks("crawl", "http://a.example/", *options(served, tmp_path, "--log", "-"))
        assert code == 0
        assert {json.loads(line)["event"] for line in out.splitlines()} == {"start", "request", "stop"}
        code, _, err = await wholinks("crawl", *options(served, tmp_path, "--log", "-", "--format", "json"))
        assert code == 2
        assert "both write to standard output" in err


async def test_metrics_are_there_from_the_start_renewed_and_say_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "METRICS_S", 0.02)
    path = tmp_path / "wholinks.prom"
    seen = []

    def look(_: object) -> None:
        seen.append(path.read_text("utf-8"))

    web = small_web()
    web.page("http://a.example/", ["/2"], delay_s=0.3)
    from wholinks.cli.crawl import crawl_shown

    async with web.serve() as served:
        web_settings = quick(served)
        monkeypatch.setattr(Progress, "note", lambda self, line: None)
        original = Crawl.run

        async def run_and_look(self: Crawl, *given: object) -> object:
            look(None)
            report = await original(self, *given)  # type: ignore[arg-type]
            look(None)
            return report

        monkeypatch.setattr(Crawl, "run", run_and_look)
        await crawl_shown(tmp_path / "data", [seed("http://a.example/")], web_settings, metrics=path)
    assert "wholinks_crawl_running 1" in seen[0]
    assert "wholinks_crawl_pages_total 0" in seen[0]
    assert 'wholinks_crawl_requests_total{purpose="robots",outcome="http_error"} 1' in seen[1]
    last = path.read_text("utf-8")
    assert "wholinks_crawl_running 0" in last
    assert "wholinks_crawl_pages_total 2" in last
    assert names(tmp_path) == ["data", "wholinks.prom"]


@pytest.mark.parametrize("option", ["--log", "--metrics"])
def test_a_file_that_cant_be_written_ends_before_the_crawl(
    option: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["crawl", "a.example", "--data", str(tmp_path / "data"), option, str(tmp_path / "no" / "file")]
    assert run(arguments) == 1
    err = capsys.readouterr().err
    assert f"{option} {tmp_path / 'no' / 'file'}: can't be written" in err
    assert not (tmp_path / "data").exists()


async def test_metrics_that_cant_be_written_later_are_told_once(tmp_path: Path) -> None:
    folder = tmp_path / "metrics"
    folder.mkdir()
    told: list[str] = []
    file = watching.MetricsFile(folder / "x.prom", Crawl(tmp_path, quick()), told.append)
    (folder / "x.prom").unlink()
    folder.rmdir()
    for _ in range(3):
        file.write(is_running=True)
    assert len(told) == 1
    folder.mkdir()
    file.write(is_running=True)
    assert (folder / "x.prom").exists()


async def test_progress_shows_rates_hosts_queue_errors_and_time_left(tmp_path: Path) -> None:
    web = FakeWeb()
    web.page("http://a.example/", ["/gone", *(f"/{number}" for number in range(30))])
    async with web.serve() as served:
        crawl = Crawl(tmp_path, quick(served, max_pages=12))
        progress = Progress(crawl, io.StringIO())
        await crawl.run([seed("http://a.example/")])
        await crawl.meter.count()
        line = progress.line()
        endless = Crawl(tmp_path, quick(served))
        endless.stats.requests, endless.meter.waiting = 10, 20
        assert "for what waits" in Progress(endless, io.StringIO()).line()
    assert "1 page " in line
    assert "requests/s" in line
    assert "0 under way · hosts 1 ready, 0 pausing, 0 asleep" in line
    assert "20 pages waiting" in line
    assert "errors (http_404 11)" in line
    assert "0:00 left at most" in line


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("stream", "is_redrawn"), [(_Terminal(), True), (io.StringIO(), False)])
async def test_progress_is_redrawn_on_a_terminal_and_written_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stream: io.StringIO, *, is_redrawn: bool
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr("wholinks.cli.progress._REDRAW_S", 0.001)
    monkeypatch.setattr("wholinks.cli.progress._PLAIN_S", 0.001)
    progress = Progress(Crawl(tmp_path, quick()), stream)
    showing = asyncio.create_task(progress.show())
    async with asyncio.timeout(10):
        while "requests/s" not in stream.getvalue():  # noqa: ASYNC110 - a stream tells nobody
            await asyncio.sleep(0.001)
        progress.note("a.example: one [b]note[/b]")
        while stream.getvalue().count("requests/s") < 5:  # noqa: ASYNC110
            await asyncio.sleep(0.001)
    showing.cancel()
    await asyncio.gather(showing, return_exceptions=True)
    assert "a.example: one [b]note[/b]\n" in stream.getvalue().replace("\r\n", "\n")
    assert ("\x1b[" in stream.getvalue()) is is_redrawn
