"""Run a real crawl over a fake web, and read from crawl.db what it made of it, by SQL of its own."""

import asyncio
import re
import sqlite3
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Final, NamedTuple

from tests.fake_web import Edge, Served
from wholinks.crawler.connect_to import ConnectTo
from wholinks.crawler.engine import Crawl, CrawlReport
from wholinks.crawler.seeds import Seed
from wholinks.crawler.settings import Settings, Timeouts
from wholinks.storage.database import CRAWL_DB
from wholinks.storage.records import REL_BITS, State
from wholinks.storage.urls import normalise

QUICK: Final = Timeouts(connect_s=1.0, first_byte_s=0.5, idle_s=0.4, total_s=1.5)
"""For tests of time-outs only: on a busy machine, honest answers take as long."""
LONGEST_CRAWL_S: Final = 60.0

LinkKey = tuple[str, str, str, frozenset[str]]
"""source URL, target URL, kind, rel tokens"""


class Page(NamedTuple):
    """A row of the table ``page``."""

    state: State
    reason: str | None
    depth: int
    tries: int


def rules(served: Served) -> tuple[ConnectTo, ...]:
    """All of ``served``'s ``--connect-to`` rules."""
    return tuple(map(ConnectTo.parse, served.connect_options))


def quick(served: Served | None = None, **settings: Any) -> Settings:
    """Settings that don't keep a test waiting: no delay, one parser, short patience, no sitemaps, all on ``served``."""
    given: dict[str, Any] = {"delay_s": 0.0, "parsers": 1, "patience_s": 0.5, "sitemaps": False}
    if served is not None:
        given |= {"connect_to": rules(served), "cacert": served.ca_file}
    return Settings(**(given | settings))


def seed(text: str) -> Seed:
    """A seed as a seed list would give it: a URL, or a bare domain."""
    is_bare = "://" not in text
    return Seed(normalise(f"https://{text}" if is_bare else text), is_bare, text)


async def crawl(
    served: Served | None,
    seeds: Sequence[str],
    folder: Path,
    *,
    notify: Callable[[str], None] = lambda _: None,
    **settings: Any,
) -> CrawlReport:
    """Crawl to the end."""
    async with asyncio.timeout(LONGEST_CRAWL_S):
        return await Crawl(folder, quick(served, **settings), notify).run([seed(text) for text in seeds])


async def until(condition: Callable[[], bool]) -> None:
    """Return as soon as ``condition`` holds."""
    async with asyncio.timeout(LONGEST_CRAWL_S):
        while not condition():  # noqa: ASYNC110 - what is waited for tells nobody
            await asyncio.sleep(0.005)


def query(folder: Path, statement: str, *values: object) -> list[Any]:
    """Rows of crawl.db, read-only."""
    with closing(sqlite3.connect(f"{(folder / CRAWL_DB).as_uri()}?mode=ro", uri=True)) as db:
        return db.execute(statement, values).fetchall()


def pages(folder: Path) -> dict[str, Page]:
    """Every known page by its URL."""
    rows = query(
        folder,
        "SELECT origin.origin || url.path, state, reason, depth, tries"
        " FROM page JOIN url USING (url_id) JOIN origin ON origin.origin_id = url.origin_id",
    )
    return {url: Page(State(state), reason, depth, tries) for url, state, reason, depth, tries in rows}


def states(folder: Path) -> dict[str, State]:
    """The state of every known page by its URL."""
    return {url: page.state for url, page in pages(folder).items()}


def depths(folder: Path) -> dict[str, int]:
    """The depth of every known page by its URL."""
    return {url: page.depth for url, page in pages(folder).items()}


_LINKS: Final = """
SELECT here.origin || source.path, there.origin || target.path, link.bits & 7, link.rel, link.rel_other
FROM link JOIN fetch USING (fetch_id)
JOIN url AS source ON source.url_id = fetch.url_id JOIN origin AS here ON here.origin_id = source.origin_id
LEFT JOIN url AS target ON target.url_id = link.target_url_id
LEFT JOIN origin AS there ON there.origin_id = target.origin_id"""
_KINDS: Final = ("text", "image", "redirect", "canonical", "alternate", "frame", "form")


def links(folder: Path) -> "Counter[LinkKey]":
    """Every stored link, with how often it is stored."""
    rows = query(folder, _LINKS)
    return Counter((source, target, _KINDS[kind], _tokens(rel, other)) for source, target, kind, rel, other in rows)


def _tokens(rel: int, other: str | None) -> frozenset[str]:
    return frozenset((other or "").split()) | {name for name, bit in REL_BITS.items() if rel & bit}


def known_links(edges: Sequence[Edge]) -> "Counter[LinkKey]":
    """The links that a web's edges are."""
    return Counter(
        (edge.source_url, edge.target_url, edge.kind, frozenset(re.split(r"[\s,]+", edge.rel.lower())) - {""})
        for edge in edges
    )


def page_requests(served: Served, host: str | None = None) -> list[str]:
    """The URLs that were asked for in order, robots.txt left out."""
    return [url for url in served.urls(host) if not url.endswith("/robots.txt")]


def sound(folder: Path, *, is_recrawled: bool = False) -> None:
    """What is true of any crawl.db, whatever happened: nothing dangles, nothing is there twice."""
    assert query(folder, "PRAGMA integrity_check") == [("ok",)]
    for table, column in (
        ("page", "url_id"), ("page", "origin_id"), ("fetch", "url_id"), ("fetch", "redirect_url_id"),
        ("fetch", "canonical_url_id"), ("fetch", "refresh_url_id"), ("link", "target_url_id"), ("url", "origin_id"),
    ):  # fmt: skip
        there, key = ("origin", "origin_id") if column == "origin_id" else ("url", "url_id")
        named = f"SELECT {column} FROM {table} WHERE {column} IS NOT NULL"
        assert not query(folder, f"{named} EXCEPT SELECT {key} FROM {there}"), f"{table}.{column}"
    assert not query(folder, "SELECT 1 FROM link WHERE fetch_id NOT IN (SELECT fetch_id FROM fetch)")
    assert not query(folder, "SELECT 1 FROM evidence JOIN fetch USING (fetch_id) WHERE outcome NOT IN (0, 1)")
    assert is_recrawled or not query(
        folder, "SELECT url_id FROM fetch WHERE outcome IN (0, 1) GROUP BY url_id HAVING count(*) > 1"
    )
