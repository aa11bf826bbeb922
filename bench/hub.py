"""A target with very many referring domains, without a crawl: the rows that a crawl would leave. Everything is seeded.

Each site has two pages that link to ``hub.example`` and, by Zipf's law, to other sites, some to hundreds. One site in
ten is of a farm of fifty: they link to the same forty sites and one of their own, their pages differ in a bit or two of
the simhash, and they are in one network.
"""

import asyncio
import json
import random
import shutil
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from itertools import accumulate
from pathlib import Path
from typing import Any, Final

from wholinks.index.schema import INDEX_FILE
from wholinks.storage.database import CRAWL_DB
from wholinks.storage.records import AnchorSource, Kind, Outcome, Placement, State, bits
from wholinks.storage.urls import identity

from .crawl_db import empty
from .index import build
from .measuring import MeasureError, run
from .results import Table, tell

TARGET: Final = "hub.example"
FARM: Final = 50
_SHARED: Final = 40
_PAGES: Final = 2
_FARMED: Final = 10
_FIRST_AT: Final = 1_760_000_000
_DAY_S: Final = 86_400
_BITS: Final = bits(Kind.TEXT, Placement.MAIN, AnchorSource.CONTENT)
_WORDS: Final = ("tent", "map", "boots", "stove", "rope", "trail", "lamp", "pack", "shelter", "river", "ridge", "camp")


def measure(work: Path, sources: int) -> Table:
    """``audit`` and ``report`` of the target as commands, each a process of its own.

    Raises :class:`MeasureError` where the audit does not find all domains, or does not find the farms first.
    """
    folder = work / f"hub-{sources}"
    links = make(folder, sources)
    if not (folder / INDEX_FILE).exists():
        build(folder, folder / "build.log")
    table = Table(
        f"One target, {sources:,} referring domains, {links:,} links", ["command", "s", "CPU s", "peak RSS MiB"]
    )
    page, log = folder / "report.html", folder / "asked.log"
    for name, *options in (("audit", "--format", "json", "--limit", str(FARM)), ("report", "-o", str(page))):
        took = run([Path(sys.executable).with_name("wholinks"), name, TARGET, *options, "--data", folder], log=log)
        if name == "audit":
            _check(log, sources)
        elif f"{sources:,}" not in page.read_text("utf-8"):
            raise MeasureError(f"report: {sources:,} referring domains are not told")
        table.rows.append([name, took.wall_s, took.cpu_s, took.rss_mib])
        tell(f"hub, {sources:,} referring domains: {name}: {took.wall_s:.1f} s")
    return table


def _check(log: Path, sources: int) -> None:
    text = log.read_text("utf-8")
    found, _ = json.JSONDecoder().raw_decode(text[text.index("{") :])
    if found["referring_domains"] != sources:
        raise MeasureError(f"audit: {found['referring_domains']:,} referring domains, there are {sources:,}")
    for row in found["rows"]:
        alike = {row["markers"][name] for name in ("same_out_links_domains", "near_duplicate_domains")}
        if alike != {FARM - 1}:
            raise MeasureError(f"audit: {row['referring_domain']} has {alike} others like it, there are {FARM - 1}")


def make(folder: Path, sources: int) -> int:
    """Write the pages of ``sources`` sites to ``folder``'s crawl.db, unless they are there; the number of links."""
    known = folder / "truth.json"
    if known.exists():
        return int(json.loads(known.read_text("utf-8"))["links"])
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    asyncio.run(empty(folder / CRAWL_DB))
    with closing(sqlite3.connect(folder / CRAWL_DB, isolation_level=None)) as db:
        db.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -500000; BEGIN")
        links = _Hub(sources).write(db)
        db.execute("COMMIT")
    known.write_text(json.dumps({"links": links}), "utf-8")
    return links


