"""What the commands that show a target's links from one side share: options, and how a view is printed."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wholinks.index.queries import Index
from wholinks.index.questions import By, Question

from .answer import columns_given, question, row_options, show, time_options, typed
from .notes import note_names, note_stale
from .options import Command, data_option, format_option
from .question_options import filter_options, source_options, target_options
from .research import emit, tell_next

if TYPE_CHECKING:
    from collections.abc import Callable

    from wholinks.research.views.paged import View


def view_options(command: Command) -> Command:
    """Those of 'wholinks to', but for ``--by``."""
    return _with_options(command, target_options)


def source_view_options(command: Command) -> Command:
    """Those of 'wholinks from', but for ``--by``."""
    return _with_options(command, source_options)


def _with_options(command: Command, end_options: "Callable[[Command], Command]") -> Command:
    for option in (
        format_option("table", "json", "jsonl", "csv"), row_options, time_options, filter_options, end_options,
        data_option,
    ):  # fmt: skip
        command = option(command)
    return command


def show_answer(text: str, by: By, data: Path, format_: str, given: dict[str, Any], *, is_source: bool = False) -> None:
    """Print what 'wholinks to' (``is_source``: 'from') answers for what was typed, by ``by``."""
    with Index(data) as index:
        end = typed(index, text, given)
        ends = {"source": end} if is_source else {"target": end}
        asked = question(index, {**given, "by": by.value}, format_, **ends)
        show(index, asked, format_, columns_given(given))
        note_names(index, [end], are_known=True)


def show_view(  # noqa: PLR0917 - what a view is made of
    text: str, data: Path, format_: str, given: dict[str, Any], ask: "Callable[[Index, Question], View[Any]]",
    what: "tuple[str, str] | Callable[[Index, Question], tuple[str, str]]", row: type[Any], *, is_source: bool = False,
) -> None:  # fmt: skip
    """Print the view that ``ask`` answers with; ``what`` names one row of it and several, which are of type ``row``,
    or does so of the question."""
    with Index(data) as index:
        end = typed(index, text, given)
        ends = {"source": end} if is_source else {"target": end}
        asked = question(index, {**given, "by": By.DOMAIN.value}, format_, **ends)
        named = what(index, asked) if callable(what) else what
        emit_view(ask(index, asked), format_, columns_given(given), named, row, is_source=is_source)
        note_names(index, [end], are_known=True)
        note_stale(index)


def emit_view(
    found: "View[Any]", format_: str, columns: tuple[str, ...], what: tuple[str, str], row: type[Any],
    *, is_source: bool = False,
) -> None:  # fmt: skip
    """Print a view, all columns or those named."""
    from wholinks.render.views import sheet  # noqa: PLC0415 - one output is wanted

    if columns:
        from wholinks.render.chosen import choose, chosen_type  # noqa: PLC0415 - few ask for some

        row = chosen_type(row, columns)
        found = replace(found, rows=tuple(choose(found.rows, row)))
    emit(found, format_, sheet=lambda view: sheet(view, what, is_source=is_source), row=row)
    if format_ in {"jsonl", "csv"}:
        tell_next(found.next)
