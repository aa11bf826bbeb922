"""Links and organic traffic side by side, period by period, and how closely they go together
(docs/metrics-campaigns.md)."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from wholinks.index.answers import Coverage, Snapshot
from wholinks.index.queries import Index
from wholinks.index.questions import Question
from wholinks.index.rows import moment
from wholinks.index.target import Target
from wholinks.research.campaigns.correlation import LEAST, pearson, spearman
from wholinks.research.growth.history import Every, Period, history, last_day
from wholinks.storage.errors import UsageError

MOST_LAGS: Final = 52
SERIES: Final = ("backlinks", "referring_domains", "gained")
"""What of the links is compared with traffic."""

LEVELS: Final = "levels"
CHANGES: Final = "changes"


@dataclass(frozen=True, slots=True)
class TrafficPeriod:
    """A week (from Monday) or month. ``traffic`` is the sum over its ``days`` that are known; only where all are is it
    compared. ``backlinks`` and ``referring_domains`` are those at its end; they, ``gained``, ``discovered`` and
    ``lost`` are None in periods that were not crawled from beginning to end."""

    first: date
    last: date
    days: int
    traffic: int | None
    backlinks: int | None
    referring_domains: int | None
    gained: int | None
    discovered: int | None
    lost: int | None

    @property
    def whole_traffic(self) -> int | None:
        """The traffic where all days are known."""
        return self.traffic if self.days == (self.last - self.first).days + 1 else None


@dataclass(frozen=True, slots=True)
class Correlation:
    """How a ``series`` of the links goes with the traffic ``lag`` periods later, over ``periods`` pairs: of the numbers
    (``levels``) or of how they change from one period to the next (``changes``). Coefficients are -1 to 1, with an
    interval of 95%; None with the reason in ``why_none``."""

    series: str
    of: str
    lag: int
    periods: int
    pearson: float | None
    pearson_low: float | None
    pearson_high: float | None
    spearman: float | None
    spearman_low: float | None
    spearman_high: float | None
    why_none: str | None


@dataclass(frozen=True, slots=True)
class Traffic:
    """``rows``: every period in which links or traffic are known. ``measure``: what traffic is counted in;
    ``measures``: what else there is. ``crawled_from``: the day of the first fetch, None where there was none."""

    target: Target
    every: Every
    measure: str
    measures: tuple[str, ...]
    crawled_from: date | None
    rows: tuple[TrafficPeriod, ...]
    correlations: tuple[Correlation, ...]
    coverage: Coverage
    snapshot: Snapshot


def traffic(
    index: Index,
    question: Question,
    known: Mapping[str, Mapping[date, int]],
    *,
    measure: str | None = None,
    every: Every = Every.WEEK,
    lags: int = 4,
) -> Traffic:
    """The links of ``question``'s target beside its traffic: ``known`` by day for each measure, of which ``measure``
    (the first where it is None) is compared, at lags from 0 to ``lags`` periods.

    Raises :class:`UsageError` for a measure that is not known, periods of a day, or too many lags.
    """
    chosen = measure or next(iter(known))
    if chosen not in known:
        raise UsageError(f"no {chosen} were imported; there are {', '.join(known)}")
    if every is Every.DAY:
        raise UsageError("by: day: links are known by fetches, which come days apart; compare weeks or months")
    if not 0 <= lags <= MOST_LAGS:
        raise UsageError(f"lag: {lags} is not from 0 to {MOST_LAGS} periods")
    crawled = index.translated(lambda: _crawled_from(index))
    linked = _link_periods(index, question, every, crawled) if crawled is not None else {}
    rows = tuple(_rows(known[chosen], linked, every))
    return Traffic(
        question.asked, every, chosen, tuple(known), crawled, rows, tuple(correlations(rows, lags)), index.coverage,
        index.snapshot(question),
    )  # fmt: skip


def _crawled_from(index: Index) -> date | None:
    first = index.first_read_at
    return None if first is None else moment(first).date()


def _link_periods(index: Index, question: Question, every: Every, crawled: date) -> dict[date, Period]:
    """The periods that were crawled from beginning to end, by their first day."""
    begin = _first_of(crawled, every)
    told = history(index, question, every=every, since=begin)
    today = last_day(index)
    return {
        period.first: period
        for period in told.rows
        if period.first >= crawled and _after(period.first, every) - timedelta(1) <= today
    }


def _rows(by_day: Mapping[date, int], linked: Mapping[date, Period], every: Every) -> Iterator[TrafficPeriod]:
    sums: Counter[date] = Counter()
    days: Counter[date] = Counter()
    for day, count in by_day.items():
        first = _first_of(day, every)
        sums[first] += count
        days[first] += 1
    known = days.keys() | linked.keys()
    first, last = min(known), max(known)
    while first <= last:
        after = _after(first, every)
        period = linked.get(first)
        told = (
            (period.end, period.domains_end, period.gained, period.discovered, period.lost) if period else (None,) * 5
        )
        yield TrafficPeriod(first, after - timedelta(1), days[first], sums[first] if days[first] else None, *told)
        first = after


def _first_of(day: date, every: Every) -> date:
    return day - timedelta(day.weekday()) if every is Every.WEEK else day.replace(day=1)


def _after(first: date, every: Every) -> date:
    return first + timedelta(7) if every is Every.WEEK else (first + timedelta(32)).replace(day=1)


def correlations(rows: Sequence[TrafficPeriod], lags: int) -> Iterator[Correlation]:
    """Each series of the links with the traffic 0 to ``lags`` periods later, of levels and of changes."""
    visits = [row.whole_traffic for row in rows]
    for name in SERIES:
        links = [getattr(row, name) for row in rows]
        for of, one, two in ((LEVELS, links, visits), (CHANGES, _changes(links), _changes(visits))):
            for lag in range(lags + 1):
                yield _correlation(name, of, lag, one, two)


def _changes(values: Sequence[int | None]) -> list[int | None]:
    pairs = zip(values, [None, *values], strict=False)
    return [None if now is None or before is None else now - before for now, before in pairs]


def _correlation(
    name: str, of: str, lag: int, links: Sequence[int | None], visits: Sequence[int | None]
) -> Correlation:
    pairs = [(one, two) for one, two in zip(links, visits[lag:], strict=False) if one is not None and two is not None]
    if len(pairs) < LEAST:
        why = f"too few periods: {len(pairs)} of the {LEAST} needed"
        return Correlation(name, of, lag, len(pairs), None, None, None, None, None, None, why)
    one, two = [float(one) for one, _ in pairs], [float(two) for _, two in pairs]
    linear, ranked = pearson(one, two), spearman(one, two)
    if linear is None or ranked is None:
        why = "the links do not vary" if min(one) == max(one) else "the traffic does not vary"
        return Correlation(name, of, lag, len(pairs), None, None, None, None, None, None, why)
    return Correlation(
        name, of, lag, len(pairs), linear.value, linear.low, linear.high, ranked.value, ranked.low, ranked.high, None
    )  # fmt: skip
