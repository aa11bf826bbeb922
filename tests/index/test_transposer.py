"""Links sorted beside DuckDB: what Python's sort says, however much memory; and the same index as by statements."""

import os
import random
import shutil
import sysconfig
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.graph import Graph, Link
from wholinks.index import links, transposer
from wholinks.index.build import build_index
from wholinks.index.queries import Index
from wholinks.index.source import crawl_snapshot
from wholinks.index.transposer import IS_COMPILED
from wholinks.storage.errors import DataFolderError

if IS_COMPILED:
    from wholinks.index._transpose import Transposer

needs_compiled = pytest.mark.skipif(not IS_COMPILED, reason="not compiled")

FEW_BYTES = 300
"""Of memory: a run has two or three rows."""


def test_it_is_compiled_where_there_is_a_compiler() -> None:
    if shutil.which((sysconfig.get_config_var("CC") or "cc").split()[0]):
        assert IS_COMPILED


class Source(NamedTuple):
    fetch_id: int
    url: int
    domain: int
    flags: int


class Row(NamedTuple):
    """A link of crawl.db, as ``views.packed`` has it."""

    fetch_id: int
    target_hash: int
    packed: int
    texts: str


class Web(NamedTuple):
    """``hashes`` of URLs 1, 2, …; ``domains`` of them, ascending."""

    hashes: list[int]
    domains: list[int]
    sources: list[Source]
    rows: list[Row]

    def expected(self) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
        """External and internal rows, as the two streams should have them."""
        url_of = {hash_: number for number, hash_ in enumerate(self.hashes, 1)}
        source_of = {source.fetch_id: source for source in self.sources}
        external, internal = [], []
        for row in self.rows:
            target, source = url_of.get(row.target_hash), source_of.get(row.fetch_id)
            if target is None or source is None:
                continue
            domain = self.domains[target - 1]
            numbers = domain, source.domain, target, source.url, row.packed, source.flags & 1
            if domain == source.domain:
                if row.packed & 1:
                    internal.append((*numbers, ""))
            elif not source.flags & 2:
                external.append((*numbers, row.texts))
        return sorted(external), sorted(internal)


@st.composite
def webs(draw: st.DrawFn) -> Web:
    edges = [0, 1, -1, 2**63 - 1, -(2**63)]
    hashes = draw(st.lists(st.sampled_from(edges) | st.integers(-(2**63), 2**63 - 1), max_size=40, unique=True))
    domains = sorted(draw(st.lists(st.integers(1, 5), min_size=len(hashes), max_size=len(hashes))))
    fetches = draw(st.lists(st.integers(-5, 60), max_size=20, unique=True))
    sources = [
        Source(fetch, draw(st.integers(1, 2**32 - 1)), draw(st.integers(1, 5)), draw(st.integers(0, 3)))
        for fetch in sorted(fetches)
    ]
    links_ = st.builds(
        Row,
        st.sampled_from(fetches) if fetches else st.just(7),
        st.sampled_from(hashes) if hashes else st.just(7),
        st.integers(0, 2**40),
        st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=9),
    )
    strangers = st.builds(Row, st.integers(-9, 99), st.integers(-3, 3), st.integers(0, 9), st.just("x"))
    return Web(hashes, domains, sources, draw(st.lists(links_ | strangers, max_size=120)))


def crawl_db(folder: Path) -> Path:
    return Graph().page("http://a.example/", ["http://b.example/"]).write(folder) / "crawl.db"


def literal(text: str) -> str:
    return f"CAST(x'{text.encode().hex()}' AS TEXT)"


def select(rows: list[Row]) -> str:
    """A statement with these rows."""
    values = ", ".join(
        f"({row.fetch_id}, {_number(row.target_hash)}, {row.packed}, {literal(row.texts)})" for row in rows
    )
    names = "SELECT 0 AS fetch_id, 0 AS target_url_id, 0 AS packed, '' AS texts WHERE false"
    return f"{names} UNION ALL VALUES {values}" if rows else names


def _number(value: int) -> str:
    return "(-9223372036854775807 - 1)" if value == -(2**63) else str(value)


