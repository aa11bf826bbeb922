"""Exports of other tools: recognised by their headers, read into claims. Pure: text in, claims out."""

import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from wholinks.notes.claims import Claim
from wholinks.storage.errors import UsageError
from wholinks.storage.urls import NotAUrl, PublicSuffixes, normalise


@dataclass(frozen=True, slots=True)
class Format:
    """The columns of a tool's export, in lower case without blanks and marks. ``anchor`` and ``rel`` (column → token)
    are read where they are there. Without ``target`` the export is of one site, which the user names."""

    tool: str
    source: str
    target: str | None
    anchor: str | None = None
    rel: Mapping[str, str] = field(default_factory=dict)
    marks: tuple[str, ...] = ()

    @property
    def needed(self) -> set[str]:
        """The columns that tell it from others."""
        return {name for name in (self.source, self.target, *self.marks) if name}


_FLAGS: Final = {"nofollow": "nofollow", "ugc": "ugc", "sponsored": "sponsored"}

FORMATS: Final = (
    Format("ahrefs", "referringpageurl", "targeturl", "anchor", _FLAGS),
    Format("ahrefs", "referringpageurl", "linkurl", "linkanchor", _FLAGS),
    Format("semrush", "sourceurl", "targeturl", "anchor", _FLAGS, ("anchor",)),
    Format("majestic", "sourceurl", "targeturl", "anchortext", {"flagnofollow": "nofollow"}, ("anchortext",)),
    Format("moz", "url", "targeturl", "anchortext", {"nofollow": "nofollow"}, ("anchortext",)),
    Format("search-console", "linkingpage", None),
)
_EXPECTED: Final = (
    "expected the backlinks of Ahrefs (Referring page URL, Target URL), Semrush (Source url, Target url, Anchor), "
    "Majestic (Source URL, Target URL, Anchor Text), Moz (URL, Anchor Text, Target URL), Search Console (Linking page)"
)
_YES: Final = frozenset({"true", "1", "yes", "y", "+"})
_NO: Final = frozenset({"false", "0", "no", "n", "-", ""})


@dataclass(slots=True)
class Read:
    """An export while it is read: how many rows were passed over, by reason."""

    tool: str
    rows: int = 0
    no_url: int = 0
    internal: int = 0


def decode(data: bytes, name: str) -> str:
    """The text of a file: UTF-8 with or without a byte order mark, or UTF-16 with one. Raises :class:`UsageError`."""
    encoding = "utf-16" if data[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8-sig"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise UsageError(f"{name}: neither UTF-8 nor UTF-16 (byte {error.start:,}); export it anew as UTF-8") from None


def recognise(text: str, name: str) -> tuple[Format, str]:
    """The format of an export, and the character between its columns. Raises :class:`UsageError`."""
    first = text.split("\n", 1)[0]
    delimiter = max("\t;,", key=first.count)
    columns = _columns(next(csv.reader([first], delimiter=delimiter), []))
    found = next((known for known in FORMATS if known.needed <= set(columns)), None)
    if found is None:
        shown = " ".join(first.split())[:200] or "nothing"
        raise UsageError(f"{name}: the header is {shown!r}; {_EXPECTED}")
    return found, delimiter


def claims_of(text: str, name: str, *, site: str | None = None) -> tuple[Read, Iterator[Claim]]:
    """The claims of an export; ``Read`` is whole when they are read. ``site``: whose links an export without targets
    lists. Raises :class:`UsageError`."""
    known, delimiter = recognise(text, name)
    if known.target is None and site is None:
        raise UsageError(f"{name}: this export does not say whose links it lists; name the site with --target")
    read = Read(known.tool)
    return read, _claims(text, name, known, delimiter, site=site, read=read)


def _claims(text: str, name: str, known: Format, delimiter: str, *, site: str | None, read: Read) -> Iterator[Claim]:
    suffixes = PublicSuffixes()
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    columns = _columns(next(lines))
    try:
        for line in lines:
            if not any(line):
                continue
            read.rows += 1
            row = dict(zip(columns, line, strict=False))
            try:
                source = normalise(_with_scheme(row.get(known.source, "")))
                target = normalise(_with_scheme(row.get(known.target, ""))) if known.target else site or ""
            except NotAUrl:
                read.no_url += 1
                continue
            if suffixes.site(source) == (suffixes.site(target) if known.target else site):
                read.internal += 1
                continue
            anchor = " ".join(row[known.anchor].split()) if known.anchor in row else None
            yield Claim(known.tool, source, target, anchor, _rel(row, known))
    except csv.Error as error:
        raise UsageError(f"{name}:{lines.line_num}: not CSV: {error}") from None


def _rel(row: Mapping[str, str], known: Format) -> str | None:
    """The tokens claimed; None where no column says."""
    said = {token: row[column].strip().lower() for column, token in known.rel.items() if column in row}
    if not said or any(value not in _YES | _NO for value in said.values()):
        return None
    return " ".join(sorted(token for token, value in said.items() if value in _YES))


def _with_scheme(url: str) -> str:
    found = url.strip()
    return found if not found or "://" in found else f"http://{found}"


def _columns(names: list[str]) -> list[str]:
    return [re.sub(r"[\W_]", "", name.lower()) for name in names]
