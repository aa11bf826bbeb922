"""The ledger: how a number came about, step by step, with the links behind each step (docs/counting.md).

Every step starts from what the step before left, and says what it takes out; the last ones are the totals of the same
question. Links within a site are kept as counts by URL and kind, so the rows behind the first three steps are such
counts; behind the others they are links.
"""
# ruff: noqa: S608 - statements are made of this package's constants; whatever a user gives is a parameter

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple

import duckdb

from wholinks.storage.records import Kind

from .answers import LinkRow, Snapshot, Totals
from .ends import Ends
from .questions import Follow, Question
from .rows import link_rows
from .schema import Mark
from .selection import Condition
from .totals import fits, linked, totals


class Step(StrEnum):
    """The steps in their order. ``FOLLOW_FILTER`` is there only where the question asks for some links (``--follow``,
    filters)."""

    ELEMENTS = "elements"
    KINDS = "kinds"
    EXTERNAL = "external"
    FOLLOW_FILTER = "follow_filter"
    CANONICAL = "canonical"
    REPEATS = "repeats"
    FOLLOW = "follow"


WHAT: Final = {
    Step.ELEMENTS: "link elements that name the target, on any page",
    Step.KINDS: "without kinds that are not counted",
    Step.EXTERNAL: "without those on pages of the target's own site",
    Step.FOLLOW_FILTER: "without those that are not as --follow and the filters ask",
    Step.CANONICAL: "without those that canonical duplicates repeat: the links",
    Step.REPEATS: "without a page's further links to one URL: the backlinks",
    Step.FOLLOW: "without those that have no followed link: the followed ones",
}


COUNTED_BY_URL: Final = frozenset({Step.ELEMENTS, Step.KINDS, Step.EXTERNAL})
"""The steps whose rows are :class:`ElementRow`."""


@dataclass(frozen=True, slots=True)
class ElementRow:
    """Link elements of one kind that name one URL; ``internal`` of the ``links`` are on pages of the URL's own site."""

    target_url: str
    kind: str
    links: int
    internal: int


@dataclass(frozen=True, slots=True)
class LedgerStep:
    """``before`` = ``taken_out`` + ``after``. ``unit`` is what is taken out: links, or backlinks in the last step.

    ``by_kind`` has what :attr:`Step.KINDS` took out, kind by kind, and at :attr:`Step.ELEMENTS` what there is.
    """

    name: Step
    what: str
    unit: str
    before: int
    taken_out: int
    after: int
    by_kind: dict[str, int]


@dataclass(frozen=True, slots=True)
class Ledger:
    """All steps of one question. ``totals`` is what ``who_links_to`` answers.

    ``rows`` are what is behind ``step``, if one was asked for: what it took out (a backlink's links are all shown); of
    :attr:`Step.ELEMENTS`, which takes out none, what it begins with. ``rows_known`` counts them without a limit.
    ``without_schemes``: how many the backlinks would be if http and https were one, at the page and at the target.
    """

    question: Question
    steps: tuple[LedgerStep, ...]
    totals: Totals
    without_schemes: int
    step: Step | None
    rows: tuple[ElementRow | LinkRow, ...]
    rows_known: int
    snapshot: Snapshot


_COUNTS: Final = """
WITH told AS (SELECT l.kind, l.dup_kinds, ({fits}) AS is_fit FROM link AS l WHERE {where})
SELECT kind, count(*), count(*) FILTER (WHERE is_fit), count(*) FILTER (WHERE is_fit AND dup_kinds & ? = 0)
FROM told GROUP BY kind"""

_INTERNAL: Final = "SELECT l.kind, sum(l.links)::BIGINT FROM internal AS l WHERE {where} GROUP BY l.kind"

_ELEMENTS: Final = """
WITH element AS (
    SELECT l.target_url_id, l.kind, 0 AS internal, count(*) AS external FROM link AS l WHERE {where} GROUP BY ALL
    UNION ALL SELECT l.target_url_id, l.kind, l.links, 0 FROM internal AS l WHERE {where}),
summed AS (
    SELECT target_url_id, kind, sum(internal)::BIGINT AS internal, sum(internal + external)::BIGINT AS links
    FROM element WHERE {chosen} GROUP BY ALL HAVING {behind})
SELECT {columns} FROM summed JOIN url ON url.url_id = target_url_id JOIN origin USING (origin_id)"""

_ELEMENT_COLUMNS: Final = "origin.origin || url.path AS target_url, kind, links, internal"


# A URL without its scheme; a port that is named keeps it apart.
_WITHOUT_SCHEMES: Final = """
WITH pair AS (SELECT DISTINCT l.source_url_id, l.target_url_id FROM link AS l WHERE {where}),
named AS (
    SELECT url_id, md5_number(substr(origin.origin || url.path, if(is_https, 9, 8))) AS name
    FROM url JOIN origin USING (origin_id)
    WHERE url_id IN (SELECT source_url_id FROM pair UNION SELECT target_url_id FROM pair))
SELECT count(DISTINCT (source.name, target.name))
FROM pair JOIN named AS source ON source.url_id = source_url_id JOIN named AS target ON target.url_id = target_url_id"""


class Count(NamedTuple):
    """Links of one kind: all elements, the external ones, those of them as --follow asks, and of these those of no
    canonical duplicate."""

    elements: int = 0
    external: int = 0
    fitting: int = 0
    counted: int = 0


