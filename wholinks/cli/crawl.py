"""``wholinks crawl``: run a crawl over a seed list, then build the index."""

import asyncio
import gc
import json
import re
import signal
import sys
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from wholinks.crawler.connect_to import ConnectTo
from wholinks.crawler.engine import Crawl, CrawlReport, Recrawl
from wholinks.crawler.private_access import OriginHeader, Proxy
from wholinks.crawler.seeds import Seed, expand
from wholinks.crawler.settings import Settings, Timeouts
from wholinks.crawler.url_rules import UrlRule
from wholinks.storage.database import CRAWL_DB
from wholinks.storage.errors import UsageError
from wholinks.storage.forgetting import forgotten_hosts
from wholinks.storage.sites import prefix_sites
from wholinks.storage.user_files import read_bytes

from .crawl_summary import as_dict, summary
from .index import build_shown
from .options import FILE, PrefixSiteText, data_option, format_option
from .progress import Progress
from .watching import MetricsFile, journal

_Result = TypeVar("_Result")
_DURATION: Final = re.compile(r"(\d+(?:\.\d+)?)\s*([smhd]?)")
_UNIT_S: Final = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}
DEFAULTS: Final = Settings()
_OBJECTS_BETWEEN_COLLECTIONS: Final = 200_000

EXAMPLES: Final = """
\b
Examples:
  wholinks crawl shop.example rival.example          two sites, politely, to their ends
  wholinks crawl seeds/outdoor.txt --max-pages 5000  a seed list, with a limit
  wholinks crawl blogs.txt --hops 1                  also the sites they link to, some pages of each
  wholinks crawl pages.txt --max-depth 0             just the URLs of the list
  wholinks crawl blogs.txt --dry-run                 what robots.txt and rules say, before
  wholinks crawl                                     go on with what is in wholinks-data
"""


class Duration(click.ParamType[float]):
    """``90``, ``90s``, ``15m``, ``2h``, ``1d``: seconds."""

    name = "duration"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        if isinstance(value, int | float) and 0 <= value < float("inf"):
            return float(value)
        match = _DURATION.fullmatch(str(value).strip().lower())
        if match is None:
            self.fail(f"{value!r} is no duration; write 90s, 15m, 2h or 1d", param, ctx)
        return float(match[1]) * _UNIT_S[match[2]]


class ConnectToRule(click.ParamType[ConnectTo]):
    """``HOST1:PORT1:HOST2:PORT2``."""

    name = "host1:port1:host2:port2"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> ConnectTo:
        return value if isinstance(value, ConnectTo) else ConnectTo.parse(str(value))


class UrlRuleText(click.ParamType[UrlRule]):
    """``[HOST][/PATH]``."""

    name = "rule"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> UrlRule:
        return value if isinstance(value, UrlRule) else UrlRule.parse(str(value))


_COUNT: Final = click.IntRange(min=1)


