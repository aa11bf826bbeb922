"""A large crawl.db without a crawl: the rows a crawl would leave, written in bulk. Everything is seeded.

Sites link to pages of other sites; how often a site and a page of it is linked follows Zipf's law, so does the use of
words. Four in ten links are those of a site's template (same anchor, tag and context on all its pages). Each external
link has its evidence: five texts.
"""

import asyncio
import json
import shutil
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path
from typing import Any, Final

import numpy as np

from wholinks.storage.crawl_store import CrawlStore, EvidenceRow, LinkRow
from wholinks.storage.database import CRAWL_DB
from wholinks.storage.records import AnchorSource, Kind, Outcome, Placement, Rel, State, bits
from wholinks.storage.shorthand import SAME, shorten
from wholinks.storage.urls import identity

from .drawn_links import LINKS_A_PAGE, PAGES_A_SITE, WORDS, Block, Numbers, Tally, Web

__all__ = ["LINKS_A_PAGE", "PAGES_A_SITE", "Truth", "empty", "make"]

_FIRST_AT: Final = 1_760_000_000
_BATCH: Final = 100_000
_SAMPLED: Final = 200
_BITS: Final = bits(Kind.TEXT, Placement.MAIN, AnchorSource.CONTENT)
_NOFOLLOW: Final = sum(word < "f" for word in WORDS)
"""A link whose first word is one of the first so many is nofollow."""


@dataclass(frozen=True, slots=True)
class Truth:
    """What the index of such a crawl.db must say. ``domains`` maps sampled domains to their links and referring
    domains, ``pages`` sampled URLs to their links; both from the most to the least linked."""

    links: int
    domains: dict[str, tuple[int, int]]
    pages: dict[str, int]


def make(folder: Path, links: int) -> Truth:
    """Write ``links`` links to ``folder``'s crawl.db, unless they are there; what its index must say."""
    known = folder / "truth.json"
    if known.exists():
        facts = json.loads(known.read_text("utf-8"))
        return Truth(facts["links"], {name: (a, b) for name, (a, b) in facts["domains"].items()}, facts["pages"])
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    asyncio.run(empty(folder / CRAWL_DB))
    web = Web(links)
    with closing(sqlite3.connect(folder / CRAWL_DB, isolation_level=None)) as db:
        db.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -500000; BEGIN")
        _write_sites(db, web)
        tally = _write_links(db, web)
        keys, counts = tally.pages()
        _write_pages(db, web, keys)
        db.execute("COMMIT")
    truth = _truth(links, tally.domains, keys, counts)
    known.write_text(json.dumps({"links": truth.links, "domains": truth.domains, "pages": truth.pages}), "utf-8")
    return truth


async def empty(path: Path) -> None:
    async with await CrawlStore.open(path) as store:
        await store.start_run(_FIRST_AT, {}, {"suffix_list": "bench"})


def _write_sites(db: sqlite3.Connection, web: Web) -> None:
    names = [_site(number) for number in range(web.target_sites)]
    origins = sorted((identity(f"https://{name}"), f"https://{name}", name, name, name) for name in names)
    db.executemany("INSERT INTO origin VALUES (?, ?, ?, ?, ?, 0)", origins)
    rows = ((name,) for name in sorted(names[: web.sites]))
    db.executemany("INSERT INTO site (domain, hop, why) VALUES (?, 0, 'seed')", rows)


def _write_links(db: sqlite3.Connection, web: Web) -> Tally:
    tally = Tally(web)
    texts = _Texts()
    for block in web.blocks():
        keys, where, counts = np.unique(block.target_keys, return_inverse=True, return_counts=True)
        url_ids = np.array([identity(_url(key)) for key in keys.tolist()], dtype=np.int64)
        _flush(db, texts.links(block, url_ids[where]), texts.evidence(block))
        tally.add(block, keys, counts)
    return tally


def _flush(db: sqlite3.Connection, links: Iterable[LinkRow], evidence: Iterable[EvidenceRow]) -> None:
    db.executemany(
        "INSERT INTO link (fetch_id, ordinal, target_url_id, bits, rel, rel_other, anchor_text)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        links,
    )
    db.executemany("INSERT INTO evidence VALUES (?, ?, ?, ?, ?, ?, ?, ?)", evidence)


class _Texts:
    """What the words of a link say: rel and class of its tag in the first pair, its anchor in the second, three pairs
    of context before and three after."""

    def __init__(self) -> None:
        self._pairs = np.array([f"{first} {second}" for first in WORDS for second in WORDS], dtype=object)
        self._tags = np.array([_tag(rel, word) for rel in _RELS for word in WORDS], dtype=object)

    def links(self, block: Block, url_ids: Numbers) -> Iterator[LinkRow]:
        """Rows of ``link``."""
        rel = _is_nofollow(block) * int(Rel.NOFOLLOW | Rel.NOOPENER)
        anchors = self._pairs[block.pairs[:, 1]].tolist()
        numbers = (block.fetch_id.tolist(), block.ordinal.tolist(), url_ids.tolist())
        return zip(*numbers, repeat(_BITS), rel.tolist(), repeat(None), anchors, strict=False)

    def evidence(self, block: Block) -> Iterator[EvidenceRow]:
        """Rows of ``evidence``."""
        is_nofollow = _is_nofollow(block)
        rels = _RELS[is_nofollow].tolist()
        tags = self._tags[is_nofollow * len(WORDS) + block.pairs[:, 0] % len(WORDS)].tolist()
        words = [self._pairs[block.pairs[:, number]].tolist() for number in range(2, 8)]
        before = map(" ".join, zip(*words[:3], strict=True))
        after = map(" ".join, zip(*words[3:], strict=True))
        prints = (block.ordinal * 7919).tolist()
        numbers = (block.fetch_id.tolist(), block.ordinal.tolist())
        return zip(*numbers, repeat(SAME), rels, tags, before, after, prints, strict=False)


