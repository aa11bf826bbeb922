"""The third part of a build, in memory: what became of links over time, where pages were asked for more than once.

Most pages are *steady*: fetched once, or said by the server to be as they were. Their links are live, and pass through
the build as they come. The others are *restless*; their links are ``told`` with the fetches that opened and closed
them, and :mod:`states` says when each was live:

``seen``    the fetches of restless pages, in order of time (``nr``), each with what it found
``told``    their links to other sites, closed ones too
``course``  for each restless page, when a link was live that it showed from the first time on
``gone``    the pages whose last links are lost or moved, whatever they lead to
``life``    each time that a link of ``told`` was live: from, until (NULL: still), and how its pair stood
``spell``   each time that a page's links, or a pair, were in doubt (:mod:`doubts`)
"""
# ruff: noqa: S608 - statements are made of this package's constants; whatever a user gives is a parameter

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any, Final, NamedTuple

import duckdb

from wholinks.storage.records import NOT_FOLLOWED, Kind, Outcome

from . import doubts
from .connection import as_written
from .ctrl_c import interruptible
from .source import CrawlSnapshot
from .states import (
    BODIES,
    DAY_S,
    ENDS,
    EXITS,
    OPENINGS,
    STATES,
    Doubt,
    Finding,
    History,
    Interval,
    LinkState,
    Look,
    Observation,
    Page,
    PageFlag,
    Sighting,
    fold_page,
    history,
    take_over,
)

FAILURES: Final = (
    "dns", "dns_timeout", "connect", "connect_timeout", "tls", "first_byte_timeout", "total_timeout", "idle_timeout",
    "disconnected", "server_error",
)  # fmt: skip
"""Failures that may prove, by their number and span, that a page is gone. Others say nothing of it."""

_BATCH: Final = 20_000

_FINDING: Final = f"""
CASE WHEN outcome = {Outcome.PAGE:d} AND reason = 'soft_404' THEN {Finding.GONE.value}
     WHEN outcome = {Outcome.PAGE:d} AND is_complete THEN {Finding.COMPLETE.value}
     WHEN outcome = {Outcome.PAGE:d} THEN {Finding.TRUNCATED.value}
     WHEN outcome = {Outcome.NOT_MODIFIED:d} THEN {Finding.NOT_MODIFIED.value}
     WHEN outcome = {Outcome.REDIRECT:d} AND NOT has_links THEN
         CASE WHEN final_body_at IS NULL THEN {Finding.UNREAD_REDIRECT.value}
              WHEN is_permanent THEN {Finding.PERMANENT_REDIRECT.value} ELSE {Finding.TEMPORARY_REDIRECT.value} END
     WHEN outcome = {Outcome.REDIRECT:d} THEN
         CASE WHEN final_body_at IS NULL THEN {Finding.UNREAD_EXIT.value}
              WHEN is_permanent THEN {Finding.PERMANENT_EXIT.value} ELSE {Finding.TEMPORARY_EXIT.value} END
     WHEN outcome = {Outcome.HTTP_ERROR:d} AND status IN (404, 410) THEN {Finding.GONE.value}
     WHEN outcome = {Outcome.DISALLOWED:d} THEN {Finding.DISALLOWED.value}
     WHEN outcome IN ({Outcome.HTTP_ERROR:d}, {Outcome.FAILURE:d})
         AND reason IN ({", ".join(f"'{name}'" for name in FAILURES)}) THEN {Finding.FAILURE.value}
     ELSE {Finding.UNCLEAR.value} END"""

