"""``wholinks decisions``: how many decisions stand behind the links to a target."""

from pathlib import Path
from typing import Any, Final

import click

from wholinks.index.queries import Index
from wholinks.index.questions import Follow, Question, kinds_meant

from .answer import typed
from .notes import note_names, note_stale
from .options import data_option, format_option
from .question_options import filter_options, filters_given, target_options
from .research import cut, emit, limit_option

SHOWN: Final = 10

EXAMPLES: Final = """
\b
Examples:
  wholinks decisions shop.example
  wholinks decisions shop.example --follow followed
  wholinks decisions shop.example --format csv > decisions.csv
"""


@click.command(epilog=EXAMPLES, short_help="How many decisions stand behind the links to a target.")
@click.argument("target")
@data_option
@target_options
@filter_options
@limit_option(SHOWN)
@format_option("table", "json", "jsonl", "csv")
def command(target: str, data: Path, limit: int | None, format_: str, **given: Any) -> None:
    """How many decisions stand behind the links to TARGET: a link in the footer of every page is one, a link that an
    author set on one page is one too.
    """
    from wholinks.render.quality import decisions_sheet  # noqa: PLC0415
    from wholinks.research.quality.decisions import Decision, decisions  # noqa: PLC0415

    with Index(data) as index:
        asked = Question(
            typed(index, target, given), follow=Follow(given["follow"]), kinds=kinds_meant(given["kinds"]),
            limit=cut(limit, format_, SHOWN), filters=filters_given(index, given),
        )  # fmt: skip
        emit(decisions(index, asked), format_, sheet=decisions_sheet, row=Decision)
        note_names(index, [asked.asked])
        note_stale(index)