@contextmanager
def worker(web: Web, run_bytes: int, batch_rows: int) -> "Iterator[Transposer]":
    """One that knows the URLs and sources of ``web``."""
    columns = zip(*web.sources, strict=True) if web.sources else [()] * 4
    fetches, urls, domains, flags = (
        np.array(column, kind) for column, kind in zip(columns, (np.int64, np.uint32, np.uint32, np.uint8), strict=True)
    )
    with tempfile.TemporaryFile() as one, tempfile.TemporaryFile() as other:
        work = Transposer(
            len(web.hashes), fetches, urls, domains, flags, one.fileno(), other.fileno(), run_bytes, batch_rows
        )
        for part in (slice(None, 10), slice(10, None)):
            work.count(np.array(web.hashes, np.int64)[part])
        for part in (slice(None, 10), slice(10, None)):
            work.place(np.array(web.hashes, np.int64)[part], np.array(web.domains, np.uint32)[part])
        yield work


def rows_of(work: "Transposer", is_internal: bool) -> list[tuple[Any, ...]]:
    with duckdb.connect(":memory:") as duck:
        duck.register("found", transposer.Rows(work.rows(is_internal)))
        return duck.execute("SELECT * FROM found").fetchall()


def check(path: Path, web: Web, run_bytes: int, batch_rows: int) -> None:
    """Rows come back in order; those of one place in any order, which no crawl.db has."""
    with crawl_snapshot(path) as crawl, worker(web, run_bytes, batch_rows) as work:
        with crawl.stream(select(web.rows)) as stream:
            work.add(stream)
        for is_internal, expected in zip((False, True), web.expected(), strict=True):
            found = rows_of(work, is_internal)
            assert [row[:5] for row in found] == [row[:5] for row in expected]
            assert sorted(found) == expected


@needs_compiled
@given(web=webs(), run_bytes=st.sampled_from([1, FEW_BYTES, 4_000, 10**6]), batch_rows=st.sampled_from([1, 7, 1_000]))
@settings(max_examples=150, deadline=None)
def test_rows_come_back_as_they_would_from_a_sort(
    tmp_path_factory: pytest.TempPathFactory, web: Web, run_bytes: int, batch_rows: int
) -> None:
    path = crawl_db(tmp_path_factory.mktemp("sort"))
    check(path, web, run_bytes, batch_rows)


def many(seed: int) -> Web:
    """Rows of every kind of closeness: few domains, pairs of pages with many links, numbers of all sizes."""
    chance = random.Random(seed)
    hashes = [chance.getrandbits(64) - 2**63 for _ in range(3_000)]
    domains = sorted(chance.choice([1, 1, 1, 2, 300, 70_000, 2**24 + 1, 2**32 - 1]) for _ in hashes)
    sources = [
        Source(
            fetch * 3,
            chance.choice([5, 6, 2**31, 2**32 - 1]),
            chance.choice([1, 2, 300, 70_000]),
            chance.choice([0, 1]),
        )
        for fetch in range(400)
    ]
    rows = [
        Row(
            chance.choice(sources).fetch_id,
            chance.choice(hashes[:5] if number % 2 else hashes),
            chance.getrandbits(chance.choice([1, 8, 40, 62])),
            "é" * chance.choice([0, 1, 30]),
        )
        for number in range(20_000)
    ]
    return Web(hashes, domains, sources, rows)


@needs_compiled
@pytest.mark.parametrize("run_bytes", [20_000, 500_000, 10**8])
def test_many_rows_in_many_runs(run_bytes: int, tmp_path: Path) -> None:
    web = many(run_bytes)
    check(crawl_db(tmp_path), web, run_bytes, 1_000)


@needs_compiled
@pytest.mark.parametrize("run_bytes", [1, 10**8])
def test_a_text_that_is_longer_than_every_buffer(run_bytes: int, tmp_path: Path) -> None:
    rows = [
        Row(1, 5, number << 1 | 1, letter * size)
        for number, letter, size in ((3, "a", 3), (2, "b", 3 << 20), (1, "c", 0))
    ]
    web = Web([5, 6], [1, 2], [Source(1, 2, 2, 0)], rows * 3)
    check(crawl_db(tmp_path), web, run_bytes, 2)


SMALL_WEB = Web([5, 6], [1, 2], [Source(1, 2, 2, 0)], [Row(1, 5, number, "text") for number in range(50)])


