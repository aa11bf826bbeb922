"""The robots.txt rules at hand: those used last, up to a limit. All others are in crawl.db and read again at need."""

from typing import Final

from .hosts import Origin
from .robots import Rules

MAX_RULES: Final = 200_000
"""Rules at hand in all, each some 400 bytes; a usual file has ten to fifty, the largest that is kept 10,000."""


class RulesMemory:
    """Sets ``Origin.rules`` and takes them back. Rules that came and were not used yet stay, over the limit too: else
    those that come together could drive each other out for ever."""

    def __init__(self, limit: int = MAX_RULES) -> None:
        self._limit = limit
        self._unused: dict[Origin, int] = {}  # what each weighs
        self._used: dict[Origin, int] = {}  # the one used longest ago first
        self._total = 0

    def remember(self, origin: Origin, rules: Rules, until: float) -> None:
        """Let ``origin`` go by ``rules`` until then."""
        self.forget(origin)
        origin.rules, origin.rules_until, origin.is_unloaded = rules, until, False
        weight = self._unused[origin] = 1 + len(rules.prefixes) + len(rules.wildcards)
        self._total += weight
        self._make_room(stay=0)

    def forget(self, origin: Origin) -> None:
        """The rules of ``origin`` are unknown from here on."""
        origin.rules = None
        self._total -= self._unused.pop(origin, 0) + self._used.pop(origin, 0)

    def used(self, origin: Origin) -> None:
        """Keep the rules of ``origin`` longer than those of others."""
        weight = self._used.pop(origin, 0) or self._unused.pop(origin, 0)
        if weight:
            self._used[origin] = weight
            self._make_room(stay=1)

    def _make_room(self, stay: int) -> None:
        while self._total > self._limit and len(self._used) > stay:
            oldest = next(iter(self._used))
            self.forget(oldest)
            oldest.is_unloaded = True
