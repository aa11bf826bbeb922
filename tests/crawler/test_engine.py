"""Whole crawls over real sockets: what is recorded, going on where a crawl ended, and ending in good order."""

import asyncio
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.fake_web import FakeWeb, Response, random_web
from wholinks.crawler.engine import Crawl, CrawlReport
from wholinks.crawler.fetcher import Fetcher, FetchResult
from wholinks.crawler.frontier import Frontier
from wholinks.storage.crawl_store import Batch, CrawlStore
from wholinks.storage.database import FolderLock
from wholinks.storage.errors import DataFolderError
from wholinks.storage.records import State

from .crawling import crawl, known_links, links, page_requests, query, quick, seed, sound, states, until

A, B, C = (f"http://{name}.example" for name in "abc")


# ---- a known web


async def test_recorded_links_are_the_webs_edges_and_each_page_is_fetched_once(tmp_path: Path) -> None:
    web, edges = random_web(1, is_tracked=False)
    async with web.serve() as served:
        report = await crawl(served, web.starts, tmp_path, concurrency=200)
    assert report.ended_why == "done"
    assert links(tmp_path) == known_links(edges)
    asked = page_requests(served)
    assert len(asked) == len(set(asked)) == 1000
    assert report.states["fetched"] == {"": 1000}
    assert (report.stats.pages, report.stats.links) == (1000, len(edges))
    sound(tmp_path)


async def test_tracking_parameters_make_no_second_page(tmp_path: Path) -> None:
    web, edges = random_web(2, sites=20, pages=10)
    async with web.serve() as served:
        await crawl(served, web.starts, tmp_path, hops=1)
    found: Counter[tuple[str, str, str, frozenset[str]]] = Counter()
    for (source, *rest), count in links(tmp_path).items():
        found[source.partition("?")[0], *rest] += count  # type: ignore[index]
    assert found == known_links(edges)
    asked = [url.partition("?")[0] for url in page_requests(served) if "outside" not in url]
    assert len(asked) == len(set(asked)) == 200


# ---- going on


async def test_a_crawl_goes_on_where_the_last_one_ended(tmp_path: Path) -> None:
    web, edges = random_web(3, sites=6, pages=20, is_tracked=False)
    async with web.serve() as served:
        for limit in (1, 7, 50, 51, None):
            report = await crawl(served, web.starts, tmp_path, max_pages=limit)
            sound(tmp_path)
        assert report.had_work
        assert links(tmp_path) == known_links(edges)
        asked = page_requests(served)
        assert len(asked) == len(set(asked)) == 120
        requests = len(served.log)
        report = await crawl(served, web.starts, tmp_path)
        assert not report.had_work
        assert len(served.log) == requests
    assert query(tmp_path, "SELECT count(*) FROM run WHERE ended_why = 'done'") == [(2,)]


async def test_new_seeds_join_a_finished_folder(tmp_path: Path) -> None:
    web = FakeWeb()
    web.page(f"{A}/", [f"{B}/known", f"{C}/"])
    web.page(f"{B}/")
    web.page(f"{B}/known")
    async with web.serve() as served:
        await crawl(served, [A], tmp_path)
        report = await crawl(served, [B], tmp_path)
    assert report.had_work
    assert sorted(page_requests(served)) == [f"{A}/", f"{B}/", f"{B}/known"]


async def test_a_second_crawl_on_a_folder_is_refused(tmp_path: Path) -> None:
    web = FakeWeb()
    web.page(f"{A}/", delay_s=0.3)
    async with web.serve() as served:
        first = asyncio.create_task(crawl(served, [A], tmp_path))
        await until(lambda: bool(served.log))
        with pytest.raises(DataFolderError, match="another crawl is running"):
            await crawl(served, [A], tmp_path)
        assert (await first).states["fetched"] == {"": 1}
        await crawl(served, [A], tmp_path)


# ---- ending


def busy_web(slow_s: float = 0.4) -> FakeWeb:
    """Ten sites of fast pages, and one whose pages take their time."""
    web = FakeWeb()
    for number in range(10):
        web.answer(f"http://s{number}.example/robots.txt", Response(404))
        web.answer(
            f"http://s{number}.example/*",
            lambda request: Response(body="".join(f'<a href="{request.path}{n}/">x</a>' for n in range(5)).encode()),
        )
    web.page("http://slow.example/", delay_s=slow_s)
    return web


