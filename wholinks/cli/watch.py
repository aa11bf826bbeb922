"""``wholinks watch``: what came and went since the last look, for a person, a script or a webhook."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from wholinks.storage.errors import UsageError

from .notes import note_stale
from .options import FILE, data_option, format_option
from .research import FORMATS, lines_of
from .times import day_of

if TYPE_CHECKING:
    from wholinks.research.growth.watch import Watched
    from wholinks.webhook import Webhook

CHANGED: Final = 3
"""The exit code of ``--exit-code`` where something is new or lost."""

EXAMPLES: Final = """
\b
Examples:
  wholinks recrawl && wholinks index && wholinks watch targets.txt    for cron
  wholinks watch targets.txt --format csv -o changes.csv
  wholinks watch targets.txt --webhook https://hooks.example/links
  wholinks watch targets.txt --exit-code                              3 if something changed, else 0
  wholinks watch targets.txt --since 2026-11-01                       without touching what was seen
  echo shop.example | wholinks watch - --name shop

\b
The first look at a target only remembers it. What was seen moves on when everything is delivered: if
a webhook fails, the next run tells the same news again. A webhook is only called when something is
new or lost.
"""


@click.command(epilog=EXAMPLES, short_help="What is new or lost since the last look; file, webhook, exit code.")
@click.argument("file", type=FILE)
@data_option
@click.option("--name", metavar="NAME", help="What this watch is remembered as.  [default: the path of FILE]")
@click.option(
    "--since", metavar="DAY", help="Since the beginning of this day, or in the last days (30d); nothing is remembered."
)
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
    help="Where to write, whole or not at all.  [default: standard output]",
)  # fmt: skip
@click.option(
    "--webhook", metavar="URL", envvar="WHOLINKS_WEBHOOK", show_envvar=True,
    help="POST what changed there as JSON: the one command of research that uses a network, and only so.",
)  # fmt: skip
@click.option("--exit-code", "with_exit_code", is_flag=True, help=f"Exit with {CHANGED} if something is new or lost.")
@format_option(*FORMATS)
def command(
    file: Path,
    data: Path,
    *,
    name: str | None,
    since: str | None,
    output: Path | None,
    webhook: str | None,
    with_exit_code: bool,
    format_: str,
) -> None:
    """The backlinks of the targets in FILE (one a line, # begins a comment; - is standard input) that are new or lost
    since this watch last looked.
    """
    from wholinks.index.queries import Index  # noqa: PLC0415
    from wholinks.notes.watches import keep_seen, last_seen  # noqa: PLC0415
    from wholinks.research.growth.watch import watched  # noqa: PLC0415
    from wholinks.research.lists import read_targets  # noqa: PLC0415

    address = _address(webhook) if webhook is not None else None
    if output is not None and output.resolve() == file.resolve():
        raise UsageError(f"{output}: the list of targets itself; write to another file")
    key = f"name:{name}" if name is not None else f"file:{'-' if file == Path('-') else file.resolve()}"
    with Index(data) as index:
        day = day_of(index, since, "--since", is_end=False)
        targets = [target for _, target in read_targets(index, file)]
        if not targets:
            raise UsageError(f"{file}: no target in it; write one a line, such as shop.example")
        found, seen = watched(index, name or file.name, targets, last_seen(data, key), since=day)
        _deliver(found, format_, output, address)
        if day is None:
            keep_seen(data, key, seen)
        note_stale(index)
    if with_exit_code and found.has_changed:
        click.get_current_context().exit(CHANGED)


def _deliver(found: "Watched", format_: str, output: Path | None, address: "Webhook | None") -> None:
    """Everywhere it shall go; raises where it could not."""
    from wholinks.render.watch import payloads, watch_sheet  # noqa: PLC0415
    from wholinks.research.growth.watch import WatchedLink  # noqa: PLC0415

    from .atomic import write_whole  # noqa: PLC0415

    text = "".join(f"{line}\n" for line in lines_of(found, format_, sheet=watch_sheet, row=WatchedLink))
    if output is None:
        sys.stdout.write(text)
        sys.stdout.flush()
    else:
        write_whole(output, text.encode("utf-8", "backslashreplace"))
    if address is not None and found.has_changed:
        for body in payloads(found):
            address.post(body, lambda said: click.echo(f"wholinks: {said}", err=True))


def _address(text: str) -> "Webhook":
    from wholinks.webhook import Webhook  # noqa: PLC0415 - an HTTP client takes its time, and few have a webhook

    return Webhook.parse(text)
