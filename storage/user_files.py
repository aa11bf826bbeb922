"""Files that users name: read here, so that whatever is wrong with one is said in one way."""

import errno
import sys
from io import TextIOWrapper
from pathlib import Path
from typing import Final

from .errors import UsageError

_WHY: Final = {
    errno.ENOENT: "no such file",
    errno.ENOTDIR: "no such file",
    errno.EISDIR: "a folder",
    errno.EACCES: "can't be read: permission denied",
}


def unreadable(error: OSError, what: str) -> str:
    """Why a file can't be read, and what to do; ``what`` says which file is wanted: "a list of targets"."""
    why = _WHY.get(error.errno or 0, f"can't be read: {error.strerror or error}")
    return f"{why}; name {what}"


def read_bytes(path: Path, what: str, most_bytes: int = -1) -> bytes:
    """What is in a file; if ``most_bytes`` are given, up to a byte more than these. Raises :class:`UsageError`."""
    try:
        with path.open("rb") as file:
            return file.read(most_bytes + 1 if most_bytes >= 0 else -1)
    except OSError as error:
        raise UsageError(f"{path}: {unreadable(error, what)}") from error


def read_text(path: Path, what: str) -> str:
    """A file's text, with the line ends it has and without a mark of byte order; ``-`` is standard input.

    Raises :class:`UsageError`.
    """
    if path == Path("-"):
        is_bytes = isinstance(sys.stdin, TextIOWrapper)  # UTF-8, whatever the locale says
        return decoded(sys.stdin.buffer.read(), "standard input") if is_bytes else sys.stdin.read()
    return decoded(read_bytes(path, what), str(path))


def decoded(data: bytes, name: str) -> str:
    """The text of a file ``name``. Raises :class:`UsageError`."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"{name}: not UTF-8 (byte {error.start:,}); save it as UTF-8") from None
