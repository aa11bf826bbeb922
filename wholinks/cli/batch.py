"""``wholinks batch``: the measures of thousands of targets."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from wholinks.render.text import neutralise
from wholinks.storage.errors import UsageError
from wholinks.storage.wording import counted

from .notes import note_stale
from .options import FILE, data_option, format_option
from .question_options import count_options, target_options
from .research import emit_rows
from .rules import rules

if TYPE_CHECKING:
    from wholinks.research.competitors.compare import CompareRow

NAMED: Final = 5

EXAMPLES: Final = """
\b
Examples:
  wholinks batch targets.txt > measures.csv          a target a line
  wholinks batch targets.txt --format jsonl
  wholinks batch pages.txt --mode prefix --follow followed
"""


@click.command(epilog=EXAMPLES, short_help="The measures of 'compare' for a file of targets, row by row.")
@click.argument("file", type=FILE)
@data_option
@target_options
@count_options
@format_option("csv", "jsonl")
def command(file: Path, data: Path, format_: str, **given: Any) -> None:
    """The measures of every target in FILE (one a line; - is standard input), in its order; each row is written as
    it is known.

    Options that say what a target covers and which links count hold for every line. All lines are read first: where one
    can't be meant, nothing is written.
    """
    from wholinks.index.queries import Index  # noqa: PLC0415
    from wholinks.research.competitors.compare import CompareRow, rows  # noqa: PLC0415
    from wholinks.research.lists import read_targets  # noqa: PLC0415

    with Index(data) as index:
        targets = [target for _, target in read_targets(index, file, given["mode"], given["protocol"])]
        if not targets:
            raise UsageError(f"{file}: no target in it; write one a line")
        unknown: list[str] = []
        emit_rows(_watched(rows(index, targets, rules=rules(given)), unknown), format_, CompareRow)
        _note_unknown(unknown, len(targets))
        note_stale(index)


def _watched(found: "Iterable[CompareRow]", unknown: list[str]) -> "Iterator[CompareRow]":
    """The rows, while ``unknown`` fills with the targets of which the index does not know the domain."""
    for row in found:
        if row.rank is None:
            unknown.append(row.target)
        yield row


def _note_unknown(unknown: list[str], targets: int) -> None:
    if unknown:
        more = f" and {len(unknown) - NAMED:,} more" if len(unknown) > NAMED else ""
        told = f"{', '.join(map(neutralise, unknown[:NAMED]))}{more}"
        click.echo(
            f"wholinks: of {len(unknown):,} of {counted(targets, 'target')} no link to it and no page of its site was"
            f" ever seen; typed right? {told}",
            err=True,
        )
