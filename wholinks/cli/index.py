"""``wholinks index``: build the index of a data folder anew."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from wholinks.render.json import encode

from .options import data_option, format_option

if TYPE_CHECKING:
    from wholinks.index.build import BuildReport

EXAMPLES: Final = """
\b
Examples:
  wholinks index
  wholinks index --data my-crawl --format json
"""


@click.command(epilog=EXAMPLES, short_help="Build the index anew from what was crawled.")
@data_option
@format_option("text", "json")
def command(data: Path, format_: str) -> None:
    """Build the index anew from what was crawled.

    A crawl does so at its end; run this after one that was interrupted, or while one is running. Whoever asks meanwhile
    is answered from the old index.
    """
    report = build_shown(data)
    if format_ == "json":
        click.echo(encode(report, indent=2))


def build_shown(folder: Path) -> dict[str, Any]:
    """Build the index of ``folder``, say on stderr what was built, and return the same for JSON."""
    from wholinks.index.build import build_index  # noqa: PLC0415 - a crawl needs DuckDB at its end, if at all

    report = build_index(folder)
    click.echo(summary(report), err=True)
    return {"schema": 1, **asdict(report), "elapsed_s": round(report.elapsed_s, 3)}


def summary(report: "BuildReport") -> str:
    """What a person wants to know at the end."""
    size = report.index_bytes / 1e6
    return (
        f"index built in {report.elapsed_s:.1f} s: {report.links:,} links to other sites from {report.pages:,} pages,"
        f" {report.domains:,} domains, {size:,.1f} MB"
    )
