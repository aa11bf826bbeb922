"""Merging data folders: as if one crawler had seen it all, in any order, as often as one likes."""

import json
import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.crawler.crawling import crawl, pages, sound
from tests.crawler.test_recrawl import aged, recrawl
from tests.fake_web import FakeWeb, random_web
from tests.fake_web import Link as WebLink
from tests.graph import START, Graph, Link
from wholinks.cli import run
from wholinks.index.build import BuildSettings, build_index
from wholinks.storage.backup import back_up
from wholinks.storage.database import CRAWL_DB, FolderLock
from wholinks.storage.errors import DataFolderError, UsageError
from wholinks.storage.merging import merge
from wholinks.storage.records import State

SMALL = BuildSettings(memory_bytes=256 << 20, threads=1)
QUICK = settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
SITES = ("a.example", "b.example", "c.co.uk", "d.github.io")


def rows(folder: Path, statement: str) -> list[Any]:
    with closing(sqlite3.connect(folder / CRAWL_DB)) as db:
        return db.execute(statement).fetchall()


def everything(folder: Path) -> dict[str, list[Any]]:
    """All tables but the runs' numbers."""
    tables = [row[0] for row in rows(folder, "SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT NULL")]
    return {
        name: sorted(rows(folder, f"SELECT * FROM {name}"), key=repr)
        for name in tables
        if not name.startswith("sqlite_")
    }


_LINKS = """
SELECT source.url, opened.fetched_at, closed.fetched_at, target.url, link.rel, link.anchor_text
FROM link JOIN fetch AS opened USING (fetch_id) LEFT JOIN fetch AS closed ON closed.fetch_id = link.closed_fetch_id
JOIN urls AS source ON source.url_id = opened.url_id JOIN urls AS target ON target.url_id = link.target_url_id"""


def links(folder: Path) -> Counter[Any]:
    """Every link row with the times it opened and closed."""
    return Counter(rows(folder, _LINKS))


# ---- disjoint pages: the index is that of one crawl


@st.composite
def webs(draw: st.DrawFn) -> Graph:
    graph = Graph()
    urls = [f"http://{site}/{number}" for site in SITES for number in range(3)]
    for url in draw(st.lists(st.sampled_from(urls), unique=True, min_size=1)):
        what = draw(st.sampled_from(["page", "page", "page", "redirect", "failed", "waiting"]))
        if what == "page":
            targets = draw(st.lists(st.sampled_from(urls), max_size=5))
            graph.page(url, [Link(to, anchor=draw(st.sampled_from("xyz"))) for to in targets], title=url, body=url)
        elif what == "redirect":
            graph.redirect(url, draw(st.sampled_from(urls)))
        elif what == "failed":
            graph.failed(url)
        else:
            graph.waiting(url)
    return graph


def part(graph: Graph, sites: set[str]) -> Graph:
    """What a crawl of these sites alone would have fetched, at the same times."""
    known = {url: state for url, state in graph.known.items() if url.split("/")[2] in sites}
    return Graph([fetch for fetch in graph.fetches if fetch.url.split("/")[2] in sites], known)


