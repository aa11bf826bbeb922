"""``wholinks what-if``: authority, rank and counts without some links."""

from pathlib import Path
from typing import Final

import click

from .notes import note_stale
from .options import data_option, format_option
from .research import FORMATS, emit

EXAMPLES: Final = """
\b
Examples:
  wholinks what-if shop.example --without blog.example            if the blog linked nowhere
  wholinks what-if shop.example --without a.example --without b.example
  wholinks what-if shop.example --disavow disavow.txt             without the links that a file disavows
"""


@click.command(epilog=EXAMPLES, short_help="Authority, rank and counts without some domains or links.")
@click.argument("target")
@data_option
@click.option("--without", metavar="DOMAIN", multiple=True, help="Take out all links of this domain; repeatable.")
@click.option(
    "--disavow", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE",
    help="Take out the links to TARGET that a disavow file names: domain:HOST or the URL of a page, one a line.",
)  # fmt: skip
@format_option(*FORMATS)
def command(target: str, data: Path, without: tuple[str, ...], disavow: Path | None, format_: str) -> None:
    """Authority, rank and counts of TARGET as they are, and as they would be.

    A domain taken out links nowhere; what is disavowed counts for others as before.
    """
    from wholinks.index.queries import Index  # noqa: PLC0415
    from wholinks.render.authority import what_if as sheet  # noqa: PLC0415
    from wholinks.research.lists import read_lines  # noqa: PLC0415
    from wholinks.research.what_if import WhatIfRow, what_if  # noqa: PLC0415

    with Index(data) as index:
        answer = what_if(index, target, without=without, disavow=() if disavow is None else read_lines(disavow))
        emit(answer, format_, sheet=sheet, row=WhatIfRow)
        note_stale(index)
