"""How far a crawl goes: pages, pages a host, depth, hops."""

from collections.abc import Iterable
from pathlib import Path
from random import Random

import pytest

from tests.fake_web import FakeWeb, InTurn, Link, Response
from wholinks.crawler.politeness import FAILURES, Policy
from wholinks.storage.records import State

from .crawling import Page, crawl, depths, page_requests, pages, query, sound, states

A, B, C, D = (f"http://{name}.example" for name in "abcd")
NOFOLLOW = '<meta name="robots" content="nofollow">'


def star(web: FakeWeb, origin: str, size: int, links: Iterable[str] = ()) -> None:
    """A start page and ``size`` pages that it links to."""
    names = [f"{origin}/{number}" for number in range(size)]
    web.page(f"{origin}/", [*names, *links])
    for name in names:
        web.page(name)


# ---- pages in all


async def test_max_pages_is_exact_whatever_the_concurrency(tmp_path: Path) -> None:
    web = FakeWeb()
    starts = [f"http://s{number}.example" for number in range(10)]
    for start in starts:
        star(web, start, 10)
    async with web.serve() as served:
        report = await crawl(served, starts, tmp_path, max_pages=37)
    assert report.ended_why == "max_pages"
    assert len(page_requests(served)) == 37
    assert sum(report.states["fetched"].values()) == 37


async def test_max_pages_counts_no_redirects_and_no_tries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FAILURES, "server_error", Policy(0.01, 3, True))
    web = FakeWeb()
    star(web, A, 9)
    web.page(f"{A}/", [f"{A}/hop", f"{A}/flaky", *(f"{A}/{number}" for number in range(8))])
    web.chain(f"{A}/hop", f"{A}/hop2", f"{A}/8")  # the last page is found by both redirects alone
    web.answer(f"{A}/flaky", InTurn(Response(503), Response(500), Response(body=b"<p>now")))
    async with web.serve() as served:
        await crawl(served, [A], tmp_path, max_pages=11)
    assert list(states(tmp_path).values()).count(State.FETCHED) == 11
    assert list(states(tmp_path).values()).count(State.REDIRECTED) == 2


async def test_max_pages_counts_the_whole_folder(tmp_path: Path) -> None:
    web = FakeWeb()
    star(web, A, 20)
    web.page(f"{A}/", [f"{A}/loop", f"{A}/0", f"{A}/missing", *(f"{A}/{n}" for n in range(20))])
    web.chain(f"{A}/loop", *(f"{A}/loop{n}" for n in range(12)))
    async with web.serve() as served:
        await crawl(served, [A], tmp_path, max_pages=6)
        assert (await crawl(served, [], tmp_path, max_pages=6)).ended_why == "max_pages"
        counted = [page for page in pages(tmp_path).values() if page.state in {State.FETCHED, State.FAILED}]
        assert len(counted) == 6
        await crawl(served, [], tmp_path, max_pages=15)
    counted = [
        page
        for page in pages(tmp_path).values()
        if page.state in {State.FETCHED, State.FAILED} and page.reason != "too_many_redirects"
    ]
    assert len(counted) == 15
    assert len(page_requests(served)) == len(set(page_requests(served)))


async def test_what_came_back_before_a_limit_is_committed(tmp_path: Path) -> None:
    web = FakeWeb()
    starts = [f"http://s{number}.example" for number in range(60)]
    for start in starts:
        star(web, start, 5)
    async with web.serve() as served:
        report = await crawl(served, starts, tmp_path, max_pages=200, concurrency=20)
    fetched = {url for url, state in states(tmp_path).items() if state is State.FETCHED}
    assert fetched == set(page_requests(served))
    assert report.stats.pages == len(fetched) == 200
    sound(tmp_path)


async def test_checked_targets_count_in_no_limit_whatever_comes_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(FAILURES, "server_error", Policy(0.01, 2, True))
    web = FakeWeb()
    star(web, A, 3, [f"{B}/there", f"{B}/gone", f"{B}/broken", f"{B}/loop"])
    web.page(f"{B}/there")
    web.answer(f"{B}/broken", Response(500))
    web.redirect(f"{B}/loop", f"{B}/loop")
    async with web.serve() as served:
        await crawl(served, [A], tmp_path, max_pages=3, check_targets=True)
        assert len(page_requests(served, "b.example")) == 5
        assert query(tmp_path, "SELECT sum(pages) FROM host") == [(3,)]
        await crawl(served, [A], tmp_path, max_pages=4)
    assert len(page_requests(served, "a.example")) == 4


