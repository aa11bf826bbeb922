"""What is measured of referring domains, each by one statement: a number by source domain."""
# ruff: noqa: S608 - statements are made of constants; whatever a user gives is a parameter

from collections.abc import Mapping
from typing import Final

import duckdb

from wholinks.index.anchor_class import AnchorClass, AnchorClasses
from wholinks.index.ends import Ends
from wholinks.index.states import DAY_S, OPENINGS, Opening
from wholinks.research.growth.bursts import is_burst, unusual
from wholinks.research.quality.alike import nets
from wholinks.research.quality.near_pages import near_pages
from wholinks.research.quality.rules import Rules
from wholinks.research.quality.twins import twins
from wholinks.storage.records import Kind, LinkFlag, Outcome, Placement

Values = dict[str, dict[int, float]]
"""Marker → number of the source domain → value; a domain is missing where it was not measured."""

_BOILERPLATE: Final = ", ".join(
    str(int(place)) for place in (Placement.HEADER, Placement.NAV, Placement.ASIDE, Placement.FOOTER)
)
SOURCES: Final = """
CREATE TEMP TABLE backlink AS
    SELECT l.source_domain_id AS domain_id, l.source_url_id, l.anchor_text, l.placement, l.flags, l.kind, l.opened_why,
           page.first_seen_at + l.seen_after_s AS seen_at
    FROM link AS l JOIN page ON page.url_id = l.source_url_id WHERE {where};
CREATE TEMP TABLE linking AS
    SELECT page.* FROM page WHERE url_id IN (SELECT source_url_id FROM backlink);
CREATE TEMP TABLE outgoing AS
    SELECT source_url_id, sum(links) AS links, count(*) AS domains FROM (
        SELECT source_url_id, target_domain_id, count(*) AS links
        FROM link WHERE source_url_id IN (SELECT source_url_id FROM backlink) GROUP BY ALL)
    GROUP BY source_url_id"""

_SHARES: Final = f"""
SELECT domain_id, avg((placement IN ({_BOILERPLATE}))::INTEGER), avg((flags & {LinkFlag.HIDDEN:d} <> 0)::INTEGER),
       min((kind = {Kind.REDIRECT:d})::INTEGER)::DOUBLE
FROM backlink GROUP BY domain_id"""

_PAGES: Final = """
SELECT p.domain_id, median(outgoing.domains), median(100.0 * outgoing.links / nullif(p.words, 0)),
       avg(p.is_noindex::INTEGER), avg((there.domain_id IS NOT NULL AND there.domain_id <> p.domain_id)::INTEGER)
FROM linking AS p JOIN outgoing ON outgoing.source_url_id = p.url_id
LEFT JOIN url AS canonical ON canonical.url_id = p.canonical_url_id AND p.canonical_url_id <> 0
LEFT JOIN origin AS there ON there.origin_id = canonical.origin_id
GROUP BY p.domain_id"""

_FETCHED: Final = f"""
SELECT domain_id, count(*), count(*) FILTER (url_id IN (SELECT source_url_id FROM backlink)) FROM page
WHERE outcome = {Outcome.PAGE:d} AND domain_id IN (SELECT domain_id FROM backlink) GROUP BY domain_id"""

_ANCHOR_TEXTS: Final = "SELECT DISTINCT lower(trim(anchor_text)) FROM backlink"
_ANCHORS: Final = """
WITH said AS (
    SELECT DISTINCT domain_id, lower(trim(anchor_text)) AS anchor FROM backlink),
counted AS (
    SELECT anchor, count(*) AS domains FROM said GROUP BY anchor),
shared AS (
    SELECT anchor, domains FROM counted WHERE anchor NOT IN (SELECT unnest(?::VARCHAR[])))
SELECT domain_id, max(coalesce(domains, 0))::DOUBLE FROM said LEFT JOIN shared USING (anchor) GROUP BY domain_id"""

_HASHED: Final = """
SELECT DISTINCT domain_id AS domain, simhash FROM linking WHERE words >= $least_words AND simhash <> 0"""

_RECIPROCAL: Final = """
SELECT DISTINCT target_domain_id, 1::DOUBLE FROM pair WHERE source_domain_id IN (SELECT unnest(?))
AND target_domain_id IN (SELECT domain_id FROM backlink)"""

_POISON: Final = """
WITH said AS (
    SELECT domain_id, anchor_text AS text FROM backlink UNION SELECT domain_id, title FROM linking),
word AS (
    SELECT text, unnest(regexp_split_to_array(lower(text), '[^\\p{L}\\p{N}]+')) AS word
    FROM (SELECT DISTINCT text FROM said)),
listed AS (
    SELECT DISTINCT text, word FROM word WHERE word IN (SELECT unnest(?)))
SELECT domain_id, count(DISTINCT word)::DOUBLE FROM said LEFT JOIN listed USING (text) GROUP BY domain_id"""

_NEW: Final = f"""
WITH new AS (
    SELECT DISTINCT domain_id, seen_at // {DAY_S} AS day FROM backlink
    WHERE opened_why = {OPENINGS.index(Opening.LINKFOUND)})"""