@click.command(epilog=EXAMPLES, short_help="Crawl the sites of a seed list and keep every link.")
@click.argument("seeds", nargs=-1, metavar="[SEED]...")
@data_option
@click.option("--max-pages", type=_COUNT, metavar="N", help="Stop when the folder holds N pages.")
@click.option("--max-pages-per-host", type=_COUNT, metavar="N", help="At most N pages of a host.")
@click.option("--max-pages-per-site", type=_COUNT, metavar="N", help="At most N pages of a registrable domain.")
@click.option(
    "--max-hosts-per-site", type=_COUNT, default=DEFAULTS.max_hosts_per_site, show_default=True, metavar="N",
    help="At most N hosts of a registrable domain.",
)  # fmt: skip
@click.option("--max-depth", type=click.IntRange(min=0), metavar="N", help="At most N links away from a seed.")
@click.option("--time-limit", type=Duration(), metavar="TIME", help="Stop after this time: 90s, 15m, 2h, 1d.")
@click.option(
    "--hops", type=click.IntRange(min=0), default=DEFAULTS.hops, show_default=True, metavar="N",
    help="0: only the seeds' registrable domains; 1: also those they link to; and so on.",
)  # fmt: skip
@click.option(
    "--pages-per-reached-site", type=_COUNT, default=DEFAULTS.pages_per_reached_site, show_default=True, metavar="N",
    help="Page budget of each site that only --hops brought in.",
)  # fmt: skip
@click.option(
    "--concurrency", type=click.IntRange(1, 4096), default=DEFAULTS.concurrency, show_default=True, metavar="N",
    help="Requests under way at once, over all hosts; a host never has more than one.",
)  # fmt: skip
@click.option(
    "--delay", type=Duration(), default=DEFAULTS.delay_s, show_default=True, metavar="S",
    help="Least time from the end of an answer to the next request to that host.",
)  # fmt: skip
@click.option(
    "--delay-factor", type=click.FloatRange(min=0), default=DEFAULTS.delay_factor, show_default=True, metavar="N",
    help="Leave a host N times as long alone as its last answer took, if that is longer (30 s at most).",
)  # fmt: skip
@click.option(
    "--max-per-address", type=_COUNT, default=DEFAULTS.max_per_address, show_default=True, metavar="N",
    help="Hosts on one IP address together get no more requests at once, nor more in a time, than N hosts.",
)  # fmt: skip
@click.option(
    "--max-rate", type=click.FloatRange(min=0, min_open=True), metavar="N",
    help="At most N requests a second, over all hosts.",
)  # fmt: skip
@click.option("--max-bandwidth", type=_COUNT, metavar="BYTES", help="At most so many bytes a second, over all hosts.")
@click.option(
    "--user-agent", default=DEFAULTS.user_agent, show_default=True, metavar="PRODUCT/VERSION",
    help="Who we say we are; robots.txt is asked for PRODUCT.",
)  # fmt: skip
@click.option("--contact", metavar="URL_OR_MAIL", help="Where a site owner finds you; part of the User-Agent header.")
@click.option(
    "--nofollow-pages", type=click.Choice(["skip", "follow"]), default="skip", show_default=True,
    help="What only a page with a nofollow directive names: leave it out, or fetch it too.",
)  # fmt: skip
@click.option(
    "--connect-to", type=ConnectToRule(), multiple=True, metavar="HOST1:PORT1:HOST2:PORT2",
    help="Send requests for HOST1:PORT1 to HOST2:PORT2, as curl does; empty parts match all. Repeatable.",
)  # fmt: skip
@click.option("--allow-private", is_flag=True, help="Also connect to private and loopback addresses.")
@click.option(
    "--allow-port", type=click.IntRange(1, 65535), multiple=True, metavar="PORT",
    help="Also ask this port, besides 80, 8000, 8080 (http), 443, 8443 (https) and those that seeds name. Repeatable.",
)  # fmt: skip
@click.option(
    "--proxy", metavar="URL",
    help="Send requests through this HTTP proxy: http://HOST:PORT, or http://USER:PASSWORD@HOST:PORT.",
)  # fmt: skip
@click.option(
    "--header", type=(str, str, str), multiple=True, metavar="HOST NAME VALUE",
    help="Send this header to HOST only (https; write http://HOST for http, HOST:PORT for a port). Repeatable.",
)  # fmt: skip
@click.option(
    "--auth", type=(str, str), multiple=True, metavar="HOST USER:PASSWORD",
    help="Log in to HOST only, by HTTP basic authentication; HOST as in --header. Repeatable.",
)  # fmt: skip
@click.option("--cacert", type=FILE, metavar="FILE", help="Also trust the certificates in this PEM file.")
@click.option("--insecure", is_flag=True, help="Do not check certificates.")
@click.option(
    "--suffix-list", type=FILE, metavar="FILE", help="Public suffix list to use instead of the one that came along."
)
@click.option(
    "--check-targets", is_flag=True,
    help="At the end, ask for each linked URL outside of reach once: is it there, where does it redirect?",
)  # fmt: skip
@click.option(
    "--include", type=UrlRuleText(), multiple=True, metavar="RULE",
    help="Only pages that match: a host, a host and the start of a path, or a path; * and $ as in robots.txt."
    " Repeatable. Seeds need none.",
)  # fmt: skip
@click.option(
    "--exclude", type=UrlRuleText(), multiple=True, metavar="RULE",
    help="No pages that match; comes before --include. '/*?' is every URL with a query, 're:…' a regular expression."
    " Repeatable.",
)  # fmt: skip
@click.option(
    "--only-prefix",
    is_flag=True,
    help="On the seeds' sites, only what lies under the path of a seed: https://platform.example/@author/.",
)
@click.option(
    "--site", type=PrefixSiteText(), multiple=True, metavar="HOST/PATH",
    help="Count this part of a host as a site of its own, here and in the index, from now on: medium.com/@user."
    " Repeatable.",
)  # fmt: skip
@click.option(
    "--sitemaps/--no-sitemaps", default=DEFAULTS.sitemaps, show_default=True,
    help="Also find pages by sitemaps and feeds.",
)  # fmt: skip
@click.option(
    "--traps/--no-traps", default=DEFAULTS.traps, show_default=True,
    help="Put off URLs that look like crawler traps, but for some of each kind and host; or fetch them all.",
)  # fmt: skip
@click.option(
    "--dry-run", is_flag=True,
    help="Ask for the seeds' robots.txt only, and say what a crawl would do with each seed, and why.",
)  # fmt: skip
@click.option("--no-index", is_flag=True, help="Do not build the index at the end.")
@click.option(
    "--max-crawl-delay", type=Duration(), default=DEFAULTS.max_crawl_delay_s, show_default=True, metavar="S",
    help="Ceiling for the delay that a robots.txt asks for.",
)  # fmt: skip
@click.option(
    "--ignore-robots", multiple=True, metavar="HOST",
    help="Do not ask this host for robots.txt, nor keep to it: for hosts of your own. Repeatable.",
)  # fmt: skip
@click.option(
    "--patience", type=Duration(), default=DEFAULTS.patience_s, show_default=True, metavar="S",
    help="End when nothing is due within this time.",
)  # fmt: skip
@click.option(
    "--robots-age", type=Duration(), default=DEFAULTS.robots_age_s, show_default=True, metavar="S",
    help="Ask for a robots.txt again after this time.",
)  # fmt: skip
@click.option(
    "--max-redirects", type=click.IntRange(min=0), default=DEFAULTS.max_redirects, show_default=True, metavar="N",
    help="Redirects in a row.",
)  # fmt: skip
@click.option(
    "--max-body-bytes", type=_COUNT, default=DEFAULTS.max_body_bytes, show_default=True, metavar="N",
    help="Read so much of a page, decoded; a longer one keeps its links and is marked incomplete.",
)  # fmt: skip
@click.option(
    "--max-header-bytes", type=_COUNT, default=DEFAULTS.max_header_bytes, show_default=True, metavar="N",
    help="Longest header line.",
)  # fmt: skip
@click.option(
    "--dns-timeout", type=Duration(), default=DEFAULTS.timeouts.dns_s, show_default=True, metavar="S",
    help="Time to look a host up.",
)  # fmt: skip
@click.option(
    "--connect-timeout", type=Duration(), default=DEFAULTS.timeouts.connect_s, show_default=True, metavar="S",
    help="Time to get a connection.",
)  # fmt: skip
@click.option(
    "--first-byte-timeout", type=Duration(), default=DEFAULTS.timeouts.first_byte_s, show_default=True, metavar="S",
    help="Time to the first byte of an answer.",
)  # fmt: skip
@click.option(
    "--idle-timeout", type=Duration(), default=DEFAULTS.timeouts.idle_s, show_default=True, metavar="S",
    help="Longest silence within an answer.",
)  # fmt: skip
@click.option(
    "--total-timeout", type=Duration(), default=DEFAULTS.timeouts.total_s, show_default=True, metavar="S",
    help="Time for a whole request.",
)  # fmt: skip
@click.option(
    "--parse-timeout", type=Duration(), default=DEFAULTS.parse_timeout_s, show_default=True, metavar="S",
    help="Time to parse a page; its process is ended then.",
)  # fmt: skip
@click.option(
    "--parsers", type=_COUNT, default=DEFAULTS.parsers, show_default="cores but one", metavar="N",
    help="Parser processes.",
)  # fmt: skip
@click.option("--log", metavar="FILE", help="Append a JSON object a line for each request that ended; - is stdout.")
@click.option(
    "--metrics", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
    help="Keep the crawl's numbers in this file, in Prometheus' text format.",
)  # fmt: skip
@format_option("text", "json")
def command(
    seeds: tuple[str, ...],
    data: Path,
    *,
    dry_run: bool,
    no_index: bool,
    log: str | None,
    metrics: Path | None,
    format_: str,
    **given: Any,
) -> int:
    """Crawl the sites of a seed list and keep every link.

    SEED is a seed-list file (one URL or domain a line, # comments), a URL, a domain, or - for standard input. On a
    folder that holds a crawl already, the crawl goes on: new seeds are added, what is pending is fetched, nothing is
    fetched twice. Ctrl-C ends it with everything safe.
    """
    found, errors = expand(seeds, sys.stdin)
    for error in errors:
        click.echo(f"wholinks: {error}", err=True)
    if not found and (seeds or dry_run or not (data / CRAWL_DB).exists()):
        raise UsageError("no valid seed: give a seed-list file, a URL or a domain (see 'wholinks crawl --help')")
    check_outputs(log, format_)
    settings = settings_of(given)
    if dry_run:
        from wholinks.crawler.dry_run import DryRun  # noqa: PLC0415 - few ask for it

        from .dry_run import forecast_lines  # noqa: PLC0415

        removed, sites = (forgotten_hosts(data), prefix_sites(data)) if (data / CRAWL_DB).exists() else ([], ())
        forecasts = run(lambda: DryRun(settings, removed, sites).run(found))
        for line in forecast_lines(forecasts, as_json=format_ == "json"):
            click.echo(line)
        return 0
    report = run(lambda: crawl_shown(data, found, settings, log=log, metrics=metrics))
    return finish(report, data, as_json=format_ == "json", with_index=not no_index)