# Where each redirect led at that time, which later answers may contradict: from hop to hop, each the first answer of a
# day before it or later. `body_at` is when that answer's body was read, which for a 304 was earlier; NULL where the
# final page was not read. A circle has no final page.
_WALK: Final = f"""
CREATE TABLE answer AS
    SELECT url_no, fetched_at, CASE WHEN outcome = {Outcome.REDIRECT:d} THEN redirect_no ELSE 0 END AS next_no,
           status IN (301, 308) AS is_permanent, body_at
    FROM (SELECT *, last_value(CASE WHEN outcome = {Outcome.PAGE:d} THEN is_complete END IGNORE NULLS)
                        OVER earlier AS is_body_complete,
                    last_value(CASE WHEN outcome = {Outcome.PAGE:d} THEN fetched_at END IGNORE NULLS)
                        OVER earlier AS body_at
          FROM request WHERE outcome IN ({Outcome.PAGE:d}, {Outcome.REDIRECT:d}, {Outcome.NOT_MODIFIED:d})
          WINDOW earlier AS (PARTITION BY url_no ORDER BY fetched_at, fetch_id))
    WHERE outcome = {Outcome.REDIRECT:d} OR is_body_complete = 1;
CREATE TABLE walk AS
    SELECT fetch_id, url_no, fetched_at, redirect_no AS final_no, status IN (301, 308) AS is_permanent,
           NULL::BIGINT AS body_at, false AS is_over
    FROM request WHERE outcome = {Outcome.REDIRECT:d} AND url_no IN (SELECT url_no FROM page);
"""

_STEP: Final = f"""
CREATE TABLE walked AS
    WITH here AS (
        SELECT walk.*, coalesce(spelled.url_no, walk.final_no) AS asked_no
        FROM walk JOIN fetch_url ON fetch_url.url_no = walk.final_no
        LEFT JOIN spelled ON spelled.key_hash = fetch_url.key_hash
            AND walk.final_no NOT IN (SELECT url_no FROM visit)
        WHERE NOT is_over),
    told AS (
        SELECT here.* EXCLUDE (body_at), answer.body_at, answer.next_no, answer.is_permanent AS is_next_permanent
        FROM here ASOF LEFT JOIN answer
            ON answer.url_no = here.asked_no AND here.fetched_at - {DAY_S} <= answer.fetched_at)
    SELECT fetch_id, url_no, fetched_at,
           CASE WHEN asked_no <> url_no AND next_no > 0 THEN next_no ELSE asked_no END AS final_no,
           is_permanent AND (coalesce(next_no, 0) = 0 OR asked_no = url_no OR is_next_permanent) AS is_permanent,
           CASE WHEN asked_no <> url_no AND next_no = 0 THEN body_at END AS body_at,
           asked_no = url_no OR coalesce(next_no, 0) = 0 AS is_over
    FROM told;
DELETE FROM walk WHERE NOT is_over;
INSERT INTO walk SELECT * FROM walked;
DROP TABLE walked;
"""
_MOST_HOPS: Final = 64

_SEEN: Final = f"""
CREATE TABLE seen AS
    WITH followed AS (
        SELECT own.* REPLACE (own.is_complete = 1 AS is_complete), walk.final_no, walk.body_at AS final_body_at,
               coalesce(walk.is_permanent, false) AS is_permanent
        FROM request AS own LEFT JOIN walk ON walk.fetch_id = own.fetch_id
        WHERE own.url_no IN (SELECT url_no FROM page))
    SELECT url_no, (row_number() OVER (PARTITION BY url_no ORDER BY fetched_at, fetch_id) - 1)::INTEGER AS nr,
           fetch_id, fetched_at, domain_no, has_links, {_FINDING} AS finding,
           CASE WHEN outcome = {Outcome.PAGE:d} THEN robots & 3 ELSE 0 END
               | ((canonical_no NOT IN (0, url_no))::INTEGER << 2) AS flags,
           coalesce(final_no, 0) AS final_no, final_body_at
    FROM followed;
DROP TABLE answer;
DROP TABLE walk;
"""

_READ_REDIRECTS: Final = f"({Finding.PERMANENT_REDIRECT.value}, {Finding.TEMPORARY_REDIRECT.value})"

