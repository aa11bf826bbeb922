"""``wholinks domains``: the domains that link to a target."""

from pathlib import Path
from typing import Any, Final

import click

from wholinks.index.questions import By

from .view import show_answer, view_options

EXAMPLES: Final = """
\b
Examples:
  wholinks domains shop.example                     the strongest first
  wholinks domains shop.example --sort first_seen --limit 50
  wholinks domains shop.example --tld org --placement main --format csv
"""


@click.command(epilog=EXAMPLES, short_help="The domains that link to a target.")
@click.argument("target")
@view_options
def command(target: str, data: Path, format_: str, **given: Any) -> None:
    """The referring domains of TARGET: 'wholinks to TARGET --by domain'."""
    show_answer(target, By.DOMAIN, data, format_, given)
