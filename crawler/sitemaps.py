"""Sitemaps: the pages and further sitemaps that a site lists, read as they stream in. Pure: bytes in, entries out.

The story in three steps. The body is inflated if it is gzip, decoded, and its first character tells XML from text: what
it is called or served as does not count. XML is a ``urlset``, a ``sitemapindex`` or a feed (:mod:`.feeds`), text has
one URL a line (sitemaps.org/protocol.html). Each URL is joined with the sitemap's own and normalised; what is none, or
why the reading ended early, is counted in ``summary``.

Invariants: those of :mod:`.guarded_xml`; a gzip bomb costs what the cap on uncompressed bytes costs.

Not for: fetching, whom a sitemap may speak for, and walking from an index to its sitemaps, for which the bounds are
here: :data:`MAX_DEPTH` and :data:`MAX_SITEMAPS`.
"""

import re
import zlib
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from .feeds import SHAPES as FEED_SHAPES
from .feeds import item_of, time_of
from .guarded_xml import (
    MAX_FIELD_CHARS,
    PIECE_BYTES,
    PROTOCOL_LIMITS,
    GuardedXml,
    Limits,
    Record,
    Refused,
    Shape,
    Skipped,
    Summary,
    TextPieces,
    url_of,
)

MAX_DEPTH: Final = 3
"""Indexes on the way to a sitemap. The protocol has one (sitemaps.org/protocol.html: an index may not list another),
but some sites nest them."""
MAX_SITEMAPS: Final = 1_000
"""Sitemaps read of one host, as many as its robots.txt may name. Full ones have 50 million pages; Google takes 500
indexes of a site (its documentation, "Manage your sitemaps with a sitemap index file")."""
MAX_MEMBERS: Final = 4_096
"""Parts a gzip body may have; one of 50 MiB in the usual blocks of 64 KiB has 800."""

_FIELDS: Final = frozenset({"loc", "lastmod"})
SHAPES: Final = {"urlset": Shape("url", _FIELDS), "sitemapindex": Shape("sitemap", _FIELDS), **FEED_SHAPES}
"""How each kind of XML is read, by its root's local name."""

_GZIP_MAGIC: Final = b"\x1f\x8b"
_GZIP_WBITS: Final = 16 + zlib.MAX_WBITS
_LINE: Final = re.compile(r"[^\r\n]+")
_ABSOLUTE: Final = re.compile(r"https?://", re.IGNORECASE)


class Entry(NamedTuple):
    """A page or, with ``is_sitemap``, a sitemap that is listed: its normalised URL, and when it was last changed (UTC
    seconds) as far as is told."""

    url: str
    lastmod: int | None
    is_sitemap: bool


class SitemapReader:
    """Reads one sitemap, whose own normalised URL is ``url``. ``summary`` tells what became of it; nothing raises.

    Reasons of its own, besides those of :mod:`.guarded_xml`: ``bad_gzip`` and ``binary`` end the reading; ``no_loc``,
    ``no_link`` (in a feed) and ``not_absolute`` (a line of text that is no URL) are counted. ``too_long`` is what any
    link may not be; the protocol's 2,048 characters would lose pages that exist.
    """

    def __init__(self, url: str, limits: Limits = PROTOCOL_LIMITS) -> None:
        self.summary = Summary(limits)
        self._url = url
        self._gunzip = _Gunzip()
        self._text = TextPieces(limits.max_bytes)
        self._list: GuardedXml | _Lines | None = None

    def feed(self, data: bytes) -> list[Entry]:
        """The entries that the next bytes of the body complete."""
        return self.summary.take(self._sources(self._text.feed(self._gunzip.feed(data))), self._entry)

    def close(self) -> list[Entry]:
        """The last entries, once the body has ended."""
        texts = self._text.close(self._gunzip.close())
        return self.summary.take(self._last_sources(texts), self._entry, is_last=True)

    def _sources(self, texts: Iterable[str]) -> Iterator[Record | str]:
        for text in texts:
            if self._list is None:
                self._list = GuardedXml(self._url, SHAPES) if text.startswith("<") else _Lines()
            yield from self._list.feed([text])

    def _last_sources(self, texts: Iterable[str]) -> Iterator[Record | str]:
        yield from self._sources(texts)
        if self._list is not None:
            yield from self._list.close()

    def _entry(self, source: Record | str) -> Entry:
        if isinstance(source, str):
            if not _ABSOLUTE.match(source):
                raise Skipped("not_absolute")
            return Entry(url_of(self._url, source), None, False)
        if source.name in ("url", "sitemap"):
            return _listed(source)
        item = item_of(source)
        return Entry(item.url, item.changed_at, False)


