"""``wholinks coverage``: how much of each site was looked at."""

from pathlib import Path
from typing import Final

import click

from wholinks.index.queries import Index

from .notes import note_names, note_stale
from .options import data_option, format_option
from .research import cut, emit, limit_option

SHOWN: Final = 20

EXAMPLES: Final = """
\b
Examples:
  wholinks coverage
  wholinks coverage blog.example
  wholinks coverage --format csv > coverage.csv
  wholinks coverage blog.example --against other-crawl    what two crawls found, and how much neither did
"""


@click.command(epilog=EXAMPLES, short_help="How much of each site was looked at, and what was never seen.")
@click.argument("site", required=False)
@click.option(
    "--against", type=click.Path(file_okay=False, path_type=Path), metavar="DIR",
    help="Compare with the crawl of another data folder, one that began elsewhere.",
)  # fmt: skip
@data_option
@limit_option(SHOWN)
@format_option("table", "json", "jsonl", "csv")
def command(site: str | None, against: Path | None, data: Path, limit: int | None, format_: str) -> None:
    """How many pages of each site (or of SITE) are known, fetched, blocked, failed, pending and excluded, with an
    estimate of its pages where two ways of finding them can be compared: links of its own and of others, links and what
    its sitemaps and feeds name, or (--against) two crawls.
    """
    from wholinks.render.coverage import coverage_sheet, recapture_sheet  # noqa: PLC0415
    from wholinks.research.coverage.recapture import SiteRecapture, recapture  # noqa: PLC0415
    from wholinks.research.coverage.sites import SiteCoverage, site_coverage  # noqa: PLC0415

    with Index(data) as index:
        named = index.target(site) if site is not None else None
        shown = cut(limit, format_, SHOWN)
        if against is not None:
            with Index(against) as other:
                both = recapture(index, other, named, shown)
            emit(both, format_, sheet=recapture_sheet, row=SiteRecapture)
        else:
            emit(site_coverage(index, named, shown), format_, sheet=coverage_sheet, row=SiteCoverage)
        note_names(index, [named] if named is not None else [])
        note_stale(index)
