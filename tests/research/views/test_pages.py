"""Rows in pages: put together they are all rows in their order, whatever view, sorting and size of page."""

import base64
import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from functools import partial
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.cli.running import answered, said
from tests.graph import Graph, Link
from tests.index.asking import examples, index_of
from tests.research.views.test_views import SHOP, web
from wholinks.cli import run
from wholinks.index.filters import Filters
from wholinks.index.queries import Index
from wholinks.index.questions import By, Question, Standing
from wholinks.index.sorting import sortable
from wholinks.research.views.groups import (
    BrokenRow,
    Group,
    GroupedRow,
    InternalRow,
    Network,
    NetworkRow,
    PathRow,
    broken_links,
    grouped_backlinks,
    internal_pages,
    linked_paths,
    networks,
)
from wholinks.research.views.paged import View
from wholinks.storage.errors import UsageError
from wholinks.storage.records import Placement

VIEWS: Final[dict[str, tuple[Callable[[Index, Question], View[Any]], type[Any]]]] = {
    "domain": (lambda index, asked: grouped_backlinks(index, asked, Group.DOMAIN), GroupedRow),
    "similar": (lambda index, asked: grouped_backlinks(index, asked, Group.SIMILAR), GroupedRow),
    "paths": (lambda index, asked: linked_paths(index, asked, 1), PathRow),
    "broken": (broken_links, BrokenRow),
    "internal": (internal_pages, InternalRow),
    "networks": (lambda index, asked: networks(index, asked, Network.IP), NetworkRow),
}


def paged(ask: Callable[[Question], Any], question: Question, size: int) -> list[Any]:
    """All rows by pages of this size."""
    rows: list[Any] = []
    after = None
    while True:
        page = ask(replace(question, limit=size, after=after))
        assert (page.rows_before, page.rows_known >= len(rows)) == (len(rows), True)
        rows += page.rows
        after = page.next
        if after is None:
            assert len(rows) == page.rows_known
            return rows
        assert len(page.rows) == size


_LINK = st.builds(
    Link,
    st.sampled_from([SHOP, SHOP + "x", SHOP + "x/y", SHOP + "gone", "http://s1.example/"]),
    st.sampled_from(["", "Tent", "tent", "n\u00e4her"]),
    st.sampled_from(["", "nofollow"]),
    placement=st.sampled_from([Placement.MAIN, Placement.FOOTER]),
    is_closed=st.booleans(),
)


