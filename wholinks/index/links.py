"""The third part of a build: the transposed links, what canonical pages take out of them, what redirects lead to."""
# ruff: noqa: S608 - statements are made of this package's constants; whatever a user gives is a parameter

import re
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from itertools import pairwise
from typing import Final

import duckdb

from wholinks.storage import views
from wholinks.storage.records import NOT_FOLLOWED, Kind

from .connection import as_written
from .schema import TABLES, Mark
from .slicing import by_targets
from .source import CrawlSnapshot
from .states import PageFlag
from .transposer import EXTERNAL, INTERNAL, is_possible, transposed


def _follow(of: str, is_nofollow: str) -> str:
    """How a link may be followed, by its rel and its page."""
    return f"""
           CASE WHEN {of}.rel & {NOT_FOLLOWED:d} = 0 AND NOT {is_nofollow} THEN {Mark.FOLLOWED:d}
                ELSE {of}.rel & {NOT_FOLLOWED:d} | ({is_nofollow})::INTEGER END"""


_EXTERNAL: Final = "numbered.domain_no <> it.domain_no"
_STAGE: Final = f"""
    SELECT numbered.domain_no AS target_domain, it.domain_no AS source_domain, numbered.url_no AS target,
           it.url_no AS source, packed, it.is_nofollow, CASE WHEN {_EXTERNAL} THEN texts ELSE '' END AS texts
    FROM (SELECT * REPLACE (texts::VARCHAR AS texts) FROM {{links}}) AS link
    JOIN source_fetch AS it ON it.fetch_id = link.fetch_id
    JOIN {{urls}} ON numbered.hash = link.target_url_id
    WHERE CASE WHEN {_EXTERNAL} THEN NOT it.is_restless ELSE packed & 1 = 1 END"""
_STAGED: Final = f"""
CREATE VIEW {EXTERNAL} AS
    SELECT * FROM {{table}} WHERE target_domain <> source_domain
    ORDER BY target_domain, source_domain, target, source, packed;
CREATE VIEW {INTERNAL} AS SELECT * FROM {{table}} WHERE target_domain = source_domain"""
"""What ``transposer`` does, by statements. What does not fit the memory goes to the scratch folder as it is."""

_URL_BYTES: Final = 40
"""What a URL takes in the table of hashes by which links find their targets' numbers."""
_SHARE: Final = 4
"""A quarter of the memory at most is for that table: other statements are at work, and one that does not fit fails."""
_PART: Final = "(SELECT * FROM {table} WHERE {hash} & 65535 BETWEEN {first} AND {last}) AS {name}"

_STEADY: Final = f"""
    SELECT target_domain, source_domain, target, source, (packed >> 36)::UINTEGER AS place, bits & 7, bits >> 3 & 7,
           bits >> 6 & 7, bits >> 9, {_follow("link", "link.is_nofollow::BOOLEAN")}, rel,
           CASE WHEN has_other THEN split_part(texts, chr(0), 2) ELSE '' END, 0, 0,
           CASE WHEN has_other THEN split_part(texts, chr(0), 1) ELSE texts END, 0, 0, 0, 0, 0 AS after_s, 0, 0, 0
    FROM (SELECT *, ((packed >> 20) & 65535)::UINTEGER AS bits, ((packed >> 2) & 262143)::UINTEGER AS rel,
                 packed & 2 <> 0 AS has_other FROM {EXTERNAL}) AS link"""

_OF_A_HISTORY: Final = (
    "dup_kinds|opening_id|opened_why|until_at|reason|state|seen_after_s|came_after_s|since_s|unseen_s"
)
_WITHOUT: Final = re.sub(rf"\b({_OF_A_HISTORY}) (\w+)", r"\1 \2 USING COMPRESSION rle", TABLES["link"])
"""What is 0 in all links of a crawl without a history, or nearly all, is not tried with every kind of compression."""

_TOLD: Final = f"""
    SELECT told.target_domain_no, it.domain_no, told.target_no, it.url_no, told.ordinal, told.kind, told.bits >> 3 & 7,
           told.bits >> 6 & 7, told.bits >> 9, {_follow("told", f"(life.flags & {PageFlag.NOFOLLOW:d} <> 0)")},
           told.rel, told.rel_other, 0, coalesce(opening.number, 0), told.anchor_text,
           {{times}}
    FROM told JOIN life USING (fetch_id, ordinal) JOIN page AS it ON it.url_no = told.source_no
    LEFT JOIN opening ON opening.fetch_id = told.fetch_id"""