# ---- pages a host


async def test_max_pages_per_host_is_exact_and_the_rest_is_postponed(tmp_path: Path) -> None:
    web = FakeWeb()
    star(web, A, 8, ["http://www.a.example/"])
    star(web, "http://www.a.example", 8)
    async with web.serve() as served:
        report = await crawl(served, [A], tmp_path, max_pages_per_host=5)
        assert report.ended_why == "done"
        assert len(page_requests(served, "a.example")) == len(page_requests(served, "www.a.example")) == 5
        assert report.states["postponed"] == {"budget": 8}
        await crawl(served, [], tmp_path, max_pages_per_host=7)
        assert len(page_requests(served, "a.example")) == len(page_requests(served, "www.a.example")) == 7
        report = await crawl(served, [], tmp_path)
    assert report.states["fetched"] == {"": 18}
    assert not report.states["postponed"]
    assert len(page_requests(served)) == len(set(page_requests(served))) == 18


async def test_a_hosts_budget_counts_no_redirects(tmp_path: Path) -> None:
    web = FakeWeb()
    star(web, A, 5)
    web.page(f"{A}/", [f"{A}/old", *(f"{A}/{n}" for n in range(5))])
    web.redirect(f"{A}/old", f"{A}/0")
    async with web.serve() as served:
        await crawl(served, [A], tmp_path, max_pages_per_host=6)
    assert list(states(tmp_path).values()).count(State.FETCHED) == 6


# ---- pages and hosts a site


async def test_max_pages_per_site_is_exact_over_its_hosts(tmp_path: Path) -> None:
    web = FakeWeb()
    star(web, A, 8, ["http://www.a.example/", f"{B}/"])
    star(web, "http://www.a.example", 8)
    star(web, B, 2)
    async with web.serve() as served:
        report = await crawl(served, [A, B], tmp_path, max_pages_per_site=5)
        asked = page_requests(served)
        assert len([url for url in asked if "a.example" in url]) == 5
        assert len(page_requests(served, "b.example")) == 3
        assert report.states["postponed"] == {"budget": sum(report.states["postponed"].values())}
        report = await crawl(served, [], tmp_path)
    assert report.states["fetched"] == {"": 21}
    assert len(page_requests(served)) == len(set(page_requests(served))) == 21


async def test_hosts_without_end_come_to_an_end_and_what_is_left_is_counted(tmp_path: Path) -> None:
    web = FakeWeb()
    web.page(f"{A}/", [f"http://h{number}.a.example/" for number in range(30)])
    for number in range(30):
        web.page(f"http://h{number}.a.example/", [f"http://h{number}.a.example/1"])
        web.page(f"http://h{number}.a.example/1")
    async with web.serve() as served:
        report = await crawl(served, [A], tmp_path, max_hosts_per_site=10)
        assert len({request.host for request in served.log}) == 10
        assert report.states["fetched"] == {"": 19}
        assert report.states["postponed"] == {"hosts": 21}
        again = await crawl(served, [], tmp_path, max_hosts_per_site=10)
        assert again.states == report.states
        report = await crawl(served, [], tmp_path, max_hosts_per_site=20)
        assert report.states["postponed"] == {"hosts": 11}
        assert len({request.host for request in served.log}) == 20
    sound(tmp_path)


# ---- depth


async def test_depth_is_the_shortest_way_though_the_long_one_is_found_first(tmp_path: Path) -> None:
    web = FakeWeb()
    web.page(f"{A}/", ["http://1.a.example/", "http://slow.a.example/"])
    for number in range(1, 6):
        web.page(f"http://{number}.a.example/", [f"http://{number + 1}.a.example/"])
    web.page("http://slow.a.example/", ["http://6.a.example/"], delay_s=0.3)
    web.page("http://6.a.example/", ["http://7.a.example/"])
    web.page("http://7.a.example/", ["http://8.a.example/"])
    web.page("http://8.a.example/")
    async with web.serve() as served:
        await crawl(served, [A], tmp_path)
    found = depths(tmp_path)
    assert [found[f"http://{n}.a.example/"] for n in (5, 6, 7, 8)] == [5, 2, 3, 4]


