"""How closely two series of numbers go together: Pearson's and Spearman's coefficients, with an interval each."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

LEAST: Final = 8
"""With fewer points no number is given: its interval would hold nearly everything."""
_Z: Final = 1.959963984540054
"""The normal distribution has 95% within so many standard deviations."""


@dataclass(frozen=True, slots=True)
class Coefficient:
    """A coefficient from -1 to 1, and the ends of its interval of 95%."""

    value: float
    low: float
    high: float


def pearson(one: Sequence[float], two: Sequence[float]) -> Coefficient | None:
    """Pearson's r, with Fisher's interval: tanh(atanh r ± 1.96 / √(n - 3)). None where either series does not vary.

    Raises :class:`ValueError` for series of unequal length or of fewer than four points.
    """
    value = _coefficient(one, two)
    return None if value is None else _with_interval(value, len(one), 1.0)


def spearman(one: Sequence[float], two: Sequence[float]) -> Coefficient | None:
    """Spearman's rho: Pearson's r of the ranks, equal values sharing their mean rank. The interval is an approximation
    (Bonett and Wright 2000): as Fisher's, with √((1 + rho²/2) / (n - 3)). None and errors as for :func:`pearson`."""
    value = _coefficient(ranks(one), ranks(two))
    return None if value is None else _with_interval(value, len(one), 1 + value * value / 2)


def ranks(values: Sequence[float]) -> list[float]:
    """The place of each value, 1 for the smallest; equal values share the mean of their places."""
    order = sorted(range(len(values)), key=values.__getitem__)
    found = [0.0] * len(values)
    before = 0
    for _, group in groupby(order, key=values.__getitem__):
        places = list(group)
        for place in places:
            found[place] = before + (len(places) + 1) / 2
        before += len(places)
    return found


def _coefficient(one: Sequence[float], two: Sequence[float]) -> float | None:
    if len(one) != len(two) or len(one) < 4:
        raise ValueError("two series of one length are needed, of four points or more")
    if min(one) == max(one) or min(two) == max(two):
        return None
    first, second = _deviations(one), _deviations(two)
    together = math.fsum(a * b for a, b in zip(first, second, strict=True))
    spread = math.sqrt(math.fsum(a * a for a in first) * math.fsum(b * b for b in second))
    return max(-1.0, min(1.0, together / spread)) if spread else None


def _deviations(values: Sequence[float]) -> list[float]:
    mean = math.fsum(values) / len(values)
    return [value - mean for value in values]


def _with_interval(value: float, points: int, variance: float) -> Coefficient:
    if abs(value) == 1:
        return Coefficient(value, value, value)
    middle, reach = math.atanh(value), _Z * math.sqrt(variance / (points - 3))
    return Coefficient(value, math.tanh(middle - reach), math.tanh(middle + reach))
