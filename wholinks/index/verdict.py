"""Does this site link there: yes with the links, no with the pages that were read, or unknown and why.

*Yes*: a link of the kinds that count is known. *No*: pages of the site are known, every one was read to its end, and
none has such a link. *Unknown* otherwise, with what stands in the way (docs/counting.md, "Yes, no, unknown").
"""
# ruff: noqa: S608 - statements are made of this package's constants; whatever a user gives is a parameter

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

import duckdb

from wholinks.storage.errors import UsageError
from wholinks.storage.records import State
from wholinks.storage.urls import dedup_key

from .answers import Coverage, LinkRow, Snapshot
from .known import OBSTACLE
from .places import Places
from .questions import Question
from .rows import link_rows, moment
from .selection import fits, select
from .target import Mode, Target


class Reply(StrEnum):
    """The three answers."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


NEVER_CRAWLED: Final = "never_crawled"
"""No page of the site is known."""

REASONS: Final = (
    NEVER_CRAWLED, "pending", "postponed", "blocked", "failed", "incomplete", "script_only", "nofollow_page", "depth",
    "scope", "excluded",
)  # fmt: skip
"""What can stand in the way of a "no", in the order it is told."""


@dataclass(frozen=True, slots=True)
class Reason:
    """What stands in the way of a "no", and on how many pages."""

    reason: str
    pages: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """``reasons`` is empty but for "unknown"; ``coverage`` is that of the site asked about, and so is its ``as_of``.

    ``links`` counts the links behind a yes, those of canonical duplicates too; ``since`` is when the first was seen.
    ``rows`` are these links.
    """

    question: Question
    source: Target
    answer: Reply
    reasons: tuple[Reason, ...]
    coverage: Coverage
    since: datetime | None
    links: int
    rows: tuple[LinkRow, ...]
    snapshot: Snapshot


Condition = tuple[str, list[object]]

# An alias's page may lie outside of what was asked about (a host, a prefix, one URL); within its domain it stays.
_ALIASES: Final = """
WITH RECURSIVE placed AS NOT MATERIALIZED (SELECT url_id, domain_id FROM url JOIN origin USING (origin_id)),
reached(url_id) AS (
    SELECT r.url_id FROM redirect AS r JOIN placed ON placed.url_id = r.url_id WHERE {where}
    UNION
    SELECT r.next_url_id FROM reached JOIN redirect AS r ON r.url_id = reached.url_id
    JOIN placed AS here ON here.url_id = r.url_id JOIN placed AS there ON there.url_id = r.next_url_id
    WHERE here.domain_id = there.domain_id)
