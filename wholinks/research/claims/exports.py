"""Exports of other tools: recognised by their headers, read into claims. Pure: text in, claims out."""

import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from wholinks.notes.claims import Claim
from wholinks.storage.errors import UsageError
from wholinks.storage.urls import NotAUrl, PublicSuffixes, normalise


@dataclass(frozen=True, slots=True)
class Format:
    """The columns of a tool's export, in lower case without blanks and marks. ``anchor`` and ``rel`` (column → token)
    are read where they are there. Without ``target`` the export is of one site, which the user names. ``of_domains``:
    ``source`` has domains, not pages."""

    tool: str
    source: str
    target: str | None
    anchor: str | None = None
    rel: Mapping[str, str] = field(default_factory=dict)
    marks: tuple[str, ...] = ()
    of_domains: bool = False

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
    Format("search-console", "site", None, marks=("linkingpages",), of_domains=True),
    Format("ahrefs", "domain", None, marks=("linkstotarget",), of_domains=True),
    Format("semrush", "domain", None, marks=("domainascore",), of_domains=True),
    Format("moz", "rootdomain", None, marks=("domainauthority",), of_domains=True),
)
_EXPECTED: Final = (
    "expected backlinks of Ahrefs (Referring page URL, Target URL), Semrush (Source url, Target url, Anchor), "
    "Majestic (Source URL, Target URL, Anchor Text), Moz (URL, Anchor Text, Target URL), Search Console (Linking page)"
    ", or linking domains of Search Console (Site, Linking pages), Ahrefs (Domain, Links to target), Semrush (Domain "
    "ascore, Domain), Moz (Root Domain, Domain Authority)"
)
_PREFACE: Final = 10
"""Lines that may stand before the header: Moz has had six."""
_YES: Final = frozenset({"true", "1", "yes", "y", "+"})
_NO: Final = frozenset({"false", "0", "no", "n", "-", ""})


NAMED: Final = 10


@dataclass(slots=True)
class Read:
    """An export while it is read: how many rows were passed over, by reason. ``no_url_lines``: the first
    lines without a readable URL, at most :data:`NAMED`. ``names_targets``: each row says what it links to."""

    tool: str
    rows: int = 0
    no_url: int = 0
    no_url_lines: list[int] = field(default_factory=list)
    internal: int = 0
    names_targets: bool = True


def decode(data: bytes, name: str) -> str:
    """The text of a file: UTF-8 with or without a byte order mark, or UTF-16, told by its mark or by the zeros that
    every other byte of a header is then. Raises :class:`UsageError`."""
    head = data[:400]
    encoding = "utf-8-sig"
    if head[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        encoding = "utf-16"
    elif len(head) > 1 and head[1::2].count(0) > len(head) // 4:
        encoding = "utf-16-le"
    elif len(head) > 1 and head[::2].count(0) > len(head) // 4:
        encoding = "utf-16-be"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise UsageError(f"{name}: neither UTF-8 nor UTF-16 (byte {error.start:,}); export it anew as UTF-8") from None


def recognise(text: str, name: str) -> tuple[Format, str, int]:
    """The format of an export, the character between its columns, and how many lines stand before its header. Raises
    :class:`UsageError`."""
    if not text.strip():
        raise UsageError(f"{name}: the file is empty; name a CSV export of backlinks or linking domains")
    lines = [line.rstrip("\r") for line in text[: 1 << 16].split("\n", _PREFACE)[:_PREFACE]]
    for before, line in enumerate(lines):
        delimiter = max("\t;,", key=line.count)
        columns = set(_columns(next(csv.reader([line], delimiter=delimiter), [])))
        found = next((known for known in FORMATS if known.needed <= columns), None)
        if found is not None:
            return found, delimiter, before
    shown = " ".join(lines[0].split())[:200] or "(an empty line)"
    raise UsageError(f"{name}: the header is {shown!r}; {_EXPECTED}")


def claims_of(text: str, name: str, *, site: str | None = None) -> tuple[Read, Iterator[Claim]]:
    """The claims of an export; ``Read`` is whole when they are read. ``site``: whose links an export without targets
    lists. Raises :class:`UsageError`."""
    known, delimiter, before = recognise(text, name)
    if known.target is None and site is None:
        raise UsageError(f"{name}: this export does not say whose links it lists; name the site with --target")
    read = Read(known.tool, names_targets=known.target is not None)
    lines = io.StringIO(text, newline="")
    for _ in range(before):
        lines.readline()
    return read, _claims(csv.reader(lines, delimiter=delimiter, strict=True), name, before, known, site=site, read=read)


def _claims(lines: Any, name: str, before: int, known: Format, *, site: str | None, read: Read) -> Iterator[Claim]:
    suffixes = PublicSuffixes()
    try:
        columns = _columns(next(lines))
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
                if len(read.no_url_lines) < NAMED:
                    read.no_url_lines.append(before + lines.line_num)
                continue
            domain = suffixes.site(source)
            if domain == (suffixes.site(target) if known.target else site):
                read.internal += 1
                continue
            if known.of_domains:
                yield Claim(known.tool, domain, target, None, None)
                continue
            anchor = " ".join(row[known.anchor].split()) if known.anchor in row else None
            yield Claim(known.tool, source, target, anchor, _rel(row, known))
    except csv.Error as error:
        raise UsageError(f"{name}:{before + lines.line_num}: not CSV ({error}); nothing was imported") from None


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
