"""XML that a stranger wrote, read as it streams in: what sitemaps and feeds share. Pure: bytes in, records out.

The story in three steps. :class:`TextPieces` takes bytes as they come, finds their encoding and hands on text in pieces
of one size, up to a cap. :class:`GuardedXml` reads these pieces with expat and hands on :class:`Record`: an element of
the kind that a list is made of (``<url>``, ``<item>``), with those of its children that were asked for. A reader makes
entries of records, and :class:`Summary` counts them, counts what was none by reason, and ends at the first refusal.

Invariants: no body makes a reader raise. What was read before a refusal is kept. What comes out does not depend on how
the bytes were cut into chunks. Memory does not depend on the body's size: not on its longest token, its nesting, its
names, the fields of a record. No entity is ever declared, fetched or expanded but the five of XML itself and character
references.

What is common and harmless is read although it is no XML: blanks or a second mark before the document, ``&`` that
begins no reference, encodings that are declared but not used, anything after the root element.

Not for: fetching, and what elements mean. Reading takes CPU time, at worst seconds for a body of 50 MiB.
"""

import codecs
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple, TypeVar
from xml.parsers import expat

from wholinks.storage.urls import MAX_URL_LENGTH, NotAUrl, join

from .page.charset import prescan

PIECE_BYTES: Final = 16 * 1024
"""What is decoded and parsed at once. expat scans an unfinished token again with each piece, so not too small."""
MAX_TOKEN_CHARS: Final = 256 * 1024
"""How long one tag or comment may be; expat holds it in memory. Half of that is always read: since 2.6 expat may wait
until it has twice what it could not use."""
MAX_NESTING: Final = 256
"""Elements within elements; expat holds each open one in memory."""
MAX_ELEMENTS: Final = 2_000_000
"""In one document, which bounds its CPU time. 50,000 pages with 20 translations each have 1.3 million."""
MAX_NAMES: Final = 1_000
MAX_NAME_CHARS: Final = 256
"""Distinct names of elements and attributes, and the length of each; expat keeps all of them."""
MAX_FIELDS: Final = 100
"""Children kept of one record; more are ignored."""
MAX_FIELD_CHARS: Final = MAX_URL_LENGTH + 1
"""Kept of a text or an attribute, so that one which is too long for a URL is still seen to be."""

REFUSALS: Final = (
    "empty_body", "html", "unknown_root", "entities", "malformed_xml", "long_token", "too_deep", "too_many_elements",
    "too_many_names", "too_large", "too_many_entries",
)  # fmt: skip
"""Why a reading ends before the body does."""

_BOMS: Final = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_BLANK: Final = " \t\r\n\ufeff"
_HTML_STARTS: Final = ("<!doctype html", "<html", "<head", "<body", "<title", "<meta", "<script", "<style", "<div")
_LONGEST_REFERENCE: Final = len("&#1114111;")
_BARE_AMPERSAND: Final = re.compile(r"&(?!(?:amp|lt|gt|quot|apos|#[0-9]{1,7}|#x[0-9A-Fa-f]{1,6});)")
# Stands for a bare "&" while expat reads. "&amp;" would do so everywhere but in CDATA; XML allows this noncharacter in
# both, and no URL has it.
_AMPERSAND: Final = "\ufdd0"
_ATTRIBUTES: Final[tuple[str, ...]] = ("href", "rel", "isPermaLink")

_Source = TypeVar("_Source")
_Entry = TypeVar("_Entry")


class Refused(Exception):  # noqa: N818 - a fact about a body, and readers don't let it out
    """Why no more of a body is read; ``reason`` is one of :data:`REFUSALS` or of the reader's own."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Skipped(Exception):  # noqa: N818 - the same for one entry
    """Why a record or line gives no entry."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of a body is read: bytes (uncompressed) and entries, those that are skipped included. The defaults are
    the sitemap protocol's for one file (sitemaps.org/protocol.html)."""

    max_bytes: int = 50 * 1024 * 1024
    max_entries: int = 50_000


PROTOCOL_LIMITS: Final = Limits()


@dataclass(slots=True)
class Summary:
    """What became of a body: how many ``entries`` it gave, and by reason how many it did not give, or why the reading
    ended early (once). ``is_complete``: the body was read to its end."""

    limits: Limits
    entries: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    is_complete: bool = False
    is_over: bool = False

    def take(
        self, sources: Iterable[_Source], read: Callable[[_Source], _Entry], *, is_last: bool = False
    ) -> list[_Entry]:
        """The entries that ``read`` makes of ``sources``. It may raise :class:`Skipped`, they may raise
        :class:`Refused`; both are counted here. Once a reading is over, nothing is taken."""
        entries: list[_Entry] = []
        if self.is_over:
            return entries
        try:
            for source in sources:
                if self.entries + self.reasons.total() >= self.limits.max_entries:
                    raise Refused("too_many_entries")  # noqa: TRY301 - ends the reading as those of the sources do
                try:
                    entries.append(read(source))
                    self.entries += 1
                except Skipped as skipped:
                    self.reasons[skipped.reason] += 1
        except Refused as refused:
            self.reasons[refused.reason] += 1
            self.is_over = True
        else:
            self.is_complete = self.is_over = is_last
        return entries