def _listed(record: Record) -> Entry:
    fields = {field.name: field for field in reversed(record.fields)}
    if "loc" not in fields:
        raise Skipped("no_loc")
    lastmod = time_of(fields["lastmod"].text) if "lastmod" in fields else None
    return Entry(fields["loc"].url(fields["loc"].text), lastmod, record.name == "sitemap")


class _Lines:
    """Text to its lines, stripped, without empty ones. What a line has beyond :data:`MAX_FIELD_CHARS` is dropped."""

    def __init__(self) -> None:
        self._rest = ""

    def feed(self, texts: Iterable[str]) -> Iterator[str]:
        for text in texts:
            if "\0" in text:
                raise Refused("binary")
            whole = self._rest + text
            end = max(whole.rfind("\n"), whole.rfind("\r")) + 1
            self._rest = whole[end:].lstrip()[:MAX_FIELD_CHARS]
            for found in _LINE.finditer(whole, 0, end):
                if line := found[0].strip():
                    yield line

    def close(self) -> Iterator[str]:
        if line := self._rest.strip():
            yield line


class _Gunzip:
    """Bytes as they are, or inflated if they begin as gzip does, in chunks of bounded size. Zeros between members and
    anything but gzip after one are ignored, as gzip itself does. Refuses ``bad_gzip``: cut, in too many members, or
    broken, where up to a chunk before the break is lost too."""

    def __init__(self) -> None:
        self._held = b""
        self._is_gzip: bool | None = None
        self._inflater = zlib.decompressobj(_GZIP_WBITS)
        self._members = 1
        self._has_ended = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        if self._is_gzip is None:
            data = self._held + data
            if len(data) < len(_GZIP_MAGIC):
                self._held = data
                return
            self._held = b""
            self._is_gzip = data.startswith(_GZIP_MAGIC)
        if not self._is_gzip:
            yield data
            return
        for start in range(0, len(data), PIECE_BYTES):  # a member's end copies what follows it
            yield from self._inflate(data[start : start + PIECE_BYTES])

    def close(self) -> Iterator[bytes]:
        if not self._is_gzip:
            yield self._held
        elif not self._inflater.eof:
            yield self._inflater.decompress(b"", PIECE_BYTES)
            raise Refused("bad_gzip")

    def _inflate(self, data: bytes) -> Iterator[bytes]:
        data = self._held + data
        self._held = b""
        while data and not self._has_ended:
            if self._inflater.eof:
                data = data.lstrip(b"\0")
                if len(data) < len(_GZIP_MAGIC):
                    self._held = data
                    return
                self._next_member(data)
                continue
            try:
                inflated = self._inflater.decompress(data, PIECE_BYTES)
            except zlib.error:
                raise Refused("bad_gzip") from None
            data = self._inflater.unconsumed_tail or self._inflater.unused_data
            if inflated:
                yield inflated

    def _next_member(self, data: bytes) -> None:
        if not data.startswith(_GZIP_MAGIC):
            self._has_ended = True
            return
        self._members += 1
        if self._members > MAX_MEMBERS:
            raise Refused("bad_gzip")
        self._inflater = zlib.decompressobj(_GZIP_WBITS)
