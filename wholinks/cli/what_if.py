"""``wholinks what-if``: authority, rank and counts without some links."""

from pathlib import Path
from typing import Final

import click

from .disavow import entries_of
from .notes import note_names, note_stale
from .options import FILE, data_option, format_option
from .research import FORMATS, emit

EXAMPLES: Final = """
\b
Examples:
  wholinks what-if shop.example --without blog.example            if the blog linked nowhere
  wholinks what-if shop.example --without a.example --without b.example
  wholinks what-if shop.example --without-link https://blog.example/tents https://shop.example/
  wholinks what-if shop.example --without-page https://blog.example/tents
  wholinks what-if shop.example --disavow disavow.txt             without the links that a file disavows
"""


@click.command(epilog=EXAMPLES, short_help="Authority, rank and counts without some domains or links.")
@click.argument("target")
@data_option
@click.option("--without", metavar="DOMAIN", multiple=True, help="Take out all links of this domain; repeatable.")
@click.option(
    "--without-link", "links", nargs=2, multiple=True, metavar="PAGE URL",
    help="Take out one backlink: from PAGE to URL, which is of TARGET's site; repeatable.",
)  # fmt: skip
@click.option(
    "--without-page", "pages", metavar="PAGE", multiple=True,
    help="Take out the links to TARGET's site that PAGE has; repeatable.",
)  # fmt: skip
@click.option(
    "--disavow", type=FILE, metavar="FILE",
    help="Take out the links to TARGET's site that a disavow file names, as 'wholinks disavow preview' does.",
)  # fmt: skip
@format_option(*FORMATS)
def command(  # noqa: PLR0917 - the command's options
    target: str, data: Path, without: tuple[str, ...], links: tuple[tuple[str, str], ...], pages: tuple[str, ...],
    disavow: Path | None, format_: str,
) -> None:  # fmt: skip
    """Authority, rank and counts of TARGET as they are, and as they would be.

    A domain taken out links nowhere; what else is taken out counts for others as before.
    """
    from wholinks.index.queries import Index  # noqa: PLC0415
    from wholinks.render.authority import what_if as sheet  # noqa: PLC0415
    from wholinks.research.what_if import WhatIfRow, what_if  # noqa: PLC0415

    with Index(data) as index:
        entries = entries_of(disavow, index.target(target).domain) if disavow is not None else []
        answer = what_if(index, target, without=without, links=links, pages=pages, disavow=entries)
        emit(answer, format_, sheet=sheet, row=WhatIfRow)
        note_names(index, map(index.target, (target, *without)))
        note_stale(index)
