"""What a name that is not known may mean: another tool's word, a table's header as people read it, or a slip."""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Final

ELSEWHERE: Final = {
    "dr": "authority", "domain_rating": "authority", "da": "authority", "domain_authority": "authority",
    "ur": "authority", "tf": "authority", "trust_flow": "authority", "ascore": "authority",
    "authority_score": "authority",
    "dofollow": "followed", "refdomains": "referring_domains", "refdomain": "referring_domain",
    "refpages": "referring_pages", "root_domain": "referring_domain", "anchor": "anchor_text",
    "anchors": "anchor_text", "toxic_score": "marker_score", "spam_score": "marker_score",
}  # fmt: skip
"""What other tools call what these names mean here."""

_HEADERS: Final = {
    "source_page": "source_url", "target": "target_url", "linked_url": "target_url", "place": "placement",
    "nr": "links", "lost": "lost_at", "why": "reason", "found": "opened_why", "top_level": "tld",
    "pages": "referring_pages",
}  # fmt: skip
"""Headers of tables that are not spelt like the column."""


def key(name: str) -> str:
    """A name as it is compared: ``First seen`` is ``first_seen``."""
    return "_".join(name.strip().lower().replace("-", " ").replace("_", " ").split())


def column(typed: str, names: Iterable[str]) -> str | None:
    """The one of ``names`` that was typed, by its name or as a table's header has it; None where it may be several."""
    names = tuple(names)
    if typed in names:
        return typed
    wanted = key(typed)
    for spelt in (wanted, _HEADERS.get(wanted, "")):
        if spelt in names:
            return spelt
    found = [name for name in names if name.endswith((f"_{wanted}", f"_{wanted.removesuffix('s')}"))] if wanted else []
    return found[0] if len(found) == 1 else None


def hint(typed: str, names: Iterable[str]) -> str:
    """``; did you mean authority?``, of ``names``; or where that is to be read of; empty where nothing is near."""
    names = tuple(names)
    wanted = key(typed)
    other = ELSEWHERE.get(wanted)
    near = [name for name in names if other is not None and key(name) == other]
    if other and not near:
        return f"; here it is {other.replace('_', ' ')}, see 'wholinks metrics {other}'"
    near = near or [name for name in names if wanted and key(name).startswith(f"{wanted}_")]
    near = near or get_close_matches(wanted, names, 2, 0.7)
    return f"; did you mean {' or '.join(near[:2])}?" if near else ""
