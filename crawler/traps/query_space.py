"""The queries of one path: how many only combine anew what other queries had (filters, sorting, views).

Counting queries would stop ``/viewtopic?t=1``, ``?t=2``, … and every listing by page, where each query names something
new. In a space of filters, after the first few, hardly any does: with ten product types, seven brands, six colours and
ten prices, 34 billion URLs share 33 pairs of key and value (Portent, "Field guide to spider traps", 2016).
"""

from dataclasses import dataclass
from typing import Final

import xxhash

LEAST_PAIRS: Final = 3
"""Two parameters can't explode: topics by pages of a topic are no more than the forum has."""
MAX_RECOMBINATIONS: Final = 256
"""A space of 6 × 6 × 6 choices is fetched whole."""
BITS: Final = 4_096
"""512 bytes each for the pairs and the queries seen, one bit for a hash."""
MAX_PAIR_BITS: Final = BITS // 8
"""Pairs after which nothing more is learned: too many bits would be set by chance, and so many values of one path are
the things that a site is about. Until then at most one new pair in eight is taken for an old one."""


@dataclass(slots=True)
class QuerySpace:
    """``pairs`` and ``queries`` are sets of bits by hash, as Python integers."""

    pairs: int = 0
    queries: int = 0
    recombinations: int = 0

    def explodes(self, query: str) -> bool:
        """Take note of a query; whether it adds to too many that had nothing new. Asking twice counts once."""
        pairs = {pair for pair in query.split("&") if pair}
        if len(pairs) < LEAST_PAIRS:
            return False
        of_pairs = 0
        for pair in pairs:
            of_pairs |= _bit(pair)
        if of_pairs & ~self.pairs:
            if self.pairs.bit_count() < MAX_PAIR_BITS:
                self.pairs |= of_pairs
                self.queries |= _bit(query)
            return False
        if self.recombinations >= MAX_RECOMBINATIONS:
            return True
        if self.pairs.bit_count() < MAX_PAIR_BITS and not self.queries & _bit(query):
            self.queries |= _bit(query)
            self.recombinations += 1
        return False


def _bit(text: str) -> int:
    return 1 << xxhash.xxh3_64_intdigest(text.encode("utf-8", "surrogatepass")) % BITS