_RELS: Final = np.array([None, "nofollow noopener"], dtype=object)


def _is_nofollow(block: Block) -> Numbers:
    return (block.pairs[:, 0] // len(WORDS) < _NOFOLLOW).astype(np.int64)


def _tag(rel: str | None, word: str) -> str:
    url = "https://any.example/"
    return shorten(url, url, f'<a class="{word}" href="{url}"' + (f' rel="{rel}">' if rel else ">"))[1]


def _write_pages(db: sqlite3.Connection, web: Web, keys: Numbers) -> None:
    """The pages that were fetched have URLs of their own, beside those that links name (``keys``)."""
    origins = [identity(f"https://{_site(number)}") for number in range(web.target_sites)]
    fetches = np.arange(1, web.pages + 1)
    sites = web.site_of(fetches)
    ids = [identity(f"https://{_site(site)}{_source_path(n)}") for site, n in zip(sites, fetches.tolist(), strict=True)]
    url_ids = np.array(ids, dtype=np.int64)
    db.executemany(
        "INSERT INTO fetch (fetch_id, url_id, requested_url_id, redirects, fetched_at, elapsed_ms, outcome, status,"
        " body_hash, is_complete, robots, title, language, script_only) VALUES (?, ?, ?, 0, ?, 20, ?, 200, ?, 1, 0,"
        " ?, 'en', 0)",
        ((n, url_id, url_id, _FIRST_AT + n // 100, Outcome.PAGE, url_id ^ 1, f"Page {n} of {_site(site)}")
         for n, url_id, site in _rows(fetches, url_ids, sites)),
    )  # fmt: skip
    order = np.argsort(url_ids)
    db.executemany(
        "INSERT INTO page (key_id, url_id, origin_id, state, depth, found_at, asked_at, interval_s, body_fetch_id,"
        " external_links) VALUES (?, ?, ?, ?, 1, ?, ?, 86400, ?, ?)",
        ((url_id, url_id, origins[site], State.FETCHED, _FIRST_AT, _FIRST_AT + n // 100, n, LINKS_A_PAGE)
         for url_id, n, site in _rows(url_ids[order], fetches[order], sites[order])),
    )  # fmt: skip
    all_ids = np.concatenate((np.array([identity(_url(key)) for key in keys.tolist()], dtype=np.int64), url_ids))
    all_sites = np.concatenate((keys >> 32, sites))
    paths = np.concatenate((keys & 0xFFFFFFFF, -fetches))
    order = np.argsort(all_ids)
    db.executemany(
        "INSERT INTO url (url_id, origin_id, path) VALUES (?, ?, ?)",
        ((url_id, origins[site], _path(site, page) if page >= 0 else _source_path(-page))
         for url_id, site, page in _rows(all_ids[order], all_sites[order], paths[order])),
    )  # fmt: skip


def _rows(*columns: Numbers) -> Iterator[tuple[Any, ...]]:
    """Rows of Python's numbers, of which never many are in memory."""
    for start in range(0, len(columns[0]), _BATCH):
        yield from zip(*(column[start : start + _BATCH].tolist() for column in columns), strict=True)


def _truth(links: int, domains: Numbers, keys: Numbers, counts: Numbers) -> Truth:
    ranked = np.argsort(-domains[:, 0], kind="stable")
    sites = _spread(ranked[domains[ranked, 0] > 0]).tolist()
    pages = _spread(np.argsort(-counts, kind="stable")).tolist()
    return Truth(
        links,
        {_site(site): (int(domains[site, 0]), int(domains[site, 1])) for site in sites},
        {_url(int(keys[page])): int(counts[page]) for page in pages},
    )


def _spread(ranked: Numbers) -> Numbers:
    """The first ones, and others spread over the rest."""
    head = _SAMPLED // 4
    step = max(1, (len(ranked) - head) // (_SAMPLED - head))
    return np.concatenate((ranked[:head], ranked[head::step][: _SAMPLED - head]))


def _site(number: int) -> str:
    return f"site-{number}.example"


def _url(key: int) -> str:
    site, page = key >> 32, key & 0xFFFFFFFF
    return f"https://{_site(site)}{_path(site, page)}"


def _path(site: int, page: int) -> str:
    return f"/{('guides', 'articles', 'blog', 'shop')[(site + page) % 4]}/{page}/a-page-on-{page % 97}"


def _source_path(fetch_id: int) -> str:
    return f"/posts/{fetch_id}.html"
