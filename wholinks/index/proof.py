"""Evidence for one backlink: every link of a page to a URL, the fetch that saw it, and how it is counted."""
# ruff: noqa: S608 - statements are made of this package's constants; whatever a user gives is a parameter

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

import duckdb

from wholinks.storage.errors import UsageError
from wholinks.storage.records import COUNTED_KINDS, AnchorSource, Kind, LinkFlag, Outcome, Placement, State
from wholinks.storage.shorthand import restore

from .answers import Snapshot
from .counting import DEFAULT_KIND_MASK
from .ends import find_ends
from .evidence import look_up
from .known import OBSTACLE
from .past import look_back
from .places import Places
from .questions import Question, Standing
from .rows import moment, rel_tokens
from .schema import Mark
from .selection import select
from .sources import Sources
from .states import ENDS, OPENINGS, STATES, Opening
from .target import Target

_MOST_HOPS: Final = 64


class Counted(StrEnum):
    """Whether a backlink is in the default counts."""

    YES = "counted"
    DUPLICATE = "canonical_duplicate"
    KIND = "kind_not_counted"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class ProvedLink:
    """One link. ``cut`` names what did not fit: anchor, href, tag. ``from_header``: of the ``Link:`` header.
    ``restored_at``: when it came back after a loss, None where it did not."""

    ordinal: int
    kind: str
    tag: str
    raw_href: str
    rel: tuple[str, ...]
    rel_raw: str | None
    followed: bool
    anchor_text: str
    anchor_source: str
    context_before: str
    context_after: str
    placement: str
    hidden: bool
    noscript: bool
    from_header: bool
    cut: tuple[str, ...]
    state: str
    reason: str
    first_seen: datetime
    restored_at: datetime | None
    lost_at: datetime | None


@dataclass(frozen=True, slots=True)
class SourcePage:
    """The page, as it was last fetched. ``redirect_chain`` leads from ``requested_url`` to ``final_url``, both in it.

    ``canonical_url`` is what the page names itself; ``duplicate_of`` the page found for it, if it is a duplicate.
    """

    requested_url: str
    final_url: str
    redirect_chain: tuple[str, ...]
    http_status: int
    fetched_at: datetime
    first_seen: datetime
    last_seen: datetime
    body_hash: str
    complete: bool
    noindex: bool
    nofollow: bool
    canonical_url: str | None
    duplicate_of: str | None
    title: str
    language: str


@dataclass(frozen=True, slots=True)
class KnownPage:
    """What the crawl knows of a URL: ``state`` (and ``reason``) as in ``wholinks status``. ``obstacle``: why the page
    can't prove that a link is absent, None where it can. ``asked_at`` is the last try, ``read_at`` the last answer that
    said what is on the page."""

    url: str
    state: str
    reason: str | None
    obstacle: str | None
    asked_at: datetime | None
    read_at: datetime | None


@dataclass(frozen=True, slots=True)
class Proof:
    """``links`` is empty where no link is known; then ``known`` says what is known of the page (nothing: never seen).

    ``counted`` is the verdict of the default policy, None without links. ``target_chain`` is where the linked URL
    redirects to, as far as known: itself first.
    """

    source_url: str
    target_url: str
    counted: Counted | None
    links: tuple[ProvedLink, ...]
    page: SourcePage | None
    known: tuple[KnownPage, ...]
    target_chain: tuple[str, ...]
    snapshot: Snapshot

    @property
    def is_found(self) -> bool:
        """Whether there is anything to prove."""
        return bool(self.links)


_SHOWN: Final = """
CREATE OR REPLACE TEMP TABLE shown AS
    SELECT l.rowid AS number, coalesce(opening.fetch_id, page.fetch_id) AS fetch_id, l.ordinal
    FROM link AS l JOIN page ON page.url_id = l.source_url_id LEFT JOIN opening USING (opening_id) WHERE {where}"""

