"""Many rows in one statement come to the same as one at a time."""

import sqlite3
from contextlib import closing

import pytest

from wholinks.storage import bulk
from wholinks.storage import statements as sql
from wholinks.storage.schema import MIGRATIONS
from wholinks.storage.statements import INSERT_URL

SIZE = 999 // 4


def _written(rows: list[tuple[object, ...]], *, in_bulk: bool) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(":memory:")) as db:
        db.executescript(MIGRATIONS[0])
        if in_bulk:
            bulk.insert(db, INSERT_URL, rows)
        else:
            db.executemany(INSERT_URL, rows)
        return [tuple(row) for row in db.execute("SELECT * FROM url ORDER BY url_id")]


@pytest.mark.parametrize("count", [1, SIZE - 1, SIZE, SIZE + 1, 3 * SIZE, 3 * SIZE + 7])
def test_rows_and_what_they_meet_are_the_same(count: int) -> None:
    # Every third number comes again with another path: a clash, within a statement and across two.
    rows: list[tuple[object, ...]] = [
        (number - number % 3 * (number % 2), number % 5, f"/{number}", None if number % 4 else number)
        for number in range(count)
    ]
    found = _written(rows, in_bulk=True)
    assert found == _written(rows, in_bulk=False)
    assert count < 6 or any(row[-1] for row in found)


@pytest.mark.parametrize(
    "statement",
    [sql.INSERT_ORIGIN, sql.INSERT_URL, sql.INSERT_FETCH, sql.INSERT_LINK, sql.INSERT_EVIDENCE, sql.UPSERT_CANDIDATE],
)
def test_every_statement_takes_more_rows_than_fit_one(statement: str) -> None:
    columns = statement.count("?")
    with closing(sqlite3.connect(":memory:")) as db:
        db.executescript(MIGRATIONS[0] + sql.SESSION)
        rows = [(number, number, *[str(number)] * (columns - 2)) for number in range(2 * (999 // columns) + 1)]
        before = db.total_changes
        bulk.insert(db, statement, rows)
        assert db.total_changes - before == len(rows)


@pytest.mark.parametrize("empty", [(), (5,), (0,), (2, 5), (0, 1, 2, 3, 4, 5)])
@pytest.mark.parametrize("mixed", [(), (1,), (3, 5)])
def test_columns_without_a_value_stay_without(empty: tuple[int, ...], mixed: tuple[int, ...]) -> None:
    size = 999 // 6
    rows: list[tuple[object, ...]] = [
        tuple(
            None if place in empty or (place in mixed and number % 3 == 0) else f"{number}/{place}"
            for place in range(6)
        )
        for number in range(2 * size + 5)
    ]
    with closing(sqlite3.connect(":memory:")) as db:
        db.execute("CREATE TABLE t (a, b, c, d, e, f)")
        bulk.insert(db, "INSERT INTO t VALUES (?, ?, ?, ?, ?, ?)", rows)
        assert db.execute("SELECT * FROM t ORDER BY rowid").fetchall() == rows
