"""How many tries the whole crawl may make again. When much fails at once, trying all of it again makes that worse.

The idea and the share are Finagle's (``RetryBudget``): first tries earn, tries again spend. A try that can't be paid
for is not given up, it waits longer.
"""

from typing import Final

SHARE: Final = 0.2
"""Tries again for each first try, in the long run."""
RESERVE: Final = 100.0
"""Tries again that may come at once, and before anything is earned: a small crawl has no need to save."""
LATER_S: Final = 30.0
"""How long a try waits that can't be paid for: less than a crawl's patience, so it does not end without it."""


class RetryBudget:
    """Pure; knows no time."""

    def __init__(self) -> None:
        self._left = RESERVE

    def earn(self) -> None:
        """Something is asked for the first time."""
        self._left = min(self._left + SHARE, RESERVE)

    def spend(self) -> bool:
        """Whether a try again can be paid for; if so, it is."""
        if self._left < 1:
            return False
        self._left -= 1
        return True
