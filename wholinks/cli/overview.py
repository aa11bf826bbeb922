"""``wholinks overview``: the metric card of a target."""

from pathlib import Path
from typing import Any, Final

import click

from wholinks.index.queries import Index
from wholinks.index.questions import By, Follow, Question, kinds_meant

from .answer import typed
from .notes import note_names, note_stale
from .options import data_option, format_option
from .question_options import count_options, target_options
from .research import FORMATS, emit

SHOWN: Final = 5

EXAMPLES: Final = """
\b
Examples:
  wholinks overview shop.example                     the card
  wholinks overview shop.example/tents --mode prefix     of a part of the site
  wholinks overview shop.example --follow followed   of followed links alone
  wholinks overview shop.example --format json       all numbers, and ten rows of each view
  wholinks overview shop.example --format csv        the numbers alone, one a line

\b
--mode, --protocol, --follow and --kind hold for the whole card. Filters by --placement, --anchor, --authority
and so on are of 'to', 'domains', 'backlinks', 'anchors' and 'pages': what came and went is followed by
backlink, whatever its anchor text or place, so a card with growth could not keep to them.
"""


@click.command(epilog=EXAMPLES, short_help="The metric card of a target: how many, from whom, since when.")
@click.argument("target")
@data_option
@target_options
@count_options
@click.option(
    "--top", type=click.IntRange(min=0), metavar="N",
    help=f"Rows of each view.  [default: {SHOWN} in a table, else 10]",
)  # fmt: skip
@format_option(*FORMATS)
def command(target: str, data: Path, top: int | None, format_: str, **given: Any) -> None:
    """The measures of TARGET on one card: backlinks with their band, sources, followed share, growth, diversity, the
    strongest rows of each view, coverage, and what to do next.

    Every number is that of 'wholinks to TARGET'. Bands: 1,000 backlinks or more are strong, 500 moderate, fewer low.
    """
    from wholinks.render.overview import overview_sheet  # noqa: PLC0415
    from wholinks.research.card.overview import TOP, Measure, overview  # noqa: PLC0415

    with Index(data) as index:
        asked = Question(typed(index, target, given), By.DOMAIN, Follow(given["follow"]), kinds_meant(given["kinds"]))
        most = top if top is not None else SHOWN if format_ == "table" else TOP
        emit(overview(index, asked, top=most), format_, sheet=overview_sheet, row=Measure)
        note_names(index, [asked.asked], are_known=True)
        note_stale(index)