_RESTLESS: Final = f"""
CREATE TABLE story AS
    SELECT url_no, min(nr) FILTER (has_links) AS first_own, count(*) FILTER (has_links) AS own,
           count(DISTINCT flags) FILTER (has_links) > 1 OR bool_or(finding IN {_READ_REDIRECTS}) AS is_tangled,
           bool_or(finding = {Finding.PERMANENT_REDIRECT.value}) AS is_moving
    FROM seen GROUP BY url_no;
CREATE TABLE restless AS
    WITH final AS (
        SELECT final_no AS url_no, bool_or(finding = {Finding.PERMANENT_REDIRECT.value}) AS is_moving FROM seen
        WHERE finding IN {_READ_REDIRECTS} AND final_no IN (SELECT url_no FROM page) GROUP BY final_no)
    SELECT story.url_no, first_own, is_tangled OR final.url_no IS NOT NULL AS is_tangled,
           story.is_moving OR coalesce(final.is_moving, false) AS is_moving
    FROM story LEFT JOIN final ON final.url_no = story.url_no
    WHERE own > 1 OR story.url_no IN (SELECT url_no FROM final) OR story.url_no IN (
        SELECT seen.url_no FROM seen JOIN story USING (url_no)
        WHERE nr > first_own AND finding <> {Finding.NOT_MODIFIED.value});
CREATE TABLE gone (url_no UINTEGER)"""

_RESTLESS_ALONE: Final = """
DELETE FROM seen WHERE url_no NOT IN (SELECT url_no FROM restless);
CREATE TABLE source_fetch AS
    SELECT request.fetch_id, request.url_no, request.domain_no, page.is_nofollow,
           request.url_no IN (SELECT url_no FROM restless) AS is_restless
    FROM request JOIN page USING (url_no) WHERE request.has_links;
"""

_TOLD: Final = """
CREATE TABLE told_raw AS
    SELECT numbered.domain_no AS target_domain_no, it.domain_no AS source_domain_no, numbered.url_no AS target_no,
           it.url_no AS source_no, source.bits & 7 AS kind, source.*
    FROM source JOIN source_fetch AS it ON it.fetch_id = source.fetch_id
    JOIN numbered ON numbered.hash = source.target_url_id
    WHERE it.is_restless AND numbered.domain_no <> it.domain_no;
"""

_TOLD_PLACED: Final = f"""
CREATE TABLE told AS
    SELECT raw.*, opening.nr AS opened_nr, opening.fetched_at AS opened_at, closing.nr AS closed_nr,
           closing.fetched_at AS closed_at
    FROM told_raw AS raw JOIN seen AS opening USING (fetch_id)
    LEFT JOIN seen AS closing ON closing.fetch_id = raw.closed_fetch_id AND closing.url_no = raw.source_no;
DROP TABLE told_raw;
CREATE TABLE simple AS
    SELECT source_no, target_no, told.kind FROM told JOIN restless ON restless.url_no = source_no
    GROUP BY ALL
    HAVING NOT any_value(is_tangled) AND told.kind <> {Kind.REDIRECT:d}
        AND bool_and(opened_nr = first_own AND closed_nr IS NULL);
CREATE TABLE carried AS
    SELECT DISTINCT seen.url_no AS source_no, seen.nr, told.target_no, told.kind
    FROM seen JOIN told ON told.source_no = seen.final_no AND told.source_domain_no = seen.domain_no
    WHERE finding IN {_READ_REDIRECTS} AND told.opened_at <= seen.final_body_at
        AND (told.closed_at IS NULL OR told.closed_at > seen.final_body_at);
CREATE TABLE course (
    url_no UINTEGER, first_seen_at BIGINT, last_seen_at BIGINT, ended_at BIGINT, opened_why UTINYINT, state UTINYINT,
    reason UTINYINT, ended_why UTINYINT, flags INTEGER, came_at BIGINT);
CREATE TABLE life (
    fetch_id BIGINT, ordinal BIGINT, from_at BIGINT, until_at BIGINT, came_at BIGINT, first_seen_at BIGINT,
    last_seen_at BIGINT, opened_why UTINYINT, state UTINYINT, reason UTINYINT, ended_why UTINYINT, flags INTEGER);
"""

