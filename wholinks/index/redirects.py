"""The second part of a build: who redirects where, and which page is a duplicate of which (both in memory).

``hop``        URL → the next one: what the URL answered itself or, never asked for, what its dedup key's page answered
``chain``      URL → the last URL of its hops, over any domains; cycles have no end and are left out;
               ``is_permanent`` where all its hops are (301, 308)
``alias``      the same over hops within one registrable domain
``duplicate``  page → its canonical page
"""
# ruff: noqa: S608 - statements are made of this package's constants; whatever a user gives is a parameter

from typing import Final

import duckdb

from wholinks.storage.records import Outcome

from .canonical import canonical_pages

_MAX_ROUNDS: Final = 6
"""Each round doubles the hops resolved: chains of up to 64 hops are, longer ones and cycles are not."""

_HOPS: Final = """
CREATE TABLE spelled AS
    SELECT frontier.key_hash, visit.url_no, visit.is_redirect, visit.redirect_no, visit.is_permanent
    FROM frontier JOIN fetch_url ON fetch_url.hash = frontier.url_hash JOIN visit USING (url_no);
CREATE TABLE hop AS
    WITH answer AS (
        SELECT url_no, redirect_no AS next_no, is_permanent FROM visit WHERE is_redirect
        UNION ALL
        SELECT numbered.url_no, spelled.redirect_no, spelled.is_permanent
        FROM numbered JOIN spelled USING (key_hash)
        WHERE spelled.is_redirect AND numbered.url_no NOT IN (SELECT url_no FROM visit))
    SELECT answer.url_no, here.domain_no, answer.next_no, there.domain_no AS next_domain_no, answer.is_permanent
    FROM answer JOIN numbered AS here ON here.url_no = answer.url_no
    JOIN numbered AS there ON there.url_no = answer.next_no
    WHERE answer.next_no <> answer.url_no;
"""

_CHAIN: Final = (
    "CREATE TABLE {name} AS SELECT url_no, next_no AS last_no, 1 AS hops, is_permanent FROM hop WHERE {where}"
)

_JUMP: Final = """
CREATE TABLE jumped AS
    SELECT here.url_no, coalesce(there.last_no, here.last_no) AS last_no, here.hops + coalesce(there.hops, 0) AS hops,
           here.is_permanent AND coalesce(there.is_permanent, true) AS is_permanent
    FROM {name} AS here LEFT JOIN {name} AS there ON there.url_no = here.last_no;
DROP TABLE {name};
ALTER TABLE jumped RENAME TO {name};
"""

_CLAIMS: Final = f"""
CREATE TABLE claim AS
    WITH named AS (
        SELECT page.url_no, page.domain_no, coalesce(alias.last_no, page.canonical_no) AS named_no
        FROM page LEFT JOIN alias ON alias.url_no = page.canonical_no
        WHERE page.outcome = {Outcome.PAGE:d} AND page.canonical_no <> 0 AND page.canonical_no <> page.url_no
            AND page.canonical_domain_no = page.domain_no),
    keyed AS (
        SELECT named.*, key_hash FROM named JOIN fetch_url ON fetch_url.url_no = named.named_no),
    found AS (
        SELECT keyed.url_no, coalesce(own.url_no, spelled.url_no) AS canonical_no,
               coalesce(own.is_redirect, spelled.is_redirect) AS is_redirect
        FROM keyed LEFT JOIN visit AS own ON own.url_no = keyed.named_no
        LEFT JOIN spelled ON spelled.key_hash = keyed.key_hash)
    SELECT found.url_no, found.canonical_no FROM found JOIN page ON page.url_no = found.canonical_no
    WHERE NOT found.is_redirect AND page.outcome = {Outcome.PAGE:d} AND found.canonical_no <> found.url_no;
"""

# A page of a cycle is named by a page that makes a claim, and names one: dropping the others, again and again, leaves
# the cycles and next to nothing else.
_ENTANGLED: Final = "CREATE TABLE entangled AS SELECT * FROM claim"
_PRUNE: Final = """
DELETE FROM entangled
WHERE url_no NOT IN (SELECT canonical_no FROM entangled) OR canonical_no NOT IN (SELECT url_no FROM entangled)
"""
_MAX_PRUNINGS: Final = 20

_NAMES: Final = """
SELECT url_no, canonical_no, origin.origin || url.path
FROM entangled JOIN index.url AS url ON url.url_id = url_no JOIN origin ON origin.rowid + 1 = url.origin_id
"""


def resolve_redirects(duck: duckdb.DuckDBPyConnection) -> None:
    """Make ``hop``, ``chain`` and ``alias``."""
    duck.execute(_HOPS)
    _resolve(duck, "chain", "true")
    _resolve(duck, "alias", "domain_no = next_domain_no")


def _resolve(duck: duckdb.DuckDBPyConnection, name: str, where: str) -> None:
    duck.execute(_CHAIN.format(name=name, where=where))
    unfinished = f"last_no IN (SELECT url_no FROM {name})"
    for _ in range(_MAX_ROUNDS):
        if not _count(duck, f"SELECT count(*) FROM {name} WHERE {unfinished}"):
            break
        duck.execute(_JUMP.format(name=name))
    duck.execute(f"DELETE FROM {name} WHERE {unfinished}")


def find_duplicates(duck: duckdb.DuckDBPyConnection) -> None:
    """Make ``duplicate``: the claims, less one of each cycle of them."""
    duck.execute(_CLAIMS)
    duck.execute(_ENTANGLED)
    for _ in range(_MAX_PRUNINGS):
        if not duck.execute(_PRUNE).fetchall()[0][0]:
            break
    rows = duck.execute(_NAMES).fetchall()
    names = {page: name for page, _, name in rows}
    claims = {page: canonical for page, canonical, _ in rows}
    # Pages outside have no part in a cycle: a name for them is never asked for.
    duplicates = canonical_pages(claims, names.__getitem__)
    stays = [page for page in claims if page not in duplicates]
    duck.execute(
        "CREATE TABLE duplicate AS SELECT * FROM claim WHERE url_no NOT IN (SELECT unnest(?::UINTEGER[]))", [stays]
    )


def _count(duck: duckdb.DuckDBPyConnection, statement: str) -> int:
    return int(duck.execute(statement).fetchall()[0][0])
