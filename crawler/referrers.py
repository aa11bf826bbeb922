"""How many registrable domains link to a site, as far as is known: what many refer to is fetched before the rest. Pure.

What crawl.db knew when it was counted last, or what was seen since the crawl began: the greater number counts, so it is
never more than there are.
"""

from collections.abc import Iterable
from typing import Final

_MOST_PAIRS: Final = 200_000
"""Pairs of domains that are remembered, so that none counts twice."""


class Referrers:
    """Numbers of domains that refer to others."""

    def __init__(self) -> None:
        self._counted: dict[str, int] = {}
        self._seen: dict[str, int] = {}
        self._pairs: set[tuple[str, str]] = set()

    def count(self, domain: str) -> int:
        """How many domains are known to link to ``domain``."""
        return max(self._counted.get(domain, 0), self._seen.get(domain, 0))

    def learn(self, counts: Iterable[tuple[str, int]]) -> None:
        """Take what crawl.db says now."""
        self._counted = dict(counts)

    def add(self, source: str, domain: str) -> bool:
        """Note that ``source`` links to ``domain``. True when that makes it one more."""
        if (source, domain) in self._pairs:
            return False
        if len(self._pairs) >= _MOST_PAIRS:  # from here on count what is seen anew; what was found stands as counted
            self._counted |= {name: self.count(name) for name in self._seen}
            self._pairs.clear()
            self._seen.clear()
        before = self.count(domain)
        self._pairs.add((source, domain))
        self._seen[domain] = self._seen.get(domain, 0) + 1
        return self.count(domain) > before
