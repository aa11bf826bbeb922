"""What came and went of the backlinks of a list of targets since they were looked at last (docs/metrics-time.md).

What was seen is remembered backlink by backlink, each as a number made of its two URLs, not as a moment: an index that
was built amid a crawl, or after a merge, knows of fetches from before the last look that were not in it then.
"""
# ruff: noqa: S608 - statements are made of this package's constants; whatever a user gives is a parameter

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

import duckdb
import numpy as np
from numpy.typing import NDArray

from wholinks.index.answers import Coverage, Snapshot
from wholinks.index.ends import Ends
from wholinks.index.moments import moment_meant
from wholinks.index.queries import Index
from wholinks.index.questions import By, Question
from wholinks.index.rows import moment
from wholinks.index.schema import Mark
from wholinks.index.states import Opening
from wholinks.index.target import Target
from wholinks.notes.watches import Seen
from wholinks.research.growth.events import GAINS, find_events
from wholinks.research.growth.history import last_day, refuse_the_future

_LATER: Final = 2**62

_NAMED: Final = """
JOIN index.url AS source ON source.url_id = source_url_id
JOIN index.origin AS source_home ON source_home.origin_id = source.origin_id
JOIN index.url AS target ON target.url_id = target_url_id
JOIN index.origin AS target_home ON target_home.origin_id = target.origin_id"""

_COURSE: Final = f"""
CREATE TEMP TABLE course AS
    WITH pair AS (
        SELECT source_domain_id, source_url_id, target_url_id, sum(step) > 0 AS stands,
               coalesce(sum(step) FILTER (happened_at < $since), 0) > 0 AS was,
               arg_max(why, happened_at) AS why, max(happened_at) AS happened_at
        FROM event GROUP BY source_domain_id, source_url_id, target_url_id)
    SELECT pair.*,
           md5_number_lower(source_home.origin || source.path || chr(10) || target_home.origin || target.path) AS number
    FROM pair {_NAMED}"""

# A backlink's links as they are, or as they were last.
_ROWS: Final = f"""
WITH changed AS (SELECT * FROM course WHERE number IN (SELECT unnest($numbers::UBIGINT[]))),
known AS (
    SELECT source_url_id, target_url_id, ordinal, anchor_text, follow, {_LATER} AS until_at
    FROM index.link AS l WHERE {{counts}}
    UNION ALL
    SELECT source_url_id, target_url_id, ordinal, anchor_text, follow, until_at FROM index.past AS l WHERE {{counts}}),
latest AS (
    SELECT * FROM known SEMI JOIN changed USING (source_url_id, target_url_id)
    QUALIFY until_at = max(until_at) OVER (PARTITION BY source_url_id, target_url_id)),
told AS (
    SELECT source_url_id, target_url_id, arg_min(anchor_text, ordinal) AS anchor_text,
           bool_or(follow & {Mark.FOLLOWED:d} <> 0) AS followed
    FROM latest GROUP BY source_url_id, target_url_id)
SELECT CASE WHEN stands THEN 'new' ELSE 'lost' END AS change, why, happened_at, site.domain,
       source_home.origin || source.path AS source_url, target_home.origin || target.path AS target_url,
       anchor_text, followed
FROM changed JOIN told USING (source_url_id, target_url_id)
JOIN index.domain AS site ON site.domain_id = source_domain_id {_NAMED}
ORDER BY change DESC, source_domain_id, source_url, target_url"""

Numbers = NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class WatchedLink:
    """A backlink that is new or lost; ``why`` and ``at`` are those of its last change, as in ``history --between``.
    ``anchor_text`` is that of its first link, as it is or was last."""

    target: str
    change: str
    why: str
    at: datetime
    referring_domain: str
    source_url: str
    target_url: str
    anchor_text: str
    followed: bool


