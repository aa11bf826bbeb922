"""The metric card of a target: its measures side by side, what is strongest in each view, and what to do next
(docs/metrics-overview.md)."""
# ruff: noqa: S608 - statements are made of this package's constants; whatever a user gives is a parameter

import shlex
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from typing import Any, Final

import duckdb

from wholinks.index.answers import (
    AnchorRow,
    Coverage,
    DomainRow,
    KindRow,
    LanguageRow,
    Snapshot,
    TargetRow,
    TldRow,
    Totals,
)
from wholinks.index.counting import PAIRS
from wholinks.index.ends import Ends
from wholinks.index.queries import Index
from wholinks.index.questions import By, Question
from wholinks.index.rows import count_groups, moment, rows
from wholinks.index.states import DAY_S, Opening
from wholinks.index.target import Target
from wholinks.index.totals import linked, totals
from wholinks.storage.errors import UsageError

from .bands import band
from .events import GAINS, LOSSES, RESTATED, find_events

WINDOWS_DAYS: Final = (30, 90, 365)
TOP: Final = 10
MOST_OF_ALL: Final = 0.5
"""A share above which one source, or links that are not followed, deserve a look."""

# All that follows reads this table in place of the index's own: the index is scanned once.
_LINK: Final = "CREATE TEMP TABLE link AS SELECT l.* FROM index.link AS l WHERE {where}"
_PAIR: Final = f"""
CREATE TEMP TABLE backlink AS
    WITH counted AS (SELECT * FROM link) {PAIRS.format(keys="source_domain_id, ")}"""

_ADDRESSES: Final = """
SELECT count(DISTINCT page.remote_ip) FROM (SELECT DISTINCT source_url_id FROM backlink)
JOIN index.page AS page ON page.url_id = source_url_id WHERE page.remote_ip <> ''"""

# exp of Shannon's entropy: so many equally large ones would be as diverse.
_EFFECTIVE: Final = """
SELECT max(count) / sum(count), exp(-sum(count / total * ln(count / total)))
FROM (SELECT count, sum(count) OVER () AS total FROM ({counts}))"""
_BY_SOURCE: Final = "SELECT count(*)::DOUBLE AS count FROM backlink GROUP BY source_domain_id"
_BY_ANCHOR: Final = """
SELECT count(*)::DOUBLE AS count FROM (SELECT DISTINCT anchor_text, source_url_id, target_url_id FROM link)
GROUP BY anchor_text"""

_WINDOW: Final = f"""
SELECT coalesce(sum(step) FILTER (happened_at <= $since), 0)::BIGINT,
       count(*) FILTER (happened_at > $since AND step > 0 AND list_contains($gains, why)),
       count(*) FILTER (happened_at > $since AND step > 0 AND why = '{Opening.PAGEFOUND}'),
       count(*) FILTER (happened_at > $since AND step < 0 AND list_contains($losses, why)),
       coalesce(sum(step) FILTER (happened_at > $since AND why = '{RESTATED}'), 0)::BIGINT
FROM event"""


@dataclass(frozen=True, slots=True)
class Window:
    """What happened to backlinks in the ``days`` before the index was built: as in a period of ``history``, they are
    today ``start`` + ``gained`` + ``discovered`` - ``lost`` + ``restated``."""

    days: int
    start: int
    gained: int
    discovered: int
    lost: int
    restated: int
    growth_rate: float | None


@dataclass(frozen=True, slots=True)
class NextStep:
    """A command worth running, and why."""

    command: str
    why: str


@dataclass(frozen=True, slots=True)
class Measure:
    """One number of the card; None where it is not defined."""

    measure: str
    value: float | None


@dataclass(frozen=True, slots=True)
class Overview:
    """The card. ``band`` is of the backlinks. Shares lie between 0 and 1; they and the effective numbers are None
    without backlinks. ``sources`` to ``languages`` are the first rows of the views of ``who_links_to``; ``kinds`` are
    all. ``hint`` says, where nothing was found, what near it has links."""

    target: Target
    band: str
    totals: Totals
    referring_hosts: int
    referring_ips: int
    followed_share: float | None
    largest_source_share: float | None
    effective_sources: float | None
    effective_anchors: float | None
    windows: tuple[Window, ...]
    kinds: tuple[KindRow, ...]
    sources: tuple[DomainRow, ...]
    anchors: tuple[AnchorRow, ...]
    pages: tuple[TargetRow, ...]
    tlds: tuple[TldRow, ...]
    languages: tuple[LanguageRow, ...]
    next_steps: tuple[NextStep, ...]
    coverage: Coverage
    snapshot: Snapshot
    hint: str | None

    @property
    def rows(self) -> tuple[Measure, ...]:
        """All numbers of the card by name."""
        return tuple(_measures(self))


