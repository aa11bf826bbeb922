"""Several data folders become one, as if one crawler had seen it all.

Every folder is a source, the one merged into as well: a new crawl.db is made of all of them beside the old
one and put in its place, so order plays no part and an interruption leaves nothing half. The rules:

==============  =======================================================================================================
origin, url     the union; another text with the same id counts as a clash
fetch           the union: two rows are one fetch when page, time, outcome and answer are the same. Ids are given anew
                in order of time, a folder's own order among its fetches kept
link, evidence  go with their fetches. A page fetched by several folders has its links worked out again from what
                each of its fetches showed (:mod:`merge_links`)
page            one that was asked (fetched, redirected, failed) before one that was not, the last asked first; else
                waiting, blocked, postponed, excluded in this order. The least depth, made shortest over all links;
                found when, and by the link or sitemap that, it was found first; asked again by the interval of the row
                that won; the latest time that a sitemap says it changed; listed by all that any folder has
sitemap         the one asked last; else waiting, blocked, excluded in this order
target          asked before not asked; none that is a page
site            the fewest hops; links of all folders are looked through for it again by the next crawl
host, robots    the longest sleep, the newest answer; a host's pages are counted anew
run             all of them, in order of time
forgotten       all of them, and the folders' data of these hosts goes
prefix_site     all of them, each named when it was first
==============  =======================================================================================================
"""
# ruff: noqa: S608 - statements are made of constants and the names of attached files

import sqlite3
from collections.abc import Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Final, NamedTuple

import xxhash

from . import statements as sql
from .database import CRAWL_DB, FolderLock, prepare, translated
from .errors import DataFolderError, UsageError
from .forgetting import purge_forgotten
from .merge_links import merge_links
from .replacing import partial, put_in_place, verify

MOST_SOURCES: Final = 8
"""SQLite opens ten files at once, two are taken."""

_FACTS: Final = (
    "fetched_at", "elapsed_ms", "outcome", "reason", "status", "remote_ip", "content_type", "body_bytes", "body_hash",
    "etag", "last_modified", "is_complete", "title", "words", "simhash", "non_link_counts",
)  # fmt: skip
"""What tells fetches of one page apart. Not what forgetting a host may take out of them."""


class Merged(NamedTuple):
    """What the folder holds now, and how much of it is new to it."""

    folders: int
    pages: int
    fetches: int
    links: int
    new_pages: int
    new_fetches: int
    pages_in_several: int


def merge(into: Path, sources: Sequence[Path]) -> Merged:
    """Merge the data folders ``sources`` into ``into``, which need not exist yet.

    Raises :class:`UsageError` for folders that can't be meant, :class:`DataFolderError` where one can't be used, is
    being crawled, or was made with another public suffix list. ``into`` is as it was then.
    """
    folders = _checked(into, sources)
    path = into / CRAWL_DB
    with ExitStack() as stack:
        for folder in dict.fromkeys([into, *folders]):
            stack.enter_context(FolderLock(folder))
        for folder in folders:
            prepare(folder / CRAWL_DB)  # an older one is brought up to date
        try:
            with partial(path) as new:
                merged = _merge_files(new, [folder / CRAWL_DB for folder in folders], has_old=into in folders)
                verify(new, path)
                put_in_place(new, path)
        except sqlite3.Error as error:
            raise translated(error, path) from error
        except OSError as error:
            raise DataFolderError(f"{into}: can't be written ({error.strerror}); nothing was merged") from error
    return merged


def _checked(into: Path, sources: Sequence[Path]) -> list[Path]:
    """The folders to merge, that of ``into`` first where it has a crawl."""
    seen = {into.resolve()}
    for folder in sources:
        if not (folder / CRAWL_DB).exists():
            raise DataFolderError(f"{folder / CRAWL_DB}: no crawl here; name a data folder")
        if folder.resolve() in seen:
            raise UsageError(f"{folder}: named twice; a folder can't be merged with itself")
        seen.add(folder.resolve())
    folders = [into, *sources] if (into / CRAWL_DB).exists() else list(sources)
    if len(folders) > MOST_SOURCES:
        raise UsageError(f"{len(folders)} folders: at most {MOST_SOURCES} can be merged at once; merge in rounds")
    return folders