@settings(max_examples=examples(6), deadline=None)
@given(
    pages=st.lists(st.lists(_LINK, max_size=5), min_size=1, max_size=5),
    choice=st.integers(0, 100_000),
    size=st.integers(1, 7),
)
def test_pages_put_together_are_the_list(
    tmp_path_factory: pytest.TempPathFactory, pages: list[list[Link]], choice: int, size: int
) -> None:
    graph = Graph()
    for number, links in enumerate(pages):
        ip = f"10.0.{number % 2}.1" if number else None
        graph.page(f"http://s{number // 2}.example/{number}", links, title=f"t{number % 2}", ip=ip)
    graph.page(SHOP, [SHOP + "x", SHOP + "gone", SHOP + "x"]).failed(SHOP + "gone", 404)
    with index_of(graph, tmp_path_factory.mktemp("any")) as index:
        target, source = index.target("shop.example"), index.target("s0.example")
        for by in [*By, *By][choice % len(By) :][:3]:
            ends = ({"target": target}, {"target": None, "source": source})[choice % 2]
            asked = Question(by=by, standing=(Standing.LIVE, Standing.ALL)[choice // 2 % 2], **ends)
            names = [None, *(f"{name}:{way}" for name in sortable(asked) for way in ("asc", "desc"))]
            asked = replace(asked, sort=names[choice // 3 % len(names)])
            whole = index.answer(asked).rows
            assert tuple(paged(index.answer, asked, size)) == whole, asked
            assert tuple(index.rows(asked)) == whole
        for name, (view, row) in [*VIEWS.items(), *VIEWS.items()][choice % len(VIEWS) :][:2]:
            names = [None, *(f"{field.name}:{way}" for field in fields(row) for way in ("asc", "desc"))]
            asked = Question(target, sort=names[choice // 3 % len(names)])
            found = view(index, asked)
            assert tuple(paged(partial(view, index), asked, size)) == found.rows, (name, asked)


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    with index_of(web(), tmp_path_factory.mktemp("views")) as opened:
        yield opened


@pytest.mark.parametrize("name", VIEWS)
def test_every_column_of_a_view_sorts_its_rows(index: Index, name: str) -> None:
    view, row = VIEWS[name]
    question = Question(index.target("shop.example"))
    whole = view(index, question).rows
    assert whole
    for field in fields(row):
        for way in ("asc", "desc"):
            rows = view(index, replace(question, sort=f"{field.name}:{way}")).rows
            values = [getattr(row, field.name) for row in rows]
            known = [value for value in values if value is not None]
            assert values == sorted(known, reverse=way == "desc") + [None] * (len(values) - len(known)), field.name
            assert set(rows) == set(whole)
    with pytest.raises(UsageError, match=r"^sort: 'nonsense' is none of "):
        view(index, replace(question, sort="nonsense"))


def test_a_cursor_is_of_one_question_and_one_index(index: Index, tmp_path: Path) -> None:
    question = Question(index.target("shop.example"), By.PAGE, limit=2)
    after = index.answer(question).next
    assert after is not None
    same = Question(index.target("http://SHOP.example", mode="subdomains"), By.PAGE, limit=5, after=after)
    assert index.answer(same).rows == index.answer(replace(question, limit=7)).rows[2:]
    for other in (
        replace(question, by=By.LINK), replace(question, sort="links"), replace(question, standing=Standing.ALL),
        replace(question, filters=Filters(hidden=False)), Question(index.target("b.example"), By.PAGE),
        Question(index.target("nobody.example"), By.PAGE),
    ):  # fmt: skip
        with pytest.raises(UsageError, match=r"^after: the cursor is of another question"):
            index.answer(replace(other, after=after))
    with pytest.raises(UsageError, match="another question"):
        networks(index, replace(question, after=after))
    for wrong in ("", "nonsense", after[:-3], "A" + after, after + "\n", "\u00e9", "x" * 5000):
        with pytest.raises(UsageError, match=r"^after: this is no cursor"):
            index.answer(replace(question, after=wrong))
    with (
        index_of(web().page("http://z.example/", [SHOP]), tmp_path) as later,
        pytest.raises(UsageError, match=r"^after: the cursor is of another index"),
    ):
        later.answer(replace(question, after=after))


def test_a_forged_cursor_is_one_clear_line(index: Index, capsys: pytest.CaptureFixture[str]) -> None:
    """One whose checksum is right: only who reads this code makes one, and learns no more of it than others."""
    views: list[tuple[Callable[[Index, Question], Any], Question]] = [
        *((lambda index, asked: index.answer(asked), Question(index.target("shop.example"), by, limit=1)) for by in By),
        *((view, Question(index.target("shop.example"), limit=1)) for view, _ in VIEWS.values()),
    ]
    no_counts: list[Any] = [-1, None, "1", 1.5, 2**70, True]
    no_lists: list[Any] = [None, "text", 7, {}]
    no_values: list[Any] = [[1], {}, 2**200, "no number", [[]]]
    forged = 0
    for view, question in views:
        after = view(index, question).next
        if after is None:
            continue
        text = base64.urlsafe_b64decode(after + "==")[8:]
        made_as, snapshot, asked, rows, values = json.loads(text)
        wrong: list[object] = [
            None, 1, {}, [], "x", [made_as, snapshot, asked, rows], [made_as, snapshot, asked, rows, values, 1],
            *([made_as, snapshot, asked, it, values] for it in no_counts),
            *([made_as, snapshot, asked, rows, it] for it in (*no_lists, [*values, 1], values[1:])),
            *([made_as, snapshot, asked, rows, [it] * len(values)] for it in no_values),
        ]  # fmt: skip
        for facts in wrong:
            told = json.dumps(facts).encode()
            cursor = base64.urlsafe_b64encode(hashlib.sha256(told).digest()[:8] + told).decode()
            if facts == [made_as, snapshot, asked, rows, ["no number"] * len(values)] and not any(
                isinstance(it, int | float) for it in values
            ):
                continue  # as good a place in a view whose keys are texts as any
            with pytest.raises(UsageError, match=r"^after: "):
                view(index, replace(question, after=cursor))
            forged += 1
    assert forged > 100
    text = b"[" * 100_000
    cursor = base64.urlsafe_b64encode(hashlib.sha256(text).digest()[:8] + text).decode()
    line = said(capsys, "to", "shop.example", "--after", cursor, "--data", index.folder, code=2)
    assert line.startswith("wholinks: after: this is no cursor")
    assert line.count("\n") == 1


def test_pages_on_the_command_line(index: Index, capsys: pytest.CaptureFixture[str]) -> None:
    data = ("--data", index.folder)
    for view in (
        ("to", "shop.example", "--by", "anchor"), ("backlinks", "shop.example"), ("domains", "shop.example"),
        ("backlinks", "shop.example", "--group", "similar"), ("pages", "shop.example", "--by-path", "1"),
        ("broken", "shop.example"), ("internal", "shop.example"), ("networks", "shop.example"),
        ("outgoing", "b.example"), ("from", "b.example", "--by", "page"), ("links", "b.example", "shop.example"),
    ):  # fmt: skip
        whole, first = answered(capsys, *view, *data), answered(capsys, *view, *data, "--limit", "1")
        rest = []
        assert whole["next"] is None
        if first["next"] is not None:
            page = (*view, *data, "--after", first["next"])
            rest = answered(capsys, *page)["rows"]
            lines = said(capsys, *page, "--format", "jsonl", "--limit", "all").splitlines()
            assert [json.loads(line) for line in lines] == rest
            assert "more" not in said(capsys, *page, "--limit", "all")
        assert [*first["rows"], *rest] == whole["rows"]
    assert (
        run(["to", "shop.example", "--by", "page", "--limit", "2", "--format", "csv", "--data", str(index.folder)]) == 0
    )
    told = capsys.readouterr()
    assert told.out.count("\n") == 3
    cursor = told.err.strip().rpartition("--after ")[2]
    after = ("to", "shop.example", "--by", "page", "--after", cursor, *data)
    shown = said(capsys, *after, "--limit", "3")
    assert "\u2026 and 4 more; --limit 7 shows all" in shown
    assert "leave out" in said(capsys, *after, "--from", "a.example", code=2)


def test_columns_of_views(index: Index, capsys: pytest.CaptureFixture[str]) -> None:
    options = ("--data", index.folder, "--sort", "backlinks:asc", "--limit", "1", "--columns", "defect,target_url")
    wanted = {"defect": "redirect", "target_url": SHOP + "old"}
    assert answered(capsys, "broken", "shop.example", *options)["rows"] == [wanted]
    assert said(capsys, "broken", "shop.example", *options, "--format", "csv").splitlines()[0] == "defect,target_url"
    assert said(capsys, "broken", "shop.example", *options).splitlines()[2].split() == ["Defect", "Target", "URL"]
