"""How a number of backlinks is called (docs/metrics.md)."""

from typing import Final

BANDS: Final = ((1000, "strong", "1,000 or more"), (500, "moderate", "500 to 999"), (0, "low", "below 500"))
"""The least number of each band, its name, and its bounds in words."""


def band(backlinks: int) -> str:
    """``strong`` from 1,000 backlinks on, ``moderate`` from 500 on, else ``low``."""
    return next(name for least, name, _ in BANDS if backlinks >= least)


def band_in_words(backlinks: int) -> str:
    """The same with its bounds: ``low (below 500)``."""
    return next(f"{name} ({bounds})" for least, name, bounds in BANDS if backlinks >= least)