_CAME: Final = f"{_NEW} SELECT day, count(*) FROM new GROUP BY day"
_CRAWL_DAYS: Final = f"""
SELECT day FROM (SELECT fetched_at // {DAY_S} AS day FROM page UNION SELECT first_seen_at // {DAY_S} FROM page
                 UNION SELECT fetched_at // {DAY_S} FROM opening)
WHERE day > (SELECT min(first_seen_at) // {DAY_S} FROM page)"""
_BURST: Final = f"""{_NEW},
burst AS (SELECT unnest(?::BIGINT[]) AS day, unnest(?::DOUBLE[]) AS domains)
SELECT domain_id, max(coalesce(domains, 0)) FROM new LEFT JOIN burst USING (day) GROUP BY domain_id"""

_TARGETS: Final = """
SELECT source_domain_id AS source, target_domain_id AS target FROM pair WHERE source_domain_id IN (
    SELECT source_domain_id FROM pair WHERE source_domain_id IN (SELECT domain_id FROM backlink)
    GROUP BY source_domain_id HAVING count(*) >= ?)"""

LEAST_TARGETS: Final = 3

# A crawl through a proxy has one address for all: that says nothing of anybody.
_ADDRESSES: Final = """
SELECT DISTINCT domain_id, remote_ip FROM linking WHERE remote_ip <> ''
AND (SELECT count(DISTINCT remote_ip) > 1 OR count(DISTINCT domain_id) = 1 FROM page WHERE remote_ip <> '')"""


def measure(
    duck: duckdb.DuckDBPyConnection, ends: Ends, classes: AnchorClasses, rules: Rules
) -> tuple[Values, dict[int, int]]:
    """All markers of the domains in table ``backlink``, and how many pages of each were fetched; ``classes`` are those
    of anchor texts that lead to the target."""
    values: Values = {}
    _spread(duck, _SHARES, values, "boilerplate_share", "hidden_share", "redirect_only")
    _spread(
        duck, _PAGES, values, "out_domains_per_page", "links_per_100_words", "noindex_share", "foreign_canonical_share"
    )
    pages = duck.execute(_FETCHED).fetchall()
    least = max(rules.limits["least_pages"], 1)
    values["sitewide_share"] = {domain: linking / fetched for domain, fetched, linking in pages if fetched >= least}
    told = (anchor for (anchor,) in duck.execute(_ANCHOR_TEXTS).fetchall())
    values["shared_anchor_domains"] = _values(
        duck, _ANCHORS, [[anchor for anchor in told if classes.of(anchor) is not AnchorClass.TEXT]]
    )
    hashed = duck.execute(_HASHED, {"least_words": rules.limits["least_words"]}).fetchnumpy()
    values["near_duplicate_domains"] = _counts(near_pages(hashed["domain"], hashed["simhash"]))
    found = duck.execute("SELECT DISTINCT domain_id FROM backlink").fetchall()
    own = list(ends.target.domain_ids) if ends.target is not None else []
    values["reciprocal"] = {domain: 0.0 for (domain,) in found} | _values(duck, _RECIPROCAL, [own])
    values["poison_words"] = _values(duck, _POISON, [list(rules.lists["poison_words"])])
    values["burst_domains"] = _bursts(duck, rules.limits["least_days"])
    targets = duck.execute(_TARGETS, [LEAST_TARGETS]).fetchnumpy()
    values["same_out_links_domains"] = _counts(twins(targets.pop("source"), targets.pop("target")))
    values["same_ip_domains"], values["same_net_domains"] = nets(duck.execute(_ADDRESSES).fetchall())
    return values, {domain: fetched for domain, fetched, _ in pages}


def _bursts(duck: duckdb.DuckDBPyConnection, least_days: int) -> dict[int, float]:
    """The referring domains that came on a day of a domain's, on unusual days of the crawl; 0 on others. Of nobody
    where the crawl had fewer days than ``least_days`` after its first."""
    days = [day for (day,) in duck.execute(_CRAWL_DAYS).fetchall()]
    if len(days) < max(least_days, 1):
        return {}
    came = dict(duck.execute(_CAME).fetchall())
    usual = unusual([came.get(day, 0) for day in days])
    bursts = {day: domains for day, domains in came.items() if is_burst(domains, usual)}
    return _values(duck, _BURST, [list(bursts), list(bursts.values())])


def of_names(domains: Mapping[int, str], tlds: frozenset[str]) -> Values:
    """What is measured of the names of domains alone."""
    hosts = {number: name.partition("/")[0] for number, name in domains.items()}
    return {
        "name_digits": {number: float(sum(map(str.isdigit, host))) for number, host in hosts.items()},
        "name_hyphens": {number: float(host.removeprefix("xn--").count("-")) for number, host in hosts.items()},
        "name_length": {number: float(len(host)) for number, host in hosts.items()},
        "listed_tld": {number: float(host.rpartition(".")[2] in tlds) for number, host in hosts.items()},
    }


def _spread(duck: duckdb.DuckDBPyConnection, statement: str, values: Values, *names: str) -> None:
    rows = duck.execute(statement).fetchall()
    for place, name in enumerate(names, 1):
        values[name] = {row[0]: float(row[place]) for row in rows if row[place] is not None}


def _values(duck: duckdb.DuckDBPyConnection, statement: str, given: object) -> dict[int, float]:
    return dict(duck.execute(statement, given).fetchall())


def _counts(counted: Mapping[int, int]) -> dict[int, float]:
    return {domain: float(count) for domain, count in counted.items()}
