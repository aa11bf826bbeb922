"""How long a page may stay unasked: an interval of its own, that follows how often its links change. Pure.

A page starts with a week. Each visit that finds its links changed halves that, each that finds them as they were makes
it half as long again. A page that can't be read now, where it could before, is asked again after a day, the least time
in which a loss can be proved (docs/counting.md, "Time"); if it stays so, the interval doubles from there.
"""

from typing import Final

DAY_S: Final = 24 * 3600
FIRST_S: Final = 7 * DAY_S
SHORTEST_S: Final = DAY_S
LONGEST_S: Final = 90 * DAY_S


def after_change(interval_s: int | None) -> int:
    """Seconds to the next visit of a page whose links changed; None = it is new."""
    return FIRST_S if interval_s is None else max(SHORTEST_S, interval_s // 2)


def unchanged(interval_s: int | None) -> int:
    """The same of a page that shows what it showed."""
    return FIRST_S if interval_s is None else min(LONGEST_S, interval_s * 3 // 2)


def in_doubt(interval_s: int | None, *, was_read: bool) -> int:
    """The same of a page that could not be read; ``was_read`` is whether it could the last time."""
    return SHORTEST_S if was_read or interval_s is None else min(LONGEST_S, interval_s * 2)
