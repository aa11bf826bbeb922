"""``wholinks broken``: which linked URLs of a target are broken or redirect."""

from pathlib import Path
from typing import Any, Final

import click

from wholinks.research.views.groups import BrokenRow, Defect, broken_links

from .view import show_view, view_options

EXAMPLES: Final = """
\b
Examples:
  wholinks broken shop.example                      links that get lost, the most linked first
  wholinks broken shop.example --only error         404 and the like
  wholinks broken shop.example --format csv > fix.csv
"""


@click.command(epilog=EXAMPLES, short_help="Which linked URLs of a target are broken or redirect.")
@click.argument("target")
@click.option(
    "--only",
    type=click.Choice([defect.value for defect in Defect]),
    help="URLs that answered 4xx or 5xx; that redirect; or that redirect to one that did.",
)
@view_options
def command(target: str, data: Path, format_: str, only: str | None, **given: Any) -> None:
    """The URLs of TARGET that others link to and that answered with an error last, or redirect."""
    show_view(
        target, data, format_, given,
        lambda index, asked: broken_links(index, asked, Defect(only) if only is not None else None),
        ("broken or redirecting linked URL", "broken or redirecting linked URLs"), BrokenRow,
    )  # fmt: skip
