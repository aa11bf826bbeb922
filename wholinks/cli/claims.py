"""``wholinks claims``: what other tools say links to a target, held against the index."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import click

from wholinks.index.queries import Index
from wholinks.storage.errors import UsageError
from wholinks.storage.user_files import read_bytes
from wholinks.storage.wording import counted

from .notes import note_names, note_stale
from .options import FILE, data_option, format_option
from .research import cut, emit, limit_option

SHOWN: Final = 20
MOST_BYTES: Final = 1 << 30

EXAMPLES: Final = """
\b
Examples:
  wholinks claims import ahrefs-backlinks.csv
  wholinks claims import latest-links.csv --target shop.example    Search Console names no target
  wholinks claims import top-linking-sites.csv --target shop.example   domains instead of pages
  wholinks claims check shop.example                               verified, changed, gone, unseen
  wholinks claims overlap shop.example                             what the tools and the crawl have in common
  wholinks claims seeds -o unseen.txt && wholinks crawl unseen.txt
"""
IMPORT: Final = """
\b
Examples:
  wholinks claims import ahrefs-backlinks.csv
  wholinks claims import latest-links.csv --target shop.example    Search Console names no target
"""
CHECK: Final = """
\b
Examples:
  wholinks claims check shop.example
  wholinks claims check shop.example --finding gone                only what is there no more, when and why
  wholinks claims check shop.example --format csv > checked.csv
"""
OVERLAP: Final = """
\b
Examples:
  wholinks claims overlap shop.example
  wholinks claims overlap shop.example --format json
"""
SEEDS: Final = """
\b
Examples:
  wholinks claims seeds -o unseen.txt && wholinks crawl unseen.txt
"""


@click.group(epilog=EXAMPLES, short_help="Check what other tools say links to a target.")
def command() -> None:
    """Import the backlinks that Ahrefs, Semrush, Majestic, Moz or Google Search Console list, and see which of them the
    crawl confirms.
    """


@command.command(name="import", epilog=IMPORT)
@click.argument("file", type=FILE)
@click.option("--target", metavar="SITE", help="Whose links the file lists, where it does not say.")
@data_option
def import_(file: Path, target: str | None, data: Path) -> None:
    """Import the backlinks, or the linking domains, that FILE (CSV, UTF-8 or UTF-16) lists. What is imported twice is
    kept once."""
    from wholinks.notes.claims import keep_claims  # noqa: PLC0415
    from wholinks.research.claims.exports import claims_of, decode  # noqa: PLC0415

    with Index(data) as index:
        site = index.target(target).domain if target is not None else None
    found = read_bytes(file, "a CSV export of backlinks or linking domains", MOST_BYTES)
    if len(found) > MOST_BYTES:
        raise UsageError(f"{file}: more than {MOST_BYTES:,} bytes; import it in parts")
    read, claims = claims_of(decode(found, str(file)), str(file), site=site)
    if target is not None and read.names_targets:
        click.echo(f"wholinks: --target {target} is not needed: the export names the target of each link", err=True)
    new = keep_claims(data, claims, datetime.now(UTC))
    lines = ", ".join(map(str, read.no_url_lines)) + (", …" if read.no_url > len(read.no_url_lines) else "")
    which = f" ({'line' if read.no_url == 1 else 'lines'} {lines})" if read.no_url else ""
    passed = f"{read.no_url:,} without a URL{which} and {read.internal:,} within one site passed over"
    click.echo(f"{read.tool}: {counted(read.rows, 'row')}, {counted(new, 'new claim')}; {passed}")


@command.command(epilog=CHECK)
@click.argument("target")
@click.option(
    "--finding", type=click.Choice(["verified", "changed", "gone", "unseen"]), help="Only the rows that are so."
)
@data_option
@limit_option(SHOWN)
@format_option("table", "json", "jsonl", "csv")
def check(target: str, finding: str | None, data: Path, limit: int | None, format_: str) -> None:
    """Which of the claims about TARGET are true: the link is there (verified), with another anchor text or rel
    (changed), its page was read and has none (gone), or was not read (unseen).
    """
    from wholinks.notes.claims import all_claims  # noqa: PLC0415
    from wholinks.render.claims import check_sheet  # noqa: PLC0415
    from wholinks.research.claims.checking import Checked, check  # noqa: PLC0415

    with Index(data) as index:
        named = index.target(target)
        found = check(index, named, all_claims(data))
        if finding is not None:
            found = replace(found, rows=tuple(row for row in found.rows if row.finding.value == finding))
        if format_ != "table":
            found = replace(found, rows=found.rows[:limit])
        emit(found, format_, sheet=check_sheet(cut(limit, format_, SHOWN)), row=Checked)
        note_names(index, [named])
        note_stale(index)


@command.command(epilog=OVERLAP)
@click.argument("target")
@data_option
@limit_option(SHOWN)
@format_option("table", "json", "jsonl", "csv")
def overlap(target: str, data: Path, limit: int | None, format_: str) -> None:
    """How many referring domains and pages of TARGET each two of the tools and the crawl have in common."""
    from wholinks.notes.claims import all_claims  # noqa: PLC0415
    from wholinks.render.claims import overlap_sheet  # noqa: PLC0415
    from wholinks.research.claims.overlap import Pair, overlap  # noqa: PLC0415

    with Index(data) as index:
        named = index.target(target)
        found = overlap(index, named, all_claims(data))
        shown = cut(limit, format_, SHOWN)
        if format_ != "table":
            found = replace(found, rows=found.rows[:shown])
        emit(found, format_, sheet=overlap_sheet(shown), row=Pair)
        note_names(index, [named])
        note_stale(index)


@command.command(epilog=SEEDS)
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
    help="Where to write.  [default: standard output]",
)  # fmt: skip
@data_option
def seeds(output: Path | None, data: Path) -> None:
    """List the pages of claims that were never asked for, as seeds for 'wholinks crawl'."""
    from wholinks.notes.claims import all_claims  # noqa: PLC0415
    from wholinks.research.claims.checking import seeds  # noqa: PLC0415

    from .atomic import write_whole  # noqa: PLC0415

    with Index(data) as index:
        found = seeds(index, all_claims(data))
        note_stale(index)
    text = "".join(f"{url}\n" for url in found)
    if output is None:
        click.echo(text, nl=False)
    else:
        write_whole(output, text.encode())
        click.echo(f"wholinks: {counted(len(found), 'page')} written to {output}", err=True)