async def stopped(web: FakeWeb, folder: Path, pages: int) -> tuple[CrawlReport, list[str]]:
    """A crawl of ``busy_web`` that is interrupted when so many pages were asked for, and what was asked."""
    starts = [f"http://s{number}.example/" for number in range(10)] + ["http://slow.example/"]
    async with web.serve() as served:
        engine = Crawl(folder, quick(served))
        task = asyncio.create_task(engine.run([seed(start) for start in starts]))
        await until(lambda: len(page_requests(served)) >= pages)
        assert engine.stop("interrupted")
        assert not engine.stop("interrupted")
        async with asyncio.timeout(30):
            return await task, page_requests(served)


async def test_an_interrupted_crawl_waits_for_what_is_under_way_and_commits_it(tmp_path: Path) -> None:
    report, asked = await stopped(busy_web(), tmp_path, 150)
    assert report.ended_why == "interrupted"
    fetched = {url for url, state in states(tmp_path).items() if state is State.FETCHED}
    assert fetched == set(asked)
    assert "http://slow.example/" in fetched
    assert len(asked) == len(set(asked)) < 1000
    sound(tmp_path)
    assert query(tmp_path, "SELECT ended_why FROM run") == [("interrupted",)]


async def test_what_takes_too_long_after_a_stop_is_asked_for_next_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wholinks.crawler.engine._DRAIN_S", 0.05)
    await stopped(busy_web(slow_s=15), tmp_path, 150)
    assert states(tmp_path)["http://slow.example/"] is State.DISCOVERED
    sound(tmp_path)


async def test_a_crawl_interrupted_at_once_is_well(tmp_path: Path) -> None:
    engine = Crawl(tmp_path, quick())
    engine.stop("interrupted")
    report = await engine.run([seed(A)])
    assert report.ended_why == "interrupted"
    assert report.stats.requests == 0


async def test_a_time_limit_ends_the_crawl_and_the_next_one_goes_on(tmp_path: Path) -> None:
    starts = [f"http://s{number}.example/" for number in range(10)]
    async with busy_web().serve() as served:
        report = await crawl(served, starts, tmp_path, time_limit_s=0.4)
        assert report.ended_why == "time_limit"
        assert {url for url, state in states(tmp_path).items() if state is State.FETCHED} == set(page_requests(served))
        report = await crawl(served, starts, tmp_path, time_limit_s=0.4)
    assert report.had_work
    assert len(page_requests(served)) == len(set(page_requests(served)))


@pytest.mark.parametrize("when", [0.0, 0.05, 0.2, 0.35])
async def test_a_cancelled_crawl_leaves_a_sound_folder(tmp_path: Path, when: float) -> None:
    async with busy_web().serve() as served:
        task = asyncio.create_task(crawl(served, [f"http://s{number}.example/" for number in range(10)], tmp_path))
        await asyncio.sleep(when)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        with FolderLock(tmp_path):
            pass
        await crawl(served, [f"{A}/"], tmp_path, max_pages=40)
    sound(tmp_path)


# ---- errors of our own


async def test_a_bug_in_an_errand_ends_the_crawl_and_names_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    get = Fetcher.get

    async def buggy(self: Fetcher, url: str, **options: Any) -> FetchResult:
        if url.endswith("/0/1/"):
            raise ZeroDivisionError(url)
        return await get(self, url, **options)

    monkeypatch.setattr(Fetcher, "get", buggy)
    async with busy_web().serve() as served:
        with pytest.raises(RuntimeError, match="error of its own") as caught:
            await crawl(served, ["http://s0.example/", "http://s1.example/"], tmp_path)
    assert isinstance(caught.value.__cause__, ZeroDivisionError)
    assert State.FETCHED in states(tmp_path).values()
    sound(tmp_path)


async def test_a_store_that_fails_ends_the_crawl_with_its_own_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = CrawlStore.commit

    async def full(self: CrawlStore, batch: Batch) -> bool:
        if batch.fetches:
            raise DataFolderError("the disk is full")
        return await commit(self, batch)

    monkeypatch.setattr(CrawlStore, "commit", full)
    async with busy_web().serve() as served:
        with pytest.raises(DataFolderError, match="the disk is full"):
            await crawl(served, ["http://s0.example/", "http://slow.example/"], tmp_path)


async def test_a_frontier_that_fails_ends_the_crawl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(self: Frontier) -> None:
        await asyncio.sleep(0.1)
        raise ZeroDivisionError

    monkeypatch.setattr(Frontier, "fill_windows", broken)
    async with busy_web().serve() as served:
        with pytest.raises(RuntimeError, match="error of its own"):
            await crawl(served, ["http://s0.example/"], tmp_path)
