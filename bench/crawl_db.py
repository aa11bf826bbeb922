"""A large crawl.db without a crawl: the rows a crawl would leave, written in bulk. Everything is seeded.

Sites link to pages of other sites; how often a site and a page of it is linked follows Zipf's law, so does the use of
words. Four in ten links are those of a site's template (same anchor, tag and context on all its pages). Each external
link has its evidence: five texts.
"""

import asyncio
import json
import random
import shutil
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Final, TypeVar

from wholinks.storage.crawl_store import CrawlStore, EvidenceRow, LinkRow
from wholinks.storage.database import CRAWL_DB
from wholinks.storage.records import AnchorSource, Kind, Outcome, Placement, Rel, State, bits
from wholinks.storage.shorthand import shorten
from wholinks.storage.urls import identity

LINKS_A_PAGE: Final = 20
PAGES_A_SITE: Final = 50
LINKS_A_TARGET: Final = 5
_FIRST_AT: Final = 1_760_000_000
_BATCH: Final = 20_000
_SAMPLED: Final = 200
_Item = TypeVar("_Item")


@dataclass(frozen=True, slots=True)
class Truth:
    """What the index of such a crawl.db must say. ``domains`` maps sampled domains to their links and referring
    domains, ``pages`` sampled URLs to their links; both from the most to the least linked. ``anchors`` maps sampled
    domains to the number of different anchor texts."""

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
    web = _Web(links)
    with closing(sqlite3.connect(folder / CRAWL_DB, isolation_level=None)) as db:
        db.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -1000000; BEGIN")
        web.write(db)
        db.execute("COMMIT")
    truth = web.truth()
    known.write_text(json.dumps({"links": truth.links, "domains": truth.domains, "pages": truth.pages}), "utf-8")
    return truth


async def empty(path: Path) -> None:
    async with await CrawlStore.open(path) as store:
        await store.start_run(_FIRST_AT, {}, {"suffix_list": "bench"})


