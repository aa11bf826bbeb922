"""Columns of numpy as a table: what DuckDB reads is what was given, in order, and nothing of it is kept."""

import gc
from collections.abc import Iterator

import duckdb
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wholinks.index import arrow_batches
from wholinks.index.arrow_batches import ArrowBatches, Batch, Texts

NUMBER = st.integers(0, 2**32 - 1)
TIME = st.integers(-(2**63), 2**63 - 1)
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
BATCHES = st.lists(st.lists(st.tuples(NUMBER, TIME, TEXT), min_size=1), min_size=1, max_size=5)


def batch(rows: list[tuple[int, int, str]]) -> Batch:
    numbers, times, texts = zip(*rows, strict=True)
    return {
        "number": np.array(numbers, np.uint32),
        "time": np.array(times, np.int64),
        "text": Texts.of(texts),
    }


@given(BATCHES)
def test_what_is_read_is_what_was_given(batches: list[list[tuple[int, int, str]]]) -> None:
    kept = len(arrow_batches._KEPT)
    with duckdb.connect() as duck:
        duck.register("given", ArrowBatches(map(batch, batches)))
        assert duck.execute("SELECT * FROM given").fetchall() == [row for rows in batches for row in rows]
        duck.unregister("given")
    gc.collect()
    assert len(arrow_batches._KEPT) == kept


def test_many_rows_are_written_in_order() -> None:
    """With two threads, from columns that do not lie in memory one value after another, and texts that all share."""
    texts = Texts.of(f"{number} {'long' * (number % 3)}" for number in range(1000))

    def batches() -> Iterator[Batch]:
        for first in range(0, 1_000_000, 250_000):
            numbers = np.arange(2 * first, 2 * (first + 250_000), dtype=np.uint32)[::2] // np.uint32(2)
            yield {"number": numbers, "text": texts.at(numbers % np.uint32(1000))}

    with duckdb.connect(config={"threads": 2}) as duck:
        duck.register("given", ArrowBatches(batches()))
        duck.execute("CREATE TABLE written AS SELECT * FROM given")
        text = "(number % 1000) || ' ' || repeat('long', number % 1000 % 3)"
        wrong = f"SELECT count(*) FROM written WHERE number <> rowid OR text <> {text}"
        assert duck.execute(wrong).fetchall() == [(0,)]
        assert duck.execute("SELECT count(*) FROM written").fetchall() == [(1_000_000,)]


def test_what_goes_wrong_amid_the_batches_is_told() -> None:
    wrong = ValueError("no more")

    def batches() -> Iterator[Batch]:
        yield {"number": np.zeros(3, np.uint32)}
        raise wrong

    given = ArrowBatches(batches())
    with duckdb.connect() as duck:
        duck.register("given", given)
        with pytest.raises(duckdb.Error, match="the rows could not be made"):
            duck.execute("SELECT sum(number) FROM given").fetchall()
    assert given.error is wrong


def test_there_is_at_least_one_batch() -> None:
    with pytest.raises(StopIteration):
        ArrowBatches(iter(()))
