"""``wholinks check``: are links that were placed still there, as agreed?"""

from copy import copy
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import click

from wholinks.crawler.engine import Recrawl
from wholinks.index.build import build_index
from wholinks.index.placed import Checked, PlacedState, check, read_placed
from wholinks.index.queries import Index
from wholinks.render.json import encode, plain
from wholinks.storage.database import CRAWL_DB
from wholinks.storage.errors import WholinksError
from wholinks.storage.folder_status import last_settings
from wholinks.storage.user_files import read_text

from . import crawl, recrawl
from .options import FILE, data_option, format_option

EXAMPLES: Final = """
\b
Examples:
  wholinks check placed.csv                       ask for the pages now, and say what differs
  wholinks check placed.csv --no-crawl            only by what the index knows already
  wholinks check placed.csv --format csv > report.csv
  wholinks check placed.csv --quiet || mail -s 'links changed' me@shop.example

\b
placed.csv has a header and a link a line; rel and anchor may be left out or empty, then they are not checked:
  source_url,target_url,rel,anchor
  https://blog.example/tents,https://shop.example/,follow,light tents
  https://mag.example/gear,https://shop.example/ulv,sponsored,

\b
States: present, rel_changed, anchor_changed, noindex, canonical_elsewhere, redirected, lost (it was there),
missing (no reading of the page ever showed it), and review where the page could not be read. The exit code
is 0 if all are present, else 1.
"""


@click.command(epilog=EXAMPLES, short_help="Are placed links still there, as agreed? A CSV list, for cron.")
@click.argument("file", type=FILE)
@data_option
@click.option("--no-crawl", is_flag=True, help="Ask for no page; go by the index.")
@click.option("--quiet", is_flag=True, help="Print only what is not as agreed.")
@format_option("table", "json", "jsonl", "csv")
def command(file: Path, data: Path, no_crawl: bool, quiet: bool, format_: str, **given: Any) -> int:
    """Check the placed links of FILE (CSV, - for standard input): is each there, with the rel and anchor agreed?

    The source pages are asked for now, each once and politely; what they say is kept in the data folder. Their sites
    come into no crawl by that.
    """
    placed = read_placed(_text(file), str(file))
    since = None if no_crawl else datetime.now(UTC).replace(microsecond=0)
    if not no_crawl:
        last = last_settings(data) if (data / CRAWL_DB).exists() else {}
        settings = recrawl.settings_of(last, given)
        urls = tuple(dict.fromkeys(link.source_url for link in placed))
        report = crawl.run(lambda: crawl.crawl_shown(data, [], settings, Recrawl(urls=urls)))
        if report.ended_why == "interrupted":
            raise KeyboardInterrupt
        if report.ended_why == "offline":
            raise WholinksError("this machine was offline, so not all pages could be asked; run the same command again")
        build_index(data)
    with Index(data) as index:
        checked = [check(link, index.evidence(link.source_url, link.target_url), since) for link in placed]
    shown = [row for row in checked if row.state is not PlacedState.PRESENT] if quiet else checked
    if shown or not quiet:
        _show(shown, format_)
    return int(any(row.state is not PlacedState.PRESENT for row in checked))


_OWN: Final = frozenset({"data", "format_", "pages", "within", "no_index", "log", "metrics", "help"})
command.params += [copy(option) for option in recrawl.command.params if option.name not in _OWN]


def _text(file: Path) -> list[str]:
    return read_text(file, "a CSV list of placed links").splitlines(keepends=True)


def _show(rows: list[Checked], format_: str) -> None:
    if format_ == "json":
        from wholinks.render import placed  # noqa: PLC0415 - one output is wanted

        click.echo(encode(placed.document(rows), indent=2))
    elif format_ == "jsonl":
        for row in rows:
            click.echo(encode(plain(row)))
    elif format_ == "csv":
        from wholinks.render import csv  # noqa: PLC0415

        for line in csv.lines(rows, Checked):
            click.echo(line)
    else:
        from wholinks.render import placed  # noqa: PLC0415

        for line in placed.lines(rows):
            click.echo(line)