_SIMPLE_LIVES: Final = """
INSERT INTO life
    SELECT told.fetch_id, told.ordinal, greatest(told.opened_at, course.came_at), course.ended_at,
           course.came_at, course.first_seen_at, course.last_seen_at, course.opened_why, course.state, course.reason,
           course.ended_why, course.flags
    FROM told SEMI JOIN simple USING (source_no, target_no, kind) JOIN course ON course.url_no = told.source_no
"""

_OBSERVATIONS: Final = "SELECT url_no, fetched_at, finding, flags, final_no FROM seen ORDER BY url_no, nr"
_PAIRS: Final = """
SELECT source_no, target_no, kind, fetch_id, ordinal, opened_nr, closed_nr, rel, anchor_text
FROM told ANTI JOIN simple USING (source_no, target_no, kind)
ORDER BY source_no, target_no, kind, opened_nr, ordinal"""
_CARRIED: Final = "SELECT source_no, target_no, kind, nr FROM carried"

_FINDINGS: Final = {finding.value: finding for finding in Finding}


class _Row(NamedTuple):
    """A link of one pair."""

    fetch_id: int
    ordinal: int
    opened_nr: int
    closed_nr: int | None
    look: Look


class _Pair(NamedTuple):
    """A pair's links, and the fetches of the page they are on."""

    rows: list[_Row]
    observations: list[Observation]
    is_redirect: bool


PairKey = tuple[int, int, int]
"""source page, target URL, kind"""


def observe(duck: duckdb.DuckDBPyConnection) -> bool:
    """Make ``seen``, ``restless``, ``source_fetch`` and ``spell``. Whether any page is restless."""
    duck.execute(_WALK)
    for _ in range(_MOST_HOPS):
        if not duck.execute("SELECT count(*) FROM walk WHERE NOT is_over").fetchall()[0][0]:
            break
        duck.execute(_STEP)
    duck.execute(_SEEN)
    duck.execute(_RESTLESS)
    doubts.begin(duck)
    duck.execute(_RESTLESS_ALONE)
    return bool(duck.execute("SELECT count(*) FROM restless").fetchall()[0][0])


def tell(duck: duckdb.DuckDBPyConnection, crawl: CrawlSnapshot, stored: str) -> None:
    """Make ``told`` and ``life``, and the rest of ``spell``; ``stored`` is the statement for the links of crawl.db."""
    with crawl.rows(duck, stored), as_written(duck):
        duck.execute(_TOLD)
    duck.execute(_TOLD_PLACED)
    lives = _Table(duck, "life", 12)
    courses = _Table(duck, "course", 10)
    gone = _Table(duck, "gone", 1)
    spells = _Table(duck, "spell", doubts.COLUMNS)
    carried: dict[PairKey, list[int]] = defaultdict(list)
    for source, target, kind, nr in duck.execute(_CARRIED).fetchall():
        carried[source, target, kind].append(nr)
    moving: dict[PairKey, tuple[_Pair, History]] = {}
    is_moving = {number for (number,) in duck.execute("SELECT url_no FROM restless WHERE is_moving").fetchall()}
    pairs = _pairs(duck)
    waiting = next(pairs, None)
    for number, observations in _pages(duck):
        page = fold_page(observations)
        gone.add(_gone_row(number, page))
        of_page = page.course(page.own, is_redirect=False).spells
        spells.add(doubts.page_rows(number, of_page))
        if number not in is_moving:
            courses.add(_course_rows(number, page))
        while waiting is not None and waiting[0][0] == number:
            key, rows = waiting
            found = history(page, _sightings(rows), carried.get(key, ()), is_redirect=key[2] == Kind.REDIRECT)
            spells.add(doubts.pair_rows(key, found.spells, found.intervals, of_page))
            pair = _Pair(rows, observations, key[2] == Kind.REDIRECT)
            if number in is_moving:
                moving[key] = pair, found
            else:
                lives.add(_lives(pair, found, found.intervals))
            waiting = next(pairs, None)
    for (pair, found), intervals in zip(moving.values(), _moved(moving), strict=True):
        lives.add(_lives(pair, found, intervals))
    for table in (lives, courses, gone, spells):
        table.flush()
    duck.execute(_SIMPLE_LIVES)


