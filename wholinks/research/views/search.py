"""Full-text search over anchor texts, contexts and titles (docs/search.md).

Texts are scanned as they lie in the index: nothing is kept beside it that could be out of date. First a word is looked
for that each hit must have, which is quick; what is left is matched whole.
"""
# ruff: noqa: S608 - statements are made of this package's constants; whatever a user gives is a parameter

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import count, islice
from typing import Final

import duckdb

from wholinks.index.answers import Coverage, LinkRow, Snapshot
from wholinks.index.queries import Index
from wholinks.index.questions import By, Question
from wholinks.index.rows import link_rows
from wholinks.index.selection import Condition
from wholinks.index.target import Target
from wholinks.index.totals import filters, linked
from wholinks.research.sql import is_utf8
from wholinks.research.views.snippets import context, snippet
from wholinks.research.views.words import BREAK, Term, parse
from wholinks.storage.errors import UsageError

DOMAINS_SHOWN: Final = 1000
_CHUNK: Final = 20_000
_AT_ONCE: Final = 1000


class Field(StrEnum):
    """What is searched: a link's anchor text, the text before and after it, the title of its page."""

    ANCHORS = "anchors"
    CONTEXTS = "contexts"
    TITLES = "titles"


ALL_FIELDS: Final = tuple(Field)
_BIT: Final = {field: 1 << number for number, field in enumerate(Field)}
_AROUND: Final = f"replace(e.context, chr(0), chr({ord(BREAK)}))"
_FOLDED: Final = "strip_accents(lower({text}))"

_ANCHORS: Final = f"SELECT l.rowid AS number, {_BIT[Field.ANCHORS]} AS field FROM link AS l WHERE {{where}} AND {{has}}"
_TITLES: Final = f"""
SELECT l.rowid AS number, {_BIT[Field.TITLES]} AS field FROM link AS l
WHERE {{where}} AND l.source_url_id IN (SELECT url_id FROM page WHERE {{has}})"""

# The texts first, as they lie there: to look up those of some links takes longer unless they are very few.
_CONTEXTS: Final = f"""
SELECT l.rowid AS number, {_BIT[Field.CONTEXTS]} AS field
FROM link AS l JOIN page ON page.url_id = l.source_url_id LEFT JOIN opening ON opening.opening_id = l.opening_id
JOIN (SELECT fetch_id, ordinal FROM evidence AS e WHERE {{has}}) AS told
    ON told.fetch_id = coalesce(opening.fetch_id, page.fetch_id) AND told.ordinal = l.ordinal
WHERE {{where}}"""

_HITS: Final = """
CREATE TEMP TABLE hit AS
SELECT l.rowid AS number, fields, l.source_domain_id, l.source_url_id, l.target_url_id, l.ordinal
FROM (SELECT number, bit_or(field) AS fields FROM ({found}) GROUP BY number) JOIN link AS l ON l.rowid = number"""

# Counted from the inside out, which takes less memory than to count distinct pages and backlinks.
_BY_DOMAIN: Final = """
CREATE TEMP TABLE by_domain AS
SELECT source_domain_id, sum(links)::BIGINT AS links, sum(backlinks)::BIGINT AS backlinks, count(*) AS referring_pages
FROM (SELECT source_domain_id, source_url_id, sum(links) AS links, count(*) AS backlinks
      FROM (SELECT source_domain_id, source_url_id, target_url_id, count(*) AS links FROM hit
            GROUP BY source_domain_id, source_url_id, target_url_id)
      GROUP BY source_domain_id, source_url_id)
GROUP BY source_domain_id"""

_TOTALS: Final = """
SELECT coalesce(sum(links), 0)::BIGINT, coalesce(sum(backlinks), 0)::BIGINT, coalesce(sum(referring_pages), 0)::BIGINT,
       count(*) FROM by_domain"""

_BY_FIELD: Final = f"""
SELECT {", ".join(f"count(*) FILTER (fields & {_BIT[field]} <> 0)" for field in Field)} FROM hit"""

