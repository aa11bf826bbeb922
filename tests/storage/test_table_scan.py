"""Tables read from the file's pages: what SQLite says, at one moment, and no crash whatever the file says."""

import random
import shutil
import sqlite3
import subprocess
import sys
import sysconfig
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.graph import Graph, Link
from wholinks.index import source
from wholinks.index.build import build_index
from wholinks.index.source import crawl_snapshot
from wholinks.storage import schema, table_scan, views
from wholinks.storage.table_scan import Columns, TableFile, TableScan, Term

needs_compiled = pytest.mark.skipif(not table_scan.IS_COMPILED, reason="not compiled")

NUMBERS = [0, 1, -1, 127, -128, 2**15, -(2**23), 2**31 - 1, -(2**31), 2**47, -(2**47), 2**63 - 1, -(2**63)]
numbers = st.sampled_from(NUMBERS) | st.integers(-(2**63), 2**63 - 1) | st.none()
texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=40) | st.none()
# Some rows do not fit a page.
long_texts = st.builds(lambda text, times: text * times, st.text("abcé", max_size=9), st.integers(0, 900)) | st.none()
rows_of_all = st.lists(st.tuples(numbers, texts, long_texts, numbers), max_size=60)

OUTPUTS: dict[str, tuple[Term, ...] | tuple[str, ...]] = {
    "number": (Term("number"),),
    "key": (Term("key"),),
    "sum": (Term("key", 8), Term("number", 1, "is null"), Term("text", 0, "is given")),
    "or": (Term("number"), Term("more", what="instead")),
    "texts": ("text", "long"),
    "long": ("long",),
}
SELECT = """
SELECT coalesce(number, 0), key, (key << 8) + ((number IS NULL) << 1) + (text IS NOT NULL),
       coalesce(number, more, 0),
       CASE WHEN text IS NULL THEN coalesce(long, '') WHEN long IS NULL THEN text ELSE text || char(0) || long END,
       coalesce(long, '')
FROM made ORDER BY key"""


def made(path: Path, page_size: int, *, with_rowid: bool) -> sqlite3.Connection:
    """An empty database of ours with a table ``made``."""
    path.unlink(missing_ok=True)
    db = sqlite3.connect(path, isolation_level=None)
    db.executescript(
        f"PRAGMA page_size = {page_size}; PRAGMA application_id = {schema.APPLICATION_ID};"
        f"PRAGMA user_version = {schema.VERSION}; CREATE TABLE made"
        f" (key INTEGER PRIMARY KEY, number INTEGER, text TEXT, long TEXT){'' if with_rowid else ' WITHOUT ROWID'};"
        "ALTER TABLE made ADD COLUMN more INTEGER"
    )
    return db


def scanned(scan: TableScan) -> list[tuple[Any, ...]]:
    """All rows, as Python's."""
    with closing(duckdb.connect(":memory:")) as duck:
        duck.register("rows", scan)
        return duck.execute("SELECT * FROM rows").fetchall()


def scan_of(path: Path, batch_rows: int = 7) -> list[tuple[Any, ...]]:
    with TableFile(path) as file:
        return scanned(file.scan(Columns("made", OUTPUTS), batch_rows))


def test_it_is_compiled_where_there_is_a_compiler() -> None:
    if shutil.which((sysconfig.get_config_var("CC") or "cc").split()[0]):
        assert table_scan.IS_COMPILED


