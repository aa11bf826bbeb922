"""Rows with some of their columns, in an order of one's own: for ``--columns``."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields, is_dataclass, make_dataclass
from typing import Any

from wholinks.index import meant
from wholinks.storage.errors import UsageError

from .csv import header


def chosen_type(of: type[Any], columns: Sequence[str]) -> type[Any]:
    """A row type with these columns of ``of``, under the names that CSV has, which may be typed as
    a table heads them. Raises :class:`UsageError`."""
    names = header(of)
    named = []
    for column in columns:
        name = meant.column(column, names)
        if name is None:
            raise UsageError(f"columns: {column!r} is none of {', '.join(names)}{meant.hint(column, names)}")
        if name in named:
            raise UsageError(f"columns: {column!r} is there twice")
        named.append(name)
    return make_dataclass("ChosenRow", named, frozen=True, slots=True)


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
