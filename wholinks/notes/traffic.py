"""Organic traffic that users import: by target, day and page."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from wholinks.storage.errors import UsageError

from .database import open_notes, read_notes

MEASURES: Final = ("clicks", "sessions", "impressions")
"""What is counted, in the order of preference."""

# A row without a page is of the whole target, and goes before the sum of its pages.
_BY_DAY: Final = {
    name: f"SELECT day, coalesce(max({name}) FILTER (WHERE page = ''), sum({name})) FROM traffic "  # noqa: S608 - one of MEASURES
    f"WHERE target = ? AND {name} IS NOT NULL GROUP BY day ORDER BY day"
    for name in MEASURES
}


@dataclass(frozen=True, slots=True)
class Visits:
    """The traffic of a day to one page, or to the whole target where ``page`` is empty. None: not told."""

    day: date
    page: str
    clicks: int | None
    impressions: int | None
    sessions: int | None


def keep_traffic(folder: Path, target: str, visits: Iterable[Visits]) -> int:
    """Add the traffic of ``target`` (as it is written in answers); what there is of a day and page is replaced, measure
    by measure. Returns how many rows are new. Raises :class:`DataFolderError`."""
    with open_notes(folder) as db:
        before = db.execute("SELECT count(*) FROM traffic").fetchone()[0]
        db.executemany(
            "INSERT INTO traffic VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (target, day, page) DO UPDATE SET "
            "clicks = coalesce(excluded.clicks, clicks), impressions = coalesce(excluded.impressions, impressions), "
            "sessions = coalesce(excluded.sessions, sessions)",
            ((target, one.day.isoformat(), one.page, one.clicks, one.impressions, one.sessions) for one in visits),
        )
        after = db.execute("SELECT count(*) FROM traffic").fetchone()[0]
    return int(after - before)


def traffic_kept(folder: Path, target: str) -> Mapping[str, Mapping[date, int]]:
    """The traffic of a target by day, for each measure there is; empty where none was imported. A day that is not there
    is not known."""
    with read_notes(folder) as db:
        if db is None:
            return {}
        found = {
            name: {date.fromisoformat(day): count for day, count in db.execute(statement, [target])}
            for name, statement in _BY_DAY.items()
        }
    return {name: days for name, days in found.items() if days}


def traffic_by_day(folder: Path, target: str) -> Mapping[str, Mapping[date, int]]:
    """The same. Raises :class:`UsageError` where there is none, which names the targets that have some."""
    found = traffic_kept(folder, target)
    if not found:
        known: list[str] = []
        with read_notes(folder) as db:
            if db is not None:
                known = [name for (name,) in db.execute("SELECT DISTINCT target FROM traffic ORDER BY target")]
        others = f"; there is some of {', '.join(known)}" if known else ""
        first = f"'wholinks traffic import FILE --target {target}'"
        raise UsageError(f"no traffic of {target} was imported{others}; first {first}")
    return found


def drop_traffic(folder: Path, target: str) -> int:
    """Forget the traffic of a target; returns how many rows. Raises :class:`DataFolderError`."""
    with open_notes(folder) as db:
        return db.execute("DELETE FROM traffic WHERE target = ?", [target]).rowcount
