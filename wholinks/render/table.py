"""A table for people: as wide as the terminal, with what adds up summed below, and how far the crawl looked."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from wholinks.index.answers import AnyAnswer, Coverage, LinkedTotals, Snapshot, Totals
from wholinks.index.questions import DEFAULT_POLICY, Follow, Question, Standing
from wholinks.storage.wording import counted, time_told

from . import listing
from .columns import columns_of
from .targets import target_shown
from .text import neutralise
from .width import sentences, terminal_width


def lines(answer: AnyAnswer, width: int | None = None) -> Iterator[str]:
    """The answer's table, line by line, as wide as the terminal where ``width`` (cells) is None."""
    width = terminal_width() if width is None else width
    yield from sentences(neutralise(headline(answer)), width)
    if answer.rows:
        yield ""
        yield from _table(answer, width)
    if answer.rows_left:
        yield f"… and {answer.rows_left:,} more; --limit {len(answer.rows) + answer.rows_left} shows all"
    if answer.rows:
        yield ""
        if note := _STANDS.get(answer.question.standing):
            yield from sentences(note, width)
    yield from sentences(neutralise(coverage_shown(answer.coverage)), width)


def _table(answer: AnyAnswer, width: int | None) -> list[str]:
    columns = columns_of(answer.question)
    sums: list[object] = [column.total(answer.totals) if column.total else "" for column in columns]
    foot = ["Sum", *sums[1:]] if any(column.total for column in columns) else ()
    rows = ([column.value(row) for column in columns] for row in answer.rows)
    return listing.lines([column.title for column in columns], rows, width, foot=foot)


def headline(answer: AnyAnswer) -> str:
    """The measures in one sentence."""
    totals, question = answer.totals, answer.question
    which = "" if question.follow is Follow.ALL else f"{question.follow} "
    if question.standing is not Standing.LIVE:
        which = f"{_STANDING[question.standing]} {which}"
    line = counted(totals.backlinks, f"{which}backlink") + "".join(
        f" {way} {target_shown(end)} ({end.mode})"
        for way, end in (("from", question.source), ("to", question.target))
        if end is not None
    )
    line += _times(question)
    line += f" with {question.filters.told}" if question.filters else ""
    if not totals.backlinks:
        return f"{line}{_beside(totals)}."
    far = "" if question.source is not None and question.target is not None else f" {_far_domains(totals)}"
    return (
        f"{line}{far}: {counted(totals.links, 'link')} on {counted(totals.referring_pages, 'page')};"
        f" {totals.followed:,} followed, {totals.not_followed:,} not{_beside(totals)}."
    )


_STANDING: Final = {Standing.LOST: "lost", Standing.NEW: "new", Standing.ALL: "past and present"}


_STANDS: Final = {
    Standing.NEW: "New: there now, and found (again) in that time; 'wholinks history' counts each coming and going.",
    Standing.LOST: "Lost: gone in that time, and not back since; 'wholinks history' counts each coming and going.",
}


def _times(question: Question) -> str:
    """The days a question is about."""
    days = [("since", question.since), ("as of", question.as_of)]
    told = [f" {word} {datetime.fromtimestamp(at, UTC):%Y-%m-%d}" for word, at in days if at is not None]
    return "".join(told)


def _far_domains(totals: Totals | LinkedTotals) -> str:
    if isinstance(totals, Totals):
        return f"from {counted(totals.referring_domains, 'referring domain')}"
    return f"to {counted(totals.linked_domains, 'linked domain')}"


def _beside(totals: Totals | LinkedTotals) -> str:
    return f"; {counted(totals.via_redirect, 'pair')} by way of redirects" if totals.via_redirect else ""


def coverage_shown(coverage: Coverage) -> str:
    """What the answer stands on, in one sentence."""
    named = ("blocked", "failed", "pending", "excluded")
    rest = ", ".join(f"{count:,} {name}" for name in named if (count := getattr(coverage, name)))
    when = f", as of {time_told(coverage.as_of)}" if coverage.as_of else ""
    return (
        f"Looked at {coverage.fetched:,} of {counted(coverage.pages_known, 'page')} known on"
        f" {counted(coverage.domains, 'domain')}{f' ({rest})' if rest else ''}{when}."
    )


def narrowed(snapshot: Snapshot) -> tuple[str, ...]:
    """A line that says which links were counted, where not all of the default were."""
    if snapshot.policy == DEFAULT_POLICY:
        return ()
    return (f"Counted: {snapshot.policy.partition(': ')[2]}.",)
