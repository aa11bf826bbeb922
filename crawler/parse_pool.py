"""Parsing in processes of its own: a page that crashes or hangs the parser costs itself, nothing else.

Each host is bound to one process, so what a process remembers of a host's URLs is used again. A process answers its
jobs in order: when it dies, the first unanswered job is the culprit and fails; the others go to its successor.
"""

import asyncio
import marshal
import os
import signal
import socket
import sys
from collections import deque
from collections.abc import Iterable, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Final, NamedTuple, Self

from wholinks.storage.sites import PrefixSite
from wholinks.storage.urls import identity

from .parse_messages import HEADER, Job, packed
from .rows import PageRows
from .settings import Settings

_KEEP_MEMORY: Final = {
    "MALLOC_TRIM_THRESHOLD_": str(16 * 1024**2),
    "MALLOC_TOP_PAD_": str(1024**2),
    "MALLOC_MMAP_THRESHOLD_": str(4 * 1024**2),
}
"""glibc's malloc else hands a page's memory back to the kernel after each parse and fetches it anew for the next, which
is a fifth of the parse."""

_SOCKET_BYTES: Final = 4 * 1024**2
"""What may lie in a socket, each way, as far as the system lets us: with the usual 200 KB a dozen pages, and whoever
waits a few milliseconds for a core or for Python's lock leaves the other without work."""


class Parsed(NamedTuple):
    """What came of a job: its rows and the body's hash, or a failure (``parse_timeout``, ``parse_crash``,
    ``parse_error``)."""

    failure: str = ""
    detail: str = ""
    body_hash: int | None = None
    rows: PageRows | None = None


class _Channel(asyncio.Protocol):
    """The parent's end: cuts the stream into replies."""

    def __init__(self, worker: "_Worker") -> None:
        self._worker = worker
        self._buffer = bytearray()

    def data_received(self, data: bytes) -> None:
        if self._buffer:
            self._buffer += data
            del self._buffer[: self._cut(self._buffer)]
        else:  # as nearly always: whole replies, which needn't be copied
            self._buffer += data[self._cut(data) :]

    def _cut(self, data: bytes | bytearray) -> int:
        """Hand on the whole replies in ``data``; how many bytes they are."""
        start = 0
        with memoryview(data) as view:
            while len(data) - start >= HEADER.size:
                end = start + HEADER.size + HEADER.unpack_from(data, start)[0]
                if len(data) < end:
                    break
                with view[start + HEADER.size : end] as message:
                    self._worker.answered(message)
                start = end
        return start

    def connection_lost(self, exc: Exception | None) -> None:
        self._worker.lost()


class _Worker:
    """One process and the jobs it has not answered."""

    def __init__(self, command: Sequence[str]) -> None:
        self._command = command
        self._jobs: deque[tuple[bytes, asyncio.Future[Parsed]]] = deque()
        self._process: asyncio.subprocess.Process | None = None
        self._transport: asyncio.Transport | None = None
        self._restart: asyncio.Task[None] | None = None
        self._is_closing = False

    async def start(self) -> None:
        ours, theirs = socket.socketpair()
        for end in (ours, theirs):
            with suppress(OSError):  # some systems refuse what others cut short
                end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SOCKET_BYTES)
        try:
            with theirs:
                self._process = await asyncio.create_subprocess_exec(
                    *self._command,
                    "--fd",
                    str(theirs.fileno()),
                    pass_fds=(theirs.fileno(),),
                    env={**_KEEP_MEMORY, **os.environ},
                    start_new_session=True,
                    stdin=asyncio.subprocess.DEVNULL,
                )
            loop = asyncio.get_running_loop()
            self._transport, _ = await loop.create_connection(lambda: _Channel(self), sock=ours)
        except BaseException:
            ours.close()  # the process, if there is one, ends by that
            raise
        for job, _future in self._jobs:
            self._transport.write(job)

    async def parse(self, job: bytes) -> Parsed:
        future: asyncio.Future[Parsed] = asyncio.get_running_loop().create_future()
        self._jobs.append((job, future))
        if self._transport is not None:
            self._transport.write(job)
        elif self._restart is None or self._restart.done():
            self._restart = asyncio.create_task(self._restarted())  # it died idle
        return await future

    def answered(self, message: memoryview) -> None:
        _, future = self._jobs.popleft()
        _, problem, values = marshal.loads(message)  # noqa: S302 - from our own child
        if future.done():
            return
        if problem:
            future.set_result(Parsed("parse_error", problem))
        else:
            future.set_result(Parsed(body_hash=values[0], rows=PageRows(*values[1:])))

    def lost(self) -> None:
        self._transport = None
        if not self._is_closing and self._jobs:
            self._restart = asyncio.get_running_loop().create_task(self._recover())

    async def _restarted(self) -> None:
        try:
            await self.start()
        except Exception as error:  # noqa: BLE001 - every job's, so that nobody waits for ever
            while self._jobs:
                future = self._jobs.popleft()[1]
                if not future.done():
                    future.set_exception(error)

    async def _recover(self) -> None:
        code = await self._process.wait() if self._process is not None else 0
        _, future = self._jobs.popleft()
        kind = "parse_timeout" if code == -signal.SIGALRM else "parse_crash"
        if not future.done():
            future.set_result(Parsed(kind, f"the parser process ended with {code}"))
        if self._jobs:
            await self._restarted()

    async def close(self) -> None:
        self._is_closing = True
        if self._restart is not None:
            await self._restart
        if self._transport is not None:
            self._transport.close()
        if self._process is not None:
            if self._jobs and self._process.returncode is None:
                self._process.kill()
            await self._process.wait()
        for _, future in self._jobs:
            future.cancel()


class ParsePool:
    """A fixed number of parser processes; use as an async context manager."""

    def __init__(self, settings: Settings, sites: Iterable[PrefixSite] = ()) -> None:
        command = [
            sys.executable, "-P", "-m", "wholinks.crawler.parse_worker",
            "--product-token", settings.product_token,
            "--timeout", str(settings.parse_timeout_s),
        ]  # fmt: skip
        if settings.suffix_list is not None:
            command += ["--suffix-list", str(settings.suffix_list.resolve())]
        if settings.nofollow_pages:
            command += ["--follow-all"]
        command += [f"--site={site.name}" for site in sites]
        self._workers: Final = [_Worker(command) for _ in range(settings.parsers)]

    async def __aenter__(self) -> Self:
        try:
            for worker in self._workers:
                await worker.start()
        except BaseException:
            await self.__aexit__(None, None, None)
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.gather(*(worker.close() for worker in self._workers))

    async def parse(self, host: str, job: Job) -> Parsed:
        """Parse one page of ``host``."""
        workers = self._workers
        return await workers[identity(host) % len(workers) if len(workers) > 1 else 0].parse(packed(job))
