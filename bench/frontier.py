"""``python -m bench.frontier``: a frontier of many URLs and hosts in crawl.db: what it costs to open and work off.

Nothing is fetched: an answer takes no time and brings nothing, so what is measured is the frontier alone. Told are the
peak memory of the process, the longest time the event loop stood still, and errands a second.
"""

import argparse
import asyncio
import json
import multiprocessing
import resource
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from wholinks.crawler.frontier import Frontier
from wholinks.crawler.hosts import Origin, PageErrand
from wholinks.crawler.robots import parse
from wholinks.crawler.scope import Scope
from wholinks.crawler.settings import Settings
from wholinks.storage.crawl_store import Batch, CrawlStore, PageRow
from wholinks.storage.database import CRAWL_DB
from wholinks.storage.records import State
from wholinks.storage.urls import identity

BEAT_S = 0.005


def main() -> None:
    """Run it and print what was measured, as JSON."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--urls", type=int, default=10_000_000)
    arguments.add_argument("--hosts", type=int, default=1_000_000)
    arguments.add_argument("--errands", type=int, default=100_000, help="pages to hand out")
    arguments.add_argument("--folder", type=Path, help="keep the crawl.db here, and use it if it is there")
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory() as made:
        folder = given.folder or Path(made)
        if not (folder / CRAWL_DB).exists():
            folder.mkdir(parents=True, exist_ok=True)
            making = multiprocessing.get_context("spawn").Process(target=_make, args=(folder, given.urls, given.hosts))
            making.start()  # its memory is not what is measured
            making.join()
        found = asyncio.run(_work(folder, given.errands))
    json.dump({"urls": given.urls, "hosts": given.hosts, **found}, sys.stdout, indent=2)
    sys.stdout.write("\n")


def _make(folder: Path, urls: int, hosts: int) -> None:
    asyncio.run(_fill(folder, urls, hosts))


async def _fill(folder: Path, urls: int, hosts: int) -> None:
    async with await CrawlStore.open(folder / CRAWL_DB) as store:
        await store.start_run(0, {}, {})
    with closing(sqlite3.connect(folder / CRAWL_DB)) as db:
        db.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -3000000")
        with db:
            db.executemany("INSERT INTO site (domain, hop, why) VALUES (?, 0, 'seed')", _domains(hosts))
            db.executemany("INSERT INTO origin VALUES (?, ?, ?, ?, ?, 0)", _origins(hosts))
            db.executemany("INSERT INTO url (url_id, origin_id, path) VALUES (?, ?, ?)", _urls(urls, hosts))
            db.execute(
                "INSERT INTO page (key_id, url_id, origin_id, state, depth, found_at)"
                " SELECT url_id, url_id, origin_id, 0, abs(url_id) % 5, 0 FROM url ORDER BY url_id"
            )


def _host(number: int) -> str:
    return f"host{number}.example"


def _domains(hosts: int) -> Iterator[tuple[str]]:
    return ((_host(number),) for number in range(hosts))


def _origins(hosts: int) -> Iterator[tuple[int, str, str, str, str]]:
    for number in range(hosts):
        text = f"http://{_host(number)}"
        yield identity(text), text, _host(number), _host(number), _host(number)


def _urls(urls: int, hosts: int) -> Iterator[tuple[int, int, str]]:
    origins = [identity(f"http://{_host(number)}") for number in range(hosts)]
    for number in range(urls):
        place = number % hosts
        path = f"/some/page-{number}.html"
        yield identity(f"http://{_host(place)}{path}"), origins[place], path


async def _work(folder: Path, errands: int) -> dict[str, float]:
    loop = asyncio.get_running_loop()
    stalls: list[float] = []
    beating = loop.create_task(_beat(stalls))
    before = _peak_mib()
    started = time.perf_counter()
    async with await CrawlStore.open(folder / CRAWL_DB) as store:
        frontier = Frontier(store, Settings(delay_s=1.0), Scope(0), loop.time)
        rules = parse(b"").rules_for("wholinks")

        def no_robots(origin: Origin, _: object) -> None:
            origin.rules = rules

        frontier.connect(learn_robots=no_robots, block=lambda _: None)
        async for origin_ids in store.waiting_origins():
            frontier.found(origin_ids)
        filling = loop.create_task(frontier.fill_windows())
        opened = time.perf_counter()
        opened_mib = _peak_mib()
        opening_stall = max(stalls, default=0.0)
        stalls.clear()
        batch = Batch()
        done = 0
        while done < errands:
            errand = await frontier.acquire(lambda: True)
            await asyncio.sleep(0)  # an answer takes a turn of the loop at least
            if errand is None:
                break
            if not isinstance(errand, PageErrand):
                errand.origin.is_asking_robots = False
                errand.origin.rules = rules
                frontier.release(errand, loop.time(), counts=False)
                continue
            frontier.release(errand, loop.time(), counts=True)
            batch.pages.append(PageRow(State.FETCHED, None, 1, errand.row.key_id, asked_at=1))
            done += 1
            if len(batch.pages) == 500:
                await store.commit(batch)
                frontier.settled([row.key_id for row in batch.pages])
                batch = Batch()
        ended = time.perf_counter()
        filling.cancel()
        beating.cancel()
    return {
        "before_mib": before,
        "opened_mib": opened_mib,
        "peak_mib": _peak_mib(),
        "open_s": round(opened - started, 2),
        "longest_stall_opening_s": round(opening_stall, 3),
        "longest_stall_working_s": round(max(stalls, default=0.0), 3),
        "errands": done,
        "errands_per_s": round(done / (ended - opened)),
    }


async def _beat(stalls: list[float]) -> None:
    """Note how late the loop lets a timer ring."""
    while True:
        before = time.perf_counter()
        await asyncio.sleep(BEAT_S)
        late = time.perf_counter() - before - BEAT_S
        if late > BEAT_S:
            stalls.append(late)


def _peak_mib() -> float:
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)


if __name__ == "__main__":
    main()
