"""What is said where nothing was found: what filters left out, or what close to it has links."""

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from wholinks.storage.urls import PublicSuffixes
from wholinks.storage.wording import counted

from .answers import Coverage
from .ends import Ends
from .filters import NO_FILTERS
from .questions import Direction, Question
from .rows import moment
from .target import Mode, Schemes, Target

if TYPE_CHECKING:
    from .queries import Index

_HOSTS: Final = frozenset({Mode.DOMAIN, Mode.SUBDOMAINS})

_BELOW: Final = "SELECT domain FROM domain WHERE ends_with(domain, '.' || ?) ORDER BY domain LIMIT 1"

# A letter too many, too few, another one, or two in each other's place; else the same name under another suffix.
_ALIKE: Final = """
SELECT domain, abs(length(domain) - length($asked)) <= 1 AND damerau_levenshtein(domain, $asked) = 1 AS is_slip
FROM domain WHERE is_slip OR split_part(domain, '.', 1) = split_part($asked, '.', 1)
ORDER BY is_slip DESC, length(domain), domain LIMIT 1"""

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
    if question.as_of is not None and question.as_of < (first := index.first_read_at or index.built_at):
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
        return _unseen(index, question.asked, way)
    return None


def of_name(index: "Index", target: Target, *, is_known: bool = False) -> str | None:
    """What is to be said of a name as it was typed, if anything: that nothing of it was ever seen (unless ``is_known``,
    where an answer says so itself), or that it is a public suffix, and so no site."""
    return index.translated(lambda: _of_name(index, target, is_known))


def _of_name(index: "Index", target: Target, is_known: bool) -> str | None:
    duck, ends = index.ask(Question(target))
    if ends.is_empty:
        return None if is_known else _unseen(index, target, Direction.TO)
    if target.mode not in _HOSTS or target.host != target.domain:
        return None
    # Only below a suffix are there other sites.
    below = duck.execute(_BELOW, [target.host]).fetchall()
    return _suffix(target.host, below[0][0]) if below else None


def _unseen(index: "Index", target: Target, way: Direction) -> str:
    if _is_suffix(target):
        return _suffix(target.host, f"shop.{target.host}")
    near = index.session().execute(_ALIKE, {"asked": target.domain}).fetchall()
    meant = f"did you mean {near[0][0]}?" if near else "is it typed right?"
    return f"no link {way} {target.text} was ever seen, and no URL of it is known; {meant}"


def _is_suffix(target: Target) -> bool:
    is_bare = target.mode in _HOSTS and "." in target.host and target.host == target.domain
    return is_bare and PublicSuffixes().is_suffix(target.host)


def _suffix(host: str, example: str) -> str:
    return (
        f"{host} is a public suffix, below which anyone can register a site; it stands for that host alone: name a"
        f" site, such as {example}"
    )


def _near_source(index: "Index", source: Target) -> str:
    """What near a source that nobody crawled was crawled."""
    for sibling, name in _siblings(source):
        known = index.looked_at(sibling).pages_known
        if known:
            return f"no page of {source.text} is known, but {counted(known, 'page')} of {name}"
    if _is_suffix(source):
        return _suffix(source.host, f"shop.{source.host}")
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
