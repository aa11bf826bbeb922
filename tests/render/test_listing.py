"""Plain tables: as wide as they may be, and nothing is left out unsaid."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from wholinks.render.listing import heading, lines

TITLES = ("Referring domain", "Target URL", "Referring pages", "Links in all", "Share", "First seen", "Why")
ROWS = [
    ("blog.example", "https://shop.example/tents/ulv-60/", 1234, 5, 0.25, date(2026, 11, 21), ("hidden", "a bad name")),
    ("x" * 40, "https://shop.example/", 1, None, None, date(2026, 11, 20), ()),
]  # fmt: skip


def test_where_there_is_room_all_is_there() -> None:
    told = lines(TITLES, ROWS, 200)
    assert told[0].split("  ")[0] == "Referring domain"
    assert told[1] == "─" * cell_len(told[1])
    assert "https://shop.example/tents/ulv-60/            1,234" in told[2]
    assert told[2].endswith("0.25  2026-11-21  hidden; a bad name")
    assert len(told) == 4


def test_titles_break_before_any_text_is_cut() -> None:
    assert lines(("Referring pages", "Host"), [(12, "blog.example")], 23) == [
        "Referring", "    pages  Host", "───────────────────────", "       12  blog.example"
    ]  # fmt: skip


def test_then_columns_go_the_unknown_first_then_the_last_and_are_named() -> None:
    rows = [("blog.example", 1, None, 2, 3, 4)]
    told = lines(("Host", "One", "Nothing", "Two", "Three", "Four"), rows, 24)
    assert told[0].split() == ["Host", "One", "Two"]
    assert " ".join(told[3:]).replace("   ", " ") == "(no room for: Nothing, Three, Four; --format csv has all)"


def test_columns_of_zeros_go_before_those_that_say_something() -> None:
    titles = ["Site", "Backlinks", "Nofollow", "Share", "First seen"]
    rows = [["a.example", 12, 0, 0.5, date(2026, 1, 1)], ["b.example", 0, 0, None, date(2026, 1, 2)]]
    told = lines(titles, rows, 42)
    assert told[0].split() == ["Site", "Backlinks", "Share", "First", "seen"]
    assert "(no room for: Nofollow;" in " ".join(told)
    assert "Nofollow" in lines(titles, rows, 80)[0]


def test_phrases_stand_on_lines_of_their_own() -> None:
    told = lines(("Host", "Why"), [("a.example", ("links from 98% of its pages", "linked back"))], 42)
    assert told[2:] == ["a.example  links from 98% of its pages", "           linked back"]


URL = "https://shop.example/" + "tents/" * 10


def test_a_url_that_does_not_fit_stands_whole_below_its_row() -> None:
    told = lines(("Host", "Page", "Links"), [("a.example", URL, 12), ("b.example", "http://b.example/", 3)], 60)
    assert told == [
        "Host       Links",
        "  Page",
        "────────────────",
        "a.example     12",
        f"  {URL}",
        "b.example      3",
        "  http://b.example/",
    ]


def test_or_above_it_where_it_names_the_row() -> None:
    told = lines(("Page", "Links", "From"), [(URL, 12, URL), (URL, 3, None)], 60)
    assert told[:3] == ["Page", "  Links", "  From"]
    assert told[4:] == [URL, "     12", f"  {URL}", URL, "      3"]


def test_an_unknown_url_leaves_no_doubt_which_the_others_are() -> None:
    told = lines(("Host", "One", "Two"), [("a.example", None, URL), ("b.example", URL, URL)], 60)
    assert told[4:7] == ["a.example", "  –", f"  {URL}"]


def test_names_are_not_cut_while_columns_can_go() -> None:
    told = lines(("Domain", "One", "Two"), [("a-quite-long-name.example", 123_456_789, 123_456_789)], 40)
    assert "a-quite-long-name.example  123,456,789" in told


def test_a_foot_is_one_row_more() -> None:
    rows = [("a.example", 1), ("b.example", 2)]
    assert lines(("Host", "Links"), rows, 80, foot=("Sum", 3))[-2:] == ["────────────────", "Sum            3"]


def test_wide_characters_and_marks_keep_the_columns_straight() -> None:
    told = lines(("Anchor", "Links"), [("漢字", 1), ("e\u0301te\u0301", 2), ("שלום 5", 3), ("x" * 300, 4)], 60)[2:]
    assert {cell_len(line) for line in told} == {60}
    assert told[2].startswith("שלום 5\u200e ")


CELLS = st.sampled_from([1, 10**9, 0.5, None, "", "a b " * 50, "x" * 300, "漢字 " * 40, URL, date(2026, 11, 21),
                         ("a phrase " * 5, "漢" * 50)])  # fmt: skip


@given(st.integers(24, 200), st.lists(st.lists(CELLS, min_size=6, max_size=6), max_size=3))
def test_no_line_is_wider_but_for_urls(width: int, rows: list[list[object]]) -> None:
    told = lines(TITLES, [("blog.example", *row) for row in rows], width)
    assert not [line for line in told if cell_len(line) > width and line.strip() != URL]


def test_a_table_without_rows_is_its_titles() -> None:
    assert lines(("Host", "Links"), [], 80) == ["Host  Links", "───────────"]


@pytest.mark.parametrize(
    ("name", "shown"),
    [("target_url", "Target URL"), ("http_status", "HTTP status"), ("referring_ips", "Referring IPs")],
)
def test_field_names_become_titles(name: str, shown: str) -> None:
    assert heading(name) == shown
