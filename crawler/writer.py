"""Between the crawl and its store: what is learned is collected, and committed by one task, a batch at a time.

While one batch is being committed the next one gathers. A batch also waits a moment for more, as each commit has its
price whatever is in it (with five pages in one it is half of all that SQLite does); a frontier that waits for what the
batch will bring waits no longer than commits have their small share of the time, and not at all where nothing else is
under way (:meth:`Writer.hurry`).
"""

import asyncio
import time
from collections.abc import Callable
from typing import Final

from wholinks.storage.crawl_store import Batch, CrawlStore

_LINGER_S: Final = 0.25
_LEAST_LINGER: Final = 20
"""A commit is followed by at least so many times its own duration without one, up to :data:`_LINGER_S`."""
_MANY_LINKS: Final = 50_000
"""Links that make a batch go now, and errands wait for room."""


class Writer:
    """Use :meth:`put` from any task of the loop; run :meth:`run` once, end it by :meth:`close` and not by cancelling:
    a batch on its way to the store would be lost.

    ``committed`` is called after each commit. ``has_readmitted`` tells that a commit let pages in which no batch names.
    """

    def __init__(
        self, store: CrawlStore, *, is_starving: Callable[[], bool], committed: Callable[[], None] = lambda: None
    ) -> None:
        self._store = store
        self._is_starving = is_starving
        self._committed = committed
        self._batch = Batch()
        self._after: list[Callable[[], None]] = []
        self._committing = asyncio.Lock()
        self._wanted = asyncio.Event()
        self._hurry = asyncio.Event()
        self._has_room = asyncio.Event()
        self._has_room.set()
        self._is_closing = False
        self._took_s = 0.0
        self.has_readmitted = False

    @property
    def is_idle(self) -> bool:
        """Whether everything added is committed."""
        return not self._committing.locked() and not self._batch and not self._after

    def put(self, batch: Batch, after: Callable[[], None] | None = None) -> None:
        """Have ``batch`` committed, then call ``after``."""
        self._batch.extend(batch)
        if after is not None:
            self._after.append(after)
        self._wanted.set()
        if len(self._batch.links) + len(self._batch.candidates) > _MANY_LINKS:
            self._has_room.clear()
            self._hurry.set()

    async def room(self) -> None:
        """Wait while more is collected than one commit should hold."""
        await self._has_room.wait()

    async def run(self) -> None:
        """Commit until closed, and then what is left."""
        while not self._is_closing:
            await self._wanted.wait()
            least_s = min(self._took_s * _LEAST_LINGER, _LINGER_S)
            await self._linger(least_s if self._is_starving() else _LINGER_S)
            await self.flush()
        await self.drain()

    def close(self) -> None:
        """Let :meth:`run` commit what is left, and end."""
        self._is_closing = True
        self._wanted.set()
        self._hurry.set()

    def hurry(self) -> None:
        """Nothing is under way that could bring more: commit now."""
        self._hurry.set()

    async def drain(self) -> None:
        """Commit all there is."""
        while not self.is_idle:
            await self.flush()

    async def _linger(self, seconds: float) -> None:
        if not seconds:
            return
        try:
            async with asyncio.timeout(seconds):
                await self._hurry.wait()
        except TimeoutError:
            return

    async def flush(self) -> None:
        """Commit what is collected now."""
        async with self._committing:
            batch, after = self._batch, self._after
            self._batch, self._after = Batch(), []
            if not self._is_closing:
                self._wanted.clear()
                self._hurry.clear()
            self._has_room.set()
            if batch:
                started = time.monotonic()
                self.has_readmitted = await self._store.commit(batch) or self.has_readmitted
                self._took_s = time.monotonic() - started
        for call in after:
            call()
        self._committed()