def _merge_files(new: Path, paths: list[Path], *, has_old: bool) -> Merged:
    prepare(new)
    with closing(sqlite3.connect(new, isolation_level=None, uri=True)) as db:
        # Until it is verified, synced and renamed the file is nobody's.
        db.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -262144")
        db.execute("PRAGMA temp_store = FILE")
        names = [f"s{number}" for number in range(len(paths))]
        for name, path in zip(names, paths, strict=True):
            db.execute(f"ATTACH ? AS {name}", (f"{path.resolve().as_uri()}?mode=ro",))
        _check_suffix_lists(db, names, paths)
        db.execute("BEGIN")
        _merge_urls(db, names)
        _number_fetches(db, names)
        _merge_fetches(db, names)
        in_several = merge_links(db, names)
        _merge_pages(db, names)
        _merge_rest(db, names)
        db.execute("COMMIT")
        old = [db.execute(f"SELECT count(*) FROM s0.{table}").fetchone()[0] * has_old for table in ("page", "fetch")]
        for name in names:
            db.execute(f"DETACH {name}")
        _settle_depths(db)
        db.execute("PRAGMA secure_delete = ON")
        purge_forgotten(db)
        counts = [db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in ("page", "fetch", "link")]
        db.execute("PRAGMA optimize")
        db.execute("PRAGMA journal_mode = WAL")
    pages, fetches, links = counts
    return Merged(len(paths), pages, fetches, links, pages - old[0], fetches - old[1], in_several)


def _check_suffix_lists(db: sqlite3.Connection, names: list[str], paths: list[Path]) -> None:
    versions = {
        path: row[0]
        for name, path in zip(names, paths, strict=True)
        if (row := db.execute(f"SELECT value FROM {name}.meta WHERE key = 'suffix_list'").fetchone())
    }
    if len(set(versions.values())) > 1:
        told = ", ".join(f"{path.parent}: {version}" for path, version in versions.items())
        raise DataFolderError(
            f"made with different public suffix lists ({told}): the sites would not match; crawl one of them once more"
            " with the list of the other (--suffix-list FILE)"
        )


def _merge_urls(db: sqlite3.Connection, names: list[str]) -> None:
    for name in names:
        db.execute(
            f"INSERT INTO main.origin SELECT * FROM {name}.origin WHERE true ON CONFLICT (origin_id) DO UPDATE"
            " SET clash = max(clash, excluded.clash, origin <> excluded.origin)"
        )
        db.execute(
            f"INSERT INTO main.url SELECT * FROM {name}.url WHERE true ON CONFLICT (url_id) DO UPDATE"
            " SET clash = max(clash, excluded.clash, path <> excluded.path OR origin_id <> excluded.origin_id)"
        )


_NUMBERING: Final = """
CREATE TEMP TABLE numbering (
    source INTEGER NOT NULL, old_id INTEGER NOT NULL, page_id INTEGER NOT NULL, at INTEGER NOT NULL,
    turn INTEGER, print INTEGER NOT NULL, nth INTEGER, new_id INTEGER,
    PRIMARY KEY (source, old_id)
);
"""
# Clocks may go back; a folder's own order is right. Equal facts twice in a folder are two fetches.
_NUMBER: Final = """
UPDATE numbering SET at = own.at, turn = own.turn, nth = own.nth
FROM (
    SELECT source, old_id, at, nth, row_number() OVER (PARTITION BY source, page_id, at ORDER BY old_id) AS turn
    FROM (SELECT source, old_id, page_id, max(at) OVER (PARTITION BY source ORDER BY old_id) AS at,
                 row_number() OVER (PARTITION BY source, print ORDER BY old_id) AS nth FROM numbering)
) AS own WHERE numbering.source = own.source AND numbering.old_id = own.old_id;
CREATE TEMP TABLE merged_fetch AS
    SELECT print, nth, row_number() OVER (ORDER BY at, page_id, turn, print, nth) AS new_id
    FROM (SELECT print, nth, page_id, min(at) AS at, min(turn) AS turn FROM numbering GROUP BY print, nth);
CREATE UNIQUE INDEX temp.merged_fetch_key ON merged_fetch (print, nth);
"""
_KEEP_NUMBERS: Final = """
UPDATE merged_fetch SET new_id = own.old_id FROM numbering AS own
WHERE own.source = ? AND own.print = merged_fetch.print AND own.nth = merged_fetch.nth"""
_GIVE_NUMBERS: Final = """
UPDATE numbering SET new_id = merged_fetch.new_id
FROM merged_fetch WHERE merged_fetch.print = numbering.print AND merged_fetch.nth = numbering.nth;
CREATE INDEX temp.numbering_new ON numbering (new_id, source);
CREATE INDEX temp.numbering_page ON numbering (page_id, source);
"""


