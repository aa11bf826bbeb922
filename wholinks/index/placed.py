"""Links that somebody placed: is each still there, as it was agreed?

What was agreed is a :class:`Placed`; what the index knows of it makes a :class:`Checked`. A page that could not be read
is for a person to look at (``review``), never "lost"; a link that no reading of its page ever showed is ``missing``.
"""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from wholinks.storage.errors import UsageError
from wholinks.storage.urls import NotAUrl, normalise

from .proof import KnownPage, Proof, ProvedLink, SourcePage

_SOURCE_NAMES: Final = ("source_url", "source", "page", "referring_page", "url_from", "from")
_TARGET_NAMES: Final = ("target_url", "target", "link", "url_to", "to")
_QUALIFIED: Final = frozenset({"nofollow", "ugc", "sponsored"})
_FOLLOWED: Final = frozenset({"follow", "followed", "dofollow"})


class PlacedState(StrEnum):
    """How a placed link stands, the gravest first; all but PRESENT are worth a look."""

    LOST = "lost"
    MISSING = "missing"
    REVIEW = "review"
    REL_CHANGED = "rel_changed"
    ANCHOR_CHANGED = "anchor_changed"
    NOINDEX = "noindex"
    CANONICAL_ELSEWHERE = "canonical_elsewhere"
    REDIRECTED = "redirected"
    PRESENT = "present"


@dataclass(frozen=True, slots=True)
class Placed:
    """A line of a list: a link as agreed. ``rel`` is None where nothing was agreed, else which of nofollow, ugc and
    sponsored the link carries (none of them: it is followed); ``anchor_text`` likewise."""

    line: int
    source_url: str
    target_url: str
    rel: frozenset[str] | None
    anchor_text: str | None


@dataclass(frozen=True, slots=True)
class Checked:
    """A placed link as it was found. ``findings`` has all that differs, ``state`` the gravest of them; ``reason`` says
    why a link is lost (a ``states.Reason``, or how a page that is gone answered), missing or for review. The rest is
    what was seen: of the first link that fits best."""

    line: int
    source_url: str
    target_url: str
    state: PlacedState
    findings: tuple[PlacedState, ...]
    reason: str
    checked_at: datetime | None
    final_url: str
    http_status: int | None
    rel: tuple[str, ...]
    followed: bool | None
    anchor_text: str | None
    canonical_url: str | None
    tag: str
    body_hash: str


def read_placed(lines: Iterable[str], name: str) -> list[Placed]:
    """The links of a CSV file with a header: columns ``source_url`` and ``target_url``, and if wanted ``rel`` and
    ``anchor``. Raises :class:`UsageError`, which names the file ``name`` and the line."""
    reader = csv.DictReader(lines, skipinitialspace=True)
    columns = {(column or "").strip().lower().replace(" ", "_"): column for column in reader.fieldnames or ()}
    source = next((columns[known] for known in _SOURCE_NAMES if known in columns), None)
    target = next((columns[known] for known in _TARGET_NAMES if known in columns), None)
    if source is None or target is None:
        raise UsageError(f"{name}: the first line must name the columns source_url and target_url (rel and anchor too)")
    rel, anchor = columns.get("rel"), columns.get("anchor_text", columns.get("anchor"))
    found = []
    try:
        for row in reader:
            where = f"{name}: line {reader.line_num}"
            if not any((value or "").strip() for value in row.values() if isinstance(value, str)):
                continue
            found.append(
                Placed(
                    reader.line_num,
                    _url(row.get(source), f"{where}: {source}"),
                    _url(row.get(target), f"{where}: {target}"),
                    _agreed(row.get(rel) if rel else None, where),
                    ((row.get(anchor) or "").strip() or None) if anchor else None,
                )
            )
    except csv.Error as error:
        raise UsageError(f"{name}: line {reader.line_num}: not CSV: {error}") from error
    if not found:
        raise UsageError(f"{name}: no link in it; write one a line below the header")
    return found


def _url(text: str | None, where: str) -> str:
    text = (text or "").strip()
    try:
        return normalise(text if "://" in text else f"https://{text}")
    except NotAUrl:
        raise UsageError(f"{where}: {text[:80]!r} is no URL; write https://shop.example/path") from None


def _agreed(text: str | None, where: str) -> frozenset[str] | None:
    tokens = {token.lower() for token in (text or "").replace(",", " ").split()}
    if not tokens:
        return None
    unknown = sorted(tokens - _QUALIFIED - _FOLLOWED)
    if unknown or (tokens & _FOLLOWED and tokens & _QUALIFIED):
        raise UsageError(f"{where}: rel {text!r}: write follow, or any of nofollow, ugc, sponsored; empty: not checked")
    return frozenset(tokens & _QUALIFIED)