_DOMAINS: Final = f"""
SELECT domain, links, backlinks, referring_pages FROM by_domain JOIN domain ON domain_id = source_domain_id
ORDER BY links DESC, domain LIMIT {DOMAINS_SHOWN}"""

# In the order that rows of links have.
_SHOWN: Final = """
CREATE TEMP TABLE listed AS
SELECT number, fields, row_number() OVER (ORDER BY page.origin_rank, source_url_id, ordinal, number) AS place
FROM hit JOIN page ON page.url_id = hit.source_url_id ORDER BY place LIMIT ?"""
_FIELDS: Final = "SELECT fields FROM listed WHERE place > ? AND place <= ? ORDER BY place"
_SHOWN_LINKS: Final = "l.rowid IN (SELECT number FROM listed WHERE place > ? AND place <= ?)"


@dataclass(frozen=True, slots=True)
class Sought:
    """What is sought: ``query`` (docs/search.md) in ``fields``, of links to ``target``, from ``source``, or both."""

    query: str
    fields: tuple[Field, ...] = ALL_FIELDS
    target: Target | None = None
    source: Target | None = None


@dataclass(frozen=True, slots=True)
class SearchedDomain:
    """What was found on the pages of a domain."""

    domain: str
    links: int
    backlinks: int
    referring_pages: int


@dataclass(frozen=True, slots=True)
class Found:
    """A link that was found. ``found_in``: each of the fields that match, with blanks; ``snippet`` is of the first of
    them, all that was found there in «guillemets»; of a context the anchor text, too, in brackets."""

    source_url: str
    target_url: str
    found_in: str
    snippet: str
    anchor_text: str
    title: str
    kind: str
    placement: str
    followed: bool


@dataclass(frozen=True, slots=True)
class SearchAnswer:
    """What was found: links of the kinds that count by default. ``in_anchors``, ``in_contexts`` and ``in_titles`` are
    links too, and overlap. ``domains``: the source domains with the most of them, at most :data:`DOMAINS_SHOWN`;
    ``rows`` are links in the order of their pages, all of them or as many as asked for."""

    query: str
    fields: tuple[str, ...]
    target: str | None
    source: str | None
    links: int
    backlinks: int
    referring_pages: int
    referring_domains: int
    in_anchors: int
    in_contexts: int
    in_titles: int
    domains: tuple[SearchedDomain, ...]
    rows: tuple[Found, ...]
    coverage: Coverage
    snapshot: Snapshot


def fields_meant(names: str) -> tuple[Field, ...]:
    """The fields of a list with commas. Raises :class:`UsageError`."""
    given = [name.strip() for name in names.split(",")]
    unknown = [name for name in given if name not in set(Field)]
    if unknown:
        raise UsageError(f"in: {unknown[0]!r} is none of {', '.join(Field)}")
    return tuple(field for field in Field if field in given)


def search(index: Index, sought: Sought, limit: int | None = None) -> SearchAnswer:
    """Search; ``limit`` cuts rows only. Raises :class:`UsageError` for a query that can't be meant."""
    return index.translated(lambda: _search(index, sought, limit))


def found(index: Index, sought: Sought, limit: int | None = None) -> Iterator[Found]:
    """Only the rows of :func:`search`, one by one. Raises :class:`UsageError`."""
    duck, terms = index.translated(lambda: _hits(index, sought))
    rows = _rows(duck, terms, limit)
    while chunk := index.translated(lambda: list(islice(rows, _AT_ONCE))):
        yield from chunk


def _search(index: Index, sought: Sought, limit: int | None) -> SearchAnswer:
    duck, terms = _hits(index, sought)
    duck.execute(_BY_DOMAIN)
    links, backlinks, pages, of_domains = duck.execute(_TOTALS).fetchall()[0]
    in_anchors, in_contexts, in_titles = duck.execute(_BY_FIELD).fetchall()[0]
    domains = tuple(SearchedDomain(*row) for row in duck.execute(_DOMAINS).fetchall())
    return SearchAnswer(
        query=sought.query,
        fields=tuple(field.value for field in sought.fields),
        target=sought.target.text if sought.target else None,
        source=sought.source.text if sought.source else None,
        links=links,
        backlinks=backlinks,
        referring_pages=pages,
        referring_domains=of_domains,
        in_anchors=in_anchors,
        in_contexts=in_contexts,
        in_titles=in_titles,
        domains=domains,
        rows=tuple(_rows(duck, terms, limit)),
        coverage=index.coverage,
        snapshot=index.built,
    )


