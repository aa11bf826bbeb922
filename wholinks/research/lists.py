"""Lists of domains that users keep in files."""

from collections.abc import Iterable, Iterator
from io import StringIO
from pathlib import Path
from typing import Final

from wholinks.index.queries import Index
from wholinks.index.target import Mode, Schemes, Target
from wholinks.storage.errors import UsageError
from wholinks.storage.user_files import read_text

_BETWEEN: Final = ",;\t"
_COLUMNS: Final = 2
"""With so many commas (or what else CSV has between columns) a line that is no target is one of a table."""


def read_targets(
    index: Index, path: Path, mode: Mode | str | None = None, protocol: Schemes | str = Schemes.BOTH
) -> Iterator[tuple[int, Target]]:
    """The targets of a file in UTF-8, one a line, each with the number of its line; empty lines and what follows a
    ``#`` at the beginning of a line or after a space are left out.

    Raises :class:`UsageError`, which names the line.
    """
    for number, text in read_lines(path):
        try:
            yield number, index.target(text, mode=mode, protocol=protocol)
        except UsageError as error:
            if max(map(text.count, _BETWEEN)) >= _COLUMNS:
                raise UsageError(f"{path}:{number}: a CSV, not a list of targets; write one target a line") from None
            raise UsageError(f"{path}:{number}: {error}") from None


def read_lines(path: Path) -> Iterator[tuple[int, str]]:
    """The lines of such a file that say something; ``-`` is standard input. Raises :class:`UsageError`."""
    yield from _telling(StringIO(read_text(path, "a list of targets, one a line"), newline=None))


def _telling(lines: Iterable[str]) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(lines, 1):
        text = line.removeprefix("\ufeff").split(" #")[0].strip()
        if text and not text.startswith("#"):
            yield number, text
