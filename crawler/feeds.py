"""Feeds: the pages that RSS (0.9x, 1.0, 2.0) and Atom list, read as they stream in. Pure: bytes in, items out.

A feed is XML whose root says which kind it is; all kinds are read for the same two things, the page an item links to
and when it was last changed. :mod:`.guarded_xml` reads the XML and has the invariants; a sitemap may be a feed too.

Not for: where feeds are found, what else they say, and enclosures: those are no pages.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from typing import Final, NamedTuple

from .guarded_xml import PROTOCOL_LIMITS, Field, GuardedXml, Limits, Record, Shape, Skipped, Summary, TextPieces

MAX_TIME_CHARS: Final = 100
"""A longer text is no time."""

_LINKS: Final = ("link", "*:link", "guid")  # in the order of trust
_RSS_TIMES: Final = frozenset({"pubDate", "date", "*:date", "*:updated", "*:modified"})
_ATOM_TIMES: Final = frozenset({"updated", "published", "modified", "issued"})
_TIMES: Final = _RSS_TIMES | _ATOM_TIMES
_ITEM: Final = Shape("item", _RSS_TIMES.union(_LINKS))
_ENTRY: Final = Shape("entry", _ATOM_TIMES | {"link"})
SHAPES: Final[Mapping[str, Shape]] = {"rss": _ITEM, "RDF": _ITEM, "feed": _ENTRY}
"""How each kind of feed is read, by its root's local name."""

_DAY_S: Final = 24 * 3600
_ABSOLUTE: Final = re.compile(r"\s*https?://", re.IGNORECASE)
# https://www.w3.org/TR/NOTE-datetime, and what is seen in its place: a space for the "T", a zone left out or without
# its colon.
_W3C_DATETIME: Final = re.compile(
    r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,]\d+)?)? ?(?:[Zz]|([+-])(\d\d):?(\d\d))?)?)?)?",
    re.ASCII,
)


class Item(NamedTuple):
    """A page that a feed lists: its normalised URL, and when it was last changed (UTC seconds) as far as is told."""

    url: str
    changed_at: int | None


class FeedReader:
    """Reads one feed, whose own normalised URL is ``url``. ``summary`` tells what became of it; nothing raises."""

    def __init__(self, url: str, limits: Limits = PROTOCOL_LIMITS) -> None:
        self.summary = Summary(limits)
        self._text = TextPieces(limits.max_bytes)
        self._xml = GuardedXml(url, SHAPES)

    def feed(self, data: bytes) -> list[Item]:
        """The items that the next bytes of the body complete."""
        return self.summary.take(self._xml.feed(self._text.feed([data])), item_of)

    def close(self) -> list[Item]:
        """The last items, once the body has ended."""
        return self.summary.take(self._xml.close(self._text.close()), item_of, is_last=True)


def item_of(record: Record) -> Item:
    """What an ``<item>`` or ``<entry>`` lists. Raises :class:`Skipped`: ``no_link``, or why its link is none."""
    times = [time for field in record.fields if field.name in _TIMES and (time := time_of(field.text)) is not None]
    return Item(_link_of(record.fields), max(times, default=None))


def _link_of(fields: Iterable[Field]) -> str:
    """The first link that is one: the kind's own, then Atom's in an RSS item, then a guid that is a permalink."""
    links = sorted((field for field in fields if field.name in _LINKS), key=lambda field: _LINKS.index(field.name))
    for field in links:
        href = _href_of(field)
        if href is not None:
            return field.url(href)
    raise Skipped("no_link")


def _href_of(field: Field) -> str | None:
    if field.name == "guid":  # a permalink unless it says otherwise, by RSS 2.0; many just forget to
        is_link = field.attributes.get("isPermaLink", "true").strip().lower() == "true" and _ABSOLUTE.match(field.text)
        return field.text if is_link else None
    if "href" in field.attributes:
        is_page = field.attributes.get("rel", "alternate").strip().lower() in ("alternate", "")
        return field.attributes["href"] if is_page else None
    return field.text.strip() or None if field.name == "link" else None


def time_of(text: str) -> int | None:
    """A time in UTC seconds, written as W3C datetime in any precision (the first second that it can mean) or as in mail
    (RFC 5322). None for all else, and for 1970-01-01 and before: that is how programs write "never"."""
    stripped = text.strip()
    if len(stripped) > MAX_TIME_CHARS:
        return None
    found = _W3C_DATETIME.fullmatch(stripped)
    try:
        moment = _w3c_datetime(found) if found else parsedate_to_datetime(stripped)
        seconds = int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
    except (
        ValueError,
        TypeError,
        IndexError,
        OverflowError,
    ):  # no such day; a bad mail date raises by Python's version
        return None
    return seconds if seconds >= _DAY_S else None


def _w3c_datetime(found: re.Match[str]) -> datetime:
    year, month, day = (int(part or 1) for part in found.group(1, 2, 3))
    hour, minute, second, hours, minutes = (int(part or 0) for part in found.group(4, 5, 6, 8, 9))
    offset = timedelta(hours=hours, minutes=minutes) * (-1 if found[7] == "-" else 1)
    return datetime(year, month, day, hour, minute, second, tzinfo=timezone(offset))
