"""CSV: stable columns, and no cell a spreadsheet would run."""

import csv as reader
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.render.rows import ESC, anchor_row, domain_row, link_row
from tests.render.test_json import EVIDENCE, ROWS
from wholinks.index.answers import ROWS as ANSWER_ROWS
from wholinks.index.answers import LinkRow, Row
from wholinks.index.questions import By, Direction
from wholinks.render import csv


def table(by: By, *rows: Row) -> list[list[str]]:
    return list(reader.reader(io.StringIO("\n".join(csv.lines(rows, ANSWER_ROWS[Direction.TO][by])))))


def test_the_columns_are_those_of_the_json_rows() -> None:
    assert table(By.DOMAIN) == [ROWS[By.DOMAIN]]
    assert table(By.ANCHOR) == [ROWS[By.ANCHOR]]
    columns = ROWS[By.PAGE][:-1] + [f"evidence_{name}" for name in EVIDENCE]
    assert table(By.PAGE) == table(By.LINK) == [columns]


def test_values_are_plain() -> None:
    _, row = table(By.DOMAIN, domain_row())
    assert row[:3] == ["blog.example", "10", "12"]
    assert row[-1] == "2026-11-21T12:00:07Z"
    names, cells = table(By.PAGE, link_row(rel_raw=None))
    found = dict(zip(names, cells, strict=True))
    assert (found["rel"], found["rel_raw"], found["followed"], found["noscript"]) == (
        "nofollow me2",
        "",
        "false",
        "true",
    )
    assert (found["evidence_ordinal"], found["evidence_tag"]) == ("3", "<a>")


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        "  =1",
        "\u00a0=1",
        "\u3000＝1",
        "＋1",
        "－1",
        "＠x",
        "\tx",
    ],
)
def test_what_could_be_a_formula_is_text(text: str) -> None:
    cell = table(By.ANCHOR, anchor_row(text))[1][0]
    assert cell.startswith("'")
    assert cell[1:].replace("\\x09", "\t").replace("\\x0d", "\r").replace("\\x0a", "\n") == text


@pytest.mark.parametrize("text", ["tent", "1 + 1", "a=b", "", "'", 'say "x", y', "ü"])
def test_other_text_stays_as_it_is(text: str) -> None:
    assert table(By.ANCHOR, anchor_row(text))[1][0] == text


def test_urls_and_every_other_text_are_guarded_too() -> None:
    _, row = table(By.PAGE, link_row("x", title="=cmd", rel=("-x",), rel_raw="@a", context_before="+1", language="=1"))
    assert not [cell for cell in row if cell[:1] in "=+-@" and cell]


@given(st.text(), st.text())
def test_a_row_is_a_line_whatever_is_in_it(anchor: str, title: str) -> None:
    out = list(csv.lines([link_row(anchor, title=title)], LinkRow))
    assert len(out) == 2
    assert "\n" not in out[1]
    assert "\x1b" not in out[1]
    assert len(next(reader.reader([out[1]]))) == len(csv.header(LinkRow))


def test_control_characters_are_escaped() -> None:
    assert table(By.ANCHOR, anchor_row(ESC))[1][0] == "\\x1b[31mred\\x1b[0m"


@given(st.lists(st.text("ab ;,\"'=+-@\t", max_size=12), min_size=1, max_size=3))
def test_no_cell_is_a_formula_where_semicolons_separate(texts: list[str]) -> None:
    buffer = io.StringIO()
    reader.writer(buffer, lineterminator="").writerow([csv.safe(text) for text in texts])
    for separator in ",;":
        cells = next(reader.reader([buffer.getvalue()], delimiter=separator))
        assert [cell for cell in cells if cell.lstrip().startswith(("=", "+", "-", "@"))] == []


def test_after_a_semicolon() -> None:
    assert csv.safe("x; =1+1;-2") == "x; '=1+1;'-2"
    assert csv.safe('x;"=1') == "x;\"'=1"
    assert csv.safe("http://a.example/?a=1;b=2") == "http://a.example/?a=1;b=2"
