"""Pairs of domains, counted ahead for all targets: what ``counting`` says in SQL, for links that lie in order.

A table without ORDER BY is read in the order of its rows, so a pair's links follow one another, and so do a
backlink's: counting them is finding where the next one starts. Hashing them takes three times as long.
"""
# ruff: noqa: S608 - statements are made of this package's constants; whatever a user gives is a parameter

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Final

import duckdb
import numpy as np
from numpy.typing import NDArray

from .counting import DEFAULT_KIND_MASK
from .ctrl_c import interruptible
from .schema import Mark
from .slicing import by_pairs
from .states import STALE_AFTER_S, STATES, LinkState

_AT_ONCE: Final = 2
_COUNTED: Final = f"""
SELECT target_domain_id, source_domain_id, target_url_id, source_url_id, follow, state, seen_after_s, unseen_s
FROM index.link
WHERE target_domain_id BETWEEN $first AND $last AND source_domain_id BETWEEN $low AND $high
    AND {DEFAULT_KIND_MASK:d} >> kind & 1 = 1 AND dup_kinds & {DEFAULT_KIND_MASK:d} = 0"""

_PAGES: Final = "SELECT url_id, first_seen_at, last_seen_at FROM index.page"

_WRITE: Final = f"""
INSERT INTO index.pair BY NAME
    WITH earlier AS (
        SELECT target_domain_id, source_domain_id, min(first_seen_at) AS first_seen_at FROM index.past
        WHERE target_domain_id BETWEEN $first AND $last AND source_domain_id BETWEEN $low AND $high
            AND {DEFAULT_KIND_MASK:d} >> kind & 1 = 1
        GROUP BY target_domain_id, source_domain_id)
    SELECT summed.* REPLACE (least(summed.first_seen_at, earlier.first_seen_at) AS first_seen_at),
           domain.domain AS source_domain
    FROM summed JOIN domain ON domain.rowid + 1 = source_domain_id
    LEFT JOIN earlier USING (target_domain_id, source_domain_id)
    ORDER BY target_domain_id, source_domain_id
"""

Array = NDArray[Any]


class _Pages:
    """When each source page was seen first and last, by its URL's number."""

    def __init__(self, duck: duckdb.DuckDBPyConnection) -> None:
        found = duck.execute(_PAGES).fetchnumpy()
        self._place = np.zeros(int(found["url_id"].max(initial=0)) + 1, np.uint32)
        self._place[found["url_id"]] = np.arange(len(found["url_id"]), dtype=np.uint32)
        self._first, self._last = found["first_seen_at"], found["last_seen_at"]

    def seen(self, urls: Array) -> tuple[Array, Array]:
        """First and last, UTC seconds, of pages."""
        places = self._place[urls]
        return self._first[places], self._last[places]


def count_pairs(duck: duckdb.DuckDBPyConnection, now: int) -> None:
    """Fill ``pair``; ``now`` is the time of the build, in UTC seconds. Slices are counted side by side, and written in
    order."""
    pages = _Pages(duck)

    def counted(slice_: dict[str, int]) -> dict[str, Array] | None:
        links = interruptible(duck.cursor()).execute(_COUNTED, slice_).fetchnumpy()
        return _summed(links, pages, now) if len(links["follow"]) else None

    def write(slice_: dict[str, int], counting: Future[dict[str, Array] | None]) -> None:
        summed = counting.result()
        if summed is not None:
            duck.register("summed", summed)
            duck.execute(_WRITE, slice_)
            duck.unregister("summed")

    under_way: deque[tuple[dict[str, int], Future[dict[str, Array] | None]]] = deque()
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for first, last, low, high in by_pairs(duck):
            slice_ = {"first": first, "last": last, "low": low, "high": high}
            under_way.append((slice_, pool.submit(counted, slice_)))
            if len(under_way) > _AT_ONCE:
                write(*under_way.popleft())
        for slice_, counting in under_way:
            write(slice_, counting)


def _summed(links: dict[str, Array], pages: _Pages, now: int) -> dict[str, Array]:
    """The columns of ``pair`` that a slice's ``links``, at least one, say."""
    starts = _starts(links["target_url_id"], links["source_url_id"])
    sources = links["source_url_id"][starts]
    marks = np.bitwise_or.reduceat(links["follow"], starts)
    state = _least(links["state"], starts)
    first_seen, last_seen = pages.seen(sources)
    first_seen = first_seen + _least(links["seen_after_s"], starts)
    last_seen = last_seen - _least(links["unseen_s"], starts)
    targets, from_ = links["target_domain_id"][starts], links["source_domain_id"][starts]
    pairs = _starts(targets, from_)

    def count(of: Array) -> Array:
        return np.add.reduceat(of, pairs, dtype=np.uint32) if of.any() else np.zeros(len(pairs), np.uint32)

    is_live = state == STATES.index(LinkState.LIVE)
    return {
        "target_domain_id": targets[pairs],
        "source_domain_id": from_[pairs],
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


def _least(values: Array, starts: Array) -> Array:
    """The least of ``values`` from each start to the next; mostly all are 0."""
    return np.minimum.reduceat(values, starts) if values.any() else np.zeros(len(starts), values.dtype)


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
