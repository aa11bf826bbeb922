"""``wholinks internal``: a site's pages by its own links."""

from pathlib import Path
from typing import Any, Final

import click

from wholinks.index.queries import Index
from wholinks.index.questions import By, Question, kinds_meant
from wholinks.storage.records import Kind

from .answer import TABLE_ROWS, columns_given, row_options, typed
from .notes import note_names, note_stale
from .options import data_option, format_option
from .question_options import target_options
from .research import cut
from .view import emit_view

EXAMPLES: Final = """
\b
Examples:
  wholinks internal shop.example                    its pages by the links of its own pages
  wholinks internal shop.example/blog --mode prefix
  wholinks internal shop.example --kind canonical
"""


@click.command(epilog=EXAMPLES, short_help="A site's pages by its own links.")
@click.argument("target")
@data_option
@target_options
@click.option(
    "--kind", "kinds", type=click.Choice([kind.name.lower() for kind in Kind]), multiple=True,
    help="Count links of this kind; repeatable.  [default: text, image, redirect]",
)  # fmt: skip
@row_options
@format_option("table", "json", "jsonl", "csv")
def command(target: str, data: Path, limit: int | None, format_: str, **given: Any) -> None:
    """The URLs of TARGET by the links that pages of its own site have to them."""
    from wholinks.research.views.groups import InternalRow, internal_pages  # noqa: PLC0415 - one output is wanted

    with Index(data) as index:
        named = typed(index, target, given)
        asked = Question(
            named, By.TARGET, kinds=kinds_meant(given["kinds"]), limit=cut(limit, format_, TABLE_ROWS),
            sort=given["sort"], after=given["after"],
        )  # fmt: skip
        found = internal_pages(index, asked)
        emit_view(
            found, format_, columns_given(given), ("internally linked URL", "internally linked URLs"), InternalRow
        )
        note_names(index, [named], are_known=True)
        note_stale(index)
