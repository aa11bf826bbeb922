"""Which URL a link names, when two spellings are one page, and which site a host belongs to: each rule by name."""

import gc
import json
import warnings
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import ada_url
import pytest
from hypothesis import given, reject
from hypothesis import strategies as st

from wholinks.storage.errors import UsageError
from wholinks.storage.urls import (
    MAX_URL_LENGTH,
    NON_LINK_REASONS,
    NotAUrl,
    PublicSuffixes,
    dedup_key,
    identity,
    is_ip,
    join,
    normalise,
    origin_of,
    origin_text,
    path_of,
    to_unicode,
)

VECTORS: Final = Path(__file__).parents[2].parent / "shared" / "conformance" / "urls"
BASE: Final = "https://site.com/dir/page?q"


@lru_cache(maxsize=1)
def suffixes() -> PublicSuffixes:
    return PublicSuffixes()


def reason(href: str, base: str = BASE) -> str:
    with pytest.raises(NotAUrl) as caught:
        join(base, href)
    return caught.value.reason


# Parsing and joining: the WHATWG standard decides


@pytest.mark.parametrize(
    ("href", "url"),
    [
        ("x", "https://site.com/dir/x"),
        ("/x", "https://site.com/x"),
        ("?x", "https://site.com/dir/page?x"),
        ("//o.org/x", "https://o.org/x"),
        ("http://o.org", "http://o.org/"),
        ("\\x\\y", "https://site.com/x/y"),
        ("https:x", "https://site.com/dir/x"),
        ("https:///o.org/x", "https://o.org/x"),
        ("http:o.org", "http://o.org/"),
        (" \n/x\t ", "https://site.com/x"),
        ("/a\tb\nc", "https://site.com/abc"),
        ("/a b", "https://site.com/a%20b"),
        ("/ä?ö", "https://site.com/%C3%A4?%C3%B6"),
        ("/%41%zz", "https://site.com/%41%zz"),
        ("/a/../b/./c/", "https://site.com/b/c/"),
        ("https://ExAmPle.COM/Path", "https://example.com/Path"),
        ("https://bücher.example/", "https://xn--bcher-kva.example/"),
        ("https://faß.de/", "https://xn--fa-hia.de/"),
        ("http://0x7f.1/", "http://127.0.0.1/"),
        ("http://[::0001]/", "http://[::1]/"),
        ("http://[::1]:8080/x", "http://[::1]:8080/x"),
    ],
)
def test_join_is_the_whatwg_standards(href: str, url: str) -> None:
    assert join(BASE, href) == url


# Identity


@pytest.mark.parametrize(
    ("one", "same"),
    [
        ("HTTP://Site.COM/", "http://site.com/"),
        ("http://site.com./", "http://site.com/"),
        ("http://site.com.:81/", "http://site.com:81/"),
        ("http://site.com:80/", "http://site.com/"),
        ("https://site.com:443/", "https://site.com/"),
        ("http://user:pass@site.com/", "http://site.com/"),
        ("http://us@er:p@ss@site.com:81/", "http://site.com:81/"),
        ("http://user@[::1]/", "http://[::1]/"),
        ("http://site.com/#x", "http://site.com/"),
        ("http://site.com/x?#", "http://site.com/x"),
        ("http://site.com", "http://site.com/"),
        ("http://site.com?", "http://site.com/"),
        ("http://site.com?x", "http://site.com/?x"),
    ],
)
def test_spellings_of_one_url(one: str, same: str) -> None:
    assert normalise(one) == same


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("http://site.com/", "https://site.com/"),
        ("http://site.com/A", "http://site.com/a"),
        ("http://site.com/a", "http://site.com/a/"),
        ("http://site.com/?a&b", "http://site.com/?b&a"),
        ("http://site.com/%41", "http://site.com/A"),
        ("http://site.com/%c3", "http://site.com/%C3"),
        ("http://site.com/?a", "http://site.com/?a="),
        ("http://site.com:80/", "http://site.com:81/"),
        ("http://www.site.com/", "http://site.com/"),
        ("http://site.com/??", "http://site.com/"),
        ("http://site.com//", "http://site.com/"),
    ],
)
def test_two_urls(one: str, other: str) -> None:
    assert normalise(one) != normalise(other)


# What cannot be a link


