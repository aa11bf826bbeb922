"""Text cut and broken to a width in terminal cells."""

import os
import re
import shutil
import sys
from collections.abc import Iterator
from typing import Final

from rich.cells import cell_len, set_cell_size

_ELLIPSIS: Final = "…"
_LEAST: Final = 20
"""Sentences are broken no narrower than this."""
_COMMAND: Final = re.compile(r"( *wholinks .+?) {3,}(# .+)")


def terminal_width() -> int | None:
    """Cells of a line; None where there is no terminal and ``COLUMNS`` says nothing: a line may be as long as it is."""
    is_told = sys.stdout.isatty() or os.environ.get("COLUMNS", "").isdecimal()
    return shutil.get_terminal_size().columns if is_told else None


def shorten_end(text: str, width: int) -> str:
    """``text`` in at most ``width`` terminal cells; what is cut at the end is an ellipsis."""
    if cell_len(text) <= width:
        return text
    return set_cell_size(text, max(width - 1, 0)).rstrip() + _ELLIPSIS if width > 0 else ""


def shorten_middle(text: str, width: int) -> str:
    """The same, cut in the middle: both ends of a URL say something."""
    if cell_len(text) <= width:
        return text
    if width < 8:
        return shorten_end(text, width)
    tail_width = (width - 1) // 3
    tail = ""
    for character in reversed(text):
        if cell_len(character + tail) > tail_width:
            break
        tail = character + tail
    return set_cell_size(text, width - 1 - cell_len(tail)).rstrip() + _ELLIPSIS + tail


def wrap(text: str, width: int, hanging: int = 0) -> list[str]:
    """``text`` in lines of at most ``width`` cells, broken between words alone; all but the first begin with
    ``hanging`` spaces. A word that is longer, as a URL may be, stays whole on a line of its own."""
    if cell_len(text) <= width:
        return [text]
    first, *words = re.findall(r" *[^ ]+", text) or [text]
    lines = [first]
    for word in words:
        if cell_len(lines[-1]) + cell_len(word) <= width:
            lines[-1] += word
        else:
            lines.append(" " * hanging + word.lstrip(" "))
    return lines


def sentences(text: str, width: int | None) -> Iterator[str]:
    """A line of prose in as many lines as it takes; a command with a comment behind it (``# …``) stays whole, the
    comment below it where there is no room beside."""
    if width is None or cell_len(text) <= width:
        yield text
        return
    indent = len(text) - len(text.lstrip(" ")) + 2
    command = _COMMAND.fullmatch(text)
    if command:
        yield command[1]
        yield from wrap(" " * (indent + 2) + command[2], max(width, _LEAST), indent + 4)
    else:
        yield from wrap(text, max(width, _LEAST), indent)
