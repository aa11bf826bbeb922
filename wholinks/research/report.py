"""All that a report on a target shows, gathered from the questions that answer it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Final

from wholinks.index.answers import (
    AnchorRow,
    Coverage,
    DomainRow,
    KindRow,
    PlacementRow,
    Snapshot,
    TargetRow,
    Totals,
)
from wholinks.index.queries import Index
from wholinks.index.questions import By, Question
from wholinks.index.rows import moment
from wholinks.index.target import Target
from wholinks.notes.reviews import Review
from wholinks.research.campaigns.results import Campaigns, campaigns
from wholinks.research.campaigns.rules import Campaign
from wholinks.research.campaigns.traffic import Traffic, traffic
from wholinks.research.competitors.gap import Gap, gap
from wholinks.research.competitors.over_time import histories
from wholinks.research.growth.between import Between, ChangedBacklink, ChangedDomain, changes
from wholinks.research.growth.history import Every, History, last_day
from wholinks.research.quality.audit import Audit, audit
from wholinks.research.quality.rules import Rules
from wholinks.research.scores.authority import FORMULA, Scores, scores
from wholinks.research.views.groups import BrokenRow, Defect, broken_links
from wholinks.storage.errors import UsageError

MOST_MONTHS: Final = 24
MOST_RIVALS: Final = 6
SHOWN: Final = 15
BAND: Final = 10
"""The width of a band of authority."""
LATELY_DAYS: Final = 90
QUARTER: Final = 3
"""Months over which rivals' growth is compared."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a report may hold besides: campaigns, and the target's traffic by measure and day."""

    campaigns: Sequence[Campaign] = ()
    traffic: Mapping[str, Mapping[date, int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Broken:
    """The target's linked URLs that answered with an error when they were last asked for, or redirect to one that did:
    the first of ``urls`` as ``rows``, with ``backlinks`` to all. ``redirecting`` URLs redirect to something that is no
    error as far as is known. ``note`` says how many linked URLs were asked for."""

    rows: tuple[BrokenRow, ...]
    urls: int
    backlinks: int
    redirecting: int
    note: str


@dataclass(frozen=True, slots=True)
class Lately:
    """What came and went in the :data:`LATELY_DAYS` before the last fetch, from the end of the day ``domains.first`` to
    that of ``domains.last``. ``from_the_beginning``: the crawl began on the first of them, fewer days before."""

    domains: Between[ChangedDomain]
    backlinks: tuple[ChangedBacklink, ...]
    from_the_beginning: bool


@dataclass(frozen=True, slots=True)
class Side:
    """One of those compared, the target first. ``authority`` is None where the index does not know its domain.
    ``quarter`` is the history of the last :data:`QUARTER` months of ``history``."""

    target: Target
    totals: Totals
    authority: float | None
    history: History
    quarter: History


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A referring domain with its authority (0–100)."""

    referring_domain: str
    authority: float | None
    backlinks: int
    links: int
    referring_pages: int
    followed: int
    first_seen: date


@dataclass(frozen=True, slots=True)
class Report:
    """Everything on one target. Rows are cut to the first :data:`SHOWN`; the numbers ``…_known`` say how many there
    are. ``authority_bands`` counts all referring domains by authority: 0 to under 10, and so on, 100 in the last.
    ``gap`` is None without rivals, ``lately`` where all that is known is of one day, ``campaigns`` and ``traffic``
    where none was given."""

    target: Target
    sides: tuple[Side, ...]
    rows: tuple[SourceRow, ...]
    rows_known: int
    authority_bands: tuple[int, ...]
    authority_formula: str
    kinds: tuple[KindRow, ...]
    placements: tuple[PlacementRow, ...]
    anchors: tuple[AnchorRow, ...]
    anchors_known: int
    pages: tuple[TargetRow, ...]
    pages_known: int
    gap: Gap | None
    audit: Audit
    broken: Broken
    lately: Lately | None
    campaigns: Campaigns | None
    traffic: Traffic | None
    coverage: Coverage
    snapshot: Snapshot