SELECT url_id FROM reached"""

_SPELLINGS: Final = """
SELECT k.url_id, url.path FROM known AS k JOIN url USING (url_id)
WHERE url.url_id BETWEEN ? AND ? AND (url.path = ? OR starts_with(url.path, ?))"""

_COVERAGE: Final = f"""
SELECT k.state, {OBSTACLE} AS obstacle, count(*), max(k.asked_at) FROM known AS k WHERE {{where}} GROUP BY ALL"""

_DOMAINS: Final = "SELECT count(DISTINCT k.domain_id) FROM known AS k WHERE {where}"

_FOUND: Final = """
SELECT count(*), min(page.first_seen_at + l.seen_after_s)
FROM link AS l JOIN page ON page.url_id = l.source_url_id WHERE {where}"""


class Sources:
    """The pages a source covers: its URLs, the pages its aliases lead to, and the spelling a URL was fetched under."""

    def __init__(self, duck: duckdb.DuckDBPyConnection, places: Places, source: Target) -> None:
        self._selection = select(duck, places, source)
        self._more = spellings(duck, places, source) if source.mode is Mode.EXACT else []
        if self._more or self._selection.ranges:
            where, values = self.where("placed.domain_id", "r.url_id")
            self._more = [*self._more, *_numbers(duck, _ALIASES.format(where=where), values)]

    def where(self, domain: str, url: str) -> Condition:
        """The condition on a column of domain numbers and one of URL numbers."""
        parts: list[Condition] = []
        if not self._selection.is_empty:
            parts.append(self._selection.where(domain, url))
        if self._more:
            parts.append((f"{url} IN (SELECT unnest(?))", [self._more]))
        condition = " OR ".join(f"({where})" for where, _ in parts) or "false"
        return f"({condition})", [value for _, values in parts for value in values]


def spellings(duck: duckdb.DuckDBPyConnection, places: Places, source: Target) -> list[int]:
    """The known pages that share a dedup key with a URL: it is fetched under one spelling."""
    path = source.path.partition("?")[0]
    rows = [
        row
        for place in places.of(source.host)
        if fits(place, source)
        for row in duck.execute(_SPELLINGS, [place.low, place.high, path, f"{path}?"]).fetchall()
    ]
    return [url_id for url_id, spelling in rows if dedup_key(spelling) == dedup_key(source.path)]


def _numbers(duck: duckdb.DuckDBPyConnection, statement: str, values: list[object]) -> list[int]:
    return [number for (number,) in duck.execute(statement, values).fetchall()]


def does_link(
    duck: duckdb.DuckDBPyConnection, places: Places, question: Question, source: Target, snapshot: Snapshot
) -> Verdict:
    """Whether ``source`` links to the question's target by the kinds and rel it asks for; its ``limit`` cuts the rows.

    Raises :class:`UsageError` where both are one site, whose links are internal.
    """
    if source.domain == question.target.domain:
        raise UsageError(
            f"{source.text} and {question.target.text} are one site ({source.domain}): links within a site are"
            " internal, and not kept here"
        )
    sources = Sources(duck, places, source)
    coverage, reasons = _looked_at(duck, sources)
    links, since, rows = _links(duck, places, question, sources)
    answer = Reply.YES if links else Reply.UNKNOWN if reasons else Reply.NO
    return Verdict(
        question, source, answer, () if links else reasons, coverage, moment(since) if links else None, links, rows,
        snapshot,
    )  # fmt: skip


def _links(
    duck: duckdb.DuckDBPyConnection, places: Places, question: Question, sources: Sources
) -> tuple[int, int, tuple[LinkRow, ...]]:
    """The links there are, how many, and when the first was seen. A canonical duplicate's link is a link too."""
    selection = select(duck, places, question.target)
    if selection.is_empty:
        return 0, 0, ()
    named, values = selection.where("l.target_domain_id", "l.target_url_id")
    on, more = sources.where("l.source_domain_id", "l.source_url_id")
    marks = f" AND l.follow & {question.follow.marks:d} <> 0" if question.follow.marks else ""
    where = f"{named} AND {on} AND (? >> l.kind) & 1 = 1{marks}"
    values = [*values, *more, question.kind_mask]
    links, since = duck.execute(_FOUND.format(where=where), values).fetchall()[0]
    rows = tuple(link_rows(duck, where, values, question.limit)) if links and question.limit != 0 else ()
    return links, since or 0, rows


def _looked_at(duck: duckdb.DuckDBPyConnection, sources: Sources) -> tuple[Coverage, tuple[Reason, ...]]:
    """How far the site is known, and what stands in the way of a "no"."""
    where, values = sources.where("k.domain_id", "k.url_id")
    pages: Counter[State] = Counter()
    obstacles: Counter[str] = Counter()
    as_of = 0
    for state, obstacle, count, asked_at in duck.execute(_COVERAGE.format(where=where), values).fetchall():
        pages[State(state)] += count
        obstacles[obstacle] += count
        as_of = max(as_of, asked_at)
    coverage = Coverage(
        domains=int(duck.execute(_DOMAINS.format(where=where), values).fetchall()[0][0]),
        pages_known=pages.total(),
        fetched=pages[State.FETCHED] + pages[State.REDIRECTED],
        blocked=pages[State.BLOCKED],
        failed=pages[State.FAILED],
        pending=pages[State.DISCOVERED] + pages[State.POSTPONED],
        excluded=pages[State.EXCLUDED],
        as_of=moment(as_of) if as_of else None,
    )
    if not pages:
        obstacles[NEVER_CRAWLED] = 0
    return coverage, tuple(Reason(reason, obstacles[reason]) for reason in REASONS if reason in obstacles)
