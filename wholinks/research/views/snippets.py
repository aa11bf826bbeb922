"""The part of a text in which words were found, with all of them marked."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

from wholinks.research.views.words import Term, words_of

_AROUND: Final = 60
"""Characters shown on either side of what was found."""
_LEAST_AROUND: Final = 20
_LEFT_OUT: Final = " … "

Place = tuple[int, int]


def context(before: str, anchor: str, after: str) -> list[str]:
    """A link's surroundings as the parts of one text: its anchor text is in brackets."""
    inner = f"[{anchor}]" if anchor else ""
    return [before + _blank(before, inner or after), inner, _blank(inner, after) + after]


def snippet(parts: Sequence[str], terms: Sequence[Term]) -> str:
    """Of the text that the parts make, what is around each term: the place where it is nearest to the first one.

    All that is found there is in «guillemets», whatever its case; a term is found within one part. Where the places lie
    apart, " … " stands for what is between them.
    """
    text = "".join(parts)
    found = list(_found(parts, [term for term in terms if not term.is_excluded]))
    if not found:
        return text[: 2 * _AROUND]
    first = found[0][0]
    wanted = [min(places, key=lambda place: abs(place[0] - first[0])) for places in found]
    around = max(_AROUND // len(wanted), _LEAST_AROUND)
    windows = _united([(max(start - around, 0), min(end + around, len(text))) for start, end in wanted], len(_LEFT_OUT))
    marked = _united([place for places in found for place in places], 0)
    shown = _LEFT_OUT.join(_marked(text, window, marked) for window in windows)
    return f"{'…' if windows[0][0] else ''}{shown}{'…' if windows[-1][1] < len(text) else ''}"


def _found(parts: Sequence[str], terms: Sequence[Term]) -> Iterator[list[Place]]:
    """The places of each term that is found."""
    for term in terms:
        places, at = list[Place](), 0
        for part in parts:
            places += [(at + start, at + end) for start, end in term.places(words_of(part))]
            at += len(part)
        if places:
            yield places


def _united(places: Sequence[Place], apart: int) -> list[Place]:
    """In order, with those that overlap, or have no more than ``apart`` between them, as one."""
    united: list[Place] = []
    for start, end in sorted(places):
        if united and start < united[-1][1] + apart:
            united[-1] = (united[-1][0], max(end, united[-1][1]))
        else:
            united.append((start, end))
    return united


def _marked(text: str, window: Place, marked: Sequence[Place]) -> str:
    """The window of the text; what is marked and cut by its edge is shown unmarked."""
    inside = [it for it in marked if window[0] <= it[0] and it[1] <= window[1]]
    edges = [window[0], *(at for place in inside for at in place), window[1]]
    pieces = [text[start:end] for start, end in pairwise(edges)]
    return "".join(f"«{piece}»" if number % 2 else piece for number, piece in enumerate(pieces))


def _blank(left: str, right: str) -> str:
    return " " if left and right and not left[-1].isspace() and not right[0].isspace() else ""
