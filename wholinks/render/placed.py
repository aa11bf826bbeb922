"""Placed links and how they stand: for people, and as rows."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Final

from wholinks.index.placed import Checked, PlacedState

from . import listing
from .json import SCHEMA, plain
from .text import counted
from .width import sentences, terminal_width

IN_WORDS: Final = {
    PlacedState.PRESENT: "present",
    PlacedState.LOST: "lost",
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
    yield from listing.lines(
        ("Line", "State", "Source page", "Target", "Found"),
        [(str(row.line), _states(row), row.source_url, row.target_url, (found(row),)) for row in rows],
    )
    counts = Counter(row.state for row in checked)
    yield ""
    told = ", ".join(f"{counts[state]:,} {IN_WORDS[state]}" for state in reversed(order) if counts[state])
    yield from sentences(f"{counted(len(checked), 'placed link')}: {told}", terminal_width())


def _states(row: Checked) -> str:
    return ", ".join(IN_WORDS[finding] for finding in row.findings)


def found(row: Checked) -> str:
    """What was seen, in a few words."""
    if row.state in {PlacedState.LOST, PlacedState.REVIEW}:
        return row.reason
    rel = " ".join(row.rel) or "no rel"
    parts = [f'"{row.anchor_text}"', rel]
    if PlacedState.REDIRECTED in row.findings:
        parts.append(f"at {row.final_url}")
    if PlacedState.CANONICAL_ELSEWHERE in row.findings:
        parts.append(f"canonical {row.canonical_url}")
    return ", ".join(parts)
