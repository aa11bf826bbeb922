"""Who links to rivals and not to you, and who links to all of several sites. Definitions:
docs/metrics-competitors.md."""
# ruff: noqa: S608 - statements are made of this package's constants; whatever a user gives is a parameter

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

import duckdb

from wholinks.index.answers import Coverage, Snapshot
from wholinks.index.ends import Ends
from wholinks.index.known import OBSTACLE
from wholinks.index.queries import Index
from wholinks.index.questions import Question, meant
from wholinks.index.target import Mode, Target
from wholinks.index.totals import fits, linked
from wholinks.index.verdict import Reply
from wholinks.research.competitors.referring import DEFAULT, Rules, mates, named, numbers, refer
from wholinks.research.competitors.relevance import Relevance, relevance
from wholinks.research.scores.authority import scores
from wholinks.research.scores.graph import DomainGraph
from wholinks.storage.errors import UsageError


class Order(StrEnum):
    """What a gap is sorted by, the highest first."""

    OPPORTUNITY = "opportunity"
    AUTHORITY = "authority"
    RIVALS = "rivals"
    RELEVANCE = "relevance"
    BACKLINKS = "backlinks"


@dataclass(frozen=True, slots=True)
class GapRow:
    """A domain that links to rivals. ``links_to_you`` is "no" only where every page known of it (``pages_known``) was
    read to its end; ``pages_unread`` are those that were not. ``opportunity`` = authority × rivals × relevance;
    relevance (0–1) was measured on ``relevance_sites``. ``ask_on`` is its page that links to most rivals. Backlinks are
    those to rivals."""

    domain: str
    opportunity: float
    authority: float
    rivals: int
    relevance: float
    relevance_sites: int
    rivals_linked: tuple[str, ...]
    backlinks: int
    followed: int
    links_to_you: str
    pages_known: int
    pages_unread: int
    ask_on: str


@dataclass(frozen=True, slots=True)
class Gap:
    """Domains by opportunity, or what was asked for. ``proved``, ``unknown`` and ``linking`` count all domains that
    link to enough rivals, by whether they link to you: no, unknown, yes. ``left_out`` are your own other sites,
    ``rivals_left_out`` the rivals that link to enough of the others: nobody asks those. ``usual_relevance`` is that of
    a domain of which nothing speaks for or against it."""

    you: Target
    rivals: tuple[Target, ...]
    min_rivals: int
    proved: int
    unknown: int
    linking: int
    left_out: tuple[str, ...]
    rivals_left_out: tuple[str, ...]
    usual_relevance: float
    rows: tuple[GapRow, ...]
    rows_known: int
    coverage: Coverage
    snapshot: Snapshot


@dataclass(frozen=True, slots=True)
class BacklinksTo:
    """How many backlinks lead to a target."""

    target: str
    backlinks: int


@dataclass(frozen=True, slots=True)
class IntersectRow:
    """A domain that links to all; ``backlinks_each`` are in the order of the targets, ``backlinks`` their sum."""

    domain: str
    authority: float
    backlinks: int
    followed: int
    backlinks_each: tuple[BacklinksTo, ...]


@dataclass(frozen=True, slots=True)
class Intersection:
    """The domains that link to all of ``targets``, by authority."""

    targets: tuple[Target, ...]
    rows: tuple[IntersectRow, ...]
    rows_known: int
    coverage: Coverage
    snapshot: Snapshot


_CANDIDATES: Final = f"""
WITH found AS (
    SELECT source_domain_id, count(*) AS rivals, sum(backlinks)::BIGINT AS backlinks,
           sum(followed)::BIGINT AS followed, list(site ORDER BY site) AS sites
    FROM refers WHERE site > 0 AND source_domain_id NOT IN (SELECT unnest(?))
    GROUP BY source_domain_id HAVING count(*) >= ?),
looked AS (
    SELECT k.domain_id, count(*) AS pages, count(*) FILTER ({OBSTACLE} <> '') AS unread
    FROM known AS k WHERE k.domain_id IN (SELECT source_domain_id FROM found) GROUP BY k.domain_id)
SELECT found.*, domain, coalesce(pages, 0), coalesce(unread, 0),
       source_domain_id IN (SELECT source_domain_id FROM own)
FROM found JOIN domain ON domain.domain_id = source_domain_id LEFT JOIN looked ON looked.domain_id = source_domain_id"""

