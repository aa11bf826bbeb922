"""Domains that link to nearly the same sites, found without comparing every two of them.

Two sets that are alike share one of their rarest elements: of a set of n elements, whose elements go from the rarest to
the commonest, one of the first n // 10 + 1 (the prefix filter of joins by set similarity; Chaudhuri, Ganti and Kaushik,
"A primitive operator for similarity joins in data cleaning", 2006). What lies before a shared element bounds how much
the sets can have in common, and so the size of the other set (Xiao et al., "Efficient similarity joins for near
duplicate detection", 2008). What is left goes by signatures of bits, and then by the elements themselves.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from wholinks.research.quality.ranges import MOST, Ints, chunks, distinct, spread

ALIKE: Final = 0.9
"""Of each ten elements of two sets together, nine are of both."""

_SHARED: Final = 9
_OF: Final = 10
_LEAST_ELEMENTS: Final = 9
"""Smaller sets that differ are never so alike: nine elements of ten are the least."""
_BITS: Final = 1024
_FOLDED: Final = 4
_SMALL: Final = 128
"""Signatures of more elements are folded to so many words before they are compared, those of so many to one."""
_SETS_AT_ONCE: Final = 2048
_LOW: Final = np.uint64(0xFFFFFFFF)


def twins(domains: NDArray[Any], linked: NDArray[Any]) -> dict[int, int]:
    """For each domain, how many others have a set with a Jaccard similarity of at least :data:`ALIKE`, up to
    :data:`MOST`. The sets are pairs of ``domains`` and what each has ``linked``, each pair once, in any order; numbers
    are below 2 ** 32."""
    if not len(domains):
        return {}
    pairs = _sorted(domains, linked)
    owners = (pairs >> np.uint64(32)).astype(np.int64)
    elements = (pairs & _LOW).astype(np.uint32)
    del pairs
    begins = np.flatnonzero(np.diff(owners, prepend=-1))
    ends = np.append(begins[1:], len(owners))
    distinct: dict[bytes, int] = {}
    place = [
        distinct.setdefault(elements[begin:end].tobytes(), len(distinct))
        for begin, end in zip(begins.tolist(), ends.tolist(), strict=True)
    ]
    of_domain = np.array(place, np.int64)
    _, firsts = np.unique(of_domain, return_index=True)
    copies = np.bincount(of_domain, minlength=len(firsts))
    counts = copies - 1
    large = np.flatnonzero((ends - begins)[firsts] >= _LEAST_ELEMENTS)
    if len(large):
        kept = firsts[large]
        counts[large] = _Sets(elements[spread(begins[kept], ends[kept])], (ends - begins)[kept], copies[large]).near()
    found = np.minimum(counts, MOST)[of_domain]
    return dict(zip(owners[begins].tolist(), found.tolist(), strict=True))


class _Sets:
    """Different sets, by size: ``elements`` of one after another, numbered from the rarest."""

    def __init__(self, elements: NDArray[np.uint32], sizes: Ints, copies: Ints) -> None:
        self._order = np.argsort(sizes, kind="stable")
        self._place = np.empty_like(self._order)
        self._place[self._order] = np.arange(len(sizes))
        self._copies, self._sizes = copies[self._order], sizes[self._order]
        rarest = np.argsort(np.bincount(elements), kind="stable")
        rank = np.empty(len(rarest), np.uint32)
        rank[rarest] = np.arange(len(rarest), dtype=np.uint32)
        ordered = _sorted(np.repeat(self._place, sizes), rank[elements])
        self._elements = (ordered & _LOW).astype(np.uint32)
        self._ends = np.cumsum(self._sizes)
        self._begins = self._ends - self._sizes
        self._marks = np.zeros(len(rarest), np.uint8)
        self._is_known = np.zeros(len(sizes), np.bool_)
        self._signatures = self._parities()
        self._folded = [np.bitwise_xor.reduce(words, axis=1) for words in np.split(self._signatures, _FOLDED, axis=1)]
        self._folded.append(np.bitwise_xor.reduce(self._signatures, axis=1))

    def near(self) -> Ints:
        """For each set, how many domains besides one have it or another that is so alike; where they are more than
        :data:`MOST`, so many at least."""
        prefixes = self._sizes // _OF + 1
        positions = spread(self._begins, self._begins + prefixes)
        rows = np.repeat(np.arange(len(self._sizes)), prefixes)
        size, before = self._sizes[rows], positions - self._begins[rows]
        both, one = _OF + _SHARED, _SHARED
        largest = np.minimum(both * (size - before) // one - size, size * _OF // _SHARED)
        keys = self._elements[positions].astype(np.uint64) << np.uint64(32)
        listed = np.argsort(keys | rows.astype(np.uint64))
        self._rows, self._largest = rows[listed], largest[listed]
        self._listed = [words[self._rows] for words in self._folded]
        places = keys[listed] | self._rows.astype(np.uint64)
        first = np.searchsorted(self._sizes, -(-size * _SHARED // _OF))
        last = np.searchsorted(self._sizes, largest, side="right")
        lower = np.searchsorted(places, keys | first.astype(np.uint64))
        upper = np.searchsorted(places, keys | last.astype(np.uint64))
        upper = np.maximum(lower, upper)
        del places, keys, first, last, listed, before, size, largest, positions
        ends = np.cumsum(prefixes)
        begins = ends - prefixes
        others = np.add.reduceat(upper - lower, begins)
        counts = self._copies - 1
        for row in np.flatnonzero((others > 1) & (counts < MOST)).tolist():
            entries = slice(begins[row], ends[row])
            counts[row] = self._count(row, lower[entries], upper[entries])
        return counts[self._place]

    def _count(self, row: int, lower: Ints, upper: Ints) -> int:
        size, own = self._sizes[row], self._signatures[row]
        folded = slice(_FOLDED) if size > _SMALL else slice(_FOLDED, None)
        words = [
            (listed, of_set[row]) for listed, of_set in zip(self._listed[folded], self._folded[folded], strict=True)
        ]
        most_differing = (size + size * _OF // _SHARED) // (_OF + _SHARED)
        count, known = int(self._copies[row]) - 1, np.array([row])
        self._is_known[row] = True
        for ranges in chunks(lower, upper):
            listed = spread(*ranges)
            bits = [np.bitwise_count(of_listed[listed] ^ word) for of_listed, word in words]
            near = listed[np.sum(bits, axis=0, dtype=np.uint16) <= most_differing]
            beside = self._rows[near[self._largest[near] >= size]]
            others = distinct(beside[~self._is_known[beside]])
            for first in range(0, len(others), MOST):
                here = others[first : first + MOST]
                differing = np.bitwise_count(self._signatures[here] ^ own).sum(axis=1)
                alike = self._alike(row, here[differing <= most_differing])
                self._is_known[alike] = True
                known = np.append(known, alike)
                count += int(self._copies[alike].sum())
                if count >= MOST:
                    break
            if count >= MOST:
                break
        self._is_known[known] = False
        return count

    def _alike(self, row: int, others: Ints) -> Ints:
        """Those of ``others`` that are alike, by their elements."""
        if not len(others):
            return others
        own = self._elements[self._begins[row] : self._ends[row]]
        self._marks[own] = 1
        marked = self._marks[self._elements[spread(self._begins[others], self._ends[others])]]
        self._marks[own] = 0
        sizes = self._sizes[others]
        shared = np.add.reduceat(marked, np.cumsum(sizes) - sizes, dtype=np.int64)
        found: Ints = others[_OF * shared >= _SHARED * (len(own) + sizes - shared)]
        return found

    def _parities(self) -> NDArray[np.uint64]:
        """Bits of each set: whether it has an odd number of elements of a remainder. As many bits as differ, so many
        elements do at least."""
        signatures = np.empty((len(self._sizes), _BITS // 64), np.uint64)
        for first in range(0, len(self._sizes), _SETS_AT_ONCE):
            sizes = self._sizes[first : first + _SETS_AT_ONCE]
            here = self._elements[self._begins[first] : self._begins[first] + sizes.sum()].astype(np.int64) % _BITS
            here += np.repeat(np.arange(len(sizes)) * _BITS, sizes)
            odd = (np.bincount(here, minlength=len(sizes) * _BITS) & 1).astype(np.bool_).reshape(len(sizes), _BITS)
            signatures[first : first + len(sizes)] = np.packbits(odd, axis=1).view(np.uint64)
        return signatures


def _sorted(firsts: NDArray[Any], seconds: NDArray[Any]) -> NDArray[np.uint64]:
    """Pairs of numbers below 2 ** 32 in order, the first in the upper half."""
    pairs = firsts.astype(np.uint64) << np.uint64(32)
    pairs |= seconds.astype(np.uint64)
    pairs.sort()
    return pairs