@needs_compiled
@given(rows_of_all, st.sampled_from([512, 1024, 8192, 65536]), st.booleans(), st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_what_is_scanned_is_what_sqlite_says(
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[tuple[Any, ...]],
    page_size: int,
    with_rowid: bool,
    chance: random.Random,
) -> None:
    path = tmp_path_factory.mktemp("scan") / "made.db"
    with closing(made(path, page_size, with_rowid=with_rowid)) as db:
        keys = chance.sample(range(-(2**40), 2**40), len(rows))
        db.executemany(
            "INSERT INTO made VALUES (?, ?, ?, ?, ?)", [(key, *row) for key, row in zip(keys, rows, strict=True)]
        )
        db.executemany("DELETE FROM made WHERE key = ?", [(key,) for key in keys[::5]])
        expected = db.execute(SELECT).fetchall()
    assert scan_of(path) == expected


@needs_compiled
@pytest.mark.parametrize("with_rowid", [True, False])
def test_a_table_of_many_levels(tmp_path: Path, with_rowid: bool) -> None:
    with closing(made(tmp_path / "made.db", 512, with_rowid=with_rowid)) as db:
        db.execute("BEGIN")
        db.executemany(
            "INSERT INTO made (key, number, text, long) VALUES (?, ?, ?, ?)",
            [(key * 7919 % 30_011, key, f"text {key}", "long" * (key % 90)) for key in range(30_011)],
        )
        db.execute("COMMIT")
        expected = db.execute(SELECT).fetchall()
    assert scan_of(tmp_path / "made.db", 1000) == expected


@needs_compiled
@pytest.mark.parametrize("statement", list(views.SCANS))
def test_each_statement_has_the_same_rows_and_columns(statement: str, tmp_path: Path) -> None:
    web = Graph().redirect("http://a.example/go", "http://b.example/").failed("http://c.example/")
    web.page("http://a.example/?utm_source=n", ["http://b.example/", "http://a.example/go"])
    web.page("http://b.example/", [Link("http://c.example/", "anchor", rel="nofollow x", rel_raw="x nofollow")])
    web.waiting("http://d.example/").unchanged("http://b.example/")
    path = web.write(tmp_path) / views.CRAWL_DB
    with closing(sqlite3.connect(path)) as db:
        cursor = db.execute(statement)
        names = [column[0] for column in cursor.description]
        expected = sorted(cursor.fetchall())
    assert expected
    assert list(views.SCANS[statement].outputs) == names
    with TableFile(path) as file:
        assert file.has_all()
        assert sorted(scanned(file.scan(views.SCANS[statement], 3))) == expected


@needs_compiled
def test_a_crawl_that_writes_meanwhile_is_not_seen(tmp_path: Path) -> None:
    path = Graph().page("http://a.example/", ["http://b.example/"]).write(tmp_path) / views.CRAWL_DB
    count = "SELECT count(*) FROM source"
    with closing(duckdb.connect(":memory:")) as duck:
        with crawl_snapshot(path) as crawl, crawl.later() as later:
            for snapshot in (crawl, later):
                said = elsewhere(path, "DELETE FROM evidence", "PRAGMA wal_checkpoint(TRUNCATE)")
                assert said.startswith("(1,")  # busy
                with snapshot.rows(duck, views.EVIDENCE):
                    assert duck.execute(count).fetchall() == [(1,)]
        with closing(sqlite3.connect(path)) as writer:
            writer.execute("DELETE FROM evidence")
            writer.commit()  # into the log, and nowhere else
            with crawl_snapshot(path) as crawl, crawl.rows(duck, views.EVIDENCE):
                assert crawl.file is None
                assert duck.execute(count).fetchall() == [(0,)]


def elsewhere(path: Path, *statements: str) -> str:
    """The row of the last of ``statements``, in a process of its own: locks within one process are none."""
    code = """
import sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
print([db.execute(statement).fetchone() for statement in sys.argv[2:]][-1])
db.close()"""
    return subprocess.run(
        [sys.executable, "-c", code, path, *statements], capture_output=True, text=True, check=True
    ).stdout.strip()


@needs_compiled
def test_it_is_known_where_the_file_has_not_all(tmp_path: Path) -> None:
    path = Graph().page("http://a.example/", ["http://b.example/"]).write(tmp_path) / views.CRAWL_DB
    with TableFile(path) as file:
        assert file.has_all()
        log = path.with_name("crawl.db-wal")
        log.touch()
        assert file.has_all()
        log.write_bytes(b"frames")
        assert not file.has_all()
        log.unlink()
        shutil.copy(path, tmp_path / "copy")
        (tmp_path / "copy").rename(path)
        assert not file.has_all()


def test_an_index_is_the_same_with_and_without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    web = Graph().page(
        "http://a.example/", [Link("http://b.example/", "anchor", rel="nofollow x"), "http://a.example/2"]
    )
    web.page("http://a.example/2", ["http://b.example/3"]).page("http://b.example/", ["http://a.example/"])
    folder = web.write(tmp_path)
    compiled = build_index(folder).snapshot
    monkeypatch.setattr(table_scan, "IS_COMPILED", False)
    with source.crawl_snapshot(folder / views.CRAWL_DB) as crawl:
        assert crawl.file is None
    assert build_index(folder).snapshot == compiled


@needs_compiled
@given(st.randoms(use_true_random=False), st.booleans())
@settings(max_examples=150, deadline=None)
def test_a_damaged_file_is_an_error_or_other_rows_and_never_a_crash(
    tmp_path_factory: pytest.TempPathFactory, chance: random.Random, with_rowid: bool
) -> None:
    path = tmp_path_factory.mktemp("damaged") / "made.db"
    with closing(made(path, 512, with_rowid=with_rowid)) as db:
        db.executemany(
            "INSERT INTO made (key, number, text, long) VALUES (?, ?, ?, ?)",
            [(key, key * 1000, f"text {key}", "long" * (key % 300)) for key in range(200)],
        )
    content = bytearray(path.read_bytes())
    with TableFile(path) as file:
        scan = file.scan(Columns("made", OUTPUTS), 7)
        for _ in range(chance.choice([1, 3, 30, 300])):
            content[chance.randrange(100, len(content))] = chance.choice([0, 1, 2, 5, 10, 13, 127, 128, 255])
        if chance.random() < 0.2:
            del content[chance.randrange(512, len(content)) :]
        path.write_bytes(content)
        with suppress(duckdb.IOException, duckdb.InvalidInputException):
            scanned(scan)
