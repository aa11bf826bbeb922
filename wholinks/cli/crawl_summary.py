"""How a crawl went: for people, and for scripts."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from wholinks.crawler.engine import CrawlReport
from wholinks.crawler.page import is_compiled
from wholinks.crawler.stats import Stats
from wholinks.storage.wording import counted

from .progress import duration

_ENDS: Final = {
    "done": "done",
    "max_pages": "at the limit of pages",
    "time_limit": "at the limit of time",
    "offline": "ended for want of a network (run the same command to go on)",
    "interrupted": "interrupted; run the same command to go on",
}


def summary(report: CrawlReport, folder: Path) -> list[str]:
    """What a person wants to know at the end."""
    lines = [_headline(report, folder), *_details(report.stats)]
    if report.due is not None and report.had_work:
        came, went = report.stats.links_opened, report.stats.links_closed
        lines.append(f"  links on pages asked for again: {came:,} new or changed, {went:,} no longer as they were")
    states = [f"{sum(found.values()):,} {state}{_reasons(found)}" for state, found in report.states.items() if found]
    if states:
        lines.append("  pages known: " + ", ".join(states))
    if report.due is not None and (waiting := sum(report.states.get("discovered", {}).values())):
        known = counted(waiting, "known page was", "known pages were")
        lines.append(f"  {known} never read: 'wholinks crawl' goes on with {'it' if waiting == 1 else 'them'}")
    shown = report.asleep[:10]
    lines += [f"  left for the next crawl: {name} (for {duration(left)}: {why})" for name, left, why in shown]
    if len(report.asleep) > len(shown):
        lines.append(f"  … and {counted(len(report.asleep) - len(shown), 'more host')}")
    if report.stats.pages and not is_compiled():
        lines.append("  the parser is not compiled, and pages take twice as long: install a C compiler, then wholinks")
    if report.had_work and not report.states["fetched"]:
        lines.append("wholinks: no page was fetched" + ("; the reasons are above" if report.stats.failures else " yet"))
    return lines


def _headline(report: CrawlReport, folder: Path) -> str:
    if report.had_work:
        stats = report.stats
        how = f"crawl {_ENDS[report.ended_why]} after {duration(report.elapsed_s)}"
        links = f"{counted(stats.links, 'link')} ({stats.external_links:,} to other sites)"
        return f"{how}: {counted(stats.pages, 'page')}, {links}, {counted(stats.requests, 'request')}"
    if report.due is not None:
        return f"nothing is due in {folder}; 'wholinks recrawl --within 7d' asks for what is due in the next days"
    if not any(report.states.values()):
        return f"nothing to crawl in {folder}: it knows no page; give a seed"
    return f"nothing left to fetch in {folder}: the crawl there is finished"


def _details(stats: Stats) -> Iterator[str]:
    if stats.sitemaps or stats.feeds:
        listed = f"; listed: {_counted(stats.listed)}" if stats.listed else ""
        yield f"  sitemaps: {_counted(stats.sitemaps) or 'none'}; feeds: {stats.feeds:,}{listed}"
    if stats.unchanged:
        yield f"  not changed, said the server: {counted(stats.unchanged, 'page')}"
    if stats.targets:
        yield f"  link targets checked: {counted(stats.targets, 'request')}"
    if stats.failures:
        yield f"  failed requests: {_counted(stats.failures)}"
    if stats.retries_put_off:
        tries = counted(stats.retries_put_off, "further try was", "further tries were")
        yield f"  too many failures at once: {tries} put off"


def _counted(kinds: Counter[str]) -> str:
    return ", ".join(f"{kind} {count:,}" for kind, count in kinds.most_common())


def _reasons(reasons: dict[str, int]) -> str:
    named = [f"{reason} {count:,}" for reason, count in reasons.items() if reason]
    return f" ({', '.join(named)})" if named else ""


def as_dict(report: CrawlReport) -> dict[str, object]:
    """The report for scripts."""
    stats = report.stats
    return {
        "schema": 1,
        "ended": report.ended_why,
        "elapsed_s": round(report.elapsed_s, 3),
        "requests": stats.requests,
        "pages": stats.pages,
        "links": stats.links,
        "external_links": stats.external_links,
        "redirects": stats.redirects,
        "unchanged": stats.unchanged,
        "links_opened": stats.links_opened,
        "links_closed": stats.links_closed,
        "targets": stats.targets,
        "bytes": stats.bytes,
        "feeds": stats.feeds,
        "sitemaps": dict(stats.sitemaps),
        "listed": dict(stats.listed),
        "retries_put_off": stats.retries_put_off,
        "failures": dict(stats.failures),
        "states": report.states,
        "due": report.due,
        "asleep": [{"name": name, "seconds": round(left), "why": why} for name, left, why in report.asleep],
    }
