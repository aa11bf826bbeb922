"""``wholinks history``: how the backlinks of a target came and went."""

from datetime import date
from functools import partial
from pathlib import Path
from typing import Any, Final

import click

from wholinks.index.queries import Index
from wholinks.index.questions import By, Follow, Question, kinds_meant

from .answer import typed
from .notes import note_names, note_stale
from .options import data_option, format_option
from .question_options import count_options, target_options
from .research import FORMATS, cut, emit, limit_option
from .times import day_of

ROWS: Final = 24

EXAMPLES: Final = """
\b
Examples:
  wholinks history shop.example                               month by month
  wholinks history shop.example --every day --since 2026-11-01
  wholinks history shop.example --follow followed             of followed backlinks alone
  wholinks history shop.example --between 2026-06-30 2026-11-21   what came and went between two days
  wholinks history shop.example --between 90d 0d --domains        in the last 90 days, and which domains
  wholinks history shop.example --every week --format csv > weeks.csv

\b
end = start + gained + discovered - lost + restated. Gained are links found or restored on known
pages, discovered those on pages read for the first time; restated: a page moved within its site or
became a duplicate. The growth rate is (gained - lost) / start, without losses of what was
discovered in the same period. Of the backlinks at the end, those are stale whose page had not been
seen for 180 days by then; they count.

\b
What came and went is followed by backlink, whatever its anchor text or place on the page: there are no filters
by --placement, --anchor and so on. Those are of 'wholinks to TARGET --state lost' (or new), one by one.
"""


@click.command(epilog=EXAMPLES, short_help="How the backlinks of a target came and went.")
@click.argument("target")
@data_option
@target_options
@count_options
@click.option(
    "--every", type=click.Choice(["day", "week", "month"]), default="month", show_default=True,
    help="How long a period is.",
)  # fmt: skip
@click.option(
    "--since", metavar="DAY", help="The first day, or 90d: the last 90.  [default: that of the first backlink]"
)
@click.option("--until", metavar="DAY", help="The last day, or 30d: without the last 30.  [default: that of the index]")
@click.option(
    "--between",
    "days",
    nargs=2,
    metavar="DAY DAY",
    help="Compare the ends of two days: each new or lost backlink; 90d 0d: the last 90 days.",
)
@click.option(
    "--domains", "by_domain", is_flag=True, help="With --between: new and lost referring domains, not backlinks."
)
@limit_option(ROWS)
@format_option(*FORMATS)
def command(
    target: str,
    data: Path,
    *,
    every: str,
    since: str | None,
    until: str | None,
    days: tuple[str, str] | None,
    by_domain: bool,
    limit: int | None,
    format_: str,
    **given: Any,
) -> None:
    """How the backlinks of TARGET came and went: by day, week or month, or between two days.

    Unusual periods (bursts) are named with the domains behind them. --limit cuts a table's periods to the last ones.
    """
    from wholinks.render import history as shown  # noqa: PLC0415
    from wholinks.research.growth.between import ChangedBacklink, ChangedDomain, between, domains_between  # noqa: PLC0415
    from wholinks.research.growth.history import Period, history  # noqa: PLC0415

    if days and (since or until):
        raise click.UsageError("--between has days of its own; leave out --since and --until")
    if by_domain and not days:
        raise click.UsageError("--domains goes with --between DAY DAY")
    with Index(data) as index:
        asked = Question(typed(index, target, given), By.PAGE, Follow(given["follow"]), kinds_meant(given["kinds"]))
        most = cut(limit, format_, ROWS)
        if days:
            first, last = (_end_of(index, day) for day in days)
            if by_domain:
                domains = domains_between(index, asked, first, last, limit=most)
                emit(domains, format_, sheet=shown.domains_between_sheet, row=ChangedDomain)
            else:
                found = between(index, asked, first, last, limit=most)
                emit(found, format_, sheet=shown.between_sheet, row=ChangedBacklink)
        else:
            told = history(
                index, asked, every=every, since=day_of(index, since, "--since", is_end=False),
                until=day_of(index, until, "--until", is_end=True),
            )  # fmt: skip
            emit(told, format_, sheet=partial(shown.history_sheet, limit=most), row=Period)
        note_names(index, [asked.asked], are_known=True)
        note_stale(index)


def _end_of(index: Index, text: str) -> date:
    found = day_of(index, text, "--between", is_end=True)
    assert found is not None
    return found