@dataclass(frozen=True, slots=True)
class WatchedTarget:
    """A target: ``backlinks`` = ``before`` + ``new`` - ``lost`` - ``forgotten``. ``gained`` (found or restored on pages
    that were known) and ``discovered`` (on pages read for the first time) are parts of ``new``. ``forgotten`` were seen
    and are in no index any more. Without ``seen_at`` this was the first look, to which nothing compares: ``before`` is
    None."""

    target: str
    seen_at: datetime | None
    before: int | None
    backlinks: int
    new: int
    gained: int
    discovered: int
    lost: int
    forgotten: int


@dataclass(frozen=True, slots=True)
class Watched:
    """What a watch sees: its targets in the order given, and a row for each backlink that is new or lost, target by
    target. ``since``: the day from whose beginning on was looked, None for the last look."""

    watch: str
    since: date | None
    new: int
    lost: int
    targets: tuple[WatchedTarget, ...]
    rows: tuple[WatchedLink, ...]
    coverage: Coverage
    snapshot: Snapshot

    @property
    def has_changed(self) -> bool:
        """Whether anything came or went."""
        return bool(self.new or self.lost or any(target.forgotten for target in self.targets))


def watched(
    index: Index,
    name: str,
    targets: Iterable[Target],
    seen: Mapping[str, Seen],
    *,
    since: date | None = None,
) -> tuple[Watched, tuple[Seen, ...]]:
    """Compare the backlinks of ``targets`` with those ``seen`` (by target), or with those at the beginning of the day
    ``since``. Returns the answer, and what is seen now: to be kept once the answer is delivered.

    Raises :class:`UsageError` for a day to come.
    """
    if since is not None:
        refuse_the_future(since, last_day(index))
    each = {target.text: target for target in targets}
    looks = [index.translated(lambda: _look(index, target, seen.get(text), since)) for text, target in each.items()]  # noqa: B023 - called at once
    told = tuple(one for one, _, _ in looks)
    answer = Watched(
        name, since, sum(one.new for one in told), sum(one.lost for one in told), told,
        tuple(row for _, rows, _ in looks for row in rows), index.coverage, index.built,
    )  # fmt: skip
    return answer, tuple(now for _, _, now in looks)


def _look(
    index: Index, target: Target, seen: Seen | None, since: date | None
) -> tuple[WatchedTarget, list[WatchedLink], Seen]:
    question = Question(target, By.PAGE)
    duck, ends = index.ask(question)
    find_events(duck, question, ends)
    duck.execute(_COURSE, {"since": moment_meant(since, "since", is_end=False) or 0})
    found = duck.execute("SELECT number, stands, was FROM course").fetchnumpy()
    numbers: Numbers = found["number"].astype(np.uint64)
    stands = found["stands"].astype(bool)
    then: Numbers = np.frombuffer(seen.pairs, "<u8").astype(np.uint64) if seen is not None else numbers[stands]
    was = found["was"].astype(bool) if since is not None else np.isin(numbers, then)
    gone = 0 if since is not None else int(len(then) - was.sum())
    rows = _rows(duck, question, ends, target.text, numbers[stands != was])
    is_first = since is None and seen is None
    new = [row for row in rows if row.change == "new"]
    before = int(was.sum()) + gone
    told = WatchedTarget(
        target.text, None if is_first or since is not None or seen is None else seen.seen_at,
        None if is_first else before, int(stands.sum()), len(new), sum(row.why in GAINS for row in new),
        sum(row.why == Opening.PAGEFOUND for row in new), len(rows) - len(new), gone,
    )  # fmt: skip
    kept = np.sort(numbers[stands]).astype("<u8").tobytes()
    return told, rows, Seen(target.text, index.built.id, moment(index.built_at), kept)


def _rows(
    duck: duckdb.DuckDBPyConnection, question: Question, ends: Ends, target: str, changed: Numbers
) -> list[WatchedLink]:
    if not len(changed):
        return []
    where, values = ends.where()
    counts = f"{where} AND (? >> l.kind) & 1 = 1"
    statement = _ROWS.format(counts=counts).replace("$numbers", "?")
    given = [changed.tolist(), *values, question.kind_mask, *values, question.kind_mask]
    found = duck.execute(statement, given).fetchall()
    return [WatchedLink(target, change, why, moment(at), *rest) for change, why, at, *rest in found]
