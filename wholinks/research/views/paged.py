"""Views with rows of their own: sorted by any of their columns, and in pages."""

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any, Final, Generic, TypeVar

import duckdb

from wholinks.index.answers import Coverage, Snapshot
from wholinks.index.ends import Ends
from wholinks.index.paging import (
    MOST_ROWS,
    Key,
    Page,
    Values,
    beyond,
    cursor,
    listed,
    ordered,
    place_of,
    taken_as_typed,
)
from wholinks.index.queries import Index
from wholinks.index.questions import By, Question
from wholinks.index.rows import moment
from wholinks.index.sorting import way_of
from wholinks.index.target import Target

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class View(Generic[Row]):
    """``rows`` are cut by the question's limit, ``rows_known`` is how many there are, ``rows_before`` how many came
    before these. ``next`` is what a question asks ``after`` for the rows that come next, None where these are the last.
    ``note`` says what the rows stand on besides; empty where there is nothing to say. ``hint`` says, where nothing was
    found, what near the target has links."""

    target: Target
    rows: tuple[Row, ...]
    rows_known: int
    note: str
    coverage: Coverage
    snapshot: Snapshot
    next: str | None
    rows_before: int
    hint: str | None


Asked = tuple[str, list[Any]]
"""A statement whose columns have the names of a row's fields, and maybe others, with its parameters."""


def down(column: str) -> Key:
    return Key(column, is_descending=True)


@dataclass(frozen=True, slots=True)
class Shape(Generic[Row]):
    """``view`` is what is asked for besides the question. ``keys`` are what rows are sorted by if nothing else is
    asked for."""

    view: str
    row: type[Row]
    keys: tuple[Key, ...]

    def keys_for(self, question: Question) -> tuple[Key, ...]:
        """``keys`` after the column that the question sorts by. Raises :class:`UsageError`."""
        if question.sort is None:
            return self.keys
        return (Key(*way_of(question.sort, self.row, [field.name for field in fields(self.row)])), *self.keys)  # type: ignore[arg-type]


# Rows are counted before those are left out that came on the pages before.
_PAGE: Final = """
SELECT {columns}, rows_known, {listed} FROM (SELECT *, count(*) OVER () AS rows_known FROM ({statement}))
WHERE {page} ORDER BY {ordered} LIMIT ? OFFSET ?"""


def view(
    index: Index,
    question: Question,
    shape: Shape[Row],
    ask: Callable[[duckdb.DuckDBPyConnection, Ends], Asked],
    note: Callable[[duckdb.DuckDBPyConnection, Ends], str] = lambda duck, ends: "",
) -> View[Row]:
    """The rows of the statement that ``ask`` makes, as ``question`` sorts and cuts them."""
    keys = shape.keys_for(question)

    def answered() -> View[Row]:
        duck, ends = index.ask(replace(question, sort=None))
        snapshot = index.snapshot(question)
        place = place_of(question, shape.view, snapshot.id)
        found = [] if ends.is_empty else _fetch(duck, question, shape, ask(duck, ends), (keys, place.values))
        columns = len(fields(shape.row))  # type: ignore[arg-type]
        page = Page(
            ((_read(shape.row, row), row[columns + 1 :]) for row in found), question.limit,
            place.rows + question.offset, lambda end: cursor(question, shape.view, snapshot.id, end),
        )  # fmt: skip
        rows = tuple(page)
        return View(
            question.asked, rows, found[0][columns] if found else 0, note(duck, ends), index.coverage,
            snapshot, page.next, page.rows_before, _hint(index, question) if not found else None,
        )  # fmt: skip

    return index.translated(answered)


def _hint(index: Index, question: Question) -> str | None:
    return None if question.after else index.answer(replace(question, by=By.DOMAIN, sort=None, limit=0)).hint


def _fetch(
    duck: duckdb.DuckDBPyConnection, question: Question, shape: Shape[Row], asked: Asked,
    order: tuple[tuple[Key, ...], Values],
) -> list[tuple[Any, ...]]:  # fmt: skip
    """The rows of the page and one beyond it: fields, how many there are in all, and the values of the keys."""
    statement, values = asked
    keys, after = order
    page, beyond_values = beyond(keys, after) if after else ("true", [])
    sql = _PAGE.format(
        columns=", ".join(field.name for field in fields(shape.row)), statement=statement, page=page,  # type: ignore[arg-type]
        listed=listed(keys), ordered=ordered(keys),
    )  # fmt: skip
    wanted = MOST_ROWS if question.limit is None else question.limit + 1
    with taken_as_typed(question):
        return duck.execute(sql, [*values, *beyond_values, wanted, question.offset]).fetchall()


def _read(of: type[Row], row: tuple[Any, ...]) -> Row:
    is_time = [field.type in {datetime, datetime | None} for field in fields(of)]  # type: ignore[arg-type]
    values = (moment(value) if at and value is not None else value for at, value in zip(is_time, row, strict=False))
    return of(*values)
