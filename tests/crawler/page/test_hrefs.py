"""What is joined the short way is joined as the URL standard's parser joins it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.crawler.parsing import suffixes
from wholinks.crawler.page.hrefs import HrefMemo, Hrefs
from wholinks.storage.records import Target
from wholinks.storage.urls import NotAUrl, join, origin_of

BASES = (
    "https://site.com/",
    "https://site.com/dir/page.html?q=/x/y",
    "http://sub.site.co.uk:8080/a//b/c",
    "http://[::1]/a/b/c/d",
    "https://site.com/a/b//",
    "http://127.0.0.1/x",
)
_PIECES = st.sampled_from(
    [
        "http://",
        "https://",
        "HTTP://",
        "http:",
        "//",
        "/",
        "\\",
        "../",
        "./",
        "..",
        ".",
        "a",
        "B",
        "page.html",
        "x-y",
        "?",
        "?q=1",
        "&",
        "=",
        "#",
        "#f",
        " #",
        ":",
        "%2e",
        "%41",
        "%",
        " ",
        "\t",
        "\n",
        "é",
        "'",
        '"',
        "<",
        "`",
        "{",
        "^",
        "|",
        "site.com",
        "www.other.co.uk",
        "xn--nxasmq6b.example",
        "a--b.org",
        "-a.org",
        "a-.org",
        "1.2.3.4",
        "1.2.3.0x4",
        "0x7f.1",
        "com",
        "localhost",
        ".example",
        ":80",
        ":8080",
        "@",
        "user@",
        "~",
        "+",
        ",",
        ";",
        "!",
        "$",
        "(",
        ")",
        "*",
    ]
)


def by_the_standard(base: str, href: str) -> Target:
    try:
        url = join(base, href)
    except NotAUrl as error:
        return Target(error.reason, None)
    return Target(url, suffixes().domain(origin_of(url).host))


@settings(deadline=None, max_examples=1_500)
@given(st.sampled_from(BASES), st.lists(_PIECES, max_size=8).map("".join) | st.text(max_size=12))
def test_a_target_is_what_the_standard_says(base: str, href: str) -> None:
    assert Hrefs(base, suffixes()).target(href) == by_the_standard(base, href)


@pytest.mark.parametrize(
    "href",
    [
        "page.html",
        "page.html#part",
        "/root/x?y=1&z=%20",
        "../../up",
        "../../../../../beyond",
        "./here",
        "../",
        "./",
        "http://other.org",
        "https://other.org/",
        "http://other.org?q",
        "http://other.org#f",
        "https://a.b.github.io/x//y",
        "a//b",
        "/",
        "//other.org/x",
        "..",
        ".",
        "a/../b",
        "a/./b",
        "x.",
        "a/..",
        "?q",
        "?",
        "page?",
        "#x",
        "",
        "a:b",
        "a/b:c",
        "http://other.org/a/../b",
        "http://other.org.",
        "http://1.2.3.4/",
        "http://0x7f.1/x",
        "http://other.org/%2e%2e/x",
        "http://a..b/",
        "http://-a.org/",
        "http://xn--a.org/",
        "https://other.org/a'b?c'd",
        "x" * 9_000,
        "/../x",
        "./../x",
    ],
)
@pytest.mark.parametrize("base", BASES)
def test_known_cases(base: str, href: str) -> None:
    memo = HrefMemo()
    assert Hrefs(base, suffixes(), memo).target(href) == by_the_standard(base, href)
    assert Hrefs(base, suffixes(), memo).target(href) == by_the_standard(base, href)
