"""Source domains by their score, as a filter of questions about links."""

import re
from math import inf
from typing import Final

import numpy as np

from wholinks.index.filters import SourceSet
from wholinks.index.queries import Index
from wholinks.research.scores.authority import scores
from wholinks.storage.errors import UsageError

_RANGE: Final = re.compile(r"(\d+(?:\.\d+)?)?\.\.(\d+(?:\.\d+)?)?")
_HIGHEST: Final = 100.0


def of_authority(index: Index, wanted: str) -> SourceSet:
    """The domains with an authority (0–100, as shown, with two digits) in a range: ``20..60``, ``20..`` or
    ``..60``; both bounds are in it. For ``Filters(sources=...)``.

    Raises :class:`UsageError`.
    """
    low, high = _read(wanted)
    found = scores(index)
    chosen = (found.authority >= low) & (found.authority <= high)
    numbers = index.translated(lambda: _numbers(index))
    return SourceSet(f"authority {wanted.strip()}", index.built.id, tuple(numbers[chosen].tolist()))


def _numbers(index: Index) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """The numbers of all domains, in the order that scores have."""
    found = index.session().execute("SELECT domain_id FROM domain ORDER BY domain").fetchall()
    return np.array([number for (number,) in found], np.int64)


def _read(wanted: str) -> tuple[float, float]:
    found = _RANGE.fullmatch(wanted.strip())
    if found is None or not any(found.groups()):
        raise UsageError(f"authority: {wanted!r} is no range; write 20..60, 20.. or ..60")
    low, high = (float(text) if text else bound for text, bound in zip(found.groups(), (-inf, inf), strict=True))
    if low > high or low > _HIGHEST or (high > _HIGHEST and high != inf):
        raise UsageError(f"authority: {wanted!r}: from the lower to the higher, of 0 to 100")
    return low, high
