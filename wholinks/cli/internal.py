"""``wholinks internal``: a site's pages by its own links."""

from pathlib import Path
from typing import Any, Final

import click

from wholinks.index.queries import Index
from wholinks.index.questions import By, Question, kinds_meant
from wholinks.storage.records import Kind

from .answer import TABLE_ROWS, limit_option, typed
from .notes import note_stale
from .options import data_option, format_option
from .question_options import target_options
from .research import cut, emit

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
@limit_option
@format_option("table", "json", "jsonl", "csv")
def command(target: str, data: Path, limit: int | None, format_: str, **given: Any) -> None:
    """The URLs of TARGET by the links that pages of its own site have to them."""
    from wholinks.render.views import sheet  # noqa: PLC0415 - one output is wanted
    from wholinks.research.views import InternalRow, internal_pages  # noqa: PLC0415

    with Index(data) as index:
        named = typed(index, target, given)
        kinds = kinds_meant(given["kinds"])
        found = internal_pages(index, Question(named, By.TARGET, kinds=kinds, limit=cut(limit, format_, TABLE_ROWS)))
        emit(found, format_, sheet=lambda view: sheet(view, "internally linked URLs"), row=InternalRow)
        note_stale(index)
