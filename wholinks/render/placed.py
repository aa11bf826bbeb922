"""Placed links and how they stand: for people, and as rows."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Final

from wholinks.index.placed import Checked, PlacedState
from wholinks.storage.wording import counted

from . import listing
from .json import SCHEMA, plain
from .reasons import in_words
from .width import sentences, terminal_width

IN_WORDS: Final = {
    PlacedState.PRESENT: "present",
    PlacedState.LOST: "lost",
    PlacedState.MISSING: "missing",
    PlacedState.REVIEW: "review",
    PlacedState.REL_CHANGED: "rel changed",
    PlacedState.ANCHOR_CHANGED: "anchor changed",
    PlacedState.NOINDEX: "page is noindex",
    PlacedState.CANONICAL_ELSEWHERE: "canonical elsewhere",
    PlacedState.REDIRECTED: "page redirects",
}


def document(checked: Sequence[Checked]) -> dict[str, Any]:
    """All of them, and how many stand how."""
    counts = Counter(row.state.value for row in checked)
    return {"schema": SCHEMA, "links": len(checked), "states": dict(sorted(counts.items())), "rows": plain(checked)}


def lines(checked: Sequence[Checked]) -> Iterator[str]:
    """What needs a look first, then what is as agreed; how many of each."""
    order = list(PlacedState)
    rows = sorted(checked, key=lambda row: (order.index(row.state), row.line))
    columns: dict[str, list[object]] = {
        "Line": [str(row.line) for row in rows],
        "State": [tuple(IN_WORDS[finding] for finding in row.findings) for row in rows],
        "Source page": [row.source_url for row in rows],
        "Target": [row.target_url for row in rows],
        "Found": [(_found(row),) for row in rows],
        "Redirects to": [row.final_url if PlacedState.REDIRECTED in row.findings else "" for row in rows],
        "Canonical": [row.canonical_url if PlacedState.CANONICAL_ELSEWHERE in row.findings else "" for row in rows],
    }
    told = {title: cells for title, cells in columns.items() if any(cells)}
    yield from listing.lines(tuple(told), zip(*told.values(), strict=True))
    counts = Counter(row.state for row in checked)
    yield ""
    stand = ", ".join(f"{counts[state]:,} {IN_WORDS[state]}" for state in reversed(order) if counts[state])
    yield from sentences(f"{counted(len(checked), 'placed link')}: {stand}", terminal_width())


def _found(row: Checked) -> str:
    """What was seen, in a few words."""
    if row.state in {PlacedState.LOST, PlacedState.MISSING, PlacedState.REVIEW}:
        return in_words(row.reason)
    return f'"{row.anchor_text}", {" ".join(row.rel) or "no rel"}'
