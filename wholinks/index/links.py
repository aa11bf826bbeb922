"""The third part of a build: the transposed links, what canonical pages take out of them, and what is counted ahead.

Work on all links goes in slices of whole target domains, so that its memory does not grow with the index.
"""
# ruff: noqa: S608 - statements are made of this package's constants; whatever a user gives is a parameter

from collections.abc import Iterator
from typing import Final

import duckdb

from wholinks.storage import views
from wholinks.storage.records import NOT_FOLLOWED, Kind

from .counting import BY_DOMAIN_COLUMNS, DEFAULT_KIND_MASK, PAIRS
from .schema import Mark
from .source import CrawlSnapshot

SLICE_LINKS: Final = 4_000_000
"""Links in a slice; one target domain with more is a slice of its own."""

_FOLLOW: Final = f"""
CASE WHEN rel & {NOT_FOLLOWED:d} = 0 AND NOT it.is_nofollow THEN {Mark.FOLLOWED:d}
     ELSE rel & {NOT_FOLLOWED:d} | it.is_nofollow::INTEGER END"""

_LINKS: Final = f"""
INSERT INTO index.link
    SELECT numbered.domain_no, it.domain_no, numbered.url_no, it.url_no, source.ordinal,
           source.bits & 7, source.bits >> 3 & 7, source.bits >> 6 & 7, source.bits >> 9, {_FOLLOW},
           source.rel, source.rel_other, 0, it.after_s, source.anchor_text,
           source.raw_href, CASE WHEN source.has_rel = 1 THEN source.raw_rel::VARCHAR END, source.tag,
           source.context_before, source.context_after, source.path_fingerprint
    FROM source JOIN source_fetch AS it ON it.fetch_id = source.fetch_id
    JOIN numbered ON numbered.hash = source.target_url_id
    WHERE numbered.domain_no <> it.domain_no
    ORDER BY numbered.domain_no, it.domain_no, numbered.url_no, it.url_no, source.ordinal, it.after_s;
"""

_INTERNAL: Final = """
INSERT INTO index.internal
    SELECT numbered.domain_no, numbered.url_no, source.kind, count(*)
    FROM source JOIN source_fetch AS it ON it.fetch_id = source.fetch_id
    JOIN numbered ON numbered.hash = source.target_url_id
    WHERE numbered.domain_no = it.domain_no
    GROUP BY ALL ORDER BY ALL;
"""

_SLICES: Final = """
WITH counted AS (SELECT target_domain_id AS domain, count(*) AS links FROM index.link GROUP BY 1),
     placed AS (SELECT domain, (sum(links) OVER (ORDER BY domain) - 1) // ? AS slice FROM counted)
SELECT min(domain), max(domain) FROM placed GROUP BY slice ORDER BY 1
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

_PAIRS: Final = f"""
INSERT INTO index.pair
    WITH counted AS (
        SELECT * FROM index.link
        WHERE target_domain_id BETWEEN $first AND $last AND {DEFAULT_KIND_MASK:d} >> kind & 1 = 1
            AND dup_kinds & {DEFAULT_KIND_MASK:d} = 0),
    pair AS ({PAIRS.format(keys="target_domain_id, source_domain_id, ")})
    SELECT target_domain_id, source_domain_id, any_value(domain.domain), {BY_DOMAIN_COLUMNS}
    FROM pair JOIN index.page ON page.url_id = pair.source_url_id JOIN domain ON domain.rowid + 1 = source_domain_id
    GROUP BY target_domain_id, source_domain_id ORDER BY target_domain_id, source_domain_id
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
           {_FOLLOW} AS follow
    FROM source JOIN source_fetch AS it ON it.fetch_id = source.fetch_id
    JOIN numbered ON numbered.hash = source.target_url_id
    WHERE numbered.domain_no = it.domain_no AND numbered.url_no IN (SELECT url_no FROM chain);
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


def transpose(duck: duckdb.DuckDBPyConnection, crawl: CrawlSnapshot) -> None:
    """Fill ``link`` and ``internal``."""
    # As written: the stream, whose size nobody knows, goes past tables of numbers, never the other way.
    duck.execute("SET disabled_optimizers = 'join_order,build_side_probe_side'")
    for select, statement in ((views.LINKS, _LINKS), (views.TARGETS, _INTERNAL)):
        with crawl.rows(duck, select):
            duck.execute(statement)
    duck.execute("RESET disabled_optimizers")


def mark_duplicates(duck: duckdb.DuckDBPyConnection) -> None:
    """Set ``dup_kinds`` where the page's canonical page carries the target too."""
    if not _count(duck, "SELECT count(*) FROM duplicate"):
        return
    for first, last in _slices(duck):
        duck.execute(_MARK_DUPLICATES, {"first": first, "last": last})


def count_pairs(duck: duckdb.DuckDBPyConnection) -> None:
    """Fill ``pair``."""
    for first, last in _slices(duck):
        duck.execute(_PAIRS, {"first": first, "last": last})


def follow_redirects(duck: duckdb.DuckDBPyConnection, crawl: CrawlSnapshot) -> None:
    """Fill ``via``."""
    duck.execute(_NO_DETOURS)
    if _count(duck, _ANY_LEAVES):
        with crawl.rows(duck, views.REDIRECTED_LINKS):
            duck.execute(_DETOURS)
    duck.execute(_VIA)


def _slices(duck: duckdb.DuckDBPyConnection) -> Iterator[tuple[int, int]]:
    """Ranges of target domains with about :data:`SLICE_LINKS` links each."""
    yield from duck.execute(_SLICES, [SLICE_LINKS]).fetchall()


def _count(duck: duckdb.DuckDBPyConnection, statement: str) -> int:
    return int(duck.execute(statement).fetchall()[0][0])
