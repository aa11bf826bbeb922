"""``wholinks merge INTO FROM...``: several data folders become one."""

from pathlib import Path
from typing import Final

import click

from wholinks.render.json import encode
from wholinks.storage.merging import merge
from wholinks.storage.wording import counted

from .index import build_shown
from .options import format_option

EXAMPLES: Final = """
\b
Examples:
  wholinks merge all crawl-a crawl-b       a new folder of two
  wholinks merge wholinks-data other       add what another crawl found
"""


@click.command(epilog=EXAMPLES, short_help="Merge data folders into one.")
@click.argument("into", type=click.Path(file_okay=False, path_type=Path))
@click.argument("sources", nargs=-1, required=True, metavar="FROM...", type=click.Path(file_okay=False, path_type=Path))
@click.option("--no-index", is_flag=True, help="Do not build the index at the end.")
@format_option("text", "json")
def command(into: Path, sources: tuple[Path, ...], no_index: bool, format_: str) -> None:
    """Merge the data folders FROM into INTO, as if one crawler had seen it all; FROM stay as they are.

    A page that several folders fetched keeps every fetch, in order of time. Merging the same folder again changes
    nothing, and the order of folders plays no part. No crawl may be running in any of them.
    """
    merged = merge(into, sources)
    click.echo(
        f"{into}: {counted(merged.pages, 'page')} ({merged.new_pages:,} new),"
        f" {counted(merged.fetches, 'fetch', 'fetches')} ({merged.new_fetches:,} new), {counted(merged.links, 'link')};"
        f" {counted(merged.pages_in_several, 'page')} had fetches in several folders",
        err=True,
    )
    built = None if no_index else build_shown(into)
    if format_ == "json":
        click.echo(encode({"schema": 1, **merged._asdict(), "index": built}, indent=2))
