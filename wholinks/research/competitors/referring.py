"""The referring domains of several targets at once, as a table ``refers`` of a session: (site, source_domain_id,
backlinks, followed), ``site`` the place of a target among those asked about.

Sites of one group of the user's own are no sources for each other; neither is a site for itself.
"""
# ruff: noqa: S608 - statements are made of this package's constants; whatever a user gives is a parameter

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import duckdb

from wholinks.index.counting import MARKED, PAIRS
from wholinks.index.ends import Ends
from wholinks.index.queries import Index
from wholinks.index.questions import Follow, Question
from wholinks.index.target import Target
from wholinks.index.totals import linked
from wholinks.notes.groups import groups
from wholinks.storage.errors import UsageError
from wholinks.storage.records import COUNTED_KINDS, Kind


@dataclass(frozen=True, slots=True)
class Rules:
    """Which links count, for all targets alike."""

    follow: Follow = Follow.ALL
    kinds: frozenset[Kind] = COUNTED_KINDS

    def question(self, target: Target) -> Question:
        """The question about a target by these rules."""
        return Question(target, follow=self.follow, kinds=self.kinds)

    @property
    def is_default(self) -> bool:
        """Whether the links that count are those that ``pair`` was counted from."""
        return self == DEFAULT


DEFAULT: Final = Rules()


def named(index: Index, given: Sequence[str | Target]) -> tuple[Target, ...]:
    """The targets, of which no two may be of one site. Raises :class:`UsageError`."""
    found = tuple(index.target(one) if isinstance(one, str) else one for one in given)
    seen: dict[str, str] = {}
    for target in found:
        if target.domain in seen:
            raise UsageError(
                f"{seen[target.domain]} and {target.text} are one site ({target.domain}); compare different sites"
            )
        seen[target.domain] = target.text
    return found


def mates(index: Index, domain: str) -> tuple[str, ...]:
    """The other sites of the groups that a domain is in, by name."""
    own = {other for group in groups(index.folder) if domain in group.domains for other in group.domains}
    return tuple(sorted(own - {domain}))


def numbers(duck: duckdb.DuckDBPyConnection, domains: Sequence[str]) -> list[int]:
    """The numbers of those domains that the index knows."""
    rows = duck.execute("SELECT domain_id FROM domain WHERE domain IN (SELECT unnest(?))", [list(domains)]).fetchall()
    return [number for (number,) in rows]


def refer(
    index: Index, targets: Sequence[Target], rules: Rules = DEFAULT
) -> tuple[duckdb.DuckDBPyConnection, list[Ends]]:
    """A session with the table, and the ends of each target."""
    duck = index.session()
    duck.execute("""
        CREATE TEMP TABLE refers (site UINTEGER, source_domain_id UINTEGER, backlinks BIGINT, followed BIGINT)""")
    found = []
    for site, target in enumerate(targets):
        question = rules.question(target)
        ends = index.ask(question)[1]
        found.append(ends)
        if not ends.is_empty:
            _fill(duck, site, question, ends, numbers(duck, mates(index, target.domain)))
    return duck, found


def _fill(duck: duckdb.DuckDBPyConnection, site: int, question: Question, ends: Ends, out: list[int]) -> None:
    if question.is_default and ends.whole_domain is not None:
        duck.execute(
            "INSERT INTO refers SELECT ?, source_domain_id, backlinks, followed FROM pair"
            " WHERE target_domain_id = ? AND source_domain_id NOT IN (SELECT unnest(?))",
            [site, ends.whole_domain, out],
        )
        return
    where, values = linked(question, ends)
    duck.execute(
        f"WITH counted AS (SELECT * FROM link AS l WHERE {where}),"
        f" pair AS ({PAIRS.format(keys='source_domain_id, ')})"
        f" INSERT INTO refers SELECT ?, source_domain_id, backlinks, followed FROM"
        f" (SELECT source_domain_id, count(*) AS backlinks, {MARKED} FROM pair GROUP BY source_domain_id)"
        f" WHERE source_domain_id NOT IN (SELECT unnest(?))",
        [*values, site, out],
    )
