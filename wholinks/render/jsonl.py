"""JSON lines: the rows alone, one object a line."""

from collections.abc import Iterable, Iterator

from wholinks.index.answers import Row

from .json import encode, plain


def lines(rows: Iterable[Row]) -> Iterator[str]:
    """The output, line by line."""
    return (encode(plain(row)) for row in rows)
