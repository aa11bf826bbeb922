"""--site: a part of a host as a site of its own, as the crawl has it."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fake_web import FakeWeb
from wholinks.crawler.dry_run import DryRun
from wholinks.crawler.prefix_reach import PrefixReach
from wholinks.index.build import build_index
from wholinks.index.queries import Index
from wholinks.storage.errors import UsageError
from wholinks.storage.records import State
from wholinks.storage.shorthand import restore
from wholinks.storage.sites import PrefixSite, Sites, prefix_sites
from wholinks.storage.urls import PublicSuffixes, origin_of, path_of

from .crawling import crawl, page_requests, query, quick, seed, sound, states
from .test_recrawl import aged, recrawl

M, SHOP = "http://medium.example", "http://shop.example/"
ANN, BOB = f"{M}/@ann", f"{M}/@bob"
SUFFIXES = PublicSuffixes()


def named(*names: str) -> tuple[PrefixSite, ...]:
    return tuple(map(PrefixSite.parse, names))


BOTH = named("medium.example/@ann", "medium.example/@bob")


def platform() -> FakeWeb:
    web = FakeWeb()
    web.page(f"{M}/", [ANN, BOB])
    web.page(ANN, ["/@ann/1", "/@ann?page=2", "/@anna", "/@bob/1", "/", SHOP])
    web.page(f"{ANN}/1", ["/@bob", SHOP])
    web.page(f"{ANN}?page=2")
    web.redirect(f"{ANN}/old", "/@bob/1")
    web.page(f"{M}/@anna")
    web.page(BOB, ["/@bob/1", ANN])
    web.page(f"{BOB}/1", ["/@ann/old"])
    web.page(SHOP, [ANN])
    return web


def evidence(folder: Path) -> set[tuple[str, str, str]]:
    """Source, target, and how the link was written, of all evidence of open links."""
    rows = query(
        folder,
        "SELECT source.url, target.url, raw_href FROM link JOIN evidence USING (fetch_id, ordinal)"
        " JOIN fetch USING (fetch_id) JOIN urls AS source ON source.url_id = fetch.url_id"
        " JOIN urls AS target ON target.url_id = target_url_id WHERE closed_fetch_id IS NULL",
    )
    return {
        (source.removeprefix(M), target.removeprefix(M), restore(target, href, "")[0]) for source, target, href in rows
    }


async def test_a_seed_under_a_site_by_prefix_reaches_that_site_alone(tmp_path: Path) -> None:
    async with platform().serve() as served:
        report = await crawl(served, [f"{ANN}/", ANN], tmp_path, site=BOTH, sitemaps=True)
    assert sorted(page_requests(served)) == [ANN, f"{ANN}/", f"{ANN}/1", f"{ANN}?page=2"]  # and no sitemap
    assert report.states["excluded"] == {"rule": 4}
    assert prefix_sites(tmp_path) == BOTH
    sound(tmp_path)


async def test_the_folder_remembers_for_the_next_crawl_and_another_seed_opens_the_rest(tmp_path: Path) -> None:
    async with platform().serve() as served:
        await crawl(served, [ANN], tmp_path, site=BOTH)
        report = await crawl(served, [], tmp_path)
        assert not report.had_work
        await crawl(served, [BOB], tmp_path)
        assert {url for url, state in states(tmp_path).items() if state is State.EXCLUDED} == {f"{M}/@anna", f"{M}/"}
        report = await crawl(served, [f"{M}/"], tmp_path)
    assert not report.states["excluded"]
    asked = page_requests(served)
    assert len(asked) == len(set(asked)) == 8
    sound(tmp_path)


async def test_hops_lead_to_other_domains_not_to_the_rest_of_the_platform(tmp_path: Path) -> None:
    async with platform().serve() as served:
        await crawl(served, [ANN], tmp_path, site=BOTH, hops=1)
    assert sorted(page_requests(served)) == [ANN, f"{ANN}/1", f"{ANN}?page=2", SHOP]


async def test_links_and_redirects_between_two_of_them_keep_their_proof(tmp_path: Path) -> None:
    async with platform().serve() as served:
        await crawl(served, [f"{M}/"], tmp_path, site=BOTH)
    found = evidence(tmp_path)
    assert {
        ("/", "/@ann", ANN), ("/@ann", "/@bob/1", "/@bob/1"), ("/@ann", "/", "/"), ("/@ann/1", "/@bob", "/@bob"),
        ("/@bob/1", "/@ann/old", "/@ann/old"), ("/@ann/old", "/@bob/1", "/@bob/1"),
    } <= found  # fmt: skip
    assert not {(source, target) for source, target, _ in found} & {("/@ann", "/@ann/1"), ("/@bob", "/@bob/1")}
    assert build_index(tmp_path).unproved == 0
    with Index(tmp_path) as index:
        totals = index.who_links_to("medium.example/@bob").totals
        assert (totals.links, totals.referring_domains) == (4, 2)
    sound(tmp_path)


async def test_proof_comes_with_the_next_reading_where_the_site_was_named_later(tmp_path: Path) -> None:
    async with platform().serve() as served:
        await crawl(served, [f"{M}/"], tmp_path)
        assert not evidence(tmp_path) - {("/@ann", SHOP, SHOP), ("/@ann/1", SHOP, SHOP)}
        before = query(tmp_path, "SELECT count(*) FROM link WHERE closed_fetch_id IS NULL")
        aged(tmp_path, 30)
        report = await recrawl(served, tmp_path, site=BOTH)
        after = query(tmp_path, "SELECT count(*) FROM link WHERE closed_fetch_id IS NULL")
        aged(tmp_path, 30)
        again = await recrawl(served, tmp_path)
    assert ("/@ann", "/@bob/1", "/@bob/1") in evidence(tmp_path)
    assert report.stats.links_opened == report.stats.links_closed + 1  # the redirect is a link now
    assert after[0][0] == before[0][0] + 1
    assert (again.stats.links_opened, again.stats.links_closed) == (0, 0)
    report_of = build_index(tmp_path)
    assert report_of.unproved == 0
    with Index(tmp_path) as index:
        assert index.who_links_to("medium.example/@bob").totals.links == 4
        assert index.who_links_to("medium.example/@bob", state="lost").totals.links == 0
    sound(tmp_path, is_recrawled=True)


async def test_a_dry_run_names_the_site_and_no_sitemap_of_the_platform(tmp_path: Path) -> None:
    async with platform().serve() as served:
        settings = quick(served, site=named("medium.example/@ann"), sitemaps=True)
        found = await DryRun(settings, sites=named("medium.example/@bob")).run([seed(ANN), seed(f"{BOB}/1")])
        rest = await DryRun(settings).run([seed(ANN), seed(f"{M}/")])
    assert [(one.site, one.sitemaps) for one in found] == [("medium.example/@ann", ()), ("medium.example/@bob", ())]
    assert [one.site for one in rest] == ["medium.example/@ann", "medium.example"]
    assert all(one.sitemaps for one in rest)


async def test_a_public_suffix_is_refused_before_anything_is_asked(tmp_path: Path) -> None:
    async with platform().serve() as served:
        with pytest.raises(UsageError, match=r"co\.uk is a public suffix"):
            await crawl(served, [ANN], tmp_path, site=named("co.uk/a"))
    assert not served.urls()


URLS = st.builds(
    "http://{}{}".format,
    st.sampled_from(("h.example", "www.h.example", "g.example")),
    st.sampled_from(("/", "/a", "/a/b", "/b", "/ab", "/a?x")),
)
NAMED = st.sets(st.sampled_from(named("h.example/a", "h.example/a/b", "www.h.example/a", "g.example/b")))


@given(st.lists(URLS, max_size=4), NAMED, URLS)
def test_a_domain_is_divided_where_all_its_seeds_lie_under_sites_by_prefix(
    seeds: list[str], sites: Iterable[PrefixSite], url: str
) -> None:
    known = Sites(SUFFIXES, sites)
    near = [known.site(seed) for seed in seeds if SUFFIXES.site(seed) == SUFFIXES.site(url)]
    is_divided = bool(near) and all("/" in name for name in near)
    reach = PrefixReach(seeds, known, SUFFIXES)
    host: Any = origin_of(url).host
    assert reach.divides(host) is is_divided
    assert reach.leaves_out(host, path_of(url)) is (is_divided and known.site(url) not in near)
