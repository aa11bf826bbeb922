"""What would be left of a target without some of its links: authority, rank and counts, before and after."""
# ruff: noqa: S608 - statements are made of this package's constants; whatever a user gives is a parameter

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import duckdb
import numpy as np

from wholinks.index.answers import Coverage, Snapshot
from wholinks.index.counting import MARKED, PAIRS
from wholinks.index.ends import Ends
from wholinks.index.queries import Index
from wholinks.index.questions import Question
from wholinks.index.schema import Mark
from wholinks.index.target import Mode, Target
from wholinks.index.totals import linked
from wholinks.storage.errors import UsageError

from .authority import Method, Scores, scores, unknown

_PREFIX: Final = "domain:"

_COUNTED: Final = f"""
WITH counted AS (SELECT * FROM link AS l WHERE {{where}}), pair AS ({PAIRS.format(keys="source_domain_id, ")})
SELECT count(*), coalesce(sum(links), 0)::BIGINT, count(DISTINCT source_url_id), count(DISTINCT source_domain_id),
       {MARKED} FROM pair"""

_LEFT: Final = "l.source_domain_id NOT IN (SELECT unnest(?)) AND l.source_url_id NOT IN (SELECT url_id FROM gone)"

_STILL: Final = f"""
SELECT DISTINCT l.source_domain_id FROM link AS l WHERE {{where}} AND {_LEFT} AND l.follow & {Mark.FOLLOWED:d} <> 0"""


@dataclass(frozen=True, slots=True)
class WhatIfRow:
    """A measure as it is, and as it would be. ``authority`` and ``percentile`` are 0–100, ``score`` is part of 1."""

    measure: str
    before: float
    after: float
    change: float


@dataclass(frozen=True, slots=True)
class WhatIf:
    """The target's domain without the links of ``domains`` (which then link nowhere), or without those to it that are
    disavowed. ``unused`` are the entries that no link of the target comes from."""

    target: Target
    domains: tuple[str, ...]
    disavowed: int
    unused: tuple[str, ...]
    method: Method
    rows: tuple[WhatIfRow, ...]
    coverage: Coverage
    snapshot: Snapshot


def what_if(
    index: Index, target: str, *, without: Sequence[str] = (), disavow: Iterable[tuple[int, str]] = ()
) -> WhatIf:
    """Take out all links of the domains ``without``, and those to ``target`` that ``disavow`` names: numbered lines,
    ``domain:HOST`` (it and all hosts under it) or the URL of a page.

    Raises :class:`UsageError` for entries that can't be meant, the target's own domain, and a target nobody knows.
    """
    question = Question(index.target(target))
    named = question.asked
    domains = tuple(dict.fromkeys(index.target(text).domain for text in without))
    disavowed = [_entry(index, line, text) for line, text in disavow]
    if not domains and not disavowed:
        raise UsageError("what if what? name domains to take out (--without), or a file with entries (--disavow)")
    own = [text for text, entry in (*((name, name) for name in domains), *((t, e.domain) for t, e in disavowed))
           if entry == named.domain]  # fmt: skip
    if own:
        raise UsageError(f"{own[0]}: a domain's own links are no backlinks of it; leave it out")
    found = scores(index)
    number = found.graph.numbers.get(named.domain)
    if number is None:
        raise UsageError(unknown(named.domain))
    return index.translated(lambda: _what_if(index, question, found, number, domains, disavowed))


def _entry(index: Index, line: int, text: str) -> tuple[str, Target]:
    is_domain = text.lower().startswith(_PREFIX)
    try:
        if is_domain:
            return text, index.target(text[len(_PREFIX) :], mode=Mode.SUBDOMAINS)
        return text, index.target(text, mode=Mode.EXACT)
    except UsageError as error:
        raise UsageError(f"disavow list, line {line}: {error}") from None


