"""When a host may be asked again, and what a failure means. Pure: the clock is passed in.

A host is *ready* (may be asked now), *in flight* (being asked: one request at a time), or *asleep* until a time. All
requests to a host name count, whatever their scheme, port or purpose: pages, robots.txt, redirects, retries.
"""

from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Final, NamedTuple

LONGEST_RETRY_AFTER_S: Final = 24 * 3600.0
BREAK_AFTER: Final = 5
"""Failures in a row after which a host is left alone for :data:`BREAK_S`."""
BREAK_S: Final = 3600.0
LONGEST_ADAPTIVE_S: Final = 30.0
"""The longest delay that a slow answer brings about; Heritrix has the same ceiling, and the same factor (5)."""
ROBOTS_WAIT_S: Final = 300.0
ROBOTS_LONGEST_WAIT_S: Final = 24 * 3600.0
ROBOTS_FRESH_S: Final = 60.0
"""A robots.txt that has just come is good for so long, whatever age is asked for."""
ROBOTS_GIVEN_UP_S: Final = 30 * 24 * 3600.0
"""A robots.txt unreachable for so long is taken for what it was, or for missing (RFC 9309 2.3.1.4)."""


class Policy(NamedTuple):
    """What a kind of failure means: seconds before the URL is tried again, tries in all, and whether it is the host's
    fault, so that it counts towards leaving the host alone."""

    wait_s: float
    tries: int
    is_host_fault: bool


FAILURES: Final = {
    "dns": Policy(10, 2, True),
    "dns_timeout": Policy(10, 2, True),
    "connect": Policy(5, 2, True),
    "connect_timeout": Policy(10, 2, True),
    "tls": Policy(0, 1, True),
    "proxy": Policy(10, 2, False),
    "address_refused": Policy(0, 1, False),
    "port_refused": Policy(0, 1, False),
    "first_byte_timeout": Policy(10, 2, True),
    "total_timeout": Policy(10, 2, True),
    "idle_timeout": Policy(10, 2, True),
    "disconnected": Policy(5, 3, True),
    "protocol": Policy(5, 2, False),
    "content_encoding": Policy(0, 1, False),
    "bad_redirect": Policy(0, 1, False),
    "too_many_redirects": Policy(0, 1, False),
    "rate_limited": Policy(30, 5, True),
    "server_error": Policy(10, 3, True),
    "parse_timeout": Policy(0, 1, False),
    "parse_crash": Policy(0, 1, False),
    "parse_error": Policy(0, 1, False),
}
"""The failure policy. Any other HTTP status is an answer, not a failure: it is not asked again."""

REFUSED: Final = frozenset({"address_refused", "port_refused"})
"""Failures of our own making."""
NO_CONNECTION: Final = frozenset({"connect", "connect_timeout", "tls"})
"""Failures after which a bare domain is tried over http."""


def failure_of(status: int) -> str | None:
    """The failure an HTTP status stands for, if it is one."""
    if status == 429:
        return "rate_limited"
    return "server_error" if status >= 500 else None


def retry_after_s(value: str | None, now: float) -> float | None:
    """Seconds that a ``Retry-After`` header asks for (a number or an HTTP date), between 0 and a day."""
    if not value:
        return None
    text = value.strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:9]), LONGEST_RETRY_AFTER_S)
    try:
        when = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    return min(max(when.timestamp() - now, 0.0), LONGEST_RETRY_AFTER_S)


class Pace(NamedTuple):
    """What an answer says about how fast to go on: the seconds it took, and the IP address that gave it, whose limit
    the host shares, where these are to slow us down; and the size of its body on the wire."""

    response_s: float = 0.0
    address: str | None = None
    wire_bytes: int = 0


NO_PACE: Final = Pace()


@dataclass(slots=True)
class HostState:
    """What politeness knows of one host name. Times are seconds of the crawl's clock; ``delay_s`` is the least time
    from the end of an answer to the next request, ``delay_factor`` how many times as long as the last answer took that
    time must be."""

    name: str
    delay_s: float = 0.0
    answered_at: float = float("-inf")
    asleep_until: float = 0.0
    asleep_why: str = ""
    failures_in_a_row: int = 0
    pages: int = 0
    in_flight: bool = False
    delay_factor: float = 0.0
    adaptive_s: float = 0.0

    @property
    def pace_s(self) -> float:
        """The time to leave now: what we were told, what robots.txt asks, or what a slow answer tells us."""
        return max(self.delay_s, self.adaptive_s)

    def allowed_at(self) -> float:
        """The first moment at which the host may be asked."""
        return max(self.answered_at + self.pace_s, self.asleep_until)

    def answered(self, now: float, response_s: float = 0.0) -> None:
        """An answer, of whatever kind, or its failure, ended ``now`` and had taken ``response_s``."""
        self.in_flight = False
        self.adaptive_s = min(response_s * self.delay_factor, LONGEST_ADAPTIVE_S)
        self.answered_at = now

    def slow_down(self, delay_s: float) -> None:
        """Leave ``delay_s`` between requests, from the last answer on; a longer delay is not cut short."""
        self.delay_s = max(self.delay_s, delay_s)

    def sleep(self, until: float, why: str) -> None:
        """Leave the host alone until then; a longer sleep is not cut short."""
        if until > self.asleep_until:
            self.asleep_until, self.asleep_why = until, why

    def failed(self, kind: str, now: float, *, retry_after: float | None = None) -> None:
        """Count a failure; sleep when the host asked for it or fails too often."""
        if not FAILURES[kind].is_host_fault:
            return
        self.failures_in_a_row += 1
        if retry_after is not None:
            self.sleep(now + retry_after, f"{kind}: asked for {retry_after:.0f} s")
        elif kind == "rate_limited":
            self.sleep(now + FAILURES[kind].wait_s * 2 ** min(self.failures_in_a_row - 1, 7), kind)
        if self.failures_in_a_row >= BREAK_AFTER:
            self.sleep(now + BREAK_S, f"{kind}: {self.failures_in_a_row} failures in a row")

    def succeeded(self) -> None:
        """A usable answer came: the count of failures in a row starts anew."""
        self.failures_in_a_row = 0
