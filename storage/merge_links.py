"""The links of merged folders. A page's rows go over as they are from a folder that has all of its fetches; where none
has, what each fetch showed is worked out from the folders' rows, and told again in order of time, as one crawl would
have stored it (``CrawlStore.commit``): a row stays open while the page shows its link unchanged, closes at the fetch
that does not, and opens anew where something about it changed. A redirect out of the site shows its one link; other
answers show nothing and close nothing.

A row's ordinal is that of the fetch that opened it; where two rows come to open at one fetch with one ordinal, the
later one gets the next that is free.
"""

import sqlite3
from collections import defaultdict, deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

_OWNERS: Final = """
CREATE TEMP TABLE owner AS
    WITH whole AS (SELECT page_id, count(DISTINCT new_id) AS fetches FROM numbering GROUP BY 1),
         held AS (SELECT page_id, source, count(*) AS fetches FROM numbering GROUP BY 1, 2)
    SELECT whole.page_id, min(held.source) FILTER (WHERE held.fetches = whole.fetches) AS source
    FROM whole JOIN held USING (page_id) GROUP BY 1;
CREATE UNIQUE INDEX temp.owner_page ON owner (page_id);
"""
_COPY_LINKS: Final = """
INSERT INTO main.link
    SELECT own.new_id, link.ordinal, target_url_id, bits, rel, rel_other, anchor_text,
           coalesce(closing.new_id, link.closed_fetch_id)
    FROM {name}.link AS link JOIN numbering AS own ON own.source = {number} AND own.old_id = link.fetch_id
    JOIN owner ON owner.page_id = own.page_id AND owner.source = {number}
    LEFT JOIN numbering AS closing ON closing.source = {number} AND closing.old_id = link.closed_fetch_id"""
_COPY_EVIDENCE: Final = """
INSERT INTO main.evidence
    SELECT own.new_id, evidence.ordinal, raw_href, raw_rel, tag, context_before, context_after, path_fingerprint
    FROM {name}.evidence AS evidence JOIN numbering AS own ON own.source = {number} AND own.old_id = evidence.fetch_id
    JOIN owner ON owner.page_id = own.page_id AND owner.source = {number}"""
_FETCHES_OF: Final = """
SELECT new_id, source, old_id FROM numbering JOIN main.fetch ON fetch.fetch_id = new_id
WHERE page_id = ? AND (outcome = 0 OR outcome = 1 AND link_counts IS NOT NULL) ORDER BY new_id, source"""
_ROWS_OF: Final = """
SELECT link.fetch_id, link.ordinal, link.closed_fetch_id, link.target_url_id, link.bits, link.rel, link.rel_other,
       link.anchor_text, evidence.raw_href, evidence.raw_rel, evidence.tag, evidence.context_before,
       evidence.context_after, evidence.path_fingerprint
FROM {name}.link AS link LEFT JOIN {name}.evidence AS evidence USING (fetch_id, ordinal)
WHERE link.fetch_id IN (SELECT old_id FROM numbering WHERE source = {number} AND page_id = ?)
ORDER BY link.fetch_id, link.ordinal"""

Look = tuple[Any, ...]
"""target_url_id, bits, rel, rel_other, anchor_text: what must be the same for a row to stay open"""


@dataclass(slots=True)
class Row:
    """A link row of a folder: opened at the fetch ``opened``, closed at ``closed`` or open (None), by the folder's ids.
    ``evidence`` is None where there is none."""

    opened: int
    ordinal: int
    closed: int | None
    look: Look
    evidence: tuple[Any, ...] | None

    def is_shown_at(self, fetch_id: int) -> bool:
        """Whether the row was open after that fetch."""
        return self.opened <= fetch_id and (self.closed is None or self.closed > fetch_id)


def merge_links(db: sqlite3.Connection, names: list[str]) -> int:
    """Fill ``link`` and ``evidence``; the number of pages that no folder had all fetches of. ``numbering`` is there."""
    db.executescript(_OWNERS)
    db.execute("BEGIN")
    for number, name in enumerate(names):
        db.execute(_COPY_LINKS.format(name=name, number=number))
        db.execute(_COPY_EVIDENCE.format(name=name, number=number))
    shared = [row[0] for row in db.execute("SELECT page_id FROM owner WHERE source IS NULL ORDER BY 1")]
    for page_id in shared:
        _tell_again(db, names, page_id)
    return len(shared)


def _tell_again(db: sqlite3.Connection, names: list[str], page_id: int) -> None:
    rows = {
        number: [
            Row(opened, ordinal, closed, tuple(rest[:5]), None if rest[5] is None else tuple(rest[5:]))
            for opened, ordinal, closed, *rest in db.execute(_ROWS_OF.format(name=name, number=number), (page_id,))
        ]
        for number, name in enumerate(names)
    }
    story = _Story()
    done = 0
    for new_id, source, old_id in db.execute(_FETCHES_OF, (page_id,)).fetchall():
        if new_id == done:
            continue  # another folder's row of the same fetch
        done = new_id
        story.fetch(new_id, old_id, rows[source])
    db.executemany("INSERT INTO main.link VALUES (?, ?, ?, ?, ?, ?, ?, ?)", story.links())
    db.executemany("INSERT INTO main.evidence VALUES (?, ?, ?, ?, ?, ?, ?, ?)", story.evidence())


class _Story:
    """A page's rows, as its fetches in order open and close them. Ids are those of the merged file."""

    def __init__(self) -> None:
        self._rows: list[Row] = []
        self._open: defaultdict[Look, deque[Row]] = defaultdict(deque)

    def fetch(self, new_id: int, old_id: int, rows: list[Row]) -> None:
        """Apply the fetch ``new_id``, which is ``old_id`` in the folder that has ``rows``."""
        kept: defaultdict[Look, deque[Row]] = defaultdict(deque)
        fresh = []
        for row in rows:
            if row.is_shown_at(old_id):
                if self._open[row.look]:
                    kept[row.look].append(self._open[row.look].popleft())
                else:
                    fresh.append(row)
        for left in self._open.values():
            for row in left:
                row.closed = new_id
        self._open = kept
        self._add(fresh, new_id)

    def _add(self, fresh: list[Row], new_id: int) -> None:
        taken: set[int] = set()
        for row in sorted(fresh, key=lambda row: (row.ordinal, row.opened)):
            ordinal = row.ordinal
            while ordinal in taken:
                ordinal += 1
            taken.add(ordinal)
            made = Row(new_id, ordinal, None, row.look, row.evidence)
            self._rows.append(made)
            self._open[made.look].append(made)

    def links(self) -> Iterator[tuple[Any, ...]]:
        """Rows of ``link``."""
        return ((row.opened, row.ordinal, *row.look, row.closed) for row in self._rows)

    def evidence(self) -> Iterator[tuple[Any, ...]]:
        """Rows of ``evidence``."""
        return ((row.opened, row.ordinal, *row.evidence) for row in self._rows if row.evidence is not None)
