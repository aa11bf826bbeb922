"""``wholinks explain-score``: where a domain's authority comes from."""

from pathlib import Path
from typing import Final

import click

from .notes import note_stale
from .options import data_option, format_option
from .research import FORMATS, cut, emit, limit_option

EXAMPLES: Final = """
\b
Examples:
  wholinks explain-score shop.example               which domains its authority comes from
  wholinks explain-score shop.example --limit 100
  wholinks explain-score --page https://shop.example/tents   which pages the score of a page comes from
  wholinks explain-score shop.example --format json
"""
TABLE_ROWS: Final = 20


@click.command(epilog=EXAMPLES, short_help="Which domains an authority comes from, by share.")
@click.argument("domain", metavar="DOMAIN")
@data_option
@click.option("--page", is_flag=True, help="The score of a page; in place of DOMAIN stands its URL.")
@limit_option(TABLE_ROWS)
@format_option(*FORMATS)
def command(domain: str, data: Path, page: bool, limit: int | None, format_: str) -> None:
    """Which domains the authority of DOMAIN comes from, or which pages the score of a page.

    The shares of all of them, with what every domain has, sum to 1. Below: the score of a domain with another damping.
    """
    from wholinks.index.queries import Index  # noqa: PLC0415
    from wholinks.render.authority import score as sheet  # noqa: PLC0415
    from wholinks.research.scores.authority import ContributorRow, explain_score  # noqa: PLC0415

    with Index(data) as index:
        if page:
            from wholinks.render.authority import page_score as page_sheet  # noqa: PLC0415
            from wholinks.research.scores.page_authority import PageContributorRow, explain_page_score  # noqa: PLC0415

            found = explain_page_score(index, domain, limit=cut(limit, format_, TABLE_ROWS))
            emit(found, format_, sheet=page_sheet, row=PageContributorRow)
            note_stale(index)
            return
        answer = explain_score(index, domain, limit=cut(limit, format_, TABLE_ROWS))
        emit(answer, format_, sheet=sheet, row=ContributorRow)
        note_stale(index)
