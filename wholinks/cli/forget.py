"""``wholinks forget HOST...``: removal on request, remembered."""

import sys
import time
from pathlib import Path
from typing import Any, Final

import click

from wholinks.index.schema import INDEX_FILE
from wholinks.render import listing
from wholinks.render.json import encode
from wholinks.storage.errors import DataFolderError, UsageError
from wholinks.storage.forgetting import Forgotten, Removed, allow_again, compact, forget, forgotten_hosts, preview
from wholinks.storage.urls import NotAUrl, PublicSuffixes, is_ip, normalise, origin_of, path_of
from wholinks.storage.wording import counted, time_told

from .index import build_shown
from .options import data_option, format_option
from .times import iso

EXAMPLES: Final = """
\b
Examples:
  wholinks forget shop.example              its pages and links go, and it is never asked again
  wholinks forget shop.example --as-target --yes
  wholinks forget --list
  wholinks forget --undo shop.example
"""


@click.command(epilog=EXAMPLES, short_help="Remove a host on request, and never ask it again.")
@click.argument("hosts", nargs=-1, metavar="[HOST]...")
@data_option
@click.option("--as-target", is_flag=True, help="Also remove the links of other sites to it.")
@click.option("--list", "is_list", is_flag=True, help="Show the hosts that were forgotten.")
@click.option("--undo", is_flag=True, help="Let HOST be crawled again. What was removed does not come back by itself.")
@click.option("--yes", is_flag=True, help="Don't ask for a confirmation.")
@format_option("text", "json")
def command(  # noqa: PLR0917 - click gives them by name
    hosts: tuple[str, ...], data: Path, as_target: bool, is_list: bool, undo: bool, yes: bool, format_: str
) -> None:
    """Remove the pages, links and evidence of HOST and of every host under it, and never crawl them again.

    Links of other sites to it stay, unless --as-target is given. What is deleted is overwritten, and the index is built
    anew, so that it is gone from both; copies made by 'wholinks backup' are not touched.
    """
    if is_list:
        _show_list(data, as_json=format_ == "json")
        return
    if not hosts:
        raise UsageError("name a host, or give --list")
    names = [_host(typed) for typed in hosts]
    if undo:
        _undo(data, names)
        return
    suffixes = PublicSuffixes()
    now = int(time.time())
    rows = [Forgotten(name, _has_under(name, suffixes), as_target, now) for name in names]
    if not yes:
        _confirm(preview(data, rows), rows)
    removed = forget(data, rows)
    _compact(data)
    built = _build(data)
    if format_ == "json":
        told = {"schema": 1, "forgotten": names, "removed": removed._asdict(), "index": built}
        click.echo(encode(told, indent=2))
    else:
        click.echo(f"forgotten: {', '.join(names)}; removed {_summary(removed, as_target=as_target)}")
        click.echo("backups and exports made before still hold it")


def _host(typed: str) -> str:
    """The host that was typed, as crawl.db has it; a URL of its start page will do."""
    try:
        url = normalise(typed if "://" in typed else f"http://{typed}")
    except NotAUrl:
        raise UsageError(f"{typed!r}: not a host") from None
    if path_of(url) != "/":
        raise UsageError(f"{typed!r}: names a page; hosts are forgotten as a whole: {origin_of(url).host}")
    return origin_of(url).host


def _has_under(host: str, suffixes: PublicSuffixes) -> bool:
    """Whether the hosts under ``host`` are meant too: not those under a public suffix, which are other people's."""
    return not is_ip(host) and "." in host and suffixes.domain(f"x.{host}") != f"x.{host}"


def _summary(removed: Removed, *, as_target: bool) -> str:
    own = f"{counted(removed.pages, 'page')}, {counted(removed.fetches, 'fetch', 'fetches')} and"
    own += f" {counted(removed.links, 'link')} of {counted(removed.hosts, 'host')}"
    if as_target:
        return f"{own}, and {counted(removed.links_to, 'link')} of others to them"
    stay = counted(removed.links_to, "link of others to them stays", "links of others to them stay")
    return f"{own}; {stay} (--as-target removes them)"


def _confirm(found: Removed, rows: list[Forgotten]) -> None:
    names = ", ".join(f"{row.host}{' and all under it' * row.with_subdomains}" for row in rows)
    click.echo(f"to be removed for good: {names}: {_summary(found, as_target=rows[0].as_target)}", err=True)
    if not sys.stdin.isatty():
        raise UsageError("nothing was removed: give --yes to confirm")
    if click.prompt(f"type {rows[0].host} to confirm", err=True).strip() != rows[0].host:
        raise DataFolderError("not confirmed: nothing was removed")


def _build(folder: Path) -> dict[str, Any] | None:
    """Build the index anew where there is one; if that fails, none is better than one that still tells."""
    if not (folder / INDEX_FILE).exists():
        return None
    try:
        return build_shown(folder)
    except DataFolderError:
        (folder / INDEX_FILE).unlink(missing_ok=True)
        raise


def _compact(folder: Path) -> None:
    try:
        compact(folder)
    except DataFolderError as error:
        click.echo(f"wholinks: removed and overwritten, but the file could not be made smaller: {error}", err=True)


def _undo(folder: Path, names: list[str]) -> None:
    known = {row.host for row in forgotten_hosts(folder)}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise UsageError(f"{unknown[0]}: was not forgotten; 'wholinks forget --list' shows what was")
    waiting = allow_again(folder, names)
    click.echo(f"may be crawled again: {', '.join(names)}; {counted(waiting, 'page')} known by links of others")
    click.echo("what was removed comes back by crawling: give the host as a seed")


def _show_list(folder: Path, *, as_json: bool) -> None:
    rows = forgotten_hosts(folder)
    if as_json:
        click.echo(encode([{**row._asdict(), "forgotten_at": iso(row.forgotten_at)} for row in rows], indent=2))
    elif not rows:
        click.echo("no host was forgotten")
    else:
        shown = [
            (
                row.host,
                "yes" if row.with_subdomains else "no",
                "yes" if row.as_target else "no",
                time_told(row.forgotten_at),
            )
            for row in rows
        ]
        for line in listing.lines(
            ["Host", "All under it", "Links to it too", "Since"], shown, elsewhere="--format json"
        ):
            click.echo(line)
