"""How busy a crawl is: its hosts by what they wait for, the queue in crawl.db, and why nothing runs when nothing does.

Looking costs time that grows with the crawl, so :class:`LoadMeter` looks at most so often that it costs a hundredth.
"""

import asyncio
import time
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Final, NamedTuple

from wholinks.storage.errors import DataFolderError
from wholinks.storage.folder_status import pages_waiting
from wholinks.storage.wording import counted

from .frontier import Frontier
from .hosts import Errand, Host, SitemapErrand
from .turns import NEVER

STALL_S: Final = 30.0
"""Seconds without an ended request after which the watchdog says why."""
_SHOWN: Final = 3
_COST: Final = 100
"""A look is followed by at least that many times its own duration without one."""


class HostLoad(NamedTuple):
    """Hosts: ``ready`` may be asked now, ``pausing`` within their delay, ``asleep`` later, ``idle`` have nothing."""

    ready: int = 0
    in_flight: int = 0
    pausing: int = 0
    asleep: int = 0
    idle: int = 0


def host_load(hosts: Collection[Host], now: float) -> HostLoad:
    """Count ``hosts`` by what they wait for; ``now`` is the crawl's clock."""
    ready = in_flight = pausing = asleep = 0
    for host in hosts:
        due = host.heap_at
        if host.state.in_flight:
            in_flight += 1
        elif due <= now:
            ready += 1
        elif due <= now + host.state.delay_s:
            pausing += 1
        elif due < NEVER:
            asleep += 1
    return HostLoad(ready, in_flight, pausing, asleep, len(hosts) - ready - in_flight - pausing - asleep)


class LoadMeter:
    """What hosts and the queue were when looked at last. ``waiting`` is None until it was counted."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.hosts = HostLoad()
        self.waiting: int | None = None
        self.most_of_one = 0
        self._next_look = self._next_count = 0.0

    def look(self, frontier: Frontier, now: float) -> HostLoad:
        """The hosts now, or not long ago."""
        started = time.monotonic()
        if started >= self._next_look:
            load = host_load(frontier.hosts, now)
            self.hosts = load._replace(ready=load.ready + frontier.queued, asleep=load.asleep + frontier.parked)
            ended = time.monotonic()
            self._next_look = ended + (ended - started) * _COST
        return self.hosts

    async def count(self) -> None:
        """Count the pages that wait in crawl.db, unless that was done not long ago."""
        started = time.monotonic()
        if started < self._next_count:
            return
        try:
            self.waiting, self.most_of_one = await asyncio.to_thread(pages_waiting, self._folder)
        except DataFolderError:
            return  # the crawl itself meets the same, and says so
        ended = time.monotonic()
        self._next_count = ended + (ended - started) * _COST


class UnderWay(NamedTuple):
    """An errand that was handed out, and when, by the crawl's clock."""

    errand: Errand
    since: float


def why_nothing_ends(
    frontier: Frontier, under_way: Collection[UnderWay], *, is_writing: bool, now: float, wall: float
) -> str:
    """Why no request ended for a while, in one line; empty where a host's delay is as long, so that all is as it should
    be. ``now`` is the crawl's clock, ``wall`` UTC seconds."""
    parts = list(_busy(under_way, now))
    if is_writing:
        parts.append("the writer is busy (is another program holding crawl.db, or the disk slow?)")
    if not parts:
        if any(now < host.heap_at <= now + host.state.delay_s for host in frontier.hosts):
            return ""
        parts += _sleeping(frontier.hosts, now, wall)
        if frontier.parked:
            parts.append(
                f"{counted(frontier.parked, 'host outside of memory is', 'hosts outside of memory are')} asleep"
            )
    return "; ".join(parts) or "nothing is ready, and nothing is under way"


def _busy(under_way: Collection[UnderWay], now: float) -> Iterator[str]:
    asking = [it for it in under_way if it.errand.host.state.in_flight]
    reading = [it for it in under_way if not it.errand.host.state.in_flight]
    for what, found in (("waiting for answers of", asking), ("reading", reading)):
        if found:
            oldest = sorted(found, key=lambda it: it.since)
            named = ", ".join(f"{it.errand.url} (for {now - it.since:.0f} s)" for it in oldest[:_SHOWN])
            yield f"{what} {named}{_more(found)}"


def _sleeping(hosts: Collection[Host], now: float, wall: float) -> Iterator[str]:
    due = sorted((host for host in hosts if now < host.heap_at < NEVER), key=lambda host: host.heap_at)
    if due:
        named = ", ".join(
            f"{host.state.name} until {_clock(wall + host.heap_at - now)} ({_why(host, now)})" for host in due[:_SHOWN]
        )
        all_ = "the one host with work is" if len(due) == 1 else f"all {len(due):,} hosts with work are"
        yield f"{all_} asleep: {named}{_more(due)}"


def _why(host: Host, now: float) -> str:
    if host.state.asleep_until > now:
        return host.state.asleep_why
    if host.errands:
        errand = host.errands[0][2]
        what = "a sitemap" if isinstance(errand, SitemapErrand) else "robots.txt"
        return f"{what} of {errand.origin.text} is tried again then"
    asleep = [origin.asleep_why for origin in host.origins if origin.asleep_until > now]
    if asleep:
        return asleep[0]
    return "a failed request waits to be tried again"


def _more(found: Collection[object]) -> str:
    return f" and {len(found) - _SHOWN:,} more" if len(found) > _SHOWN else ""


def _clock(wall: float) -> str:
    return time.strftime("%H:%M:%SZ", time.gmtime(wall))


async def watch(
    requests: Callable[[], int], why: Callable[[], str], notify: Callable[[str], None], clock: Callable[[], float]
) -> None:
    """Say ``why()`` when ``requests()`` did not grow for :data:`STALL_S`; again after twice the time, and so on."""
    last, since, patience_s = requests(), clock(), STALL_S
    while True:
        await asyncio.sleep(STALL_S / 6)
        count = requests()
        if count != last:
            last, since, patience_s = count, clock(), STALL_S
        elif clock() - since >= patience_s and (reason := why()):
            notify(f"no request ended for {clock() - since:.0f} s: {reason}")
            patience_s *= 2