async def test_a_page_that_came_nearer_while_it_was_fetched_hands_its_new_depth_on(tmp_path: Path) -> None:
    web = FakeWeb()
    web.page(f"{A}/", ["http://1.a.example/", "http://slow.a.example/"])
    web.page("http://1.a.example/", ["http://2.a.example/"])
    web.page("http://2.a.example/", ["http://late.a.example/"])
    web.page("http://slow.a.example/", ["http://late.a.example/"], delay_s=0.2)
    web.page("http://late.a.example/", ["http://child.a.example/"], delay_s=0.35)
    web.page("http://child.a.example/")
    async with web.serve() as served:
        await crawl(served, [A], tmp_path, max_depth=3)
    assert depths(tmp_path)["http://late.a.example/"] == 2
    assert depths(tmp_path)["http://child.a.example/"] == 3
    assert states(tmp_path)["http://child.a.example/"] is State.FETCHED


class Graph:
    """A site of pages, redirects and nofollow pages, each on a host of its own that answers as fast as it likes."""

    def __init__(self, web: FakeWeb, number: int, random: Random) -> None:
        size = random.randrange(2, 14)
        urls = [f"http://p{page}.site{number}.example/" for page in range(size)]
        self.start = urls[0]
        self.links: dict[str, list[str]] = {}
        self.hops: dict[str, str] = {}
        self.nofollow: set[str] = set()
        for url in urls:
            delay_s = random.choice((0, 0, 0.01, 0.03, 0.06))
            if url != self.start and random.random() < 0.2:
                self.hops[url] = random.choice(urls)
                web.redirect(url, self.hops[url])
                continue
            targets = random.sample(urls, min(size, random.choice((1, 1, 2, 3))))
            self.links[url] = targets
            if random.random() < 0.15:
                self.nofollow.add(url)
            web.page(url, targets, head=NOFOLLOW if url in self.nofollow else "", delay_s=delay_s)

    def expected(self, max_depth: int) -> tuple[dict[str, int], set[str]]:
        """The depth of each known URL, and which are asked for: by the rules, counted naively."""
        asked = {self.start}
        while True:
            known = {self.start: 0}
            named = {self.start}
            for _ in range(40):
                for url in list(known):
                    if url not in asked:
                        continue
                    steps = [(target, 1) for target in self.links.get(url, [])]
                    steps += [(self.hops[url], 0)] if url in self.hops else []
                    for target, step in steps:
                        known[target] = min(known.get(target, 99), known[url] + step)
                        if url not in self.nofollow:
                            named.add(target)
            wanted = {url for url in named if known[url] <= max_depth}
            if wanted == asked:
                return known, asked
            asked = wanted


@pytest.mark.parametrize("number", range(3))
async def test_depths_are_those_of_a_breadth_first_search(tmp_path: Path, number: int) -> None:
    random = Random(number)
    web = FakeWeb()
    graphs = [Graph(web, site, random) for site in range(40)]
    starts = [graph.start for graph in graphs]
    async with web.serve() as served:
        for max_depth in (2, 4, 99):
            limit = None if max_depth == 99 else max_depth
            await crawl(served, starts, tmp_path, max_depth=limit, max_redirects=50, concurrency=400)
            known: dict[str, int] = {}
            asked: set[str] = set()
            for graph in graphs:
                its_known, its_asked = graph.expected(max_depth)
                known |= its_known
                asked |= its_asked
            assert depths(tmp_path) == known
            assert set(page_requests(served)) == asked
            ended = {State.FETCHED, State.REDIRECTED}
            assert {url for url, state in states(tmp_path).items() if state in ended} == asked
    assert len(page_requests(served)) == len(asked)
    sound(tmp_path)


