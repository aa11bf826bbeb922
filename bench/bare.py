"""``python -m bench.bare``: the least a crawl can be: every page of a corpus fetched by aiohttp, and parsed by Lexbor.

It knows all URLs ahead, keeps nothing, and asks as our crawler does: one session, names sent to 127.0.0.1.
"""

import argparse
import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import uvloop
from selectolax.lexbor import LexborHTMLParser
from yarl import URL

from .corpus import Corpus, read


async def fetch_all(corpus: Corpus, concurrency: int, *, parses: bool) -> tuple[int, int]:
    """Fetch each page; how many came, and how many links they have (0 where nothing is parsed)."""
    pages = links = 0
    urls = in_turns(corpus)

    async def work(session: aiohttp.ClientSession) -> None:
        nonlocal pages, links
        for url in urls:
            host = url.split("/", 3)[2]
            there = URL(f"http://127.0.0.1:{corpus.port}/{url.split('/', 3)[3]}", encoded=True)
            async with session.get(there, headers={"Host": host}, allow_redirects=False) as response:
                body = await response.read()
                pages += response.status == 200
            if parses:
                links += count_links(body)

    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar()) as session:
        await asyncio.gather(*(work(session) for _ in range(concurrency)))
    return pages, links


def count_links(body: bytes) -> int:
    """Parse a page and look at each link's attributes and text."""
    count = 0
    for node in LexborHTMLParser(body).tags("a"):
        href = node.attributes.get("href")
        text = node.text()
        count += href is not None and text is not None
    return count


def in_turns(corpus: Corpus) -> Iterator[str]:
    """The URLs, one of each host in turn."""
    by_host: dict[str, list[str]] = {}
    for url in corpus.urls():
        by_host.setdefault(url.split("/", 3)[2], []).append(url)
    rows = list(by_host.values())
    for place in range(max(map(len, rows))):
        yield from (row[place] for row in rows if place < len(row))


def main() -> None:
    """Fetch, and print what came."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("corpus", type=Path)
    options.add_argument("--parse", action="store_true")
    options.add_argument("--concurrency", type=int, default=64)
    given = options.parse_args()
    corpus = read(given.corpus)
    if corpus is None:
        sys.exit(f"{given.corpus}: no corpus")
    pages, links = uvloop.run(fetch_all(corpus, given.concurrency, parses=given.parse))
    sys.stdout.write(f"{pages} {links}\n")


if __name__ == "__main__":
    main()
