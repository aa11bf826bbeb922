"""Views of a target's links that group them otherwise than :class:`wholinks.index.questions.By` does.

Which links count is the question's (kinds, follow, filters, time), as everywhere; what is counted of a group is counted
in it, never summed over rows.
"""
# ruff: noqa: S608 - statements are made of this package's constants; whatever a user gives is a parameter

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from ipaddress import ip_address, ip_network
from typing import Any, Final, Generic, TypeVar

import duckdb

from wholinks.index.answers import Coverage, Snapshot
from wholinks.index.counting import PAIRS
from wholinks.index.ends import Ends
from wholinks.index.queries import Index
from wholinks.index.questions import Question
from wholinks.index.rows import moment
from wholinks.index.schema import Mark
from wholinks.index.target import Target
from wholinks.index.totals import linked
from wholinks.storage.errors import UsageError
from wholinks.storage.records import Placement

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class View(Generic[Row]):
    """``rows`` are cut by the question's limit, ``rows_known`` is how many there are. ``note`` says what the rows stand
    on besides; empty where there is nothing to say."""

    target: Target
    rows: tuple[Row, ...]
    rows_known: int
    note: str
    coverage: Coverage
    snapshot: Snapshot


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
    """One address, or the addresses near it: /24 of IPv4, /48 of IPv6."""

    IP = "ip"
    SUBNET = "subnet"


@dataclass(frozen=True, slots=True)
class NetworkRow:
    """Where referring pages were served from, at their last fetch; ``network`` is None where no address is known."""

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
           arg_min(number, (follow & {Mark.FOLLOWED:d} = 0, place, source_url_id, target_url_id, ordinal)) AS number
    FROM counted GROUP BY {{keys}})
SELECT count(*) OVER (), domain.domain, source_origin.origin || source.path, target_origin.origin || target.path,
       l.anchor_text, l.placement, backlinks, links, referring_pages, followed, seen_at, last_at
FROM shown JOIN link AS l ON l.rowid = shown.number
JOIN domain ON domain.domain_id = l.source_domain_id
JOIN url AS source ON source.url_id = l.source_url_id
JOIN origin AS source_origin ON source_origin.origin_id = source.origin_id
JOIN url AS target ON target.url_id = l.target_url_id
JOIN origin AS target_origin ON target_origin.origin_id = target.origin_id
ORDER BY backlinks DESC, links DESC, l.source_domain_id, shown.number"""

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
SELECT count(*) OVER (), if(contains(key, '/'), key, key || '/') AS path,
       count(DISTINCT target_url_id)::BIGINT AS urls, {_MEASURES}
FROM pair JOIN parted ON url_id = target_url_id GROUP BY key ORDER BY backlinks DESC, path"""

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
SELECT count(*) OVER (), origin.origin || url.path AS target, defect, nullif(status, 0), coalesce(reason, ''),
       end_origin.origin || end_url.path, asked_at, backlinks, links, referring_pages, referring_domains, followed
FROM defective JOIN url ON url.url_id = target_url_id JOIN origin ON origin.origin_id = url.origin_id
LEFT JOIN url AS end_url ON end_url.url_id = final_url_id
LEFT JOIN origin AS end_origin ON end_origin.origin_id = end_url.origin_id
WHERE ? = 'all' OR defect = ? ORDER BY backlinks DESC, target"""

_ASKED: Final = f"""{_LINKED}
known AS (SELECT url_id FROM asked UNION SELECT url_id FROM redirect)
SELECT count(*), count(*) FILTER (target_url_id IN (SELECT url_id FROM known)) FROM grouped"""

_INTERNAL: Final = f"""
WITH grouped AS (
    SELECT l.target_url_id, sum(l.links)::BIGINT AS links, count(DISTINCT l.source_url_id)::BIGINT AS pages,
           count(DISTINCT l.source_url_id) FILTER (l.follow & {Mark.FOLLOWED:d} <> 0)::BIGINT AS followed
    FROM internal AS l WHERE {{where}} AND (? >> l.kind) & 1 = 1 GROUP BY l.target_url_id)
SELECT count(*) OVER (), origin.origin || url.path AS target, links, pages, followed
FROM grouped JOIN url ON url.url_id = target_url_id JOIN origin USING (origin_id)
ORDER BY links DESC, pages DESC, target"""

_ADDRESSES: Final = "SELECT DISTINCT coalesce(remote_ip, '') FROM page"

_NETWORKS: Final = f"""
WITH counted AS (SELECT * FROM link AS l WHERE {{where}}),
pair AS ({PAIRS.format(keys="source_domain_id, ")}),
placed AS (SELECT unnest(?::VARCHAR[]) AS ip, unnest(?::VARCHAR[]) AS network)
SELECT count(*) OVER (), network, count(DISTINCT nullif(ip, ''))::BIGINT AS ips, {_MEASURES}
FROM pair JOIN page ON page.url_id = source_url_id JOIN placed ON placed.ip = coalesce(page.remote_ip, '')
GROUP BY network ORDER BY referring_domains DESC, referring_pages DESC, network NULLS LAST"""


def grouped_backlinks(index: Index, question: Question, group: Group) -> View[GroupedRow]:
    """A row for each group of the question's backlinks, the largest first. In ``Group.SIMILAR`` a backlink may be in
    several rows: in one for each way its links differ."""
    is_similar = group is Group.SIMILAR

    def ask(duck: duckdb.DuckDBPyConnection, ends: Ends) -> tuple[tuple[GroupedRow, ...], int, str]:
        where, values = linked(question, ends)
        statement = _GROUPED.format(
            where=where, keys=_KEYS[group], joins=_FINGERPRINT if is_similar else "",
            fingerprint=", e.path_fingerprint AS fingerprint" if is_similar else "",
        )  # fmt: skip
        found, known = _fetch(duck, question, statement, values)
        return tuple(_grouped_row(row) for row in found), known, ""

    return _view(index, question, ask)


def _grouped_row(row: tuple[Any, ...]) -> GroupedRow:
    domain, source, target, anchor, placement, backlinks, links, pages, followed, first, last = row
    return GroupedRow(
        domain, source, target, anchor, Placement(placement).name.lower(), backlinks, links, pages, followed,
        moment(first), moment(last),
    )  # fmt: skip


def linked_paths(index: Index, question: Question, segments: int) -> View[PathRow]:
    """The target's linked URLs, grouped by the first ``segments`` (1 or more) segments of their paths."""
    if segments < 1:
        raise UsageError("by path: at least one segment; without it each URL is a row")

    def ask(duck: duckdb.DuckDBPyConnection, ends: Ends) -> tuple[tuple[PathRow, ...], int, str]:
        where, values = linked(question, ends)
        found, known = _fetch(duck, question, _PATHS.format(where=where), [*values, segments])
        return tuple(PathRow(*row) for row in found), known, ""

    return _view(index, question, ask)


