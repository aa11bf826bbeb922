"""``wholinks crawl --dry-run``: what a crawl would do with its seeds, shown."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict

from wholinks.crawler.dry_run import Forecast
from wholinks.crawler.traps import REASONS
from wholinks.render import listing
from wholinks.render.width import sentences, terminal_width


def forecast_lines(forecasts: Sequence[Forecast], *, as_json: bool) -> Iterator[str]:
    """The lines of the answer."""
    if as_json:
        plain = [asdict(forecast) for forecast in forecasts]
        yield json.dumps({"schema": 1, "seeds": plain}, ensure_ascii=False, indent=2)
        return
    width = terminal_width()
    yield from listing.lines(
        ["Seed", "Site", "Would be", "Because", "robots.txt", "Delay", "Sitemaps"],
        [
            (
                one.url, one.site, one.state, one.reason, _robots(one), f"{one.delay_s:g} s",
                ", ".join(one.sitemaps) or "none",
            )
            for one in forecasts
        ],
        elsewhere="--format json",
    )  # fmt: skip
    for one in forecasts:
        if one.trap is not None:
            told = f"{one.url} looks like {one.trap}: {REASONS[one.trap]} A seed is fetched all the same."
            yield from sentences(told, width)


def _robots(one: Forecast) -> str:
    if not one.robots_url:
        return "not asked"
    return "no answer" if one.robots_status is None else str(one.robots_status)
