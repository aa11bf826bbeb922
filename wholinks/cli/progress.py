"""How far a crawl is, for a person: one line that renews itself on a terminal, a plain line now and then elsewhere."""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from typing import Final, TextIO

from wholinks.crawler.engine import Crawl
from wholinks.storage.wording import counted

_REDRAW_S: Final = 0.5
_PLAIN_S: Final = 10.0
_RATE_WINDOW_S: Final = 10.0


class Progress:
    """Shows ``crawl`` on ``stream`` until cancelled."""

    def __init__(self, crawl: Crawl, stream: TextIO) -> None:
        self._crawl = crawl
        self._started = time.monotonic()
        self._samples: deque[tuple[float, int]] = deque([(self._started, 0)])
        self._stream = stream
        self._print: Callable[[str], None] = self._print_plain

    def note(self, line: str) -> None:
        """Print a line above the progress."""
        self._print(line)

    def _print_plain(self, line: str) -> None:
        print(line, file=self._stream, flush=True)

    async def show(self) -> None:
        """Redraw for as long as the crawl runs."""
        if self._stream.isatty():
            await self._show_live()
        while True:
            await asyncio.sleep(_PLAIN_S)
            await self._crawl.meter.count()
            self.note(self.line())

    async def _show_live(self) -> None:
        from rich.console import Console  # noqa: PLC0415 - slow to import, and for terminals alone
        from rich.live import Live  # noqa: PLC0415
        from rich.text import Text  # noqa: PLC0415

        console = Console(file=self._stream, highlight=False)
        self._print = lambda line: console.print(Text(line), soft_wrap=True)
        with Live(Text(self.line()), console=console, auto_refresh=False, transient=True) as live:
            while True:
                await asyncio.sleep(_REDRAW_S)
                await self._crawl.meter.count()
                live.update(Text(self.line(), overflow="ellipsis", no_wrap=True), refresh=True)

    def line(self) -> str:
        """The state of the crawl now."""
        now = time.monotonic()
        stats = self._crawl.stats
        self._samples.append((now, stats.requests))
        while len(self._samples) > 2 and now - self._samples[0][0] > _RATE_WINDOW_S:
            self._samples.popleft()
        since, requests = self._samples[0]
        rate = (stats.requests - requests) / max(now - since, 0.001)
        errors = sum(stats.failures.values())
        kinds = ", ".join(f"{kind} {count:,}" for kind, count in stats.failures.most_common(3))
        hosts, waiting = self._crawl.hosts, self._crawl.meter.waiting
        parts = [
            duration(now - self._started),
            counted(stats.pages, "page"),
            f"{rate:,.1f} requests/s",
            counted(stats.links, "link"),
            f"{hosts.in_flight:,} under way",
            f"hosts {hosts.ready:,} ready, {hosts.pausing:,} pausing, {hosts.asleep:,} asleep",
            *([] if waiting is None else [f"{counted(waiting, 'page')} waiting"]),
            f"{counted(errors, 'error')} ({kinds})" if errors else "no errors",
        ]
        left = self._left(now, rate)
        if left is not None:
            parts.append(f"{duration(left)} left at most")
        elif waiting and rate > 0:
            longest = self._crawl.meter.most_of_one * self._crawl.settings.delay_s  # a host is asked one by one
            parts.append(f"about {duration(max(waiting / rate, longest))} for what waits")
        return " · ".join(parts)

    def _left(self, now: float, rate: float) -> float | None:
        """Seconds until a limit ends the crawl."""
        settings = self._crawl.settings
        limits = []
        if settings.time_limit_s is not None:
            limits.append(max(settings.time_limit_s - (now - self._started), 0.0))
        pages = self._crawl.pages_left
        if pages is not None and rate > 0:
            limits.append(pages / rate)
        return min(limits, default=None)


def duration(seconds: float) -> str:
    """``75`` → ``1:15``; hours where there are any."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
