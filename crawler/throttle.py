"""How fast the whole crawl may go, over all hosts: requests and bytes a second. Pure: the clock is passed in.

Both are accounts that are drawn on first and paid off by time, so a long answer is followed by a longer pause, and the
mean is kept whatever the sizes. Only the next request waits; nothing that is under way is held up.
"""

from typing import Final

BURST_S: Final = 0.1
"""How much unused time is made up for: timers come late, and a late one must not cost its rate."""


class Account:
    """At most ``per_s`` units a second; None is no limit."""

    def __init__(self, per_s: float | None) -> None:
        self._per_s = per_s
        self.free_at = float("-inf")

    def draw(self, units: float, now: float) -> None:
        """Take ``units`` now; ``free_at`` moves to when they are paid off."""
        if self._per_s is not None:
            self.free_at = max(self.free_at, now - BURST_S) + units / self._per_s


class Throttle:
    """The crawl's two accounts. Requests for robots.txt, redirects and tries count like all others."""

    def __init__(self, requests_per_s: float | None, bytes_per_s: float | None) -> None:
        self._requests = Account(requests_per_s)
        self._bytes = Account(bytes_per_s)

    @property
    def free_at(self) -> float:
        """When the next request may start."""
        return max(self._requests.free_at, self._bytes.free_at)

    def asked(self, now: float) -> None:
        """A request starts."""
        self._requests.draw(1, now)

    def received(self, wire_bytes: int, now: float) -> None:
        """A body of this size, as it came over the wire, ended."""
        self._bytes.draw(wire_bytes, now)