def _number_fetches(db: sqlite3.Connection, names: list[str]) -> None:
    """Fill the table ``numbering``: each folder's fetches and the id each gets. Where one folder has all, ids stay."""
    db.create_function("print_of", -1, _print_of, deterministic=True)
    db.executescript(_NUMBERING)
    db.execute("BEGIN")
    facts = ", ".join(f"fetch.{name}" for name in _FACTS)
    for number, name in enumerate(names):
        db.execute(
            f"INSERT INTO numbering (source, old_id, page_id, at, print)"
            f" SELECT {number}, fetch_id, coalesce(url.key_id, url.url_id), fetched_at,"
            f" print_of(coalesce(url.key_id, url.url_id), {facts})"
            f" FROM {name}.fetch JOIN {name}.url USING (url_id) ORDER BY fetch_id"
        )
    db.executescript(_NUMBER)
    total = db.execute("SELECT count(*) FROM merged_fetch").fetchone()[0]
    whole = db.execute("SELECT source FROM numbering GROUP BY source HAVING count(*) = ? LIMIT 1", (total,)).fetchone()
    db.execute("BEGIN")
    if whole:
        db.execute(_KEEP_NUMBERS, whole)
    db.executescript(_GIVE_NUMBERS)
    db.execute("BEGIN")


def _print_of(*facts: object) -> int:
    return xxhash.xxh3_64_intdigest(repr(facts).encode("utf-8", "surrogatepass")) - 2**63


# A page has one spelling: the one it was first read under; what another folder asked for stays as requested.
_SPELLING: Final = """
CREATE TEMP TABLE spelling AS
    SELECT page_id, url_id FROM (
        SELECT numbering.page_id, fetch.url_id, row_number() OVER (PARTITION BY page_id ORDER BY fetch.fetch_id) AS nth
        FROM main.fetch JOIN numbering ON numbering.new_id = fetch.fetch_id
        WHERE fetch.outcome IN (0, 3)
    ) WHERE nth = 1;
CREATE UNIQUE INDEX temp.spelling_page ON spelling (page_id);
UPDATE main.fetch SET url_id = spelling.url_id
FROM numbering JOIN spelling USING (page_id)
WHERE numbering.new_id = fetch.fetch_id AND fetch.outcome IN (0, 2, 3) AND fetch.url_id <> spelling.url_id;
"""


def _merge_fetches(db: sqlite3.Connection, names: list[str]) -> None:
    columns = [row[1] for row in db.execute("PRAGMA main.table_info(fetch)")][1:]
    for number, name in enumerate(names):
        db.execute(
            f"INSERT OR IGNORE INTO main.fetch SELECT numbering.new_id, {', '.join(columns)} FROM {name}.fetch"
            f" JOIN numbering ON numbering.source = {number} AND numbering.old_id = fetch_id"
        )
    db.executescript(_SPELLING)
    db.execute("BEGIN")


