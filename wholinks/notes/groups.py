"""Groups of a user's own sites: members are no sources for each other where competitors are compared."""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from wholinks.storage.errors import UsageError

from .database import open_notes, read_notes


@dataclass(frozen=True, slots=True)
class Group:
    """A named group; ``domains`` are sites, in order of name."""

    name: str
    domains: tuple[str, ...]


def groups(folder: Path) -> tuple[Group, ...]:
    """All groups of a data folder, by name."""
    with read_notes(folder) as db:
        rows = [] if db is None else db.execute("SELECT name, domain FROM own_group ORDER BY name, domain").fetchall()
    names = dict.fromkeys(name for name, _ in rows)
    return tuple(Group(name, tuple(domain for other, domain in rows if other == name)) for name in names)


def add(folder: Path, name: str, domains: Iterable[str]) -> None:
    """Put sites into a group, which is made where there is none of this name. Raises :class:`UsageError`."""
    if not name.strip():
        raise UsageError("a group needs a name, such as 'ours'")
    with open_notes(folder) as db:
        db.executemany("INSERT OR IGNORE INTO own_group VALUES (?, ?)", [(name, domain) for domain in domains])


def drop(folder: Path, name: str, domains: Iterable[str] = ()) -> int:
    """Take sites out of a group, the whole of it where none are named; returns how many.

    Raises :class:`UsageError` where there is nothing to drop.
    """
    listed = list(domains)
    with open_notes(folder) as db:
        dropped = _drop(db, name, listed)
        if not dropped:
            what = f"none of {', '.join(listed)} is in the group {name!r}" if listed else f"no group {name!r}"
            raise UsageError(f"{what}; 'wholinks group list' shows what there is")
    return dropped


def _drop(db: sqlite3.Connection, name: str, domains: list[str]) -> int:
    if not domains:
        return db.execute("DELETE FROM own_group WHERE name = ?", [name]).rowcount
    return sum(
        db.execute("DELETE FROM own_group WHERE name = ? AND domain = ?", [name, domain]).rowcount for domain in domains
    )