async def test_a_smaller_depth_keeps_pending_pages_out_and_a_larger_one_lets_them_in(tmp_path: Path) -> None:
    web = FakeWeb()
    for number in range(6):
        web.page(f"{A}/{number}", [f"{A}/{number + 1}"])
    web.page(f"{A}/6")
    async with web.serve() as served:
        await crawl(served, [f"{A}/0"], tmp_path, max_pages=3)
        report = await crawl(served, [], tmp_path, max_depth=2)
        assert not report.had_work
        assert pages(tmp_path)[f"{A}/3"] == Page(State.EXCLUDED, "depth", 3, 0)
        await crawl(served, [], tmp_path, max_depth=4)
        assert pages(tmp_path)[f"{A}/5"] == Page(State.EXCLUDED, "depth", 5, 0)
        await crawl(served, [], tmp_path)
    assert page_requests(served) == [f"{A}/{number}" for number in range(7)]


async def test_a_new_seed_makes_what_it_names_nearer(tmp_path: Path) -> None:
    web = FakeWeb()
    for number in range(6):
        web.page(f"{A}/{number}", [f"{A}/{number + 1}"])
    web.page(f"{A}/6")
    async with web.serve() as served:
        await crawl(served, [f"{A}/0"], tmp_path, max_depth=4)
        await crawl(served, [f"{A}/3"], tmp_path, max_depth=2)
    assert depths(tmp_path) == {f"{A}/{n}": d for n, d in enumerate((0, 1, 2, 0, 1, 2, 3))}
    assert page_requests(served) == [f"{A}/{number}" for number in range(6)]


# ---- hops


def chain_of_sites(web: FakeWeb) -> None:
    """a → b → c → d, each start page also with two pages of its own."""
    star(web, A, 2, [f"{B}/"])
    star(web, B, 2, [f"{C}/"])
    star(web, C, 2, [f"{D}/"])
    star(web, D, 2)


@pytest.mark.parametrize(("hops", "hosts"), [(0, "a"), (1, "ab"), (2, "abc")])
async def test_hops_say_how_many_sites_away_a_crawl_goes(tmp_path: Path, hops: int, hosts: str) -> None:
    web = FakeWeb()
    chain_of_sites(web)
    async with web.serve() as served:
        await crawl(served, [A], tmp_path, hops=hops)
    assert {request.host[0] for request in served.log} == set(hosts)
    assert len(page_requests(served)) == 3 * len(hosts)


async def test_more_hops_in_a_later_crawl_let_in_what_is_known(tmp_path: Path) -> None:
    web = FakeWeb()
    chain_of_sites(web)
    async with web.serve() as served:
        for hops in (0, 1, 0, 2, 3):
            await crawl(served, [A], tmp_path, hops=hops)
    assert len(page_requests(served)) == len(set(page_requests(served))) == 12


async def test_fewer_hops_keep_pending_pages_out(tmp_path: Path) -> None:
    web = FakeWeb()
    star(web, A, 1, [f"{B}/"])
    star(web, B, 8)
    async with web.serve() as served:
        await crawl(served, [A], tmp_path, hops=1, max_pages=5)
        report = await crawl(served, [], tmp_path)
        assert report.states["excluded"] == {"scope": 11 - 5}
        await crawl(served, [], tmp_path, hops=1)
    assert len(page_requests(served)) == len(set(page_requests(served))) == 11


async def test_a_reached_site_has_a_budget_over_all_its_hosts(tmp_path: Path) -> None:
    web = FakeWeb()
    star(web, A, 12, [f"{B}/", "http://www.b.example/"])
    star(web, B, 8)
    star(web, "http://www.b.example", 8)
    async with web.serve() as served:
        await crawl(served, [A], tmp_path, hops=1, pages_per_reached_site=5)
        assert len(page_requests(served, "b.example") + page_requests(served, "www.b.example")) == 5
        assert len(page_requests(served, "a.example")) == 13
        report = await crawl(served, [A], tmp_path, hops=1, pages_per_reached_site=9)
        assert report.states["postponed"] == {"budget": 9}
        await crawl(served, [A, B], tmp_path, hops=1, pages_per_reached_site=5)
    assert len(page_requests(served)) == len(set(page_requests(served))) == 31


async def test_links_found_before_their_site_came_into_reach_are_followed(tmp_path: Path) -> None:
    web = FakeWeb()
    web.page(f"{A}/", [f"{B}/", f"{C}/slow"])
    web.page(f"{B}/", [f"{D}/early"])  # two hops away when it is found
    web.page(f"{D}/early")
    web.page(f"{C}/slow", [f"{D}/late"])
    web.page(f"{D}/late")
    web.page("http://www.a.example/late", [f"{D}/early", f"{D}/other"], delay_s=0.3)
    web.page(f"{D}/other")
    async with web.serve() as served:
        await crawl(served, [A, "http://www.a.example/late"], tmp_path, hops=1)
    asked = page_requests(served)
    assert {f"{D}/early", f"{D}/other", f"{D}/late"} <= set(asked)
    assert len(asked) == len(set(asked))