class _Web:
    """The sites, pages and targets, by number; ``site-7.example`` is linked more often than ``site-8.example``."""

    def __init__(self, links: int) -> None:
        self.links = links
        self.pages = max(1, links // LINKS_A_PAGE)
        self.sites = max(2, self.pages // PAGES_A_SITE)
        self.targets = max(10, links // LINKS_A_TARGET)
        self.target_sites = self.sites * 2
        self._rng = random.Random(links)
        self._words = [f"{a}{b}{c}" for a in "bdfgklmnprst" for b in ("al", "en", "o", "ir", "u") for c in _TAILS]
        self._word_weights = list(accumulate(1 / (rank + 2) for rank in range(len(self._words))))
        self._site_weights = list(accumulate(1 / (rank + 1) ** 0.9 for rank in range(self.target_sites)))
        self._url_ids: dict[tuple[int, int], int] = {}
        self._linked: Counter[int] = Counter()
        self._referring: dict[int, set[int]] = {}
        self._page_linked: Counter[tuple[int, int]] = Counter()

    def write(self, db: sqlite3.Connection) -> None:
        """All rows; ``db`` is in a transaction."""
        origins = [identity(f"https://{_site(number)}") for number in range(self.target_sites)]
        db.executemany(
            "INSERT INTO origin VALUES (?, ?, ?, ?, ?, 0)",
            ((hash_, f"https://{_site(number)}", *[_site(number)] * 3) for number, hash_ in enumerate(origins)),
        )
        db.executemany(
            "INSERT INTO site (domain, hop, why) VALUES (?, 0, 'seed')", ((_site(n),) for n in range(self.sites))
        )
        self._write_links(db, origins)

    def _write_links(self, db: sqlite3.Connection, origins: list[int]) -> None:
        links: list[LinkRow] = []
        evidence: list[EvidenceRow] = []
        for fetch_id in range(1, self.pages + 1):
            site = (fetch_id - 1) // PAGES_A_SITE % self.sites
            for link, seen in self._page(fetch_id, site):
                links.append(link)
                evidence.append(seen)
            if len(links) >= _BATCH or fetch_id == self.pages:
                self._flush(db, links, evidence)
        del links, evidence
        rows = sorted((url_id, origins[site], _path(site, page)) for (site, page), url_id in self._url_ids.items())
        db.executemany("INSERT INTO url (url_id, origin_id, path) VALUES (?, ?, ?)", rows)
        self._write_pages(db, origins)

    @staticmethod
    def _flush(db: sqlite3.Connection, links: list[LinkRow], evidence: list[EvidenceRow]) -> None:
        db.executemany(
            "INSERT INTO link (fetch_id, ordinal, target_url_id, bits, rel, rel_other, anchor_text)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            links,
        )
        db.executemany("INSERT INTO evidence VALUES (?, ?, ?, ?, ?, ?, ?, ?)", evidence)
        links.clear()
        evidence.clear()

    def _write_pages(self, db: sqlite3.Connection, origins: list[int]) -> None:
        """The pages that were fetched have URLs of their own, beside those that links name."""
        sources = [(fetch_id, (fetch_id - 1) // PAGES_A_SITE % self.sites) for fetch_id in range(1, self.pages + 1)]
        ids = [identity(f"https://{_site(site)}{_source_path(fetch_id)}") for fetch_id, site in sources]
        db.executemany(
            "INSERT INTO url (url_id, origin_id, path) VALUES (?, ?, ?)",
            ((url_id, origins[site], _source_path(n)) for url_id, (n, site) in zip(ids, sources, strict=True)),
        )
        db.executemany(
            "INSERT INTO fetch (fetch_id, url_id, requested_url_id, redirects, fetched_at, elapsed_ms, outcome, status,"
            " body_hash, is_complete, robots, title, language, script_only) VALUES (?, ?, ?, 0, ?, 20, ?, 200, ?, 1, 0,"
            " ?, 'en', 0)",
            ((n, url_id, url_id, _FIRST_AT + n // 100, Outcome.PAGE, url_id ^ 1, f"Page {n} of {_site(site)}")
             for url_id, (n, site) in zip(ids, sources, strict=True)),
        )  # fmt: skip
        db.executemany(
            "INSERT INTO page (key_id, url_id, origin_id, state, depth, found_at, asked_at, interval_s, body_fetch_id,"
            " external_links) VALUES (?, ?, ?, ?, 1, ?, ?, 86400, ?, ?)",
            ((url_id, url_id, origins[site], State.FETCHED, _FIRST_AT, _FIRST_AT + n // 100, n, LINKS_A_PAGE)
             for url_id, (n, site) in zip(ids, sources, strict=True)),
        )  # fmt: skip

    def _page(self, fetch_id: int, site: int) -> Iterator[tuple[LinkRow, EvidenceRow]]:
        rng = self._rng
        count = min(LINKS_A_PAGE, self.links - (fetch_id - 1) * LINKS_A_PAGE)
        if fetch_id == self.pages:
            count = self.links - (fetch_id - 1) * LINKS_A_PAGE
        template = count * 4 // 10
        sites = rng.choices(range(self.target_sites), cum_weights=self._site_weights, k=count)
        text = rng.choices(self._words, cum_weights=self._word_weights, k=count * 16)
        fixed = random.Random(site)
        fixed_sites = fixed.choices(range(self.target_sites), cum_weights=self._site_weights, k=template)
        fixed_text = fixed.choices(self._words, cum_weights=self._word_weights, k=template * 16)
        for place in range(count):
            is_fixed = place < template
            target = (fixed_sites if is_fixed else sites)[place]
            if target == site:
                target = (target + 1) % self.target_sites
            words = (fixed_text if is_fixed else text)[place * 16 : place * 16 + 16]
            spread = max(1, self.targets * LINKS_A_TARGET // ((target + 2) * 12))
            page = place if is_fixed else int(spread ** rng.random())
            yield self._link(fetch_id, place + 1, site, (target, page), words)

    def _link(
        self, fetch_id: int, ordinal: int, site: int, target: tuple[int, int], words: list[str]
    ) -> tuple[LinkRow, EvidenceRow]:
        url = f"https://{_site(target[0])}{_path(*target)}"
        url_id = self._url_ids.get(target)
        if url_id is None:
            url_id = self._url_ids[target] = identity(url)
        self._linked[target[0]] += 1
        self._referring.setdefault(target[0], set()).add(site)
        self._page_linked[target] += 1
        nofollow = words[0] < "f"
        rel = "nofollow noopener" if nofollow else None
        tag = f'<a class="{words[1]}" href="{url}"' + (f' rel="{rel}">' if rel else ">")
        href, tag = shorten(url, url, tag)
        return (
            (fetch_id, ordinal, url_id, bits(Kind.TEXT, Placement.MAIN, AnchorSource.CONTENT),
             Rel.NOFOLLOW | Rel.NOOPENER if nofollow else 0, None, " ".join(words[2:4])),
            (fetch_id, ordinal, href, rel, tag, " ".join(words[4:10]), " ".join(words[10:]), ordinal * 7919),
        )  # fmt: skip

    def truth(self) -> Truth:
        """Counted while the links were made, not by a database."""
        ranked = [site for site, _ in self._linked.most_common()]
        domains = _spread(ranked)
        pages = _spread([page for page, _ in self._page_linked.most_common()])
        return Truth(
            self.links,
            {_site(site): (self._linked[site], len(self._referring[site])) for site in domains},
            {f"https://{_site(page[0])}{_path(*page)}": self._page_linked[page] for page in pages},
        )


def _spread(ranked: list[_Item]) -> list[_Item]:
    """The first ones, and others spread over the rest."""
    head = _SAMPLED // 4
    step = max(1, (len(ranked) - head) // (_SAMPLED - head))
    return ranked[:head] + ranked[head::step][: _SAMPLED - head]


_TAILS: Final = ("", "a", "er", "ing", "ost", "ium", "ey", "an", "et", "ive", "or", "ish", "ard", "ule", "ot")


def _site(number: int) -> str:
    return f"site-{number}.example"


def _path(site: int, page: int) -> str:
    return f"/{('guides', 'articles', 'blog', 'shop')[(site + page) % 4]}/{page}/a-page-on-{page % 97}"


def _source_path(fetch_id: int) -> str:
    return f"/posts/{fetch_id}.html"
