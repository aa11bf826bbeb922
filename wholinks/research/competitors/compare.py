"""Several sites side by side. Definitions: docs/metrics-competitors.md."""
# ruff: noqa: S608 - statements are made of this package's constants; whatever a user gives is a parameter

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import duckdb

from wholinks.index.answers import Coverage, Snapshot
from wholinks.index.counting import MARKED, PAIRS
from wholinks.index.ends import Ends
from wholinks.index.queries import Index
from wholinks.index.questions import Question
from wholinks.index.target import Target
from wholinks.index.totals import linked
from wholinks.research.card.bands import band
from wholinks.research.competitors.referring import DEFAULT, Rules, mates, named, numbers
from wholinks.research.growth.events import find_events
from wholinks.research.growth.history import last_day
from wholinks.research.growth.windows import windows
from wholinks.research.scores.authority import scores
from wholinks.storage.errors import UsageError


@dataclass(frozen=True, slots=True)
class CompareRow:
    """A target. ``followed_share`` is 0–1, None without backlinks; gained, discovered and lost are those of the last so
    many days, the day of the build included, as in the windows of ``overview``. Authority and rank are those of its
    domain, None where the index does not know it."""

    target: str
    backlinks: int
    band: str
    links: int
    referring_pages: int
    referring_domains: int
    followed: int
    followed_share: float | None
    gained_30: int
    discovered_30: int
    lost_30: int
    gained_90: int
    discovered_90: int
    lost_90: int
    gained_365: int
    discovered_365: int
    lost_365: int
    authority: float | None
    rank: int | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """A row for each target, in the order they were named."""

    rows: tuple[CompareRow, ...]
    coverage: Coverage
    snapshot: Snapshot


# Of a whole domain without anything to leave out: counted ahead.
_AHEAD: Final = """
SELECT coalesce(sum(backlinks), 0)::BIGINT, coalesce(sum(links), 0)::BIGINT,
       coalesce(sum(referring_pages), 0)::BIGINT, count(*), coalesce(sum(followed), 0)::BIGINT
FROM pair WHERE target_domain_id = ? AND source_domain_id NOT IN (SELECT unnest(?))"""

_COUNTED: Final = f"""
WITH counted AS (
    SELECT * FROM link AS l WHERE {{where}} AND l.source_domain_id NOT IN (SELECT unnest(?)) AND {{also}}),
pair AS ({PAIRS.format(keys="source_domain_id, ")})
SELECT count(*), coalesce(sum(links), 0)::BIGINT, count(DISTINCT source_url_id), count(DISTINCT source_domain_id),
       {MARKED} FROM pair"""


def compare(index: Index, given: Sequence[str | Target], *, rules: Rules = DEFAULT) -> Comparison:
    """The sites side by side. Raises :class:`UsageError` for fewer than two, or two of one site."""
    targets = sides(index, given)
    snapshot = index.snapshot(rules.question(targets[0]))
    return Comparison(tuple(rows(index, targets, rules=rules)), index.coverage, snapshot)


def sides(index: Index, given: Sequence[str | Target]) -> tuple[Target, ...]:
    """The sites of a comparison. Raises :class:`UsageError` as :func:`compare` does."""
    targets = named(index, given)
    if len(targets) < 2:
        raise UsageError("a comparison needs two sites or more")
    return targets


def rows(index: Index, targets: Iterable[Target], *, rules: Rules = DEFAULT) -> Iterator[CompareRow]:
    """The rows alone, one by one: for any number of targets, alike or not."""
    for target in targets:
        yield index.translated(lambda target=target: _row(index, target, rules))  # type: ignore[misc]


def _row(index: Index, target: Target, rules: Rules) -> CompareRow:
    question = rules.question(target)
    duck, ends = index.ask(question)
    out = numbers(duck, mates(index, target.domain))
    backlinks, links, pages, domains, followed = counts(duck, question, ends, out)
    find_events(duck, question, ends)
    if out:
        duck.execute("DELETE FROM event WHERE source_domain_id IN (SELECT unnest(?))", [out])
    month, quarter, year = windows(duck, last_day(index))
    known = scores(index)
    number = known.graph.numbers.get(target.domain)
    return CompareRow(
        target.text, backlinks, band(backlinks), links, pages, domains, followed,
        round(followed / backlinks, 4) if backlinks else None,
        month.gained, month.discovered, month.lost, quarter.gained, quarter.discovered, quarter.lost,
        year.gained, year.discovered, year.lost,
        known.of(target.domain), None if number is None else int(known.rank[number]),
    )  # fmt: skip


def counts(
    duck: duckdb.DuckDBPyConnection, question: Question, ends: Ends, out: list[int], also: str = ""
) -> tuple[int, ...]:  # fmt: skip
    """Backlinks, links, referring pages and domains, followed backlinks, without those of the domains ``out``; of links
    of ``link AS l`` that are ``also`` so, a condition without parameters."""
    if ends.is_empty:
        return (0,) * 5
    if question.is_default and ends.whole_domain is not None and not also:
        return tuple(duck.execute(_AHEAD, [ends.whole_domain, out]).fetchall()[0])
    where, values = linked(question, ends)
    statement = _COUNTED.format(where=where, also=also or "true")
    return tuple(duck.execute(statement, [*values, out]).fetchall()[0][:5])