_PAGES: Final = """
CREATE TEMP TABLE page_in AS
    SELECT page.*, finding.new_id AS found_new_id, body.new_id AS body_new_id,
           CASE WHEN state IN (1, 2, 3) THEN coalesce(asked.last_id, 0) ELSE -1 END AS last_id
    FROM {name}.page AS page
    LEFT JOIN numbering AS finding ON finding.source = {number} AND finding.old_id = page.found_fetch_id
    LEFT JOIN numbering AS body ON body.source = {number} AND body.old_id = page.body_fetch_id
    LEFT JOIN (SELECT page_id, max(new_id) AS last_id FROM numbering WHERE source = {number} GROUP BY 1) AS asked
        ON asked.page_id = page.key_id;
"""
_BEST_PAGES: Final = """
INSERT INTO main.page (key_id, url_id, origin_id, state, reason, depth, redirects, requested_url_id, tries, found_at,
                       found_fetch_id, sitemap_url_id, lastmod, asked_at, interval_s, body_fetch_id, external_links,
                       listed)
    SELECT key_id, url_id, origin_id, state, reason, least_depth, redirects, requested_url_id, tries, first_at,
           first_id, first_sitemap_id, last_lastmod, last_asked_at, interval_s, last_body_id, last_external_links,
           nullif(all_listed, 0)
    FROM (
        SELECT *, min(depth) OVER every AS least_depth, min(found_at) OVER every AS first_at,
            max(asked_at) OVER every AS last_asked_at, max(body_new_id) OVER every AS last_body_id,
            first_value(external_links) OVER (PARTITION BY key_id ORDER BY body_new_id DESC) AS last_external_links,
            max(lastmod) OVER every AS last_lastmod,
            max(coalesce(listed, 0) & 1) OVER every | max(coalesce(listed, 0) & 2) OVER every AS all_listed,
            first_value(found_new_id) OVER found AS first_id,
            first_value(sitemap_url_id) OVER found AS first_sitemap_id,
            row_number() OVER (PARTITION BY key_id ORDER BY last_id DESC, state,
                coalesce(reason, '') = 'nofollow_page', coalesce(reason, ''), found_at, interval_s, url_id,
                tries DESC) AS place
        FROM all_pages WINDOW every AS (PARTITION BY key_id),
            found AS (PARTITION BY key_id ORDER BY found_at, found_new_id IS NOT NULL, sitemap_url_id IS NOT NULL,
                found_new_id, sitemap_url_id)
    ) WHERE place = 1;
UPDATE main.page SET url_id = spelling.url_id, origin_id = url.origin_id
FROM spelling JOIN main.url USING (url_id)
WHERE spelling.page_id = page.key_id AND page.state = 1 AND page.url_id <> spelling.url_id;
"""


def _merge_pages(db: sqlite3.Connection, names: list[str]) -> None:
    for number, name in enumerate(names):
        db.execute(_PAGES.format(name=name, number=number))
        if not number:
            db.execute("CREATE TEMP TABLE all_pages AS SELECT * FROM page_in")
        else:
            db.execute("INSERT INTO all_pages SELECT * FROM page_in")
        db.execute("DROP TABLE page_in")
    db.executescript(_BEST_PAGES)
    db.execute("BEGIN")


_SITEMAPS: Final = """
INSERT INTO main.sitemap SELECT * FROM {name}.sitemap WHERE true ON CONFLICT (url_id) DO UPDATE SET
    state = excluded.state, reason = excluded.reason, level = excluded.level, redirects = excluded.redirects,
    tries = excluded.tries, found_at = excluded.found_at, asked_at = excluded.asked_at, listed = excluded.listed
WHERE (excluded.asked_at, -excluded.state, -excluded.level, -excluded.redirects, excluded.tries, -excluded.found_at,
       coalesce(excluded.reason, ''), coalesce(excluded.listed, ''))
    > (asked_at, -state, -level, -redirects, tries, -found_at, coalesce(reason, ''), coalesce(listed, ''))
"""
# Pages left out by the URL rules of one folder wait for the verdict of the next crawl's, where the folders' differ.
_RULES_DIFFER: Final = """
DELETE FROM main.meta WHERE key = 'url_rules' AND EXISTS (
    SELECT 1 FROM ({rules}) AS other WHERE other.value <> meta.value)"""


