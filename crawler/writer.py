"""Between the crawl and its store: what is learned is collected, and committed by one task, a batch at a time.

While one batch is being committed the next one gathers, so batches grow with the load by themselves. Under load a
batch also waits a moment, unless the frontier has run dry and waits for what the batch will bring.
"""

import asyncio
from collections.abc import Callable
from typing import Final

from wholinks.storage.crawl_store import Batch, CrawlStore

_LINGER_S: Final = 0.25
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
            if not self._is_starving():
                await self._linger()
            await self.flush()
        await self.drain()

    def close(self) -> None:
        """Let :meth:`run` commit what is left, and end."""
        self._is_closing = True
        self._wanted.set()
        self._hurry.set()

    async def drain(self) -> None:
        """Commit all there is."""
        while not self.is_idle:
            await self.flush()

    async def _linger(self) -> None:
        try:
            async with asyncio.timeout(_LINGER_S):
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
            if batch and await self._store.commit(batch):
                self.has_readmitted = True
        for call in after:
            call()
        self._committed()
