"""``wholinks anchors``: the anchor texts of the links to a target."""

from pathlib import Path
from typing import Any, Final

import click

from wholinks.index.questions import By

from .view import show_answer, view_options

EXAMPLES: Final = """
\b
Examples:
  wholinks anchors shop.example                     the most used first
  wholinks anchors shop.example --anchor tent       those with this word
  wholinks anchors shop.example --sort referring_domains
"""


@click.command(epilog=EXAMPLES, short_help="The anchor texts of the links to a target.")
@click.argument("target")
@view_options
def command(target: str, data: Path, format_: str, **given: Any) -> None:
    """The anchor texts of the links to TARGET: 'wholinks to TARGET --by anchor'."""
    show_answer(target, By.ANCHOR, data, format_, given)