_REFERRERS: Final = "SELECT domain, count(*) FROM refers JOIN domain ON domain_id = source_domain_id GROUP BY domain"

_ASK_ON: Final = """
WITH linking AS ({linking}), best AS (
    SELECT source_domain_id, source_url_id FROM linking GROUP BY source_domain_id, source_url_id
    QUALIFY row_number() OVER (
        PARTITION BY source_domain_id ORDER BY count(DISTINCT site) DESC, count(*) DESC, source_url_id) = 1)
SELECT source_domain_id, origin || path FROM best JOIN url ON url_id = source_url_id JOIN origin USING (origin_id)"""


def gap(
    index: Index, you: str | Target, rivals: Sequence[str | Target], *, min_rivals: int = 1,
    with_linking: bool = False, sort: Order | str = Order.OPPORTUNITY, rules: Rules = DEFAULT, limit: int | None = None,
) -> Gap:  # fmt: skip
    """The domains that link to at least ``min_rivals`` of ``rivals``, without those that link to ``you`` (unless
    ``with_linking``). Raises :class:`UsageError` for rivals of one site, or your own."""
    order = meant(Order, sort, "sort")
    targets = named(index, [you, *rivals])
    if not rivals:
        raise UsageError("a gap needs a rival: name at least one site besides yours")
    if not 1 <= min_rivals <= len(rivals):
        raise UsageError(f"min rivals: {min_rivals} is not between 1 and {len(rivals)}, the number of rivals")
    own = mates(index, targets[0].domain)
    ours = [target.text for target in targets[1:] if target.domain in own]
    if ours:
        raise UsageError(f"{ours[0]} is in a group with {targets[0].text}: no rival; see 'wholinks group list'")
    return index.translated(lambda: _gap(index, targets, own, min_rivals, with_linking, order, rules, limit))


def _gap(  # noqa: PLR0917 - what was asked
    index: Index, targets: tuple[Target, ...], own: tuple[str, ...], least: int, with_linking: bool, order: Order,
    rules: Rules, limit: int | None,
) -> Gap:  # fmt: skip
    duck, ends = refer(index, targets, rules)
    _own(duck, rules.question(targets[0]), ends[0])
    known = scores(index)
    out = numbers(duck, [targets[0].domain, *own])
    candidates = duck.execute(_CANDIDATES, [out, least]).fetchall()
    near = _near(duck, known.graph, len(targets), [*own, *(target.domain for target in targets)])
    ranked = []
    counts = dict.fromkeys(Reply, 0)
    whole_sites = {target.domain for target in targets[1:] if _is_whole_site(target)}
    rivals_left_out = sorted(domain for *_, domain, _, _, _ in candidates if domain in whole_sites)
    for number, count, backlinks, followed, sites, domain, pages, unread, is_linking in candidates:
        if domain in whole_sites:
            continue
        reply = Reply.YES if is_linking else Reply.NO if pages and not unread else Reply.UNKNOWN
        counts[reply] += 1
        if with_linking or not is_linking:
            authority = known.of(domain) or 0.0
            relevant, near_sites = near.of(known.graph.numbers[domain])
            row = GapRow(
                domain, round(authority * count * relevant, 4), authority, count, relevant, near_sites,
                tuple(targets[site].text for site in sites), backlinks, followed, reply.value, pages, unread, "",
            )  # fmt: skip
            place = -getattr(row, order.value), -row.opportunity, -count, -backlinks, domain
            ranked.append((place, number, row))
    ranked.sort(key=lambda item: item[0])
    shown = ranked[: limit if limit is not None else None]
    pages = _ask_on(duck, rules, targets, ends, [item[1] for item in shown])
    rows = tuple(replace(row, ask_on=pages[number]) for _, number, row in shown)
    return Gap(
        targets[0], targets[1:], least, counts[Reply.NO], counts[Reply.UNKNOWN], counts[Reply.YES], own,
        tuple(rivals_left_out), round(near.usual, 4), rows, len(ranked), index.coverage,
        index.snapshot(rules.question(targets[0])),
    )  # fmt: skip


