"""``wholinks gap``: who links to rivals and not to you."""

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
  wholinks gap shop.example rival.example other.example      the best opportunities first
  wholinks gap shop.example rival.example other.example --min-rivals 2
  wholinks gap shop.example rival.example --all              with those that link to you, too
  wholinks gap shop.example rival.example --sort relevance   the nearest to you first
  wholinks gap shop.example rival.example --follow followed  by followed links alone
  wholinks gap shop.example rival.example --format csv > gap.csv
"""
TABLE_ROWS: Final = 20


@click.command(epilog=EXAMPLES, short_help="Domains that link to rivals and not to you: no, or unknown.")
@click.argument("you")
@click.argument("rivals", nargs=-1, required=True)
@data_option
@target_options
@count_options
@click.option(
    "--min-rivals", type=click.IntRange(min=1), default=1, show_default=True, metavar="N",
    help="Domains that link to at least N rivals.",
)  # fmt: skip
@click.option("--all", "with_linking", is_flag=True, help="Also those that link to you.")
@click.option(
    "--sort", type=click.Choice(["opportunity", "authority", "rivals", "relevance", "backlinks"]),
    default="opportunity", show_default=True, help="What comes first.",
)  # fmt: skip
@limit_option(TABLE_ROWS)
@format_option(*FORMATS)
def command(
    you: str, rivals: tuple[str, ...], data: Path, *, min_rivals: int, with_linking: bool, sort: str,
    limit: int | None, format_: str, **given: Any,
) -> None:  # fmt: skip
    """Domains that link to RIVALS and not to YOU, by opportunity = authority × rivals × relevance, each with the page
    to ask on.

    Links to you: "no" where every page known of the domain was read to its end and has none, else "unknown". Relevance
    (0–1) is how much else that it links to is linked by sites that link to you or RIVALS. Other tools call this a link
    gap.
    """
    from wholinks.index.queries import Index  # noqa: PLC0415
    from wholinks.render.competitors import gap as sheet  # noqa: PLC0415
    from wholinks.research.competitors.gap import GapRow, gap  # noqa: PLC0415

    with Index(data) as index:
        named = targets(index, (you, *rivals), given)
        answer = gap(
            index, named[0], named[1:], min_rivals=min_rivals, with_linking=with_linking, sort=sort,
            rules=rules(given), limit=cut(limit, format_, TABLE_ROWS),
        )  # fmt: skip
        emit(answer, format_, sheet=sheet, row=GapRow)
        note_names(index, named)
        note_stale(index)
