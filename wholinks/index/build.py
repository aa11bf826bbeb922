"""Building index.duckdb from crawl.db: staged, transposed, counted ahead, named, hashed, put in place by one rename."""
# ruff: noqa: S608 - statements are made of this package's constants; whatever a user gives is a parameter

import fcntl
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import adbc_driver_manager
import duckdb

from wholinks import __version__
from wholinks.storage import views
from wholinks.storage.errors import DataFolderError
from wholinks.storage.sites import PrefixSite, prefix_sites

from . import doubts, history, known, links, names, pairs, redirects, staging, ways
from .connection import build_connection, remove, translated
from .ctrl_c import interruptible
from .evidence import copy_evidence, count_unproved
from .fingerprint import content_hash
from .schema import INDEX_FILE, TABLES, VERSION
from .source import CrawlSnapshot, crawl_snapshot

LOCK_FILE: Final = "index.lock"
_NEW: Final = INDEX_FILE + ".new"
_SCRATCH: Final = ".index-build"


@dataclass(frozen=True, slots=True)
class BuildSettings:
    """What a build may use. ``threads`` 0 = one for each core."""

    memory_bytes: int = 1 << 30
    threads: int = 0


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What was built. ``links`` are external ones, ``domains`` all that are named. ``unproved`` links were within one
    site when they were read, before a site by prefix was named: what they looked like was not kept."""

    links: int
    unproved: int
    pages: int
    domains: int
    urls: int
    index_bytes: int
    elapsed_s: float
    snapshot: str


def build_index(
    folder: Path, settings: BuildSettings | None = None, tell: Callable[[str], None] = lambda _: None
) -> BuildReport:
    """Build the index of ``folder`` anew; ``tell`` hears of each step as it begins.

    An index that is there stays as it is until the new one takes its place. Raises :class:`DataFolderError` when there
    is no crawl, the folder can't be written, or another build is at work in it.
    """
    started = time.monotonic()
    settings = settings or BuildSettings()
    new = folder / _NEW
    try:
        with _lock(folder), _snapshot(folder) as (sites, crawl):
            _clean(folder)
            with build_connection(
                new,
                folder / _SCRATCH,
                memory_bytes=settings.memory_bytes,
                threads=settings.threads or os.cpu_count() or 1,
            ) as duck:
                _build(duck, crawl, sites, tell)
                counts = [
                    _one(duck, f"SELECT count(*) FROM index.{name}") for name in ("link", "page", "domain", "url")
                ]
                unproved = count_unproved(duck) if sites else 0
                snapshot = str(_one(duck, "SELECT value FROM index.meta WHERE key = 'snapshot'"))
                duck.execute("CHECKPOINT index; DETACH index")
            size = new.stat().st_size
            new.replace(folder / INDEX_FILE)
    except (duckdb.Error, adbc_driver_manager.Error) as error:
        raise translated(error, folder / INDEX_FILE, "the index was not built; what was there stays") from error
    except OSError as error:
        raise DataFolderError(f"{folder}: can't be written ({error.strerror}); the index was not built") from error
    links_, pages, domains, urls = counts
    return BuildReport(links_, unproved, pages, domains, urls, size, time.monotonic() - started, snapshot)


@contextmanager
def _snapshot(folder: Path) -> Iterator[tuple[Sequence[PrefixSite], CrawlSnapshot]]:
    """The sites by prefix, and the crawl; in this order, as the second is to be alone with the file."""
    sites = prefix_sites(folder)
    with crawl_snapshot(folder / views.CRAWL_DB) as crawl:
        yield sites, crawl


def _build(
    duck: duckdb.DuckDBPyConnection,
    crawl: CrawlSnapshot,
    sites: Sequence[PrefixSite],
    tell: Callable[[str], None],
) -> None:
    now = int(time.time())
    for name, columns in TABLES.items():
        duck.execute(f"CREATE TABLE index.{name} ({columns})")
    tell("reading pages")
    with crawl.rows(duck, views.LAST_FETCH):
        last_fetch_id = int(_one(duck, "SELECT last_fetch_id FROM source"))
    stored, is_told = _stage(duck, crawl, sites, tell)
    tell("transposing links")
    with ExitStack() as stack:
        # Sorting takes one core, and little of DuckDB's memory. Evidence is only ever added to: a later moment has all.
        with crawl.later() as later, _beside(duck, lambda cursor: copy_evidence(cursor, later, last_fetch_id)):
            stack.enter_context(links.in_order(duck, crawl, stored))
        links.write_links(duck, is_told=is_told)
    tell("counting")
    _count(duck, crawl, now, is_told=is_told)
    tell("writing")
    _write_meta(duck, crawl, sites, now, last_fetch_id)


@contextmanager
def _beside(duck: duckdb.DuckDBPyConnection, work: Callable[[duckdb.DuckDBPyConnection], None]) -> Iterator[None]:
    """Have ``work`` done in a thread, with a connection of its own; it ends with the block."""
    cursor = interruptible(duck.cursor())
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(work, cursor)
        try:
            yield
            future.result()
        except BaseException:
            with suppress(duckdb.Error):  # closed already
                cursor.interrupt()
            raise


def _stage(
    duck: duckdb.DuckDBPyConnection, crawl: CrawlSnapshot, sites: Sequence[PrefixSite], tell: Callable[[str], None]
) -> tuple[str, bool]:
    """All that comes before the links: the statement for those of crawl.db, and whether any has a history."""
    staging.stage(duck, crawl, sites)
    stored = views.LINKS_AND_REDIRECTS if sites else views.LINKS
    redirects.resolve_redirects(duck)
    redirects.find_duplicates(duck)
    names.write_pages(duck)
    is_told = history.observe(duck)
    if is_told:
        tell("following links over time")
        history.tell(duck, crawl, stored)
    doubts.write(duck)
    return stored, is_told


def _count(duck: duckdb.DuckDBPyConnection, crawl: CrawlSnapshot, now: int, *, is_told: bool) -> None:
    """All that follows from the links."""
    links.mark_duplicates(duck)
    pairs.count_pairs(duck, now, is_told=is_told)
    links.follow_redirects(duck, crawl)
    ways.find_ways(duck)
    known.write_known(duck)
    names.write_names(duck)


def _write_meta(
    duck: duckdb.DuckDBPyConnection, crawl: CrawlSnapshot, sites: Sequence[PrefixSite], now: int, last_fetch_id: int
) -> None:
    with crawl.rows(duck, views.META):
        kept = dict(duck.execute("SELECT key::VARCHAR, value::VARCHAR FROM source").fetchall())
    as_of = _one(duck, f"SELECT coalesce(max(fetched_at), 0) FROM request AS it WHERE {known.TOLD}")
    states = dict(duck.execute("SELECT state, sum(pages)::BIGINT FROM index.coverage GROUP BY state").fetchall())
    domains = _one(duck, "SELECT count(DISTINCT domain_id) FROM index.coverage")
    suffix_list = kept.get(views.SUFFIX_LIST_KEY, "unknown")
    facts = {
        "version": VERSION,
        "wholinks": __version__,
        "built_at": now,
        "last_fetch_id": last_fetch_id,
        "suffix_list": suffix_list,
        "prefix_sites": json.dumps([(site.host, site.path) for site in sites]),
        "snapshot": content_hash(duck, suffix_list),
        "coverage": json.dumps({"domains": domains, "as_of": as_of, "states": states}),
    }
    duck.executemany("INSERT INTO index.meta VALUES (?, ?)", [(key, str(value)) for key, value in facts.items()])


def _one(duck: duckdb.DuckDBPyConnection, statement: str) -> Any:
    return duck.execute(statement).fetchall()[0][0]


def _clean(folder: Path) -> None:
    """Remove what a build that was killed left behind; the lock says that none is at work."""
    remove(folder / _NEW)
    if (folder / _SCRATCH).exists():
        shutil.rmtree(folder / _SCRATCH)


@contextmanager
def _lock(folder: Path) -> Iterator[None]:
    """The right to build in ``folder``, gone with the process."""
    if not folder.is_dir():
        raise DataFolderError(f"{folder}: no such folder; run 'wholinks crawl SEED... --data {folder}' first")
    with (folder / LOCK_FILE).open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DataFolderError(f"{folder}: another index build is at work here; wait for it") from None
        yield
