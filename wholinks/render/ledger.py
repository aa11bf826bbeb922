"""The ledger, for people and as JSON."""

from collections.abc import Iterator
from typing import Any, Final

from wholinks.index.answers import LinkRow
from wholinks.index.ledger import COUNTED_BY_URL, ElementRow, Ledger, Step
from wholinks.storage.wording import counted

from . import listing
from .json import MEASURE, SCHEMA, plain, target_object
from .targets import target_shown
from .text import neutralise
from .width import sentences, terminal_width

_LINK_TITLES: Final = ("Source page", "Target", "Kind", "Anchor text", "Rel", "Nr")
_ELEMENT_TITLES: Final = ("Target", "Kind", "Links", "On its own site")


def document(ledger: Ledger) -> dict[str, Any]:
    """The whole ledger. ``step``, ``rows`` and ``rows_known`` are there where a step was asked for."""
    found = {
        "schema": SCHEMA,
        "target": target_object(ledger.question.asked),
        "measure": MEASURE,
        "steps": plain(ledger.steps),
        "totals": plain(ledger.totals),
        "without_schemes": ledger.without_schemes,
        "snapshot": plain(ledger.snapshot),
    }
    if ledger.step is None:
        return found
    return {**found, "step": ledger.step.value, "rows": plain(ledger.rows), "rows_known": ledger.rows_known}


def lines(ledger: Ledger) -> Iterator[str]:
    """Step by step, then what stands beside the last, then the links behind the step asked for; as wide as the
    terminal."""
    target, totals, width = ledger.question.asked, ledger.totals, terminal_width()
    head = (
        f"How {counted(totals.backlinks, 'backlink')} to {target_shown(target)} ({target.mode}) and"
        f" {counted(totals.followed, 'followed one')} come about:"
    )
    yield from sentences(neutralise(head), width)
    yield ""
    yield from listing.lines(
        ("Step", "Before", "Taken out", "After", ""),
        [(step.name.value, step.before, step.taken_out, step.after, (step.what,)) for step in ledger.steps],
    )
    yield ""
    for line in _by_kind(ledger):
        yield from sentences(line, width)
    marked = (
        f"Of the {counted(totals.backlinks, 'backlink')}: {totals.nofollow:,} with a nofollow link, {totals.ugc:,} with"
        f" a ugc one, {totals.sponsored:,} with a sponsored one (these overlap)."
    )
    yield from sentences(marked, width)
    yield f"Beside them, {counted(totals.via_redirect, 'pair reaches', 'pairs reach')} the target by way of redirects."
    if ledger.without_schemes < totals.backlinks:
        alike = (
            f"http:// and https:// are two URLs: were they one, the {counted(totals.backlinks, 'backlink')} would be"
            f" {ledger.without_schemes:,}."
        )
        yield from sentences(alike, width)
    if ledger.step is not None:
        yield ""
        yield from _rows(ledger)


def _by_kind(ledger: Ledger) -> Iterator[str]:
    for step in ledger.steps:
        if step.by_kind:
            kinds = ", ".join(f"{count:,} {kind}" for kind, count in step.by_kind.items())
            yield f"{'Elements' if step.name is Step.ELEMENTS else 'Not counted'}: {kinds}."


def _rows(ledger: Ledger) -> Iterator[str]:
    is_counts = ledger.step in COUNTED_BY_URL
    whose = "It begins with" if ledger.step is Step.ELEMENTS else f"Behind what '{ledger.step}' took out:"
    unit = ("URL and kind", "URLs and kinds") if is_counts else ("link", "links")
    yield f"{whose} {counted(ledger.rows_known, *unit)}."
    if ledger.rows:
        titles, rows = _ELEMENT_TITLES if is_counts else _LINK_TITLES, [_cells(row) for row in ledger.rows]
        yield from listing.lines(titles, rows, elsewhere="--format json")
    if ledger.rows_known > len(ledger.rows):
        yield f"… and {ledger.rows_known - len(ledger.rows):,} more; --limit {ledger.rows_known} shows all"


def _cells(row: ElementRow | LinkRow) -> tuple[object, ...]:
    if isinstance(row, ElementRow):
        return row.target_url, row.kind, row.links, row.internal
    return row.source_url, row.target_url, row.kind, row.anchor_text, " ".join(row.rel), row.evidence.ordinal