def _is_whole_site(target: Target) -> bool:
    """Whether a rival is all of its site; of a platform on which it has a part others may be asked."""
    return target.mode is Mode.SUBDOMAINS and target.domain in {target.host, target.host + target.path}


def _near(duck: duckdb.DuckDBPyConnection, graph: DomainGraph, compared: int, out: Sequence[str]) -> Relevance:
    """The relevance of all domains that link to one of the sites."""
    linked = {graph.numbers[name]: count for name, count in duck.execute(_REFERRERS).fetchall()}
    return relevance(graph, linked, compared, [graph.numbers[name] for name in out if name in graph.numbers])


def _own(duck: duckdb.DuckDBPyConnection, question: Question, ends: Ends) -> None:
    """Table ``own``: the domains of which a link to you is known, as :func:`wholinks.index.verdict.does_link` has it:
    those of canonical duplicates too."""
    duck.execute("CREATE TEMP TABLE own (source_domain_id UINTEGER)")
    if not ends.is_empty:
        where, values = ends.where()
        fit, more = fits(question)
        duck.execute(
            "INSERT INTO own SELECT DISTINCT l.source_domain_id FROM link AS l"
            f" WHERE {where} AND (? >> l.kind) & 1 = 1 AND {fit}",
            [*values, question.kind_mask, *more],
        )


def _ask_on(
    duck: duckdb.DuckDBPyConnection, rules: Rules, targets: Sequence[Target], ends: Sequence[Ends], domains: list[int]
) -> dict[int, str]:
    """For each domain its page that links to most rivals, then the one with most links to them, then the first."""
    parts, values = [], []
    for site, (target, end) in enumerate(zip(targets, ends, strict=True)):
        if site and not end.is_empty:
            where, given = linked(rules.question(target), end)
            parts.append(
                f"SELECT {site:d} AS site, l.source_domain_id, l.source_url_id FROM link AS l"
                f" WHERE {where} AND l.source_domain_id IN (SELECT unnest(?))"
            )
            values += [*given, domains]
    if not parts or not domains:
        return {}
    return dict(duck.execute(_ASK_ON.format(linking=" UNION ALL ".join(parts)), values).fetchall())


_ALL: Final = """
SELECT domain, sum(backlinks)::BIGINT, sum(followed)::BIGINT, list(backlinks ORDER BY site)
FROM refers JOIN domain ON domain_id = source_domain_id GROUP BY domain HAVING count(*) = ?"""


def intersect(
    index: Index, given: Sequence[str | Target], *, rules: Rules = DEFAULT, limit: int | None = None
) -> Intersection:
    """The domains that link to all of the sites. Raises :class:`UsageError` for fewer than two, or two of one site."""
    targets = named(index, given)
    if len(targets) < 2:
        raise UsageError("an intersection needs two sites or more")
    return index.translated(lambda: _intersect(index, targets, rules, limit))


def _intersect(index: Index, targets: tuple[Target, ...], rules: Rules, limit: int | None) -> Intersection:
    duck, _ = refer(index, targets, rules)
    known = scores(index)
    rows = [
        IntersectRow(
            domain, known.of(domain) or 0.0, backlinks, followed,
            tuple(BacklinksTo(target.text, count) for target, count in zip(targets, each, strict=True)),
        )
        for domain, backlinks, followed, each in duck.execute(_ALL, [len(targets)]).fetchall()
    ]  # fmt: skip
    rows.sort(key=lambda row: (-row.authority, -row.backlinks, row.domain))
    shown = tuple(rows[: limit if limit is not None else None])
    return Intersection(targets, shown, len(rows), index.coverage, index.snapshot(rules.question(targets[0])))