@pytest.mark.parametrize(
    ("href", "why"),
    [
        ("", "empty"),
        (" \t\n", "empty"),
        ("#", "fragment"),
        (" #x", "fragment"),
        ("mailto:a@b.c", "mailto"),
        ("MAILTO:a@b.c", "mailto"),
        ("tel:1", "tel"),
        ("javascript:void(0)", "javascript"),
        (" java\nscript:x", "javascript"),
        ("data:text/html,x", "data"),
        ("data:" + "x" * 10_000, "data"),
        ("ftp://site.com/", "other_scheme"),
        ("about:blank", "other_scheme"),
        ("file:///x", "other_scheme"),
        ("blob:https://site.com/x", "other_scheme"),
        ("http://[", "unparsable"),
        ("http://a b/", "unparsable"),
        ("http://", "unparsable"),
        ("http://./", "unparsable"),
        ("http://site.com../", "unparsable"),
        ("http://site.com:99999/", "unparsable"),
        ("http://\ud800/", "unparsable"),
        ("/" + "x" * MAX_URL_LENGTH, "too_long"),
        ("/" + "ä" * (MAX_URL_LENGTH // 4), "too_long"),
    ],
)
def test_what_cannot_be_a_link_has_a_reason(href: str, why: str) -> None:
    assert why in NON_LINK_REASONS
    assert reason(href) == why


# The dedup key


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("http://x.y/?utm_source=a&utm_medium=b", "http://x.y/"),
        ("http://x.y/?utm_source", "http://x.y/"),
        ("http://x.y/?a=1&gclid=2&b=3", "http://x.y/?a=1&b=3"),
        ("http://x.y/?fbclid=1&", "http://x.y/"),
        ("http://x.y/?_ga=1&_gl=2&a", "http://x.y/?a"),
        ("http://x.y/?UTM_source=a&Gclid=1", "http://x.y/?UTM_source=a&Gclid=1"),
        ("http://x.y/?xutm_a=1&gclid2=3", "http://x.y/?xutm_a=1&gclid2=3"),
        ("http://x.y/?b&a&&", "http://x.y/?b&a&&"),
        ("http://x.y/utm_a=1", "http://x.y/utm_a=1"),
    ],
)
def test_the_dedup_key_drops_what_names_a_visit(url: str, key: str) -> None:
    assert dedup_key(url) == key


@pytest.mark.parametrize(
    "name",
    [
        "gclid",
        "dclid",
        "gbraid",
        "wbraid",
        "fbclid",
        "msclkid",
        "yclid",
        "mc_cid",
        "mc_eid",
        "_ga",
        "_gl",
        "igshid",
        "utm_",
        "utm_x",
    ],
)
def test_each_tracking_parameter(name: str) -> None:
    assert dedup_key(f"http://x.y/?{name}=1") == "http://x.y/"


# Sites


@pytest.mark.parametrize(
    ("host", "domain"),
    [
        ("site.com", "site.com"),
        ("a.b.site.com", "site.com"),
        ("www.site.co.uk", "site.co.uk"),
        ("a.github.io", "a.github.io"),
        ("x.a.github.io", "a.github.io"),
        ("github.io", "github.io"),
        ("co.uk", "co.uk"),
        ("com", "com"),
        ("localhost", "localhost"),
        ("127.0.0.1", "127.0.0.1"),
        ("[::1]", "[::1]"),
        ("a.b.unknowntoplevel", "b.unknowntoplevel"),
        ("xn--bcher-kva.example.de", "example.de"),
        ("x.xn--55qx5d.cn", "x.xn--55qx5d.cn"),
        ("www.ck", "www.ck"),
        ("a.www.ck", "www.ck"),
        ("a.b.c.kobe.jp", "b.c.kobe.jp"),
    ],
)
def test_the_registrable_domain(host: str, domain: str) -> None:
    assert suffixes().domain(host) == domain


def test_two_sites_of_one_private_suffix_are_two() -> None:
    assert suffixes().domain("a.github.io") != suffixes().domain("b.github.io")
    assert suffixes().icann_domain("a.github.io") == suffixes().icann_domain("b.github.io") == "github.io"


def test_the_version_of_the_list_is_known() -> None:
    assert suffixes().version[:2] == "20"


