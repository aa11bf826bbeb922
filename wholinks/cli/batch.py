"""``wholinks batch``: the measures of thousands of targets."""

from pathlib import Path
from typing import Final

import click

from .notes import note_stale
from .options import data_option, format_option
from .research import emit_rows

EXAMPLES: Final = """
\b
Examples:
  wholinks batch targets.txt > measures.csv          a target a line
  wholinks batch targets.txt --format jsonl
"""


@click.command(epilog=EXAMPLES, short_help="The measures of 'compare' for a file of targets, row by row.")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@data_option
@format_option("csv", "jsonl")
def command(file: Path, data: Path, format_: str) -> None:
    """The measures of every target in FILE, one a line, in its order; each row is written as it is known.

    All lines are read first: where one can't be meant, nothing is written.
    """
    from wholinks.index.queries import Index  # noqa: PLC0415
    from wholinks.research.compare import CompareRow, rows  # noqa: PLC0415
    from wholinks.research.lists import read_targets  # noqa: PLC0415

    with Index(data) as index:
        targets = [target for _, target in read_targets(index, file)]
        emit_rows(rows(index, targets), format_, CompareRow)
        note_stale(index)
