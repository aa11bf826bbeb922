"""``wholinks status``: what is in a data folder."""

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import click

from wholinks.crawler.traps import REASONS
from wholinks.index.queries import Index
from wholinks.index.schema import INDEX_FILE
from wholinks.render import listing
from wholinks.render.width import sentences, terminal_width
from wholinks.storage.errors import DataFolderError
from wholinks.storage.folder_status import FolderStatus, folder_status, host_statuses, url_statuses
from wholinks.storage.records import State
from wholinks.storage.wording import counted, time_told

from .options import data_option, format_option
from .times import iso, iso_or_none

EXAMPLES: Final = """
\b
Examples:
  wholinks status                         pages by state, links by kind, sizes
  wholinks status --hosts                 the same a host
  wholinks status --urls failed           which pages failed, and why
  wholinks status --urls discovered --format json
"""


@click.command(epilog=EXAMPLES, short_help="What is in the data folder.")
@data_option
@click.option("--hosts", is_flag=True, help="A row a host.")
@click.option(
    "--urls", "state", type=click.Choice([state.name.lower() for state in State]), metavar="STATE",
    help=f"The pages in this state: {', '.join(state.name.lower() for state in State)}.",
)  # fmt: skip
@format_option("text", "json")
def command(data: Path, hosts: bool, state: str | None, format_: str) -> None:
    """Show what is in the data folder: pages by state and reason, hosts, links by kind, hrefs that were none, sizes."""
    if hosts and state:
        raise click.UsageError("--hosts and --urls can't be had together")
    if hosts or state:
        shown = iso_or_none if format_ == "json" else _told_or_none
        rows = _hosts(data, shown) if hosts else _urls(data, State[(state or "").upper()])
        _show_rows(list(rows), as_json=format_ == "json")
        return
    status = folder_status(data)
    index = _index(data, status)
    if format_ == "json":
        click.echo(json.dumps({"schema": 1, **_plain(status), "index": index}, ensure_ascii=False, indent=2))
    else:
        width = terminal_width()
        for line in _lines(status, index):
            for part in sentences(line, width):
                click.echo(part)


def _told_or_none(seconds: int) -> str | None:
    return time_told(seconds) if seconds else None


def _hosts(folder: Path, shown: Callable[[int], str | None]) -> Iterator[dict[str, object]]:
    for host in host_statuses(folder):
        times = {name: shown(getattr(host, name)) for name in ("last_fetched_at", "asleep_until")}
        yield {**host._asdict(), **times}


def _urls(folder: Path, state: State) -> Iterator[dict[str, object]]:
    return (url._asdict() for url in url_statuses(folder, state))


def _show_rows(rows: list[dict[str, object]], *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
    elif rows:
        titles = [listing.heading(name) for name in rows[0]]
        shown = [["" if value is None else value for value in row.values()] for row in rows]
        for line in listing.lines(titles, shown, elsewhere="--format json"):
            click.echo(line)


def _index(folder: Path, status: FolderStatus) -> dict[str, Any] | None:
    try:
        with Index(folder) as index:
            built = index.built
            return {
                "id": built.id,
                "built_at": iso(int(built.built_at.timestamp())),
                "suffix_list": built.suffix_list,
                "stale": built.stale,
                "bytes": (folder / INDEX_FILE).stat().st_size,
            }
    except DataFolderError:
        return None


def _plain(status: FolderStatus) -> dict[str, Any]:
    plain = asdict(status)
    for name in ("first_fetched_at", "last_fetched_at"):
        plain[name] = iso_or_none(plain[name])
    plain["runs"] = [
        {"started_at": iso(run.started_at), "ended_at": iso_or_none(run.ended_at), "ended_why": run.ended_why or None}
        for run in status.runs
    ]
    return plain


def _lines(status: FolderStatus, index: dict[str, Any] | None) -> Iterator[str]:
    known = counted(status.domains, "site"), counted(status.hosts, "host"), counted(status.urls, "URL")
    yield f"{status.folder}: {', '.join(known)} seen"
    when = (
        f", from {time_told(status.first_fetched_at)} to {time_told(status.last_fetched_at)}" if status.requests else ""
    )
    yield f"{counted(len(status.runs), 'crawl')}, {counted(status.requests, 'request')} for pages{when}"
    yield ""
    yield from listing.lines(
        ["Page state", "Reason", "Pages"],
        [(state, reason, count) for state, reasons in status.states.items() for reason, count in reasons.items()],
    )
    yield from _traps(status)
    if status.targets:
        checked = ", ".join(f"{count:,} {state}" for state, count in status.targets.items())
        yield f"link targets outside of reach: {checked}"
    if status.sitemaps:
        yield f"sitemaps: {_counted(status.sitemaps)}; listed: {_counted(status.listed) or 'nothing'}"
    yield ""
    yield from listing.lines(["Link kind", "Links"], status.links.items())
    yield ""
    yield from listing.lines(["No link, because", "Hrefs"], status.non_links.items())
    yield ""
    yield (
        f"incomplete pages {status.incomplete_pages:,}, pages that look script-only {status.script_only_pages:,},"
        f" id clashes {status.clashes:,}"
    )
    yield f"crawl.db {status.crawl_bytes / 1e6:,.1f} MB, public suffix list {status.suffix_list}"
    if status.prefix_sites:
        yield f"sites by prefix ({len(status.prefix_sites):,}): {', '.join(status.prefix_sites)}"
    if index is None:
        yield "no index; run 'wholinks index'"
    else:
        built = time_told(datetime.fromisoformat(index["built_at"]))
        stale = "; older than the crawl, run 'wholinks index'" if index["stale"] else ""
        yield f"index.duckdb {index['bytes'] / 1e6:,.1f} MB, snapshot {index['id']}, built {built}{stale}"


def _counted(counts: dict[str, int]) -> str:
    named = {"pages": "page"}
    return ", ".join(
        counted(count, named[name]) if name in named else f"{count:,} {name}" for name, count in counts.items()
    )


def _traps(status: FolderStatus) -> Iterator[str]:
    """What the reasons mean for which URLs are put off, or pages marked, as traps."""
    found = {reason for reasons in status.states.values() for reason in reasons}
    for reason, sentence in REASONS.items():
        if reason in found:
            yield f"{reason}: {sentence}"
    if any(reason.startswith("trap_") for reason in found):
        yield "'wholinks crawl --no-traps' fetches what was put off for reasons that begin with trap_"
