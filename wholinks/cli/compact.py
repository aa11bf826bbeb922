"""``wholinks compact``: crawl.db without the space that nothing uses."""

import sys
from pathlib import Path
from typing import Final

import click

from wholinks.render.json import encode
from wholinks.storage.compacting import rewrite

from .options import data_option, format_option

EXAMPLES: Final = """
\b
Examples:
  wholinks compact
  wholinks compact --data my-crawl --format json
"""


@click.command(epilog=EXAMPLES, short_help="Make crawl.db smaller.")
@data_option
@format_option("text", "json")
def command(data: Path, format_: str) -> None:
    """Write crawl.db anew without the space that nothing uses, and put it in the place of the old one: checked before,
    whole or not at all. Nothing that was crawled is left out.

    No crawl may be running; the disk needs room for a second file of that size. An interrupted run changes nothing.
    """
    is_told = sys.stderr.isatty()
    done = rewrite(data, _show if is_told else lambda *_: None)
    if is_told:
        click.echo("\r\x1b[K", nl=False, err=True)
    if format_ == "json":
        click.echo(encode({"schema": 1, "data": str(data), **done._asdict()}, indent=2))
        return
    saved = done.before_bytes - done.after_bytes
    click.echo(
        f"{data / 'crawl.db'}: {done.before_bytes / 1e6:,.1f} MB before, {done.after_bytes / 1e6:,.1f} MB now"
        f" ({saved / done.before_bytes:.0%} less)"
        if saved
        else f"{data / 'crawl.db'}: {done.before_bytes / 1e6:,.1f} MB, no space to gain"
    )


def _show(written: int, most: int) -> None:
    click.echo(f"\rwriting: {written / 1e6:,.0f} of at most {most / 1e6:,.0f} MB", nl=False, err=True)
