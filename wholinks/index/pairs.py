"""Pairs of domains, counted ahead for all targets: what ``counting`` says in SQL, for links that lie in order.

A table without ORDER BY is read in the order of its rows, so a pair's links follow one another, and so do a
backlink's: counting them is finding where the next one starts. Hashing them takes three times as long.
"""
# ruff: noqa: S608 - statements are made of this package's constants; whatever a user gives is a parameter

from collections import deque
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from typing import Any, Final

import duckdb
import numpy as np
from numpy.typing import NDArray

from .arrow_batches import ArrowBatches, Texts
from .counting import DEFAULT_KIND_MASK
from .ctrl_c import interruptible
from .schema import Mark
from .slicing import by_pairs
from .source import BATCH_ROWS
from .states import STALE_AFTER_S, STATES, LinkState

_AT_ONCE: Final = 2
_COUNTED: Final = f"""
SELECT target_domain_id, source_domain_id, target_url_id, source_url_id, follow{{told}} FROM index.link
WHERE target_domain_id BETWEEN $first AND $last AND source_domain_id BETWEEN $low AND $high
    AND {DEFAULT_KIND_MASK:d} >> kind & 1 = 1 AND dup_kinds & {DEFAULT_KIND_MASK:d} = 0"""
_TOLD: Final = ", state, seen_after_s, unseen_s"
"""All 0 where no link has a history."""

_PAGES: Final = "SELECT url_id, first_seen_at, last_seen_at FROM index.page"

_WRITE: Final = "INSERT INTO index.pair BY NAME SELECT * FROM summed"
_WRITE_WITH_PAST: Final = f"""
INSERT INTO index.pair BY NAME
    WITH earlier AS (
        SELECT target_domain_id, source_domain_id, min(first_seen_at) AS first_seen_at FROM index.past
        WHERE {DEFAULT_KIND_MASK:d} >> kind & 1 = 1 GROUP BY target_domain_id, source_domain_id)
    SELECT summed.* REPLACE (least(summed.first_seen_at, earlier.first_seen_at) AS first_seen_at)
    FROM summed LEFT JOIN earlier USING (target_domain_id, source_domain_id)
    ORDER BY target_domain_id, source_domain_id
"""
# A source page has one domain, so what is counted of pages adds up over them.
_ADD_UP: Final = """
INSERT INTO index.inward
    SELECT target_domain_id, sum(backlinks), sum(links), sum(referring_pages), count(*), sum(followed), sum(nofollow),
           sum(ugc), sum(sponsored), sum(suspect), sum(unknown), sum(stale)
    FROM index.pair GROUP BY target_domain_id ORDER BY target_domain_id
"""
_NAMES: Final = "SELECT domain FROM domain ORDER BY rowid"
_AT_A_TIME: Final = 10_000

Array = NDArray[Any]
Columns = dict[str, Array]


class _Pages:
    """When each source page was seen first and last, by its URL's number."""

    def __init__(self, duck: duckdb.DuckDBPyConnection) -> None:
        found = duck.execute(_PAGES).fetchnumpy()
        self._place = np.zeros(int(found["url_id"].max(initial=0)) + 1, np.uint32)
        self._place[found["url_id"]] = np.arange(len(found["url_id"]), dtype=np.uint32)
        self._first, self._last = found["first_seen_at"], found["last_seen_at"]

    def seen(self, urls: Array) -> tuple[Array, Array]:
        """First and last, UTC seconds, of pages."""
        places = self._place.take(urls)
        return self._first.take(places), self._last.take(places)


def count_pairs(duck: duckdb.DuckDBPyConnection, now: int, *, is_told: bool) -> None:
    """Fill ``pair`` and ``inward``; ``now`` is the time of the build, in UTC seconds, ``is_told`` whether some links
    have a history. Slices are counted side by side, and written in order."""
    with closing(_counted(duck, now, _COUNTED.format(told=_TOLD if is_told else ""))) as slices:
        names = Texts.of(_names(duck))
        try:
            summed = ArrowBatches(
                {**some, "source_domain": names.at(some["source_domain_id"])} for some in _row_groups(slices)
            )
        except StopIteration:
            return
        duck.register("summed", summed)
        try:
            duck.execute(_WRITE_WITH_PAST if is_told else _WRITE)
        except duckdb.Error:
            if summed.error is not None:
                raise summed.error from None
            raise
        duck.unregister("summed")
    duck.execute(_ADD_UP)


