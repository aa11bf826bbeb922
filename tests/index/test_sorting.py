"""--sort and --columns: any column, ties by what is the same for everyone, all four formats."""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from tests.cli.running import answered, said
from tests.graph import Graph, Link
from tests.index.asking import index_of
from wholinks.index.answers import row_type
from wholinks.index.queries import Index
from wholinks.index.questions import By, Question
from wholinks.index.sorting import sortable
from wholinks.storage.errors import UsageError

SHOP = "http://shop.example/"


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    graph = Graph()
    for name, count in (("c", 2), ("a", 2), ("b", 3)):
        for number in range(count):
            url = f"http://{name}.example/{number}"
            rel = "nofollow" if name == "b" else ""
            links = [Link(f"{SHOP}{number}", f"{name}{number}", rel)] * (3 if name == "a" else 1)
            graph.page(url, links, title=f"={name}", language="de" if number else "en")
    with index_of(graph, tmp_path_factory.mktemp("sorting")) as opened:
        yield opened


def names(index: Index, sort: str | None, **given: Any) -> list[str]:
    answer = index.who_links_to("shop.example", sort=sort, **given)
    return [getattr(row, fields(row)[0].name) for row in answer.rows]


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        (None, "b a c"),
        ("links", "a b c"),
        ("links:asc", "c b a"),
        ("referring_domain", "a b c"),
        ("referring_domain:desc", "c b a"),
        ("followed", "a c b"),
        ("not_followed:desc", "b a c"),
        ("first_seen:asc", "c a b"),
        ("last_seen", "b a c"),
    ],
)
def test_domains_by_hand_counted_ahead_or_not(index: Index, sort: str | None, order: str) -> None:
    wanted = [f"{name}.example" for name in order.split()]
    assert names(index, sort) == wanted
    assert names(index, sort, kinds=["text", "image"]) == wanted
    assert names(index, sort, limit=2, offset=1) == wanted[1:]


def test_backlinks_by_hand(index: Index) -> None:
    by_links = names(index, "links", by="page")
    assert by_links[:3] == ["http://a.example/0", "http://a.example/1", "http://b.example/0"]
    rows = index.who_links_to("shop.example", by="page", sort="anchor_text:desc", limit=2).rows
    assert [row.anchor_text for row in rows] == ["c1", "c0"]  # type: ignore[union-attr]
    assert names(index, "target_url:desc", by="page")[0] == "http://b.example/2"
    assert len(names(index, "first_seen", by="link")) == 11


@pytest.mark.parametrize("by", list(By))
def test_every_sortable_column_sorts_the_same_rows(index: Index, by: By) -> None:
    question = Question(index.target("shop.example"), by)
    whole = index.who_links_to("shop.example", by=by).rows
    for column in sortable(question):
        for way in ("asc", "desc"):
            rows = index.who_links_to("shop.example", by=by, sort=f"{column}:{way}").rows
            values = [getattr(row, column) for row in rows if getattr(row, column) is not None]
            assert values == sorted(values, reverse=way == "desc"), (column, way)
            assert set(map(repr, rows)) == set(map(repr, whole))


def test_ties_do_not_depend_on_where_the_cut_is(index: Index) -> None:
    whole = names(index, "http_status", by="page")
    assert [names(index, "http_status", by="page", limit=1, offset=n)[0] for n in range(7)] == whole


@pytest.mark.parametrize("sort", ["nonsense", "links:up", "links; DROP TABLE link", "evidence"])
def test_another_column_is_refused_also_where_nothing_is_known(index: Index, sort: str) -> None:
    for target in ("shop.example", "nobody.example"):
        with pytest.raises(UsageError, match="sort"):
            index.who_links_to(target, sort=sort, by="page")


def test_links_of_a_source_sort_too(index: Index) -> None:
    for by in By:
        column = sortable(Question(None, by, source=index.target("a.example")))[0]
        rows = index.links_from("a.example", by=by, sort=f"{column}:desc").rows
        values = [getattr(row, column) for row in rows]
        assert values == sorted(values, reverse=True)
        assert values


def test_columns_in_all_formats(index: Index, capsys: pytest.CaptureFixture[str]) -> None:
    options = (
        "to", "shop.example", "--by", "page", "--data", index.folder, "--sort", "links", "--limit", "1",
        "--columns", "title, links,evidence_ordinal",
    )  # fmt: skip
    wanted = {"title": "=a", "links": 3, "evidence_ordinal": 1}
    whole = answered(capsys, *options)
    assert (whole["rows"], whole["measure"]) == ([wanted], "links")
    assert json.loads(said(capsys, *options, "--format", "jsonl")) == wanted
    assert list(csv.reader(io.StringIO(said(capsys, *options, "--format", "csv")))) == [list(wanted), ["'=a", "3", "1"]]
    lines = said(capsys, *options).split("\n")
    assert lines[0].startswith("7 backlinks to shop.example")
    assert lines[2].split() == ["Title", "Links", "Evidence", "ordinal"]
    assert lines[4].split() == ["=a", "3", "1"]
    assert lines[5] == "… and 6 more; --limit 7 shows all"


@pytest.mark.parametrize("columns", ["nonsense", "", "links,links", "links,,title"])
def test_other_columns_are_one_line(index: Index, capsys: pytest.CaptureFixture[str], columns: str) -> None:
    for format_ in ("table", "json", "jsonl", "csv"):
        options = ("--data", index.folder, "--format", format_, "--columns", columns)
        shown = said(capsys, "to", "shop.example", *options, code=2)
        assert shown.startswith("wholinks: columns: ")
        assert shown.count("\n") == 1


def test_all_columns_are_those_of_the_row(index: Index) -> None:
    assert sortable(Question(index.target("shop.example"))) == [
        field.name for field in fields(row_type(Question(index.target("shop.example"))))
    ]


def test_a_verdict_has_no_columns(index: Index, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    options = ("to", "shop.example", "--from", "a.example", "--data", index.folder)
    assert "leave out --sort" in said(capsys, *options, "--sort", "links", code=2)