_NO_SETTINGS: Final = frozenset({"seeds", "data", "dry_run", "no_index", "log", "metrics", "format_"})


def given_by_default() -> dict[str, Any]:
    """The settings' options as they are where nothing is given."""
    # Without names for --help: click would keep them, and --help have no -h from then on.
    params = command.make_context("crawl", [], resilient_parsing=True, help_option_names=[]).params
    return {name: value for name, value in params.items() if name not in _NO_SETTINGS}


def check_outputs(log: str | None, format_: str) -> None:
    """Raise :class:`UsageError` where two outputs would be mixed."""
    if log == "-" and format_ == "json":
        raise UsageError("--log - and --format json would both write to standard output; give --log a file")


def settings_of(given: dict[str, Any], **kept: Any) -> Settings:
    """The options as settings: those that are spans get their unit, timeouts go where they belong. ``kept`` are
    settings already, and come before."""
    given["nofollow_pages"] = given["nofollow_pages"] == "follow"
    if given["cacert"]:
        read_bytes(given["cacert"], "a PEM file of certificates", 0)
    given["proxy"] = Proxy.parse(given["proxy"]) if given["proxy"] else None
    logins = [OriginHeader.basic(*login) for login in given.pop("auth")]
    given["headers"] = (*(OriginHeader.parse(*header) for header in given.pop("header")), *logins)
    given["robots_age"] = int(given["robots_age"])
    for name in ("time_limit", "delay", "max_crawl_delay", "patience", "robots_age", "parse_timeout"):
        given[f"{name}_s"] = given.pop(name)
    for name in kept.keys() & {"include", "exclude"}:
        kept[name] = tuple(map(UrlRule.parse, kept[name]))
    timeouts = {f"{name}_s": given.pop(f"{name}_timeout") for name in ("dns", "connect", "first_byte", "idle", "total")}
    return Settings(**{**given, "timeouts": Timeouts(**timeouts), **kept})


