"""``wholinks index``: build the index of a data folder anew."""

import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from wholinks.storage.errors import UsageError
from wholinks.storage.sites import PrefixSite, change_prefix_sites, refuse_suffixes
from wholinks.storage.urls import PublicSuffixes
from wholinks.storage.wording import counted

from .options import PrefixSiteText, data_option, format_option

if TYPE_CHECKING:
    from wholinks.index.build import BuildReport

EXAMPLES: Final = """
\b
Examples:
  wholinks index
  wholinks index --data my-crawl --format json
  wholinks index --site medium.com/@user        count it as a site of its own, from now on
  wholinks index --drop-site medium.com/@user   count it with the rest of medium.com again
"""


@click.command(epilog=EXAMPLES, short_help="Build the index anew from what was crawled.")
@data_option
@click.option(
    "--site", type=PrefixSiteText(), multiple=True, metavar="HOST/PATH",
    help="Count this part of a host as a site of its own from now on. Repeatable.",
)  # fmt: skip
@click.option(
    "--drop-site", type=PrefixSiteText(), multiple=True, metavar="HOST/PATH",
    help="Count it with the rest of its host again. Repeatable.",
)  # fmt: skip
@format_option("text", "json")
def command(data: Path, site: tuple[PrefixSite, ...], drop_site: tuple[PrefixSite, ...], format_: str) -> None:
    """Build the index anew from what was crawled.

    A crawl does so at its end; run this after one that was interrupted, or while one is running. Whoever asks meanwhile
    is answered from the old index.

    With --site a part of a host is a site of its own, as medium.com/@user is: a referring domain and a target, and its
    links with the rest of the host are links between two sites. The folder remembers it ('wholinks status' lists them).
    """
    if site or drop_site:
        _change_sites(data, site, drop_site)
    report = build_shown(data)
    if format_ == "json":
        from wholinks.render.json import encode  # noqa: PLC0415 - it loads DuckDB, which a crawl needs at its end

        click.echo(encode(report, indent=2))


def _change_sites(folder: Path, add: Sequence[PrefixSite], drop: Sequence[PrefixSite]) -> None:
    both = sorted(set(add) & set(drop))
    if both:
        raise UsageError(f"{both[0]}: given to --site and to --drop-site; give it to one of them")
    if add:
        refuse_suffixes(add, PublicSuffixes())
    change_prefix_sites(folder, add=add, drop=drop, now=int(time.time()))


def build_shown(folder: Path) -> dict[str, Any]:
    """Build the index of ``folder``, say on stderr what was built, and return the same for JSON."""
    from wholinks.index.build import build_index  # noqa: PLC0415 - a crawl needs DuckDB at its end, if at all

    report = build_index(folder)
    click.echo(summary(report), err=True)
    return {"schema": 1, **asdict(report), "elapsed_s": round(report.elapsed_s, 3)}


def summary(report: "BuildReport") -> str:
    """What a person wants to know at the end."""
    size = report.index_bytes / 1e6
    built = (
        f"index built in {report.elapsed_s:.1f} s: {counted(report.links, 'link')} to other sites from"
        f" {counted(report.pages, 'page')}, {counted(report.domains, 'domain')}, {size:,.1f} MB"
    )
    if not report.unproved:
        return built
    return (
        f"{built}\n{counted(report.unproved, 'link was', 'links were')} read before a site by prefix was named, as"
        " within one site: tag, raw href and context are not known"
    )
