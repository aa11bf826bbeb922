"""Views of a target's links that group them otherwise than :class:`wholinks.index.questions.By` does.

Which links count is the question's (kinds, follow, filters, time), as everywhere; what is counted of a group is counted
in it, never summed over rows.
"""
# ruff: noqa: S608 - statements are made of this package's constants; whatever a user gives is a parameter

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

import duckdb

from wholinks.index.counting import PAIRS
from wholinks.index.ends import Ends
from wholinks.index.filters import PRIMARY_LANGUAGE, TOP_LABEL
from wholinks.index.groupings import in_words
from wholinks.index.paging import Key
from wholinks.index.queries import Index
from wholinks.index.questions import Question
from wholinks.index.schema import Mark
from wholinks.index.totals import linked
from wholinks.research.quality.alike import address_of, network_of
from wholinks.research.views.paged import Asked, Shape, View, down, view
from wholinks.storage.errors import UsageError
from wholinks.storage.records import Placement
from wholinks.storage.wording import counted


class Group(StrEnum):
    """One row for each referring domain; or for links alike: same source domain, target URL, anchor text, placement
    and place in the page's structure (``path_fingerprint``)."""

    DOMAIN = "domain"
    SIMILAR = "similar"


@dataclass(frozen=True, slots=True)
class GroupedRow:
    """Backlinks in one row; ``source_url`` to ``placement`` are of one of them: a followed one if there is one, of
    these the first by URL. ``backlinks``, ``links``, ``referring_pages`` and ``followed`` (backlinks) are of all."""

    referring_domain: str
    source_url: str
    target_url: str
    anchor_text: str
    placement: str
    backlinks: int
    links: int
    referring_pages: int
    followed: int
    first_seen: datetime
    last_seen: datetime


@dataclass(frozen=True, slots=True)
class PathRow:
    """The target's URLs whose path begins with the same segments; ``urls`` of them are linked. ``path`` is with its
    host, without a scheme."""

    path: str
    urls: int
    backlinks: int
    links: int
    referring_pages: int
    referring_domains: int
    followed: int


class Defect(StrEnum):
    """What is wrong with a linked URL: it answered 4xx or 5xx, it redirects, or it redirects to one that did."""

    ERROR = "error"
    REDIRECT = "redirect"
    REDIRECT_ERROR = "redirect_error"


@dataclass(frozen=True, slots=True)
class BrokenRow:
    """A linked URL that answered with an error or redirects. ``final_url`` is the end of its redirects, None where it
    has none or they go round. ``http_status`` is that of the final URL, else of the URL's own last answer, None where
    neither is known; ``reason`` and ``asked_at`` go with it."""

    target_url: str
    defect: str
    http_status: int | None
    reason: str
    final_url: str | None
    asked_at: datetime | None
    backlinks: int
    links: int
    referring_pages: int
    referring_domains: int
    followed: int


@dataclass(frozen=True, slots=True)
class InternalRow:
    """A URL by the links of its own site; ``followed_pages`` of the ``linking_pages`` have a followed link to it."""

    target_url: str
    links: int
    linking_pages: int
    followed_pages: int


class Network(StrEnum):
    """One address, or the addresses near it (/24 of IPv4, /48 of IPv6); the last label of the host; the language that
    the page declares, without its region."""

    IP = "ip"
    SUBNET = "subnet"
    TLD = "tld"
    LANGUAGE = "language"


@dataclass(frozen=True, slots=True)
class NetworkRow:
    """Referring pages by where they were served from, at their last fetch, by the last label of their host, or by
    language; ``network`` is None where no address is known, or no language declared."""

    network: str | None
    ips: int
    referring_domains: int
    referring_pages: int
    backlinks: int
    links: int
    followed: int


_FOLLOWED: Final = f"count(*) FILTER (marks & {Mark.FOLLOWED:d} <> 0)::BIGINT AS followed"
_MEASURES: Final = f"""
count(*)::BIGINT AS backlinks, sum(links)::BIGINT AS links, count(DISTINCT source_url_id)::BIGINT AS referring_pages,
count(DISTINCT source_domain_id)::BIGINT AS referring_domains, {_FOLLOWED}"""

