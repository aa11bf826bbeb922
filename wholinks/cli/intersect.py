"""``wholinks intersect``: who links to all of several sites."""

from pathlib import Path
from typing import Any, Final

import click

from .notes import note_names, note_stale
from .options import data_option, format_option
from .question_options import count_options, target_options
from .research import FORMATS, cut, emit, limit_option
from .rules import rules, targets

EXAMPLES: Final = """
\b
Examples:
  wholinks intersect a.example b.example             domains that link to both
  wholinks intersect a.example b.example c.example --format csv > common.csv
"""
TABLE_ROWS: Final = 20


@click.command(epilog=EXAMPLES, short_help="Domains that link to all of several sites.")
@click.argument("sites", metavar="TARGETS...", nargs=-1, required=True)
@data_option
@target_options
@count_options
@limit_option(TABLE_ROWS)
@format_option(*FORMATS)
def command(sites: tuple[str, ...], data: Path, limit: int | None, format_: str, **given: Any) -> None:
    """Domains that link to all TARGETS, by authority."""
    from wholinks.index.queries import Index  # noqa: PLC0415
    from wholinks.render.competitors import intersection as sheet  # noqa: PLC0415
    from wholinks.research.competitors.gap import IntersectRow, intersect  # noqa: PLC0415

    with Index(data) as index:
        named = targets(index, sites, given)
        answer = intersect(index, named, rules=rules(given), limit=cut(limit, format_, TABLE_ROWS))
        emit(answer, format_, sheet=sheet, row=IntersectRow)
        note_names(index, named)
        note_stale(index)
