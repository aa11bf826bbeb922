"""The demo gives the user's own example: 23 = 10 + 5 + 8."""

import json
from pathlib import Path

import pytest

from tests.demo.test_demo_web import NORDPACK, SHOP, TARNCRAFT
from wholinks.cli import run


def test_the_demo_finds_23_backlinks_from_three_sites(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["demo", "--data", str(tmp_path)]) == 0
    shown = capsys.readouterr()
    assert "23 backlinks to fjellgear.example" in shown.out
    assert [line.split()[:2] for line in shown.out.splitlines() if ".example  " in line][:3] == [
        ["trailnotes.example", "10"],
        ["packlist.example", "8"],
        ["huttohut.example", "5"],
    ]
    assert "Sum" in shown.out
    assert "wholinks to fjellgear.example --by page" in shown.out

    for target, expected in (("fjellgear", SHOP), ("nordpack", NORDPACK), ("tarncraft", TARNCRAFT)):
        assert run(["to", f"{target}.example", "--data", str(tmp_path), "--format", "json"]) == 0
        answer = json.loads(capsys.readouterr().out)
        measures = ("backlinks", "links", "referring_pages", "followed", "nofollow", "ugc", "sponsored")
        found = {row["referring_domain"]: tuple(row[name] for name in measures) for row in answer["rows"]}
        assert found == {domain: tuple(getattr(row, name) for name in measures) for domain, row in expected.items()}

    assert run(["demo", "--data", str(tmp_path)]) == 0, "a second demo on the folder has nothing to do, and answers"
    shown = capsys.readouterr()
    assert "nothing left to fetch" in shown.err
    assert "23 backlinks" in shown.out
