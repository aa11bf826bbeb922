"""``wholinks coverage``: how much of each site was looked at."""

from pathlib import Path
from typing import Final

import click

from wholinks.index.queries import Index

from .notes import note_stale
from .options import data_option, format_option
from .research import cut, emit, limit_option

SHOWN: Final = 20

EXAMPLES: Final = """
\b
Examples:
  wholinks coverage
  wholinks coverage blog.example
  wholinks coverage --format csv > coverage.csv
"""


@click.command(epilog=EXAMPLES, short_help="How much of each site was looked at, and what was never seen.")
@click.argument("site", required=False)
@data_option
@limit_option(SHOWN)
@format_option("table", "json", "jsonl", "csv")
def command(site: str | None, data: Path, limit: int | None, format_: str) -> None:
    """How many pages of each site (or of SITE) are known, fetched, blocked, failed, pending and excluded, with an
    estimate of its pages where two ways of finding them can be compared.
    """
    from wholinks.render.coverage import coverage_sheet  # noqa: PLC0415
    from wholinks.research.coverage import SiteCoverage, site_coverage  # noqa: PLC0415

    with Index(data) as index:
        named = index.target(site) if site is not None else None
        found = site_coverage(index, named, cut(limit, format_, SHOWN))
        emit(found, format_, sheet=coverage_sheet, row=SiteCoverage)
        note_stale(index)