def report(  # noqa: PLR0917 - what is wanted
    index: Index, target: Target, rivals: Sequence[Target], rules: Rules, reviews: Iterable[Review],
    wanted: Wanted = Wanted(),
) -> Report:  # fmt: skip
    """The report on ``target``, compared with ``rivals``, judged by ``rules``, with what was decided before, and what
    else is ``wanted``.

    Raises :class:`UsageError` where one of them is the target's own site or named twice, or there are more than
    :data:`MOST_RIVALS`.
    """
    _refuse(target, rivals)
    found = scores(index)
    question, everyone = Question(target), (target, *rivals)
    earliest = _months_ago(last_day(index), MOST_MONTHS)
    questions = [Question(one) for one in everyone]
    told = histories(index, questions, earliest=earliest)
    quarters = histories(index, questions, since=told[0].rows[-QUARTER:][0].first)
    sides = tuple(_side(index, *one, found) for one in zip(everyone, told, quarters, strict=True))
    domains = [row for row in index.rows(question) if isinstance(row, DomainRow)]
    anchors, pages = (index.answer(replace(question, by=by, limit=SHOWN)) for by in (By.ANCHOR, By.TARGET))
    kinds, placements = (index.answer(replace(question, by=by)) for by in (By.KIND, By.PLACEMENT))
    return Report(
        target=target,
        sides=sides,
        rows=tuple(_source(row, found) for row in domains[:SHOWN]),
        rows_known=len(domains),
        authority_bands=_bands([found.of(row.referring_domain) for row in domains]),
        authority_formula=FORMULA,
        kinds=tuple(row for row in kinds.rows if isinstance(row, KindRow)),
        placements=tuple(row for row in placements.rows if isinstance(row, PlacementRow)),
        anchors=tuple(row for row in anchors.rows if isinstance(row, AnchorRow)),
        anchors_known=anchors.rows_known,
        pages=tuple(row for row in pages.rows if isinstance(row, TargetRow)),
        pages_known=pages.rows_known,
        gap=gap(index, target, rivals, limit=SHOWN) if rivals else None,
        audit=audit(index, replace(question, limit=SHOWN), rules, reviews),
        broken=_broken(index, question),
        lately=_lately(index, question),
        campaigns=campaigns(index, wanted.campaigns) if wanted.campaigns else None,
        traffic=traffic(index, question, wanted.traffic, every=Every.MONTH, lags=0) if wanted.traffic else None,
        coverage=index.coverage,
        snapshot=index.snapshot(question),
    )


def _broken(index: Index, question: Question) -> Broken:
    found = broken_links(index, question)
    errors = [row for row in found.rows if row.defect != Defect.REDIRECT]
    return Broken(
        tuple(errors[:SHOWN]), len(errors), sum(row.backlinks for row in errors), found.rows_known - len(errors),
        found.note,
    )  # fmt: skip


def _lately(index: Index, question: Question) -> Lately | None:
    fetched = index.first_read_at
    ended = index.coverage.as_of
    if fetched is None or ended is None:
        return None
    began, last = moment(fetched).date(), ended.date()
    first = max(began, last - timedelta(LATELY_DAYS))
    if first >= last:
        return None
    return Lately(*changes(index, question, first, last, limit=SHOWN), first == began)


def _refuse(target: Target, rivals: Sequence[Target]) -> None:
    if len(rivals) > MOST_RIVALS:
        raise UsageError(f"rivals: {len(rivals)} are more than a chart can show; name at most {MOST_RIVALS}")
    seen = {(target.mode, target.text)}
    for rival in rivals:
        if rival.domain == target.domain:
            raise UsageError(f"rival: {rival.text} is the target's own site; name another")
        if (rival.mode, rival.text) in seen:
            raise UsageError(f"rival: {rival.text} is named twice; name it once")
        seen.add((rival.mode, rival.text))


def _months_ago(day: date, months: int) -> date:
    """The first day of the month so many months before that of ``day``."""
    number = day.year * 12 + day.month - 1 - months
    return date(number // 12, number % 12 + 1, 1)


def _side(index: Index, target: Target, told: History, quarter: History, found: Scores) -> Side:
    return Side(target, index.who_links_to(target, limit=0).totals, found.of(target.domain), told, quarter)


def _source(row: DomainRow, found: Scores) -> SourceRow:
    return SourceRow(
        row.referring_domain, found.of(row.referring_domain), row.backlinks, row.links, row.referring_pages,
        row.followed, row.first_seen.date(),
    )  # fmt: skip


def _bands(authorities: Sequence[float | None]) -> tuple[int, ...]:
    bands = [0] * (100 // BAND)
    for authority in authorities:
        bands[min(int((authority or 0) // BAND), len(bands) - 1)] += 1
    return tuple(bands)
