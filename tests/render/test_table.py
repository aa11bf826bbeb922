"""Tables: they fit, they add up, and no page can draw in them."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tests.render.rows import CSI, ESC, RTL, anchor_row, answer, domain_row, link_row
from wholinks.index.answers import (
    AnyAnswer,
    HostRow,
    KindRow,
    LanguageRow,
    PlacementRow,
    Row,
    TargetRow,
    TldRow,
)
from wholinks.index.questions import By
from wholinks.render import table
from wholinks.render.text import HOSTILE, neutralise
from wholinks.render.width import shorten_end, shorten_middle


def shown(found: AnyAnswer, width: int = 100) -> list[str]:
    return [*table.lines(found, width), ""]


def body(lines: list[str]) -> list[str]:
    """The table's own lines, ruled ones included."""
    first = lines.index("") + 1
    return [line for line in lines[first : lines.index("", first)] if not line.startswith(("…", "("))]


def test_it_ends_with_the_sum_of_what_adds_up() -> None:
    rows = body(shown(answer(domain_row("a.example", 10), domain_row("b.example", 5), domain_row("c.example", 8))))
    assert re.split(r"\s+", rows[1].strip())[:4] == ["domain", "Backlinks", "Links", "Pages"]
    assert re.split(r"\s+", rows[-1].strip()) == ["Sum", "23", "28", "16", "16", "5", "1", "4"]


def test_measures_that_do_not_add_up_are_not_summed() -> None:
    rows = body(shown(answer(anchor_row(), by=By.ANCHOR)))
    assert rows[-1].split() == ["Sum", "28"]
    assert rows[-1].index("28") == rows[0].index("Links") + 3
    assert "Sum" not in "".join(body(shown(answer(link_row(), by=By.LINK))))


def test_numbers_are_right_aligned() -> None:
    rows = body(shown(answer(domain_row("a.example", 7), domain_row("b.example", 12_345)), 120))
    end = rows[0].index("Backlinks") + len("Backlinks")
    assert rows[2][:end].endswith(" 7")
    assert rows[3][:end].endswith("12,345")


def test_it_says_how_many_more_there_are() -> None:
    assert "… and 40 more; --limit 41 shows all" in shown(answer(domain_row(), known=41, limit=1))
    assert not [line for line in shown(answer(domain_row())) if line.startswith("…")]


def test_the_first_line_has_the_measures_and_the_last_the_coverage() -> None:
    lines = shown(answer(domain_row()), 200)
    assert lines[0] == (
        "23 backlinks to shop.example (subdomains) from 3 referring domains: 28 links on 16 pages;"
        " 16 followed, 7 not; 2 pairs by way of redirects."
    )
    assert lines[-2] == "Looked at 93 of 98 pages known on 9 domains (2 blocked, 3 failed), as of 2026-11-21 12:00 UTC."


@pytest.mark.parametrize("width", [20, 40, 60, 80, 100, 200])
@pytest.mark.parametrize("by", [By.DOMAIN, By.PAGE, By.LINK, By.ANCHOR])
def test_it_fits_the_width(width: int, by: By) -> None:
    rows: dict[By, Row] = {
        By.DOMAIN: domain_row("a" * 300 + ".example", 10**9),
        By.PAGE: link_row("x " * 200, source_url="http://a.example/" + "p" * 300),
        By.LINK: link_row("漢字" * 100, target_url="http://xn--fa-hia.de/" + "漢" * 300),
        By.ANCHOR: anchor_row("anchor " * 100),
        By.TARGET: TargetRow("http://a.example/" + "p" * 300, 5, 9, 4, 3, 4, 1, 1, 1),
        By.HOST: HostRow("a" * 300 + ".example", 5, 9, 4, 4, 1, 1, 1),
        By.KIND: KindRow("text", 3, 5, 9, 4),
        By.PLACEMENT: PlacementRow("main", 3, 5, 9, 4),
        By.TLD: TldRow("a" * 300, 3, 5, 9, 4, 4),
        By.LANGUAGE: LanguageRow("a" * 300, 3, 5, 9, 4, 4),
    }
    for line in shown(answer(rows[by], by=by), width):
        is_url = line.strip().startswith("http") and " " not in line.strip()
        assert cell_len(line) <= max(width, 24) or is_url, line


