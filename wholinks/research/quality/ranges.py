"""Ranges of places in long lists, read by and by."""

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]

MOST: Final = 1000
"""Domains that are alike are counted up to so many: who has so many has them or more."""

_FIRST_CHUNK: Final = 4096


def spread(lower: Ints, upper: Ints) -> Ints:
    """The numbers of all ranges, one range after another."""
    counts = upper - lower
    ends = np.cumsum(counts)
    numbers: Ints = np.repeat(lower - ends + counts, counts) + np.arange(int(ends[-1]) if len(ends) else 0)
    return numbers


def chunks(lower: Ints, upper: Ints) -> Iterator[tuple[Ints, Ints]]:
    """The ranges by and by, as ranges of their own: few numbers first, then ever more, for who stops early."""
    counts = upper - lower
    ends = np.cumsum(counts)
    starts = ends - counts
    total = int(ends[-1]) if len(ends) else 0
    first, many = 0, _FIRST_CHUNK
    while first < total:
        last = min(first + many, total)
        if last - first == total:
            yield lower, upper
        else:
            yield lower + np.clip(first - starts, 0, counts), lower + np.clip(last - starts, 0, counts)
        first, many = last, 4 * many


def distinct(numbers: Ints) -> Ints:
    """Each of some numbers from 0 once, in order: quicker than ``np.unique`` for a few thousand."""
    ordered = np.sort(numbers)
    once: Ints = ordered[np.diff(ordered, prepend=-1) > 0]
    return once
