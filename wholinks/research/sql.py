"""SQL of one's own over the index: documented views, read only (docs/sql.md).

The connection can read the index and nothing else: no other file, no extension, no network, no settings
(:func:`wholinks.index.connection.open_reader`). Here a statement must be one SELECT, and gets a time limit.
"""
# ruff: noqa: S608 - statements are made of this package's constants; whatever a user gives is a parameter

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import duckdb

from wholinks.index.counting import DEFAULT_KIND_MASK
from wholinks.index.queries import Index
from wholinks.index.schema import FoundBy, Mark
from wholinks.index.states import ENDS, STATES
from wholinks.storage.errors import DataFolderError, UsageError
from wholinks.storage.records import Kind, LinkFlag, Placement, State

TIMEOUT_S: Final = 30.0
_CHUNK: Final = 2048
_SHOW_VIEWS: Final = "SELECT view_name AS name FROM duckdb_views() WHERE temporary AND NOT internal ORDER BY name"
"""In the place of SHOW TABLES, which has the tables behind the views, too."""


def _named(names: Sequence[str], number: str) -> str:
    """The name of a number, as SQL."""
    return f"([{', '.join(repr(str(name)) for name in names)}])[{number} + 1]"


def _time(seconds: str) -> str:
    """UTC seconds as TIMESTAMP; NULL where they are 0."""
    return f"make_timestamp(nullif({seconds}, 0) * 1000000)"


_KIND: Final = _named([kind.name.lower() for kind in Kind], "l.kind")
_PLACEMENT: Final = _named([placement.name.lower() for placement in Placement], "l.placement")

_ENDS: Final = """
JOIN index.url AS source ON source.url_id = l.source_url_id
JOIN index.origin AS source_origin ON source_origin.origin_id = source.origin_id
JOIN index.url AS target ON target.url_id = l.target_url_id
JOIN index.origin AS target_origin ON target_origin.origin_id = target.origin_id"""

_END_COLUMNS: Final = """
source_origin.origin || source.path AS source_url, source_origin.domain AS source_domain,
target_origin.origin || target.path AS target_url, target_origin.domain AS target_domain"""

_COUNTS: Final = f"({DEFAULT_KIND_MASK} >> l.kind) & 1 = 1 AND l.dup_kinds & {DEFAULT_KIND_MASK} = 0"

_MARKS: Final = ", ".join(f"{{marks}} & {mark:d} <> 0 AS {mark.name.lower()}" for mark in (
    Mark.FOLLOWED, Mark.NOFOLLOW, Mark.UGC, Mark.SPONSORED) if mark.name)  # fmt: skip

