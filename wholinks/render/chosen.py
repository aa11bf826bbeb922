"""Rows with some of their columns, in an order of one's own: for ``--columns``."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields, is_dataclass, make_dataclass
from typing import Any

from wholinks.storage.errors import UsageError

from .csv import header


def chosen_type(of: type[Any], columns: Sequence[str]) -> type[Any]:
    """A row type with these columns of ``of``, under the names that CSV has. Raises :class:`UsageError`."""
    names = header(of)
    for column in columns:
        if column not in names:
            raise UsageError(f"columns: {column!r} is none of {', '.join(names)}")
    twice = [column for column in columns if columns.count(column) > 1]
    if twice:
        raise UsageError(f"columns: {twice[0]!r} is there twice")
    return make_dataclass("ChosenRow", columns, frozen=True, slots=True)


def choose(rows: Iterable[Any], chosen: type[Any]) -> Iterator[Any]:
    """The rows as ``chosen``, a type that :func:`chosen_type` made, has them."""
    names = [field.name for field in fields(chosen)]
    for row in rows:
        flat = _flat(row)
        yield chosen(*(flat[name] for name in names))


def _flat(row: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for field in fields(row):
        value = getattr(row, field.name)
        if is_dataclass(value):
            found |= {f"{field.name}_{inner.name}": getattr(value, inner.name) for inner in fields(value)}
        else:
            found[field.name] = value
    return found
