"""Every metric is explained whole, and the document is what the command says."""

from dataclasses import fields
from pathlib import Path

import pytest

from tests.cli.running import answered, said
from wholinks.render.metrics import markdown
from wholinks.research.card.bands import BANDS
from wholinks.research.card.metrics import metrics

DOCUMENT = Path(__file__).parents[3] / "docs/metrics.md"


def test_every_metric_is_explained_whole() -> None:
    found = metrics().rows
    names = {metric.name for metric in found}
    assert {"backlinks", "growth_rate", "source_diversity", "authority", "coverage"} <= names
    assert len(found) == len(names) >= 15
    for metric in found:
        assert all(getattr(metric, field.name) for field in fields(metric)), metric.name
        assert set(metric.related) <= names - {metric.name}


def test_the_bands_told_are_those_of_the_card() -> None:
    told = metrics("backlinks").rows[0].interpretation
    assert told.startswith(f"{BANDS[0][0]:,} or more {BANDS[0][1]}, {BANDS[1][0]}-{BANDS[0][0] - 1} {BANDS[1][1]}")


def test_the_document_is_the_data() -> None:
    assert DOCUMENT.read_text("utf-8") == markdown(metrics())


def test_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert "formula: (gained - lost) / start" in said(capsys, "metrics", "growth-rate")
    assert len(answered(capsys, "metrics")["rows"]) == len(metrics().rows)
    assert said(capsys, "metrics", "--format", "csv").startswith("name,definition,formula")
    assert "none of backlinks, links" in said(capsys, "metrics", "fame", code=2)
