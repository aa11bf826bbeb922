"""The third part of a build: the transposed links, what canonical pages take out of them, and what is counted ahead.

Work on all links goes in slices of whole target domains, so that its memory does not grow with the index.
"""
# ruff: noqa: S608 - statements are made of this package's constants; whatever a user gives is a parameter

from collections.abc import Iterator
from typing import Final

import duckdb

from wholinks.storage import views
from wholinks.storage.records import NOT_FOLLOWED, Kind

from .counting import BY_DOMAIN_COLUMNS, DEFAULT_KIND_MASK, DOUBTS, PAIRS
from .schema import Mark
from .source import CrawlSnapshot
from .states import PageFlag

SLICE_LINKS: Final = 4_000_000
"""Links in a slice of target domains; one with more is cut again, by source domains, where pairs are counted."""


def _follow(of: str, is_nofollow: str) -> str:
    """How a link may be followed, by its rel and its page."""
    return f"""
           CASE WHEN {of}.rel & {NOT_FOLLOWED:d} = 0 AND NOT {is_nofollow} THEN {Mark.FOLLOWED:d}
                ELSE {of}.rel & {NOT_FOLLOWED:d} | ({is_nofollow})::INTEGER END"""


_STAGE: Final = f"""
CREATE TABLE staged AS
    SELECT numbered.domain_no AS target_domain, it.domain_no AS source_domain, numbered.url_no AS target,
           it.url_no AS source, source.ordinal::UINTEGER AS place, source.bits::UINTEGER AS bits,
           ({_follow("source", "it.is_nofollow")})::UTINYINT AS follow, source.rel::UINTEGER AS rel,
           CASE WHEN numbered.domain_no <> it.domain_no THEN source.rel_other ELSE '' END AS rel_other,
           CASE WHEN numbered.domain_no <> it.domain_no THEN source.anchor_text ELSE '' END AS anchor_text
    FROM source JOIN source_fetch AS it ON it.fetch_id = source.fetch_id
    JOIN numbered ON numbered.hash = source.target_url_id
    WHERE CASE WHEN numbered.domain_no <> it.domain_no THEN NOT it.is_restless ELSE source.closed_fetch_id = 0 END"""
"""Links of steady pages to other sites, and open ones within sites: crawl.db is read once for both. What does not fit
the memory goes to the scratch folder as it is."""

_STEADY: Final = """
    SELECT target_domain, source_domain, target, source, place, bits & 7, bits >> 3 & 7, bits >> 6 & 7, bits >> 9,
           follow, rel, rel_other, 0, 0, anchor_text, 0, 0, 0, 0, 0 AS after_s, 0, 0, 0
    FROM {staged}"""

_STAGED: Final = "staged WHERE target_domain <> source_domain"
_SORTED: Final = f"(SELECT * FROM {_STAGED} ORDER BY target_domain, source_domain, target, source, place)"
"""What is sorted is what differs between links: the many columns that a link without a history has 0 in come after."""

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
    SELECT target_domain, target, source, bits & 7 AS kind, bit_or(follow), count(*)
    FROM staged
    WHERE target_domain = source_domain AND bits & 7 <> {Kind.REDIRECT:d} AND source NOT IN (SELECT url_no FROM gone)
    GROUP BY target_domain, target, source, kind
    ORDER BY target_domain, target, source, kind;
"""

# A domain with more links than a slice holds shares its slice with no other.
_SLICES: Final = """
WITH counted AS (SELECT {domain} AS domain, count(*) AS links FROM index.link WHERE {where} GROUP BY 1),
     placed AS (SELECT domain, links, sum(links) OVER (ORDER BY domain) AS ends FROM counted)