async def test_a_site_is_in_reach_though_a_farther_one_named_it_first(tmp_path: Path) -> None:
    web = FakeWeb()
    web.page(f"{A}/", [f"{B}/", f"{A}/1"])
    web.page(f"{A}/1", [f"{A}/2"], delay_s=0.15)
    web.page(f"{A}/2", [f"{D}/"])
    web.page(f"{B}/", [f"{D}/"])  # the parser has sent this URL once, from a site too far away
    web.page(f"{D}/")
    async with web.serve() as served:
        await crawl(served, [A], tmp_path, hops=1)
    assert page_requests(served, "d.example") == [f"{D}/"]


async def test_an_interrupted_crawl_follows_links_of_sites_reached_late(tmp_path: Path) -> None:
    web = FakeWeb()
    web.page(f"{A}/", [f"{A}/old", f"{B}/deep"])
    web.redirect("http://start.example/", f"{B}/")
    web.page(f"{A}/old")
    web.page(f"{B}/")
    web.page(f"{B}/deep")
    async with web.serve() as served:
        await crawl(served, [A], tmp_path)
        await crawl(served, ["http://start.example/"], tmp_path, max_pages=3)  # b comes into reach, and that is the end
        await crawl(served, [], tmp_path)
    assert page_requests(served, "b.example") == [f"{B}/", f"{B}/deep"]


async def test_a_nofollow_page_brings_no_site_into_reach(tmp_path: Path) -> None:
    web = FakeWeb()
    web.page(f"{A}/", [f"{B}/"], head=NOFOLLOW)
    web.page(f"{B}/")
    async with web.serve() as served:
        await crawl(served, [A], tmp_path, hops=1)
        assert not page_requests(served, "b.example")
        await crawl(served, [A], tmp_path, hops=1, nofollow_pages=True)
    assert page_requests(served, "b.example") == [f"{B}/"]


# ---- nofollow


async def test_what_only_a_nofollow_page_names_is_kept_and_not_fetched(tmp_path: Path) -> None:
    web = FakeWeb()
    web.page(f"{A}/", [f"{A}/only", f"{A}/both", f"{A}/other"], head=NOFOLLOW)
    web.page(f"{A}/start", [f"{A}/both"])
    for name in ("only", "both", "other"):
        web.page(f"{A}/{name}")
    async with web.serve() as served:
        await crawl(served, [A, f"{A}/start"], tmp_path)
        assert sorted(page_requests(served)) == [f"{A}/", f"{A}/both", f"{A}/start"]
        assert pages(tmp_path)[f"{A}/only"] == Page(State.EXCLUDED, "nofollow_page", 1, 0)
        assert query(tmp_path, "SELECT count(*) FROM link") == [(4,)]
        await crawl(served, [], tmp_path, nofollow_pages=True)
    assert sorted(page_requests(served)) == [f"{A}/{name}" for name in ("", "both", "only", "other", "start")]


async def test_nofollow_pages_are_followed_when_asked_to(tmp_path: Path) -> None:
    web = FakeWeb()
    web.page(f"{A}/", [f"{A}/only"], headers={"X-Robots-Tag": "none"})
    web.page(f"{A}/only")
    async with web.serve() as served:
        await crawl(served, [A], tmp_path, nofollow_pages=True)
    assert page_requests(served) == [f"{A}/", f"{A}/only"]


async def test_a_links_own_nofollow_stops_nothing_in_scope(tmp_path: Path) -> None:
    web = FakeWeb()
    links = [Link(f"{A}/x", "x", rel="nofollow"), Link(f"{A}/form", kind="form"), Link(f"{A}/f", kind="frame")]
    web.page(f"{A}/", links)
    web.page(f"{A}/x")
    web.page(f"{A}/f")
    async with web.serve() as served:
        await crawl(served, [A], tmp_path)
    assert page_requests(served) == [f"{A}/", f"{A}/f", f"{A}/x"]
