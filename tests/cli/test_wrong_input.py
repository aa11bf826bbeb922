"""What is typed or named amiss: each command says in one line what is wrong and what to do."""

from pathlib import Path

import pytest

from tests.cli.running import said, said_on_stderr
from tests.graph import Graph
from wholinks.index.build import build_index
from wholinks.research.sql import VIEWS

SHOP = "http://shop.example/"
TOP_PAGES = "Top pages,Clicks,Impressions,CTR,Position\nhttp://shop.example/,5,100,5%,3.1\n"
BACKLINKS = "Referring page URL,Target URL,Anchor\nhttp://a.example/,http://shop.example/,tents\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    graph = Graph().page("http://a.example/", [SHOP, f"{SHOP}gone"]).failed(f"{SHOP}gone")
    folder = graph.write(tmp_path / "data")
    build_index(folder)
    return folder


@pytest.mark.parametrize(
    ("command", "text", "told"),
    [
        (("batch",), BACKLINKS, ":1: a CSV, not a list of targets; write one target a line"),
        (("batch",), BACKLINKS.replace(",", "\t"), ":1: a CSV, not a list of targets"),
        (("claims", "import"), "", ": the file is empty; name a CSV export of backlinks"),
        (("claims", "import"), "\ufeff \n", ": the file is empty"),
        (("traffic", "import", "--target", "shop.example"), "\n", ": the file is empty; name a CSV export of traffic"),
        (("traffic", "import", "--target", "shop.example"), TOP_PAGES, "take the export by day, Dates.csv"),
    ],
)
def test_a_file_of_another_kind(  # noqa: PLR0917 - a case of three, and its place
    command: tuple[str, ...], text: str, told: str, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "given.csv"
    file.write_text(text, "utf-8")
    shown = said(capsys, *command, file, "--data", folder, code=2)
    assert told in shown
    assert len(shown.splitlines()) == 1
    assert len(shown) < len(str(file)) + 200


def test_a_site_that_nobody_saw_is_told_where_it_is_exported(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ("export", "--what", "links", "--format", "csv", "-o", tmp_path / "out.csv", "--data", folder)
    shown = said_on_stderr(capsys, *asked, "--domain-of", "shap.example")
    assert "0 rows written" in shown
    assert "did you mean shop.example?" in shown
    assert "did you mean" not in said_on_stderr(capsys, *asked, "--domain-of", "shop.example")


def test_a_target_that_the_export_names_itself(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "ahrefs.csv"
    file.write_text(BACKLINKS, "utf-8")
    asked = ("claims", "import", file, "--data", folder)
    assert "the export names the target of each link" in said_on_stderr(capsys, *asked, "--target", "shop.example")
    assert "not needed" not in said_on_stderr(capsys, *asked)
    file.write_text("Linking page\nhttp://a.example/\n", "utf-8")
    assert "not needed" not in said_on_stderr(capsys, *asked, "--target", "shop.example")


def test_tables_are_the_views_that_can_be_asked(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:

    for statement in ("show tables", "SHOW  TABLES;"):
        shown = said(capsys, "sql", statement, "--data", folder, "--format", "csv")
        assert shown.split() == ["name", *sorted(VIEWS)]


def test_of_one_source_no_domains_are_counted(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "Referring domains" not in said(capsys, "outgoing", "a.example", "--broken", "--data", folder)
    assert "Referring domains" in said(capsys, "broken", "shop.example", "--data", folder)


def test_a_site_that_nobody_saw_has_counts_of_zero_and_no_score(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for asked in (("overview",), ("compare", "shop.example"), ("gap", "shop.example"), ("to",), ("authority",)):
        assert "shap.example" in said(capsys, *asked, "shap.example", "--data", folder)
    for command, more in (("explain-score", ()), ("what-if", ("--without", "a.example"))):
        assert "is it typed right?" in said(capsys, command, "shap.example", *more, "--data", folder, code=2)
