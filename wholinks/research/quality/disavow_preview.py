"""What a disavow file takes out of a target's backlinks, and what is left."""
# ruff: noqa: S608 - statements are made of constants; whatever a user gives is a parameter

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import duckdb

from wholinks.index.answers import Coverage, Snapshot
from wholinks.index.counting import PAIRS
from wholinks.index.ends import Ends
from wholinks.index.queries import Index
from wholinks.index.questions import Question
from wholinks.index.target import Target
from wholinks.index.totals import linked
from wholinks.research.quality.disavow import Covered, Entry

_PLACED: Final = f"""
CREATE TEMP TABLE placed AS
WITH counted AS (SELECT * FROM link AS l WHERE {{where}}), pair AS ({PAIRS.format(keys="source_domain_id, ")})
SELECT source_domain_id, source_url_id, target_url_id, origin_id, origin.host, origin.origin || url.path AS url
FROM pair JOIN url ON url.url_id = source_url_id JOIN origin USING (origin_id)"""

_DISAVOWED: Final = """
CREATE TEMP TABLE disavowed AS
SELECT source_domain_id, source_url_id, target_url_id FROM placed
WHERE origin_id IN (SELECT unnest(?)) OR url IN (SELECT unnest(?))"""

_ROWS: Final = """
SELECT domain, count(*), count(*) FILTER (is_out), count(DISTINCT source_url_id) FILTER (is_out)
FROM (SELECT *, source_url_id IN (SELECT source_url_id FROM disavowed) AS is_out FROM placed)
JOIN domain ON domain_id = source_domain_id GROUP BY domain ORDER BY 3 DESC, domain"""


@dataclass(frozen=True, slots=True)
class TakenOut:
    """A referring domain of which something is disavowed; ``left`` backlinks remain of ``backlinks``."""

    referring_domain: str
    backlinks: int
    taken_out: int
    pages_taken_out: int
    left: int


@dataclass(frozen=True, slots=True)
class Preview:
    """What a file does to a target's backlinks. ``domains_taken_out`` have no backlink left; ``idle`` are entries that
    take out nothing that is in the index: not wrong, but nothing is known of them here."""

    target: str
    entries: int
    backlinks: int
    backlinks_taken_out: int
    backlinks_left: int
    domains: int
    domains_taken_out: int
    domains_left: int
    idle: tuple[str, ...]
    rows: tuple[TakenOut, ...]
    coverage: Coverage
    snapshot: Snapshot


def preview(index: Index, target: Target, entries: Iterable[Entry], *, limit: int | None = None) -> Preview:
    """Apply entries to the backlinks of a target, counted by the default rules. ``limit`` cuts the rows alone."""
    return index.translated(lambda: _preview(index, target, frozenset(entries), limit))


def _preview(index: Index, target: Target, entries: frozenset[Entry], limit: int | None) -> Preview:
    question = Question(target)
    duck, ends = index.ask(question)
    rows: list[tuple[str, int, int, int]] = []
    used: set[Entry] = set()
    if not ends.is_empty:
        used = find_disavowed(duck, question, ends, entries)
        rows = duck.execute(_ROWS).fetchall()
    whole, out = sum(row[1] for row in rows), sum(row[2] for row in rows)
    gone = sum(1 for row in rows if row[1] == row[2])
    return Preview(
        target=target.text, entries=len(entries), backlinks=whole, backlinks_taken_out=out, backlinks_left=whole - out,
        domains=len(rows), domains_taken_out=gone, domains_left=len(rows) - gone,
        idle=tuple(entry.text for entry in sorted(entries - used)),
        rows=tuple(TakenOut(name, links, cut, pages, links - cut) for name, links, cut, pages in rows if cut)[:limit],
        coverage=index.coverage, snapshot=index.snapshot(question),
    )  # fmt: skip


def find_disavowed(
    duck: duckdb.DuckDBPyConnection, question: Question, ends: Ends, entries: Iterable[Entry]
) -> set[Entry]:  # fmt: skip
    """Make the temporary table ``disavowed`` in a session of :meth:`Index.ask`, with the backlinks (source_domain_id,
    source_url_id, target_url_id) that entries take out; returns the entries that take out any."""
    covered = Covered(entries)
    where, values = linked(question, ends)
    duck.execute(_PLACED.format(where=where), values)
    hosts = duck.execute("SELECT DISTINCT origin_id, host FROM placed").fetchall()
    origins = [origin for origin, host in hosts if covered.by_domain(host) is not None]
    duck.execute(_DISAVOWED, [origins, list(covered.urls)])
    urls = "SELECT DISTINCT url FROM placed WHERE url IN (SELECT unnest(?))"
    return {
        *(entry for _, host in hosts for entry in _named(host, covered)),
        *(Entry("", url) for (url,) in duck.execute(urls, [list(covered.urls)]).fetchall()),
    }


def _named(host: str, covered: Covered) -> list[Entry]:
    """The entries that cover a host: a host may be under several."""
    labels = host.split(".")
    above = (".".join(labels[start:]) for start in range(len(labels)))
    return [Entry(name) for name in above if name in covered.domains]