_TOLD_LIVE: Final = (
    _TOLD.format(
        times="life.opened_why, 0, life.reason, life.state, life.first_seen_at - it.first_seen_at,"
        " life.came_at - it.first_seen_at, life.from_at - it.first_seen_at, it.last_seen_at - life.last_seen_at"
    )
    + " WHERE life.until_at IS NULL"
)
_TOLD_PAST: Final = (
    _TOLD.format(
        times="life.opened_why, life.until_at, life.ended_why, life.from_at, life.came_at, life.first_seen_at,"
        " life.last_seen_at"
    )
    + " WHERE life.until_at IS NOT NULL"
)

_ORDER: Final = "ORDER BY target_domain, source_domain, target, source, place, after_s"

_OPENINGS: Final = """
CREATE TABLE opening AS
    SELECT fetch_id, row_number() OVER (ORDER BY fetch_id) AS number
    FROM (SELECT DISTINCT told.fetch_id FROM told JOIN page ON page.url_no = told.source_no
          WHERE told.fetch_id <> page.fetch_id);
INSERT INTO index.opening
    SELECT number, fetch_id, fetched_at, status, requested_no, coalesce(body_hash, 0)
    FROM opening JOIN request USING (fetch_id) ORDER BY number;
"""

_INTERNAL: Final = f"""
INSERT INTO index.internal
    SELECT target_domain, target, source, kind, bit_or({_follow("link", "link.is_nofollow::BOOLEAN")}), count(*)
    FROM (SELECT *, ((packed >> 2) & 262143)::UINTEGER AS rel, ((packed >> 20) & 7)::UTINYINT AS kind
          FROM {INTERNAL}) AS link
    WHERE kind <> {Kind.REDIRECT:d} AND source NOT IN (SELECT url_no FROM gone)
    GROUP BY target_domain, target, source, kind
    ORDER BY target_domain, target, source, kind;
"""

_MARK_DUPLICATES: Final = """
UPDATE index.link SET dup_kinds = found.kinds
FROM (
    SELECT own.rowid AS number, bit_or(1 << carried.kind)::UTINYINT AS kinds
    FROM index.link AS own JOIN duplicate ON duplicate.url_no = own.source_url_id
    JOIN index.link AS carried
        ON carried.source_url_id = duplicate.canonical_no AND carried.target_url_id = own.target_url_id
    WHERE own.target_domain_id BETWEEN $first AND $last AND carried.target_domain_id BETWEEN $first AND $last
    GROUP BY own.rowid
) AS found
WHERE link.rowid = found.number AND link.target_domain_id BETWEEN $first AND $last
"""

# Chains that leave their domain: by them an internal link may end elsewhere.
_ANY_LEAVES: Final = """
SELECT count(*) FROM chain JOIN numbered AS here USING (url_no) JOIN numbered AS there ON there.url_no = chain.last_no
WHERE here.domain_no <> there.domain_no"""

_NO_DETOURS: Final = """
CREATE TABLE detour (domain_no UINTEGER, source_no UINTEGER, linked_no UINTEGER, ordinal BIGINT, kind BIGINT,
                     follow BIGINT, dup_kinds UTINYINT)"""

_DETOURS: Final = f"""
CREATE TABLE inner_detour AS
    SELECT it.domain_no, it.url_no AS source_no, numbered.url_no AS linked_no, source.ordinal, source.bits & 7 AS kind,
           {_follow("source", "it.is_nofollow")} AS follow
    FROM source JOIN source_fetch AS it ON it.fetch_id = source.fetch_id
    JOIN numbered ON numbered.hash = source.target_url_id
    WHERE numbered.domain_no = it.domain_no AND it.url_no NOT IN (SELECT url_no FROM gone)
        AND numbered.url_no IN (SELECT url_no FROM chain);
INSERT INTO detour
    SELECT own.domain_no, own.source_no, own.linked_no, any_value(own.ordinal), any_value(own.kind),
           any_value(own.follow), coalesce(bit_or(1 << carried.kind), 0)
    FROM (SELECT rowid AS number, * FROM inner_detour) AS own LEFT JOIN duplicate ON duplicate.url_no = own.source_no
    LEFT JOIN inner_detour AS carried
        ON carried.source_no = duplicate.canonical_no AND carried.linked_no = own.linked_no
    GROUP BY own.number, own.domain_no, own.source_no, own.linked_no;
"""

