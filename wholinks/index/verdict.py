"""Does this site link there: yes with the links, no with the pages that were read, or unknown and why.

*Yes*: a link of the kinds that count is known. *No*: pages of the site are known, every one was read to its end, and
none has such a link. *Unknown* otherwise, with what stands in the way (docs/counting.md, "Yes, no, unknown").
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

import duckdb

from wholinks.storage.errors import UsageError

from .answers import Coverage, LinkRow, Snapshot
from .coverage import looked_at
from .ends import Ends
from .places import Places
from .questions import Question
from .rows import link_rows, moment
from .selection import select
from .sources import Sources
from .target import Target
from .totals import fits


class Reply(StrEnum):
    """The three answers."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


NEVER_CRAWLED: Final = "never_crawled"
"""No page of the site is known."""

REASONS: Final = (
    NEVER_CRAWLED, "pending", "postponed", "trap_repeated_segments", "trap_depth", "trap_length", "trap_session_id",
    "trap_calendar", "trap_host_in_path", "trap_query_keys", "trap_query_explosion", "trap_near_duplicates",
    "trap_soft_404", "blocked", "failed", "incomplete", "script_only", "nofollow_page", "depth",
    "scope", "excluded",
)  # fmt: skip
"""What can stand in the way of a "no", in the order it is told."""


@dataclass(frozen=True, slots=True)
class Reason:
    """What stands in the way of a "no", and on how many pages."""

    reason: str
    pages: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """``reasons`` is empty but for "unknown"; ``coverage`` is that of the site asked about, and so is its ``as_of``.

    ``links`` counts the links behind a yes; ``duplicate_links`` of them are on canonical duplicates, whose canonical
    page has one too: they show that the page does link, and no other answer counts them. ``since`` is when the first
    was seen. ``rows`` are these links.
    """

    question: Question
    source: Target
    target: Target
    answer: Reply
    reasons: tuple[Reason, ...]
    coverage: Coverage
    since: datetime | None
    links: int
    duplicate_links: int
    rows: tuple[LinkRow, ...]
    snapshot: Snapshot


_FOUND: Final = """
SELECT count(*), count(*) FILTER (l.dup_kinds & ? <> 0), min(page.first_seen_at + l.seen_after_s)
FROM link AS l JOIN page ON page.url_id = l.source_url_id WHERE {where}"""


def does_link(
    duck: duckdb.DuckDBPyConnection,
    places: Places,
    ends: tuple[Target, Target],
    question: Question,
    snapshot: Snapshot,
) -> Verdict:
    """Whether the first of ``ends`` links to the second by the kinds and rel that ``question``, which names both, asks
    for; its ``limit`` cuts the rows.

    Raises :class:`UsageError` where both are one site, whose links are internal.
    """
    source, target = ends
    refuse_one_site(source, target)
    sources = Sources(duck, places, source)
    coverage, obstacles = looked_at(duck, sources)
    if not coverage.pages_known:
        obstacles[NEVER_CRAWLED] = 0
    links, duplicates, since, rows = _links(duck, question, Ends(sources, select(duck, places, target)))
    reasons = [] if links else [Reason(reason, obstacles[reason]) for reason in REASONS if reason in obstacles]
    answer = Reply.YES if links else Reply.UNKNOWN if reasons else Reply.NO
    return Verdict(
        question, source, target, answer, tuple(reasons), coverage, moment(since) if links else None, links, duplicates,
        rows,
        snapshot,
    )  # fmt: skip


def refuse_one_site(source: Target, target: Target) -> None:
    """Raise :class:`UsageError` where a link from one to the other is internal."""
    if source.domain == target.domain:
        raise UsageError(
            f"{source.text} and {target.text} are one site ({source.domain}): links within a site are internal, and"
            " not kept here"
        )


def _links(
    duck: duckdb.DuckDBPyConnection, question: Question, ends: Ends
) -> tuple[int, int, int, tuple[LinkRow, ...]]:
    """How many links there are, how many of them on canonical duplicates, when the first was seen, and the links."""
    if ends.is_empty:
        return 0, 0, 0, ()
    where, values = ends.where()
    question.filters.prepare(duck, ends.of_domains(), question.kind_mask)
    fit, fit_values = fits(question)
    where, values = f"{where} AND (? >> l.kind) & 1 = 1 AND {fit}", [*values, question.kind_mask, *fit_values]
    counts = duck.execute(_FOUND.format(where=where), [question.kind_mask, *values]).fetchall()[0]
    links, duplicates, since = counts
    rows = tuple(link_rows(duck, where, values, question.limit)) if links and question.limit != 0 else ()
    return links, duplicates, since or 0, rows