VIEWS: Final[dict[str, str]] = {
    "links": f"""
SELECT {_END_COLUMNS}, l.anchor_text, {_KIND} AS kind, {_PLACEMENT} AS placement, {_MARKS.format(marks="l.follow")},
       l.flags & {LinkFlag.HIDDEN:d} <> 0 AS hidden, {_COUNTS} AS counts, {_named(STATES, "l.state")} AS state,
       l.ordinal, {_time("page.first_seen_at + l.seen_after_s")} AS first_seen,
       {_time("page.last_seen_at - l.unseen_s")} AS last_seen
FROM index.link AS l {_ENDS} JOIN index.page AS page ON page.url_id = l.source_url_id""",
    "backlinks": f"""
SELECT {_END_COLUMNS}, l.links, l.anchor_text, {_PLACEMENT} AS placement, {_MARKS.format(marks="l.marks")},
       {_time("page.first_seen_at + l.after_s")} AS first_seen, {_time("page.last_seen_at - l.unseen_s")} AS last_seen
FROM (SELECT source_url_id, target_url_id, count(*) AS links, bit_or(follow) AS marks, min(seen_after_s) AS after_s,
             min(unseen_s) AS unseen_s, arg_min(anchor_text, ordinal) AS anchor_text,
             arg_min(placement, ordinal) AS placement
      FROM index.link AS l WHERE {_COUNTS} GROUP BY source_url_id, target_url_id) AS l
{_ENDS} JOIN index.page AS page ON page.url_id = l.source_url_id""",
    "domains": """
SELECT domain.domain, coalesce(inward.referring_domains, 0) AS referring_domains,
       coalesce(inward.backlinks, 0) AS backlinks, coalesce(inward.links, 0) AS links,
       coalesce(inward.referring_pages, 0) AS referring_pages, coalesce(inward.followed, 0) AS followed,
       coalesce(outward.domains, 0) AS linked_domains,
       coalesce(outward.backlinks, 0) AS outgoing_backlinks, coalesce(outward.links, 0) AS outgoing_links
FROM index.domain AS domain
LEFT JOIN index.inward AS inward ON inward.target_domain_id = domain.domain_id
LEFT JOIN (SELECT source_domain_id, count(*) AS domains, sum(backlinks)::BIGINT AS backlinks,
                  sum(links)::BIGINT AS links
           FROM index.pair GROUP BY source_domain_id) AS outward ON outward.source_domain_id = domain.domain_id""",
    "pairs": f"""
SELECT pair.source_domain, domain.domain AS target_domain, pair.backlinks, pair.links, pair.referring_pages,
       pair.followed, pair.nofollow, pair.ugc, pair.sponsored, {_time("pair.first_seen_at")} AS first_seen,
       {_time("pair.last_seen_at")} AS last_seen
FROM index.pair AS pair JOIN index.domain AS domain ON domain.domain_id = pair.target_domain_id""",
    "internal": f"""
SELECT source_origin.origin || source.path AS source_url, target_origin.origin || target.path AS target_url,
       target_origin.domain, {_KIND} AS kind, l.links, {_MARKS.format(marks="l.follow")}
FROM index.internal AS l {_ENDS}""",
    "pages": f"""
SELECT origin.origin || url.path AS url, origin.domain, page.status AS http_status, page.title, page.language,
       page.words, page.remote_ip, page.is_noindex, page.is_nofollow, page.is_complete,
       canonical_origin.origin || canonical.path AS canonical_url, {_time("page.fetched_at")} AS fetched_at,
       {_time("page.first_seen_at")} AS first_seen, {_time("page.last_seen_at")} AS last_seen
FROM index.page AS page JOIN index.url AS url ON url.url_id = page.url_id
JOIN index.origin AS origin ON origin.origin_id = url.origin_id
LEFT JOIN index.url AS canonical ON page.canonical_url_id <> 0 AND canonical.url_id = page.canonical_url_id
LEFT JOIN index.origin AS canonical_origin ON canonical_origin.origin_id = canonical.origin_id""",
    "urls": f"""
SELECT origin.origin || url.path AS url, origin.domain, origin.host, url.path, nullif(asked.status, 0) AS http_status,
       asked.reason, {_time("asked.asked_at")} AS asked_at, final_origin.origin || final.path AS final_url,
       known.found_by & {FoundBy.SITEMAP | FoundBy.FEED:d} <> 0 AS listed,
       known.found_by & {FoundBy.LINK:d} <> 0 AS linked
FROM index.url AS url JOIN index.origin AS origin ON origin.origin_id = url.origin_id
LEFT JOIN index.asked AS asked ON asked.url_id = url.url_id
LEFT JOIN index.known AS known ON known.url_id = url.url_id
LEFT JOIN index.redirect AS redirect ON redirect.url_id = url.url_id
LEFT JOIN index.url AS final ON redirect.final_url_id <> 0 AND final.url_id = redirect.final_url_id
LEFT JOIN index.origin AS final_origin ON final_origin.origin_id = final.origin_id""",
    "coverage": f"""
SELECT domain.domain, {_named([state.name.lower() for state in State], "c.state")} AS state, c.reason, c.pages
FROM index.coverage AS c JOIN index.domain AS domain ON domain.domain_id = c.domain_id""",
    "lost": f"""
SELECT {_END_COLUMNS}, l.anchor_text, {_KIND} AS kind, {_MARKS.format(marks="l.follow")},
       {_named(ENDS, "l.reason")} AS reason, {_time("l.first_seen_at")} AS first_seen,
       {_time("l.last_seen_at")} AS last_seen, {_time("l.until_at")} AS lost_at
FROM (SELECT * FROM index.past WHERE reason <> 0
      QUALIFY until_at = max(until_at) OVER (PARTITION BY source_url_id, target_url_id, kind)) AS l
{_ENDS}
WHERE l.reason <> {ENDS.index("moved")} AND NOT EXISTS (
    FROM index.link AS live WHERE live.source_url_id = l.source_url_id AND live.target_url_id = l.target_url_id
        AND live.kind = l.kind)""",
}
"""Name → statement of the views of docs/sql.md."""


