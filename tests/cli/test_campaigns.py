"""``wholinks campaigns`` on the command line."""

from pathlib import Path

import pytest

from tests.cli.running import answered, said
from tests.index.asking import SMALL
from tests.research.campaigns.test_campaigns import GOOD, web
from wholinks.index.build import build_index


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = web().write(tmp_path_factory.mktemp("campaigns"))
    build_index(path, SMALL)
    (path / "c.toml").write_text(GOOD)
    return path


def test_each_campaign_and_all_together(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ("campaigns", folder / "c.toml", "--data", folder)
    shown = said(capsys, *asked)
    assert "2 campaigns: 6 backlinks from 3 domains, 5 live, 1 lost" in shown
    assert "EUR 1,200.50 for " in shown
    found = answered(capsys, *asked)
    assert [row["campaign"] for row in found["rows"]] == ["spring", "all"]
    assert found["totals"]["backlinks"] == 6
    for format_ in ("csv", "jsonl"):
        assert len(said(capsys, *asked, "--format", format_).splitlines()) == 2 + (format_ == "csv")


def test_the_links_of_one(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ("campaigns", folder / "c.toml", "--data", folder, "--list", "all")
    shown = said(capsys, *asked, "--limit", "2")
    assert "all: 6 backlinks" in shown
    assert "… and 4 more" in shown
    assert answered(capsys, *asked)["rows_known"] == 6
    assert len(said(capsys, *asked, "--format", "jsonl", "--limit", "2").splitlines()) == 2


def test_a_wrong_file_or_name_is_one_line(
    folder: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert "campaigns.toml: no such file" in said(capsys, "campaigns", "--data", folder, code=2)
    Path("campaigns.toml").write_text(GOOD.replace("shop.example", "ftp://shop.example"))
    told = said(capsys, "campaigns", "--data", folder, code=2)
    assert "campaigns.toml: campaign 'spring': targets: ftp://shop.example" in told
    Path("campaigns.toml").write_text(GOOD)
    assert "no campaign 'x'" in said(capsys, "campaigns", "--data", folder, "--list", "x", code=2)
    assert "--limit goes with --list" in said(capsys, "campaigns", "--data", folder, "--limit", "2", code=2)
    assert [path.name for path in tmp_path.iterdir()] == ["campaigns.toml"]
