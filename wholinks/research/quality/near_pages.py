"""Domains with nearly the same page, found without comparing every two.

Simhashes of which few bits differ have whole blocks of bits in common (Manku, Jain and Das Sarma, "Detecting
near-duplicates for web crawling", 2007): of five blocks three bits touch three at most, so two are the same. A list by
each two blocks has such pages side by side.
"""

from itertools import combinations
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from wholinks.research.quality.ranges import MOST, Ints, chunks, spread

NEAR: Final = 3
"""Bits in which the simhashes of near-duplicates differ at most."""

_BLOCKS: Final = (0, 13, 26, 39, 52, 64)
_TABLES: Final = tuple(
    sum(((1 << _BLOCKS[block + 1]) - (1 << _BLOCKS[block])) for block in blocks)
    for blocks in combinations(range(len(_BLOCKS) - 1), len(_BLOCKS) - 1 - NEAR)
)
"""The bits that a list goes by."""
_HASHES_AT_ONCE: Final = 64


def near_pages(domains: NDArray[Any], simhashes: NDArray[np.int64]) -> dict[int, int]:
    """For each domain, how many others have a page whose simhash differs from one of its own in at most :data:`NEAR`
    bits, up to :data:`MOST`. Each pair of a domain and a simhash comes once, in any order."""
    if not len(domains):
        return {}
    return _Pages(domains.astype(np.int64), simhashes.view(np.uint64)).near()


class _Pages:
    """Different simhashes by number, and the domains that have them."""

    def __init__(self, domains: Ints, simhashes: NDArray[np.uint64]) -> None:
        self._hashes, numbers = np.unique(simhashes, return_inverse=True)
        by_hash = np.lexsort((domains, numbers))
        self._having = domains[by_hash]
        self._ends = np.cumsum(np.bincount(numbers))
        self._begins = np.append(0, self._ends[:-1])
        by_domain = np.lexsort((numbers, domains))
        self._own = numbers[by_domain]
        self._domains, self._firsts = np.unique(domains[by_domain], return_index=True)
        self._list()

    def _list(self) -> None:
        """Hashes in the order of each list, and for each hash the range of those beside it; an empty one where they are
        all of one domain."""
        many = len(self._hashes)
        first, last = self._having[self._begins], self._having[self._ends - 1]
        self._listed = np.empty(len(_TABLES) * many, np.uint32)
        self._lower = np.zeros((len(_TABLES), many), np.uint32)
        self._upper = np.zeros((len(_TABLES), many), np.uint32)
        for table, bits in enumerate(_TABLES):
            keys = self._hashes & np.uint64(bits)
            order = np.argsort(keys)
            keys = keys[order]
            begins = np.flatnonzero(np.append(True, keys[1:] != keys[:-1]))
            lengths = np.diff(begins, append=many)
            is_mixed = np.minimum.reduceat(first[order], begins) != np.maximum.reduceat(last[order], begins)
            self._listed[table * many : (table + 1) * many] = order
            self._lower[table, order] = np.repeat(table * many + begins, lengths)
            self._upper[table, order] = np.repeat(table * many + begins + lengths * is_mixed, lengths)

    def near(self) -> dict[int, int]:
        """How many other domains each domain is near."""
        beside: NDArray[np.bool_] = np.any(self._upper > self._lower, axis=0)
        is_beside = np.logical_or.reduceat(beside[self._own], self._firsts)
        lasts = np.append(self._firsts[1:], len(self._own))
        counts = np.zeros(len(self._domains), np.int64)
        for row in np.flatnonzero(is_beside).tolist():
            counts[row] = self._count(self._own[self._firsts[row] : lasts[row]])
        return dict(zip(self._domains.tolist(), np.minimum(counts, MOST).tolist(), strict=True))

    def _count(self, own: Ints) -> int:
        """How many other domains have a hash near one of ``own``; where they are more than :data:`MOST`, so many at
        least."""
        lower = self._lower[:, own].ravel().astype(np.int64)
        upper = self._upper[:, own].ravel().astype(np.int64)
        of_own = np.tile(self._hashes[own], len(_TABLES))
        known = np.zeros(0, np.int64)
        found = np.zeros(0, np.int64)
        for here, there in chunks(lower, upper):
            beside = self._listed[spread(here, there)]
            differing = np.bitwise_count(self._hashes[beside] ^ np.repeat(of_own, there - here))
            near = np.setdiff1d(beside[differing <= NEAR], known)
            known = np.append(known, near)
            for first in range(0, len(near), _HASHES_AT_ONCE):
                begins, ends = (places[near[first : first + _HASHES_AT_ONCE]] for places in (self._begins, self._ends))
                found = np.union1d(found, self._having[spread(begins, np.minimum(ends, begins + MOST + 1))])
                if len(found) > MOST:
                    return MOST
        return max(len(found) - 1, 0)
