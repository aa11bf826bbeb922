"""Names of which nothing was ever seen, and public suffixes: each command says so in one line."""

from pathlib import Path
from typing import Final

import pytest

from tests.cli.running import answered, said
from tests.graph import Graph
from wholinks.cli import run
from wholinks.index.build import build_index

SHOP, RIVAL = "http://shop.example/", "http://rival.example/"
UNSEEN = "no link to nosuch.example was ever seen, and no URL of it is known; is it typed right?"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    graph = Graph().page("http://ann.github.io/", [SHOP, RIVAL]).page("http://b.example/", [SHOP, "http://github.io/"])
    folder = graph.write(tmp_path_factory.mktemp("names"))
    build_index(folder)
    return folder


OTHERS: Final = [
    ("audit", "nosuch.example"), ("decisions", "nosuch.example"), ("claims", "check", "nosuch.example"),
    ("claims", "overlap", "nosuch.example"), ("coverage", "nosuch.example"), ("explain", "nosuch.example"),
    ("search", "tents", "--target", "nosuch.example"), ("links", "b.example", "nosuch.example"),
    ("review", "nosuch.example"), ("report", "nosuch.example", "-o", "{}/report.html"),
    ("report", "shop.example", "--rival", "nosuch.example", "-o", "{}/report.html"),
    ("disavow", "preview", "{}/disavow.txt", "nosuch.example"),
    ("traffic", "import", "{}/traffic.csv", "--target", "nosuch.example"),
]  # fmt: skip


def told(capsys: pytest.CaptureFixture[str], *asked: str | Path) -> str:
    """What a command says, in all."""
    capsys.readouterr()
    assert run([str(argument) for argument in asked]) == 0
    return "".join(capsys.readouterr())


@pytest.mark.parametrize(
    "asked",
    [
        ("gap", "shop.example", "nosuch.example"), ("gap", "nosuch.example", "shop.example"),
        ("rivals", "nosuch.example"), ("internal", "nosuch.example"), ("intersect", "shop.example", "nosuch.example"),
        ("compare", "shop.example", "nosuch.example"), ("what-if", "shop.example", "--without", "nosuch.example"),
        ("overview", "nosuch.example"), ("to", "nosuch.example"), *OTHERS,
    ],
)  # fmt: skip
def test_a_name_nobody_knows(folder: Path, capsys: pytest.CaptureFixture[str], asked: tuple[str, ...]) -> None:
    (folder / "disavow.txt").write_text("domain:b.example\n", "utf-8")
    (folder / "traffic.csv").write_text("Date,Clicks\n2026-01-01,7\n", "utf-8")
    shown = told(capsys, *(part.format(folder) for part in asked), "--data", folder)
    assert shown.count(UNSEEN) == 1, shown


@pytest.mark.parametrize("asked", [*OTHERS, ("to", "nosuch.example"), ("gap", "shop.example", "nosuch.example")])
@pytest.mark.parametrize(
    ("typed", "meant"),
    [("rivla.example", "rival.example"), ("hop.example", "shop.example"), ("rival.con", "rival.example")],
)
def test_a_slip_of_the_finger(
    folder: Path, capsys: pytest.CaptureFixture[str], asked: tuple[str, ...], typed: str, meant: str
) -> None:
    parts = [part.replace("nosuch.example", typed).format(folder) for part in asked]
    assert f"no URL of it is known; did you mean {meant}?" in told(capsys, *parts, "--data", folder)


@pytest.mark.parametrize(
    "asked",
    [("rivals",), ("overview",), ("to",), ("from",), ("anchors",), ("compare", "shop.example"), ("audit",),
     ("decisions",), ("coverage",), ("explain",), ("claims", "check"), ("links", "b.example")],
)  # fmt: skip
def test_a_public_suffix_is_no_site(folder: Path, capsys: pytest.CaptureFixture[str], asked: tuple[str, ...]) -> None:
    assert "co.uk is a public suffix" in told(capsys, *asked, "co.uk", "--data", folder)
    assert "such as ann.github.io" in told(capsys, *asked, "github.io", "--data", folder)


def test_known_names_are_passed_over(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shown = told(capsys, "gap", "shop.example", "rival.example", "--data", folder)
    assert "typed right" not in shown
    assert "public suffix" not in shown


def test_the_card_of_an_unknown_target_is_its_hint(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "followed 0" not in said(capsys, "overview", "nosuch.example", "--data", folder)
    found = answered(capsys, "overview", "nosuch.example", "--data", folder)
    assert (found["totals"]["backlinks"], found["hint"]) == (0, UNSEEN)


def test_batch_says_which_targets_it_does_not_know(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    listed = folder / "targets.txt"
    listed.write_text("shop.example\nnosuch.example\n", "utf-8")
    shown = told(capsys, "batch", listed, "--data", folder)
    assert "of 1 of 2 targets no link to it and no page of its site was ever seen; typed right? nosuch.example" in shown
    listed.write_text("# nothing\n", "utf-8")
    assert "targets.txt: no target in it" in said(capsys, "batch", listed, "--data", folder, code=2)
