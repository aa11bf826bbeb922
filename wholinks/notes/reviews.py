"""Review states: what a person decided on the referring domains of a target."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from .database import open_notes, read_notes


class ReviewState(StrEnum):
    """Leave it, ask its owner to change it, or have Google ignore it."""

    KEEP = "keep"
    CONTACT = "contact"
    DISAVOW = "disavow"


@dataclass(frozen=True, slots=True)
class Review:
    """A decision on a referring domain; ``note`` may be empty."""

    domain: str
    state: ReviewState
    note: str
    changed_at: datetime


def reviews_of(folder: Path, target: str) -> tuple[Review, ...]:
    """The decisions for a target (as it is written in answers), in order of domains.

    Raises :class:`DataFolderError`.
    """
    with read_notes(folder) as db:
        if db is None:
            return ()
        rows = db.execute(
            "SELECT domain, state, note, changed_at FROM review WHERE target = ? ORDER BY domain", [target]
        ).fetchall()
    return tuple(
        Review(domain, ReviewState(state), note, datetime.fromtimestamp(at, UTC)) for domain, state, note, at in rows
    )


def decide(
    folder: Path, target: str, domains: Iterable[str], state: ReviewState | None, *, note: str | None, now: datetime
) -> None:
    """Keep a decision for each of the domains, or none any more where ``state`` is None. Without a ``note`` the one
    there is stays. Raises :class:`DataFolderError`."""
    with open_notes(folder) as db:
        if state is None:
            db.executemany("DELETE FROM review WHERE target = ? AND domain = ?", [(target, name) for name in domains])
            return
        db.executemany(
            "INSERT INTO review VALUES (?1, ?2, ?3, coalesce(?4, ''), ?5) ON CONFLICT (target, domain) DO UPDATE "
            "SET state = excluded.state, note = coalesce(?4, note), changed_at = excluded.changed_at",
            [(target, name, state.value, note, int(now.timestamp())) for name in domains],
        )
