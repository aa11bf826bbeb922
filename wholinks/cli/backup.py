"""``wholinks backup DEST``: a copy of what is precious, while a crawl runs."""

from pathlib import Path
from typing import Final

import click

from wholinks.render.json import encode
from wholinks.storage.backup import back_up

from .options import data_option, format_option

EXAMPLES: Final = """
\b
Examples:
  wholinks backup /mnt/backup/wholinks-2026-11-21
  wholinks backup copy --with-index --data my-crawl
  wholinks to shop.example --data copy          a copy is a data folder like any other
"""


@click.command(epilog=EXAMPLES, short_help="Copy the data folder, also while a crawl runs.")
@click.argument("dest", type=click.Path(file_okay=False, path_type=Path))
@data_option
@click.option("--with-index", is_flag=True, help="Copy the index too, which 'wholinks index' can make again.")
@click.option("--replace", is_flag=True, help="Replace the copy that is in DEST already.")
@format_option("text", "json")
def command(dest: Path, data: Path, with_index: bool, replace: bool, format_: str) -> None:
    """Copy crawl.db, and notes.db where there is one, into the folder DEST: one moment of each, checked before it gets
    its name. A crawl may be running; an interrupted backup leaves nothing half done.
    """
    copied = back_up(data, dest, with_index=with_index, is_replacing=replace)
    if format_ == "json":
        click.echo(encode({"schema": 1, "dest": str(dest), "files": [file._asdict() for file in copied]}, indent=2))
        return
    for file in copied:
        click.echo(f"{dest / file.name}: {file.bytes / 1e6:,.1f} MB, checked")
