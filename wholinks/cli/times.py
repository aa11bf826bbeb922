"""Times as the command line writes them."""

from datetime import UTC, datetime


def iso(seconds: int) -> str:
    """UTC seconds as ISO 8601."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def iso_or_none(seconds: int) -> str | None:
    """The same; None for 0, which stands for never."""
    return iso(seconds) if seconds else None
