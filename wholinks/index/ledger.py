"""The ledger: how a number came about, step by step, with the links behind each step (docs/counting.md).

Every step starts from what the step before left, and says what it takes out; the last ones are the totals of the same
question. The index has links between sites only, so the ledger begins with those.
"""
# ruff: noqa: S608 - statements are made of this package's constants; whatever a user gives is a parameter

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import duckdb

from wholinks.storage.records import Kind

from .answers import LinkRow, Snapshot, Totals
from .ends import Ends
from .questions import Follow, Question
from .rows import link_rows
from .schema import Mark
from .totals import linked, totals


class Step(StrEnum):
    """The steps in their order. ``FOLLOW_FILTER`` is there only where the question asks for some links (--follow)."""

    EXTERNAL = "external"
    KINDS = "kinds"
    FOLLOW_FILTER = "follow_filter"
    CANONICAL = "canonical"
    REPEATS = "repeats"
    FOLLOW = "follow"


WHAT: Final = {
    Step.EXTERNAL: "link elements of all kinds on pages of other sites that name the target",
    Step.KINDS: "links of kinds that are not counted are left out",
    Step.FOLLOW_FILTER: "links that are not as --follow asks are left out",
    Step.CANONICAL: "links of duplicates whose canonical page carries one too are left out: what remains are the links",
    Step.REPEATS: "a page's further links to one URL are left out: what remains are the backlinks",
    Step.FOLLOW: "backlinks without a followed link are set apart: what remains are the followed ones",
}


@dataclass(frozen=True, slots=True)
class LedgerStep:
    """``before`` = ``taken_out`` + ``after``. ``unit`` is what is taken out: links, or backlinks in the last step.

    ``by_kind`` has what :attr:`Step.KINDS` took out, kind by kind, and at :attr:`Step.EXTERNAL` what there is.
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

    ``rows`` are the links behind ``step``, if one was asked for: those it took out (a backlink's are all shown); of
    :attr:`Step.EXTERNAL`, which takes out none, those it begins with.
    """

    question: Question
    steps: tuple[LedgerStep, ...]
    totals: Totals
    step: Step | None
    rows: tuple[LinkRow, ...]
    rows_known: int
    snapshot: Snapshot


_COUNTS: Final = """
SELECT l.kind, count(*), count(*) FILTER (WHERE {follow}), count(*) FILTER (WHERE {follow} AND l.dup_kinds & ? = 0)
FROM link AS l WHERE {where} GROUP BY l.kind ORDER BY l.kind"""


def steps(
    duck: duckdb.DuckDBPyConnection, question: Question, ends: Ends
) -> tuple[tuple[LedgerStep, ...], Totals]:
    """The ledger of a question, and its totals."""
    counts = _counts(duck, question, ends)
    kinds = {kind.name.lower(): all_ for kind, (all_, _, _) in counts.items()}
    left_out = {kind.name.lower(): counts[kind][0] for kind in counts if kind not in question.kinds}
    found = totals(duck, question, ends)
    external = sum(all_ for all_, _, _ in counts.values())
    chosen = [count for kind, count in counts.items() if kind in question.kinds]
    left = [
        (Step.EXTERNAL, external, kinds),
        (Step.KINDS, sum(all_ for all_, _, _ in chosen), left_out),
        (Step.FOLLOW_FILTER, sum(fit for _, fit, _ in chosen), {}),
        (Step.CANONICAL, sum(counted for _, _, counted in chosen), {}),
        (Step.REPEATS, found.backlinks, {}),
        (Step.FOLLOW, found.followed, {}),
    ]
    made = []
    before = external
    for step, after, by_kind in left:
        if step is Step.FOLLOW_FILTER and question.follow is Follow.ALL:
            continue
        unit = "backlinks" if step is Step.FOLLOW else "links"
        made.append(LedgerStep(step, WHAT[step], unit, before, before - after, after, by_kind))
        before = after
    return tuple(made), found


def _counts(duck: duckdb.DuckDBPyConnection, question: Question, ends: Ends) -> dict[Kind, tuple[int, int, int]]:
    """By kind: all links, those that are as --follow asks, those of them that are no duplicate's."""
    if ends.is_empty:
        return {}
    where, values = ends.where()
    marks = question.follow.marks
    follow = f"l.follow & {marks:d} <> 0" if marks else "true"
    rows = duck.execute(_COUNTS.format(follow=follow, where=where), [question.kind_mask, *values]).fetchall()
    return {Kind(kind): (all_, fit, counted) for kind, all_, fit, counted in rows}


def rows_behind(
    duck: duckdb.DuckDBPyConnection, question: Question, ends: Ends, step: Step, limit: int | None
) -> tuple[LinkRow, ...]:
    """The links that a step took out."""
    if ends.is_empty or limit == 0:
        return ()
    where, values = _taken_out(question, ends, step)
    return tuple(link_rows(duck, where, values, limit))


def count_behind(duck: duckdb.DuckDBPyConnection, question: Question, ends: Ends, step: Step) -> int:
    """How many they are."""
    if ends.is_empty:
        return 0
    where, values = _taken_out(question, ends, step)
    return int(duck.execute(f"SELECT count(*) FROM link AS l WHERE {where}", values).fetchall()[0][0])


def _taken_out(question: Question, ends: Ends, step: Step) -> tuple[str, list[object]]:
    """The condition on ``link AS l`` that a step took the link out."""
    where, values = ends.where()
    mask, marks = question.kind_mask, question.follow.marks
    kind, is_marked = "(? >> l.kind) & 1 = 1", f"l.follow & {marks:d} <> 0" if marks else "true"
    match step:
        case Step.EXTERNAL:
            return where, values
        case Step.KINDS:
            return f"{where} AND NOT {kind}", [*values, mask]
        case Step.FOLLOW_FILTER:
            return f"{where} AND {kind} AND NOT ({is_marked})", [*values, mask]
        case Step.CANONICAL:
            return f"{where} AND {kind} AND {is_marked} AND l.dup_kinds & ? <> 0", [*values, mask, mask]
    counts, counted_values = linked(question, ends)
    # In a subquery the same alias is the subquery's own.
    pairs = f"FROM link AS l WHERE {counts} GROUP BY l.source_url_id, l.target_url_id"
    if step is Step.REPEATS:
        rest = f"l.rowid NOT IN (SELECT min(l.rowid) {pairs})"
    else:
        unfollowed = f"HAVING bit_or(l.follow) & {Mark.FOLLOWED:d} = 0"
        rest = f"(l.source_url_id, l.target_url_id) IN (SELECT l.source_url_id, l.target_url_id {pairs} {unfollowed})"
    return f"{counts} AND {rest}", [*counted_values, *counted_values]
