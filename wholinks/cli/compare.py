"""``wholinks compare``: sites side by side."""

from pathlib import Path
from typing import Any, Final

import click

from .notes import note_names, note_stale
from .options import data_option, format_option
from .question_options import count_options, target_options
from .research import FORMATS, emit
from .rules import rules, targets
from .times import day_of

EXAMPLES: Final = """
\b
Examples:
  wholinks compare shop.example rival.example other.example
  wholinks compare shop.example rival.example --follow followed
  wholinks compare shop.example rival.example --over-time    at the end of each month
  wholinks compare shop.example rival.example --over-time --every week --since 2026-09-01
  wholinks compare shop.example/tents rival.example/tents --mode prefix
  wholinks compare shop.example rival.example --format json
"""


@click.command(epilog=EXAMPLES, short_help="Sites side by side: backlinks, domains, gained and lost, authority.")
@click.argument("sites", metavar="TARGETS...", nargs=-1, required=True)
@data_option
@target_options
@count_options
@click.option("--over-time", is_flag=True, help="Backlinks and referring domains at the end of each period.")
@click.option(
    "--every", type=click.Choice(["day", "week", "month"]), help="How long a period is.  [default: month]"
)  # fmt: skip
@click.option(
    "--since", metavar="DAY", help="The first day, or 90d: the last 90.  [default: that of the first backlink of any]"
)
@click.option("--until", metavar="DAY", help="The last day, or 30d: without the last 30.  [default: that of the index]")
@format_option(*FORMATS)
def command(
    sites: tuple[str, ...], data: Path, *, over_time: bool, every: str | None, since: str | None, until: str | None,
    format_: str, **given: Any,
) -> None:  # fmt: skip
    """TARGETS side by side: backlinks with their band, gained, discovered and lost in 30, 90 and 365 days, authority;
    or, with --over-time, backlinks and referring domains of each at the end of each period.
    """
    from wholinks.index.queries import Index  # noqa: PLC0415
    from wholinks.render import competitors  # noqa: PLC0415
    from wholinks.research.competitors.compare import CompareRow, compare  # noqa: PLC0415
    from wholinks.research.competitors.over_time import OverTimeRow, compare_over_time  # noqa: PLC0415

    if not over_time and (every or since or until):
        raise click.UsageError("--every, --since and --until go with --over-time")
    with Index(data) as index:
        named = targets(index, sites, given)
        if over_time:
            course = compare_over_time(
                index, named, every=every or "month", since=day_of(index, since, "--since", is_end=False),
                until=day_of(index, until, "--until", is_end=True),
                rules=rules(given),
            )  # fmt: skip
            emit(course, format_, sheet=competitors.over_time, row=OverTimeRow)
        else:
            answer = compare(index, named, rules=rules(given))
            emit(answer, format_, sheet=competitors.comparison, row=CompareRow)
        note_names(index, named)
        note_stale(index)
