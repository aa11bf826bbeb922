"""Views of links (:mod:`wholinks.research.views.paged`) as people read them."""

from typing import Any

from wholinks.research.views.paged import View

from .sheet import Sheet, Table
from .table import coverage_shown, narrowed
from .targets import target_shown
from .text import counted


def sheet(view: View[Any], what: tuple[str, str], columns: tuple[str, ...] | None = None) -> Sheet:
    """``what`` names a row, and several."""
    target = view.target
    told = f"{counted(view.rows_known, *what)}: {target_shown(target)} ({target.mode})."
    more = view.rows_known - view.rows_before - len(view.rows) if view.rows else 0
    notes = tuple(note for note in (view.note, view.hint) if note)
    lines = (told, *narrowed(view.snapshot))
    return Sheet(lines, (Table("", view.rows, columns, more),), (*notes, coverage_shown(view.coverage)))
