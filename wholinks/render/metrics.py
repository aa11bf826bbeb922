"""Metrics explained, for people to read."""

from collections.abc import Iterator
from dataclasses import fields
from textwrap import wrap
from typing import Final

from wholinks.research.card.metrics import Metric, Metrics
from wholinks.research.card.words import Word, Words

from .sheet import Sheet, Table

_WIDTH: Final = 80

TITLES: Final = {
    "trend": "trend analysis", "questions": "diagnostic questions", "data": "data needed",
    "related": "related metrics", "impact": "impact of change",
}  # fmt: skip
"""Fields that are called otherwise when shown."""


def metrics_sheet(found: Metrics) -> Sheet:
    """One metric whole; of several the definitions."""
    if len(found.rows) == 1:
        (metric,) = found.rows
        return Sheet((metric.name, *(f"  {title}: {text}" for title, text in _parts(metric))))
    return Sheet(
        (),
        (Table("", found.rows, ("name", "definition"), prose=("definition",)),),
        ("wholinks metrics NAME explains one; --words lists what the words in answers mean",),
    )


def markdown(found: Metrics) -> str:
    """The same as a document."""
    lines = ["# Metrics", "", "What each metric says and does not say; `wholinks metrics NAME` prints the same.", ""]
    for metric in found.rows:
        lines += [f"## {metric.name}", "", *(f"- **{title}**: {text}" for title, text in _parts(metric)), ""]
    return "\n".join(lines)


def words_sheet(found: Words) -> Sheet:
    """Words with what they mean, whole on any terminal."""
    lines = []
    for word in found.rows:
        lines.append(word.word)
        told = _told(word, f"see 'wholinks {word.command}'")
        lines += wrap(told, _WIDTH, initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False)
    return Sheet(tuple(lines), notes=("wholinks metrics lists the metrics; docs/counting.md has the rules",))


def words_table(found: Words, *, is_counted: bool) -> str:
    """The units, or the other words, as a table of a document."""
    rows = (
        f"| {word.word} | {_told(word, f'`wholinks {word.command}`')} |"
        for word in found.rows
        if word.is_counted is is_counted
    )
    return "\n".join(["| word | meaning |", "|---|---|", *rows])


def _told(word: Word, see: str) -> str:
    """What a word means, what others call it, and ``see`` where a command shows it."""
    more = [f"elsewhere: {word.elsewhere}"] * bool(word.elsewhere) + [see] * bool(word.command)
    return f"{word.meaning} ({'; '.join(more)})" if more else word.meaning


def _parts(metric: Metric) -> Iterator[tuple[str, str]]:
    for field in fields(metric)[1:]:
        value = getattr(metric, field.name)
        yield TITLES.get(field.name, field.name), ", ".join(value) if isinstance(value, tuple) else value
