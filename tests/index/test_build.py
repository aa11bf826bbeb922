"""Building: one moment in, one file out, and never a half of it in sight."""

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import duckdb
import pytest

from tests.graph import SUFFIXES, Graph, Link
from tests.index.asking import SMALL, index_of
from wholinks.index import build, links, pairs, slicing
from wholinks.index.build import BuildSettings, build_index
from wholinks.index.queries import Index
from wholinks.index.schema import INDEX_FILE, TABLES, VERSION
from wholinks.storage.errors import DataFolderError
from wholinks.storage.records import State

SHOP = "http://shop.example/"
BLOG = "http://blog.example/"


def graph() -> Graph:
    web = Graph().page(BLOG, [SHOP, Link(SHOP + "a", "Zelt", "nofollow")], title="Blog").page(SHOP, [BLOG])
    return web.redirect("http://short.example/", SHOP).page(BLOG + "2", [SHOP, "http://short.example/"], canonical=BLOG)


def backlinks(index: Index) -> int:
    return index.who_links_to("shop.example").totals.backlinks


def test_readers_keep_the_old_index_and_new_ones_see_the_new(tmp_path: Path) -> None:
    build_index(Graph().page(BLOG, [SHOP]).write(tmp_path), SMALL)
    with Index(tmp_path) as old:
        assert backlinks(old) == 1
        build_index(graph().write(tmp_path), SMALL)
        with Index(tmp_path) as new:
            assert backlinks(new) == 3
            assert backlinks(old) == 1
            assert old.snapshot is not new.snapshot
        assert [row.source_url for row in old.who_links_to("shop.example", by="page").rows] == [BLOG]  # type: ignore[union-attr]


def test_nothing_is_left_beside_the_index(tmp_path: Path) -> None:
    build_index(graph().write(tmp_path), SMALL)
    left = {path.name for path in tmp_path.iterdir() if not path.name.startswith("crawl.db")}
    assert left == {INDEX_FILE, "index.lock"}


def test_what_a_killed_build_left_is_cleaned_up(tmp_path: Path) -> None:
    graph().write(tmp_path)
    for name in ("index.duckdb.new", "index.duckdb.new.wal"):
        (tmp_path / name).write_bytes(b"half a file")
    scratch = tmp_path / ".index-build"
    (scratch / "deeper").mkdir(parents=True)
    (scratch / "scratch.duckdb").write_bytes(b"half a file")
    (scratch / "duckdb_temp_storage-0.tmp").write_bytes(b"spilled")
    build_index(tmp_path, SMALL)
    test = {path.name for path in tmp_path.iterdir() if not path.name.startswith("crawl.db")}
    assert test == {INDEX_FILE, "index.lock"}


def test_a_build_that_fails_leaves_the_old_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    build_index(Graph().page(BLOG, [SHOP]).write(tmp_path), SMALL)
    graph().write(tmp_path)

    def fail(*_: object, **__: object) -> None:
        raise duckdb.IOException("Could not write file: No space left on device")

    monkeypatch.setattr(pairs, "count_pairs", fail)
    with pytest.raises(DataFolderError, match="the disk is full; make room"):
        build_index(tmp_path, SMALL)
    assert not (tmp_path / "index.duckdb.new").exists()
    assert not (tmp_path / ".index-build").exists()
    with Index(tmp_path) as index:
        assert backlinks(index) == 1


