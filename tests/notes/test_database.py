"""notes.db: what users add survives, whatever goes wrong."""

import sqlite3
from pathlib import Path

import pytest

from wholinks.notes.database import NOTES_DB, open_notes, read_notes
from wholinks.storage.errors import DataFolderError

_ADD = "INSERT INTO own_group VALUES (?, ?)"


def _groups(folder: Path) -> list[tuple[str, str]]:
    with read_notes(folder) as notes:
        return notes.execute("SELECT name, domain FROM own_group ORDER BY domain").fetchall() if notes else []


def test_nothing_is_made_by_reading(tmp_path: Path) -> None:
    assert _groups(tmp_path) == []
    assert not list(tmp_path.iterdir())


def test_what_is_written_is_kept(tmp_path: Path) -> None:
    for domain in ("a.example", "b.example"):
        with open_notes(tmp_path) as notes:
            notes.execute(_ADD, ["ours", domain])
    assert _groups(tmp_path) == [("ours", "a.example"), ("ours", "b.example")]


def test_a_piece_of_work_is_kept_as_a_whole_or_not_at_all(tmp_path: Path) -> None:
    with open_notes(tmp_path) as notes:
        notes.execute(_ADD, ["ours", "a.example"])
    with pytest.raises(DataFolderError, match="UNIQUE"), open_notes(tmp_path) as notes:
        notes.executemany(_ADD, [("ours", "b.example"), ("ours", "a.example")])
    assert _groups(tmp_path) == [("ours", "a.example")]


def test_a_damaged_file_is_one_line(tmp_path: Path) -> None:
    (tmp_path / NOTES_DB).write_bytes(b"not a database, but long enough to be read as the header of one" * 40)
    with pytest.raises(DataFolderError, match=r"notes\.db: .*move the file away"):
        _groups(tmp_path)
    with pytest.raises(DataFolderError, match=r"notes\.db: .*move the file away"), open_notes(tmp_path):
        pass


def test_another_programs_file_is_left_alone(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / NOTES_DB) as db:
        db.execute("CREATE TABLE theirs (a)")
    db.close()
    for use in (open_notes, read_notes):
        with pytest.raises(DataFolderError, match="not the notes of wholinks"), use(tmp_path):
            pass


def test_a_newer_file_is_refused(tmp_path: Path) -> None:
    with open_notes(tmp_path) as notes:
        notes.execute("PRAGMA user_version = 99")
    with pytest.raises(DataFolderError, match="newer wholinks"), open_notes(tmp_path):
        pass


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(DataFolderError, match="no such folder"), open_notes(tmp_path / "none"):
        pass


def test_a_file_made_before_a_table_was_there_is_read_as_it_is_and_gets_the_table_when_written(tmp_path: Path) -> None:
    with open_notes(tmp_path) as notes:
        notes.execute(_ADD, ["ours", "a.example"])
        notes.execute("DROP TABLE watch")
    before = (tmp_path / NOTES_DB).read_bytes()
    with read_notes(tmp_path) as notes:
        assert notes is not None
        assert notes.execute("SELECT count(*) FROM watch").fetchone() == (0,)
        assert notes.execute("SELECT count(*) FROM own_group").fetchone() == (1,)
    assert (tmp_path / NOTES_DB).read_bytes() == before
    with open_notes(tmp_path) as notes:
        notes.execute("INSERT INTO watch VALUES ('w', 't', 's', 1, x'')")
    with read_notes(tmp_path) as notes:
        assert notes is not None
        assert notes.execute("SELECT count(*) FROM main.watch").fetchone() == (1,)
    assert _groups(tmp_path) == [("ours", "a.example")]