def _what_if(  # noqa: PLR0917 - what was asked, and what is known of it
    index: Index, question: Question, found: Scores, number: int, domains: tuple[str, ...],
    disavowed: list[tuple[str, Target]],
) -> WhatIf:  # fmt: skip
    graph = found.graph
    linking = {graph.names[source] for source in graph.sources_of(number)}
    duck, ends = index.ask(question)
    # Pages are given up one by one, whole domains by number.
    duck.execute("CREATE TEMP TABLE gone (url_id UINTEGER)")
    site = replace(question, target=index.target(question.asked.domain, mode=Mode.SUBDOMAINS))
    site_ends = index.ask(site)[1]
    before = _counts(duck, question, ends, [])
    gone_ids = _ids(duck, domains)
    known = _linking(duck, site, site_ends)
    unused = [name for name in domains if name not in known]
    for text, entry in disavowed:
        if entry.domain not in known or not _give_up(index, duck, entry, site, site_ends):
            unused.append(text)
    after = _counts(duck, question, ends, gone_ids)
    where, values = linked(site, site_ends)
    still = {source for (source,) in duck.execute(_STILL.format(where=where), [*values, gone_ids]).fetchall()}
    lost = [graph.numbers[name] for name in linking - _names(duck, still)]
    out = [graph.numbers[name] for name in domains if name in graph.numbers]
    is_gone = np.isin(graph.sources, out) | ((graph.targets == number) & np.isin(graph.sources, lost))
    then = Scores(graph.without(is_gone), found.damping)
    rows = [
        _row("authority", float(found.authority[number]), float(then.authority[number])),
        _row("rank", int(found.rank[number]), int(then.rank[number])),
        _row("percentile", float(found.percentile[number]), float(then.percentile[number])),
        _row("score", float(found.ranking.scores[number]), float(then.ranking.scores[number])),
    ]
    measures = "backlinks", "links", "referring_pages", "referring_domains", "followed"
    rows += [_row(name, old, new) for name, old, new in zip(measures, before, after, strict=True)]
    return WhatIf(
        question.asked, domains, len(disavowed), tuple(unused), then.method, tuple(rows), index.coverage, index.built
    )


def _row(measure: str, before: float, after: float) -> WhatIfRow:
    change = after - before
    return WhatIfRow(measure, before, after, change if isinstance(change, int) or measure == "score"
                     else round(change, 2))  # fmt: skip


def _counts(duck: duckdb.DuckDBPyConnection, question: Question, ends: Ends, gone: list[int]) -> tuple[int, ...]:
    """Backlinks, links, referring pages and domains, followed backlinks, without those that are gone."""
    if ends.is_empty:
        return (0,) * 5
    where, values = linked(question, ends)
    statement = _COUNTED.format(where=f"{where} AND {_LEFT}")
    return tuple(duck.execute(statement, [*values, gone]).fetchall()[0][:5])


def _linking(duck: duckdb.DuckDBPyConnection, question: Question, ends: Ends) -> set[str]:
    """The domains with a link that counts."""
    if ends.is_empty:
        return set()
    where, values = linked(question, ends)
    rows = duck.execute(f"SELECT DISTINCT l.source_domain_id FROM link AS l WHERE {where}", values).fetchall()
    return _names(duck, {number for (number,) in rows})


def _give_up(
    index: Index, duck: duckdb.DuckDBPyConnection, entry: Target, question: Question, ends: Ends
) -> bool:  # fmt: skip
    """Note the pages of a disavowed host or URL that link; returns whether there are any."""
    of_entry = index.ask(Question(None, source=entry))[1]
    if of_entry.is_empty:
        return False
    where, values = linked(question, Ends(of_entry.source, ends.target))
    rows = duck.execute(f"SELECT DISTINCT l.source_url_id FROM link AS l WHERE {where}", values).fetchall()
    pages = [number for (number,) in rows]
    duck.execute("INSERT INTO gone SELECT unnest(?::UINTEGER[])", [pages])
    return bool(pages)


def _ids(duck: duckdb.DuckDBPyConnection, names: Iterable[str]) -> list[int]:
    rows = duck.execute("SELECT domain_id FROM domain WHERE domain IN (SELECT unnest(?))", [list(names)]).fetchall()
    return [number for (number,) in rows]


def _names(duck: duckdb.DuckDBPyConnection, numbers: Iterable[int]) -> set[str]:
    rows = duck.execute("SELECT domain FROM domain WHERE domain_id IN (SELECT unnest(?))", [list(numbers)]).fetchall()
    return {name for (name,) in rows}
