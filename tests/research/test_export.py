"""Exports: whole, valid, and never half a file."""

import csv
import json
import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import duckdb
import networkx
import pytest

from tests.cli.running import said
from tests.graph import Graph, Link
from tests.index.asking import index_of
from wholinks.cli import run
from wholinks.index.queries import Index
from wholinks.render.graph import gexf, graphml

SHOP = "http://shop.example/"
EDGES = {("a.example", "rival.example"): (1, 1, 1), ("a.example", "shop.example"): (2, 3, 1),
         ("b.example", "shop.example"): (1, 1, 1)}  # fmt: skip


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    graph = (
        Graph()
        .page("http://a.example/1", [Link(SHOP, "=1+1"), Link(SHOP, "b"), "http://rival.example/"])
        .page("http://a.example/2", [Link(SHOP, "c", "nofollow")])
        .page("http://b.example/", [SHOP])
    )
    with index_of(graph, tmp_path_factory.mktemp("export")) as opened:
        yield opened


def exported(capsys: pytest.CaptureFixture[str], index: Index, path: Path, *options: str) -> Path:
    assert run(["export", "--data", str(index.folder), "-o", str(path), *options]) == 0
    shown = capsys.readouterr()
    assert not shown.out
    assert re.search(
        rf"^wholinks: [1-9][0-9]* (row|edge)s? written to {re.escape(str(path))}\n\Z", shown.err, re.MULTILINE
    )
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    return path


@pytest.mark.parametrize("format_", ["gexf", "graphml"])
def test_the_graph_is_read_by_others(
    index: Index, tmp_path: Path, capsys: pytest.CaptureFixture[str], format_: str
) -> None:
    path = exported(capsys, index, tmp_path / "graph", "--what", "graph", "--format", format_)
    read = networkx.read_gexf if format_ == "gexf" else networkx.read_graphml
    found = read(path)
    assert found.is_directed()
    assert {
        (source, target): (data["backlinks"], data["links"], data["followed"])
        for source, target, data in found.edges(data=True)
    } == EDGES
    only = exported(capsys, index, path, "--what", "graph", "--format", format_, "--domain-of", "www.rival.example/x")
    assert set(read(only).edges()) == {("a.example", "rival.example")}


@pytest.mark.parametrize("what", ["links", "backlinks", "domains", "graph"])
def test_rows_are_the_same_in_each_format(
    index: Index, tmp_path: Path, capsys: pytest.CaptureFixture[str], what: str
) -> None:
    for more in ((), ("--domain-of", "shop.example")):
        path = tmp_path / "rows"
        lines = exported(capsys, index, path, "--what", what, "--format", "jsonl", *more).read_text("utf-8")
        found = [json.loads(line) for line in lines.splitlines()]
        with exported(capsys, index, path, "--what", what, "--format", "csv", *more).open(encoding="utf-8") as stream:
            cells = list(csv.DictReader(stream))
        assert list(cells[0]) == list(found[0])
        exported(capsys, index, path, "--what", what, "--format", "parquet", *more)
        with duckdb.connect() as duck:
            parquet = duck.execute("SELECT * FROM read_parquet(?)", [str(path)])
            assert [column[0] for column in parquet.description or ()] == list(found[0])
            assert len(parquet.fetchall()) == len(found) == len(cells)
        assert list(tmp_path.iterdir()) == [path]
        wanted = {"links": (5, 4), "backlinks": (4, 3), "domains": (4, 2), "graph": (3, 2)}[what][bool(more)]
        assert len(found) == wanted


def test_csv_is_safe_for_a_spreadsheet(index: Index, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = exported(capsys, index, tmp_path / "x.csv", "--what", "links", "--format", "csv")
    assert "'=1+1" in path.read_text("utf-8")


def test_hostile_names_make_valid_xml() -> None:
    name = "a\"<&>'\x00\x1b\ud800\uffff.example"
    for write in (gexf, graphml):
        text = "\n".join(write([name, "b"], [(name, "b", 1, 2, 0)]))
        root = ElementTree.fromstring(text.encode())
        ids = [element.get("id") for element in root.iter() if element.tag.endswith("node")]
        assert ids == ["a\"<&>'.example", "b"]


def test_what_fails_leaves_what_was_there(index: Index, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    base = ("export", "--data", index.folder)
    wrong = said(capsys, *base, "--what", "links", "--format", "gexf", "-o", tmp_path / "x", code=2)
    assert "--format gexf is for --what graph" in wrong
    for name in ("crawl.db", "index.duckdb"):
        before = (index.folder / name).stat()
        said(capsys, *base, "--what", "links", "--format", "csv", "-o", index.folder / name, code=2)
        assert (index.folder / name).stat() == before
    for format_ in ("csv", "parquet"):
        missing = said(capsys, *base, "--what", "links", "--format", format_, "-o", tmp_path / "no/x", code=1)
        assert missing.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_what_to_export_is_asked_for_in_one_clean_line(
    index: Index, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = said(capsys, "export", "--data", index.folder, "-o", tmp_path / "x.csv", code=2)
    assert told.startswith("wholinks: Missing option '--what'. Choose from: links, backlinks, domains, graph (see")