def test_a_list_of_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "list.dat"
    path.write_text(
        "// VERSION: 1\n// ===BEGIN ICANN DOMAINS===\ncom\nsite.com\n// ===END ICANN DOMAINS===\n"
        "// ===BEGIN PRIVATE DOMAINS===\n// ===END PRIVATE DOMAINS===\n"
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # tldextract leaves the file to the garbage collector
        own = PublicSuffixes(path)
        assert own.version == "1"
        assert own.domain("a.b.site.com") == "b.site.com"
        gc.collect()


def test_a_file_that_is_no_list_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "list.dat"
    path.write_text("com\n")
    with pytest.raises(UsageError, match="no '===BEGIN"):
        PublicSuffixes(path)
    with pytest.raises(UsageError, match="no such file; name a public suffix list"):
        PublicSuffixes(tmp_path / "none")


# Parts


def test_the_origin() -> None:
    found = origin_of("https://site.com/x")
    assert (found.scheme, found.host, found.port, found.text) == ("https", "site.com", 443, "https://site.com")
    assert origin_of("http://site.com:81/x").text == "http://site.com:81"
    assert origin_of("http://[::1]:81/").host == "[::1]"
    assert origin_text("https://site.com/x?y") == "https://site.com"
    assert path_of("https://site.com/x?y") == "/x?y"


def test_addresses() -> None:
    assert is_ip("127.0.0.1")
    assert is_ip("[::1]")
    assert not is_ip("1.2.3.com")


def test_hosts_as_people_write_them() -> None:
    assert to_unicode("xn--bcher-kva.example") == "bücher.example"
    assert to_unicode("site.com") == "site.com"


def test_ids_are_signed_and_stay_the_same() -> None:
    assert identity("https://site.com/") == identity("https://site.com/")
    assert identity("") == 3244421341483603138
    assert -(2**63) <= identity("a") < 0 or 0 <= identity("a") < 2**63


# Properties

_HREFS: Final = st.one_of(
    st.text(max_size=40),
    st.text(alphabet="ab./\\?#:@%&=[]- \t\nä", max_size=40),
    st.builds(
        "{}://{}{}".format,
        st.sampled_from(["http", "https"]),
        st.from_regex(r"[a-z.:@0-9]{1,12}"),
        st.text(max_size=20),
    ),
)
_PARAMETERS: Final = st.sampled_from(["utm_a=1", "gclid", "a", "b=2", "", "_ga=&", "utm_"])
_QUERIES: Final = st.lists(_PARAMETERS, max_size=6).map("&".join)


def joined(href: str) -> str:
    try:
        return join(BASE, href)
    except NotAUrl:
        return reject()


@given(_HREFS)
def test_normalising_twice_changes_nothing(href: str) -> None:
    url = joined(href)
    assert normalise(url) == url


@given(_HREFS)
def test_join_is_adas_without_fragment_userinfo_dot_and_empty_query(href: str) -> None:
    url = joined(href)
    theirs = ada_url.URL(href, base=BASE)
    ours = ada_url.URL(url)
    assert (ours.protocol, ours.port, ours.pathname, ours.search) == (
        theirs.protocol,
        theirs.port,
        theirs.pathname,
        theirs.search,
    )
    assert ours.hostname == theirs.hostname.removesuffix(".")
    assert not ours.hash
    assert not ours.username
    assert not ours.password


@given(_HREFS)
def test_a_url_is_its_origin_and_its_path(href: str) -> None:
    url = joined(href)
    assert origin_text(url) + path_of(url) == url
    assert origin_of(url).text == origin_text(url)
    assert url.isascii()


@given(_HREFS, _QUERIES)
def test_the_key_of_a_key_is_itself_and_a_url(href: str, query: str) -> None:
    url = joined(href)
    for one in (url, normalise(f"{url.partition('?')[0]}?{query}")):
        key = dedup_key(one)
        assert dedup_key(key) == key
        assert normalise(key) == key


# Other projects' vectors


def vectors(name: str) -> dict[str, Any]:
    path = VECTORS / name
    found: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    return found


@pytest.mark.skipif(not VECTORS.exists(), reason="the conformance vectors are not here")
def test_rfc_3986_examples() -> None:
    found = vectors("rfc3986_5.4.json")
    for case in found["normal"] + found["abnormal"]:
        reference, expected = case["ref"], case["expected"]
        if reference in {"", "#s", "g:h"}:
            assert reason(reference, found["base"]) == {"": "empty", "#s": "fragment", "g:h": "other_scheme"}[reference]
        else:  # "http:g" as browsers resolve it, an empty path is "/", and there are no fragments
            expected = case.get("expected_non_strict", expected)
            assert join(found["base"], reference) == normalise(expected), reference


@pytest.mark.skipif(not VECTORS.exists(), reason="the conformance vectors are not here")
def test_crawler_commons_examples() -> None:
    checked = 0
    for case in vectors("url_resolve.json")["cases"]:
        if case["base"].startswith("file:") or case["input"].startswith("#"):
            continue  # no base of ours, and no link
        checked += 1
        base = case["base"] or "http://none.example/"
        assert join(base, case["input"]) == normalise(case["expected"]), case
    assert checked > 15