SELECT min(domain), max(domain) FROM placed GROUP BY (ends - links) // $most, (ends - 1) // $most ORDER BY 1
"""
_ALL: Final = (0, 2**32 - 1)
"""Every number of a domain."""

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

_PAIRS: Final = f"""
INSERT INTO index.pair BY NAME
    WITH counted AS (
        SELECT * FROM index.link
        WHERE target_domain_id BETWEEN $first AND $last AND source_domain_id BETWEEN $low AND $high
            AND {DEFAULT_KIND_MASK:d} >> kind & 1 = 1 AND dup_kinds & {DEFAULT_KIND_MASK:d} = 0),
    pair AS ({PAIRS.format(keys="target_domain_id, source_domain_id, ")}),
    summed AS (
        SELECT target_domain_id, source_domain_id, {BY_DOMAIN_COLUMNS}, {DOUBTS.format(now="$now")}
        FROM pair JOIN index.page ON page.url_id = pair.source_url_id GROUP BY target_domain_id, source_domain_id),
    earlier AS (
        SELECT target_domain_id, source_domain_id, min(first_seen_at) AS first_seen_at FROM index.past
        WHERE target_domain_id BETWEEN $first AND $last AND source_domain_id BETWEEN $low AND $high
            AND {DEFAULT_KIND_MASK:d} >> kind & 1 = 1
        GROUP BY target_domain_id, source_domain_id)
    SELECT summed.* REPLACE (least(summed.first_seen_at, earlier.first_seen_at) AS first_seen_at),
           domain.domain AS source_domain
    FROM summed JOIN domain ON domain.rowid + 1 = source_domain_id
    LEFT JOIN earlier USING (target_domain_id, source_domain_id)
    ORDER BY target_domain_id, source_domain_id
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


def transpose(duck: duckdb.DuckDBPyConnection, crawl: CrawlSnapshot, stored: str, *, is_told: bool) -> None:
    """Fill ``link``, ``past`` and ``internal``; ``stored`` is the statement for the links of crawl.db, ``is_told``
    whether there are links with a history."""
    # As written: the stream, whose size nobody knows, goes past tables of numbers, never the other way.
    duck.execute("SET disabled_optimizers = 'join_order,build_side_probe_side'")
    with crawl.rows(duck, stored):
        duck.execute(_STAGE)
    duck.execute("RESET disabled_optimizers")
    duck.execute(_INTERNAL)
    if is_told:
        duck.execute(_OPENINGS)
        duck.execute(f"INSERT INTO index.past {_TOLD_PAST} ORDER BY ALL")
        duck.execute(f"INSERT INTO index.link {_STEADY.format(staged=_STAGED)} UNION ALL {_TOLD_LIVE} {_ORDER}")
    else:
        duck.execute(f"INSERT INTO index.link {_STEADY.format(staged=_SORTED)}")
    duck.execute("DROP TABLE staged")


def mark_duplicates(duck: duckdb.DuckDBPyConnection) -> None:
    """Set ``dup_kinds`` where the page's canonical page carries the target too."""
    if not _count(duck, "SELECT count(*) FROM duplicate"):
        return
    for first, last in _slices(duck):
        duck.execute(_MARK_DUPLICATES, {"first": first, "last": last})


def count_pairs(duck: duckdb.DuckDBPyConnection, now: int) -> None:
    """Fill ``pair``; ``now`` is the time of the build, in UTC seconds."""
    for first, last in _slices(duck):
        for low, high in _parts(duck, first) if first == last else (_ALL,):
            duck.execute(_PAIRS, {"first": first, "last": last, "low": low, "high": high, "now": now})


def follow_redirects(duck: duckdb.DuckDBPyConnection, crawl: CrawlSnapshot) -> None:
    """Fill ``via``."""
    duck.execute(_NO_DETOURS)
    if _count(duck, _ANY_LEAVES):
        with crawl.rows(duck, views.REDIRECTED_LINKS):
            duck.execute(_DETOURS)
    duck.execute(_VIA)


def _slices(duck: duckdb.DuckDBPyConnection) -> Iterator[tuple[int, int]]:
    """Ranges of target domains with about :data:`SLICE_LINKS` links each, or one domain."""
    statement = _SLICES.format(domain="target_domain_id", where="true")
    yield from duck.execute(statement, {"most": SLICE_LINKS}).fetchall()


def _parts(duck: duckdb.DuckDBPyConnection, target: int) -> Iterator[tuple[int, int]]:
    """The same of the source domains that link to one target domain."""
    statement = _SLICES.format(domain="source_domain_id", where="target_domain_id = $target")
    yield from duck.execute(statement, {"most": SLICE_LINKS, "target": target}).fetchall()


def _count(duck: duckdb.DuckDBPyConnection, statement: str) -> int:
    return int(duck.execute(statement).fetchall()[0][0])
