"""A plain table of whatever rows: a title a column, numbers to the right, nothing cut."""

from collections.abc import Iterable, Sequence

from rich.cells import cell_len

from .text import neutralise


def lines(titles: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    """The table's lines; texts are made harmless to a terminal."""
    shown = [[_cell(value) for value in row] for row in rows]
    widths = [max([cell_len(title), *(cell_len(row[n][0]) for row in shown)]) for n, title in enumerate(titles)]
    is_number = [all(row[n][1] for row in shown) for n in range(len(titles))]
    head = [(title, right) for title, right in zip(titles, is_number, strict=True)]
    return [_line(row, widths) for row in (head, *shown)]


def _cell(value: object) -> tuple[str, bool]:
    if isinstance(value, int):
        return f"{value:,}", True
    return neutralise(str(value)), False


def _line(cells: Iterable[tuple[str, bool]], widths: Sequence[int]) -> str:
    padded = []
    for (text, is_right), width in zip(cells, widths, strict=True):
        space = " " * (width - cell_len(text))
        padded.append(space + text if is_right else text + space)
    return "  ".join(padded).rstrip()
