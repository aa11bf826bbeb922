"""The process that parses: bodies in, rows out, over one socket, until the socket closes.

It may crash or hang on a hostile page without harm: each parse runs under an alarm whose default action kills the
process, whether Python or C is running, and whether or not the parent still lives. The parent sees the socket close,
knows which page was being parsed, and starts another process.

What is said over the socket is in ``parse_messages``.
"""

import argparse
import contextlib
import gc
import marshal
import os
import resource
import signal
import socket
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import xxhash

from wholinks.storage.sites import PrefixSite, Sites
from wholinks.storage.urls import PublicSuffixes

from .page.hrefs import HrefMemo
from .parse_messages import HEADER, Job, Reply, packed
from .parser import Answer, parse_page
from .rows import RowMaker

_MEMORY_BYTES: Final = 4 * 1024**3
_MEMO_ENTRIES: Final = 100_000
_OBJECTS_BETWEEN_COLLECTIONS: Final = 50_000


def _received(channel: socket.socket, size: int) -> bytes | None:
    buffer = bytearray(size)
    view = memoryview(buffer)
    done = 0
    while done < size:
        count = channel.recv_into(view[done:])
        if not count:
            return None
        done += count
    return bytes(buffer)


def collect_rarely() -> None:
    """Leave alone what there is, and look for circles of new objects seldom.

    A page makes objects by the thousand and hardly a circle; Python's own rhythm would look through them several times
    a page, and every now and then through the public suffix list, which takes 25 ms.
    """
    gc.freeze()
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)


class Worker:
    """Parses one job after the other."""

    def __init__(
        self, suffixes: PublicSuffixes, product_token: str, *, follow_all: bool, sites: Iterable[PrefixSite] = ()
    ) -> None:
        self._suffixes = suffixes
        named = Sites(suffixes, sites)
        self._sites = named if named.prefixes else suffixes
        self._product_token = product_token
        self._follow_all = follow_all
        self._forget()

    def _forget(self) -> None:
        self._rows = RowMaker(self._suffixes)
        self._memo = HrefMemo(_MEMO_ENTRIES)

    def work(self, job: Job) -> Reply:
        """The rows of one page. An error of ours is answered by name, so that the page can be reported."""
        fetch_id, url, depth, body, content_type, link_headers, refresh_header, robots_headers = job
        try:
            answer = Answer(url, body, content_type, link_headers, refresh_header, robots_headers)
            page = parse_page(answer, self._sites, self._product_token, self._memo)
            rows = self._rows.page(fetch_id, page, depth, follow_all=self._follow_all)
        except (Exception, MemoryError) as error:  # noqa: BLE001 - any bug must cost one page, with its name on it
            self._forget()  # what was noted as handed on may not have been
            return fetch_id, f"{type(error).__name__}: {error}"[:300], ()
        body_hash = xxhash.xxh3_64_intdigest(body)
        return fetch_id, "", (body_hash - 2**64 if body_hash >= 2**63 else body_hash, *rows)


def serve(channel: socket.socket, worker: Worker, timeout_s: float) -> None:
    """Answer jobs until the other end closes."""
    while (header := _received(channel, HEADER.size)) is not None:
        body = _received(channel, HEADER.unpack(header)[0])
        if body is None:
            return
        signal.setitimer(signal.ITIMER_REAL, timeout_s)
        reply = packed(worker.work(marshal.loads(body)))  # noqa: S302 - from our own parent
        signal.setitimer(signal.ITIMER_REAL, 0)
        channel.sendall(reply)


def main() -> None:
    """Entry point of the process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    options = argparse.ArgumentParser()
    options.add_argument("--fd", type=int, required=True)
    options.add_argument("--product-token", required=True)
    options.add_argument("--timeout", type=float, required=True)
    options.add_argument("--suffix-list", type=Path)
    options.add_argument("--follow-all", action="store_true")
    options.add_argument("--site", type=PrefixSite.of_name, action="append", default=[])
    given = options.parse_args()
    worker = Worker(
        PublicSuffixes(given.suffix_list), given.product_token, follow_all=given.follow_all, sites=given.site
    )
    collect_rarely()
    with socket.socket(fileno=given.fd) as channel, contextlib.suppress(BrokenPipeError, ConnectionResetError):
        serve(channel, worker, given.timeout)
    os._exit(0)  # nothing is left to write, and taking down what was remembered takes longer than to build it


if __name__ == "__main__":
    main()
