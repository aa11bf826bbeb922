"""Lists of domains that users keep in files."""

from collections.abc import Iterable, Iterator
from io import StringIO
from pathlib import Path

from wholinks.index.queries import Index
from wholinks.index.target import Mode, Schemes, Target
from wholinks.storage.errors import UsageError
from wholinks.storage.user_files import read_text


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
            raise UsageError(f"{path}:{number}: {error}") from None


def read_lines(path: Path) -> Iterator[tuple[int, str]]:
    """The lines of such a file that say something; ``-`` is standard input. Raises :class:`UsageError`."""
    yield from _telling(StringIO(read_text(path, "a list of targets, one a line"), newline=None))


def _telling(lines: Iterable[str]) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(lines, 1):
        text = line.removeprefix("\ufeff").split(" #")[0].strip()
        if text and not text.startswith("#"):
            yield number, text
