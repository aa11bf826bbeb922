"""``wholinks forget``: what a host served goes, from file and index, and the crawler never asks it again."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.crawler.crawling import crawl, pages, query, sound
from tests.crawler.test_recrawl import aged, recrawl
from tests.fake_web import FakeWeb, Served
from wholinks.cli import run
from wholinks.index.schema import INDEX_FILE
from wholinks.storage.database import CRAWL_DB
from wholinks.storage.merging import merge
from wholinks.storage.records import State

from .running import answered, said

SECRET = "zebraphone"


def web() -> FakeWeb:
    made = FakeWeb()
    made.page("http://a.example/", ["http://bad.example/named", "http://c.example/", "/2"])
    made.page("http://a.example/2", ["http://shop.bad.example/", "http://bad.example/late"])
    made.redirect("http://a.example/moved", "http://bad.example/moved-here")
    made.page("http://bad.example/", ["/named", f"/{SECRET}", "http://a.example/", "http://c.example/"], title=SECRET)
    made.page("http://bad.example/named", [f"http://only.example/{SECRET}"])
    made.page(f"http://bad.example/{SECRET}", ["http://a.example/"])
    made.page("http://bad.example/late")
    made.page("http://shop.bad.example/", ["http://a.example/?q"])
    made.page("http://notbad.example/", ["http://bad.example/"])
    made.page("http://c.example/", ["http://bad.example/"])
    return made


STARTS = ["http://a.example/", "http://a.example/moved", "http://bad.example/", "http://shop.bad.example/",
          "http://notbad.example/", "http://c.example/"]  # fmt: skip


async def crawled(served: Served, folder: Path, **settings: Any) -> Path:
    await crawl(served, STARTS, folder, **settings)
    return folder


def hosts_asked(served: Served, since: int) -> set[str]:
    return {url.split("/")[2].partition(":")[0] for url in served.urls()[since:]}


def links_by_host(folder: Path) -> set[tuple[str, str]]:
    return {
        (row[0].split("/")[2], row[1].split("/")[2])
        for row in query(folder, "SELECT source_url, target_url FROM links")
    }


async def test_its_pages_links_and_traces_go_and_links_to_it_stay(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with web().serve() as served:
        await crawled(served, tmp_path)
    before = links_by_host(tmp_path)
    assert SECRET.encode() in (tmp_path / CRAWL_DB).read_bytes()
    assert run(["index", "--data", str(tmp_path)]) == 0
    told = answered(capsys, "forget", "bad.example", "--yes", "--data", tmp_path)
    assert told["removed"]["hosts"] == 2
    assert told["removed"]["fetches"] == 6
    assert told["removed"]["links_to"] == 7
    assert links_by_host(tmp_path) == {
        link for link in before if not link[0].endswith("bad.example") or "not" in link[0]
    }
    for name in (CRAWL_DB, INDEX_FILE):
        assert SECRET.encode() not in (tmp_path / name).read_bytes(), name
    assert {url: page.reason for url, page in pages(tmp_path).items() if "bad.example" in url and "not" not in url} == {
        "http://bad.example/": "forgotten", "http://bad.example/named": "forgotten",
        "http://bad.example/late": "forgotten", "http://bad.example/moved-here": "forgotten",
        "http://shop.bad.example/": "forgotten",
    }  # fmt: skip
    sound(tmp_path)
    assert answered(capsys, "to", "a.example", "--data", tmp_path)["totals"]["backlinks"] == 0
    assert answered(capsys, "to", "bad.example", "--data", tmp_path)["totals"]["referring_domains"] == 3
    assert answered(capsys, "why", "http://bad.example/", "--data", tmp_path)["verdict"] == "forgotten"


async def test_as_target_removes_what_others_say_of_it_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async with web().serve() as served:
        await crawled(served, tmp_path)
        assert run(["index", "--data", str(tmp_path)]) == 0
        said(capsys, "forget", "bad.example", "--as-target", "--yes", "--data", tmp_path)
        assert not {link for link in links_by_host(tmp_path) if "bad.example" in link[1] and "not" not in link[1]}
        left = {url: page.reason for url, page in pages(tmp_path).items() if "bad.example" in url and "not" not in url}
        assert left == {"http://bad.example/": "forgotten"}
        hosts = query(tmp_path, "SELECT DISTINCT host FROM urls WHERE domain = 'bad.example'")
        assert hosts == [("bad.example",)]
        sound(tmp_path)
        assert answered(capsys, "to", "bad.example", "--data", tmp_path)["totals"]["backlinks"] == 0


async def test_no_later_crawl_asks_it_whatever_names_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = web()
    made.page(
        "http://d.example/", ["http://bad.example/new", "http://x.shop.bad.example/", "/jump", "http://e.example/"]
    )
    made.redirect("http://d.example/jump", "http://bad.example/jumped")
    made.redirect("http://e.example/robots.txt", "http://bad.example/robots.txt")
    made.redirect("http://far.example/", "http://bad.example/from-target")
    made.page("http://a.example/fresh", ["http://bad.example/fresh", "http://far.example/"])
    notes: list[str] = []
    async with made.serve() as served:
        await crawled(served, tmp_path)
        said(capsys, "forget", "bad.example", "--yes", "--data", tmp_path)
        asked = len(served.log)
        await crawl(
            served, [*STARTS, "http://a.example/fresh", "http://d.example/", "http://e.example/"], tmp_path,
            hops=1, check_targets=True, notify=notes.append,
        )  # fmt: skip
        assert hosts_asked(served, asked) == {"a.example", "d.example", "e.example", "far.example"}
    assert [note for note in notes if "removed on request" in note]
    known = pages(tmp_path)
    for url in (
        "http://bad.example/new",
        "http://x.shop.bad.example/",
        "http://bad.example/jumped",
        "http://bad.example/",
    ):
        assert known[url][:2] == (State.EXCLUDED, "forgotten"), url
    assert known["http://e.example/"].state is State.DISCOVERED  # its rules lie where we must not ask
    sound(tmp_path)


async def test_no_recrawl_asks_it_though_a_known_page_now_redirects_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = web()
    async with made.serve() as served:
        await crawled(served, tmp_path)
        said(capsys, "forget", "bad.example", "--yes", "--data", tmp_path)
        aged(tmp_path, 100)
        made.redirect("http://a.example/2", "http://bad.example/named")
        asked = len(served.log)
        report = await recrawl(served, tmp_path)
        assert report.stats.redirects == 2
        assert hosts_asked(served, asked) == {"a.example", "c.example", "notbad.example"}
    assert pages(tmp_path)["http://bad.example/named"].reason == "forgotten"


async def test_undo_lets_it_be_crawled_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async with web().serve() as served:
        await crawled(served, tmp_path)
        said(capsys, "forget", "bad.example", "c.example", "--yes", "--data", tmp_path)
        listed = answered(capsys, "forget", "--list", "--data", tmp_path)
        assert [(row["host"], row["with_subdomains"]) for row in listed] == [("bad.example", True), ("c.example", True)]
        assert "bad.example" in said(capsys, "forget", "--list", "--data", tmp_path)
        said(capsys, "forget", "--undo", "bad.example", "--data", tmp_path)
        report = await crawl(served, ["http://bad.example/"], tmp_path)
        assert report.stats.pages == 5
    assert pages(tmp_path)["http://c.example/"].reason == "forgotten"
    assert pages(tmp_path)["http://bad.example/"].state is State.FETCHED
    assert "was not forgotten" in said(capsys, "forget", "--undo", "bad.example", "--data", tmp_path, code=2)


async def test_a_merge_keeps_it_forgotten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async with web().serve() as served:
        await crawled(served, tmp_path / "one")
        await crawled(served, tmp_path / "other")
    said(capsys, "forget", "bad.example", "--yes", "--data", tmp_path / "one")
    expected = links_by_host(tmp_path / "one")
    for number, (into, source) in enumerate([("one", "other"), ("other", "one")]):
        merge(tmp_path / f"all{number}", [tmp_path / into, tmp_path / source])
        assert links_by_host(tmp_path / f"all{number}") == expected
        assert SECRET.encode() not in (tmp_path / f"all{number}" / CRAWL_DB).read_bytes()
        assert query(tmp_path / f"all{number}", "PRAGMA integrity_check") == [("ok",)]


async def test_nothing_goes_without_a_confirmation(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async with web().serve() as served:
        await crawled(served, tmp_path)
    before = (tmp_path / CRAWL_DB).read_bytes()
    told = said(capsys, "forget", "bad.example", "--data", tmp_path, code=2)
    assert "bad.example and all under it" in told
    assert "6 fetches" in told
    assert "--yes" in told
    assert (tmp_path / CRAWL_DB).read_bytes() == before


@pytest.mark.parametrize(
    ("typed", "says"),
    [("http://a.example/page", "names a page"), ("not a host", "not a host"), ("", "not a host")],
)
def test_what_is_no_host_is_wrong_usage(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], typed: str, says: str
) -> None:
    assert says in said(capsys, "forget", typed, "--yes", "--data", tmp_path, code=2)


async def test_a_site_of_which_a_host_was_removed_is_no_longer_known_not_to_link(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = FakeWeb()
    made.page("http://bad.example/", [])
    made.page("http://shop.bad.example/", ["http://a.example/"])
    made.page("http://a.example/", [])
    async with made.serve() as served:
        await crawl(served, made.urls, tmp_path)
    assert run(["index", "--data", str(tmp_path)]) == 0
    asked = ["to", "a.example", "--from", "bad.example", "--data", str(tmp_path)]
    assert answered(capsys, *asked)["answer"] == "yes"
    said(capsys, "forget", "shop.bad.example", "--yes", "--data", tmp_path)
    assert answered(capsys, *asked)["answer"] == "unknown"


async def test_a_public_suffix_means_that_host_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = FakeWeb()
    made.page("http://github.io/", ["http://me.github.io/"])
    made.page("http://me.github.io/")
    async with made.serve() as served:
        await crawl(served, made.urls, tmp_path)
    told = answered(capsys, "forget", "github.io", "--yes", "--data", tmp_path)
    assert told["removed"]["pages"] == 1
    assert pages(tmp_path)["http://me.github.io/"].state is State.FETCHED


def test_a_folder_of_an_older_version_has_forgotten_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with closing(sqlite3.connect(tmp_path / CRAWL_DB)) as db:
        from wholinks.storage import schema

        db.executescript(
            f"{schema.MIGRATIONS[0]} PRAGMA application_id = {schema.APPLICATION_ID}; PRAGMA user_version = 1;"
        )
    assert json.loads(said(capsys, "forget", "--list", "--format", "json", "--data", tmp_path)) == []
    assert answered(capsys, "why", "http://a.example/", "--data", tmp_path)["verdict"] == "never_seen"