class Selected:
    """What a SELECT gives: the names of its ``columns``, and its rows, to be read once and while :func:`select` is
    open."""

    def __init__(self, columns: tuple[str, ...], duck: duckdb.DuckDBPyConnection, is_late: threading.Event) -> None:
        self.columns = columns
        self._duck = duck
        self._is_late = is_late

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        while chunk := self._duck.fetchmany(_CHUNK):
            if self._is_late.is_set():
                raise duckdb.InterruptException("INTERRUPT Error: Interrupted!")
            yield from chunk


def is_utf8(text: str) -> bool:
    """Whether a text can be written as UTF-8: what was typed may have had other bytes."""
    return not any("\ud800" <= character <= "\udfff" for character in text)


@contextmanager
def select(index: Index, statement: str, timeout_s: float = TIMEOUT_S) -> Iterator[Selected]:
    """Run one SELECT over the views of :data:`VIEWS`; rows come as they are found, within ``timeout_s`` seconds.

    Raises :class:`UsageError` for what is no such statement, cannot be run, or takes longer.
    """
    if not is_utf8(statement):
        raise UsageError("sql: not UTF-8; write it anew")
    with _watched(index, timeout_s) as (duck, is_late):
        for name, view in VIEWS.items():
            duck.execute(f"CREATE TEMP VIEW {name} AS {view}")
        is_asked_for_views = " ".join(statement.lower().rstrip("; \n").split()) in {"show tables", "show all tables"}
        statements = duck.extract_statements(_SHOW_VIEWS if is_asked_for_views else statement)
        if len(statements) != 1 or statements[0].type is not duckdb.StatementType.SELECT:
            raise UsageError("sql: one SELECT is wanted, nothing else")
        duck.execute(statements[0])
        columns = tuple(column[0] for column in duck.description or ())
        twice = [column for column in columns if columns.count(column) > 1]
        if twice:
            raise UsageError(f"sql: two columns are called {twice[0]}; name one with AS")
        yield Selected(columns, duck, is_late)


@contextmanager
def _watched(index: Index, timeout_s: float) -> Iterator[tuple[duckdb.DuckDBPyConnection, threading.Event]]:
    """A session that is interrupted after ``timeout_s``, and what is set then; errors are told in one line."""
    duck = index.translated(index.session)
    is_late = threading.Event()

    def interrupt() -> None:
        is_late.set()
        duck.interrupt()

    timer = threading.Timer(timeout_s, interrupt)
    timer.daemon = True
    timer.start()
    try:
        yield duck, is_late
    except duckdb.InterruptException as error:
        if not is_late.is_set():  # Ctrl-C
            raise KeyboardInterrupt from error
        raise UsageError(f"sql: stopped after {timeout_s:g} s; ask for less, or allow more by --timeout") from error
    except duckdb.OutOfMemoryException as error:
        raise DataFolderError("sql: not enough memory for it; ask for less") from error
    except duckdb.Error as error:
        said = " ".join(str(error).partition("\n\nLINE")[0].split())
        raise UsageError(f"sql: {said[:400]}") from error
    finally:
        timer.cancel()
        timer.join()
        duck.close()
