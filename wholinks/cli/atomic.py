"""A file that is written whole, or not at all."""

import os
import tempfile
from pathlib import Path

from wholinks.storage.errors import DataFolderError


def write_whole(path: Path, data: bytes) -> None:
    """Put ``data`` in place of what is at ``path``. Raises :class:`DataFolderError`; the old file then stays."""
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            umask = os.umask(0)
            os.umask(umask)
            Path(name).chmod(0o666 & ~umask)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise DataFolderError(f"{path}: can't be written ({error.strerror})") from error


def read_whole(path: Path, most_bytes: int) -> bytes:
    """What a file has, up to a byte more than ``most_bytes``. Raises :class:`DataFolderError`."""
    try:
        with path.open("rb") as file:
            return file.read(most_bytes + 1)
    except OSError as error:
        raise DataFolderError(f"{path}: can't be read ({error.strerror})") from error
