"""Robots directives of headers and ``meta``, and refreshes, rule by rule."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wholinks.crawler.page.directives import MAX_AGENTS, MAX_DELAY_S, MAX_DIRECTIVES, RobotsDirectives, parse_refresh
from wholinks.storage.records import RobotsFlag

NOINDEX, NOFOLLOW = RobotsFlag.NOINDEX, RobotsFlag.NOFOLLOW


def header(*values: str) -> RobotsDirectives:
    found = RobotsDirectives("WhoLinks")
    for value in values:
        found.add_header(value)
    return found


def meta(name: str, content: str) -> RobotsDirectives:
    found = RobotsDirectives("WhoLinks")
    found.add_meta(name, content)
    return found


@pytest.mark.parametrize(
    ("value", "flags"),
    [
        ("noindex", NOINDEX),
        (" NOINDEX ,NoFollow", NOINDEX | NOFOLLOW),
        ("none", NOINDEX | NOFOLLOW),
        ("all", RobotsFlag.NONE),
        ("index, follow, nofollow", NOFOLLOW),
        ("noindex nofollow", NOINDEX | NOFOLLOW),
        ("noindexing, nofollow-x", RobotsFlag.NONE),
        ("", RobotsFlag.NONE),
        ("wholinks: noindex", NOINDEX),
        ("WHOLINKS : noindex, nofollow", NOINDEX | NOFOLLOW),
        ("*: noindex", NOINDEX),
        ("robots: noindex", NOINDEX),
        ("otherbot: noindex, nofollow", RobotsFlag.NONE),
        ("nofollow, otherbot: noindex", NOFOLLOW),
        ("otherbot: noindex, wholinks: nofollow", NOFOLLOW),
        ("max-snippet:20, noindex", NOINDEX),
        ("max-image-preview: large, max-video-preview:-1, noindex", NOINDEX),
        ("unavailable_after: 25 Jun 2026 15:00:00 PST, noindex", NOINDEX),
        ("unavailable_after: Saturday, 25-Jun-26 15:00:00 PST, noindex", NOINDEX),
        ("otherbot: max-snippet:20, noindex", RobotsFlag.NONE),
    ],
)
def test_x_robots_tag(value: str, flags: RobotsFlag) -> None:
    assert header(value).flags == flags


def test_a_prefix_holds_until_the_next_within_its_header() -> None:
    found = header("otherbot: noindex, nofollow, googlebot: none, max-snippet: 5", "noindex")
    assert found.flags == NOINDEX
    assert found.other == {"otherbot": ["noindex", "nofollow"], "googlebot": ["none", "max-snippet: 5"]}


def test_meta_applies_to_all_or_to_our_token_whole() -> None:
    assert meta("ROBOTS", "NONE").flags == NOINDEX | NOFOLLOW
    assert meta(" wholinks ", "noindex").flags == NOINDEX
    assert meta("wholinks2", "noindex").flags == RobotsFlag.NONE
    assert meta("description", "noindex").other == {}


@pytest.mark.parametrize("name", ["googlebot", "bingbot", "Slurp", "baiduspider", "googlebot-news"])
def test_meta_of_other_crawlers_is_kept_not_applied(name: str) -> None:
    found = meta(name, "noindex,max-snippet:5")
    assert found.flags == RobotsFlag.NONE
    assert found.other == {name.lower(): ["noindex", "max-snippet:5"]}


def test_what_is_kept_is_bounded() -> None:
    found = header(", ".join(f"bot{number}: noindex" for number in range(500)))
    assert len(found.other) == MAX_AGENTS
    found = header("otherbot: " + ", ".join(f"d{number}" for number in range(500)))
    assert len(found.other["otherbot"]) == MAX_DIRECTIVES


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("5", (5, "")),
        ("5;", (5, "")),
        (" 5 ; url=/x", (5, "/x")),
        ("5,url=/x", (5, "/x")),
        ("5 url=/x", (5, "/x")),
        ("5;URL = /x ", (5, "/x ")),
        ("5;url='/x' y", (5, "/x")),
        ('5;url="/x', (5, "/x")),
        ("5;'/x'", (5, "/x")),
        ("5; /x", (5, "/x")),
        ("5;url", (5, "url")),
        ("5;url /x", (5, "url /x")),
        ("5;u", (5, "u")),
        ("5.9;url=/x", (5, "/x")),
        ("5..;url=/x", (5, "/x")),
        (".5;url=/x", (0, "/x")),
        ("5;;url=/x", (5, ";url=/x")),
        ("", None),
        ("url=/x", None),
        ("-5;url=/x", None),
        ("5x;url=/x", None),
        ("+5;/x", None),
        ("99999999999999999999;/x", (MAX_DELAY_S, "/x")),
        ("٥;/x", None),
    ],
)
def test_refresh_is_parsed_as_the_html_standard_says(text: str, expected: tuple[int, str] | None) -> None:
    assert parse_refresh(text) == expected


def test_a_refresh_of_a_million_digits_takes_no_time_and_does_not_raise() -> None:
    assert parse_refresh("1" * 1_000_000 + "x") is None
    assert parse_refresh("1" * 1_000_000) == (MAX_DELAY_S, "")


@given(st.text())
def test_no_text_raises(text: str) -> None:
    parse_refresh(text)
    header(text)
    meta("robots", text)
    meta(text, text)
