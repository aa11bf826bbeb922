"""``wholinks traffic``: organic traffic imported, and shown beside the links."""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from wholinks.storage.errors import UsageError
from wholinks.storage.user_files import read_bytes
from wholinks.storage.wording import counted

from .notes import note_names, note_stale
from .options import FILE, data_option, format_option
from .research import FORMATS, cut, emit, limit_option

if TYPE_CHECKING:
    from collections.abc import Callable

    from wholinks.index.queries import Index
    from wholinks.index.target import Target

SHOWN: Final = 26
MOST_BYTES: Final = 256 << 20

EXAMPLES: Final = """
\b
Examples:
  wholinks traffic import Dates.csv --target shop.example        Search Console, or any CSV with a day
  wholinks traffic import pages.csv --target shop.example --days dmy
  wholinks traffic show shop.example                             week by week, lags of 0 to 4 weeks
  wholinks traffic show shop.example --by month --lag 2 --measure sessions
  wholinks traffic drop shop.example
"""


@click.group(epilog=EXAMPLES, short_help="Import organic traffic, and see it beside the links.")
def command() -> None:
    """Import organic traffic from Search Console or an analytics program, and see it beside the links: period by
    period, and how closely they go together.
    """


@command.command(name="import")
@click.argument("file", type=FILE)
@click.option("--target", required=True, metavar="TARGET", help="Whose traffic it is: a site, a host or a page.")
@click.option(
    "--days", type=click.Choice(["dmy", "mdy"]),
    help="How days with slashes are meant: 21/11/2026 or 11/21/2026. Others need no telling.",
)  # fmt: skip
@data_option
def import_(file: Path, target: str, days: str | None, data: Path) -> None:
    """Import FILE (CSV in UTF-8 or UTF-16): a row a day, or a row a day and page, with clicks, impressions or sessions.

    What is imported again replaces what was there, day by day and page by page.
    """
    from wholinks.index.queries import Index  # noqa: PLC0415
    from wholinks.notes.traffic import keep_traffic  # noqa: PLC0415
    from wholinks.research.campaigns.traffic_files import DayFirst, visits_of  # noqa: PLC0415
    from wholinks.research.claims.exports import decode  # noqa: PLC0415

    found = read_bytes(file, "a CSV file of traffic by day", MOST_BYTES)
    if len(found) > MOST_BYTES:
        raise UsageError(f"{file}: more than {MOST_BYTES:,} bytes; import it in parts")
    with Index(data) as index:
        named = index.target(target)
        order = DayFirst(days) if days is not None else None
        visits = visits_of(decode(found, str(file)), str(file), belongs=_of_site(index, named), days=order)
        note_names(index, [named])
    new = keep_traffic(data, named.text, visits)
    first, last = min(one.day for one in visits), max(one.day for one in visits)
    told = f"{counted(len(visits), 'row')} from {first} to {last}, {new:,} new and {len(visits) - new:,} replaced"
    click.echo(f"{named.text}: {told}")


def _of_site(index: "Index", target: "Target") -> "Callable[[str], bool]":
    """Whether a page of an export is of the target's site; paths and what analytics put in brackets are."""

    from wholinks.storage.urls import NotAUrl, normalise, origin_of  # noqa: PLC0415

    @cache
    def domain(text: str) -> str:
        return index.target(text).domain

    def belongs(page: str) -> bool:
        if page.startswith(("/", "(")):
            return True
        try:
            url = normalise(page if "://" in page else f"http://{page}")
            return domain(url if index.prefix_sites else origin_of(url).host) == target.domain
        except (NotAUrl, UsageError):
            return False

    return belongs


@command.command()
@click.argument("target")
@data_option
@click.option(
    "--by", type=click.Choice(["week", "month"]), default="week", show_default=True, help="How long a period is."
)
@click.option(
    "--lag", "lags", type=click.IntRange(0, 52), default=4, show_default=True, metavar="N",
    help="Compare links with traffic of the same period and of up to N later.",
)  # fmt: skip
@click.option(
    "--measure", type=click.Choice(["clicks", "sessions", "impressions"]),
    help="What to compare.  [default: the first of these that was imported]",
)  # fmt: skip
@limit_option(SHOWN)
@format_option(*FORMATS)
def show(target: str, data: Path, *, by: str, lags: int, measure: str | None, limit: int | None, format_: str) -> None:
    """Show the backlinks of TARGET beside its traffic, and how closely they go together.

    --limit cuts a table's periods to the last ones.
    """
    from wholinks.index.queries import Index  # noqa: PLC0415
    from wholinks.index.questions import By, Question  # noqa: PLC0415
    from wholinks.notes.traffic import traffic_by_day  # noqa: PLC0415
    from wholinks.render.traffic import traffic_sheet  # noqa: PLC0415
    from wholinks.research.campaigns.traffic import TrafficPeriod, traffic  # noqa: PLC0415
    from wholinks.research.growth.history import Every  # noqa: PLC0415

    with Index(data) as index:
        named = index.target(target)
        known = traffic_by_day(data, named.text)
        found = traffic(index, Question(named, By.PAGE), known, measure=measure, every=Every(by), lags=lags)
        emit(found, format_, sheet=traffic_sheet(cut(limit, format_, SHOWN)), row=TrafficPeriod)
        note_names(index, [named])
        note_stale(index)


@command.command()
@click.argument("target")
@data_option
def drop(target: str, data: Path) -> None:
    """Forget the traffic imported for TARGET."""
    from wholinks.index.queries import Index  # noqa: PLC0415
    from wholinks.notes.traffic import drop_traffic, traffic_by_day  # noqa: PLC0415

    with Index(data) as index:
        named = index.target(target).text
    traffic_by_day(data, named)
    click.echo(f"{named}: {counted(drop_traffic(data, named), 'row')} forgotten")