def _pages(duck: duckdb.DuckDBPyConnection) -> Iterator[tuple[int, list[Observation]]]:
    for number, rows in groupby(_stream(duck, _OBSERVATIONS), itemgetter(0)):
        yield number, [
            Observation(
                at, _FINDINGS[finding], PageFlag(flags),
                final if _FINDINGS[finding] is Finding.PERMANENT_REDIRECT else None,
            )
            for _, at, finding, flags, final in rows
        ]  # fmt: skip


def _pairs(duck: duckdb.DuckDBPyConnection) -> Iterator[tuple[PairKey, list[_Row]]]:
    for (source, target, kind), rows in groupby(_stream(duck, _PAIRS), itemgetter(0, 1, 2)):
        yield (
            (source, target, kind),
            [
                _Row(fetch_id, ordinal, opened, closed, Look(rel, rel & NOT_FOLLOWED == 0, anchor))
                for *_, fetch_id, ordinal, opened, closed, rel, anchor in rows
            ],
        )


def _stream(duck: duckdb.DuckDBPyConnection, statement: str) -> Iterator[tuple[Any, ...]]:
    cursor = interruptible(duck.cursor())
    cursor.execute(statement)
    while chunk := cursor.fetchmany(_BATCH):
        yield from chunk
    cursor.close()


def _sightings(rows: Sequence[_Row]) -> list[Sighting]:
    """The pair's links as one: disjoint times, each with what its links said together."""
    cuts = sorted({nr for row in rows for nr in (row.opened_nr, row.closed_nr) if nr is not None})
    found = []
    for opened, closed in zip(cuts, [*cuts[1:], None], strict=True):
        shown = [row for row in rows if row.opened_nr <= opened and (row.closed_nr is None or opened < row.closed_nr)]
        if shown:
            rel = 0
            for row in shown:
                rel |= row.look.rel
            first = min(shown, key=lambda row: row.ordinal)
            is_followed = any(row.look.is_followed for row in shown)
            found.append(Sighting(opened, closed, Look(rel, is_followed, first.look.anchor_text)))
    return found


def _moved(moving: dict[PairKey, tuple[_Pair, History]]) -> list[tuple[Interval, ...]]:
    """The intervals of each pair, after those of pages that moved were taken over by the pages they moved to."""
    intervals = {key: found.intervals for key, (_, found) in moving.items()}
    moves = [
        (interval.ended_at, key, interval) for key, its in intervals.items() for interval in its if interval.is_moved
    ]
    for _, (source, target, kind), moved in sorted(moves, key=lambda move: (move[0] or 0, move[1])):
        heir = (moved.moved_to or 0, target, kind)
        now = [it for it in intervals[source, target, kind] if it.ended_at == moved.ended_at]
        if heir in intervals:
            intervals[heir] = take_over(intervals[heir], now[0] if now else moved)
    return list(intervals.values())


def _gone_row(number: int, page: Page) -> Iterator[tuple[int]]:
    """The page's number if a link is gone that it showed to the last."""
    if any(interval.ended_at is not None for interval in page.course(page.own, is_redirect=False).intervals[-1:]):
        yield (number,)


def _course_rows(number: int, page: Page) -> Iterator[tuple[Any, ...]]:
    course = page.course(page.own, is_redirect=False)
    flags = next((int(moment.flags) for moment in page.moments if page.own >> moment.shown & 1), 0)
    for interval in course.intervals:
        state, reason = _standing(interval, course.doubt)
        yield (
            number, course.intervals[0].first_seen_at, interval.last_seen_at, interval.ended_at,
            OPENINGS.index(interval.opened_why), state, reason, _ended_why(interval), flags, interval.first_seen_at,
        )  # fmt: skip


