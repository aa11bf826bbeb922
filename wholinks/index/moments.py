"""Days and moments as people give them."""

from datetime import UTC, date, datetime, time

from wholinks.storage.errors import UsageError


def start_of(day: date) -> int:
    """The first second of a day (UTC)."""
    return int(datetime.combine(day, time.min, UTC).timestamp())


def end_of(day: date) -> int:
    """The last second of a day (UTC)."""
    return int(datetime.combine(day, time.max, UTC).timestamp())


def moment_meant(when: datetime | date | str | None, name: str, *, is_end: bool) -> int | None:
    """A day (``2026-11-21``) or a moment as UTC seconds: a day means its last second if ``is_end``, else its first.

    Raises :class:`UsageError`, which calls it ``name``.
    """
    if isinstance(when, str):
        try:
            when = date.fromisoformat(when) if len(when) == len("2026-11-21") else datetime.fromisoformat(when)
        except ValueError:
            raise UsageError(f"{name}: {when!r} is no day; write it as 2026-11-21") from None
    if when is None:
        return None
    if not isinstance(when, datetime):
        return end_of(when) if is_end else start_of(when)
    return int((when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp())