def _merge_rest(db: sqlite3.Connection, names: list[str]) -> None:
    for name in names:
        db.execute(
            f"INSERT INTO main.target SELECT * FROM {name}.target WHERE true ON CONFLICT (url_id) DO UPDATE SET"
            " state = excluded.state, reason = excluded.reason, redirects = excluded.redirects,"
            " requested_url_id = excluded.requested_url_id, tries = excluded.tries"
            " WHERE (excluded.state NOT IN (1, 2, 3), excluded.state, -excluded.tries)"
            " < (state NOT IN (1, 2, 3), state, -tries)"
        )
        db.execute(_SITEMAPS.format(name=name))
        db.execute(
            f"INSERT INTO main.site SELECT domain, hop, why, 0 FROM {name}.site WHERE true"
            " ON CONFLICT (domain) DO UPDATE SET hop = excluded.hop, why = excluded.why"
            " WHERE (excluded.hop, excluded.why) < (hop, why)"
        )
        db.execute(
            f"INSERT INTO main.host SELECT host, 0, asleep_until, asleep_why FROM {name}.host WHERE true"
            " ON CONFLICT (host) DO UPDATE SET asleep_until = excluded.asleep_until, asleep_why = excluded.asleep_why"
            " WHERE excluded.asleep_until > asleep_until"
        )
        db.execute(
            f"INSERT INTO main.robots SELECT * FROM {name}.robots WHERE true ON CONFLICT (origin_id) DO UPDATE SET"
            " fetched_at = excluded.fetched_at, status = excluded.status, body = excluded.body"
            " WHERE (excluded.fetched_at, coalesce(excluded.status, 0), excluded.body)"
            " > (fetched_at, coalesce(status, 0), body)"
        )
        db.execute(f"INSERT OR IGNORE INTO main.meta SELECT * FROM {name}.meta")
        db.execute(
            f"INSERT INTO main.forgotten SELECT * FROM {name}.forgotten WHERE true ON CONFLICT (host) DO UPDATE SET"
            " with_subdomains = max(with_subdomains, excluded.with_subdomains),"
            " as_target = max(as_target, excluded.as_target), forgotten_at = min(forgotten_at, excluded.forgotten_at)"
        )
        db.execute(
            f"INSERT INTO main.prefix_site SELECT * FROM {name}.prefix_site WHERE true ON CONFLICT (host, path)"
            " DO UPDATE SET named_at = min(named_at, excluded.named_at)"
        )
    rules = " UNION ".join(f"SELECT value FROM {name}.meta WHERE key = 'url_rules'" for name in names)
    db.execute(_RULES_DIFFER.format(rules=rules))
    runs = " UNION ".join(f"SELECT started_at, ended_at, ended_why, settings FROM {name}.run" for name in names)
    db.execute(f"INSERT INTO main.run (started_at, ended_at, ended_why, settings) {runs} ORDER BY 1, 2, 3, 4")
    db.execute(
        "DELETE FROM main.target WHERE EXISTS (SELECT 1 FROM main.url JOIN main.page"
        " ON page.key_id = coalesce(url.key_id, url.url_id) WHERE url.url_id = target.url_id)"
    )
    db.execute(
        "INSERT INTO main.host (host, pages) SELECT origin.host, count(*) FROM main.page JOIN main.origin"
        " USING (origin_id) WHERE state = 1 OR state = 3 AND coalesce(reason, '') <> 'too_many_redirects' GROUP BY 1"
        " ON CONFLICT (host) DO UPDATE SET pages = excluded.pages"
    )


def _settle_depths(db: sqlite3.Connection) -> None:
    """Carry every page's depth on to what it names: the shortest way may lead through several folders' pages."""
    db.executescript(sql.SESSION)
    db.execute(sql.GIVE_MAX_DEPTH, (sql.NO_LIMIT,))
    # Only what --max-depth kept out comes back by this, and the next crawl's own limit decides anew.
    db.execute("INSERT INTO lowered SELECT key_id, depth FROM page WHERE state IN (1, 2)")
    while db.execute(sql.COUNT_LOWERED).fetchone()[0]:
        for statement in (sql.TAKE_LOWERED, sql.CLEAR_LOWERED, sql.LOWER_TARGETS, sql.DROP_TAKEN):
            db.execute(statement)