def steps(duck: duckdb.DuckDBPyConnection, question: Question, ends: Ends) -> tuple[tuple[LedgerStep, ...], Totals]:
    """The ledger of a question, and its totals."""
    counts = _counts(duck, question, ends)
    kinds = {kind.name.lower(): count.elements for kind, count in counts.items()}
    left_out = {kind.name.lower(): counts[kind].elements for kind in counts if kind not in question.kinds}
    found = totals(duck, question, ends)
    everything = sum(kinds.values())
    chosen = [count for kind, count in counts.items() if kind in question.kinds]
    left = [
        (Step.ELEMENTS, everything, kinds),
        (Step.KINDS, sum(count.elements for count in chosen), left_out),
        (Step.EXTERNAL, sum(count.external for count in chosen), {}),
        (Step.FOLLOW_FILTER, sum(count.fitting for count in chosen), {}),
        (Step.CANONICAL, sum(count.counted for count in chosen), {}),
        (Step.REPEATS, found.backlinks, {}),
        (Step.FOLLOW, found.followed, {}),
    ]
    made = []
    before = everything
    for step, after, by_kind in left:
        if step is Step.FOLLOW_FILTER and question.follow is Follow.ALL and not question.filters:
            continue
        unit = "backlinks" if step is Step.FOLLOW else "links"
        made.append(LedgerStep(step, WHAT[step], unit, before, before - after, after, by_kind))
        before = after
    return tuple(made), found


def without_schemes(duck: duckdb.DuckDBPyConnection, question: Question, ends: Ends) -> int:
    """The question's backlinks, those that differ in http and https alone counted once."""
    if ends.is_empty:
        return 0
    where, values = linked(question, ends)
    return int(duck.execute(_WITHOUT_SCHEMES.format(where=where), values).fetchall()[0][0])


def _counts(duck: duckdb.DuckDBPyConnection, question: Question, ends: Ends) -> dict[Kind, Count]:
    if ends.is_empty:
        return {}
    where, values = ends.where()
    fit, fit_values = fits(question)
    counted = duck.execute(_COUNTS.format(fits=fit, where=where), [*fit_values, *values, question.kind_mask]).fetchall()
    internal = dict(duck.execute(_INTERNAL.format(where=where), values).fetchall())
    external = {kind: (all_, fit, left) for kind, all_, fit, left in counted}
    found = {}
    for kind in sorted({*internal, *external}):
        all_, fit, left = external.get(kind, (0, 0, 0))
        found[Kind(kind)] = Count(all_ + internal.get(kind, 0), all_, fit, left)
    return found


def rows_behind(
    duck: duckdb.DuckDBPyConnection, question: Question, ends: Ends, step: Step, limit: int | None
) -> tuple[ElementRow | LinkRow, ...]:
    """What a step took out."""
    if ends.is_empty or limit == 0:
        return ()
    if step in COUNTED_BY_URL:
        statement, values = _elements(question, ends, step, _ELEMENT_COLUMNS)
        order = "ORDER BY links DESC, target_url, kind LIMIT ?"
        found = duck.execute(f"{statement} {order}", [*values, 2**62 if limit is None else limit]).fetchall()
        return tuple(ElementRow(url, Kind(kind).name.lower(), links, internal) for url, kind, links, internal in found)
    where, values = _taken_out(question, ends, step)
    return tuple(link_rows(duck, where, values, limit))


def count_behind(duck: duckdb.DuckDBPyConnection, question: Question, ends: Ends, step: Step) -> int:
    """How many rows that is."""
    if ends.is_empty:
        return 0
    if step in COUNTED_BY_URL:
        statement, values = _elements(question, ends, step, "count(*)")
    else:
        where, values = _taken_out(question, ends, step)
        statement = f"SELECT count(*) FROM link AS l WHERE {where}"
    return int(duck.execute(statement, values).fetchall()[0][0])


def _elements(question: Question, ends: Ends, step: Step, columns: str) -> Condition:
    """The statement for the elements that a step took out, by URL and kind."""
    where, values = ends.where()
    is_counted = f"{question.kind_mask:d} >> kind & 1 = 1"
    chosen = {Step.ELEMENTS: "true", Step.KINDS: f"NOT ({is_counted})", Step.EXTERNAL: is_counted}[step]
    behind = "sum(internal) > 0" if step is Step.EXTERNAL else "true"
    return _ELEMENTS.format(where=where, chosen=chosen, behind=behind, columns=columns), [*values, *values]


def _taken_out(question: Question, ends: Ends, step: Step) -> Condition:
    """The condition on ``link AS l`` that a step took the link out."""
    where, values = ends.where()
    mask, kind = question.kind_mask, "(? >> l.kind) & 1 = 1"
    fit, fit_values = fits(question)
    match step:
        case Step.FOLLOW_FILTER:
            return f"{where} AND {kind} AND NOT ({fit})", [*values, mask, *fit_values]
        case Step.CANONICAL:
            return f"{where} AND {kind} AND {fit} AND l.dup_kinds & ? <> 0", [*values, mask, *fit_values, mask]
    counts, counted_values = linked(question, ends)
    # In a subquery the same alias is the subquery's own.
    pairs = f"FROM link AS l WHERE {counts} GROUP BY l.source_url_id, l.target_url_id"
    if step is Step.REPEATS:
        rest = f"l.rowid NOT IN (SELECT min(l.rowid) {pairs})"
    else:
        unfollowed = f"HAVING bit_or(l.follow) & {Mark.FOLLOWED:d} = 0"
        rest = f"(l.source_url_id, l.target_url_id) IN (SELECT l.source_url_id, l.target_url_id {pairs} {unfollowed})"
    return f"{counts} AND {rest}", [*counted_values, *counted_values]
