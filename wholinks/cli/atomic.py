"""Files of the user's choice: written whole or not at all."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from wholinks.storage.errors import DataFolderError, UsageError
from wholinks.storage.replacing import partial, put_in_place


@contextmanager
def replaced(path: Path) -> Iterator[Path]:
    """Where to write what shall become ``path`` (or what it is a link to): it takes its place once the block has ended
    well.

    Raises :class:`UsageError` for a database's name and :class:`DataFolderError` for what can't be written; the old
    file then stays.
    """
    if path.suffix in {".db", ".duckdb"}:
        raise UsageError(f"{path}: a name like a database's; write to another one")
    place = path.resolve()
    if place.exists() and not place.is_file():
        raise DataFolderError(f"{path}: can't be written (it is no regular file)")
    try:
        with partial(place) as new:
            yield new
            put_in_place(new, place)
    except OSError as error:
        raise DataFolderError(f"{path}: can't be written ({error.strerror or error})") from error


def write_whole(path: Path, data: bytes) -> None:
    """Put ``data`` in place of what is at ``path``. Raises as :func:`replaced` does."""
    with replaced(path) as new:
        new.write_bytes(data)
