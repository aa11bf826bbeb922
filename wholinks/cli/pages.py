"""``wholinks pages``: which URLs of a target are linked."""

from pathlib import Path
from typing import Any, Final

import click

from wholinks.index.questions import By

from .view import show_answer, show_view, view_options

EXAMPLES: Final = """
\b
Examples:
  wholinks pages shop.example                       its most linked URLs
  wholinks pages shop.example --sort referring_domains
  wholinks pages shop.example --by-path 1           its sections: /tents, /blog
  wholinks pages shop.example --follow followed
"""


@click.command(epilog=EXAMPLES, short_help="Which URLs of a target are linked, the best first.")
@click.argument("target")
@click.option(
    "--by-path", type=click.IntRange(min=1), metavar="N",
    help="A row for all URLs that begin with the same N segments of the path; what is counted of them is counted once.",
)  # fmt: skip
@view_options
def command(target: str, data: Path, format_: str, by_path: int | None, **given: Any) -> None:
    """The linked URLs of TARGET, by their backlinks: 'wholinks to TARGET --by target'."""
    if by_path is None:
        show_answer(target, By.TARGET, data, format_, given)
        return
    from wholinks.research.views.groups import PathRow, linked_paths  # noqa: PLC0415 - not always wanted

    show_view(
        target,
        data,
        format_,
        given,
        lambda index, asked: linked_paths(index, asked, by_path),
        ("linked path", "linked paths"),
        PathRow,
    )
