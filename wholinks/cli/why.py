"""``wholinks why URL``: what the crawl knows of a URL, and which rule keeps it out or makes it wait."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import click

from wholinks.crawler.robots import UNREACHABLE, policy
from wholinks.crawler.settings import Settings
from wholinks.crawler.traps.reasons import REASONS
from wholinks.render.json import encode
from wholinks.render.text import neutralise
from wholinks.render.width import sentences, terminal_width
from wholinks.storage.errors import UsageError
from wholinks.storage.url_status import PageStatus, UrlRecord, url_record
from wholinks.storage.urls import NotAUrl, PublicSuffixes, normalise, origin_of, path_of
from wholinks.storage.wording import counted, time_told

from .options import data_option, format_option
from .times import iso, iso_or_none

EXAMPLES: Final = """
\b
Examples:
  wholinks why https://shop.example/boots
  wholinks why shop.example/boots --links 20
  wholinks why https://shop.example/boots --format json
"""


@click.command(epilog=EXAMPLES, short_help="What the crawl knows of a URL, and which rule keeps it out.")
@click.argument("url")
@data_option
@click.option(
    "--links", type=click.IntRange(min=0), default=5, show_default=True, metavar="N",
    help="Show up to N links that name it; 0 spares reading the links.",
)  # fmt: skip
@format_option("text", "json")
def command(url: str, data: Path, links: int, format_: str) -> None:
    """Say where URL was found, what state it is in and why, its fetches, and when it is due.

    A URL never seen is told apart from one that a rule keeps out; what robots.txt and the scope of the crawl say of it
    is shown all the same. A crawl may be running.
    """
    record = _find(url, data, links)
    robots = robots_verdict(record)
    if format_ == "json":
        click.echo(encode(document(record, robots), indent=2))
        return
    width = terminal_width()
    for line in lines(record, robots):
        for part in sentences(neutralise(line), width):
            click.echo(part)


def _find(typed: str, folder: Path, links: int) -> UrlRecord:
    """The record of what was typed; without a scheme, https unless only http is known."""
    suffixes = PublicSuffixes()
    records = []
    for spelling in [typed] if "://" in typed else [f"https://{typed}", f"http://{typed}"]:
        try:
            url = normalise(spelling)
        except NotAUrl as error:
            raise UsageError(f"{typed!r}: not a URL that can be fetched ({error.reason})") from error
        records.append(url_record(folder, url, suffixes.domain(origin_of(url).host), links=links))
    return next((record for record in records if record.page or record.is_seen), records[0])


def robots_verdict(record: UrlRecord) -> tuple[str, str]:
    """What the stored robots.txt says of the URL: ``allowed``, ``forbidden``, ``unreachable`` or ``unknown``, and the
    reason in words."""
    answer = record.robots
    origin = origin_of(record.url).text
    if answer is None:
        return "unknown", f"robots.txt of {origin} is not known; it is asked for before any page"
    meaning = policy(answer.status, answer.body)
    said = f"status {answer.status}" if answer.status else "no answer"
    when = f"{origin}/robots.txt of {time_told(answer.fetched_at)}"
    if meaning is UNREACHABLE:
        return "unreachable", f"{when}: {said}; nothing of this origin is fetched until it can be read"
    agent = _setting(record, "user_agent").partition("/")[0]
    allows, rule = meaning.robots.rules_for(agent).explain(path_of(record.page.url if record.page else record.url))
    if answer.status and answer.status >= 400:
        rule = f"{said}: no rules"
    group = f"{agent}, by name" if meaning.robots.names(agent) else f"{agent}, by the group for all"
    return "allowed" if allows else "forbidden", f"{when}, for {group}: {rule}"


def _setting(record: UrlRecord, name: str) -> Any:
    """A setting of the last crawl; the default where there was none."""
    default = getattr(Settings(), name)
    return record.run.settings.get(name, default) if record.run else default


def verdict(record: UrlRecord, robots: tuple[str, str]) -> tuple[str, str]:
    """Where the URL stands, in one word and in a sentence. The word is the page's state, ``out_of_reach``, ``target``,
    ``forgotten``, ``not_a_page`` or ``never_seen``."""
    if record.forgotten:
        return "forgotten", (
            f"{record.forgotten} was removed on request and is never asked again"
            f" ('wholinks forget --undo {record.forgotten}' allows it)"
        )
    if record.page is not None:
        return record.page.state, _page_reason(record, record.page, robots)
    if record.sitemap is not None:
        return "not_a_page", f"it is a sitemap: {_sitemap_reason(record, *record.sitemap)}"
    return _no_page(record, robots)


def _no_page(record: UrlRecord, robots: tuple[str, str]) -> tuple[str, str]:
    hops = _setting(record, "hops")
    where = f"{record.domain} is not in reach of the seeds with --hops {hops}"
    is_out = record.hop is None or record.hop > hops
    if record.is_seen:
        if not is_out:
            return "not_a_page", "it is named by no link that is fetched (a form's action, or a page's canonical claim)"
        if record.target is None:
            return "out_of_reach", where
        return "target", f"{where}; as a link's target it was checked: {' '.join(filter(None, record.target))}"
    rule = (
        where if is_out else "robots.txt would forbid it" if robots[0] == "forbidden" else "nothing would keep it out"
    )
    return "never_seen", f"no page, link or seed has named it; {rule}"


_SENTENCES: Final = {
    ("fetched", ""): "it was fetched and read",
    ("fetched", "incomplete"): "it was fetched; its end is missing",
    ("redirected", ""): "it redirects",
    ("blocked", "robots"): "robots.txt forbids it: {robots}",
    ("excluded", "depth"): "it is {links} away from a seed, more than --max-depth {max_depth}",
    ("fetched", "feed"): "it is a feed; the pages it lists were taken, it has no links",
    ("excluded", "port"): "its port is not asked (--allow-port {port} lets it in)",
    ("excluded", "rule"): "--include, --exclude, --only-prefix or --site leaves it out",
    ("postponed", "hosts"): "{domain} had as many hosts as it may before this one (--max-hosts-per-site {max_hosts})",
    ("excluded", "scope"): "{domain} is not in reach of the seeds with --hops {hops}",
    ("excluded", "nofollow_page"): "only pages with a nofollow directive name it (--nofollow-pages follow lets it in)",
}


def _page_reason(record: UrlRecord, page: PageStatus, robots: tuple[str, str]) -> str:
    if page.state == "discovered":
        return _waiting_reason(record, page, robots)
    if (page.state, page.reason) == ("postponed", "budget"):
        return _budget_reason(record)
    sentence = _SENTENCES.get((page.state, page.reason))
    if sentence is not None:
        facts = {name: _setting(record, name) for name in ("max_depth", "hops")}
        facts["max_hosts"] = _setting(record, "max_hosts_per_site")
        port = origin_of(page.url).port
        return sentence.format(
            robots=robots[1], links=counted(page.depth, "link"), domain=record.domain, port=port, **facts
        )
    told = f"{page.reason}: {REASONS[page.reason]}" if page.reason in REASONS else page.reason
    if page.state == "postponed" and page.reason in REASONS:
        return f"it looks like a trap, {told} (--no-traps asks for it)"
    if page.state == "fetched" and page.reason in REASONS:
        return f"it was fetched and read; {told}"
    return (
        f"given up after {counted(page.tries, 'try', 'tries')}: {told}"
        if page.state == "failed"
        else told or page.state
    )


def _sitemap_reason(record: UrlRecord, state: str, reason: str) -> str:
    sentence = {
        "fetched": "it was read",
        "discovered": "waiting for its turn",
        "robots": "robots.txt forbids it",
        "scope": f"no seed names {record.domain}, and only sites of seeds are asked for sitemaps",
        "port": "its port is not asked (see --allow-port)",
        "rule": "--exclude leaves it out",
    }.get(reason or state)
    return sentence or f"{state} {reason}".strip()


def _waiting_reason(record: UrlRecord, page: PageStatus, robots: tuple[str, str]) -> str:
    host = record.host
    if host.asleep_until > time.time():
        return f"{host.host} is left alone until {time_told(host.asleep_until)}: {host.asleep_why}"
    if robots[0] == "unreachable":
        return robots[1]
    run = record.run
    again = f"tried {counted(page.tries, 'time')}, " if page.tries else ""
    queue = f"{counted(host.waiting, 'page waits', 'pages wait')} on this origin, shallow ones first"
    if run is not None and run.ended_why:
        return f"{again}waiting; the last crawl ended ({run.ended_why}) before its turn came; {queue}"
    return f"{again}waiting for its turn; {queue}"


def _budget_reason(record: UrlRecord) -> str:
    limit = _setting(record, "max_pages_per_host")
    if limit is not None and record.host.pages >= limit:
        return f"{record.host.host} has {counted(record.host.pages, 'page')}, its budget (--max-pages-per-host {limit})"
    limit = _setting(record, "max_pages_per_site")
    budget = _setting(record, "pages_per_reached_site")
    if limit is not None and not (record.hop and budget < limit):
        return f"{record.domain} has used its budget (--max-pages-per-site {limit})"
    if record.hop:
        return f"{record.domain}, reached by links only, has used its budget (--pages-per-reached-site {budget})"
    return "the budget of its host or site was used up"


def lines(record: UrlRecord, robots: tuple[str, str]) -> Iterator[str]:
    """The answer for a person."""
    word, sentence = verdict(record, robots)
    yield f"{record.url}"
    yield f"  {word.replace('_', ' ')}: {sentence}"
    if record.page is not None:
        yield from _page_lines(record, record.page)
    for other in record.spellings:
        yield f"  same page by its dedup key: {other}"
    yield f"  robots.txt: {robots[0]} ({robots[1]})"
    if record.page is None and not record.is_seen:
        yield f"  {record.host.host}: {counted(record.host.known, 'page')} known on this origin"
        yield from (f"  known and near: {url} ({state})" for url, state in record.near)
    for fetch in record.fetches:
        parts = [
            fetch.outcome,
            str(fetch.status or ""),
            fetch.reason,
            f"to {fetch.redirect_url}" * bool(fetch.redirect_url),
        ]
        yield f"  asked {time_told(fetch.fetched_at, to_second=True)}: {' '.join(filter(None, parts))} ({fetch.url})"
    for link in record.links:
        notes = ["closed"] * (not link.is_open) + ["nofollow page"] * link.is_nofollow_page
        note = f" [{', '.join(notes)}]" if notes else ""
        yield f"  named by {link.source_url} ({link.kind}){note}: {link.anchor_text}"


def _page_lines(record: UrlRecord, page: PageStatus) -> Iterator[str]:
    if page.url != record.url:
        yield f"  known as: {page.url}"
    found = f"on {page.found_on}" if page.found_on else "as a seed" if page.depth == 0 else "on a page not kept"
    yield f"  found: {time_told(page.found_at)} {found}, {counted(page.depth, 'link')} from a seed"
    if page.listed:
        yield f"  named by its site's {' and '.join(page.listed)}"
    if page.due_at:
        yield f"  due for 'wholinks recrawl' from {time_told(page.due_at)} on"


def document(record: UrlRecord, robots: tuple[str, str]) -> dict[str, Any]:
    """The answer for scripts. Times are ISO 8601."""
    word, sentence = verdict(record, robots)
    page = record.page
    asleep = record.host.asleep_until
    return {
        "schema": 1,
        "url": record.url,
        "domain": record.domain,
        "verdict": word,
        "why": sentence,
        "page": _page_document(page) if page else None,
        "spellings": record.spellings,
        "target": record.target and {"state": record.target[0], "reason": record.target[1]},
        "hop": record.hop,
        "robots": {"verdict": robots[0], "why": robots[1]},
        "host": {**record.host._asdict(), "asleep_until": iso_or_none(asleep)},
        "fetches": [{**fetch._asdict(), "fetched_at": iso(fetch.fetched_at)} for fetch in record.fetches],
        "links": [link._asdict() for link in record.links],
        "near": [{"url": url, "state": state} for url, state in record.near],
    }


def _page_document(page: PageStatus) -> dict[str, Any]:
    due_at = iso(page.due_at) if page.due_at else None
    return {**page._asdict(), "found_at": iso(page.found_at), "due_at": due_at}