def check(placed: Placed, proof: Proof, since: datetime | None = None) -> Checked:
    """What became of a placed link, by what the index knows of it; ``since`` is when it began to be looked after: what
    was not read from then on is for review."""
    known = _asked_last(proof.known)
    ever = [link for link in proof.links if link.kind in {"text", "image"}]
    links = [link for link in ever if link.lost_at is None]
    doubt = _doubt(known, has_links=bool(links)) or _is_old(known, since)
    if doubt is not None or not links or proof.page is None:
        state, reason = doubt or _absent(ever)
        return _checked(placed, proof, [state], known, reason=reason)
    link = min(links, key=lambda link: (len(_differs(placed, link, proof.page)), link.ordinal))
    findings = [*_differs(placed, link, proof.page), *_of_page(placed, proof.page)]
    return _checked(placed, proof, findings or [PlacedState.PRESENT], known, link=link)


def _absent(ever: Iterable[ProvedLink]) -> tuple[PlacedState, str]:
    """How a link stands that is not on its page, by those that once were."""
    last = max(ever, key=lambda link: link.lost_at or link.first_seen, default=None)
    return (PlacedState.MISSING, "never_seen") if last is None else (PlacedState.LOST, str(last.reason))


def _doubt(known: KnownPage | None, *, has_links: bool) -> tuple[PlacedState, str] | None:
    """Why the page as it was asked for last says nothing, or says that it is gone."""
    if known is None or known.state == "discovered":
        return PlacedState.REVIEW, "never_fetched" if known is None else "not_reached"
    if known.state == "failed":
        is_gone = known.reason in {"http_404", "http_410"}
        return (PlacedState.LOST, known.reason or "") if is_gone else (PlacedState.REVIEW, known.reason or "failed")
    if known.state not in {"fetched", "redirected"}:
        return PlacedState.REVIEW, known.reason or known.state
    if not has_links and known.obstacle is not None:
        return PlacedState.REVIEW, known.obstacle
    if not has_links and known.reason == "not_html":
        return PlacedState.REVIEW, "not_html"
    return None


def _is_old(known: KnownPage | None, since: datetime | None) -> tuple[PlacedState, str] | None:
    """Why what is known was not seen now."""
    if since is None or known is None or (known.read_at is not None and known.read_at >= since):
        return None
    return PlacedState.REVIEW, "not_read_now"


def _asked_last(known: Iterable[KnownPage]) -> KnownPage | None:
    """Of a URL and those it redirects to within its site, the one where the way ends."""
    pages = sorted(known, key=lambda page: page.state == "redirected")
    return pages[0] if pages else None


def _differs(placed: Placed, link: ProvedLink, page: SourcePage | None) -> list[PlacedState]:
    found = []
    carried = {token for token in link.rel if token in _QUALIFIED}
    if page is not None and page.nofollow:
        carried.add("nofollow")
    if placed.rel is not None and carried != placed.rel:
        found.append(PlacedState.REL_CHANGED)
    if placed.anchor_text is not None and _plain(placed.anchor_text) != _plain(link.anchor_text):
        found.append(PlacedState.ANCHOR_CHANGED)
    return found


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()


def _of_page(placed: Placed, page: SourcePage) -> Iterator[PlacedState]:
    if page.noindex:
        yield PlacedState.NOINDEX
    if page.canonical_url is not None and page.canonical_url not in {page.final_url, placed.source_url}:
        yield PlacedState.CANONICAL_ELSEWHERE
    if page.final_url != placed.source_url:
        yield PlacedState.REDIRECTED


def _checked(
    placed: Placed,
    proof: Proof,
    findings: list[PlacedState],
    known: KnownPage | None,
    *,
    link: ProvedLink | None = None,
    reason: str = "",
) -> Checked:
    page = proof.page if link is not None else None
    states = list(PlacedState)
    return Checked(
        placed.line,
        placed.source_url,
        placed.target_url,
        min(findings, key=states.index),
        tuple(sorted(findings, key=states.index)),
        reason,
        known.asked_at if known is not None else None,
        page.final_url if page is not None else known.url if known is not None else "",
        page.http_status if page is not None else None,
        link.rel if link is not None else (),
        link.followed if link is not None else None,
        link.anchor_text if link is not None else None,
        page.canonical_url if page is not None else None,
        link.tag if link is not None else "",
        page.body_hash if page is not None else "",
    )
