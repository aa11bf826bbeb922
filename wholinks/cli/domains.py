"""``wholinks domains``: the domains that link to a target."""

from pathlib import Path
from typing import Any, Final

import click

from wholinks.index.queries import Index
from wholinks.index.questions import Question

from .view import show_view, view_options

EXAMPLES: Final = """
\b
Examples:
  wholinks domains shop.example                          the highest authority first
  wholinks domains shop.example --sort backlinks --limit 50
  wholinks domains shop.example --follow followed --tld org --authority 20..
  wholinks domains shop.example --state lost             domains with a lost link (some may have others left)
  wholinks history shop.example --between 2026-06-30 2026-11-21 --domains   domains that are new or gone
"""


@click.command(epilog=EXAMPLES, short_help="The domains that link to a target.")
@click.argument("target")
@view_options
def command(target: str, data: Path, format_: str, **given: Any) -> None:
    """The referring domains of TARGET with their authority (0 to 100 within this crawl) and rank.

    The counts are those of 'wholinks to TARGET'. With --state new and lost, those that have a new or a lost backlink;
    they may have others.
    """
    from wholinks.research.views.domains import (  # noqa: PLC0415 - numpy comes with it
        ReferringDomain,
        changed_since,
        referring_domains,
    )

    def what(index: Index, asked: Question) -> tuple[str, str]:
        having = changed_since(index, asked)
        return f"referring domain{having}", f"referring domains{having}"

    show_view(target, data, format_, given, referring_domains, what, ReferringDomain)
