"""``wholinks crawl --dry-run``: what it says is what the crawl does, and it asks robots.txt only."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.crawler.crawling import crawl, pages, rules, until
from tests.fake_web import FakeWeb, Response, Served
from wholinks.cli import run
from wholinks.crawler.url_rules import UrlRule
from wholinks.storage.records import State

from .test_crawl import wholinks

A, B, C = (f"http://{name}.example" for name in "abc")
SEEDS = [
    f"{A}/", f"{A}/private/x", f"{A}/private/open", f"{B}/", f"{C}/", "http://moved.example/no", "http://moved.example/",
    "http://out.example/", f"{A}/calendar/2190-01",
]  # fmt: skip


def web() -> FakeWeb:
    web = FakeWeb()
    web.robots(A, f"User-agent: *\nDisallow: /private\nAllow: /private/open\nCrawl-delay: 7\nSitemap: {A}/map.xml")
    web.robots(B, "busy", status=503)
    web.redirect("http://moved.example/robots.txt", f"{C}/rules.txt")
    web.answer(f"{C}/rules.txt", Response(headers={"Content-Type": "text/plain"}, body=b"User-agent: *\nDisallow: /no"))
    web.page("http://out.example/")
    for url in (f"{A}/*", f"{B}/*", f"{C}/", "http://moved.example/*"):
        web.page(url)
    return web


async def forecast(served: Served, *arguments: str) -> list[dict[str, Any]]:
    code, out, err = await wholinks(
        "crawl", *arguments, "--dry-run", "--connect-to", served.connect_to, "--delay", "0", "--format", "json"
    )
    assert (code, err) == (0, "")
    seeds: list[dict[str, Any]] = json.loads(out)["seeds"]
    return seeds


async def test_it_says_for_each_seed_what_a_crawl_would_do_and_why(tmp_path: Path) -> None:
    async with web().serve() as served:
        found = await forecast(served, *SEEDS, "--exclude", "out.example", "--data", str(tmp_path / "none"))
        asked = served.urls()
    assert [(one["url"], one["state"], one["reason"]) for one in found] == [
        (f"{A}/", "fetched", "no rule applies"),
        (f"{A}/private/x", "blocked", "Disallow: /private (line 2)"),
        (f"{A}/private/open", "fetched", "Allow: /private/open (line 3)"),
        (f"{B}/", "waiting", "robots.txt is unreachable (http_503)"),
        (f"{C}/", "fetched", "no rule applies"),
        ("http://moved.example/no", "blocked", "Disallow: /no (line 2)"),
        ("http://moved.example/", "fetched", "no rule applies"),
        ("http://out.example/", "excluded", "rule (--exclude)"),
        (f"{A}/calendar/2190-01", "fetched", "no rule applies"),
    ]
    assert [one["trap"] for one in found] == [None] * 8 + ["trap_calendar"]
    assert [one["delay_s"] for one in found][:5] == [7.0, 7.0, 7.0, 0.0, 0.0]
    assert found[0]["sitemaps"] == [f"{A}/map.xml"]
    assert found[4]["sitemaps"] == [f"{C}/sitemap.xml"]
    assert sorted(asked) == [f"{A}/robots.txt", f"{B}/robots.txt", f"{C}/robots.txt", f"{C}/rules.txt",
                             "http://moved.example/robots.txt"]  # fmt: skip
    assert not (tmp_path / "none").exists()


async def test_the_crawl_does_what_was_said(tmp_path: Path) -> None:
    async with web().serve() as served:
        found = await forecast(served, *SEEDS, "--exclude", "out.example")
        exclude = (UrlRule.parse("out.example"),)
        await crawl(served, SEEDS, tmp_path, exclude=exclude, max_crawl_delay_s=0.0, connect_to=rules(served))
    became = {url: page.state for url, page in pages(tmp_path).items()}
    states = {
        "fetched": State.FETCHED,
        "blocked": State.BLOCKED,
        "excluded": State.EXCLUDED,
        "waiting": State.DISCOVERED,
    }
    assert {one["url"]: states[one["state"]] for one in found} == became


async def test_a_host_is_asked_one_thing_at_a_time_with_the_delay_between() -> None:
    async with web().serve() as served:
        seeds = [f"http://a.example:{port}/" for port in (80, 8000, 8080)]
        code, _, _ = await wholinks("crawl", *seeds, "--dry-run", "--connect-to", served.connect_to, "--delay", "0.3s")
        await until(lambda: len(served.urls("a.example")) == 3)
        assert code == 0
        assert served.max_concurrent("a.example") == 1
        assert min(served.gaps("a.example")) >= 0.25


async def test_for_people_it_is_a_table() -> None:
    async with web().serve() as served:
        code, out, _ = await wholinks(
            "crawl", f"{A}/private/x", f"{A}/calendar/2190-01", "--dry-run", "--connect-to", served.connect_to
        )
    assert code == 0
    assert "Disallow: /private (line 2)" in out
    assert "looks like trap_calendar" in out


def test_without_seeds_it_is_wrong_usage(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["crawl", "--dry-run", "--data", str(tmp_path)]) == 2
    assert "no valid seed" in capsys.readouterr().err


async def test_what_a_crawl_would_not_ask_is_not_asked_here_either(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = web()
    async with made.serve() as served:
        await crawl(served, [f"{C}/"], tmp_path)
        assert run(["forget", "c.example", "--yes", "--data", str(tmp_path)]) == 0
        capsys.readouterr()
        served.log.clear()
        odd = f"http://127.0.0.1:{served.port}"
        made.robots(odd, "")
        found = await forecast(
            served, f"{C}/", f"{A}/private/x", f"{odd}/", "--ignore-robots", "a.example", "--allow-private",
            "--data", str(tmp_path),
        )  # fmt: skip
        asked = served.urls()
    assert [(one["state"], one["reason"]) for one in found] == [
        ("excluded", "removed on request (see 'wholinks forget --list')"),
        ("fetched", "robots.txt is ignored (--ignore-robots)"),
        ("fetched", "no rule applies"),
    ]
    assert asked == [f"{odd}/robots.txt"]
    assert found[1]["sitemaps"] == []
