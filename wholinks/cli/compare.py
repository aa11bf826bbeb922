"""``wholinks compare``: sites side by side."""

from pathlib import Path
from typing import Final

import click

from .notes import note_stale
from .options import data_option, format_option
from .research import FORMATS, emit

EXAMPLES: Final = """
\b
Examples:
  wholinks compare shop.example rival.example other.example
  wholinks compare shop.example rival.example --format json
"""


@click.command(epilog=EXAMPLES, short_help="Sites side by side: backlinks, domains, new and lost, authority.")
@click.argument("targets", nargs=-1, required=True)
@data_option
@format_option(*FORMATS)
def command(targets: tuple[str, ...], data: Path, format_: str) -> None:
    """TARGETS side by side: backlinks with their band, new and lost in 30, 90 and 365 days, authority."""
    from wholinks.index.queries import Index  # noqa: PLC0415
    from wholinks.render.competitors import comparison as sheet  # noqa: PLC0415
    from wholinks.research.compare import CompareRow, compare  # noqa: PLC0415

    with Index(data) as index:
        emit(compare(index, targets), format_, sheet=sheet, row=CompareRow)
        note_stale(index)