@needs_compiled
def test_a_disk_that_is_full_is_an_error(tmp_path: Path) -> None:
    arrays = np.array([1]), np.array([2], np.uint32), np.array([2], np.uint32), np.array([0], np.uint8)
    full = os.open("/dev/full", os.O_RDWR)
    try:
        work = Transposer(2, *arrays, full, full, FEW_BYTES, 10)
    finally:
        os.close(full)
    work.count(np.array(SMALL_WEB.hashes))
    work.place(np.array(SMALL_WEB.hashes), np.array(SMALL_WEB.domains, np.uint32))
    with (
        crawl_snapshot(crawl_db(tmp_path)) as crawl,
        crawl.stream(select(SMALL_WEB.rows)) as stream,
        pytest.raises(OSError, match="No space left"),
    ):
        work.add(stream)


@needs_compiled
def test_wrong_use_is_an_error(tmp_path: Path) -> None:
    with crawl_snapshot(crawl_db(tmp_path)) as crawl, worker(SMALL_WEB, FEW_BYTES, 10) as work:
        with pytest.raises(ValueError, match="other URLs"):
            work.place(np.array([7]), np.array([1], np.uint32))
        with (
            crawl.stream("SELECT 1 AS a, 2 AS b, 'x' AS c, 'y' AS d") as stream,
            pytest.raises(ValueError, match="other columns"),
        ):
            work.add(stream)
        with crawl.stream("SELECT 1 AS a") as stream, pytest.raises(ValueError, match="other columns"):
            work.add(stream)
        with pytest.raises(AttributeError, match="__arrow_c_stream__"):
            work.add(7)
        work.rows(True)
        with pytest.raises(ValueError, match="already"):
            work.rows(True)
        with crawl.stream(select(SMALL_WEB.rows)) as stream, pytest.raises(ValueError, match="asked for"):
            work.add(stream)
    whole, half = np.array([1, 2]), np.array([1], np.uint32)
    with pytest.raises(ValueError, match="sizes"):
        Transposer(2, whole, half, half, half, 0, 0, 1, 1)
    with worker(SMALL_WEB, FEW_BYTES, 10) as fresh, pytest.raises(ValueError, match="other URLs"):
        fresh.place(np.array([7]), np.array([1], np.uint32))
    with unplaced_worker() as unplaced, pytest.raises(ValueError, match="not all URLs"):
        unplaced.add(None)


@contextmanager
def unplaced_worker() -> "Iterator[Transposer]":
    with tempfile.TemporaryFile() as file:
        nothing = np.array([], np.int64), np.array([], np.uint32), np.array([], np.uint32), np.array([], np.uint8)
        yield Transposer(2, *nothing, file.fileno(), file.fileno(), 1, 1)


def web_with_a_history() -> Graph:
    chance = random.Random(5)
    web = Graph()
    for _ in range(2):
        for number in range(60):
            out = [
                Link(
                    f"http://s{chance.randrange(9)}.example/{chance.randrange(7)}",
                    f"text {n}",
                    rel=chance.choice(["", "nofollow", "odd"]),
                )
                for n in range(chance.randrange(12))
            ]
            web.page(f"http://s{number % 9}.example/{number}", out)
        web.wait(86_400)
    return web


@needs_compiled
@pytest.mark.parametrize("runs", [transposer._RUNS, 10**7])
def test_the_index_is_the_same_as_by_statements(runs: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = web_with_a_history().write(tmp_path)
    tables = ("link", "past", "internal", "pair")

    def everything() -> dict[str, list[tuple[Any, ...]]]:
        with Index(folder) as index:
            return {name: index._duck.execute(f"SELECT * FROM {name}").fetchall() for name in tables}

    monkeypatch.setattr(transposer, "_RUNS", runs)
    ours = build_index(folder).snapshot, everything()
    assert all(ours[1].values())
    monkeypatch.setattr(links, "is_possible", lambda _: False)
    assert (build_index(folder).snapshot, everything()) == ours


@needs_compiled
def test_links_that_cant_be_read_are_told_of_in_one_line(tmp_path: Path) -> None:
    web = Graph()
    for number in range(50):
        web.page(f"http://a.example/{number}", [f"http://b.example/{n}" for n in range(90)])
    path = web.write(tmp_path) / "crawl.db"
    with crawl_snapshot(path) as crawl:
        assert crawl.file is not None
        root = crawl.file._tables["link"].root_page
        size = int.from_bytes(path.read_bytes()[16:18], "big")
    with path.open("r+b") as file:
        file.seek((root - 1) * size)
        file.write(b"\xff" * 100)
    with pytest.raises(DataFolderError, match="malformed") as raised:
        build_index(tmp_path)
    assert "\n" not in str(raised.value)
