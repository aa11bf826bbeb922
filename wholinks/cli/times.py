"""Times as the command line reads and writes them.

A day is typed as ``2026-11-21`` or as ``90d``: the midnight (UTC) from which 90 days lead to the end of the last day
that the index knows of. As a beginning that is the first of the last 90 days, as an end the day before these; so
``--since 90d`` and ``--between 90d 0d`` mean one span.
"""

import re
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Final

from wholinks.index.moments import moment_meant
from wholinks.storage.errors import UsageError

if TYPE_CHECKING:
    from wholinks.index.queries import Index

_DAYS: Final = re.compile(r"([0-9]{1,5})d")
_NEARLY: Final = re.compile(r"\s*([0-9]{1,5})\s*(?:d|day|days)?\s*", re.IGNORECASE)


def day_of(index: "Index", text: str | None, name: str, *, is_end: bool) -> date | None:
    """The day that was typed for ``name``, where a span begins or ends; None where nothing was. Raises
    :class:`UsageError`."""
    if text is None:
        return None
    if back := _days_back(index, text, name, is_end=is_end):
        return back
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise _refused(text, name) from None


def time_of(index: "Index", text: str | None, name: str, *, is_end: bool) -> int | None:
    """The same as UTC seconds, the first or last of the day; a moment (``2026-11-21T20:00``) may be typed, too."""
    if text is None:
        return None
    back = _days_back(index, text, name, is_end=is_end)
    try:
        return moment_meant(back or text, name, is_end=is_end)
    except UsageError:
        raise _refused(text, name) from None


def days_told(index: "Index", text: str | None, name: str, *, is_end: bool) -> str | None:
    """What was typed, with ``90d`` written as the day it means; anything else as it is."""
    back = _days_back(index, text, name, is_end=is_end) if text is not None else None
    return back.isoformat() if back else text


def _days_back(index: "Index", text: str, name: str, *, is_end: bool) -> date | None:
    found = _DAYS.fullmatch(text)
    if not found:
        return None
    from wholinks.research.growth.history import last_day  # noqa: PLC0415 - most days are typed as such

    days = int(found[1])
    if not days and not is_end:
        raise UsageError(f"{name}: the last 0 days are none; 1d is the last day alone")
    return last_day(index) - timedelta(days if is_end else days - 1)


def _refused(text: str, name: str) -> UsageError:
    nearly = _NEARLY.fullmatch(text)
    form = f"{int(nearly[1])}d" if nearly else "60d"
    return UsageError(f"{name}: {text!r} is no day; write it as 2026-11-21, or {form} for the last {form[:-1]} days")


def iso(seconds: int) -> str:
    """UTC seconds as ISO 8601."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def iso_or_none(seconds: int) -> str | None:
    """The same; None for 0, which stands for never."""
    return iso(seconds) if seconds else None
