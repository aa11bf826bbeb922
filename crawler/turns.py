"""Who may act when: a heap by due time whose members change their minds, and of those that are due the first by rank.

A member stands in one heap at most. Its place is known by a ticket, so giving it another place, or one in another heap,
only makes the old entry stale; stale entries are dropped when they come to the top.
"""

import heapq
import itertools
from collections.abc import Iterator
from typing import Final, Generic, Protocol, TypeVar

NEVER: Final = float("inf")

Rank = tuple[int, int]
"""Of two that are due, the smaller goes first: the depth of what is to be asked, and minus the domains that refer to
its site."""
FIRST: Final[Rank] = (0, 0)


class Member(Protocol):
    """What stands in a heap: ``heap_at`` is when it is due there (NEVER: it is in none), ``heap_rank`` its rank,
    ``ticket`` its entry."""

    heap_at: float
    heap_rank: Rank
    ticket: int


M = TypeVar("M", bound=Member)


class Turns(Generic[M]):
    """Times are seconds of one clock. Heaps between which members move share ``tickets``."""

    def __init__(self, tickets: Iterator[int] | None = None) -> None:
        self._tickets = tickets if tickets is not None else itertools.count(1)
        self._heap: list[tuple[float, int, M]] = []
        self._due: list[tuple[Rank, float, int, M]] = []

    def put(self, member: M, due: float, rank: Rank = FIRST) -> bool:
        """Give ``member`` the place that belongs to ``due`` and ``rank``, none for NEVER. Whether that changed it."""
        if due == member.heap_at and (rank == member.heap_rank or due == NEVER):
            return False
        member.heap_at, member.heap_rank, member.ticket = due, rank, next(self._tickets)
        if due < NEVER:
            heapq.heappush(self._heap, (due, member.ticket, member))
        return True

    def first_due(self) -> float:
        """When the first member is due; NEVER where nobody is."""
        self._drop_stale()
        return min(self._heap[0][0] if self._heap else NEVER, self._due[0][1] if self._due else NEVER)

    def first_rank(self) -> Rank:
        """The rank of who may be next."""
        self._drop_stale()
        if self._due:
            return self._due[0][0]
        return self._heap[0][2].heap_rank if self._heap else FIRST

    def take(self, now: float) -> M:
        """Take the first by rank out of those that are due, of one rank who was due first. Raises IndexError where
        nobody is."""
        while self._heap and self._heap[0][0] <= now:
            due, ticket, member = heapq.heappop(self._heap)
            if ticket == member.ticket:
                heapq.heappush(self._due, (member.heap_rank, due, ticket, member))
        self._drop_stale()
        member = heapq.heappop(self._due)[3]
        self.leave(member)
        return member

    def _drop_stale(self) -> None:
        while self._heap and self._heap[0][1] != self._heap[0][2].ticket:
            heapq.heappop(self._heap)
        while self._due and self._due[0][2] != self._due[0][3].ticket:
            heapq.heappop(self._due)

    def leave(self, member: M) -> None:
        """Make ``member`` stand nowhere."""
        member.heap_at, member.ticket = NEVER, 0

    def tidy(self) -> None:
        """Let go of members that left before they were due."""
        self._heap = [entry for entry in self._heap if entry[1] == entry[2].ticket]
        self._due = [entry for entry in self._due if entry[2] == entry[3].ticket]
        heapq.heapify(self._heap)
        heapq.heapify(self._due)
