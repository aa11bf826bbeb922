"""What would be left of a target without some of its links: authority, rank and counts, before and after."""
# ruff: noqa: S608 - statements are made of this package's constants; whatever a user gives is a parameter

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import duckdb
import numpy as np

from wholinks.index.answers import Coverage, Snapshot
from wholinks.index.ends import Ends
from wholinks.index.queries import Index, scheme_typed
from wholinks.index.questions import Question
from wholinks.index.schema import Mark
from wholinks.index.target import Mode, Target
from wholinks.index.totals import linked
from wholinks.research.competitors.compare import counts
from wholinks.research.competitors.referring import numbers
from wholinks.research.quality.disavow import Entry
from wholinks.research.quality.disavow_preview import find_disavowed
from wholinks.research.scores.authority import Method, Scores, scores, unknown
from wholinks.storage.errors import UsageError

_LEFT: Final = """
NOT EXISTS (FROM gone WHERE gone.source_url_id = l.source_url_id AND gone.target_url_id = l.target_url_id)"""

_LINKING: Final = "SELECT DISTINCT l.source_domain_id FROM link AS l WHERE {where}"

_STILL: Final = f"""
{_LINKING} AND l.source_domain_id NOT IN (SELECT unnest(?)) AND {_LEFT} AND l.follow & {Mark.FOLLOWED:d} <> 0"""


@dataclass(frozen=True, slots=True)
class WhatIfRow:
    """A measure as it is, and as it would be. ``authority`` and ``percentile`` are 0–100, ``score`` is part of 1."""

    measure: str
    before: float
    after: float
    change: float


@dataclass(frozen=True, slots=True)
class WhatIf:
    """The target's domain without the links of ``domains`` (which then link nowhere), the backlinks ``links`` (source
    page, target URL), those from ``pages``, and those that are disavowed. ``unused`` is what takes out nothing."""

    target: Target
    domains: tuple[str, ...]
    links: tuple[tuple[str, str], ...]
    pages: tuple[str, ...]
    disavowed: int
    unused: tuple[str, ...]
    method: Method
    rows: tuple[WhatIfRow, ...]
    coverage: Coverage
    snapshot: Snapshot


@dataclass(frozen=True, slots=True)
class _Losses:
    domains: tuple[str, ...]
    links: tuple[tuple[Target, Target], ...]
    pages: tuple[Target, ...]
    disavowed: tuple[Entry, ...]


def what_if(
    index: Index, target: str, *, without: Sequence[str] = (), links: Sequence[tuple[str, str]] = (),
    pages: Sequence[str] = (), disavow: Iterable[Entry] = (),
) -> WhatIf:  # fmt: skip
    """Take out all links of the domains ``without``, and of those to ``target``'s site the ``links`` (source page and
    target URL), all of ``pages``, and what ``disavow`` names.

    Raises :class:`UsageError` for what can't be meant, the target's own domain, and a target nobody knows.
    """
    question = Question(index.target(target))
    named = question.asked
    losses = _Losses(
        tuple(dict.fromkeys(index.target(text).domain for text in without)),
        tuple((_url(index, page), _url(index, url)) for page, url in links),
        tuple(_url(index, page) for page in pages),
        tuple(dict.fromkeys(disavow)),
    )
    _refuse(named, losses)
    found = scores(index)
    number = found.graph.numbers.get(named.domain)
    if number is None:
        raise UsageError(unknown(named.domain))
    return index.translated(lambda: _what_if(index, question, found, number, losses))


def _url(index: Index, text: str) -> Target:
    return index.target(text, mode=Mode.EXACT, protocol=scheme_typed(text))


def _refuse(named: Target, losses: _Losses) -> None:
    if not any((losses.domains, losses.links, losses.pages, losses.disavowed)):
        raise UsageError(
            "what if what? name domains (--without), backlinks (--without-link), pages (--without-page) or a file with"
            " entries (--disavow)"
        )
    sources = [(page.text, page.domain) for page in (*losses.pages, *(page for page, _ in losses.links))]
    for text, domain in (*((name, name) for name in losses.domains), *sources):
        if domain == named.domain:
            raise UsageError(f"{text}: a domain's own links are no backlinks of it; leave it out")
    for _, url in losses.links:
        if url.domain != named.domain:
            raise UsageError(f"{url.text}: no URL of {named.domain}; a link taken out leads to the site of the target")