@QUICK
@given(graph=webs(), cut=st.sets(st.sampled_from(SITES)))
def test_the_index_of_merged_folders_is_that_of_one_crawl(
    graph: Graph, cut: set[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    tmp_path = tmp_path_factory.mktemp("merge")
    whole = graph.write(tmp_path / "whole")
    one, other = part(graph, cut).write(tmp_path / "one"), part(graph, set(SITES) - cut).write(tmp_path / "other")
    merge(tmp_path / "merged", [one, other])
    sound(tmp_path / "merged")
    assert links(tmp_path / "merged") == links(whole)
    assert build_index(tmp_path / "merged", SMALL).snapshot == build_index(whole, SMALL).snapshot
    before = everything(tmp_path / "merged")
    merge(tmp_path / "merged", [one])
    merge(tmp_path / "merged", [other, one])
    assert everything(tmp_path / "merged") == before
    merge(other, [one])
    after = everything(other)
    assert {name: after[name] for name in before if name != "run"} == {
        name: table for name, table in before.items() if name != "run"
    }


async def test_two_real_crawls_of_halves_of_a_web_are_one_of_the_whole(tmp_path: Path) -> None:
    web, _ = random_web(5, sites=8, pages=6, is_tracked=False)
    async with web.serve() as served:
        await crawl(served, web.starts, tmp_path / "whole")
        await crawl(served, web.starts[:4], tmp_path / "one")
        await crawl(served, web.starts[4:], tmp_path / "other")
        merge(tmp_path / "one", [tmp_path / "other"])
        asked = len(served.log)
        report = await crawl(served, [], tmp_path / "one")
        assert report.stats.pages == 0
        assert len(served.log) == asked
    sound(tmp_path / "one")
    assert pages(tmp_path / "one") == pages(tmp_path / "whole")
    counted = "SELECT source_url, target_url, ordinal, kind, anchor_text FROM links ORDER BY 1, 3"
    assert rows(tmp_path / "one", counted) == rows(tmp_path / "whole", counted)
    assert rows(tmp_path / "one", "SELECT host, pages FROM host ORDER BY 1") == rows(
        tmp_path / "whole", "SELECT host, pages FROM host ORDER BY 1"
    )


# ---- one page in several folders


class Visit(NamedTuple):
    """A fetch of the page: how long after the start, and (target, rel, anchor) of its links; None: it failed."""

    after_s: int
    links: tuple[tuple[str, int, str], ...] | None


def visits_written(folder: Path, visits: list[Visit]) -> Path:
    """A folder whose one page was fetched so, its rows opened and closed as a crawl that comes back does."""
    graph = Graph()
    graph.page("http://a.example/", [Link(f"http://{name}.example/") for name in "bcd"])
    graph.write(folder)
    with closing(sqlite3.connect(folder / CRAWL_DB)) as db, db:
        db.execute("DELETE FROM link")
        db.execute("DELETE FROM evidence")
        template = db.execute("SELECT * FROM fetch").fetchone()
        db.execute("DELETE FROM fetch")
        ids = {url.split("/")[2][0]: url_id for url_id, url in db.execute("SELECT url_id, url FROM urls")}
        open_rows: list[tuple[int, int, tuple[str, int, str]]] = []
        for fetch_id, visit in enumerate(sorted(visits), 1):
            fetch = [fetch_id, *template[1:]]
            fetch[4] = START + visit.after_s
            if visit.links is None:
                fetch[6:9] = [5, "connect", None]
            db.execute(f"INSERT INTO fetch VALUES ({', '.join('?' * len(fetch))})", fetch)
            if visit.links is None:
                continue
            shown = Counter(visit.links)
            for row in list(open_rows):
                if shown[row[2]]:
                    shown[row[2]] -= 1
                else:
                    open_rows.remove(row)
                    closing_of = (fetch_id, row[0], row[1])
                    db.execute("UPDATE link SET closed_fetch_id = ? WHERE fetch_id = ? AND ordinal = ?", closing_of)
            for ordinal, link in enumerate(visit.links, 1):
                if shown[link]:
                    shown[link] -= 1
                    open_rows.append((fetch_id, ordinal, link))
                    target, rel, anchor = link
                    made = (fetch_id, ordinal, ids[target], rel, anchor)
                    db.execute("INSERT INTO link VALUES (?, ?, ?, 64, ?, NULL, ?, NULL)", made)
                    db.execute("INSERT INTO evidence VALUES (?, ?, 'h', NULL, '<a>', '', '', 7)", made[:2])
    return folder


_LINK = st.tuples(st.sampled_from("bcd"), st.sampled_from([0, 1]), st.sampled_from("xy"))
_VISITS = st.lists(
    st.tuples(st.integers(0, 50), st.none() | st.lists(_LINK, max_size=4).map(tuple), st.integers(0, 2)),
    unique_by=lambda visit: visit[0],
    min_size=1,
    max_size=6,
)


@QUICK
@given(visits=_VISITS)
def test_a_page_fetched_in_several_folders_has_the_links_one_crawler_would_have(
    visits: list[tuple[int, Any, int]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    tmp_path = tmp_path_factory.mktemp("merge")
    whole = visits_written(tmp_path / "whole", [Visit(*visit[:2]) for visit in visits])
    parts = [
        visits_written(tmp_path / str(number), [Visit(*visit[:2]) for visit in visits if visit[2] == number])
        for number in range(3)
    ]
    for number, order in enumerate([parts, parts[::-1], parts[1:] + parts[:1]]):
        into = tmp_path / f"into{number}"
        merge(into, order[:2])
        merge(into, order[2:])
        assert links(into) == links(whole)
        assert rows(into, "SELECT fetched_at, outcome FROM fetch ORDER BY fetch_id") == rows(
            whole, "SELECT fetched_at, outcome FROM fetch ORDER BY fetch_id"
        )
        assert rows(into, "SELECT count(*) FROM evidence") == rows(whole, "SELECT count(*) FROM evidence")
        before = everything(into)
        merge(into, [parts[0]])
        assert everything(into) == before


_STORY = """
SELECT source.url, target.url, link.anchor_text,
       (SELECT count(*) FROM fetch AS f WHERE f.url_id = opened.url_id AND f.fetch_id < opened.fetch_id) AS opened_at,
       (SELECT count(*) FROM fetch AS f WHERE f.url_id = opened.url_id AND f.fetch_id < closed_fetch_id
           AND closed_fetch_id IS NOT NULL) AS closed_at, closed_fetch_id IS NULL
FROM link JOIN fetch AS opened USING (fetch_id)
JOIN urls AS source ON source.url_id = opened.url_id JOIN urls AS target ON target.url_id = link.target_url_id"""


async def test_recrawls_in_two_copies_of_a_folder_are_one_history(tmp_path: Path) -> None:
    def web(*words: str) -> FakeWeb:
        made = FakeWeb()
        made.page("http://a.example/", ["/2", *(WebLink(f"http://{word}.example/", word) for word in words)])
        made.page("http://a.example/2", [WebLink("http://t.example/", words[0]), "http://u.example/"])
        return made

    folders = [tmp_path / name for name in ("whole", "one", "other")]
    async with web("b", "c").serve() as served:
        await crawl(served, ["http://a.example/"], folders[0])
    for copy in folders[1:]:
        back_up(folders[0], copy)
    for seen, words in ((folders[:2], "cd"), ((folders[0], folders[2]), "bde"), (folders[:2], "be")):
        for folder in folders:
            aged(folder, 100)
        async with web(*words).serve() as served:
            for folder in seen:
                assert (await recrawl(served, folder)).stats.pages == 2
    merged = merge(tmp_path / "merged", folders[1:])
    assert merged.pages_in_several == 2
    assert Counter(rows(tmp_path / "merged", _STORY)) == Counter(rows(folders[0], _STORY))
    assert build_index(tmp_path / "merged", SMALL).links == build_index(folders[0], SMALL).links
    aged(tmp_path / "merged", 100)
    async with web("b", "e").serve() as served:
        assert (await recrawl(served, tmp_path / "merged")).stats.pages == 2
    still_open = rows(tmp_path / "merged", "SELECT count(*) FROM link WHERE closed_fetch_id IS NULL")
    assert still_open == rows(folders[0], "SELECT count(*) FROM link WHERE closed_fetch_id IS NULL")


def test_a_link_open_in_both_folders_counts_once(tmp_path: Path) -> None:
    link = ("b", 0, "x")
    one = visits_written(tmp_path / "one", [Visit(0, (link, link))])
    other = visits_written(tmp_path / "other", [Visit(9, (link, link, ("c", 0, "y")))])
    merged = merge(one, [other])
    assert merged.pages_in_several == 1
    assert (merged.pages, merged.new_pages, merged.fetches, merged.new_fetches, merged.links) == (1, 0, 2, 1, 3)


def test_a_redirect_out_of_the_site_closes_what_the_page_had_and_another_redirect_does_not(tmp_path: Path) -> None:
    page = Graph().page("http://a.example/", ["http://b.example/"]).write(tmp_path / "page")
    inside = Graph().failed("http://z.example/").redirect("http://a.example/", "http://a.example/x")
    outside = Graph().failed("http://z.example/").redirect("http://a.example/", "http://c.example/")
    merge(tmp_path / "in", [page, inside.write(tmp_path / "inside")])
    assert [row[2] for row in links(tmp_path / "in")] == [None]
    folder = outside.write(tmp_path / "outside")
    with closing(sqlite3.connect(folder / CRAWL_DB)) as db, db:
        db.execute("UPDATE fetch SET link_counts = '{}' WHERE outcome = 1")
    merge(tmp_path / "out", [folder, page])
    assert sorted((row[3], row[2]) for row in links(tmp_path / "out")) == [
        ("http://b.example/", START + 60),
        ("http://c.example/", None),
    ]


def test_one_page_under_two_spellings_is_one_source_page(tmp_path: Path) -> None:
    one = Graph().page("http://a.example/p", ["http://b.example/"]).write(tmp_path / "one")
    late = Graph().failed("http://z.example/")
    late.page("http://a.example/p?utm_source=x", ["http://b.example/"])
    other = late.write(tmp_path / "other")
    for into, source in ((tmp_path / "x", [one, other]), (tmp_path / "y", [other, one])):
        merge(into, source)
        assert rows(into, "SELECT DISTINCT source_url FROM links") == [("http://a.example/p",)]
        assert rows(into, "SELECT count(*) FROM links") == [(1,)]
        assert pages(into)["http://a.example/p"].state is State.FETCHED
        before = everything(into)
        merge(into, [one])
        merge(into, [other])
        assert everything(into) == before


# ---- states, depths, facts of hosts


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ((State.DISCOVERED, None), (State.BLOCKED, "robots"), (State.DISCOVERED, None)),
        ((State.EXCLUDED, "nofollow_page"), (State.EXCLUDED, "depth"), (State.EXCLUDED, "depth")),
        ((State.POSTPONED, "budget"), (State.EXCLUDED, "scope"), (State.POSTPONED, "budget")),
        ((State.BLOCKED, "robots"), (State.POSTPONED, "trap_calendar"), (State.BLOCKED, "robots")),
    ],
)
def test_of_two_pages_not_asked_the_one_nearer_to_being_fetched_wins(
    tmp_path: Path, one: Any, other: Any, expected: Any
) -> None:
    url = "http://a.example/"
    first = Graph().waiting(url, *one).write(tmp_path / "one")
    second = Graph().waiting(url, *other).write(tmp_path / "other")
    for into, sources in (("x", [first, second]), ("y", [second, first])):
        merge(tmp_path / into, sources)
        assert pages(tmp_path / into)[url][:2] == expected


def test_a_page_that_was_asked_wins_and_the_last_answer_of_two(tmp_path: Path) -> None:
    url = "http://a.example/"
    waiting = Graph().waiting(url).write(tmp_path / "waiting")
    fetched = Graph().page(url).write(tmp_path / "fetched")
    failed = Graph().failed("http://z.example/").failed(url).write(tmp_path / "failed")
    merge(tmp_path / "x", [waiting, fetched])
    assert pages(tmp_path / "x")[url].state is State.FETCHED
    merge(tmp_path / "x", [failed])
    assert pages(tmp_path / "x")[url][:2] == (State.FAILED, "http_404")


async def test_depth_is_the_shortest_way_over_all_folders_and_what_was_out_of_reach_comes_in(tmp_path: Path) -> None:
    web = FakeWeb()
    web.page("http://a.example/", ["/1", "http://b.example/deep"])
    web.page("http://a.example/1", ["/2"])
    web.page("http://b.example/", ["/x"])
    web.page("http://b.example/x", ["/deep"])
    web.page("http://b.example/deep", ["/below"])
    async with web.serve() as served:
        await crawl(served, ["http://a.example/"], tmp_path / "a")
        await crawl(served, ["http://b.example/"], tmp_path / "b", max_depth=2)
        assert pages(tmp_path / "b")["http://b.example/below"].state is State.EXCLUDED
        merge(tmp_path / "a", [tmp_path / "b"])
        await crawl(served, [], tmp_path / "a", max_depth=2)
        await crawl(served, ["http://a.example/", "http://b.example/"], tmp_path / "whole", max_depth=2)
    assert {url: page.depth for url, page in pages(tmp_path / "a").items()} == {
        url: page.depth for url, page in pages(tmp_path / "whole").items()
    }
    assert pages(tmp_path / "a")["http://b.example/below"].state is State.FAILED


def test_the_longer_sleep_and_the_newer_robots_txt_are_kept(tmp_path: Path) -> None:
    folders = [Graph().page("http://a.example/").write(tmp_path / name) for name in ("one", "other")]
    for folder, until, at in ((folders[0], 500, 7), (folders[1], 900, 3)):
        with closing(sqlite3.connect(folder / CRAWL_DB)) as db, db:
            db.execute("INSERT INTO host VALUES ('a.example', 4, ?, 'asked')", (until,))
            db.execute("INSERT INTO robots SELECT origin_id, ?, 200, ? FROM origin", (at, f"# {at}".encode()))
    for into, sources in (("x", folders), ("y", folders[::-1])):
        merge(tmp_path / into, sources)
        assert rows(tmp_path / into, "SELECT * FROM host") == [("a.example", 1, 900, "asked")]
        assert rows(tmp_path / into, "SELECT fetched_at, body FROM robots") == [(7, b"# 7")]


def test_of_two_sitemaps_the_one_asked_last_is_kept_and_pages_stay_found_by_it(tmp_path: Path) -> None:
    url = "http://a.example/"
    folders = [Graph().waiting(url).write(tmp_path / name) for name in ("one", "other")]
    for folder, state, at, lastmod, rules in ((folders[0], 1, 7, 50, "x"), (folders[1], 0, 0, 60, "y")):
        with closing(sqlite3.connect(folder / CRAWL_DB)) as db, db:
            db.execute(
                "INSERT INTO sitemap (url_id, origin_id, state, found_at, asked_at) SELECT url_id, origin_id, ?, ?, ?"
                " FROM url",
                (state, at, at),
            )
            db.execute("UPDATE page SET found_at = 5, sitemap_url_id = url_id, lastmod = ?", (lastmod,))
            db.execute("INSERT INTO meta VALUES ('url_rules', ?)", (rules,))
    for into, sources in (("x", folders), ("y", folders[::-1])):
        merge(tmp_path / into, sources)
        assert rows(tmp_path / into, "SELECT state, asked_at FROM sitemap") == [(1, 7)]
        assert rows(tmp_path / into, "SELECT lastmod, sitemap_url_id = url_id FROM page") == [(60, 1)]
        assert not rows(tmp_path / into, "SELECT value FROM meta WHERE key = 'url_rules'")
    merge(tmp_path / "same", folders[:1])
    assert rows(tmp_path / "same", "SELECT value FROM meta WHERE key = 'url_rules'") == [("x",)]


# ---- what is refused


def test_folders_that_cant_be_merged_are_one_clear_line(tmp_path: Path) -> None:
    one = Graph().page("http://a.example/").write(tmp_path / "one")
    other = Graph().page("http://b.example/").write(tmp_path / "other")
    before = (one / CRAWL_DB).read_bytes()
    with pytest.raises(DataFolderError, match="no crawl here"):
        merge(one, [tmp_path / "nothing"])
    with pytest.raises(UsageError, match="named twice"):
        merge(one, [tmp_path / "." / "one"])
    with pytest.raises(UsageError, match="named twice"):
        merge(one, [other, other])
    with pytest.raises(UsageError, match="at most 8"):
        merge(one, [Graph().write(tmp_path / str(number)) for number in range(8)])
    with FolderLock(other), pytest.raises(DataFolderError, match="another crawl is running"):
        merge(one, [other])
    with closing(sqlite3.connect(other / CRAWL_DB)) as db, db:
        db.execute("UPDATE meta SET value = 'another list' WHERE key = 'suffix_list'")
    with pytest.raises(DataFolderError, match="different public suffix lists"):
        merge(one, [other])
    (other / CRAWL_DB).write_bytes(b"garbage" * 2000)
    with pytest.raises(DataFolderError, match="damaged or no database"):
        merge(one, [other])
    assert (one / CRAWL_DB).read_bytes() == before
    assert not list(one.glob("*.partial*"))


def test_a_reader_of_the_folder_is_waited_for_and_then_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = Graph().page("http://a.example/").write(tmp_path / "one")
    other = Graph().page("http://b.example/").write(tmp_path / "other")
    monkeypatch.setattr("wholinks.storage.replacing.BUSY_S", 0.05)
    with closing(sqlite3.connect(one / CRAWL_DB, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM page").fetchone()
        with pytest.raises(DataFolderError, match="locked"):
            merge(one, [other])
        assert reader.execute("SELECT count(*) FROM page").fetchone() == (1,)
    assert len(pages(one)) == 1
    merge(one, [other])
    assert len(pages(one)) == 2


@pytest.mark.parametrize("step", ["_merge_rest", "_settle_depths", "verify", "put_in_place"])
def test_an_interrupted_merge_changes_nothing(tmp_path: Path, step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    one = Graph().page("http://a.example/").write(tmp_path / "one")
    other = Graph().page("http://b.example/").write(tmp_path / "other")
    before = everything(one)
    monkeypatch.setattr(f"wholinks.storage.merging.{step}", interrupt)
    with pytest.raises(KeyboardInterrupt):
        merge(one, [other])
    assert everything(one) == before
    assert not list(one.glob("*.partial*"))
    monkeypatch.undo()
    assert merge(one, [other]).pages == 2


def test_a_clock_that_went_back_does_not_turn_a_folders_order_round(tmp_path: Path) -> None:
    link, later = ("b", 0, "x"), ("c", 0, "y")
    one = visits_written(tmp_path / "one", [Visit(0, (link,)), Visit(9, (later,))])
    with closing(sqlite3.connect(one / CRAWL_DB)) as db, db:
        db.execute("UPDATE fetch SET fetched_at = fetched_at - 500 WHERE fetch_id = 2")
    other = Graph().page("http://z.example/").write(tmp_path / "other")
    merge(tmp_path / "all", [other, one])
    order = "SELECT fetched_at FROM fetch JOIN urls USING (url_id) WHERE host = 'a.example' ORDER BY fetch_id"
    assert rows(tmp_path / "all", order) == [(START,), (START - 491,)]
    assert links(tmp_path / "all") - links(other) == links(one)


def test_the_command_says_what_came_together_and_builds_the_index(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one = Graph().page("http://a.example/", ["http://t.example/"]).write(tmp_path / "one")
    other = Graph().page("http://b.example/", ["http://t.example/"]).write(tmp_path / "other")
    assert run(["merge", str(tmp_path / "all"), str(one), str(other), "--format", "json"]) == 0
    shown = capsys.readouterr()
    assert json.loads(shown.out)["pages"] == 2
    assert "2 pages (2 new)" in shown.err
    assert run(["to", "t.example", "--data", str(tmp_path / "all"), "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["totals"]["referring_domains"] == 2


def test_every_table_and_column_has_a_rule(tmp_path: Path) -> None:
    """Who adds one must say in merging.py what becomes of it in a merge, and in forgetting.py when its host is removed;
    then here."""
    folder = Graph().write(tmp_path)
    tables = {name: [row[1] for row in rows(folder, f"PRAGMA table_info({name})")] for name in everything(folder)}
    assert sorted(tables) == [
        "evidence", "fetch", "forgotten", "host", "link", "meta", "origin", "page", "prefix_site", "robots",
        "run", "site", "sitemap", "target", "url",
    ]  # fmt: skip
    assert {name: len(columns) for name, columns in tables.items()} == {
        "evidence": 8, "fetch": 30, "forgotten": 4, "host": 4, "link": 8, "meta": 2, "origin": 6, "page": 18,
        "prefix_site": 3, "robots": 4, "run": 5, "site": 4, "sitemap": 10, "target": 7, "url": 5,
    }  # fmt: skip
