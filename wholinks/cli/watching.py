"""What a crawl writes beside its data on request: a log of requests, and a file of metrics, renewed now and then."""

import asyncio
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import Final

from wholinks.crawler.engine import Crawl
from wholinks.crawler.journal import Journal
from wholinks.crawler.metrics import exposition
from wholinks.storage.errors import WholinksError

METRICS_S: Final = 5.0
"""Seconds between two versions of the metrics file."""


class OutputError(WholinksError):
    """A file that was asked for can't be written."""


@contextmanager
def journal(path: str | None, notify: Callable[[str], None]) -> Iterator[Journal | None]:
    """The log to write to ``path`` (``-`` is standard output), behind what is there; None without a path."""
    if path is None:
        yield None
    elif path == "-":
        if isinstance(sys.stdout, TextIOWrapper):
            sys.stdout.reconfigure(line_buffering=True)
        yield Journal(sys.stdout, notify)
    else:
        try:
            file = Path(path).open("a", encoding="ascii", buffering=1)  # noqa: SIM115 - closed below
        except OSError as error:
            raise OutputError(f"--log {path}: can't be written ({error.strerror})") from error
        with file:
            yield Journal(file, notify)


class MetricsFile:
    """``path``, replaced as a whole each time, so that whoever reads it sees all of one moment."""

    def __init__(self, path: Path, crawl: Crawl, notify: Callable[[str], None]) -> None:
        self._path = path
        self._crawl = crawl
        self._notify = notify
        self._started_at = time.time()
        self._is_failing = False
        try:
            self._write(is_running=True)
        except OSError as error:
            raise OutputError(f"--metrics {path}: can't be written ({error.strerror})") from error

    async def renew(self) -> None:
        """Write it anew every few seconds until cancelled."""
        while True:
            await asyncio.sleep(METRICS_S)
            await self._crawl.meter.count()
            self.write(is_running=True)

    def write(self, *, is_running: bool) -> None:
        """Write it now; the first failure of several is told."""
        try:
            self._write(is_running=is_running)
            self._is_failing = False
        except OSError as error:
            if not self._is_failing:
                self._notify(f"--metrics {self._path}: can't be written ({error.strerror}); trying again")
            self._is_failing = True

    def _write(self, *, is_running: bool) -> None:
        crawl = self._crawl
        text = exposition(
            crawl.stats, crawl.hosts, crawl.meter.waiting, started_at=self._started_at, is_running=is_running
        )
        new = self._path.with_name(f".{self._path.name}.new")
        new.write_text(text, "utf-8")
        new.replace(self._path)