_GROUPED: Final = f"""
WITH counted AS (
    SELECT l.*, l.rowid AS number, page.origin_rank AS place, page.first_seen_at + l.seen_after_s AS seen_at,
           page.last_seen_at - l.unseen_s AS last_at {{fingerprint}}
    FROM link AS l JOIN page ON page.url_id = l.source_url_id {{joins}} WHERE {{where}}),
shown AS (
    SELECT {{keys}}, count(DISTINCT (source_url_id, target_url_id))::BIGINT AS backlinks, count(*)::BIGINT AS links,
           count(DISTINCT source_url_id)::BIGINT AS referring_pages,
           count(DISTINCT (source_url_id, target_url_id)) FILTER (follow & {Mark.FOLLOWED:d} <> 0)::BIGINT AS followed,
           min(seen_at)::BIGINT AS seen_at, max(last_at)::BIGINT AS last_at,
           arg_min(number, (follow & {Mark.FOLLOWED:d} = 0, place, source_url_id, target_url_id, ordinal, number))
               AS number
    FROM counted GROUP BY {{keys}})
SELECT domain.domain AS referring_domain, source_origin.origin || source.path AS source_url,
       target_origin.origin || target.path AS target_url, l.anchor_text,
       {in_words(Placement, "l.placement")} AS placement,
       backlinks, links, referring_pages, followed, seen_at AS first_seen, last_at AS last_seen,
       l.source_domain_id AS domain_id, shown.number AS number
FROM shown JOIN link AS l ON l.rowid = shown.number
JOIN domain ON domain.domain_id = l.source_domain_id
JOIN url AS source ON source.url_id = l.source_url_id
JOIN origin AS source_origin ON source_origin.origin_id = source.origin_id
JOIN url AS target ON target.url_id = l.target_url_id
JOIN origin AS target_origin ON target_origin.origin_id = target.origin_id"""

_KEYS: Final = {
    Group.DOMAIN: "source_domain_id",
    Group.SIMILAR: "source_domain_id, target_url_id, anchor_text, placement, fingerprint",
}

# Links that were internal when they were crawled have no evidence: these are alike in it.
_FINGERPRINT: Final = """
LEFT JOIN opening ON opening.opening_id = l.opening_id
LEFT JOIN evidence AS e ON e.fetch_id = coalesce(opening.fetch_id, page.fetch_id) AND e.ordinal = l.ordinal"""

_PATHS: Final = f"""
WITH counted AS (SELECT * FROM link AS l WHERE {{where}}),
pair AS ({PAIRS.format(keys="source_domain_id, ")}),
parted AS (
    SELECT url_id, regexp_replace(origin.origin, '^https?://', '')
           || rtrim(array_to_string(string_split(regexp_extract(path, '^[^?]*'), '/')[1:? + 1], '/'), '/') AS key
    FROM url JOIN origin USING (origin_id) WHERE url_id IN (SELECT target_url_id FROM pair))
SELECT if(contains(key, '/'), key, key || '/') AS path,
       count(DISTINCT target_url_id)::BIGINT AS urls, {_MEASURES}
FROM pair JOIN parted ON url_id = target_url_id GROUP BY key"""

_LINKED: Final = f"""
WITH counted AS (SELECT * FROM link AS l WHERE {{where}}),
pair AS ({PAIRS.format(keys="source_domain_id, ")}),
grouped AS (SELECT target_url_id, {_MEASURES} FROM pair GROUP BY target_url_id),"""

