"""``wholinks links``: the links from one site or page to another."""

from pathlib import Path
from typing import Any, Final

import click

from wholinks.index.queries import Index
from wholinks.index.questions import By
from wholinks.index.verdict import refuse_one_site

from .answer import by_option, columns_given, question, row_options, show, time_options
from .notes import note_names
from .options import data_option, format_option
from .question_options import filter_options

EXAMPLES: Final = """
\b
Examples:
  wholinks links blog.example shop.example          every link from the one site to the other
  wholinks links blog.example/tents shop.example    only those of one page
  wholinks links blog.example shop.example --by anchor
  wholinks links blog.example shop.example --format jsonl

\b
A URL with a path or query means just that URL, anything else the host and all under it. Whether a site
links there, with the reasons where that is not known, tells 'wholinks to TARGET --from SOURCE'.
"""


@click.command(epilog=EXAMPLES, short_help="The links from one site or page to another.")
@click.argument("source")
@click.argument("target")
@data_option
@by_option(By.LINK)
@filter_options
@time_options
@row_options
@format_option("table", "json", "jsonl", "csv")
def command(source: str, target: str, data: Path, format_: str, **given: Any) -> None:
    """All links from SOURCE to TARGET, as 'wholinks to TARGET' counts them: those on canonical duplicates of pages that
    link there too are left out."""
    with Index(data) as index:
        page, named = index.target(source), index.target(target)
        refuse_one_site(page, named)
        asked = question(index, given, format_, source=page, target=named)
        show(index, asked, format_, columns_given(given))
        note_names(index, [page], are_known=True)
        note_names(index, [named])
