"""The log and the metrics: complete, and safe whatever servers write."""

import io
import json
import re
from pathlib import Path

import pytest

from tests.fake_web import FakeWeb
from wholinks.crawler.engine import Crawl
from wholinks.crawler.journal import Journal
from wholinks.crawler.load import HostLoad
from wholinks.crawler.metrics import exposition
from wholinks.crawler.stats import Ended, Stats

from .crawling import quick, seed


async def test_every_request_is_a_line_and_every_line_is_an_object(tmp_path: Path) -> None:
    web = FakeWeb()
    web.page("http://a.example/", ["/gone", "/moved", "http://far.example/", "http://s.a.example/"])
    web.redirect("http://a.example/moved", "/gone")
    web.page("http://s.a.example/", status=503, headers={"Retry-After": "500"})
    web.page("http://far.example/")
    stream = io.StringIO()
    async with web.serve() as served:
        crawl = Crawl(tmp_path, quick(served, check_targets=True))
        crawl.stats.listener = Journal(stream, lambda _: None)
        await crawl.run([seed("http://a.example/")])
        urls = served.urls()
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    requests = [line for line in lines if line["event"] == "request"]
    assert sorted(line["url"] for line in requests) == sorted(urls)
    by_path = {line["url"].removeprefix("http://a.example"): line for line in requests}
    assert (by_path["/"]["purpose"], by_path["/"]["outcome"], by_path["/"]["depth"]) == ("page", "page", 0)
    assert by_path["/"]["bytes"] > 100
    assert (by_path["/gone"]["status"], by_path["/gone"]["reason"], by_path["/gone"]["depth"]) == (404, "http_404", 1)
    assert by_path["/moved"]["outcome"] == "redirect"
    assert by_path["/robots.txt"]["purpose"] == "robots"
    assert by_path["http://far.example/"]["purpose"] == "target"
    assert {line["host"] for line in requests} == {"a.example", "s.a.example", "far.example"}
    sleeps = [line for line in lines if line["event"] == "sleep"]
    assert [(line["name"], line["seconds"]) for line in sleeps] == [("s.a.example", 500)]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line["time"]) for line in lines)
    assert sum(crawl.stats.outcomes.values()) == crawl.stats.requests == len(urls)


@pytest.mark.parametrize("hostile", ['\n{"event": "stop"}', "\x1b[2J", "\u202e\u2028", "\ud800", '"', "\x00\x7f"])
def test_hostile_text_can_neither_forge_a_line_nor_act(hostile: str) -> None:
    stream = io.TextIOWrapper(io.BytesIO(), "ascii")
    journal = Journal(stream, lambda _: None)
    journal.request(Ended("page", hostile, hostile, 0, "page", 200, hostile, 1, 1, None))
    journal.note(hostile)
    stream.flush()
    text = stream.buffer.getvalue().decode("ascii")
    assert text.count("\n") == 2
    assert text.replace("\n", "").isprintable()
    assert json.loads(text.splitlines()[0])["url"] == hostile


def test_a_log_that_breaks_is_told_once_and_the_crawl_goes_on() -> None:
    class Full(io.StringIO):
        def write(self, _: str) -> int:
            raise OSError(28, "No space left on device")

    told: list[str] = []
    journal = Journal(Full(), told.append)
    journal.note("x")
    journal.note("y")
    assert told == ["the log can't be written any more: No space left on device"]


def test_metrics_are_prometheus_text() -> None:
    stats = Stats(pages=3, links=10, external_links=4, bytes=2048)
    stats.outcomes["page", "page"] = 3
    stats.outcomes["robots", "http_error"] = 1
    stats.failures["http_404"] = 2
    stats.failures['od\\d"\n'] = 1
    text = exposition(stats, HostLoad(1, 2, 3, 4, 5), 77, started_at=1700000000.25, is_running=True)
    assert text.endswith("\n")
    sample = re.compile(r'wholinks_crawl_[a-z_]+(\{[a-z]+="(\\.|[^"\\\n])*"(,[a-z]+="(\\.|[^"\\\n])*")*\})? [0-9.]+')
    lines = text.splitlines()
    assert all(sample.fullmatch(line) for line in lines if not line.startswith("#"))
    for line in (
        'wholinks_crawl_requests_total{purpose="robots",outcome="http_error"} 1',
        'wholinks_crawl_failures_total{kind="http_404"} 2',
        r'wholinks_crawl_failures_total{kind="od\\d\"\n"} 1',
        'wholinks_crawl_links_total{to="same_site"} 6',
        'wholinks_crawl_hosts{state="asleep"} 4',
        "wholinks_crawl_pages_waiting 77",
        "wholinks_crawl_start_time_seconds 1700000000.25",
        "# TYPE wholinks_crawl_requests_total counter",
    ):
        assert line in lines, line
    assert len([line for line in lines if line.startswith("# TYPE")]) == len(
        {line.split()[2] for line in lines if line.startswith("# TYPE")}
    )
    assert "pages_waiting" not in exposition(stats, HostLoad(), None, started_at=0, is_running=False)