_BROKEN: Final = f"""{_LINKED}
judged AS (
    SELECT grouped.*, r.url_id IS NOT NULL AS is_redirect, nullif(r.final_url_id, 0) AS final_url_id,
           if(r.final_url_id <> 0, ending.status, own.status) AS status,
           if(r.final_url_id <> 0, ending.reason, own.reason) AS reason,
           if(r.final_url_id <> 0, ending.asked_at, own.asked_at) AS asked_at
    FROM grouped LEFT JOIN redirect AS r ON r.url_id = target_url_id
    LEFT JOIN asked AS own ON own.url_id = target_url_id
    LEFT JOIN asked AS ending ON r.final_url_id <> 0 AND ending.url_id = r.final_url_id),
defective AS (
    SELECT *, CASE WHEN NOT is_redirect THEN 'error' WHEN coalesce(status, 0) >= 400 THEN 'redirect_error'
                   ELSE 'redirect' END AS defect
    FROM judged WHERE is_redirect OR coalesce(status, 0) >= 400)
SELECT origin.origin || url.path AS target_url, defect, nullif(status, 0) AS http_status,
       coalesce(reason, '') AS reason, end_origin.origin || end_url.path AS final_url,
       nullif(asked_at, 0) AS asked_at, backlinks, links, referring_pages, referring_domains, followed
FROM defective JOIN url ON url.url_id = target_url_id JOIN origin ON origin.origin_id = url.origin_id
LEFT JOIN url AS end_url ON end_url.url_id = final_url_id
LEFT JOIN origin AS end_origin ON end_origin.origin_id = end_url.origin_id
WHERE ? = 'all' OR defect = ?"""

_ASKED: Final = f"""{_LINKED}
known AS (SELECT url_id FROM asked UNION SELECT url_id FROM redirect)
SELECT count(*), count(*) FILTER (target_url_id IN (SELECT url_id FROM known)) FROM grouped"""

_INTERNAL: Final = f"""
WITH grouped AS (
    SELECT l.target_url_id, sum(l.links)::BIGINT AS links, count(DISTINCT l.source_url_id)::BIGINT AS pages,
           count(DISTINCT l.source_url_id) FILTER (l.follow & {Mark.FOLLOWED:d} <> 0)::BIGINT AS followed
    FROM internal AS l WHERE {{where}} AND (? >> l.kind) & 1 = 1 GROUP BY l.target_url_id)
SELECT origin.origin || url.path AS target_url, links, pages AS linking_pages, followed AS followed_pages
FROM grouped JOIN url ON url.url_id = target_url_id JOIN origin USING (origin_id)"""

_ADDRESSES: Final = "SELECT DISTINCT coalesce(remote_ip, '') FROM page"

_NETWORKS: Final = f"""
WITH counted AS (SELECT * FROM link AS l WHERE {{where}}),
pair AS ({PAIRS.format(keys="source_domain_id, ")}),
placed AS (SELECT unnest(?::VARCHAR[]) AS ip, unnest(?::VARCHAR[]) AS network)
SELECT network, count(DISTINCT nullif(ip, ''))::BIGINT AS ips, {_MEASURES}
FROM pair JOIN page ON page.url_id = source_url_id JOIN placed ON placed.ip = coalesce(page.remote_ip, '')
GROUP BY network"""

_LABELS: Final = f"""
WITH counted AS (SELECT * FROM link AS l WHERE {{where}}),
pair AS ({PAIRS.format(keys="source_domain_id, ")})
SELECT {{label}} AS network, count(DISTINCT page.remote_ip)::BIGINT AS ips, {_MEASURES}
FROM pair JOIN page ON page.url_id = source_url_id JOIN url AS far ON far.url_id = source_url_id
JOIN origin AS home ON home.origin_id = far.origin_id GROUP BY network"""

_LABEL: Final = {Network.TLD: TOP_LABEL, Network.LANGUAGE: f"nullif({PRIMARY_LANGUAGE}, '')"}


def _down(column: str) -> Key:
    return Key(column, is_descending=True)


def grouped_backlinks(index: Index, question: Question, group: Group) -> View[GroupedRow]:
    """A row for each group of the question's backlinks, the largest first. In ``Group.SIMILAR`` a backlink may be in
    several rows: in one for each way its links differ."""
    is_similar = group is Group.SIMILAR

    def ask(duck: duckdb.DuckDBPyConnection, ends: Ends) -> Asked:
        where, values = linked(question, ends)
        statement = _GROUPED.format(
            where=where, keys=_KEYS[group], joins=_FINGERPRINT if is_similar else "",
            fingerprint=", e.path_fingerprint AS fingerprint" if is_similar else "",
        )  # fmt: skip
        return statement, values

    keys = (down("backlinks"), down("links"), Key("domain_id"), Key("number"))
    return view(index, question, Shape(f"group {group}", GroupedRow, keys), ask)