_LINKS: Final = """
SELECT l.source_url_id, l.target_url_id, l.ordinal, l.kind, coalesce(tag, ''), coalesce(raw_href, ''), l.rel,
       l.rel_other, raw_rel, l.follow, l.anchor_text, l.anchor_source, coalesce(context_before, ''),
       coalesce(context_after, ''), l.placement, l.flags, l.dup_kinds, page.first_seen_at + l.seen_after_s, l.state,
       l.reason, l.opened_why, page.first_seen_at + l.came_after_s, l.until_at
FROM link AS l LEFT JOIN written ON written.number = l.rowid JOIN page ON page.url_id = l.source_url_id
WHERE {where}
ORDER BY l.source_url_id, l.target_url_id, l.ordinal, l.rowid"""

_PAGE: Final = """
SELECT requested_url_id, url_id, status, fetched_at, first_seen_at, last_seen_at, body_hash, is_complete, is_noindex,
       is_nofollow, canonical_url_id, duplicate_of, title, language, outcome
FROM page WHERE url_id = ?"""

_KNOWN: Final = f"""
SELECT origin.origin || url.path AS url, k.state, k.reason, {OBSTACLE}, k.asked_at, page.last_seen_at
FROM known AS k JOIN url ON url.url_id = k.url_id JOIN origin USING (origin_id)
LEFT JOIN page ON page.url_id = k.url_id WHERE {{where}} ORDER BY url"""

_NAME: Final = "SELECT origin.origin || url.path FROM url JOIN origin USING (origin_id) WHERE url_id = ?"
_NEXT: Final = "SELECT next_url_id FROM redirect WHERE url_id = ?"


def prove(
    duck: duckdb.DuckDBPyConnection,
    places: Places,
    source: Target,
    target: Target,
    *,
    ordinal: int | None,
    snapshot: Snapshot,
) -> Proof:
    """All that is known of the links from one URL to another; of the ``ordinal``-th link of the page alone if given.

    Raises :class:`UsageError` where that link leads elsewhere, and others lead there.
    """
    sources = Sources(duck, places, source)
    known = _known(duck, sources)
    rows = _links(duck, places, sources, target, ordinal)
    if not rows and ordinal is not None:
        there = sorted({row[2] for row in _links(duck, places, sources, target, None)})
        if there:
            numbers = ", ".join(map(str, there))
            raise UsageError(f"ordinal: link {ordinal} of the page leads elsewhere; those to this URL are: {numbers}")
    if not rows:  # perhaps there was one
        ever = Question(target, source=source, standing=Standing.LOST)
        look_back(duck, ever, find_ends(duck, places, ever), int(snapshot.built_at.timestamp()))
        rows = _links(duck, places, sources, target, ordinal)
    if not rows:
        return Proof(source.input.strip(), target.input.strip(), None, (), None, known, (), snapshot)
    source_id, target_id = rows[0][:2]
    rows = [row for row in rows if row[:2] == (source_id, target_id)]
    chain = _chain(duck, target_id)
    return Proof(
        source_url=_name(duck, source_id) or "",
        target_url=chain[0],
        counted=_counted(rows),
        links=tuple(_link(chain[0], row) for row in rows),
        page=_page(duck, source_id),
        known=known,
        target_chain=chain,
        snapshot=snapshot,
    )


def _links(
    duck: duckdb.DuckDBPyConnection, places: Places, sources: Sources, target: Target, ordinal: int | None
) -> list[tuple[Any, ...]]:
    selection = select(duck, places, target)
    if selection.is_empty:
        return []
    named, values = selection.where("l.target_domain_id", "l.target_url_id")
    on, more = sources.where("l.source_domain_id", "l.source_url_id")
    where, values = f"{named} AND {on}", [*values, *more]
    if ordinal is not None:
        where, values = f"{where} AND l.ordinal = ?", [*values, ordinal]
    duck.execute(_SHOWN.format(where=where), values)
    look_up(duck, "shown")
    return duck.execute(_LINKS.format(where=where), values).fetchall()


def _counted(rows: list[tuple[Any, ...]]) -> Counted:
    """What the default policy makes of them: each has its kind in field 3, its duplicate's kinds in field 16."""
    if all(row[-1] for row in rows):
        return Counted.LOST
    chosen = [row for row in rows if row[3] in COUNTED_KINDS]
    if not chosen:
        return Counted.KIND
    return Counted.YES if any(not row[16] & DEFAULT_KIND_MASK for row in chosen) else Counted.DUPLICATE


