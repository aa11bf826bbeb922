"""``wholinks batch``: the measures of thousands of targets."""

from pathlib import Path
from typing import Any, Final

import click

from .notes import note_stale
from .options import data_option, format_option
from .question_options import count_options, target_options
from .research import emit_rows
from .rules import rules

EXAMPLES: Final = """
\b
Examples:
  wholinks batch targets.txt > measures.csv          a target a line
  wholinks batch targets.txt --format jsonl
  wholinks batch pages.txt --mode prefix --follow followed
"""


@click.command(epilog=EXAMPLES, short_help="The measures of 'compare' for a file of targets, row by row.")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@data_option
@target_options
@count_options
@format_option("csv", "jsonl")
def command(file: Path, data: Path, format_: str, **given: Any) -> None:
    """The measures of every target in FILE, one a line, in its order; each row is written as it is known.

    Options that say what a target covers and which links count hold for every line. All lines are read first: where one
    can't be meant, nothing is written.
    """
    from wholinks.index.queries import Index  # noqa: PLC0415
    from wholinks.research.competitors.compare import CompareRow, rows  # noqa: PLC0415
    from wholinks.research.lists import read_targets  # noqa: PLC0415

    with Index(data) as index:
        targets = [target for _, target in read_targets(index, file, given["mode"], given["protocol"])]
        emit_rows(rows(index, targets, rules=rules(given)), format_, CompareRow)
        note_stale(index)