def _lives(pair: _Pair, found: History, intervals: Iterable[Interval]) -> Iterator[tuple[Any, ...]]:
    """Each of the pair's links, in each interval, as long as it looked so and its page's flags were the same.

    ``intervals`` are those of ``found`` after :func:`take_over`: what the page inherits is when the link was seen
    first, not that it was there itself before.
    """
    flags = _flags(pair)
    taken = tuple(intervals)
    for own, interval in zip(found.intervals, taken, strict=True):
        for row in pair.rows:
            start = max(pair.observations[row.opened_nr].at, own.first_seen_at)
            ends = [at for at in (_end(row, pair), interval.ended_at) if at is not None]
            end = min(ends) if ends else None
            for since, until, flag in flags:
                piece = max(start, since), end if until is None else until if end is None else min(end, until)
                if piece[1] is not None and piece[0] >= piece[1]:
                    continue
                state, reason = _standing(interval, found.doubt)
                yield (
                    row.fetch_id, row.ordinal, *piece, interval.first_seen_at, taken[0].first_seen_at,
                    interval.last_seen_at, OPENINGS.index(interval.opened_why), state, reason,
                    _ended_why(interval) if piece[1] is not None and piece[1] == interval.ended_at else 0, int(flag),
                )  # fmt: skip


def _flags(pair: _Pair) -> list[tuple[int, int | None, PageFlag]]:
    """What the page said of itself, from when until when."""
    told: list[tuple[int, PageFlag]] = []
    body: PageFlag | None = None
    for seen in pair.observations:
        if seen.finding in BODIES:
            body = seen.flags
        is_shown = seen.finding in BODIES or seen.finding is Finding.NOT_MODIFIED
        flags = body if is_shown else seen.flags if pair.is_redirect and seen.finding in EXITS else None
        if flags is not None and (not told or told[-1][1] != flags):
            told.append((seen.at, flags))
    starts = [0, *(at for at, _ in told[1:])]
    ends = [*starts[1:], None]
    return [(start, end, flag) for start, end, (_, flag) in zip(starts, ends, told, strict=True)]


def _end(row: _Row, pair: _Pair) -> int | None:
    """When a link no longer looked so: at the fetch that showed it otherwise, or not at all; one that was cut off
    before it could show the link says neither, nor does a redirect out of the site, which hides it."""
    if row.closed_nr is None:
        return None
    followers = [other.opened_nr for other in pair.rows if other.opened_nr >= row.closed_nr]
    later = range(row.closed_nr, len(pair.observations))
    told = (nr for nr in later if pair.observations[nr].finding is Finding.COMPLETE or nr in followers)
    decisive = next(told, None)
    return None if decisive is None else pair.observations[decisive].at


def _standing(interval: Interval, doubt: Doubt | None) -> tuple[int, int]:
    """State and reason, by number, of a pair whose last interval this is."""
    if interval.ended_at is not None:
        return STATES.index(LinkState.MOVED if interval.is_moved else LinkState.LOST), 0
    if doubt is None:
        return STATES.index(LinkState.LIVE), 0
    return STATES.index(doubt.state), ENDS.index(doubt.reason or "")


def _ended_why(interval: Interval) -> int:
    if interval.is_moved:
        return ENDS.index("moved")
    return ENDS.index(interval.ended_why or "")


class _Table:
    """Rows on their way into a table, many at once."""

    def __init__(self, duck: duckdb.DuckDBPyConnection, name: str, columns: int) -> None:
        self._duck = duck
        self._statement = f"INSERT INTO {name} SELECT {', '.join(['unnest(?::BIGINT[])'] * columns)}"
        self._rows: list[tuple[Any, ...]] = []

    def add(self, rows: Iterable[tuple[Any, ...]]) -> None:
        self._rows.extend(rows)
        if len(self._rows) >= _BATCH:
            self.flush()

    def flush(self) -> None:
        if self._rows:
            self._duck.execute(self._statement, [list(column) for column in zip(*self._rows, strict=True)])
            self._rows.clear()
