"""The metric card of a target: its measures side by side, what is strongest in each view, and what to do next
(docs/metrics-overview.md)."""

import shlex
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from typing import Final

from wholinks.index.anchor_class import anchor_classes_of
from wholinks.index.answers import (
    AnchorRow,
    Coverage,
    KindRow,
    LanguageRow,
    Snapshot,
    TargetRow,
    TldRow,
    Totals,
)
from wholinks.index.queries import Index
from wholinks.index.questions import Question
from wholinks.index.target import Target
from wholinks.index.totals import linked, totals
from wholinks.research.card.bands import band
from wholinks.research.card.counts import AnchorClassRow, Card
from wholinks.research.growth.events import find_events
from wholinks.research.growth.history import is_of_one_day, last_day
from wholinks.research.growth.windows import WINDOWS_DAYS, Window, windows
from wholinks.research.scores.authority import scores
from wholinks.research.views.domains import ReferringDomain, referring_domains
from wholinks.storage.errors import UsageError
from wholinks.storage.wording import counted as number_of

TOP: Final = 10
MOST_OF_ALL: Final = 0.5
"""A share above which one source, or links that are not followed, deserve a look."""


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
    """The card. ``band`` is of the backlinks; ``authority`` and ``rank`` are those of the target's domain, None where
    no page of it and no link to it was ever seen. Broken URLs answered with an error when they were last asked for.
    Shares lie between 0 and 1; they and the effective numbers are None without backlinks. ``sources`` to
    ``languages`` are the first rows of their views; ``kinds`` and ``anchor_classes`` are all. ``is_of_one_day``: all
    that is known was read on one day, which says nothing of change. ``hint`` says, where nothing was found, what near
    it has links."""

    target: Target
    band: str
    totals: Totals
    authority: float | None
    rank: int | None
    referring_hosts: int
    referring_ips: int
    broken_urls: int
    broken_backlinks: int
    followed_share: float | None
    largest_source_share: float | None
    effective_sources: float | None
    effective_anchors: float | None
    windows: tuple[Window, ...]
    is_of_one_day: bool
    kinds: tuple[KindRow, ...]
    sources: tuple[ReferringDomain, ...]
    anchors: tuple[AnchorRow, ...]
    anchor_classes: tuple[AnchorClassRow, ...]
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
    counted = totals(duck, question, ends)
    sources = referring_domains(index, replace(question, limit=top, offset=0, sort="backlinks", after=None))
    known = scores(index)
    number = known.graph.numbers.get(question.asked.domain)
    find_events(duck, question, ends)
    past = windows(duck, last_day(index))
    links = linked(question, ends) if not ends.is_empty else ("false", [])
    parts = Card(duck, links, anchor_classes_of(question.asked.domain))
    largest, effective = parts.of_sources()
    broken_urls, broken_backlinks = parts.broken()
    card = Overview(
        target=question.asked,
        band=band(counted.backlinks),
        totals=counted,
        authority=None if number is None else float(known.authority[number]),
        rank=None if number is None else int(known.rank[number]),
        referring_hosts=parts.hosts,
        referring_ips=parts.addresses,
        broken_urls=broken_urls,
        broken_backlinks=broken_backlinks,
        followed_share=counted.followed / counted.backlinks if counted.backlinks else None,
        largest_source_share=largest,
        effective_sources=effective,
        effective_anchors=parts.effective_anchors(),
        windows=past,
        is_of_one_day=is_of_one_day(index),
        kinds=parts.kinds(),
        sources=sources.rows,
        anchors=parts.anchors(top),
        anchor_classes=parts.anchor_classes(),
        pages=parts.pages(top),
        tlds=parts.tlds(top),
        languages=parts.languages(top),
        next_steps=(),
        coverage=index.coverage,
        snapshot=index.snapshot(question),
        hint=None if counted.backlinks else index.answer(replace(question, limit=0)).hint,
    )
    return replace(card, next_steps=tuple(_next_steps(index, card)))


def _measures(card: Overview) -> Iterator[Measure]:
    yield from (Measure(field.name, getattr(card.totals, field.name)) for field in fields(Totals))
    for name in (
        "authority", "rank", "broken_urls", "broken_backlinks", "referring_hosts", "referring_ips", "followed_share",
        "largest_source_share", "effective_sources", "effective_anchors",
    ):  # fmt: skip
        yield Measure(name, getattr(card, name))
    for row in card.anchor_classes:
        yield Measure(f"anchor_{row.anchor_class}_share", row.share)
    for window in card.windows:
        for name in ("start", "gained", "discovered", "lost", "restated", "discovered_lost", "growth_rate"):
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
        yield NextStep(
            f"wholinks crawl {data}",
            number_of(card.coverage.pending, "known page was not read yet", "known pages were not read yet"),
        )
    if doubts := counted.suspect + counted.unknown + counted.stale:
        yield NextStep(f"wholinks recrawl {data}", number_of(doubts, "backlink is in doubt", "backlinks are in doubt"))
    if not counted.backlinks:
        return
    if lost := card.windows[0].lost:
        yield NextStep(
            f"wholinks to {target} --state lost --since {card.windows[0].first} --by page {data}",
            f"{number_of(lost, 'backlink was', 'backlinks were')} lost in {WINDOWS_DAYS[0]} days",
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
    if card.broken_urls:
        urls = number_of(card.broken_urls, "URL that answers", "URLs that answer")
        lead = number_of(card.broken_backlinks, "backlink leads", "backlinks lead")
        why = f"{lead} to {urls} with an error"
        yield NextStep(f"wholinks broken {target} {data}", why)
    yield NextStep(f"wholinks history {target} {data}", "how these numbers came about over time")
    site = shlex.quote(card.target.domain)
    yield NextStep(f"wholinks compare {site} RIVAL {data}", "a number means most beside a rival's")
