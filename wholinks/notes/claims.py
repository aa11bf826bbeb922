"""Claims: links that somebody else's export says there are. What is true of them is for the index to say."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from .database import open_notes, read_notes


@dataclass(frozen=True, slots=True)
class Claim:
    """A link as claimed by a tool. URLs are normalised. ``target`` may be a bare site (no scheme) where the tool names
    no URL, ``source_url`` a bare domain where it names no page. ``anchor`` and ``rel`` (of nofollow, ugc, sponsored,
    with blanks) are None where the tool does not say."""

    tool: str
    source_url: str
    target: str
    anchor: str | None
    rel: str | None


def keep_claims(folder: Path, claims: Iterable[Claim], now: datetime) -> int:
    """Keep claims, each once: a newer one of the same tool, source, target and anchor takes the place of the old.
    Returns how many are new. Raises :class:`DataFolderError`."""
    at = int(now.timestamp())
    with open_notes(folder) as db:
        before = db.execute("SELECT count(*) FROM claim").fetchone()[0]
        db.executemany(
            "INSERT INTO claim VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (tool, source_url, target, anchor, has_anchor) "
            "DO UPDATE SET rel = excluded.rel, imported_at = excluded.imported_at",
            (
                (
                    claim.tool,
                    claim.source_url,
                    claim.target,
                    claim.anchor or "",
                    claim.anchor is not None,
                    claim.rel,
                    at,
                )
                for claim in claims
            ),
        )
        after = db.execute("SELECT count(*) FROM claim").fetchone()[0]
    return int(after - before)


def all_claims(folder: Path) -> Iterator[Claim]:
    """Every claim, in order of source URL. Raises :class:`DataFolderError`."""
    with read_notes(folder) as db:
        if db is None:
            return
        rows = db.execute(
            "SELECT tool, source_url, target, anchor, has_anchor, rel FROM claim "
            "ORDER BY source_url, target, tool, anchor, has_anchor"
        )
        for tool, source, target, anchor, has_anchor, rel in rows:
            yield Claim(tool, source, target, anchor if has_anchor else None, rel)
