"""What is said where nothing was found: what filters left out, or what close to it has links."""

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from .answers import Coverage
from .ends import Ends
from .filters import NO_FILTERS
from .questions import Direction, Question
from .rows import moment
from .target import Mode, Schemes, Target

if TYPE_CHECKING:
    from .queries import Index

_OTHER: Final = {Schemes.HTTP: Schemes.HTTPS, Schemes.HTTPS: Schemes.HTTP}


def hint(index: "Index", question: Question, ends: Ends, looked: Coverage) -> str | None:
    """Why a question has no answer, where that is known. ``looked`` is its coverage."""
    return _filtered_away(index, question) or _near(index, question, ends, looked)


def _filtered_away(index: "Index", question: Question) -> str | None:
    """How many backlinks there are that the filters leave out."""
    if not question.filters:
        return None
    without = index.measure(replace(question, filters=NO_FILTERS)).backlinks
    return f"no link passes the filters ({question.filters.told}); {without:,} without them" if without else None


def _near(index: "Index", question: Question, ends: Ends, looked: Coverage) -> str | None:
    """Why nothing was found, or what close to what was asked about has links."""
    if question.source is not None and not looked.pages_known:
        return _near_source(index, question.source)
    if question.as_of is not None and question.as_of < (first := _first_fetch_at(index)):
        return f"nothing was crawled by then: the first page was read on {moment(first):%Y-%m-%d}"
    if question.source is not None and question.target is not None:
        return None
    way = question.direction
    for sibling, name in _siblings(question.asked):
        near = replace(question, target=sibling) if way is Direction.TO else replace(question, source=sibling)
        found = index.measure(near)
        if found.backlinks:
            return f"no links {way} {question.asked.text}, but {found.backlinks:,} {way} {name}"
    if ends.is_empty:
        return f"no link {way} {question.asked.text} was ever seen, and no URL of it is known; is it typed right?"
    return None


def _first_fetch_at(index: "Index") -> int:
    first = index.session().execute("SELECT min(first_seen_at) FROM page").fetchall()[0][0]
    return int(first or index.built_at)


def _near_source(index: "Index", source: Target) -> str:
    """What near a source that nobody crawled was crawled."""
    for sibling, name in _siblings(source):
        known = index.looked_at(sibling).pages_known
        if known:
            pages = "a page" if known == 1 else f"{known:,} pages"
            return f"no page of {source.text} is known, but {pages} of {name}"
    return f"no page of {source.text} is known: it was never crawled"


def _siblings(target: Target) -> Iterator[tuple[Target, str]]:
    """Targets a person may have meant, with how to ask for them."""
    if target.mode in {Mode.EXACT, Mode.PREFIX}:
        host = target.host.removeprefix("www.") if target.host.startswith("www.") else f"www.{target.host}"
        other = replace(target, host=host)
        yield other, other.text
    if target.protocol is not Schemes.BOTH:
        scheme = _OTHER[target.protocol]
        yield replace(target, protocol=scheme), f"the same over {scheme} (--protocol {scheme})"
    if target.mode is Mode.EXACT and "?" not in target.path:
        yield replace(target, mode=Mode.PREFIX), "what lies below it (--mode prefix)"
