"""Every metric is explained whole, and the document is what the command says."""

from dataclasses import fields
from pathlib import Path

import pytest

from tests.cli.running import answered, said
from wholinks.cli import COMMANDS
from wholinks.index.filters import SITEWIDE_PAGES, SITEWIDE_SHARE
from wholinks.index.states import STALE_AFTER_S, Opening
from wholinks.render.metrics import markdown, words_table
from wholinks.render.reasons import in_words
from wholinks.research.card.bands import BANDS
from wholinks.research.card.metrics import metrics
from wholinks.research.card.words import words
from wholinks.research.growth.events import LOSSES
from wholinks.storage.records import Kind, Placement

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


def test_the_words_of_the_document_are_the_data() -> None:
    document = (DOCUMENT.parent / "counting.md").read_text("utf-8")
    for is_counted in (True, False):
        assert f"\n\n{words_table(words(), is_counted=is_counted)}\n\n" in document


def test_words_say_what_is_so() -> None:
    told = {word.word: word.meaning for word in words().rows}
    for kind in Kind:
        assert kind.name.lower() in told["kind"]
    for placement in Placement:
        assert placement.name.lower() in told["placement"]
    assert f"{STALE_AFTER_S // 86_400} days" in told["stale"]
    assert (SITEWIDE_SHARE, f"at least {SITEWIDE_PAGES} " in told["sitewide"]) == (0.5, True)
    assert f"{BANDS[0][0]:,} and more are {BANDS[0][1]}, {BANDS[1][0]} {BANDS[1][1]}" in told["band"]
    assert {word.command for word in words().rows} <= {"", *COMMANDS}
    assert not told.keys() & {metric.name for metric in metrics().rows} - {"authority", "coverage", "gained", "lost",
                                                                          "discovered"}  # fmt: skip


@pytest.mark.parametrize(
    "word",
    ["backlink", "link", "referring domain", "referring-hosts", "referring_page", "followed", "live", "lost",
     "stale", "in doubt", "kind", "placement", "sitewide", "nofollow", "ugc", "registrable domain"],
)  # fmt: skip
def test_a_word_is_explained(word: str, capsys: pytest.CaptureFixture[str]) -> None:
    (row,) = answered(capsys, "metrics", word, "--words")["rows"]
    shown = said(capsys, "metrics", word, "--words")
    assert " ".join(shown.split()).startswith(f"{row['word']} {row['meaning']}")
    assert max(map(len, shown.splitlines())) <= 80


@pytest.mark.parametrize(
    ("typed", "word"),
    [("dr", "authority"), ("DA", "authority"), ("domain-rating", "authority"), ("dofollow", "followed"),
     ("refdomains", "referring domain"), ("toxic score", "marker score"), ("jaccard", "jaccard index, jaccard")],
)  # fmt: skip
def test_other_tools_words_are_looked_up(typed: str, word: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert answered(capsys, "metrics", typed)["rows"][0]["word"] == word


def test_reasons_are_explained(capsys: pytest.CaptureFixture[str]) -> None:
    for name in {*Opening, *LOSSES}:
        assert answered(capsys, "metrics", name)["rows"][0]["word"] == name
        assert in_words(name) in answered(capsys, "metrics", name)["rows"][0]["meaning"]


def test_a_slip_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert "did you mean backlinks or backlink?" in said(capsys, "metrics", "backlnks", code=2)
    assert "did you mean removedfromhtml?" in said(capsys, "metrics", "removedfromhtm", code=2)
    assert "did you mean" not in said(capsys, "metrics", "zzz", code=2)


def test_a_name_may_be_a_word(capsys: pytest.CaptureFixture[str]) -> None:
    assert answered(capsys, "metrics", "stale")["rows"][0]["word"] == "stale"
    assert "formula" in answered(capsys, "metrics", "backlinks")["rows"][0]
    assert answered(capsys, "metrics", "--words")["rows"][0]["is_counted"] is True
    assert "elsewhere: dofollow" in said(capsys, "metrics", "--words")
    assert "none of link, backlink" in said(capsys, "metrics", "fame", "--words", code=2)


def test_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert "formula: (gained - lost) / start" in said(capsys, "metrics", "growth-rate")
    assert len(answered(capsys, "metrics")["rows"]) == len(metrics().rows)
    assert said(capsys, "metrics", "--format", "csv").startswith("name,definition,formula")
    assert "none of backlinks, links" in said(capsys, "metrics", "fame", code=2)