def _hits(index: Index, sought: Sought) -> tuple[duckdb.DuckDBPyConnection, tuple[Term, ...]]:
    """A session with a table ``hit``: the links found, each with its fields as bits."""
    if sought.target is None and sought.source is None:
        duck = index.session()
        where, values = filters(Question(index.target("example.com")))  # what counts by default, whatever the target
    else:
        question = Question(sought.target, By.LINK, source=sought.source)
        duck, ends = index.ask(question)
        where, values = ("false", []) if ends.is_empty else linked(question, ends)
    terms = parse(_folded(duck, sought.query))
    if not sought.fields:
        raise UsageError(f"in: name one of {', '.join(Field)}")
    parts = [_part(field, (where, values), terms) for field in sought.fields]
    united = " UNION ALL ".join(f"({statement})" for statement, _ in parts)
    duck.execute(_HITS.format(found=united), [value for _, given in parts for value in given])
    return duck, terms


def _folded(duck: duckdb.DuckDBPyConnection, text: str) -> str:
    if not is_utf8(text):
        raise UsageError("search: not UTF-8; type it anew")
    return str(duck.execute(f"SELECT {_FOLDED.format(text='?::VARCHAR')}", [text]).fetchall()[0][0])


def _part(field: Field, meant: Condition, terms: tuple[Term, ...]) -> Condition:
    """The statement that finds the links meant in which ``field`` matches."""
    where, values = meant
    if field is Field.ANCHORS:
        has, more = _has("l.anchor_text", terms)
        return _ANCHORS.format(where=where, has=has), [*values, *more]
    if field is Field.TITLES:
        has, more = _has("coalesce(page.title, '')", terms)
        return _TITLES.format(where=where, has=has), [*values, *more]
    has, more = _has(_AROUND, terms)
    return _CONTEXTS.format(where=where, has=has), [*more, *values]


def _has(text: str, terms: tuple[Term, ...]) -> Condition:
    """The condition that the text has all terms and none of those excluded."""
    folded = _FOLDED.format(text=text)
    parts: list[str] = []
    values: list[object] = []
    for term in terms:
        if not term.is_excluded:
            parts.append(f"contains({folded}, ?)")
            values.append(term.longest)
        parts.append(f"{'NOT ' if term.is_excluded else ''}regexp_matches({folded}, ?)")
        values.append(term.pattern)
    return " AND ".join(parts), values


def _rows(duck: duckdb.DuckDBPyConnection, terms: tuple[Term, ...], limit: int | None) -> Iterator[Found]:
    duck.execute(_SHOWN, [2**62 if limit is None else limit])
    for start in count(0, _CHUNK):
        span: list[object] = [start, start + _CHUNK]
        bits = [fields for (fields,) in duck.execute(_FIELDS, span).fetchall()]
        if not bits:
            return
        rows = link_rows(duck, _SHOWN_LINKS, span, len(bits))  # with a limit, DuckDB looks for these alone
        yield from (_found(row, fields, terms) for row, fields in zip(rows, bits, strict=True))


def _found(row: LinkRow, bits: int, terms: tuple[Term, ...]) -> Found:
    fields = [field for field in Field if bits & _BIT[field]]
    return Found(
        row.source_url, row.target_url, " ".join(fields), _snippet(row, fields[0], terms), row.anchor_text,
        row.title or "", row.kind, row.placement, row.followed,
    )  # fmt: skip


def _snippet(row: LinkRow, field: Field, terms: tuple[Term, ...]) -> str:
    """The part of the field's text in which the terms stand."""
    parts = {
        Field.ANCHORS: [row.anchor_text],
        Field.CONTEXTS: context(row.context_before, row.anchor_text, row.context_after),
        Field.TITLES: [row.title or ""],
    }[field]
    return snippet(parts, terms)
