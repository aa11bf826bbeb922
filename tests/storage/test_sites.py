"""Sites by prefix: how they are written, which URLs they have, and how a folder keeps them."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.graph import START, Graph
from wholinks.storage import schema
from wholinks.storage.database import CRAWL_DB
from wholinks.storage.errors import DataFolderError, UsageError
from wholinks.storage.forgetting import Forgotten, forget
from wholinks.storage.merging import merge
from wholinks.storage.sites import (
    Parts,
    PrefixSite,
    Sites,
    change_prefix_sites,
    prefix_sites,
    refuse_suffixes,
)
from wholinks.storage.urls import PublicSuffixes

ANN, BOB = PrefixSite("medium.com", "/@ann"), PrefixSite("medium.com", "/@bob")
SUFFIXES = PublicSuffixes()


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("medium.com/@ann", "medium.com/@ann"),
        ("https://Medium.COM/@ann/", "medium.com/@ann"),
        (" www.medium.com/a/b// ", "www.medium.com/a/b"),
        ("medium.com/@Ann", "medium.com/@Ann"),
        ("bücher.example/é", "xn--bcher-kva.example/%C3%A9"),
        ("medium.com/x/../@ann", "medium.com/@ann"),
        ("127.0.0.1/a", "127.0.0.1/a"),
        ("[::1]/a", "[::1]/a"),
        ("localhost/docs", "localhost/docs"),
    ],
)
def test_a_site_by_prefix_is_read_in_one_spelling(typed: str, name: str) -> None:
    site = PrefixSite.parse(typed)
    assert site.name == str(site) == name
    assert PrefixSite.parse(name) == PrefixSite.of_name(name) == site


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("", "path"),
        ("medium.com", "path"),
        ("medium.com/", "path"),
        ("medium.com//", "path"),
        ("medium.com/a/..", "path"),
        ("/@ann", "host"),
        ("medium.com/@ann?x=1", "query"),
        ("medium.com/@ann#top", "fragment"),
        ("medium.com?x=/a", "host"),
        ("medium.com:8443/@ann", "port"),
        ("medium.com:https/@ann", "host"),
        ("ann@medium.com/x", "host"),
        ("*.medium.com/x", "host"),
        ("medium .com/x", "host"),
        ("ftp://medium.com/x", "host"),
        ("medium.com/" + "x" * 2_000, "characters"),
    ],
)
def test_what_is_none_is_wrong_usage(typed: str, why: str) -> None:
    with pytest.raises(UsageError, match=why) as caught:
        PrefixSite.parse(typed)
    assert "\n" not in str(caught.value)


def test_a_public_suffix_has_no_sites_by_prefix() -> None:
    refuse_suffixes([ANN, PrefixSite("127.0.0.1", "/a"), PrefixSite("localhost", "/a")], SUFFIXES)
    for host in ("co.uk", "github.io"):
        with pytest.raises(UsageError, match="public suffix"):
            refuse_suffixes([PrefixSite(host, "/a")], SUFFIXES)


PATHS = st.lists(st.sampled_from(("a", "b", "ab", "")), min_size=1, max_size=4).map(lambda parts: "/" + "/".join(parts))
SITE_PATHS = PATHS.map(lambda path: path.rstrip("/") or "/a")
HOSTS = st.sampled_from(("h.example", "www.h.example", "g.example"))
NAMED = st.lists(st.builds(PrefixSite, HOSTS, SITE_PATHS), max_size=6)


@given(NAMED, st.sampled_from(("http", "https")), HOSTS, PATHS, st.sampled_from(("", "?", "?a", "?/b")))
def test_the_longest_prefix_that_ends_at_a_segment_has_a_url(
    named: list[PrefixSite], scheme: str, host: str, path: str, query: str
) -> None:
    fitting = [
        site
        for site in named
        if site.host == host and (path == site.path or path.startswith(f"{site.path}/"))
    ]  # fmt: skip
    expected = max(fitting, key=lambda site: len(site.path), default=None)
    assert Parts(named).of(host, path + query) == expected
    name = expected.name if expected else host.removeprefix("www.")
    assert Sites(SUFFIXES, named).site(f"{scheme}://{host}:8443{path}{query}") == name


# -- what a folder remembers


def folder_of(path: Path, *sites: PrefixSite) -> Path:
    Graph(prefix_sites=tuple(site.name for site in sites)).page("http://medium.com/@ann").write(path)
    return path


def test_a_folder_remembers_its_sites_until_they_are_dropped(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, BOB)
    change_prefix_sites(folder, add=[ANN, BOB], drop=[], now=START)
    assert prefix_sites(folder) == (ANN, BOB)
    change_prefix_sites(folder, add=[], drop=[BOB], now=START)
    assert prefix_sites(folder) == (ANN,)
    with pytest.raises(UsageError, match=r"medium\.com/@bob is no site by prefix .* medium\.com/@ann"):
        change_prefix_sites(folder, add=[], drop=[ANN, BOB], now=START)
    assert prefix_sites(folder) == (ANN,)


def test_without_a_crawl_there_is_nothing_to_remember_them(tmp_path: Path) -> None:
    with pytest.raises(DataFolderError, match="no crawl here"):
        change_prefix_sites(tmp_path, add=[ANN], drop=[], now=START)


def test_an_older_file_has_none_and_is_brought_up_to_date_by_the_first(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / CRAWL_DB)) as db:
        older = "".join(schema.MIGRATIONS[:2])
        db.executescript(f"{older} PRAGMA application_id = {schema.APPLICATION_ID}; PRAGMA user_version = 2;")
    assert prefix_sites(tmp_path) == ()
    change_prefix_sites(tmp_path, add=[ANN], drop=[], now=START)
    assert prefix_sites(tmp_path) == (ANN,)


def test_merged_folders_have_the_sites_of_all(tmp_path: Path) -> None:
    one, two = folder_of(tmp_path / "one", ANN), folder_of(tmp_path / "two", ANN, BOB)
    merge(tmp_path / "all", [one, two])
    assert prefix_sites(tmp_path / "all") == (ANN, BOB)


def test_a_forgotten_host_leaves_no_name_behind(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, ANN, PrefixSite("other.example", "/a"))
    forget(folder, [Forgotten("medium.com", True, False, START)])
    assert prefix_sites(folder) == (PrefixSite("other.example", "/a"),)
