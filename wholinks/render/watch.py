"""What a watch sees, for people and for a webhook."""

import hashlib
from collections.abc import Iterator
from typing import Any, Final

from wholinks.research.growth.watch import Watched, WatchedTarget
from wholinks.storage.wording import counted

from . import json
from .sheet import Sheet, Table

PART_ROWS: Final = 1000
"""Rows in one request to a webhook; more go in further ones."""

_NAMED: Final = 5
_ROWS: Final = ("source_url", "target_url", "change", "why", "at", "anchor_text", "followed")
_TARGETS: Final = ("target", "backlinks", "new", "lost", "before", "gained", "discovered", "seen_at", "forgotten")


def watch_sheet(found: Watched) -> Sheet:
    """The targets, then every row."""
    since = f"since the beginning of {found.since}" if found.since else "since the last look"
    line = f"{counted(len(found.targets), 'target')}: {found.new:,} new, {found.lost:,} lost {since}"
    first = [target.target for target in found.targets if _is_first(found, target)]
    notes = []
    if first:
        notes.append(f"seen for the first time, so nothing is new or lost yet: {_some(first)}")
    unseen = [target.target for target in found.targets if _is_first(found, target) and not target.backlinks]
    if unseen:
        notes.append(f"no backlink counts of {_some(unseen)}: typed right?")
    if any(target.forgotten for target in found.targets):
        notes.append("forgotten: backlinks seen before that this index knows nothing of")
    titles = [Table(target.target, rows, _ROWS) for target in found.targets if (rows := _rows_of(found, target))]
    return Sheet((line,), (Table("", found.targets, _TARGETS), *titles), tuple(notes))


def _some(names: list[str]) -> str:
    return ", ".join(names[:_NAMED]) + (f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else "")


def _is_first(found: Watched, target: WatchedTarget) -> bool:
    return found.since is None and target.seen_at is None


def _rows_of(found: Watched, target: WatchedTarget) -> list[Any]:
    return [row for row in found.rows if row.target == target.target]


def payloads(found: Watched) -> Iterator[bytes]:
    """The bodies of a webhook's requests, in order (docs/metrics-time.md). The same news have the same ``delivery``."""
    rows = json.plain(found.rows)
    shared = {
        "schema": json.SCHEMA,
        "event": "watch",
        "watch": found.watch,
        "since": json.plain(found.since),
        "new": found.new,
        "lost": found.lost,
        "targets": json.plain(found.targets),
        "snapshot": json.plain(found.snapshot),
    }
    told = json.encode({**shared, "snapshot": found.snapshot.id, "rows": rows})
    delivery = hashlib.sha256(told.encode()).hexdigest()[:32]
    parts = max(-(-len(rows) // PART_ROWS), 1)
    for number in range(parts):
        cut = rows[number * PART_ROWS : (number + 1) * PART_ROWS]
        body = {**shared, "delivery": delivery, "part": number + 1, "parts": parts, "rows": cut}
        yield json.encode(body).encode()
