"""Sites that share referring domains with a target. Definitions: docs/metrics-competitors.md."""

from dataclasses import dataclass
from enum import StrEnum
from math import sqrt
from typing import Final

import duckdb

from wholinks.index.answers import Coverage, Snapshot
from wholinks.index.queries import Index
from wholinks.index.questions import meant
from wholinks.index.target import Target
from wholinks.index.totals import filters
from wholinks.notes.groups import groups
from wholinks.research.competitors.referring import DEFAULT, Rules, mates, numbers, refer
from wholinks.research.scores.authority import scores


class Likeness(StrEnum):
    """What rivals are sorted by."""

    SHARED = "shared"
    COSINE = "cosine"
    JACCARD = "jaccard"


@dataclass(frozen=True, slots=True)
class RivalRow:
    """A site with ``shared`` of its ``referring_domains``; ``jaccard`` = shared / either, ``cosine`` = shared /
    √(theirs × the target's), both 0–1."""

    domain: str
    shared: int
    jaccard: float
    cosine: float
    referring_domains: int
    authority: float


@dataclass(frozen=True, slots=True)
class Rivals:
    """The sites that share referring domains with ``target``, which has ``referring_domains``."""

    target: Target
    referring_domains: int
    left_out: tuple[str, ...]
    rows: tuple[RivalRow, ...]
    rows_known: int
    coverage: Coverage
    snapshot: Snapshot


_AHEAD: Final = "SELECT target_domain_id, source_domain_id FROM pair"
_LINKED: Final = "SELECT DISTINCT l.target_domain_id, l.source_domain_id FROM link AS l WHERE {where}"

# A site is no source for those it shares a group with; `mate` has both ways of each pair.
_SHARED: Final = """
WITH theirs AS (
    SELECT target_domain_id, source_domain_id FROM ({linked}) AS linked
    ANTI JOIN mate ON mate.domain_id = target_domain_id AND mate.mate_id = source_domain_id)
SELECT domain, count(refers.source_domain_id) AS shared, count(*) AS referring
FROM theirs LEFT JOIN refers ON refers.source_domain_id = theirs.source_domain_id
JOIN domain ON domain_id = target_domain_id
WHERE target_domain_id NOT IN (SELECT unnest(?))
GROUP BY domain HAVING shared > 0"""


def rivals(
    index: Index, asked: str | Target, *, by: Likeness | str = Likeness.SHARED, rules: Rules = DEFAULT,
    limit: int | None = None,
) -> Rivals:  # fmt: skip
    """The sites that share most referring domains with a target; its own site and group are left out.

    Raises :class:`UsageError`.
    """
    wanted = meant(Likeness, by, "sort")
    target = index.target(asked) if isinstance(asked, str) else asked
    return index.translated(lambda: _rivals(index, target, wanted, rules, limit))


def _rivals(index: Index, target: Target, by: Likeness, rules: Rules, limit: int | None) -> Rivals:
    duck, _ = refer(index, [target], rules)
    own = mates(index, target.domain)
    _mate(index, duck)
    size = int(duck.execute("SELECT count(*) FROM refers").fetchall()[0][0])
    known = scores(index)
    where, values = filters(rules.question(target))
    linked, values = (_AHEAD, []) if rules.is_default else (_LINKED.format(where=where), values)
    out = numbers(duck, [target.domain, *own])
    rows = [
        RivalRow(
            domain, shared, shared / (referring + size - shared), shared / sqrt(referring * size), referring,
            known.of(domain) or 0.0,
        )
        for domain, shared, referring in duck.execute(_SHARED.format(linked=linked), [*values, out]).fetchall()
    ]  # fmt: skip
    rows.sort(key=lambda row: (-getattr(row, by.value), -row.shared, -row.cosine, row.domain))
    shown = tuple(rows[: limit if limit is not None else None])
    return Rivals(target, size, own, shown, len(rows), index.coverage, index.snapshot(rules.question(target)))


def _mate(index: Index, duck: duckdb.DuckDBPyConnection) -> None:
    duck.execute("CREATE TEMP TABLE mate (domain_id UINTEGER, mate_id UINTEGER)")
    for group in groups(index.folder):
        members = numbers(duck, group.domains)
        duck.execute(
            "INSERT INTO mate SELECT a, b FROM (SELECT unnest(?) AS a), (SELECT unnest(?) AS b) WHERE a <> b",
            [members, members],
        )
