"""--include, --exclude and --only-prefix: what they match, and what becomes of what they leave out."""

import re
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fake_web import FakeWeb
from wholinks.crawler.url_rules import Matcher, UrlRule, prefix_rules
from wholinks.storage.errors import UsageError
from wholinks.storage.records import State

from .crawling import crawl, page_requests, pages, sound, states

A, SUB, B = "http://a.example", "http://sub.a.example", "http://b.example"

# -- rules


def matches(rule: str, url: str) -> bool:
    host, slash, path = url.partition("/")
    return Matcher([UrlRule.parse(rule)]).matches(host, slash + path)


@pytest.mark.parametrize(
    ("rule", "yes", "no"),
    [
        ("a.example", ["a.example/", "sub.a.example/x"], ["b.example/", "aa.example/", "example/"]),
        ("*.a.example", ["a.example/", "sub.a.example/x"], ["b.example/"]),
        ("a.example/blog/", ["a.example/blog/", "sub.a.example/blog/x?y"], ["a.example/blog", "b.example/blog/"]),
        ("/blog", ["a.example/blog", "b.example/blogging"], ["a.example/a/blog"]),
        ("/*?", ["a.example/?x", "b.example/a/b?c=d"], ["a.example/"]),
        ("*/tag/", ["a.example/tag/x"], ["a.example/x/tag/"]),
        ("a.example/*.pdf$", ["a.example/x.pdf"], ["a.example/x.pdf?y", "b.example/x.pdf"]),
        ("https://A.example/blog/", ["a.example/blog/x"], ["a.example/x"]),
        ("bücher.example", ["xn--bcher-kva.example/"], ["bucher.example/"]),
        ("/caf%c3%a9", ["a.example/caf%C3%A9"], ["a.example/cafe"]),
        ("/café", ["a.example/caf%C3%A9"], ["a.example/cafe"]),
        (r"re:^a\.example/(cart|in)\b", ["a.example/cart?x", "a.example/in"], ["b.example/cart", "a.example/inn"]),
        (r"re:[?&]page=[0-9]{3,}$", ["a.example/?page=100", "b.example/x?a&page=2000"], ["a.example/?page=10"]),
        ("re:https?://", [], ["a.example/http:/x"]),
    ],
)  # fmt: skip
def test_a_rule_matches(rule: str, yes: list[str], no: list[str]) -> None:
    assert {url: matches(rule, url) for url in yes + no} == dict.fromkeys(yes, True) | dict.fromkeys(no, False)


NO_RULES = ("", "*", "a b", "a.example:81/", "http://", "*?*", "a?b/c", "a@b/", "[::1", "a%20b/")
NO_REGEXES = ("re:(", "re:(?=x)", "re:(a{1000}){1000}", f"re:{'a' * 2001}")


@pytest.mark.parametrize("text", [*NO_RULES, *NO_REGEXES])
def test_what_is_no_rule_is_wrong_usage(text: str) -> None:
    with pytest.raises(UsageError):
        UrlRule.parse(text)


@pytest.mark.parametrize("text", ["a.example", "a.example/x", "/x*y$", "xn--bcher-kva.example", "re:a+/"])
def test_a_rule_is_written_as_it_was_read(text: str) -> None:
    assert str(UrlRule.parse(text)) == text
    assert UrlRule.parse(str(UrlRule.parse(text))) == UrlRule.parse(text)


def test_without_re2_a_regular_expression_is_one_clear_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "re2", None)
    with pytest.raises(UsageError, match=re.escape("pip install 'wholinks[regex]'")):
        UrlRule.parse("re:x")


segments = st.lists(st.text("ab/?*$", max_size=3), max_size=6)
paths = st.text("ab/?*$", max_size=12).map("/".__add__)


@given(segments, paths)
def test_a_pattern_is_what_its_regular_expression_is(parts: list[str], path: str) -> None:
    text = "/" + "*".join(part.replace("*", "").replace("$", "") for part in parts)
    expected = re.match(".*".join(map(re.escape, text.split("*"))), path, re.DOTALL) is not None
    assert Matcher([UrlRule("", text)]).matches("a.example", path) is expected


@given(paths, paths)
def test_a_prefix_ends_at_a_segment(prefix: str, path: str) -> None:
    whole = prefix.partition("?")[0]
    expected = path.startswith(whole) if whole.endswith("/") else re.match(re.escape(whole) + r"(?:[/?]|\Z)", path)
    assert Matcher(prefix_rules("a.example", prefix)).matches("a.example", path) is bool(expected)


def test_no_rule_takes_long() -> None:
    rule = "/" + "*a" * 200 + "b"
    assert not matches(rule, "a.example/" + "a" * 8_000)
    assert not matches("re:/(a+)+$", "a.example/" + "a" * 8_000 + "b")


# -- crawls


def two_parts() -> FakeWeb:
    web = FakeWeb()
    web.page(f"{A}/", ["/blog/", "/shop/", "/shop/x?sort=1", f"{SUB}/blog/"])
    web.page(f"{A}/blog/", ["/blog/1", "/shop/1"])
    web.page(f"{SUB}/blog/")
    for path in ("/blog/1", "/shop/", "/shop/1", "/shop/x"):
        web.page(f"{A}{path}")
    return web


