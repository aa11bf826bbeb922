"""Days and moments as people give them."""

from datetime import UTC, date, datetime, time

from wholinks.storage.errors import UsageError


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
        when = datetime.combine(when, time.max if is_end else time.min, UTC)
    return int((when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp())
