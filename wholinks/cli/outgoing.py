"""``wholinks outgoing``: what a site links to."""

from pathlib import Path
from typing import Any, Final

import click

from wholinks.index.questions import By

from .view import show_answer, show_view, source_view_options

EXAMPLES: Final = """
\b
Examples:
  wholinks outgoing blog.example                    linked domains, the most linked first
  wholinks outgoing blog.example --broken           its links that lead nowhere, or elsewhere
  wholinks outgoing blog.example --sort first_seen
"""


@click.command(epilog=EXAMPLES, short_help="The domains that a site links to, or its broken links.")
@click.argument("source")
@click.option("--broken", is_flag=True, help="The URLs it links to that answered with an error last, or redirect.")
@source_view_options
def command(source: str, data: Path, format_: str, broken: bool, **given: Any) -> None:
    """The domains that SOURCE links to: 'wholinks from SOURCE --by domain'."""
    if not broken:
        show_answer(source, By.DOMAIN, data, format_, given, is_source=True)
        return
    from wholinks.research.views.groups import BrokenRow, broken_links  # noqa: PLC0415 - not always wanted

    show_view(
        source,
        data,
        format_,
        given,
        broken_links,
        ("broken or redirecting linked URL", "broken or redirecting linked URLs"),
        BrokenRow,
        is_source=True,
    )