class _Hub:
    def __init__(self, sources: int) -> None:
        self._sources = sources
        self._rng = random.Random(sources)
        self._others = [f"to-{number}.example" for number in range(sources)]
        self._urls = [identity(f"https://{name}/") for name in self._others]
        self._weights = list(accumulate(1 / (rank + 1) ** 0.9 for rank in range(sources)))
        self._links = 0

    def write(self, db: sqlite3.Connection) -> int:
        """All rows; ``db`` is in a transaction."""
        names = [TARGET, *self._others]
        self._put(
            db, "origin", ((identity(f"https://{name}"), f"https://{name}", name, name, name, 0) for name in names)
        )
        self._put(
            db, "url", ((identity(f"https://{name}/"), identity(f"https://{name}"), "/", None, 0) for name in names)
        )
        for site in range(self._sources):
            self._write_site(db, site)
        return self._links

    def _write_site(self, db: sqlite3.Connection, site: int) -> None:
        name, rng = f"from-{site}.example", self._rng
        origin = identity(f"https://{name}")
        self._put(db, "origin", [(origin, f"https://{name}", name, name, name, 0)])
        db.execute("INSERT INTO site (domain, hop, why) VALUES (?, 0, 'seed')", (name,))
        farm = site // FARM if site < self._sources // _FARMED // FARM * FARM else None
        if farm is None:
            many = int(min(1500, max(2, rng.lognormvariate(2.7, 1))))
            linked = list(set(rng.choices(self._urls, cum_weights=self._weights, k=many)))
            hashes = [rng.getrandbits(63) for _ in range(_PAGES)]
            address = f"{rng.randrange(11, 200)}.{rng.randrange(256)}.{rng.randrange(256)}.{rng.randrange(256)}"
        else:
            fixed = random.Random(farm)
            linked = [*fixed.sample(self._urls, _SHARED), rng.choice(self._urls)]
            hashes = [base ^ (1 << rng.randrange(63)) for base in [fixed.getrandbits(63)] * _PAGES]
            address = f"10.{farm // 256}.{farm % 256}.{site % FARM}"
        for page in range(_PAGES):
            fetch = site * _PAGES + page + 1
            at = _FIRST_AT + fetch % (90 * _DAY_S)
            url = identity(f"https://{name}/{page}")
            title = " ".join(rng.choices(_WORDS, k=6))
            self._put(db, "url", [(url, origin, f"/{page}", None, 0)])
            db.execute(
                "INSERT INTO fetch (fetch_id, url_id, requested_url_id, redirects, fetched_at, elapsed_ms, outcome,"
                " status, body_hash, is_complete, robots, title, language, words, simhash, remote_ip, script_only)"
                " VALUES (?, ?, ?, 0, ?, 20, ?, 200, ?, 1, 0, ?, 'en', 400, ?, ?, 0)",
                (fetch, url, url, at, Outcome.PAGE, url ^ 1, title, hashes[page], address),
            )
            here = [identity(f"https://{TARGET}/"), *linked[page::_PAGES]]
            db.execute(
                "INSERT INTO page (key_id, url_id, origin_id, state, depth, found_at, asked_at, interval_s,"
                " body_fetch_id, external_links) VALUES (?, ?, ?, ?, 1, ?, ?, 86400, ?, ?)",
                (url, url, origin, State.FETCHED, at, at, fetch, len(here)),
            )
            anchors = rng.choices(_WORDS, k=2 * len(here))
            db.executemany(
                "INSERT INTO link (fetch_id, ordinal, target_url_id, bits, rel, rel_other, anchor_text)"
                " VALUES (?, ?, ?, ?, 0, NULL, ?)",
                [(fetch, place, target, _BITS, f"{anchors[2 * place - 2]} {anchors[2 * place - 1]}")
                 for place, target in enumerate(here, 1)],
            )  # fmt: skip
            self._links += len(here)

    @staticmethod
    def _put(db: sqlite3.Connection, table: str, rows: Iterator[Any] | list[Any]) -> None:
        db.executemany(f"INSERT INTO {table} VALUES (?, ?, ?, ?, ?{', ?' * (table == 'origin')})", rows)
