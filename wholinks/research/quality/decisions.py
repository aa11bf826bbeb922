"""How many decisions stand behind links: a footer is one, however many pages it is on (docs/metrics-quality.md)."""
# ruff: noqa: S608 - statements are made of constants; whatever a user gives is a parameter

from dataclasses import dataclass
from typing import Any, Final

import duckdb

from wholinks.index.answers import Coverage, Snapshot
from wholinks.index.queries import Index
from wholinks.index.questions import Question
from wholinks.index.totals import linked
from wholinks.storage.records import Outcome, Placement

LEAST_SHARE: Final = 0.3
LEAST_PAGES: Final = 3

# The group of a template goes by the site linked, so that "share this page" is one; all others go by the URL too.
_DECIDED: Final = f"""
CREATE TEMP TABLE decided AS
WITH written AS (
    SELECT l.source_domain_id, l.target_domain_id, l.target_url_id, l.source_url_id, l.anchor_text, l.placement,
           page.outcome = {Outcome.PAGE:d} AS is_page, coalesce(e.path_fingerprint, 0) AS path
    FROM link AS l JOIN page ON page.url_id = l.source_url_id
    LEFT JOIN opening ON opening.opening_id = l.opening_id
    LEFT JOIN evidence AS e ON e.fetch_id = coalesce(opening.fetch_id, page.fetch_id) AND e.ordinal = l.ordinal
    WHERE {{where}}),
fetched AS (
    SELECT domain_id, count(*) AS fetched FROM page WHERE outcome = {Outcome.PAGE:d}
    AND domain_id IN (SELECT source_domain_id FROM written) GROUP BY domain_id),
alike AS (
    SELECT source_domain_id, target_domain_id, anchor_text, placement, path,
           count(DISTINCT source_url_id) FILTER (is_page) AS on_pages
    FROM written GROUP BY ALL),
judged AS (
    SELECT alike.*, coalesce(fetched, 0) AS fetched,
           on_pages >= {LEAST_PAGES} AND on_pages >= {LEAST_SHARE} * coalesce(fetched, 0) AS is_template
    FROM alike LEFT JOIN fetched ON domain_id = source_domain_id)
SELECT source_domain_id, target_domain_id, anchor_text, placement, path, is_template, fetched,
       CASE WHEN NOT is_template THEN target_url_id END AS linked_url_id,
       count(*) AS links, count(DISTINCT source_url_id) AS pages, min(source_url_id) AS example_id
FROM written JOIN judged USING (source_domain_id, target_domain_id, anchor_text, placement, path) GROUP BY ALL"""

_BY_DOMAIN: Final = """
SELECT domain, any_value(fetched), sum(links)::BIGINT AS all_links,
       count(*) FILTER (is_template), coalesce(sum(links) FILTER (is_template), 0)::BIGINT,
       count(*) FILTER (NOT is_template), coalesce(sum(links) FILTER (NOT is_template), 0)::BIGINT
FROM decided JOIN domain ON domain_id = source_domain_id GROUP BY domain ORDER BY all_links DESC, domain LIMIT ?"""

_DECISIONS: Final = """
SELECT source.domain, is_template, anchor_text,
       coalesce(origin.origin || url.path, target.domain), placement, links, pages, fetched,
       example_origin.origin || example.path
FROM decided JOIN domain AS source ON source.domain_id = source_domain_id
JOIN domain AS target ON target.domain_id = target_domain_id
LEFT JOIN url ON url.url_id = linked_url_id LEFT JOIN origin ON origin.origin_id = url.origin_id
JOIN url AS example ON example.url_id = example_id
JOIN origin AS example_origin ON example_origin.origin_id = example.origin_id
ORDER BY links DESC, source.domain, 4, anchor_text, placement, decided.path LIMIT ?"""

_TOTALS: Final = """
SELECT count(DISTINCT source_domain_id), coalesce(sum(links), 0)::BIGINT, count(*) FILTER (is_template),
       coalesce(sum(links) FILTER (is_template), 0)::BIGINT, count(*) FILTER (NOT is_template),
       coalesce(sum(links) FILTER (NOT is_template), 0)::BIGINT
FROM decided"""


@dataclass(frozen=True, slots=True)
class Decision:
    """Links that one decision made. ``linked`` is a site for a template, else a URL; ``share`` is ``pages`` of the
    domain's pages that were fetched, None where none was; ``example`` is one of its pages."""

    referring_domain: str
    is_template: bool
    anchor_text: str
    linked: str
    placement: str
    links: int
    pages: int
    share: float | None
    example: str


@dataclass(frozen=True, slots=True)
class DomainDecisions:
    """The decisions of a referring domain. Links add up: ``links`` = ``template_links`` + ``editorial_links``."""

    referring_domain: str
    pages_fetched: int
    links: int
    template_decisions: int
    template_links: int
    editorial_decisions: int
    editorial_links: int


@dataclass(frozen=True, slots=True)
class Decisions:
    """All of it; totals are whole, ``rows`` (decisions) and ``domains`` may be cut. A template stands on at least
    ``least_pages`` pages and ``least_share`` of the domain's fetched pages."""

    target: str
    least_share: float
    least_pages: int
    referring_domains: int
    links: int
    template_decisions: int
    template_links: int
    editorial_decisions: int
    editorial_links: int
    domains: tuple[DomainDecisions, ...]
    rows: tuple[Decision, ...]
    coverage: Coverage
    snapshot: Snapshot


def decisions(index: Index, question: Question) -> Decisions:
    """The decisions behind the links of a question; its ``limit`` cuts rows and domains."""
    return index.translated(lambda: _decisions(index, question))


def _decisions(index: Index, question: Question) -> Decisions:
    duck, ends = index.ask(question)
    counted: list[Any] = [0] * 6
    domains: list[Any] = []
    rows: list[Any] = []
    if not ends.is_empty:
        where, values = linked(question, ends)
        duck.execute(_DECIDED.format(where=where), values)
        cut = [question.limit if question.limit is not None else 2**62]
        counted, domains, rows = _read(duck, cut)
        duck.execute("DROP TABLE decided")
    sources, links, templates, template_links, editorial, editorial_links = counted
    return Decisions(
        question.asked.text, LEAST_SHARE, LEAST_PAGES, sources, links, templates, template_links, editorial,
        editorial_links, tuple(DomainDecisions(*row) for row in domains), tuple(map(_decision, rows)), index.coverage,
        index.snapshot(question),
    )  # fmt: skip


def _read(duck: duckdb.DuckDBPyConnection, cut: list[int]) -> tuple[list[Any], list[Any], list[Any]]:
    totals = list(duck.execute(_TOTALS).fetchall()[0])
    return totals, duck.execute(_BY_DOMAIN, cut).fetchall(), duck.execute(_DECISIONS, cut).fetchall()


def _decision(row: tuple[Any, ...]) -> Decision:
    domain, is_template, anchor, target, placement, links, pages, fetched, example = row
    share = pages / fetched if fetched else None
    return Decision(
        domain, is_template, anchor, target, Placement(placement).name.lower(), links, pages, share, example
    )
