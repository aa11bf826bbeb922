"""Metrics explained, for people to read."""

from collections.abc import Iterator
from dataclasses import fields
from typing import Final

from wholinks.research.card.metrics import Metric, Metrics

from .sheet import Sheet, Table

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
        ("wholinks metrics NAME explains one",),
    )


def markdown(found: Metrics) -> str:
    """The same as a document."""
    lines = ["# Metrics", "", "What each metric says and does not say; `wholinks metrics NAME` prints the same.", ""]
    for metric in found.rows:
        lines += [f"## {metric.name}", "", *(f"- **{title}**: {text}" for title, text in _parts(metric)), ""]
    return "\n".join(lines)


def _parts(metric: Metric) -> Iterator[tuple[str, str]]:
    for field in fields(metric)[1:]:
        value = getattr(metric, field.name)
        yield TITLES.get(field.name, field.name), ", ".join(value) if isinstance(value, tuple) else value