def linked_paths(index: Index, question: Question, segments: int) -> View[PathRow]:
    """The target's linked URLs, grouped by the first ``segments`` (1 or more) segments of their paths."""
    if segments < 1:
        raise UsageError("by path: at least one segment; without it each URL is a row")

    def ask(duck: duckdb.DuckDBPyConnection, ends: Ends) -> Asked:
        where, values = linked(question, ends)
        return _PATHS.format(where=where), [*values, segments]

    return view(index, question, Shape(f"by path {segments}", PathRow, (down("backlinks"), Key("path"))), ask)


def broken_links(index: Index, question: Question, defect: Defect | None = None) -> View[BrokenRow]:
    """The linked URLs that are broken or redirect, by their backlinks; of one defect, or of all. ``note`` says how many
    of the linked URLs were ever asked for: of the others nobody knows."""
    chosen = defect.value if defect is not None else "all"

    def ask(duck: duckdb.DuckDBPyConnection, ends: Ends) -> Asked:
        where, values = linked(question, ends)
        return _BROKEN.format(where=where), [*values, chosen, chosen]

    def asked_for(duck: duckdb.DuckDBPyConnection, ends: Ends) -> str:
        if ends.is_empty:
            return asked_of(0, 0)
        where, values = linked(question, ends)
        urls, asked = duck.execute(_ASKED.format(where=where), values).fetchall()[0]
        return asked_of(asked, urls)

    shape = Shape(f"broken {chosen}", BrokenRow, (down("backlinks"), Key("target_url")))
    return view(index, question, shape, ask, asked_for)


def asked_of(asked: int, urls: int) -> str:
    """How many of the linked ``urls`` were ever asked for, in a sentence."""
    if not urls:
        return "No linked URL counts, so there was none to ask for."
    left = urls - asked
    if not left:
        return "The one linked URL was asked for." if urls == 1 else f"All {urls:,} linked URLs were asked for."
    help_ = "'wholinks crawl --check-targets' asks for those on other sites"
    if urls == 1:
        return f"The linked URL was not asked for, so whether it answers is not known ({help_})."
    if not asked:
        return f"None of the {urls:,} linked URLs was asked for, so whether they answer is not known ({help_})."
    others = "the other one answers" if left == 1 else f"the other {left:,} answer"
    were = counted(asked, f"of {urls:,} linked URLs was", f"of {urls:,} linked URLs were")
    return f"{were} asked for; whether {others} is not known ({help_})."


def internal_pages(index: Index, question: Question) -> View[InternalRow]:
    """The target's URLs by the links of its own site to them, of the question's kinds; its other filters and times do
    not apply: of internal links only counts are kept."""

    def ask(duck: duckdb.DuckDBPyConnection, ends: Ends) -> Asked:
        where, values = ends.where()
        return _INTERNAL.format(where=where), [*values, question.kind_mask]

    shape = Shape("internal", InternalRow, (down("links"), down("linking_pages"), Key("target_url")))
    return view(index, question, shape, ask)


def networks(index: Index, question: Question, by: Network = Network.SUBNET) -> View[NetworkRow]:
    """The networks that the target's referring pages were served from, or their TLDs or languages, by referring
    domains."""

    def ask(duck: duckdb.DuckDBPyConnection, ends: Ends) -> Asked:
        where, values = linked(question, ends)
        if by in _LABEL:
            return _LABELS.format(where=where, label=_LABEL[by]), values
        ips = [ip for (ip,) in duck.execute(_ADDRESSES).fetchall()]
        placed = [address_of(ip) if by is Network.IP else network_of(ip) for ip in ips]
        return _NETWORKS.format(where=where), [*values, ips, placed]

    shape = Shape(
        f"networks {by}", NetworkRow, (down("referring_domains"), down("referring_pages"), Key("network"))
    )  # fmt: skip
    return view(index, question, shape, ask)
