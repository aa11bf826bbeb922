"""``wholinks history`` on the command line."""

from pathlib import Path

import pytest

from tests.cli.running import answered, said
from tests.index.asking import SMALL
from tests.research.growth.test_history import day, two_weeks
from wholinks.index.build import build_index


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = two_weeks().write(tmp_path_factory.mktemp("history"))
    build_index(path, SMALL)
    return path


def test_the_table_shows_the_last_periods_and_what_happened_in_all(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = ("history", "shop.example", "--every", "day", "--until", str(day(7)), "--data", folder)
    shown = said(capsys, *told)
    assert (
        f"shop.example: 3 backlinks at the end of {day(7)}, 0 before {day(0)}: 2 gained, 3 discovered, 2 lost" in shown
    )
    assert "lost by: the link was taken off the page 1, the page is gone 1" in shown
    assert "each coming and going counts; --between compares two days: the net change" in shown
    cut = said(capsys, *told, "--limit", "2")
    assert "the last 2 of 8 periods" in cut
    assert str(day(6)) in cut
    assert f"\n{day(5)}" not in cut


def test_every_format_has_the_same_rows(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ("history", "shop.example", "--every", "day", "--data", folder)
    found = answered(capsys, *asked)
    assert found["rows"][3]["growth_rate"] == 1.0
    assert found["rows"][0]["growth_rate"] is None
    for format_ in ("csv", "jsonl"):
        lines = said(capsys, *asked, "--format", format_).splitlines()
        assert len(lines) - (format_ == "csv") == len(found["rows"])


def test_two_days(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ("history", "shop.example", "--between", str(day(0)), str(day(2)), "--data", folder)
    assert "2 backlinks at the end of" in said(capsys, *asked)
    assert "the ends of the two days compared" in said(capsys, *asked)
    inner = ("history", "shop.example", "--since", str(day(1)), "--until", str(day(7)), "--data", folder)
    assert "; growth +0.0%" in said(capsys, *inner), "2 gained, 2 lost"
    assert [row["why"] for row in answered(capsys, *asked)["rows"]] == ["pagefound", "removedfromhtml"]


def test_a_day_that_is_none_is_one_line(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ("history", "shop.example", "--data", folder)
    assert "--since: 'soon' is no day" in said(capsys, *asked, "--since", "soon", code=2)
    both = "--between", "2026-01-01", "2026-01-02", "--since", "2026-01-01"
    assert "leave out --since" in said(capsys, *asked, *both, code=2)
