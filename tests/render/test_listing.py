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


def test_then_numbers_go_the_unknown_first_and_are_named() -> None:
    rows = [("blog.example", 1, None, 2, 3, 4)]
    told = lines(("Host", "One", "Nothing", "Two", "Three", "Four"), rows, 24)
    assert told[0].split() == ["Host", "One", "Two"]
    assert told[-1] == "(no room for: Nothing, Three, Four; --format csv has all)"


def test_phrases_stand_on_lines_of_their_own() -> None:
    told = lines(("Host", "Why"), [("a.example", ("links from 98% of its pages", "linked back"))], 42)
    assert told[2:] == ["a.example  links from 98% of its pages", "           linked back"]


@given(st.integers(40, 200), st.lists(st.sampled_from(ROWS), max_size=3))
def test_it_is_never_wider_than_it_may_be(width: int, rows: list[tuple[object, ...]]) -> None:
    told = lines(TITLES[:5], [row[:5] for row in rows], width)
    assert all(cell_len(line) <= max(width, 58) or line.startswith("(") for line in told)


def test_a_table_without_rows_is_its_titles() -> None:
    assert lines(("Host", "Links"), [], 80) == ["Host  Links", "───────────"]


@pytest.mark.parametrize(
    ("name", "shown"),
    [("target_url", "Target URL"), ("http_status", "HTTP status"), ("referring_ips", "Referring IPs")],
)
def test_field_names_become_titles(name: str, shown: str) -> None:
    assert heading(name) == shown