def finish(report: CrawlReport, folder: Path, *, as_json: bool, with_index: bool) -> int:
    """Say how the crawl went, and build the index; the exit code."""
    is_interrupted = report.ended_why == "interrupted"
    is_new = report.had_work or report.due is None
    fetched = sum(report.states["fetched"].values())
    for line in summary(report, folder):
        click.echo(line, err=True)
    built = build_shown(folder) if with_index and fetched and is_new and not is_interrupted else None
    if as_json:
        click.echo(json.dumps({**as_dict(report), "index": built}, ensure_ascii=False, indent=2))
    if is_interrupted:
        return 130
    return 0 if fetched and report.ended_why != "offline" else 1


def run(main: Callable[[], Coroutine[object, object, _Result]]) -> _Result:
    """Run a coroutine on uvloop, where that exists."""
    factory: Callable[[], asyncio.AbstractEventLoop] | None = None
    try:
        import uvloop  # noqa: PLC0415 - not everywhere
    except ImportError:
        pass
    else:
        factory = uvloop.new_event_loop
    with collecting_rarely(), asyncio.Runner(loop_factory=factory) as runner:
        return runner.run(main())


@contextmanager
def collecting_rarely() -> Iterator[None]:
    """While inside, look for circles of objects seldom: rows of links come by the hundred thousand, hold none, and
    Python's own rhythm looked through them for an eighth of the event loop's time."""
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


async def crawl_shown(
    folder: Path,
    seeds: Sequence[Seed],
    settings: Settings,
    recrawl: Recrawl | None = None,
    *,
    log: str | None = None,
    metrics: Path | None = None,
) -> CrawlReport:
    """Crawl, with progress on stderr and Ctrl-C handled; with a log, and a file of metrics, where they are named."""
    told: list[Callable[[str], None]] = []
    crawl = Crawl(folder, settings, lambda line: _tell(told, line))
    progress = Progress(crawl, sys.stderr)
    told.append(progress.note)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, _interrupt, crawl, progress)
    with journal(log, progress.note) as lines:
        if lines is not None:
            crawl.stats.listener = lines
            told.append(lines.note)
            lines.event("start", folder=str(folder), settings=settings.as_record())
        file = MetricsFile(metrics, crawl, progress.note) if metrics else None
        beside = [loop.create_task(part()) for part in (progress.show, *([file.renew] if file else []))]
        ended_why = "error"
        try:
            report = await crawl.run(seeds, recrawl)
            ended_why = report.ended_why
        finally:
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)
            if file:
                file.write(is_running=False)
            if lines is not None:
                lines.event("stop", why=ended_why, requests=crawl.stats.requests)
        return report


def _tell(told: list[Callable[[str], None]], line: str) -> None:
    for tell in told:
        tell(line)


def _interrupt(crawl: Crawl, progress: Progress) -> None:
    if not crawl.stop("interrupted"):
        raise KeyboardInterrupt  # the second time, leave at once: what is committed is safe
    progress.note("stopping: waiting a few seconds for answers under way (Ctrl-C again to leave at once)")
