"""The crawl's log: one JSON object a line for each request that ended, and for what happens to the crawl.

Every line has ``time`` (UTC, ISO 8601 with milliseconds) and ``event``: ``start``, ``request``, ``sleep``, ``note`` or
``stop``. What pages and servers wrote is in ASCII with JSON's escapes, so no line can be forged or act on a terminal.
"""

import json
import time
from collections.abc import Callable
from typing import TextIO

from .stats import Ended


class Journal:
    """Writes to ``stream``. When that fails it says so once to ``notify``, and writes no more: the crawl goes on."""

    def __init__(self, stream: TextIO, notify: Callable[[str], None]) -> None:
        self._stream = stream
        self._notify = notify
        self._is_broken = False

    def request(self, ended: Ended) -> None:
        """A request ended."""
        self.event("request", **ended._asdict())

    def sleep(self, name: str, seconds: float, why: str) -> None:
        """A host or an origin is left alone."""
        self.event("sleep", name=name, seconds=round(seconds), why=why)

    def note(self, text: str) -> None:
        """What a person is told, too."""
        self.event("note", text=text)

    def event(self, event: str, **facts: object) -> None:
        """Write one line."""
        if self._is_broken:
            return
        now = time.time()
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now)) + f".{int(now * 1000) % 1000:03}Z"
        try:
            self._stream.write(json.dumps({"time": stamp, "event": event, **facts}) + "\n")
        except (OSError, ValueError) as error:  # ValueError: the stream was closed under us
            self._is_broken = True
            self._notify(f"the log can't be written any more: {getattr(error, 'strerror', None) or error}")
