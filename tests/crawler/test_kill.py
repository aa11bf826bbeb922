"""SIGKILL at any moment: nothing is lost, nothing is doubled, nobody is asked too soon, and no process stays behind.

``WHOLINKS_KILLS=30 pytest tests/crawler/test_kill.py`` for a longer soak, ``WHOLINKS_KILL_SEED`` for other moments.
"""

import asyncio
import json
import os
import sys
from collections import Counter
from pathlib import Path
from random import Random
from typing import Final

import pytest

from tests.fake_web import FakeWeb, Response, Served, random_web
from wholinks.storage.records import State

from . import killable
from .crawling import known_links, links, page_requests, query, sound, states, until

KILLS: Final = int(os.environ.get("WHOLINKS_KILLS", "6"))
RANDOM: Final = Random(os.environ.get("WHOLINKS_KILL_SEED", "1"))


class Killer:
    """Starts crawls on one folder, kills them, and at last lets one live."""

    def __init__(self, served: Served, folder: Path, starts: list[str], **settings: object) -> None:
        letters = "abcdefghijklmnopqrstuvwxyz"
        self.token = "kill-" + "".join(Random(os.urandom(8)).choices(letters, k=12))
        self._served = served
        given = {"connect_to": [served.connect_to], "parsers": 2, "user_agent": self.token, "sitemaps": False}
        given |= settings
        self._command = [sys.executable, "-P", killable.__file__, str(folder), json.dumps(given), *starts]

    async def _start(self) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            *self._command, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE
        )

    async def kill(self, requests: int, more_s: float) -> None:
        """Start a crawl, and kill it some time after so many requests; or it ends by itself."""
        process = await self._start()
        seen = len(self._served.log)
        await until(lambda: len(self._served.log) >= seen + requests or process.returncode is not None)
        await asyncio.sleep(more_s)
        if process.returncode is None:
            process.kill()
        await process.communicate()

    async def finish(self) -> str:
        """Let a crawl live to its end; what it says."""
        process = await self._start()
        async with asyncio.timeout(60):
            out, _ = await process.communicate()
        assert process.returncode == 0
        return out.decode().strip()

    def processes(self) -> list[str]:
        """The command lines of processes that name this test's product token."""
        return [
            line
            for line in map(_command_line, Path("/proc").glob("[0-9]*"))
            if f"\0{self.token}\0" in line and "parse_worker" in line
        ]


def _command_line(process: Path) -> str:
    try:
        return (process / "cmdline").read_text()
    except OSError:
        return ""


async def test_a_killed_crawl_loses_and_doubles_nothing(tmp_path: Path) -> None:
    web, edges = random_web(7, sites=25, pages=20, is_tracked=False)
    async with web.serve() as served:
        killer = Killer(served, tmp_path, web.starts, delay_s=0.002)
        for _ in range(KILLS):
            await killer.kill(RANDOM.choice((1, 10, 30, 60)), RANDOM.uniform(0, 0.1))
            if (tmp_path / "crawl.db").exists():
                sound(tmp_path)
        await killer.finish()
        assert await killer.finish() == "idle"
        await until(lambda: not killer.processes())
    assert links(tmp_path) == known_links(edges)
    assert set(states(tmp_path).values()) == {State.FETCHED}
    asked = Counter(page_requests(served))
    assert len(asked) == 500
    assert query(tmp_path, "SELECT sum(pages) FROM host") == [(500,)]
    sound(tmp_path)
    again = sum(asked.values()) - 500  # what was fetched and not committed: no more than a second of work a kill
    assert again < 400 * KILLS