def test_what_there_is_no_room_for_is_named() -> None:
    lines = shown(answer(domain_row()), 60)
    assert lines[5].split()[-3:] == ["Pages", "Followed", "Nofollow"]
    assert "(no room for: UGC, Sponsored, First seen, Last seen;" in lines


def test_urls_are_whole_and_stand_below_where_there_is_no_room_beside() -> None:
    source, target = "http://blog.example/" + "p" * 60, "http://shop.example/" + "q" * 60
    found = body(shown(answer(link_row(source_url=source, target_url=target), by=By.PAGE), 80))
    assert found[:3] == ["Source page", "  Target", "  Anchor text  Rel       Links  Place"]
    assert found[4:7] == [source, f"  {target}", "  a tent       nofollow      2  main"]
    assert [line.split() for line in found[-2:]] == [["Sum"], ["28"]]


def test_wide_enough_nothing_is_cut() -> None:
    lines = body(shown(answer(link_row("a" * 60), by=By.PAGE), 250))
    assert not [line for line in lines if "…" in line]


def test_hosts_are_shown_as_people_write_them() -> None:
    assert "faß.de" in "\n".join(shown(answer(domain_row("xn--fa-hia.de"))))
    out = "\n".join(shown(answer(link_row(source_url="http://xn--fa-hia.de/xn--x"), by=By.PAGE), 200))
    assert "http://faß.de/xn--x" in out


@pytest.mark.parametrize("by", [By.PAGE, By.LINK])
def test_hostile_text_can_not_act(by: By) -> None:
    text = f"{ESC}{RTL}{CSI}\n\r\t\x07\x00[red]x[/red]:smile:\u2028\u200bend"
    row = link_row(
        text, source_url=f"http://a.example/{ESC}", target_url="http://b.example/\u202e", placement="\x1b[1m"
    )
    out = "\n".join(shown(answer(row, by=by), 400))
    assert not HOSTILE.search(out.replace("\n", ""))
    assert "[red]x[/red]:smile:" in out
    assert "\\x1b[31mred" in out


def test_an_empty_anchor_is_named() -> None:
    assert "(empty)" in "\n".join(shown(answer(anchor_row(""), by=By.ANCHOR)))


def test_it_is_as_wide_as_columns_say_and_whole_without_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    long = answer(link_row("x " * 40), by=By.PAGE)
    monkeypatch.setenv("COLUMNS", "70")
    assert max(map(cell_len, table.lines(long))) == 70
    monkeypatch.delenv("COLUMNS")
    assert ("x " * 40).strip() in "\n".join(table.lines(long))


# -- text


@given(st.text())
def test_neutral_text_has_nothing_that_acts(text: str) -> None:
    calm = neutralise(text)
    assert neutralise(calm) == calm
    visible = {*range(0x600, 0x606), 0x6DD, 0x890, 0x891, 0x8E2, 0x110BD, 0x110CD}  # format characters one can see
    acting = {"Cc", "Cf", "Zl", "Zp", "Cs"}
    assert not [
        character for character in calm if unicodedata.category(character) in acting and ord(character) not in visible
    ]


def test_neutral_text_says_what_was_there() -> None:
    assert neutralise("a\x1bb\u202ec\U000e0041") == "a\\x1bb\\u202ec\\U000e0041"


@given(st.text(st.characters(exclude_categories=["Cc", "Cf", "Cs", "Mn", "Me"])), st.integers(0, 40))
def test_shortened_text_fits(text: str, width: int) -> None:
    for cut in (shorten_end(text, width), shorten_middle(text, width)):
        assert cell_len(cut) <= max(width, 0)
    if cell_len(text) <= width:
        assert shorten_end(text, width) == shorten_middle(text, width) == text


def test_urls_are_cut_in_the_middle() -> None:
    assert shorten_middle("http://shop.example/tents/ulv-60/", 20) == "http://shop.e…lv-60/"
