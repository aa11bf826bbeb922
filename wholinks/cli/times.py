"""Times as the command line writes them."""

from datetime import UTC, date, datetime

from wholinks.storage.errors import UsageError


def day_of(text: str, name: str) -> date:
    """The day that was typed for ``name``. Raises :class:`UsageError`."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{name}: {text!r} is no day; write it as 2026-11-21") from None


def iso(seconds: int) -> str:
    """UTC seconds as ISO 8601."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def iso_or_none(seconds: int) -> str | None:
    """The same; None for 0, which stands for never."""
    return iso(seconds) if seconds else None