def broken_links(index: Index, question: Question, defect: Defect | None = None) -> View[BrokenRow]:
    """The linked URLs that are broken or redirect, by their backlinks; of one defect, or of all. ``note`` says how many
    of the linked URLs were ever asked for: of the others nobody knows."""

    def ask(duck: duckdb.DuckDBPyConnection, ends: Ends) -> tuple[tuple[BrokenRow, ...], int, str]:
        where, values = linked(question, ends)
        chosen = defect.value if defect is not None else "all"
        found, known = _fetch(duck, question, _BROKEN.format(where=where), [*values, chosen, chosen])
        urls, asked = duck.execute(_ASKED.format(where=where), values).fetchall()[0]
        note = f"{asked:,} of {urls:,} linked URLs were asked for; whether the others answer is not known."
        return tuple(_broken_row(row) for row in found), known, note

    return _view(index, question, ask, "No URL of the target is linked.")


def _broken_row(row: tuple[Any, ...]) -> BrokenRow:
    url, defect, status, reason, final, asked_at, *measures = row
    return BrokenRow(url, defect, status, reason, final, moment(asked_at) if asked_at else None, *measures)


def internal_pages(index: Index, question: Question) -> View[InternalRow]:
    """The target's URLs by the links of its own site to them, of the question's kinds; its other filters and times do
    not apply: of internal links only counts are kept."""

    def ask(duck: duckdb.DuckDBPyConnection, ends: Ends) -> tuple[tuple[InternalRow, ...], int, str]:
        where, values = ends.where()
        found, known = _fetch(duck, question, _INTERNAL.format(where=where), [*values, question.kind_mask])
        return tuple(InternalRow(*row) for row in found), known, ""

    return _view(index, question, ask)


def networks(index: Index, question: Question, by: Network = Network.SUBNET) -> View[NetworkRow]:
    """The networks that the target's referring pages were served from, by referring domains."""

    def ask(duck: duckdb.DuckDBPyConnection, ends: Ends) -> tuple[tuple[NetworkRow, ...], int, str]:
        where, values = linked(question, ends)
        ips = [ip for (ip,) in duck.execute(_ADDRESSES).fetchall()]
        placed = [network_of(ip, by) for ip in ips]
        found, known = _fetch(duck, question, _NETWORKS.format(where=where), [*values, ips, placed])
        return tuple(_network_row(row) for row in found), known, ""

    return _view(index, question, ask)


def _network_row(row: tuple[Any, ...]) -> NetworkRow:
    network, ips, backlinks, links, pages, domains, followed = row
    return NetworkRow(network, ips, domains, pages, backlinks, links, followed)


def network_of(ip: str, by: Network) -> str | None:
    """The network that an address lies in; None where it is none. An IPv4 address mapped into IPv6 is read as IPv4."""
    try:
        address = ip_address(ip)
    except ValueError:
        return None
    address = getattr(address, "ipv4_mapped", None) or address
    if by is Network.IP:
        return str(address)
    return str(ip_network(f"{address}/{24 if address.version == 4 else 48}", strict=False))


def _fetch(
    duck: duckdb.DuckDBPyConnection, question: Question, statement: str, values: list[Any]
) -> tuple[list[tuple[Any, ...]], int]:
    """The rows of a statement whose first column counts them all, without it, and that count."""
    wanted = question.limit if question.limit is not None else 2**62
    cut = [max(wanted, 1), question.offset]
    rows = duck.execute(f"{statement} LIMIT ? OFFSET ?", [*values, *cut]).fetchall()
    return [row[1:] for row in rows[:wanted]], rows[0][0] if rows else 0


def _view(
    index: Index,
    question: Question,
    ask: Callable[[duckdb.DuckDBPyConnection, Ends], tuple[tuple[Row, ...], int, str]],
    note: str = "",
) -> View[Row]:
    def answered() -> View[Row]:
        duck, ends = index.ask(question)
        rows, known, said = ((), 0, note) if ends.is_empty else ask(duck, ends)
        return View(question.asked, rows, known, said, index.coverage, index.snapshot(question))

    return index.translated(answered)