async def test_what_only_sitemaps_list_is_found_over_kills(tmp_path: Path) -> None:
    web = FakeWeb()
    hosts = [f"http://h{number}.example" for number in range(5)]
    listed: list[str] = []
    for host in hosts:
        web.page(f"{host}/")
        maps = [f"{host}/map{number}.xml" for number in range(3)]
        web.answer(f"{host}/sitemap.xml", _xml("sitemapindex", "sitemap", maps))
        for number, url in enumerate(maps):
            pages = [f"{host}/{number}/{page}" for page in range(5)]
            listed += pages
            web.answer(url, _xml("urlset", "url", pages))
            for page in pages:
                web.page(page)
    async with web.serve() as served:
        killer = Killer(served, tmp_path, [f"{host}/" for host in hosts], delay_s=0.01, sitemaps=True)
        for _ in range(KILLS):
            await killer.kill(RANDOM.choice((1, 10, 20)), RANDOM.uniform(0, 0.1))
        await killer.finish()
        assert await killer.finish() == "idle"
    assert states(tmp_path) == dict.fromkeys([*listed, *(f"{host}/" for host in hosts)], State.FETCHED)
    assert query(tmp_path, "SELECT state, count(*) FROM sitemap GROUP BY 1") == [(State.FETCHED, 20)]
    marked = query(tmp_path, "SELECT url FROM page JOIN urls USING (url_id) WHERE listed = 1 ORDER BY url")
    assert [url for (url,) in marked] == sorted(listed)
    sound(tmp_path)


def _xml(root: str, element: str, urls: list[str]) -> Response:
    body = "".join(f"<{element}><loc>{url}</loc></{element}>" for url in urls)
    return Response(headers={"Content-Type": "application/xml"}, body=f"<{root}>{body}</{root}>".encode())


async def test_politeness_holds_from_a_killed_crawl_to_the_next(tmp_path: Path) -> None:
    delay_s = 0.6  # longer than a process takes to start
    web, edges = random_web(8, sites=12, pages=6, is_tracked=False)
    async with web.serve() as served:
        killer = Killer(served, tmp_path, web.starts, delay_s=delay_s)
        for _ in range(KILLS):
            await killer.kill(RANDOM.randrange(1, 20), RANDOM.uniform(0, 0.2))
        await killer.finish()
        for host in {request.host for request in served.log}:
            assert served.max_concurrent(host) == 1
            assert min(served.gaps(host), default=delay_s) >= delay_s - 0.05
    assert links(tmp_path) == known_links(edges)


async def test_limits_and_hops_hold_over_kills(tmp_path: Path) -> None:
    web = FakeWeb()
    for number in range(60):
        site = f"http://site{number}.example"
        near = [f"http://site{n}.example/{n}" for n in (number * 2 + 1, number * 2 + 2)]
        web.page(f"{site}/", [*near, *(f"{site}/p{page}" for page in range(8))])
        web.page(f"{site}/{number}", [f"{site}/"])
        web.answer(f"{site}/*", Response(body=b"<p>x"))
    async with web.serve() as served:
        settings = {"hops": 3, "pages_per_reached_site": 5, "max_pages_per_host": 7, "delay_s": 0.01}
        killer = Killer(served, tmp_path, ["http://site0.example/"], **settings)
        for _ in range(KILLS):
            await killer.kill(RANDOM.randrange(1, 20), RANDOM.uniform(0, 0.1))
        await killer.finish()
    fetched = Counter(url.split("/")[2] for url, state in states(tmp_path).items() if state is State.FETCHED)
    sites = [f"site{number}.example" for number in range(15)]  # a tree with two branches, three levels deep
    assert fetched == dict.fromkeys(sites, 5) | {"site0.example": 7}
    assert set(states(tmp_path).values()) == {State.FETCHED, State.POSTPONED}
    sound(tmp_path)


@pytest.mark.parametrize("requests", [1, 20])
async def test_parsers_die_with_their_parent(tmp_path: Path, requests: int) -> None:
    web, _ = random_web(9, sites=5, pages=20)
    async with web.serve() as served:
        killer = Killer(served, tmp_path, web.starts, delay_s=0.05)
        task = asyncio.create_task(killer.kill(requests, 0.1))
        await until(lambda: len(killer.processes()) == 2)
        await task
        await until(lambda: not killer.processes())