def overview(index: Index, question: Question, *, top: int = TOP) -> Overview:
    """The card of ``question``'s target with its kinds and follow policy; ``top`` rows of each view.

    Raises :class:`UsageError` for a question about another time than now.
    """
    if question.is_about_time:
        raise UsageError("overview: it speaks of today; see 'wholinks history' for other days")
    return index.translated(lambda: _overview(index, question, top))


def _overview(index: Index, question: Question, top: int) -> Overview:
    duck, ends = index.ask(question)
    where, values = linked(question, ends) if not ends.is_empty else ("false", [])
    duck.execute(_LINK.format(where=where), values)
    duck.execute(_PAIR)
    counted = totals(duck, question, ends)
    largest, sources = duck.execute(_EFFECTIVE.format(counts=_BY_SOURCE)).fetchall()[0]
    _, anchors = duck.execute(_EFFECTIVE.format(counts=_BY_ANCHOR)).fetchall()[0]

    def of(by: By, most: int | None = top) -> tuple[Any, ...]:
        return tuple(rows(duck, replace(question, by=by, limit=most, offset=0), ends))

    card = Overview(
        target=question.asked,
        band=band(counted.backlinks),
        totals=counted,
        referring_hosts=count_groups(duck, replace(question, by=By.HOST), ends),
        referring_ips=int(duck.execute(_ADDRESSES).fetchall()[0][0]),
        followed_share=counted.followed / counted.backlinks if counted.backlinks else None,
        largest_source_share=largest,
        effective_sources=sources,
        effective_anchors=anchors,
        windows=_windows(duck, question, ends, index.built_at),
        kinds=of(By.KIND, None),
        sources=of(By.DOMAIN),
        anchors=of(By.ANCHOR),
        pages=of(By.TARGET),
        tlds=of(By.TLD),
        languages=of(By.LANGUAGE),
        next_steps=(),
        coverage=index.coverage,
        snapshot=index.snapshot(question),
        hint=None if counted.backlinks else index.answer(replace(question, limit=0)).hint,
    )
    return replace(card, next_steps=tuple(_next_steps(index, card)))


def _windows(duck: duckdb.DuckDBPyConnection, question: Question, ends: Ends, now: int) -> tuple[Window, ...]:
    find_events(duck, question, ends)
    found = []
    for days in WINDOWS_DAYS:
        given = {"since": now - days * DAY_S, "gains": list(GAINS), "losses": list(LOSSES)}
        start, gained, discovered, lost, restated = duck.execute(_WINDOW, given).fetchall()[0]
        rate = (gained - lost) / start if start else None
        found.append(Window(days, start, gained, discovered, lost, restated, rate))
    return tuple(found)


def _measures(card: Overview) -> Iterator[Measure]:
    yield from (Measure(field.name, getattr(card.totals, field.name)) for field in fields(Totals))
    for name in (
        "referring_hosts", "referring_ips", "followed_share", "largest_source_share", "effective_sources",
        "effective_anchors",
    ):  # fmt: skip
        yield Measure(name, getattr(card, name))
    for window in card.windows:
        for name in ("gained", "discovered", "lost", "restated", "growth_rate"):
            yield Measure(f"{name}_{window.days}d", getattr(window, name))


def _next_steps(index: Index, card: Overview) -> Iterator[NextStep]:
    data = f"--data {shlex.quote(str(index.folder))}"
    target = shlex.quote(card.target.text)
    if index.target(card.target.text).mode is not card.target.mode:
        target += f" --mode {card.target.mode}"
    counted = card.totals
    if card.snapshot.stale:
        yield NextStep(f"wholinks index {data}", "the crawl has gone on since this index was built")
    if card.coverage.pending:
        yield NextStep(f"wholinks crawl {data}", f"{card.coverage.pending:,} known pages were not read yet")
    if doubts := counted.suspect + counted.unknown + counted.stale:
        yield NextStep(f"wholinks recrawl {data}", f"{doubts:,} backlinks are in doubt")
    if not counted.backlinks:
        return
    if lost := card.windows[0].lost:
        since = f"{moment(index.built_at - WINDOWS_DAYS[0] * DAY_S):%Y-%m-%d}"
        yield NextStep(
            f"wholinks to {target} --state lost --since {since} --by page {data}",
            f"{lost:,} backlinks were lost in {WINDOWS_DAYS[0]} days",
        )
    if counted.referring_domains > 1 and (card.largest_source_share or 0) > MOST_OF_ALL:
        source = card.sources[0].referring_domain if card.sources else "the largest source"
        yield NextStep(
            f"wholinks to {target} --by placement {data}",
            f"{source} has {card.largest_source_share:.0%} of the backlinks: see whether they stand in a template",
        )
    if counted.not_followed > MOST_OF_ALL * counted.backlinks:
        yield NextStep(
            f"wholinks to {target} --follow nofollow {data}", "more than half of the backlinks are not followed"
        )
    yield NextStep(f"wholinks history {target} {data}", "how these numbers came about over time")
    site = shlex.quote(card.target.domain)
    yield NextStep(f"wholinks compare {site} RIVAL {data}", "a number means most beside a rival's")
