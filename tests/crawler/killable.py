"""A crawl in a process of its own, to be killed: ``killable.py FOLDER SETTINGS SEED...``, settings as JSON,
``hosts_in_memory`` among them.

Runs uvloop, as the command does; its last line says whether there was anything to do.
"""

import asyncio
import json
import sys
from pathlib import Path

import uvloop

from wholinks.crawler import active_set
from wholinks.crawler.connect_to import ConnectTo
from wholinks.crawler.engine import Crawl, CrawlReport
from wholinks.crawler.seeds import Seed
from wholinks.crawler.settings import Settings


async def _crawl(folder: str, settings: str, *seeds: str) -> CrawlReport:
    given = json.loads(settings)
    vars(active_set)["MAX_HOSTS"] = given.pop("hosts_in_memory", active_set.MAX_HOSTS)
    given["connect_to"] = tuple(map(ConnectTo.parse, given["connect_to"]))
    return await Crawl(Path(folder), Settings(**given)).run([Seed(url, False, url) for url in seeds])


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        report = runner.run(_crawl(*sys.argv[1:]))
    print("worked" if report.had_work else "idle")
