"""Several targets over the same periods. Definitions: docs/metrics-competitors.md and docs/metrics-time.md."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from wholinks.index.answers import Coverage, Snapshot
from wholinks.index.queries import Index
from wholinks.index.questions import Question, meant
from wholinks.index.target import Target
from wholinks.research.competitors.compare import sides
from wholinks.research.competitors.referring import DEFAULT, Rules, mates, numbers
from wholinks.research.growth.history import Course, Every, History, find_course, last_day, refuse_the_future, tell


@dataclass(frozen=True, slots=True)
class OverTimeRow:
    """A target in a period, from the beginning of the day ``first`` to the end of ``last``: ``backlinks`` and
    ``referring_domains`` are those at its end, the next three the backlinks that came and went (as in ``history``).
    ``start`` are those before it, and ``growth_rate`` that of ``history``, None where
    ``start`` is 0."""

    target: str
    first: date
    last: date
    backlinks: int
    referring_domains: int
    start: int
    gained: int
    discovered: int
    lost: int
    growth_rate: float | None


@dataclass(frozen=True, slots=True)
class OverTime:
    """A row for each target and period: the periods in order, in each the targets as they were named."""

    targets: tuple[Target, ...]
    every: Every
    rows: tuple[OverTimeRow, ...]
    coverage: Coverage
    snapshot: Snapshot


def compare_over_time(
    index: Index, given: Sequence[str | Target], *, every: Every | str = Every.MONTH, since: date | None = None,
    until: date | None = None, rules: Rules = DEFAULT,
) -> OverTime:  # fmt: skip
    """The sites side by side at the end of each period, from ``since`` (by default the day of the first backlink of
    any) to ``until`` (by default the day of the build). Backlinks from sites of a target's own group are left out.

    Raises :class:`UsageError` as ``compare`` and ``history`` do.
    """
    length = meant(Every, every, "every")
    targets = sides(index, given)
    questions = [rules.question(target) for target in targets]
    left_out = {question: mates(index, question.asked.domain) for question in questions}
    told = histories(index, questions, every=length, since=since, until=until, left_out=left_out)
    rows = tuple(
        OverTimeRow(
            target.text, period.first, period.last, period.end, period.domains_end, period.start, period.gained,
            period.discovered, period.lost, period.growth_rate,
        )
        for periods in zip(*(one.rows for one in told), strict=True)
        for target, period in zip(targets, periods, strict=True)
    )  # fmt: skip
    return OverTime(targets, length, rows, index.coverage, index.snapshot(questions[0]))


def histories(
    index: Index, questions: Sequence[Question], *, every: Every = Every.MONTH, since: date | None = None,
    until: date | None = None, earliest: date | None = None, left_out: Mapping[Question, Sequence[str]] | None = None,
) -> tuple[History, ...]:  # fmt: skip
    """The histories of several questions over the same periods, from ``since`` (by default the day of the first
    backlink of any, but not before ``earliest``), without backlinks from the domains that are ``left_out`` of each."""
    return index.translated(lambda: _histories(index, questions, every, since, until, earliest, left_out or {}))


def _histories(  # noqa: PLR0917 - what was asked
    index: Index, questions: Sequence[Question], every: Every, since: date | None, until: date | None,
    earliest: date | None, left_out: Mapping[Question, Sequence[str]],
) -> tuple[History, ...]:  # fmt: skip
    today = last_day(index)
    end = until or today
    refuse_the_future(end, today)
    courses = [_course(index, question, left_out.get(question, ())) for question in questions]
    begin = since or min((course.first_day for course in courses if course.first_day), default=today)
    if since is None:
        begin = min(max(begin, earliest or begin), end)
    return tuple(tell(index, course, every, begin, end) for course in courses)


def _course(index: Index, question: Question, left_out: Sequence[str]) -> Course:
    return find_course(index, question, numbers(index.session(), left_out) if left_out else ())