_VIA: Final = f"""
INSERT INTO index.via
    WITH linked AS (
        SELECT source_domain_id AS domain_no, source_url_id AS source_no, target_url_id AS linked_no, ordinal, kind,
               follow, dup_kinds
        FROM index.link WHERE kind <> {Kind.REDIRECT:d} AND target_url_id IN (SELECT url_no FROM chain)
        UNION ALL SELECT * FROM detour)
    SELECT final.domain_no, linked.domain_no, chain.last_no, source_no, linked_no, ordinal, kind, follow,
           dup_kinds
    FROM linked JOIN chain ON chain.url_no = linked.linked_no JOIN numbered AS final ON final.url_no = chain.last_no
    WHERE final.domain_no <> linked.domain_no
    ORDER BY final.domain_no, linked.domain_no, chain.last_no, source_no, ordinal, linked_no, kind, follow
"""


def in_order(duck: duckdb.DuckDBPyConnection, crawl: CrawlSnapshot, stored: str) -> AbstractContextManager[None]:
    """While inside, the links of crawl.db are there in order (see ``transposer``); ``stored`` is the statement for
    them."""
    return (transposed if is_possible(duck) else _staged)(duck, crawl, views.packed(stored))


def write_links(duck: duckdb.DuckDBPyConnection, *, is_told: bool) -> None:
    """Fill ``link``, ``past`` and ``internal`` from links in order; ``is_told``: whether some have a history."""
    duck.execute(_INTERNAL)
    if is_told:
        duck.execute(_OPENINGS)
        duck.execute(f"INSERT INTO index.past {_TOLD_PAST} ORDER BY ALL")
        duck.execute(f"INSERT INTO index.link {_STEADY} UNION ALL {_TOLD_LIVE} {_ORDER}")
    else:
        duck.execute(f"CREATE OR REPLACE TABLE index.link ({_WITHOUT})")
        duck.execute(f"INSERT INTO index.link {_STEADY}")


@contextmanager
def _staged(duck: duckdb.DuckDBPyConnection, crawl: CrawlSnapshot, links: str) -> Iterator[None]:
    """The same as :func:`transposed`."""
    with crawl.rows(duck, links), as_written(duck):
        table = _stage(duck)
    duck.execute(_STAGED.format(table=table))
    yield
    duck.execute(f"DROP VIEW {EXTERNAL}; DROP VIEW {INTERNAL}; DROP TABLE {table}")


def _stage(duck: duckdb.DuckDBPyConnection) -> str:
    """Make a table of the rows of ``source``; its name. In parts, by their targets' hashes, and on disk, where there
    are too many: a hash table must fit the memory, and tables in memory keep some of what they took."""
    parts = _count(duck, f"SELECT ceil(count(*) * {_URL_BYTES} * {_SHARE} / getvariable('memory_bytes')) FROM url")
    if parts <= 1:
        duck.execute(f"CREATE TABLE staged AS {_STAGE.format(links='source', urls='numbered')}")
        return "staged"
    duck.execute("CREATE TABLE scratch.unnumbered AS SELECT * REPLACE (texts::VARCHAR AS texts) FROM source")
    ends = [65536 * part // parts for part in range(parts + 1)]
    for first, end in pairwise(ends):
        links = _PART.format(table="scratch.unnumbered", hash="target_url_id", first=first, last=end - 1, name="link")
        urls = _PART.format(table="numbered", hash="hash", first=first, last=end - 1, name="numbered")
        into = "INSERT INTO scratch.staged" if first else "CREATE TABLE scratch.staged AS"
        duck.execute(f"{into} {_STAGE.format(links=links, urls=urls)}")
    duck.execute("DROP TABLE scratch.unnumbered")
    return "scratch.staged"


def mark_duplicates(duck: duckdb.DuckDBPyConnection) -> None:
    """Set ``dup_kinds`` where the page's canonical page carries the target too."""
    if not _count(duck, "SELECT count(*) FROM duplicate"):
        return
    for first, last in by_targets(duck):
        duck.execute(_MARK_DUPLICATES, {"first": first, "last": last})


def follow_redirects(duck: duckdb.DuckDBPyConnection, crawl: CrawlSnapshot) -> None:
    """Fill ``via``."""
    duck.execute(_NO_DETOURS)
    if _count(duck, _ANY_LEAVES):
        with crawl.rows(duck, views.REDIRECTED_LINKS):
            duck.execute(_DETOURS)
    duck.execute(_VIA)


def _count(duck: duckdb.DuckDBPyConnection, statement: str) -> int:
    return int(duck.execute(statement).fetchall()[0][0])