def rules(*texts: str) -> tuple[UrlRule, ...]:
    return tuple(map(UrlRule.parse, texts))


async def test_what_is_excluded_is_known_and_not_asked(tmp_path: Path) -> None:
    async with two_parts().serve() as served:
        report = await crawl(served, [A], tmp_path, exclude=rules("sub.a.example", "/shop/", "/*?"))
    assert page_requests(served) == [f"{A}/", f"{A}/blog/", f"{A}/blog/1"]
    assert not served.urls("sub.a.example")  # not even for robots.txt
    assert report.states["excluded"] == {"rule": 4}
    assert pages(tmp_path)[f"{A}/shop/"][:2] == (State.EXCLUDED, "rule")
    sound(tmp_path)


async def test_only_what_is_included_is_asked_but_seeds_are(tmp_path: Path) -> None:
    async with two_parts().serve() as served:
        report = await crawl(served, [A], tmp_path, include=rules("a.example/blog/"), exclude=rules("sub.a.example"))
    assert page_requests(served) == [f"{A}/", f"{A}/blog/", f"{A}/blog/1"]
    assert report.states["excluded"] == {"rule": 4}


async def test_an_excluded_seed_is_not_asked(tmp_path: Path) -> None:
    async with two_parts().serve() as served:
        report = await crawl(served, [A, f"{SUB}/blog/"], tmp_path, exclude=rules("/shop", "sub.a.example"))
    assert not served.urls("sub.a.example")
    assert report.states["fetched"] == {"": 3}


async def test_when_rules_change_what_they_left_out_comes_back(tmp_path: Path) -> None:
    async with two_parts().serve() as served:
        await crawl(served, [A], tmp_path, exclude=rules("/shop/", "sub.a.example"))
        report = await crawl(served, [], tmp_path, exclude=rules("sub.a.example", "/shop/"))
        assert not report.had_work  # the same rules
        report = await crawl(served, [], tmp_path, exclude=rules("/shop/x"))
        assert report.states["excluded"] == {"rule": 1}
        report = await crawl(served, [], tmp_path)
    assert not report.states["excluded"]
    assert len(page_requests(served)) == len(set(page_requests(served))) == 7


async def test_a_page_left_out_stays_so_when_it_is_named_again(tmp_path: Path) -> None:
    web = FakeWeb()
    web.page(f"{A}/", ["/out", "/1"])
    web.page(f"{A}/1", ["/out", "/2"])
    web.page(f"{A}/2", ["/out"])
    async with web.serve() as served:
        report = await crawl(served, [A], tmp_path, exclude=rules("/out"), parsers=2)
        await crawl(served, [f"{A}/2"], tmp_path, exclude=rules("/out"))
    assert report.states["excluded"] == {"rule": 1}
    assert pages(tmp_path)[f"{A}/out"].state is State.EXCLUDED


async def test_only_prefix_keeps_to_the_part_of_each_seed(tmp_path: Path) -> None:
    web = FakeWeb()
    web.page(f"{A}/@ann", ["/@ann/1", "/@anna", "/@ann?page=2", "/@bob", "/", f"{B}/x"])
    web.page(f"{A}/@bob/", ["/@bob/1", "/@bob"])
    for path in ("/@ann/1", "/@anna", "/@ann?page=2", "/@bob/1", "/@bob", "/"):
        web.page(f"{A}{path}", [f"{A}/@ann/1"])
    web.page(f"{B}/x")
    async with web.serve() as served:
        report = await crawl(served, [f"{A}/@ann"], tmp_path, only_prefix=True, hops=1)
        assert sorted(page_requests(served)) == [f"{A}/@ann", f"{A}/@ann/1", f"{A}/@ann?page=2", f"{B}/x"]
        assert report.states["excluded"] == {"rule": 3}
        await crawl(served, [f"{A}/@bob/"], tmp_path, only_prefix=True, hops=1)
    left = {url for url, state in states(tmp_path).items() if state is State.EXCLUDED}
    assert left == {f"{A}/", f"{A}/@anna", f"{A}/@bob"}


async def test_checked_targets_keep_to_exclude_too(tmp_path: Path) -> None:
    web = FakeWeb()
    web.page(f"{A}/", [f"{B}/x", "http://c.example/"])
    web.page(f"{B}/x")
    web.page("http://c.example/")
    async with web.serve() as served:
        await crawl(served, [A], tmp_path, check_targets=True, exclude=rules("c.example"), include=rules("/no"))
    assert page_requests(served) == [f"{A}/", f"{B}/x"]
    assert not served.urls("c.example")


async def test_an_excluded_sitemap_is_not_asked(tmp_path: Path) -> None:
    web = FakeWeb()
    web.page(f"{A}/")
    async with web.serve() as served:
        report = await crawl(served, [A], tmp_path, sitemaps=True, exclude=rules("/sitemap"))
    assert page_requests(served) == [f"{A}/"]
    assert report.stats.sitemaps == {"rule": 1}
