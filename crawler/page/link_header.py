"""The ``Link:`` header (RFC 8288): targets and parameters."""

from collections.abc import Iterator
from typing import Final, NamedTuple

_SPACE: Final = " \t"


class HeaderLink(NamedTuple):
    """One link value. ``parameters`` holds the first of each name, names in lower case; ``text`` is all as written."""

    target: str
    parameters: dict[str, str]
    text: str


def parse_link_header(value: str) -> Iterator[HeaderLink]:
    """The links of one header value, by RFC 8288, appendix B.2: what is broken is skipped up to the next comma.

    One pass; each search that finds nothing ends it.
    """
    position = 0
    while True:
        position = _skip(value, position, _SPACE + ",")
        if position >= len(value):
            return
        if value[position] != "<":
            position = _up_to(value, position, ",")
            continue
        close = value.find(">", position)
        if close < 0:
            return
        start, target = position, value[position + 1 : close]
        parameters, position = _parameters(value, close + 1)
        yield HeaderLink(target, parameters, value[start:position].rstrip(_SPACE))


def _parameters(value: str, position: int) -> tuple[dict[str, str], int]:
    parameters: dict[str, str] = {}
    while True:
        position = _skip(value, position, _SPACE)
        if position >= len(value) or value[position] == ",":
            return parameters, position
        if value[position] != ";":
            position = _up_to(value, position, ",;")
            continue
        start = _skip(value, position + 1, _SPACE)
        position = _up_to(value, start, "=;,")
        name = value[start:position].strip(_SPACE).lower()
        text = ""
        if value[position : position + 1] == "=":
            text, position = _parameter_value(value, _skip(value, position + 1, _SPACE))
        if name:
            parameters.setdefault(name, text)


def _parameter_value(value: str, position: int) -> tuple[str, int]:
    if value[position : position + 1] != '"':
        end = _up_to(value, position, ";,")
        return value[position:end].strip(_SPACE), end
    pieces = []
    position += 1
    while position < len(value):
        end = _up_to(value, position, '"\\')
        pieces.append(value[position:end])
        position = end + 1
        if value[end : end + 1] != "\\":
            break
        pieces.append(value[position : position + 1])
        position += 1
    return "".join(pieces), position


def _skip(value: str, position: int, characters: str) -> int:
    while position < len(value) and value[position] in characters:
        position += 1
    return position


def _up_to(value: str, position: int, characters: str) -> int:
    while position < len(value) and value[position] not in characters:
        position += 1
    return position
