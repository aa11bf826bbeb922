"""Watches: what each saw of its targets when it last delivered."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from .database import open_notes, read_notes


@dataclass(frozen=True, slots=True)
class Seen:
    """The backlinks a watch saw of ``target`` (as it is written in answers) in the index ``snapshot``: ``pairs`` has a
    number of 8 bytes for each."""

    target: str
    snapshot: str
    seen_at: datetime
    pairs: bytes


def last_seen(folder: Path, name: str) -> Mapping[str, Seen]:
    """What the watch ``name`` saw last, by target; nothing before its first delivery. Raises
    :class:`DataFolderError`."""
    with read_notes(folder) as db:
        if db is None:
            return {}
        rows = db.execute("SELECT target, snapshot, seen_at, pairs FROM watch WHERE name = ?", [name]).fetchall()
    return {
        target: Seen(target, snapshot, datetime.fromtimestamp(at, UTC), pairs) for target, snapshot, at, pairs in rows
    }


def keep_seen(folder: Path, name: str, seen: Iterable[Seen]) -> None:
    """Put what the watch ``name`` saw in place of what it saw before, of all its targets. Raises
    :class:`DataFolderError`."""
    with open_notes(folder) as db:
        db.execute("DELETE FROM watch WHERE name = ?", [name])
        db.executemany(
            "INSERT INTO watch VALUES (?, ?, ?, ?, ?)",
            [(name, one.target, one.snapshot, int(one.seen_at.timestamp()), one.pairs) for one in seen],
        )