class TextPieces:
    """Bytes to text, in pieces that are the same however the bytes came. Blanks before the first character are dropped.

    The encoding is that of the byte order mark, or what the first bytes declare, or UTF-8; what can't be decoded
    becomes U+FFFD. Refuses what is ``too_large`` (after the last byte that may be read) or an ``empty_body``.
    """

    def __init__(self, max_bytes: int) -> None:
        self._room = max_bytes
        self._pending = bytearray()
        self._decoder: codecs.IncrementalDecoder | None = None
        self._has_text = False

    def feed(self, chunks: Iterable[bytes]) -> Iterator[str]:
        """The text of ``chunks``, none of it empty; less than a piece waits for more. Raises :class:`Refused`."""
        try:
            for chunk in chunks:
                self._pending += chunk[: self._room]
                while len(self._pending) >= PIECE_BYTES:
                    piece = bytes(self._pending[:PIECE_BYTES])
                    del self._pending[:PIECE_BYTES]
                    yield from self._decoded(piece)
                if len(chunk) > self._room:
                    raise Refused("too_large")  # noqa: TRY301 - what waits is handed on as for those of the chunks
                self._room -= len(chunk)
        except Refused:
            yield from self._decoded(bytes(self._pending))
            raise

    def close(self, chunks: Iterable[bytes] = ()) -> Iterator[str]:
        """The last of the text. Raises :class:`Refused`."""
        yield from self.feed(chunks)
        yield from self._decoded(bytes(self._pending), is_last=True)
        if not self._has_text:
            raise Refused("empty_body")

    def _decoded(self, piece: bytes, *, is_last: bool = False) -> Iterator[str]:
        if self._decoder is None:
            self._decoder = _decoder(piece)
        text = self._decoder.decode(piece, is_last)
        if not self._has_text:
            text = text.lstrip(_BLANK)
            self._has_text = bool(text)
        if text:
            yield text


def _decoder(head: bytes) -> codecs.IncrementalDecoder:
    marked = next((name for mark, name in _BOMS if head.startswith(mark)), None)
    try:
        make = codecs.getincrementaldecoder(marked or prescan(head.lstrip()) or "utf-8")
    except LookupError:  # an encoding of the web that Python doesn't have
        make = codecs.getincrementaldecoder("utf-8")
    return make("replace")


class Shape(NamedTuple):
    """What a kind of document is read for: elements of the local name ``record``, and of their children those named in
    ``fields``. A name without prefix means the record's own prefix, ``*:link`` a ``link`` of any other."""

    record: str
    fields: frozenset[str]


class Field(NamedTuple):
    """A child of a record, by its name in :class:`Shape`. ``text`` and ``attributes`` (few, where given) are cut at
    :data:`MAX_FIELD_CHARS`; ``base`` is the URL that a relative one stands on (``xml:base``)."""

    name: str
    text: str
    attributes: Mapping[str, str]
    base: str

    def url(self, href: str) -> str:
        """``href``, found in this field, as :func:`url_of` gives it. Raises :class:`Skipped`."""
        return url_of(self.base, href)


class Record(NamedTuple):
    """An element that a list is made of, by its local name, with its fields in order."""

    name: str
    fields: tuple[Field, ...]


def url_of(base: str, href: str) -> str:
    """The normalised URL that ``href`` names. Raises :class:`Skipped` for one of
    :data:`~wholinks.storage.urls.NON_LINK_REASONS`, or ``undecodable`` where some of its bytes were no text."""
    if "\ufffd" in href:
        raise Skipped("undecodable")
    try:
        return join(base, href)
    except NotAUrl as error:
        raise Skipped(error.reason) from None


