"""``wholinks rivals``: who is linked from the same sites."""

from pathlib import Path
from typing import Any, Final

import click

from .answer import typed
from .notes import note_names, note_stale
from .options import data_option, format_option
from .question_options import count_options, target_options
from .research import FORMATS, cut, emit, limit_option
from .rules import rules

EXAMPLES: Final = """
\b
Examples:
  wholinks rivals shop.example                       sites that share most referring domains
  wholinks rivals shop.example --sort cosine         the most alike first, whatever their size
  wholinks rivals shop.example/tents --mode prefix   who shares the domains that link to this part
"""
TABLE_ROWS: Final = 20


@click.command(epilog=EXAMPLES, short_help="Sites that share most referring domains with a site.")
@click.argument("target")
@data_option
@target_options
@count_options
@click.option(
    "--sort", "by", type=click.Choice(["shared", "cosine", "jaccard"]), default="shared", show_default=True,
    help="What comes first.",
)  # fmt: skip
@limit_option(TABLE_ROWS)
@format_option(*FORMATS)
def command(target: str, data: Path, by: str, limit: int | None, format_: str, **given: Any) -> None:
    """Sites that the same domains link to as to TARGET.

    --mode and --protocol are TARGET's; the others are whole domains. --kind and --follow hold for all.
    """
    from wholinks.index.queries import Index  # noqa: PLC0415
    from wholinks.render.competitors import rivals as sheet  # noqa: PLC0415
    from wholinks.research.competitors.rivals import RivalRow, rivals  # noqa: PLC0415

    with Index(data) as index:
        named = typed(index, target, given)
        answer = rivals(index, named, by=by, rules=rules(given), limit=cut(limit, format_, TABLE_ROWS))
        emit(answer, format_, sheet=sheet, row=RivalRow)
        note_names(index, [named])
        note_stale(index)
