"""Who may act when: a heap by due time whose members change their minds.

A member stands in one heap at most. Its place is known by a ticket, so giving it another place, or one in another heap,
only makes the old entry stale; stale entries are dropped when they come to the top.
"""

import heapq
import itertools
from collections.abc import Iterator
from typing import Final, Generic, Protocol, TypeVar

NEVER: Final = float("inf")


class Member(Protocol):
    """What stands in a heap: ``heap_at`` is when it is due there (NEVER: it is in none), ``ticket`` its entry."""

    heap_at: float
    ticket: int


M = TypeVar("M", bound=Member)


class Turns(Generic[M]):
    """Times are seconds of one clock. Heaps between which members move share ``tickets``."""

    def __init__(self, tickets: Iterator[int] | None = None) -> None:
        self._tickets = tickets if tickets is not None else itertools.count(1)
        self._heap: list[tuple[float, int, M]] = []

    def put(self, member: M, due: float) -> bool:
        """Give ``member`` the place that belongs to ``due``, none for NEVER. Whether that changed anything."""
        if due == member.heap_at:
            return False
        member.heap_at, member.ticket = due, next(self._tickets)
        if due < NEVER:
            heapq.heappush(self._heap, (due, member.ticket, member))
        return True

    def first_due(self) -> float:
        """When the first member is due; NEVER where nobody is."""
        while self._heap and self._heap[0][1] != self._heap[0][2].ticket:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else NEVER

    def take(self) -> M:
        """Take the first member out. Raises IndexError where there is none."""
        self.first_due()
        member = heapq.heappop(self._heap)[2]
        self.leave(member)
        return member

    def leave(self, member: M) -> None:
        """Make ``member`` stand nowhere."""
        member.heap_at, member.ticket = NEVER, 0

    def tidy(self) -> None:
        """Let go of members that left before they were due."""
        self._heap = [entry for entry in self._heap if entry[1] == entry[2].ticket]
        heapq.heapify(self._heap)