class GuardedXml:
    """Text to records. ``url`` is the document's own, ``shapes`` has what it may be, by the root's local name."""

    def __init__(self, url: str, shapes: Mapping[str, Shape]) -> None:
        self._shapes = shapes
        self._shape: Shape | None = None
        self._bases = [(0, url)]
        self._depth = 0
        self._elements = 0
        self._has_begun = self._has_ended = False
        self._held = ""
        self._silent_chars = 0
        self._records: list[Record] = []
        self._record: str | None = None
        self._record_depth = 0
        self._prefix = ""
        self._fields: list[Field] = []
        self._field: Field | None = None
        self._texts: list[str] = []
        self._text_chars = 0
        self._names: dict[str, str] = {}
        self._checked_names = 0
        self._parser = expat.ParserCreate(intern=self._names)
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._on_start
        self._parser.EndElementHandler = self._on_end
        self._parser.CharacterDataHandler = self._on_text
        self._parser.StartDoctypeDeclHandler = self._on_doctype
        self._parser.EntityDeclHandler = self._on_entity
        self._parser.DefaultHandler = self._on_other

    def feed(self, texts: Iterable[str]) -> Iterator[Record]:
        """The records that end in ``texts``. Raises :class:`Refused`."""
        for text in texts:
            if self._has_ended:
                continue
            if not self._has_begun:
                self._has_begun = True
                if text[:16].lower().startswith(_HTML_STARTS):
                    raise Refused("html")
            whole = self._held + text
            cut = whole.rfind("&", -_LONGEST_REFERENCE)
            self._held = whole[cut:] if cut >= 0 else ""
            yield from self._parse(whole[:cut] if cut >= 0 else whole)

    def close(self, texts: Iterable[str] = ()) -> Iterator[Record]:
        """The last records. Raises :class:`Refused`."""
        yield from self.feed(texts)
        if not self._has_ended:
            yield from self._parse(self._held, is_last=True)

    def _parse(self, text: str, *, is_last: bool = False) -> Iterator[Record]:
        refused = None
        self._silent_chars += len(text)
        try:
            self._parser.Parse(_BARE_AMPERSAND.sub(_AMPERSAND, text), is_last)
        except Refused as error:
            refused = error
        except expat.ExpatError:
            refused = None if self._has_ended else Refused("malformed_xml")
        yield from self._records
        self._records.clear()
        if refused is None and self._silent_chars > MAX_TOKEN_CHARS:
            refused = Refused("long_token")
        if refused is not None:
            raise refused

    def _on_start(self, tag: str, attributes: dict[str, str]) -> None:
        self._silent_chars = 0
        self._depth += 1
        if self._depth > MAX_NESTING:
            raise Refused("too_deep")
        self._elements += 1
        if self._elements > MAX_ELEMENTS:
            raise Refused("too_many_elements")
        if len(self._names) != self._checked_names:
            self._check_names(tag, attributes)
        if "xml:base" in attributes:
            self._enter_base(attributes["xml:base"])
        if self._shape is None:
            self._shape = self._shape_of(tag)
        elif self._record is None:
            prefix, colon, name = tag.rpartition(":")
            if name == self._shape.record:
                self._record, self._record_depth, self._prefix = name, self._depth, prefix + colon
        elif self._depth == self._record_depth + 1:
            self._open_field(self._shape, tag, attributes)

    def _on_end(self, _tag: str) -> None:
        self._silent_chars = 0
        if self._record is not None:
            if self._depth == self._record_depth:
                self._records.append(Record(self._record, tuple(self._fields)))
                self._record = None
                self._fields.clear()
            elif self._field is not None and self._depth == self._record_depth + 1:
                self._fields.append(self._field._replace(text=_restored("".join(self._texts))))
                self._field = None
        if self._bases[-1][0] == self._depth:
            self._bases.pop()
        self._depth -= 1
        self._has_ended = self._depth == 0

    def _on_text(self, text: str) -> None:
        self._silent_chars = 0
        if self._field is None:
            return
        kept = (text if self._texts else text.lstrip())[: MAX_FIELD_CHARS - self._text_chars]
        if kept:
            self._texts.append(kept)
            self._text_chars += len(kept)

    def _on_doctype(self, name: str, _system: str | None, _public: str | None, has_internal_subset: bool) -> None:
        if name.lower() == "html":
            raise Refused("html")
        if has_internal_subset:
            raise Refused("entities")

    def _on_entity(self, *_declaration: object) -> None:
        raise Refused("entities")

    def _on_other(self, _markup: str) -> None:
        self._silent_chars = 0

    def _check_names(self, tag: str, attributes: Iterable[str]) -> None:
        self._checked_names = len(self._names)
        if self._checked_names > MAX_NAMES or max(map(len, (tag, *attributes))) > MAX_NAME_CHARS:
            raise Refused("too_many_names")

    def _enter_base(self, href: str) -> None:
        try:
            base = url_of(self._bases[-1][1], _restored(href))
        except Skipped:
            return
        self._bases.append((self._depth, base))

    def _shape_of(self, root: str) -> Shape:
        name = root.rpartition(":")[2]
        if name not in self._shapes:
            raise Refused("html" if name.lower() == "html" else "unknown_root")
        return self._shapes[name]

    def _open_field(self, shape: Shape, tag: str, attributes: dict[str, str]) -> None:
        name = tag.removeprefix(self._prefix)
        if name not in shape.fields:
            name = f"*:{name.rpartition(':')[2]}"
        if name not in shape.fields or len(self._fields) == MAX_FIELDS:
            return
        kept = {key: _restored(attributes[key][:MAX_FIELD_CHARS]) for key in _ATTRIBUTES if key in attributes}
        self._field = Field(name, "", kept, self._bases[-1][1])
        self._texts = []
        self._text_chars = 0


def _restored(text: str) -> str:
    return text.replace(_AMPERSAND, "&")
