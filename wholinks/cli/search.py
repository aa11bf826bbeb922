"""``wholinks search``: which links have these words in or around them."""

from pathlib import Path
from typing import Final

import click

from wholinks.index.queries import Index

from .notes import note_names, note_stale
from .options import data_option, format_option
from .research import cut, emit, emit_rows, limit_option

SHOWN: Final = 20
ALL: Final = "anchors,contexts,titles"

EXAMPLES: Final = """
\b
Examples:
  wholinks search "camping tent"                     both words, in one of the texts
  wholinks search '"tent shop" cheap* -used'         a phrase, a beginning, and a word that is not there
  wholinks search tent --in anchors --target shop.example
  wholinks search 東京 --format jsonl > tokyo.jsonl
"""


@click.command(epilog=EXAMPLES, short_help="Find links by words in their anchors, contexts and titles.")
@click.argument("query")
@click.option(
    "--in", "fields", default=ALL, show_default=True, metavar="FIELDS",
    help="Which texts: anchors, contexts (the text before and after), titles (of the linking page).",
)  # fmt: skip
@click.option("--target", metavar="TARGET", help="Only links to it.")
@click.option("--source", metavar="SOURCE", help="Only links from it.")
@data_option
@limit_option(SHOWN)
@format_option("table", "json", "jsonl", "csv")
def command(query: str, fields: str, data: Path, limit: int | None, format_: str, **ends: str | None) -> None:
    """Find the links to other sites that have all words of QUERY in their anchor text, in the text around them, or in
    the title of their page.

    "two words" stand together, tent* is a beginning, -used must not be there. Case and accents make no difference.
    """
    from wholinks.render.search import search_sheet  # noqa: PLC0415
    from wholinks.research.views.search import Found, Sought, fields_meant, found, search  # noqa: PLC0415

    wanted = fields_meant(fields)
    with Index(data) as index:
        named = {name: index.target(end) for name, end in ends.items() if end is not None}
        sought = Sought(query, wanted, **named)
        shown = cut(limit, format_, SHOWN)
        if format_ in {"jsonl", "csv"}:
            emit_rows(found(index, sought, shown), format_, Found)
        else:
            emit(search(index, sought, shown), format_, sheet=search_sheet(shown), row=Found)
        note_names(index, named.values())
        note_stale(index)
