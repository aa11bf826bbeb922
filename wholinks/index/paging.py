"""Rows in pages. A page says where it ends: by the values, in its last row, of the keys that rows are sorted by. The
next page has the rows beyond these, so none is there twice and none is left out, whatever ties there are.
"""

import base64
import binascii
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Final, Generic, NamedTuple, TypeVar

import duckdb

from wholinks.storage.errors import UsageError

from .questions import Question
from .selection import Condition

Row = TypeVar("Row")
Value = int | float | str | None
Values = tuple[Value, ...]

MOST_ROWS: Final = 2**62
_FORMAT: Final = 1
_NO_CURSOR: Final = "after: this is no cursor; give the 'next' of the page before as it is, whole"
_VALUES: Final = (int, float, str, type(None))
_CHECK_BYTES: Final = 8


class Key(NamedTuple):
    """What rows are sorted by: an SQL expression; NULL comes last. The last key of a view differs from row to row."""

    expression: str
    is_descending: bool = False


def ordered(keys: Iterable[Key]) -> str:
    """The keys as ``ORDER BY`` has them."""
    return ", ".join(f"{key.expression} {'DESC' if key.is_descending else 'ASC'} NULLS LAST" for key in keys)


def listed(keys: Sequence[Key]) -> str:
    """The keys as columns ``key_0``, ``key_1`` and so on."""
    return ", ".join(f"{key.expression} AS key_{number}" for number, key in enumerate(keys))


@contextmanager
def taken_as_typed(question: Question) -> Iterator[None]:
    """Where values of ``question``'s cursor are compared: those of another type than the rows have are none of ours."""
    try:
        yield
    except (duckdb.DataError, duckdb.ProgrammingError) as error:
        if question.after is None:
            raise
        raise UsageError(_NO_CURSOR) from error


def beyond(keys: Sequence[Key], values: Values) -> Condition:
    """The condition that a row comes after the one whose keys have these values. Raises :class:`UsageError` where they
    are not as many as the keys."""
    if len(keys) != len(values):
        raise UsageError(_NO_CURSOR)
    where, given = "false", list[object]()
    for (key, is_descending), value in reversed(list(zip(keys, values, strict=True))):
        if value is None:
            where = f"({key} IS NULL AND {where})"
        else:
            where = f"({key} {'<' if is_descending else '>'} ? OR {key} IS NULL OR ({key} = ? AND {where}))"
            given = [value, value, *given]
    return where, given


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page ended: after ``rows`` rows in all, the last of which had these ``values`` of its keys."""

    rows: int
    values: Values


START: Final = Place(0, ())


def place_of(question: Question, view: str, snapshot: str) -> Place:
    """Where the page begins that ``question`` asks for by ``after``: text that :func:`cursor` made of the same question
    and ``view``, in the same index (the id of its snapshot). Raises :class:`UsageError`."""
    if question.after is None:
        return START
    try:
        raw = base64.urlsafe_b64decode(question.after.encode("ascii") + b"=" * (-len(question.after) % 4))
    except (ValueError, binascii.Error):
        raw = b""
    check, text = raw[:_CHECK_BYTES], raw[_CHECK_BYTES:]
    if check != _check(text):
        raise UsageError(_NO_CURSOR)
    try:
        made_as, made_of, asked, rows, values = json.loads(text)
        is_cursor = _is_count(rows) and isinstance(values, list) and all(isinstance(it, _VALUES) for it in values)
    except (ValueError, TypeError, RecursionError):
        is_cursor = False
    if not is_cursor:
        raise UsageError(_NO_CURSOR)
    if made_as != _FORMAT or made_of != snapshot:
        raise UsageError("after: the cursor is of another index, or of this one before it was built anew; begin again")
    if asked != _signature(question, view):
        raise UsageError("after: the cursor is of another question; ask what was asked before, with the same --sort")
    return Place(rows, tuple(values))


def _is_count(rows: object) -> bool:
    return isinstance(rows, int) and not isinstance(rows, bool) and 0 <= rows < MOST_ROWS


def cursor(question: Question, view: str, snapshot: str, place: Place) -> str:
    """What :func:`place_of` reads."""
    facts = [_FORMAT, snapshot, _signature(question, view), place.rows, place.values]
    text = json.dumps(facts, separators=(",", ":")).encode("ascii")
    return base64.urlsafe_b64encode(_check(text) + text).decode("ascii").rstrip("=")


def _check(text: bytes) -> bytes:
    return hashlib.sha256(text).digest()[:_CHECK_BYTES]


def _signature(question: Question, view: str) -> str:
    """A hash of all that decides which rows there are and in which order."""
    ends = [replace(end, input="") if end is not None else None for end in (question.source, question.target)]
    asked = (view, question.by.value, ends, question.policy, question.as_of, question.since, question.sort)
    return hashlib.sha256(repr(asked).encode("utf-8", "surrogatepass")).hexdigest()[:16]


class Page(Iterator[Row], Generic[Row]):
    """The rows of one page, one by one. ``found`` has one row more than ``limit`` where there are more."""

    def __init__(
        self, found: Iterator[tuple[Row, Values]], limit: int | None, rows_before: int, named: Callable[[Place], str]
    ) -> None:
        self.found = found
        self.rows_before = rows_before
        self._left = limit
        self._named = named
        self._last = Place(rows_before, ())
        self._has_more = False

    def __next__(self) -> Row:
        if self._left == 0:
            if self._last.values and not self._has_more:
                self._has_more = next(self.found, None) is not None
            raise StopIteration
        row, values = next(self.found)
        self._last = Place(self._last.rows + 1, values)
        if self._left is not None:
            self._left -= 1
        return row

    @property
    def next(self) -> str | None:
        """The cursor of the next page, once the rows came to an end; None where there is none."""
        return self._named(self._last) if self._has_more else None