def _link(url: str, row: tuple[Any, ...]) -> ProvedLink:
    (
        _, _, ordinal, kind, tag, href, rel, other, raw_rel, marks, anchor, anchor_source, before, after, placement,
        bits, _, first_seen, state, reason, opened_why, came_at, until,
    ) = row  # fmt: skip
    href, tag = restore(url, href, tag)
    flags = LinkFlag(bits)
    cuts = {"anchor": LinkFlag.ANCHOR_CUT, "href": LinkFlag.HREF_CUT, "tag": LinkFlag.TAG_CUT}
    return ProvedLink(
        ordinal=ordinal,
        kind=Kind(kind).name.lower(),
        tag=tag,
        raw_href=href,
        rel=rel_tokens(rel, other),
        rel_raw=raw_rel,
        followed=bool(marks & Mark.FOLLOWED),
        anchor_text=anchor,
        anchor_source=AnchorSource(anchor_source).name.lower(),
        context_before=before,
        context_after=after,
        placement=Placement(placement).name.lower(),
        hidden=LinkFlag.HIDDEN in flags,
        noscript=LinkFlag.NOSCRIPT in flags,
        from_header=LinkFlag.FROM_HEADER in flags,
        cut=tuple(name for name, flag in cuts.items() if flag in flags),
        state=STATES[state].value,
        reason=ENDS[reason],
        first_seen=moment(first_seen),
        restored_at=moment(came_at) if OPENINGS[opened_why] is Opening.LINKRESTORED else None,
        lost_at=moment(until) if until else None,
    )


def _page(duck: duckdb.DuckDBPyConnection, url_id: int) -> SourcePage:
    (
        requested, final, status, fetched_at, first_seen, last_seen, body_hash, complete, noindex, nofollow, canonical,
        duplicate_of, title, language, outcome,
    ) = duck.execute(_PAGE, [url_id]).fetchall()[0]  # fmt: skip
    chain = _chain(duck, requested, until=final)
    final_url = _name(duck, final) or ""
    return SourcePage(
        requested_url=chain[0],
        final_url=final_url,
        redirect_chain=chain if chain[-1] == final_url else (chain[0], final_url),
        http_status=status,
        fetched_at=moment(fetched_at),
        first_seen=moment(first_seen),
        last_seen=moment(last_seen),
        body_hash=f"{body_hash & 2**64 - 1:016x}" if outcome == Outcome.PAGE else "",
        complete=complete,
        noindex=noindex,
        nofollow=nofollow,
        canonical_url=_name(duck, canonical),
        duplicate_of=_name(duck, duplicate_of),
        title=title,
        language=language,
    )


def _known(duck: duckdb.DuckDBPyConnection, sources: Sources) -> tuple[KnownPage, ...]:
    where, values = sources.where("k.domain_id", "k.url_id")
    rows = duck.execute(_KNOWN.format(where=where), values).fetchall()
    return tuple(
        KnownPage(
            url,
            State(state).name.lower(),
            reason or None,
            obstacle or None,
            moment(asked_at) if asked_at else None,
            moment(read_at) if read_at else None,
        )
        for url, state, reason, obstacle, asked_at, read_at in rows
    )


def _chain(duck: duckdb.DuckDBPyConnection, url_id: int, until: int = 0) -> tuple[str, ...]:
    """A URL and those it leads to, one after the other; a circle is gone round once."""
    passed = [url_id]
    while url_id != until and len(passed) <= _MOST_HOPS:
        found = duck.execute(_NEXT, [url_id]).fetchall()
        if not found or found[0][0] in passed:
            break
        url_id = found[0][0]
        passed.append(url_id)
    return tuple(_name(duck, number) or "" for number in passed)


def _name(duck: duckdb.DuckDBPyConnection, url_id: int) -> str | None:
    rows = duck.execute(_NAME, [url_id]).fetchall() if url_id else []
    return str(rows[0][0]) if rows else None
