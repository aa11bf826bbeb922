"""The robots.txt rules at hand: those used last, up to a limit. All others are in crawl.db and read again at need."""

from typing import Final

from .hosts import Origin
from .robots import Rules

MAX_RULES: Final = 200_000
"""Rules at hand in all, each some 400 bytes; a usual file has ten to fifty, the largest that is kept 10,000."""


class RulesMemory:
    """Sets ``Origin.rules`` and takes them back."""

    def __init__(self, limit: int = MAX_RULES) -> None:
        self._limit = limit
        self._weights: dict[Origin, int] = {}  # the one used longest ago first
        self._total = 0

    def remember(self, origin: Origin, rules: Rules, until: float) -> None:
        """Let ``origin`` go by ``rules`` until then."""
        self.forget(origin)
        origin.rules, origin.rules_until, origin.is_unloaded = rules, until, False
        weight = self._weights[origin] = 1 + len(rules.prefixes) + len(rules.wildcards)
        self._total += weight
        while self._total > self._limit and len(self._weights) > 1:
            oldest = next(iter(self._weights))
            self.forget(oldest)
            oldest.is_unloaded = True

    def forget(self, origin: Origin) -> None:
        """The rules of ``origin`` are unknown from here on."""
        origin.rules = None
        self._total -= self._weights.pop(origin, 0)

    def used(self, origin: Origin) -> None:
        """Keep the rules of ``origin`` longer than those of others."""
        weight = self._weights.pop(origin, None)
        if weight is not None:
            self._weights[origin] = weight
