"""Sheets: what people read of research."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

import pytest

from wholinks.render.sheet import Sheet, Table, cell, lines


@dataclass(frozen=True, slots=True)
class Row:
    domain: str
    backlinks: int
    share: float | None


def test_a_sheet_is_lines_then_tables_then_notes() -> None:
    rows = (Row("blog.example", 1234, 0.5), Row("shop.example", 7, None))
    sheet = Sheet(("A headline.",), (Table("Top", rows, more=3), Table("Nothing", ())), ("A note.",))
    assert list(lines(sheet, 80)) == [
        "A headline.",
        "",
        "Top",
        "Domain        Backlinks  Share",
        "──────────────────────────────",
        "blog.example      1,234   0.50",
        "shop.example          7      –",
        "… and 3 more; --limit 5 shows all",
        "",
        "A note.",
    ]


def test_only_the_columns_asked_for_are_shown() -> None:
    table = Table("", (Row("blog.example", 1, 0.5),), ("backlinks",))
    assert list(lines(Sheet((), (table,)), 80)) == ["Backlinks", "─────────", "        1"]


def test_sentences_are_broken_between_words_and_urls_stay_whole() -> None:
    url = "https://shop.example/" + "x" * 40
    sheet = Sheet((f"A headline that speaks of {url} and no more.",), (), ("  wholinks to shop.example   # so",))
    assert list(lines(sheet, 30)) == [
        "A headline that speaks of", f"  {url}", "  and no more.", "", "  wholinks to shop.example", "      # so"
    ]  # fmt: skip
    assert len(list(lines(sheet, 120))) == 3


@dataclass(frozen=True, slots=True)
class Said:
    anchor_text: str
    language: str
    why: str


def test_prose_is_broken_and_what_says_something_by_being_empty_is_named() -> None:
    table = Table("", (Said("", "", "because of this and of that and of more"),), prose=("why",))
    assert list(lines(Sheet((), (table,)), 50))[-2:] == [
        "(empty)  (none)    because of this and of that and",
        "                   of more",
    ]


def test_nothing_a_page_wrote_acts_on_the_terminal() -> None:
    sheet = Sheet(("a\x1b[2Jb",), (Table("\x07", (Row("evil\n\x1b]0;x", 1, 0.0),)),), ("\u202etxet",))
    shown = "".join(lines(sheet, 80))
    assert not set(shown) & {"\x1b", "\x07", "\n", "\u202e"}


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "–"),
        (True, "yes"),
        (False, "no"),
        (3, 3),
        (1234.5, "1,234.50"),
        (date(2026, 11, 21), "2026-11-21"),
        (datetime(2026, 11, 21, 3, tzinfo=UTC), "2026-11-21"),
        (("a", 1.5), "a 1.50"),
        ("xn--bcher-kva.example", "bücher.example"),
        ("https://xn--bcher-kva.example/a", "https://bücher.example/a"),
    ],
)
def test_values_as_people_read_them(value: object, shown: object) -> None:
    assert cell(value) == shown
