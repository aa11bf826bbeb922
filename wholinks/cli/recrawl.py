"""``wholinks recrawl``: ask for known pages again when they are due, and keep what changed."""

from copy import copy
from pathlib import Path
from typing import Any, Final

import click
from click.core import ParameterSource

from wholinks.crawler.engine import Recrawl
from wholinks.crawler.settings import Settings
from wholinks.storage.folder_status import last_settings

from . import crawl
from .options import data_option, format_option

EXAMPLES: Final = """
\b
Examples:
  wholinks recrawl                        every page that is due
  wholinks recrawl --pages 500            the 500 most pressing ones
  wholinks recrawl --within 3d            also what is due in the next three days
  wholinks recrawl --time-limit 2h        for a nightly job
"""

_NOT_SHARED: Final = frozenset({
    "seeds", "data", "format_", "max_pages", "max_pages_per_host", "max_pages_per_site",
    "max_hosts_per_site", "pages_per_reached_site", "check_targets", "dry_run",
})  # fmt: skip
"""Options of a crawl that mean nothing here."""

_KEPT: Final = ("hops", "max_depth", "nofollow_pages", "include", "exclude", "only_prefix")
"""What the last crawl was told, unless it is said otherwise: the extent of the folder."""


@click.command(epilog=EXAMPLES, short_help="Ask for known pages again, and keep what changed.")
@data_option
@click.option("--pages", type=click.IntRange(min=1), metavar="N", help="Ask for at most N pages, the most pressing.")
@click.option(
    "--within", type=crawl.Duration(), default=0, show_default=True, metavar="TIME",
    help="Also what is due within this time: 12h, 3d.",
)  # fmt: skip
@format_option("text", "json")
def command(
    data: Path,
    *,
    pages: int | None,
    within: float,
    no_index: bool,
    log: str | None,
    metrics: Path | None,
    format_: str,
    **given: Any,
) -> int:
    """Ask for known pages again when they are due: links that came and went are kept with their times.

    Each page has an interval of its own, from a day to 90 days: shorter when its links changed, longer when they did
    not. Servers are asked whether the page changed at all. New pages wait for the next 'wholinks crawl'. Reach and
    depth are those of the last crawl.
    """
    settings = settings_of(last_settings(data), given)
    wanted = Recrawl(pages, int(within))
    crawl.check_outputs(log, format_)
    report = crawl.run(lambda: crawl.crawl_shown(data, [], settings, wanted, log=log, metrics=metrics))
    return crawl.finish(report, data, as_json=format_ == "json", with_index=not no_index)


def settings_of(last: dict[str, Any], given: dict[str, Any]) -> Settings:
    """The settings for asking again: by ``last``, those of the last crawl, the folder's extent stays what it was where
    no option says otherwise."""
    source = click.get_current_context().get_parameter_source
    kept = {name: last[name] for name in _KEPT if name in last and source(name) is ParameterSource.DEFAULT}
    return crawl.settings_of({**crawl.given_by_default(), **given}, **kept)


command.params += [copy(option) for option in crawl.command.params if option.name not in _NOT_SHARED | {"help"}]
