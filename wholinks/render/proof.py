"""The evidence for one backlink, for people and as JSON."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from wholinks.index.proof import Counted, KnownPage, Proof, ProvedLink, SourcePage
from wholinks.storage.wording import time_told

from .json import SCHEMA, plain
from .reasons import in_words
from .text import neutralise
from .width import terminal_width, wrap

_NAMES: Final = 16
"""Cells of the names of values."""
_COUNTED: Final = {
    Counted.YES: "yes, one backlink",
    Counted.DUPLICATE: "no: the page is a duplicate, and its canonical page has a link to the same URL",
    Counted.LOST: "no: it is not there any more",
    Counted.KIND: "no: links of this kind are not in the default counts",
}


def document(proof: Proof) -> dict[str, Any]:
    """The whole proof."""
    return {"schema": SCHEMA, "found": proof.is_found, **plain(proof)}


def lines(proof: Proof) -> Iterator[str]:
    """The proof as lines of name and value, as wide as the terminal."""
    width = terminal_width()
    for name, value in _parts(proof):
        text = neutralise(value)
        first, *rest = [text] if width is None else wrap(text, max(width - _NAMES, _NAMES))
        yield f"{name:<{_NAMES}}{first}".rstrip()
        yield from (" " * _NAMES + line for line in rest)


def _parts(proof: Proof) -> Iterator[tuple[str, str]]:
    yield "source page", proof.source_url
    yield "target", " → ".join(proof.target_chain) or proof.target_url
    if proof.page is None or proof.counted is None:
        yield "links", "none known"
        yield from _known(proof.known)
        return
    yield "links", f"{len(proof.links):,}"
    yield "counted", _COUNTED[proof.counted]
    yield "", ""
    yield from _page(proof.page)
    for link in proof.links:
        yield "", ""
        yield from _link(link)


def _page(page: SourcePage) -> Iterator[tuple[str, str]]:
    yield "fetched", f"{_time(page.fetched_at)}, status {page.http_status}{'' if page.complete else ', only in part'}"
    yield "seen", f"first {_time(page.first_seen)}, last {_time(page.last_seen)}"
    if len(page.redirect_chain) > 1:
        yield "requested", " → ".join(page.redirect_chain)
    if page.body_hash:
        yield "body hash", page.body_hash
    if page.title:
        yield "title", page.title
    said = [name for name, is_so in (("noindex", page.noindex), ("nofollow", page.nofollow)) if is_so]
    yield "robots", " ".join(said) or "no directive"
    if page.canonical_url:
        yield "canonical", page.canonical_url
    if page.duplicate_of:
        yield "duplicate of", page.duplicate_of


def _link(link: ProvedLink) -> Iterator[tuple[str, str]]:
    yield "link", f"number {link.ordinal:,} of the page, {link.kind}, in {link.placement}"
    is_kept = bool(link.raw_href)
    if is_kept:
        yield "tag", link.tag or "(none: the URL redirects)"
        yield "href", link.raw_href
    else:
        yield "tag", "(not kept: a link within one site when it was read, before a site by prefix was named)"
    rel = link.rel_raw if is_kept else " ".join(link.rel)
    yield "rel", f"{rel or '(none)'} → {'followed' if link.followed else 'not followed'}"
    yield "anchor text", f"{link.anchor_text or '(empty)'} (from {link.anchor_source})"
    if is_kept:
        yield "context", f"{link.context_before} [{link.anchor_text}] {link.context_after}".strip()
    flags = [name for name in ("hidden", "noscript", "from_header") if getattr(link, name)]
    if flags or link.cut:
        yield "flags", " ".join([*flags, *(f"{name}_cut" for name in link.cut)])
    yield "first seen", _time(link.first_seen)
    if link.restored_at is not None:
        yield "came back", f"{_time(link.restored_at)}, after it was lost"
    if link.state != "live":
        when = f" on {_time(link.lost_at)}" if link.lost_at else ""
        yield "state", f"{link.state}{when}{f' ({in_words(link.reason)})' if link.reason else ''}"


def _known(pages: tuple[KnownPage, ...]) -> Iterator[tuple[str, str]]:
    if not pages:
        yield "known", "the crawl has never seen the source page"
    for page in pages:
        why = f" ({page.reason})" if page.reason else ""
        when = f", asked for on {_time(page.asked_at)}" if page.asked_at else ", never asked for"
        yield "known", f"{page.url} is {page.state}{why}{when}"
        if page.obstacle:
            yield "", ""
            yield "so", f"whether it links there is unknown: {page.obstacle}"


def _time(moment: datetime) -> str:
    return time_told(moment, to_second=True)
