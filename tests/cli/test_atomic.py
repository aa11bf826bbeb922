"""A file of the user's choice is written whole, or stays as it was."""

import os
from pathlib import Path

import pytest

from wholinks.cli.atomic import replaced, write_whole
from wholinks.storage.errors import DataFolderError, UsageError


def _half_write(path: Path) -> None:
    with replaced(path) as new:
        new.write_bytes(b"half")
        raise ZeroDivisionError


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    write_whole(path, b"old")
    with pytest.raises(ZeroDivisionError):
        _half_write(path)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]
    write_whole(path, b"new")
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


def test_what_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(DataFolderError, match=r"out\.csv: can't be written \(No such file or directory\)"):
        write_whole(tmp_path / "none" / "out.csv", b"")
    with pytest.raises(DataFolderError, match="can't be written"):
        write_whole(tmp_path, b"a folder is there")


@pytest.mark.parametrize("name", ["crawl.db", "index.duckdb"])
def test_a_database_is_never_replaced(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"precious")
    with pytest.raises(UsageError, match="like a database's"):
        write_whole(tmp_path / name, b"")
    assert (tmp_path / name).read_bytes() == b"precious"


def test_a_device_or_pipe_is_never_replaced_and_a_link_stays_one(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to(tmp_path / "pipe")
    for name in ("pipe", "link"):
        with pytest.raises(DataFolderError, match="no regular file"):
            write_whole(tmp_path / name, b"")
    assert (tmp_path / "pipe").is_fifo()
    (tmp_path / "to").symlink_to(tmp_path / "out.csv")
    write_whole(tmp_path / "to", b"new")
    assert (tmp_path / "to").is_symlink()
    assert (tmp_path / "out.csv").read_bytes() == b"new"