def test_an_interrupted_build_leaves_the_old_index(tmp_path: Path) -> None:
    build_index(Graph().page(BLOG, [SHOP]).write(tmp_path), SMALL)

    def interrupt(_: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build_index(graph().write(tmp_path), SMALL, interrupt)
    assert sorted(path.name for path in tmp_path.glob("*index*")) == [INDEX_FILE, "index.lock"]


def test_one_build_at_a_time(tmp_path: Path) -> None:
    graph().write(tmp_path)
    with (tmp_path / build.LOCK_FILE).open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(DataFolderError, match="another index build is at work"):
            build_index(tmp_path, SMALL)


def test_each_step_is_told(tmp_path: Path) -> None:
    told: list[str] = []
    report = build_index(graph().write(tmp_path), SMALL, told.append)
    assert told == ["reading pages", "transposing links", "counting", "writing"]
    assert (report.links, report.pages) == (6, 4)
    assert report.index_bytes == (tmp_path / INDEX_FILE).stat().st_size


def test_a_crawl_that_goes_on_meanwhile_is_not_disturbed(tmp_path: Path) -> None:
    graph().write(tmp_path)
    with closing(sqlite3.connect(tmp_path / "crawl.db", isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("DELETE FROM link")
        build_index(tmp_path, SMALL)
        writer.execute("ROLLBACK")
    with Index(tmp_path) as index:
        assert backlinks(index) == 3


def test_an_empty_crawl_gives_an_empty_index(tmp_path: Path) -> None:
    with index_of(Graph(), tmp_path) as index:
        answer = index.who_links_to("shop.example")
        assert (answer.totals.backlinks, answer.rows, answer.coverage.pages_known) == (0, (), 0)
        assert answer.coverage.as_of is None


@pytest.mark.parametrize("target", ["nowhere", "no-crawl"])
def test_no_crawl_is_said(tmp_path: Path, target: str) -> None:
    (tmp_path / "no-crawl").mkdir()
    with pytest.raises(DataFolderError, match="run 'wholinks crawl"):
        build_index(tmp_path / target, SMALL)


def test_a_crawl_db_that_is_none_is_said(tmp_path: Path) -> None:
    (tmp_path / "crawl.db").write_bytes(b"not a database" * 100)
    with pytest.raises(DataFolderError, match=r"crawl\.db"):
        build_index(tmp_path, SMALL)


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    graph().write(tmp_path)
    if os.geteuid() == 0:
        (tmp_path / "index.lock").mkdir()  # root may write anywhere, but not into a folder
    else:
        tmp_path.chmod(0o500)
    with pytest.raises(DataFolderError, match="can't be written"):
        build_index(tmp_path, SMALL)
    tmp_path.chmod(0o700)


def test_slices_do_not_change_the_result(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    build_index(graph().write(tmp_path / "one"), SMALL)
    monkeypatch.setattr(slicing, "SLICE_LINKS", 1)
    build_index(graph().write(tmp_path / "two"), SMALL)
    with Index(tmp_path / "one") as one, Index(tmp_path / "two") as two:
        assert one.who_links_to("shop.example").rows == two.who_links_to("shop.example").rows
        assert rows_of(one, "pair") == rows_of(two, "pair")


@pytest.mark.parametrize("is_told", [False, True])
def test_links_numbered_in_parts_are_the_same(is_told: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    web = graph()
    for number in range(40):
        web.page(f"http://site{number % 7}.example/{number}", [f"http://to{n}.example/{n % 3}" for n in range(9)])
        web.page(f"http://site{number % 7}.example/inner{number}", [f"http://site{number % 7}.example/"])
    if is_told:
        web.wait(86_400)
        web.page("http://site1.example/1", ["http://to1.example/1"])
    folder = web.write(tmp_path)
    whole = build_index(folder, SMALL)
    with Index(folder) as index:
        tables = {name: rows_of(index, name) for name in ("link", "past", "internal", "pair")}
    ends: list[list[int]] = []

    def noted(places: list[int]) -> Iterator[tuple[int, int]]:
        ends.append(places)
        return pairwise(places)

    monkeypatch.setattr(links, "is_possible", lambda _: False)
    monkeypatch.setattr(links, "_URL_BYTES", 10**8)  # as if the URLs' table of hashes were that large
    monkeypatch.setattr(links, "pairwise", noted)
    in_parts = build_index(folder, SMALL)
    assert len(ends) == 1
    assert len(ends[0]) > 10
    assert in_parts.snapshot == whole.snapshot
    with Index(folder) as index:
        assert {name: rows_of(index, name) for name in tables} == tables


def test_the_tables_are_as_the_schema_says(tmp_path: Path) -> None:
    with index_of(graph(), tmp_path) as index:
        for name, columns in TABLES.items():
            found = [row[0] for row in index._duck.execute(f"DESCRIBE {name}").fetchall()]
            assert found == [column.split()[0] for column in columns.split(", ")]


def rows_of(index: Index, table: str) -> list[tuple[object, ...]]:
    return index._duck.execute(f"SELECT * FROM {table}").fetchall()


# -- the snapshot's id


def snapshot_id(web: Graph, folder: Path) -> str:
    with index_of(web, folder) as index:
        return index.who_links_to("shop.example").snapshot.id


def test_the_same_facts_give_the_same_snapshot_id(tmp_path: Path) -> None:
    first = snapshot_id(graph(), tmp_path / "a")
    with index_of(graph(), tmp_path / "b") as index:
        build_index(tmp_path / "b", BuildSettings(threads=2))
        assert first == index.who_links_to("shop.example").snapshot.id == snapshot_id(graph(), tmp_path / "c")


def test_the_order_of_rows_in_crawl_db_plays_no_part(tmp_path: Path) -> None:
    first = snapshot_id(graph(), tmp_path / "a")
    graph().write(tmp_path / "b")
    with closing(sqlite3.connect(tmp_path / "b/crawl.db")) as db, db:
        # The same fetches under other numbers, in the opposite order; times stay what they were.
        for table, column in (("fetch", "fetch_id"), ("link", "fetch_id"), ("evidence", "fetch_id")):
            db.execute(f"UPDATE {table} SET {column} = 1000 - {column}")
    build_index(tmp_path / "b", SMALL)
    with Index(tmp_path / "b") as index:
        assert index.who_links_to("shop.example").snapshot.id == first


def test_other_facts_give_another_snapshot_id(tmp_path: Path) -> None:
    ids = [
        snapshot_id(web, tmp_path / str(number))
        for number, web in enumerate(
            [graph(), graph().page(BLOG + "3"), graph().waiting(BLOG + "3"), graph().page(BLOG + "2", [SHOP + "b"])]
        )
    ]
    assert len(set(ids)) == len(ids)


# -- what is no index


def test_no_index_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(DataFolderError, match=f"{tmp_path}: no crawl and no index here; run 'wholinks crawl"):
        Index(tmp_path)


@pytest.mark.parametrize("content", [b"", b"x" * 20_000])
def test_a_file_that_is_no_index_is_said_in_one_line(tmp_path: Path, content: bytes) -> None:
    (tmp_path / INDEX_FILE).write_bytes(content)
    with pytest.raises(DataFolderError, match="run 'wholinks index") as caught:
        Index(tmp_path)
    assert "\n" not in str(caught.value)


def test_a_truncated_index_is_said(tmp_path: Path) -> None:
    build_index(graph().write(tmp_path), SMALL)
    path = tmp_path / INDEX_FILE
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 3])
    with pytest.raises(DataFolderError, match="damaged"), Index(tmp_path) as index:
        backlinks(index)


@pytest.mark.parametrize(
    ("version", "says"), [(VERSION + 1, "a newer wholinks; upgrade"), (0, "an older wholinks; run")]
)
def test_an_index_of_another_version_is_said(tmp_path: Path, version: int, says: str) -> None:
    build_index(graph().write(tmp_path), SMALL)
    with duckdb.connect(tmp_path / INDEX_FILE) as duck:
        duck.execute("UPDATE meta SET value = ? WHERE key = 'version'", [str(version)])
    with pytest.raises(DataFolderError, match=says):
        Index(tmp_path)


def test_a_database_of_something_else_is_said(tmp_path: Path) -> None:
    with duckdb.connect(tmp_path / INDEX_FILE) as duck:
        duck.execute("CREATE TABLE other AS SELECT 1")
    with pytest.raises(DataFolderError, match="run 'wholinks index"):
        Index(tmp_path)


def test_a_reader_sees_no_other_file(tmp_path: Path) -> None:
    with index_of(graph(), tmp_path) as index:
        for statement in ("SELECT * FROM read_csv('/etc/passwd')", "ATTACH '/tmp/x.duckdb'", "INSTALL httpfs"):
            with pytest.raises(duckdb.Error):
                index._duck.execute(statement)
        with pytest.raises(duckdb.Error):
            index._duck.execute("SET enable_external_access = true")
        with pytest.raises(duckdb.Error):
            index._duck.execute("DELETE FROM link")


# -- coverage, staleness


def test_coverage_counts_every_page_known_once(tmp_path: Path) -> None:
    web = graph().failed("http://other.example/gone")
    web.waiting(BLOG + "3").waiting(BLOG + "4", State.POSTPONED, "budget").waiting(
        "http://far.example/", State.EXCLUDED, "scope"
    )
    web.waiting(SHOP + "private", State.BLOCKED, "robots")
    with index_of(web, tmp_path) as index:
        coverage = index.who_links_to("shop.example").coverage
    assert (coverage.domains, coverage.pages_known, coverage.fetched) == (5, 9, 4)
    assert (coverage.blocked, coverage.failed, coverage.pending, coverage.excluded) == (1, 1, 2, 1)
    assert coverage.as_of is not None
    assert int(coverage.as_of.timestamp()) == web.fetches[-1].fetched_at


def test_an_index_older_than_the_crawl_is_stale(tmp_path: Path) -> None:
    with index_of(graph(), tmp_path) as index:
        assert not index.is_stale
    graph().page(BLOG + "3", [SHOP]).write(tmp_path)
    with Index(tmp_path) as index:
        assert index.is_stale
        assert index.who_links_to("shop.example").snapshot.stale
    for path in tmp_path.glob("crawl.db*"):
        path.unlink()
    with Index(tmp_path) as index:
        assert not index.is_stale


def test_the_snapshot_names_list_and_policy(tmp_path: Path) -> None:
    with index_of(graph(), tmp_path) as index:
        answer = index.who_links_to("shop.example", follow="followed", kinds=["image", "text"])
    assert answer.snapshot.suffix_list == SUFFIXES.version
    assert answer.snapshot.policy == "wholinks-1: kinds=text,image; follow=followed"
