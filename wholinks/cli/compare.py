"""``wholinks compare``: sites side by side."""

from pathlib import Path
from typing import Any, Final

import click

from .notes import note_stale
from .options import data_option, format_option
from .question_options import rules_options, target_options
from .research import FORMATS, emit
from .rules import rules, targets

EXAMPLES: Final = """
\b
Examples:
  wholinks compare shop.example rival.example other.example
  wholinks compare shop.example rival.example --follow followed
  wholinks compare shop.example/tents rival.example/tents --mode prefix
  wholinks compare shop.example rival.example --format json
"""


@click.command(epilog=EXAMPLES, short_help="Sites side by side: backlinks, domains, new and lost, authority.")
@click.argument("sites", metavar="TARGETS...", nargs=-1, required=True)
@data_option
@target_options
@rules_options
@format_option(*FORMATS)
def command(sites: tuple[str, ...], data: Path, format_: str, **given: Any) -> None:
    """TARGETS side by side: backlinks with their band, new and lost in 30, 90 and 365 days, authority."""
    from wholinks.index.queries import Index  # noqa: PLC0415
    from wholinks.render.competitors import comparison as sheet  # noqa: PLC0415
    from wholinks.research.compare import CompareRow, compare  # noqa: PLC0415

    with Index(data) as index:
        answer = compare(index, targets(index, sites, given), rules=rules(given))
        emit(answer, format_, sheet=sheet, row=CompareRow)
        note_stale(index)
