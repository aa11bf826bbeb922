"""``wholinks backlinks``: the pages that link to a target."""

from pathlib import Path
from typing import Any, Final

import click

from wholinks.index.questions import By

from .view import show_answer, show_view, view_options

EXAMPLES: Final = """
\b
Examples:
  wholinks backlinks shop.example                   every backlink
  wholinks backlinks shop.example --group domain    one of each referring domain
  wholinks backlinks shop.example --group similar   links alike in one row: a blogroll, a footer
  wholinks backlinks shop.example --sort first_seen --columns source_url,anchor_text
"""


_ROWS: Final = {
    "domain": ("referring domain", "referring domains"), "similar": ("group of links alike", "groups of links alike"),
}  # fmt: skip


@click.command(epilog=EXAMPLES, short_help="The pages that link to a target, one by one or grouped.")
@click.argument("target")
@click.option(
    "--group", type=click.Choice(["all", "domain", "similar"]), default="all", show_default=True,
    help="A row for each backlink; for each referring domain; or for links of a domain that are alike: same target"
    " URL, anchor text, placement and place in the page's structure.",
)  # fmt: skip
@view_options
def command(target: str, data: Path, format_: str, group: str, **given: Any) -> None:
    """The backlinks of TARGET: pairs of source page and target URL.

    Of a group one backlink is shown, a followed one if there is one, with the numbers of all.
    """
    if group == "all":
        show_answer(target, By.PAGE, data, format_, given)
        return
    from wholinks.research.views.groups import Group, GroupedRow, grouped_backlinks  # noqa: PLC0415 - not always wanted

    show_view(
        target, data, format_, given, lambda index, asked: grouped_backlinks(index, asked, Group(group)),
        _ROWS[group], GroupedRow,
    )  # fmt: skip