def _what_if(index: Index, question: Question, found: Scores, number: int, losses: _Losses) -> WhatIf:
    graph = found.graph
    linking = {graph.names[source] for source in graph.sources_of(number)}
    duck, ends = index.ask(question)
    duck.execute("CREATE TEMP TABLE gone (source_url_id UINTEGER, target_url_id UINTEGER)")
    site = replace(question, target=index.target(question.asked.domain, mode=Mode.SUBDOMAINS))
    site_ends = index.ask(site)[1]
    before = counts(duck, question, ends, [])
    out = numbers(duck, losses.domains)
    unused = [*_unlinked(duck, site, site_ends, losses.domains), *_give_up(index, duck, site, site_ends, losses)]
    after = counts(duck, question, ends, out, _LEFT)
    still: set[str] = set()
    if not site_ends.is_empty:
        where, values = linked(site, site_ends)
        still = _names(duck, duck.execute(_STILL.format(where=where), [*values, out]).fetchall())
    lost = [graph.numbers[name] for name in linking - still]
    silent = [graph.numbers[name] for name in losses.domains if name in graph.numbers]
    is_gone = np.isin(graph.sources, silent) | ((graph.targets == number) & np.isin(graph.sources, lost))
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
        question.asked, losses.domains, tuple((page.input, url.input) for page, url in losses.links),
        tuple(page.input for page in losses.pages), len(losses.disavowed), tuple(unused), then.method, tuple(rows),
        index.coverage, index.built,
    )  # fmt: skip


def _row(measure: str, before: float, after: float) -> WhatIfRow:
    change = after - before
    return WhatIfRow(measure, before, after, change if isinstance(change, int) or measure == "score"
                     else round(change, 2))  # fmt: skip


def _unlinked(duck: duckdb.DuckDBPyConnection, question: Question, ends: Ends, domains: Sequence[str]) -> list[str]:
    """Those of the domains without a link that counts."""
    if ends.is_empty:
        return list(domains)
    where, values = linked(question, ends)
    known = _names(duck, duck.execute(_LINKING.format(where=where), values).fetchall())
    return [name for name in domains if name not in known]


def _give_up(
    index: Index, duck: duckdb.DuckDBPyConnection, question: Question, ends: Ends, losses: _Losses
) -> list[str]:  # fmt: skip
    """Note in ``gone`` the backlinks of the site that are lost one by one; returns what there is none of."""
    unused = []
    for page, url in (*losses.links, *((page, None) for page in losses.pages)):
        source = index.ask(Question(None, source=page))[1].source
        target = ends.target if url is None else index.ask(Question(url))[1].target
        between = Ends(source, target)
        if between.is_empty or not _note(duck, question, between):
            unused.append(page.input if url is None else f"{page.input} {url.input}")
    if losses.disavowed:
        used: set[Entry] = set()
        if not ends.is_empty:
            used = find_disavowed(duck, question, ends, losses.disavowed)
            duck.execute("INSERT INTO gone SELECT source_url_id, target_url_id FROM disavowed")
        unused += [entry.text for entry in losses.disavowed if entry not in used]
    return unused


def _note(duck: duckdb.DuckDBPyConnection, question: Question, ends: Ends) -> int:
    """Note the backlinks between ends; returns how many there are."""
    where, values = linked(question, ends)
    statement = f"INSERT INTO gone SELECT DISTINCT l.source_url_id, l.target_url_id FROM link AS l WHERE {where}"
    return int(duck.execute(statement, values).fetchall()[0][0])


def _names(duck: duckdb.DuckDBPyConnection, rows: Iterable[tuple[int]]) -> set[str]:
    known = [number for (number,) in rows]
    found = duck.execute("SELECT domain FROM domain WHERE domain_id IN (SELECT unnest(?))", [known]).fetchall()
    return {name for (name,) in found}
