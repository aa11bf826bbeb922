"""Text cut to a width in terminal cells."""

from typing import Final

from rich.cells import cell_len, set_cell_size

_ELLIPSIS: Final = "…"


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
