"""Numbers and times as people read them, in whatever room a sentence is made."""

from datetime import UTC, datetime


def counted(number: int, one: str, many: str | None = None) -> str:
    """``1 link``, ``1,234 links``; ``many`` is what stands after more than one, where it is not ``one`` and an s."""
    return f"{number:,} {one if number == 1 else f'{one}s' if many is None else many}"


def time_told(moment: datetime | int, *, to_second: bool = False) -> str:
    """A moment: ``2026-11-21 19:24 UTC``, or with seconds (``2026-11-21 19:24:32 UTC``) where it is evidence; an int
    is UTC seconds."""
    at = datetime.fromtimestamp(moment, UTC) if isinstance(moment, int) else moment.astimezone(UTC)
    return f"{at:%Y-%m-%d %H:%M:%S} UTC" if to_second else f"{at:%Y-%m-%d %H:%M} UTC"
