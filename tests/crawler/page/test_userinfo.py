"""User and password in what is kept as it was written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wholinks.crawler.page.userinfo import MARK, without_userinfo
from wholinks.storage.urls import NotAUrl, join


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("http://jo:pw@h.example/#f", "http://[removed]@h.example/#f"),
        ("HTTPS://jo@h.example", "HTTPS://[removed]@h.example"),
        ("//jo:p@w@h.example/", "//[removed]@h.example/"),
        (" \\\\jo:pw@h.example", " \\\\[removed]@h.example"),
        ("http:/jo:pw@h.example/a@b", "http:/[removed]@h.example/a@b"),
        ("http:jo:pw@h.example", "http:[removed]@h.example"),
        ("ht\ntp:/\t/jo:p\nw@h.example", "http://[removed]@h.example"),
        ("ftp://jo:pw@h.example/", "ftp://[removed]@h.example/"),
        ("a.png 1x, http://jo:pw@h.example/b.png 2x", "a.png 1x, http://[removed]@h.example/b.png 2x"),
        ("0; URL='http://jo:pw@h.example/'", "0; URL='http://[removed]@h.example/'"),
        ("Link: <//jo:pw@h.example/>; rel=canonical", "Link: <//[removed]@h.example/>; rel=canonical"),
    ],
)
def test_userinfo_is_cut_and_marked(written: str, kept: str) -> None:
    assert without_userinfo(written) == kept
    assert without_userinfo(kept) == kept


@pytest.mark.parametrize(
    "written",
    [
        "http://h.example/@jo", "mailto:jo@h.example", "/@jo/1", "https://h.example?to=jo@h.example", "a\nb@c",
        "http://h.example/?url=http://jo:pw@o.example/", "write to jo@h.example", "http://h.example#jo@h",
    ],
)  # fmt: skip
def test_other_signs_stay_as_they_are(written: str) -> None:
    assert without_userinfo(written) == written


@given(
    st.text("\t\n \x00", max_size=3),
    st.sampled_from(["http:", "https:", "HTTP:", ""]),
    st.text("/\\\t\n", min_size=2, max_size=5),
    st.text("abc:@%; \t'\"<>é", max_size=8),
    st.text("/?#@ab", max_size=6),
)
def test_no_spelling_of_userinfo_is_kept(before: str, scheme: str, slashes: str, user: str, rest: str) -> None:
    href = f"{before}{scheme}{slashes}{user}secret@h.example{rest}"
    try:
        url = join("http://base.example/", href)
    except NotAUrl:
        return
    if "secret" not in url:  # it was userinfo
        kept = without_userinfo(href)
        assert "secret" not in kept
        assert MARK in kept
        assert join("http://base.example/", kept) == url


@pytest.mark.parametrize("part", ["//", ",//a", "http:", "; url=", "@", "<//", " //@", "a:"])
def test_long_text_is_no_trouble(part: str) -> None:
    assert without_userinfo(part * 200_000 + "@")


@pytest.mark.parametrize(
    "run", [" ", "\x01", ",", "url", "url=", " url=", "url ", "/", " /", " //", '"', "a", " a:", "a:", "\\"]
)
def test_a_long_run_of_anything_ends(run: str) -> None:
    """In quadratic time it would take hours."""
    text = "@" + run * 300_000
    assert without_userinfo(text) == text
    assert without_userinfo(f"{run * 300_000}http://h.example/@")[-1] == "@"
