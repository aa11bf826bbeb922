"""How many there are, from two samples and what they share: two crawls among them (docs/metrics-coverage.md)."""

from collections.abc import Iterator
from dataclasses import dataclass
from heapq import merge
from itertools import groupby
from math import exp, lgamma, log, log1p, sqrt
from typing import Final

from wholinks.index.answers import Snapshot
from wholinks.index.queries import Index
from wholinks.index.target import Target
from wholinks.storage.errors import UsageError
from wholinks.storage.records import Outcome
from wholinks.storage.wording import counted

LEAST_IN_BOTH: Final = 7
"""What both samples must share at least: below that, Chapman's estimate is biased itself."""

LOWER_BOUND: Final = (
    "two crawls find the same well linked pages first, so they share too much: estimates are lower bounds"
)
_Z: Final = 1.96
_CHANCE: Final = 0.05
_CHUNK: Final = 2048

_READ: Final = f"""
SELECT origin.domain, regexp_replace(origin.origin, '^https?://', '') || url.path AS place
FROM page JOIN url ON url.url_id = page.url_id JOIN origin ON origin.origin_id = url.origin_id
WHERE page.outcome = {Outcome.PAGE:d} AND (?::VARCHAR IS NULL OR origin.domain = ?)
GROUP BY ALL ORDER BY ALL"""  # noqa: S608 - made of constants


@dataclass(frozen=True, slots=True)
class Estimate:
    """How many there may be. ``standard_error`` is None where one sample lies within the other: the formula's 0 would
    be no certainty. ``low`` and ``high``: 95 % interval; there, ``high`` is what a sample so large would have shown to
    be too much in 95 of 100 draws."""

    total: float
    standard_error: float | None
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class SiteRecapture:
    """A site in two crawls: its pages that were read (HTML) here, there, in both and in either. The estimate (readable
    pages, those in either among them) is None where ``no_estimate`` says why."""

    site: str
    pages_here: int
    pages_there: int
    pages_in_both: int
    pages_in_either: int
    estimated_pages: float | None
    standard_error: float | None
    estimated_low: float | None
    estimated_high: float | None
    estimated_unseen: float | None
    no_estimate: str


@dataclass(frozen=True, slots=True)
class Recapture:
    """The sites of two crawls, those with the most pages first. ``rows_known`` counts them whole. ``site`` is None for
    all; ``against`` is the other folder, ``there`` its index."""

    site: str | None
    against: str
    rows_known: int
    estimate: str
    rows: tuple[SiteRecapture, ...]
    snapshot: Snapshot
    there: Snapshot


def chapman(first: int, second: int, both: int) -> Estimate:
    """Chapman's estimate from the sizes of two samples and of what they share, which is within both.

    The interval is log-normal about what neither has, so it begins with what was seen at the least.
    """
    total = (first + 1) * (second + 1) / (both + 1) - 1
    either = first + second - both
    unseen = (first - both) * (second - both) / (both + 1)
    if not unseen:
        return Estimate(total, None, float(either), _most(min(first, second), max(first, second)))
    variance = (first + 1) * (second + 1) * (first - both) * (second - both) / ((both + 1) ** 2 * (both + 2))
    width = exp(_Z * sqrt(log1p(variance / unseen**2)))
    return Estimate(total, sqrt(variance), either + unseen / width, either + unseen * width)


def numbers(found: Estimate | None) -> tuple[float | None, float | None, float | None, float | None]:
    """The fields of an estimate; None four times where there is none."""
    return (None,) * 4 if found is None else (found.total, found.standard_error, found.low, found.high)


def _most(small: int, large: int) -> float:
    """Of how many at most ``large`` were taken, if all of ``small`` drawn from them at random were among these: the
    number of which the chance of that is 5 %."""
    if not small:
        return float("inf")

    def chance(total: float) -> float:
        return lgamma(large + 1) - lgamma(large - small + 1) - lgamma(total + 1) + lgamma(total - small + 1)

    low, high = float(large), 2.0 * large + 2
    while chance(high) > log(_CHANCE):
        high *= 2
    while high - low > 1e-6 * high:
        middle = (low + high) / 2
        low, high = (middle, high) if chance(middle) > log(_CHANCE) else (low, middle)
    return high


def no_estimate(both: int) -> str:
    """Why two samples that share so many say nothing; empty where they do."""
    return (
        f"the samples share {counted(both, 'page')}; at least {LEAST_IN_BOTH} are needed"
        if both < LEAST_IN_BOTH
        else ""
    )


def recapture(index: Index, other: Index, site: Target | None = None, limit: int | None = None) -> Recapture:
    """Compare the pages read of each site, or of the one that ``site`` belongs to, in two data folders.

    ``limit`` cuts rows. Raises :class:`UsageError` where the two can't be compared.
    """
    if index.folder.resolve() == other.folder.resolve():
        raise UsageError(f"against: {other.folder} is the data folder itself; name that of another crawl")
    if index.prefix_sites != other.prefix_sites:
        raise UsageError(f"against: {other.folder} counts with other sites by prefix; see 'wholinks index --site'")
    name = site.domain if site is not None else None
    rows = sorted(_rows(index, other, name), key=lambda row: (-row.pages_in_either, row.site))
    return Recapture(name, str(other.folder), len(rows), LOWER_BOUND, tuple(rows[:limit]), index.built, other.built)


def _rows(index: Index, other: Index, site: str | None) -> Iterator[SiteRecapture]:
    for domain, pages in groupby(merge(_pages(index, site, 1), _pages(other, site, 2)), key=lambda row: row[0]):
        counts = [0, 0, 0, 0]
        for _, seen in groupby(pages, key=lambda row: row[1]):
            counts[sum(number for *_, number in seen)] += 1
        here, there, both = counts[1] + counts[3], counts[2] + counts[3], counts[3]
        either = here + there - both
        why = no_estimate(both)
        total, error, low, high = numbers(None if why else chapman(here, there, both))
        unseen = None if total is None else total - either
        yield SiteRecapture(domain.decode(), here, there, both, either, total, error, low, high, unseen, why)


def _pages(index: Index, site: str | None, number: int) -> Iterator[tuple[bytes, bytes, int]]:
    """The pages read, without their scheme, in order of their bytes: each once, with ``number``."""
    duck = index.translated(lambda: index.session().execute(_READ, [site, site]))
    while chunk := index.translated(lambda: duck.fetchmany(_CHUNK)):
        yield from ((domain.encode(), place.encode(), number) for domain, place in chunk)