def _counted(duck: duckdb.DuckDBPyConnection, now: int, statement: str) -> Generator[Columns]:
    """The columns of ``pair``, a slice of targets each."""
    pages = _Pages(duck)
    slices = list(by_pairs(duck))  # `duck` itself is at work from the first one on

    def count(first: int, last: int, low: int, high: int) -> Columns | None:
        slice_ = {"first": first, "last": last, "low": low, "high": high}
        links = interruptible(duck.cursor()).execute(statement, slice_).fetchnumpy()
        return _summed(links, pages, now) if len(links["follow"]) else None

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        under_way = deque[Future[Columns | None]]()
        while slices or under_way:
            while slices and len(under_way) <= _AT_ONCE:
                under_way.append(pool.submit(count, *slices.pop(0)))
            summed = under_way.popleft().result()
            if summed is not None:
                yield summed


def _row_groups(slices: Iterable[Columns]) -> Iterator[Columns]:
    """The same rows, as many at a time as fill a row group of DuckDB: what fills none is put together by it later, once
    more."""
    rest: Columns | None = None
    for slice_ in slices:
        rows = slice_ if rest is None else {name: np.concatenate([rest[name], slice_[name]]) for name in slice_}
        whole = len(rows["links"]) // BATCH_ROWS * BATCH_ROWS
        for first in range(0, whole, BATCH_ROWS):
            yield {name: column[first : first + BATCH_ROWS] for name, column in rows.items()}
        rest = {name: column[whole:] for name, column in rows.items()}
    if rest and len(rest["links"]):
        yield rest


def _names(duck: duckdb.DuckDBPyConnection) -> Iterator[str]:
    """Of all domains, each at the place of its number; numbers begin with 1."""
    yield ""
    found = duck.execute(_NAMES)
    while some := found.fetchmany(_AT_A_TIME):
        yield from (name for (name,) in some)


def _summed(links: Columns, pages: _Pages, now: int) -> Columns:
    """The columns of ``pair`` that a slice's ``links``, at least one, say."""
    starts = _starts(links["target_url_id"], links["source_url_id"])
    sources = links["source_url_id"].take(starts)
    marks = np.bitwise_or.reduceat(links["follow"], starts)
    state = _least(links.get("state"), starts)
    first_seen, last_seen = pages.seen(sources)
    first_seen = first_seen + _least(links.get("seen_after_s"), starts)
    last_seen = last_seen - _least(links.get("unseen_s"), starts)
    targets, from_ = links["target_domain_id"].take(starts), links["source_domain_id"].take(starts)
    pairs = _starts(targets, from_)

    def count(of: Array) -> Array:
        return np.add.reduceat(of, pairs, dtype=np.uint32) if of.any() else np.zeros(len(pairs), np.uint32)

    is_live = state == STATES.index(LinkState.LIVE)
    return {
        "target_domain_id": targets.take(pairs),
        "source_domain_id": from_.take(pairs),
        "backlinks": _lengths(pairs, len(starts)),
        "links": count(_lengths(starts, len(links["follow"]))),
        "referring_pages": _distinct(sources, pairs),
        **{mark.name.lower(): count(marks & mark != 0) for mark in Mark if mark.name},
        "suspect": count(state == STATES.index(LinkState.SUSPECT)),
        "unknown": count(state == STATES.index(LinkState.UNKNOWN)),
        "stale": count(is_live & (last_seen < now - STALE_AFTER_S)),
        "first_seen_at": np.minimum.reduceat(first_seen, pairs),
        "last_seen_at": np.maximum.reduceat(last_seen, pairs),
    }


def _starts(*keys: Array) -> Array:
    """The places where one of ``keys`` is not what it was before; the first is one."""
    is_start = np.ones(len(keys[0]), np.bool_)
    is_start[1:] = False
    for key in keys:
        is_start[1:] |= key[1:] != key[:-1]
    return np.flatnonzero(is_start)


def _lengths(starts: Array, end: int) -> Array:
    return np.diff(starts, append=end).astype(np.uint32)


def _least(values: Array | None, starts: Array) -> Array:
    """The least of ``values``, None where all are 0, from each start to the next."""
    return np.zeros(len(starts), np.int32) if values is None else np.minimum.reduceat(values, starts)


def _distinct(values: Array, starts: Array) -> Array:
    """How many different ``values`` there are from each start to the next."""
    lengths = _lengths(starts, len(values))
    found = np.ones(len(starts), np.uint32)
    several = np.flatnonzero(lengths > 1)
    if len(several):
        among = np.repeat(lengths > 1, lengths)
        groups = np.repeat(several.astype(np.uint64), lengths[several])
        keys = np.sort(groups << np.uint64(32) | values[among])
        found[several] = np.bincount(keys[_starts(keys)] >> np.uint64(32), minlength=len(starts))[several]
    return found
