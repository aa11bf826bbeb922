"""``wholinks why URL``: the state of a URL, the rule that decides, where it was found, when it is due."""

import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.crawler.crawling import crawl
from tests.fake_web import FakeWeb, Link, Response
from wholinks.storage.database import CRAWL_DB, FolderLock

from .running import answered, said

ROBOTS = "User-agent: *\nDisallow: /all\n\nUser-agent: wholinks\nAllow: /private/open\nDisallow: /private\n"


def web() -> FakeWeb:
    made = FakeWeb()
    made.robots("http://a.example", ROBOTS)
    made.page(
        "http://a.example/",
        ["/two", "/private/x", "/private/open", "/gone", "/moved", "http://far.example/y", "/two?utm_source=x",
         Link("/form", kind="form")],
    )  # fmt: skip
    made.page("http://a.example/two", ["/three"], head='<meta name="robots" content="nofollow">')
    made.page("http://a.example/private/open", ["/deep"])
    made.page("http://a.example/deep", ["/deeper"])
    made.redirect("http://a.example/moved", "/two")
    return made


@pytest.fixture
async def folder(tmp_path: Path) -> Path:
    async with web().serve() as served:
        await crawl(served, ["http://a.example/"], tmp_path, max_depth=2)
    return tmp_path


def why(capsys: pytest.CaptureFixture[str], folder: Path, url: str) -> Any:
    return answered(capsys, "why", url, "--data", folder)


@pytest.mark.parametrize(
    ("url", "verdict", "says"),
    [
        ("http://a.example/two", "fetched", "fetched and read"),
        ("http://a.example/two?utm_source=y", "fetched", "fetched and read"),
        ("http://a.example/moved", "redirected", "it redirects"),
        ("http://a.example/gone", "failed", "http_404"),
        ("http://a.example/private/x", "blocked", "for wholinks, by name: Disallow: /private (line 6)"),
        ("http://a.example/three", "excluded", "only pages with a nofollow directive name it"),
        ("http://a.example/deeper", "excluded", "3 links away from a seed, more than --max-depth 2"),
        ("http://a.example/form", "not_a_page", "a form's action"),
        ("http://far.example/y", "out_of_reach", "far.example is not in reach of the seeds with --hops 0"),
        ("http://a.example/never", "never_seen", "nothing would keep it out"),
        ("http://a.example/private/never", "never_seen", "robots.txt would forbid it"),
        ("http://nowhere.example/", "never_seen", "nowhere.example is not in reach"),
    ],
)
async def test_each_state_has_its_reason_in_words(
    folder: Path, capsys: pytest.CaptureFixture[str], url: str, verdict: str, says: str
) -> None:
    found = why(capsys, folder, url)
    assert found["verdict"] == verdict
    assert says in found["why"]
    text = said(capsys, "why", url, "--data", folder)
    assert says in text
    assert url in text


