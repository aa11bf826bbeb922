"""Options, values and columns as other tools call them."""

from pathlib import Path

import pytest

from tests.cli.running import said
from tests.graph import Graph
from wholinks.index.build import build_index


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = Graph().page("http://a.example/", ["http://shop.example/"]).write(tmp_path_factory.mktemp("elsewhere"))
    build_index(folder)
    return folder


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (("to", "shop.example", "--dofollow"), "No such option '--dofollow'; did you mean '--follow followed'?"),
        (("domains", "shop.example", "--min-dr", "3"), "did you mean '--authority 20..'?"),
        (("to", "shop.example", "--lost"), "did you mean '--state lost'?"),
        (("to", "shop.example", "--follow", "dofollow"), "'sponsored'; did you mean followed?"),
        (("domains", "shop.example", "--sort", "dr"), "did you mean authority?"),
        (("domains", "shop.example", "--columns", "dofollow"), "did you mean followed?"),
        (("to", "shop.example", "--sort", "dr"), "here it is authority, see 'wholinks metrics authority'"),
        (("domains", "shop.example", "--columns", "First seen,first_seen"), "'first_seen' is there twice"),
    ],
)
def test_the_error_names_what_is_meant(
    given: tuple[str, ...], told: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert told in said(capsys, *given, "--data", folder, code=2)


def test_an_option_that_the_command_does_not_have_is_not_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert "did you mean" not in said(capsys, "coverage", "--min-dr", "3", code=2).lower()


def test_columns_may_be_typed_as_a_table_heads_them(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ("domains", "shop.example", "--data", folder, "--format", "csv")
    shown = said(capsys, *asked, "--sort", "First seen:asc", "--columns", "Domains,First seen")
    assert shown == said(capsys, *asked, "--sort", "first_seen:asc", "--columns", "referring_domain,first_seen")
    assert shown.startswith("referring_domain,first_seen")