async def test_it_says_where_a_url_was_found_and_who_names_it(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = why(capsys, folder, "http://a.example/private/x")
    assert found["page"]["found_on"] == "http://a.example/"
    assert found["page"]["depth"] == 1
    assert [link["source_url"] for link in found["links"]] == ["http://a.example/"]
    assert found["robots"]["verdict"] == "forbidden"
    assert found["fetches"] == []
    assert "as a seed" in said(capsys, "why", "http://a.example/", "--data", folder)


async def test_fetches_are_listed_and_a_page_answers_under_each_of_its_spellings(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = why(capsys, folder, "http://a.example/two?utm_source=x")
    assert found["page"]["url"] == "http://a.example/two"
    assert found["spellings"] == ["http://a.example/two"]
    assert [(fetch["outcome"], fetch["status"]) for fetch in found["fetches"]] == [("page", 200)]
    assert found["page"]["due_at"] > found["fetches"][0]["fetched_at"]
    assert why(capsys, folder, "http://a.example/private/x")["page"]["due_at"] is None
    assert "due for 'wholinks recrawl' from" in said(capsys, "why", "http://a.example/two", "--data", folder)
    assert "known as: http://a.example/two" in said(capsys, "why", found["url"], "--data", folder)


async def test_without_a_scheme_the_known_one_is_meant_and_what_is_near_is_named(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert why(capsys, folder, "a.example/two")["url"] == "http://a.example/two"
    found = why(capsys, folder, "https://www.a.example/two/")
    assert found["verdict"] == "never_seen"
    assert {near["url"]: near["state"] for near in found["near"]}["http://a.example/two"] == "fetched"


async def test_what_is_left_for_later_says_until_when_and_why(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = FakeWeb()
    made.page("http://a.example/", [f"/{number}" for number in range(5)])
    made.robots("http://b.example", "oops", status=503)
    async with made.serve() as served:
        await crawl(served, ["http://a.example/", "http://b.example/"], tmp_path, max_pages_per_host=1)
    assert "its budget (--max-pages-per-host 1)" in why(capsys, tmp_path, "http://a.example/3")["why"]
    found = why(capsys, tmp_path, "http://b.example/")
    assert found["verdict"] == "discovered"
    assert "status 503; nothing of this origin is fetched" in found["why"]
    until = int(time.time()) + 500
    with closing(sqlite3.connect(tmp_path / CRAWL_DB)) as db, db:
        db.execute("INSERT OR REPLACE INTO host VALUES ('b.example', 0, ?, 'rate_limited: asked for 500 s')", (until,))
        db.execute("UPDATE page SET state = 5, reason = 'trap_calendar' WHERE depth = 1")
    found = why(capsys, tmp_path, "http://b.example/")
    assert "left alone until" in found["why"]
    assert "asked for 500 s" in found["why"]
    assert found["host"]["asleep_until"] is not None
    assert "calendars link to the next month without end" in why(capsys, tmp_path, "http://a.example/3")["why"]


@pytest.mark.parametrize(
    ("state", "reason", "says"),
    [
        (5, "trap_depth", "looks like a trap, trap_depth: The path has more segments"),
        (5, "hosts", "a.example had as many hosts as it may before this one (--max-hosts-per-site 1000)"),
        (6, "rule", "--include, --exclude, --only-prefix or --site leaves it out"),
        (6, "port", "its port is not asked (--allow-port 80 lets it in)"),
        (1, "soft_404", "it was fetched and read; soft_404: The host serves this page"),
        (1, "feed", "it is a feed"),
    ],
)
async def test_the_ways_a_page_is_kept_out_are_told(
    folder: Path, capsys: pytest.CaptureFixture[str], state: int, reason: str, says: str
) -> None:
    with closing(sqlite3.connect(folder / CRAWL_DB)) as db, db:
        db.execute("UPDATE page SET state = ?, reason = ?", (state, reason))
    assert says in why(capsys, folder, "http://a.example/two")["why"]


async def test_a_sitemap_is_no_page_and_what_it_lists_is_found_on_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = FakeWeb()
    made.page("http://a.example/")
    made.page("http://a.example/1")
    made.robots("http://a.example", "Sitemap: http://a.example/map.txt\nSitemap: http://b.example/map.txt")
    made.answer("http://a.example/map.txt", Response(body=b"http://a.example/1\n"))
    async with made.serve() as served:
        await crawl(served, ["http://a.example/"], tmp_path, sitemaps=True)
    assert why(capsys, tmp_path, "http://a.example/1")["page"]["found_on"] == "http://a.example/map.txt"
    found = why(capsys, tmp_path, "http://a.example/map.txt")
    assert (found["verdict"], found["why"]) == ("not_a_page", "it is a sitemap: it was read")
    assert "no seed names b.example" in why(capsys, tmp_path, "http://b.example/map.txt")["why"]


async def test_it_answers_while_a_crawl_holds_the_folder_and_writes_nothing(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (folder / CRAWL_DB).read_bytes()
    with FolderLock(folder):
        assert why(capsys, folder, "http://a.example/")["verdict"] == "fetched"
    assert (folder / CRAWL_DB).read_bytes() == before


async def test_hostile_text_does_not_act_on_the_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = FakeWeb()
    made.page("http://a.example/", [Link("/x", "\x1b[31mred\u202e")])
    made.robots("http://a.example", "User-agent: *\nDisallow: /x\x1b]0;t\x07*\nDisallow: /x\n")
    async with made.serve() as served:
        await crawl(served, ["http://a.example/"], tmp_path)
    text = said(capsys, "why", "http://a.example/x", "--data", tmp_path)
    assert not {"\x1b", "\u202e", "\x07"} & set(text)


@pytest.mark.parametrize(
    ("robots", "path", "says"),
    [
        ("User-agent: *\nDisallow: /x\n", "/x", "by the group for all: Disallow: /x (line 2)"),
        ("User-agent: WHOLINKS\nAllow: /x$\nDisallow: /x\n", "/x", "by name: Allow: /x$ (line 2)"),
        ("User-agent: *\nDisallow: /y\n", "/x", "by the group for all: no rule applies"),
    ],
)
async def test_the_group_and_the_line_of_robots_txt_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], robots: str, path: str, says: str
) -> None:
    made = FakeWeb()
    made.robots("http://a.example", robots)
    made.page("http://a.example/", [path])
    async with made.serve() as served:
        await crawl(served, ["http://a.example/"], tmp_path)
    found = why(capsys, tmp_path, f"http://a.example{path}")
    assert says in found["robots"]["why"]
    asked = found["robots"]["verdict"] == "allowed"
    assert (found["verdict"], bool(found["fetches"])) == ("failed" if asked else "blocked", asked)


@pytest.mark.parametrize("url", ["ftp://a.example/", "http://[", "#x"])
def test_what_is_no_url_is_wrong_usage(tmp_path: Path, capsys: pytest.CaptureFixture[str], url: str) -> None:
    assert "not a URL" in said(capsys, "why", url, "--data", tmp_path, code=2)


def test_an_empty_folder_says_what_to_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "no crawl here yet" in said(capsys, "why", "http://a.example/", "--data", tmp_path, code=1)
