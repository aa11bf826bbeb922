"""robots.txt: what a site asks of us, by RFC 9309. Pure: bytes and a path in, a verdict out; no I/O and no clock.

The story in three steps. :func:`policy` turns what the fetch of ``/robots.txt`` gave (a status and a body) into
:class:`Known` or :data:`UNREACHABLE`; while unreachable, nothing of that origin is fetched. :func:`parse` cuts a body
into records, once and for nobody in particular. :meth:`RobotsTxt.rules_for` then walks the records as one crawler reads
them and gives its :class:`Rules`, which answer for each path: the rule with the longest pattern decides, Allow wins a
tie, no rule means yes.

Invariants: no file and no path raises. Groups are matched by the whole product token, never by a part of it; all groups
with our token count as one, and ``*`` counts only when none has it. Only User-agent, Allow and Disallow shape groups.
Patterns and paths are compared as octets in one spelling. Reading is linear in the file's size; a rule costs at most
one scan of the path, whatever its wildcards.

Not for: fetching, redirects, caching, clamping delays, and which origin a file speaks for. The body is what is stored;
all else is made from it again. tests/crawler/test_robots.py lists the differences from Google's parser.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from math import isfinite
from typing import Final, NamedTuple

from wholinks.storage.errors import UsageError

MAX_REDIRECTS: Final = 5  # RFC 9309 2.3.1.2
MAX_BYTES: Final = 512 * 1024
"""How much of a body is read; RFC 9309 2.5 asks for 500 KiB at least."""
MAX_LINE_BYTES: Final = 2083 * 8 - 1
"""What a line has beyond this is ignored, as in Google's parser."""
MAX_RULES: Final = 10_000
"""Rules kept for one crawler: a URL must not cost more than that many comparisons."""
MAX_SITEMAPS: Final = 1_000
"""Distinct ones kept of a file."""


class Directive(Enum):
    """The records that mean something to us."""

    USER_AGENT = "User-agent"
    ALLOW = "Allow"
    DISALLOW = "Disallow"
    SITEMAP = "Sitemap"
    CRAWL_DELAY = "Crawl-delay"
    REQUEST_RATE = "Request-rate"


# What a record's name may start with, in lower case. The misspelt ones, and that the start is enough, are Google's.
_SPELLINGS: Final[Mapping[Directive, tuple[bytes, ...]]] = {
    Directive.DISALLOW: (b"disallow", b"dissallow", b"dissalow", b"disalow", b"diasllow", b"disallaw"),
    Directive.ALLOW: (b"allow",),
    Directive.USER_AGENT: (b"user-agent", b"useragent", b"user agent"),
    Directive.SITEMAP: (b"sitemap", b"site-map"),
    Directive.CRAWL_DELAY: (b"crawl-delay",),
    Directive.REQUEST_RATE: (b"request-rate",),
}
_HTML_STARTS: Final = (b"<!doctype", b"<html", b"<head", b"<body", b"<title", b"<meta", b"<script", b"<?xml", b"<!--")
_UTF8_BOM: Final = b"\xef\xbb\xbf"
_UTF16_BOMS: Final = (b"\xff\xfe", b"\xfe\xff")

_TOKEN: Final = re.compile(rb"[A-Za-z_-]+")  # RFC 9309 2.2.1: product-token
_RATE: Final = re.compile(rb"(\d{1,9})\s*/\s*(\d{1,9})\s*([smh]?)", re.IGNORECASE)
_UNIT_S: Final = {b"": 1, b"s": 1, b"m": 60, b"h": 3600}

# An escape, or an octet that stands for itself in no URL, such as a stray "%". The apostrophe does, but a URL parser
# (WHATWG) escapes it in queries, so both spellings must be one.
_TO_NORMALISE: Final = re.compile(rb"%(?:[0-9A-Fa-f]{2})?|[^!-~]|[\"'<>\\^`{|}]")
_DECODED: Final = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~*$")


class Record(NamedTuple):
    """One line that means something: ``value`` is stripped but otherwise as written, lines count from 1."""

    directive: Directive
    value: bytes
    line_number: int


@dataclass(frozen=True, slots=True)
class Rule:
    """One Allow or Disallow line, its pattern cut at each ``*`` and normalised. ``octets`` is its precedence."""

    record: Record
    segments: tuple[bytes, ...]
    is_anchored: bool
    octets: int

    @property
    def is_allow(self) -> bool:
        return self.record.directive is Directive.ALLOW

    @property
    def precedence(self) -> tuple[int, bool]:
        """What sorts the rule that decides above the others: the longest pattern, then Allow (RFC 9309 2.2.2)."""
        return self.octets, self.is_allow

    def matches(self, path: bytes) -> bool:
        """Whether the pattern fits a normalised path. A segment's first place is never worse than a later one, so none
        is tried twice."""
        first, *middle = self.segments
        if not path.startswith(first):
            return False
        if not middle:
            return not self.is_anchored or len(path) == len(first)
        last = middle.pop()
        position = len(first)
        for segment in middle:
            found = path.find(segment, position)
            if found < 0:
                return False
            position = found + len(segment)
        return path.endswith(last, position) if self.is_anchored else path.find(last, position) >= 0

    def __str__(self) -> str:
        value = self.record.value.decode("utf-8", "replace")
        return f"{self.record.directive.value}: {value} (line {self.record.line_number})"


@dataclass(frozen=True, slots=True)
class Rules:
    """What one crawler may fetch, and the seconds it is asked to leave between requests, not clamped: by Crawl-delay,
    and by Request-rate (``1/5`` is 5 s). ``rules_cut`` counts rules beyond :data:`MAX_RULES`. ``prefixes`` has the one
    rule that counts for each plain pattern, ``lengths`` their lengths, ``wildcards`` the other rules; longest first.
    """

    crawl_delay_s: float | None = None
    request_rate_s: float | None = None
    rules_cut: int = 0
    prefixes: Mapping[bytes, Rule] = field(default_factory=dict)
    lengths: tuple[int, ...] = ()
    wildcards: tuple[Rule, ...] = ()

    @property
    def delay_s(self) -> float:
        """The longest pause between requests that is asked for; 0 where none is."""
        return max(self.crawl_delay_s or 0.0, self.request_rate_s or 0.0)

    def allows(self, path_and_query: str) -> bool:
        """Whether ``path_and_query`` (of a URL, from its first slash on) may be fetched."""
        rule = self._deciding(path_and_query)
        return rule is None or rule.is_allow

    def explain(self, path_and_query: str) -> tuple[bool, str]:
        """The same with its reason: ``(False, "Disallow: /private (line 12)")``. The line is the site's own text."""
        rule = self._deciding(path_and_query)
        return (True, "no rule applies") if rule is None else (rule.is_allow, str(rule))

    def _deciding(self, path_and_query: str) -> Rule | None:
        path = _normalised(path_and_query.encode("utf-8", "surrogatepass"))
        if path == b"/robots.txt":  # always allowed (RFC 9309 2.2.2)
            return None
        plain = next((self.prefixes[path[:length]] for length in self.lengths if path[:length] in self.prefixes), None)
        for rule in self.wildcards:
            if plain is not None and plain.precedence >= rule.precedence:
                break
            if rule.matches(path):
                return rule
        return plain


NO_RULES: Final = Rules()


@dataclass(frozen=True, slots=True)
class RobotsTxt:
    """A parsed file. ``sitemaps`` are for everyone, as written, in order. ``is_html``: a page, so it has no rules."""

    records: tuple[Record, ...] = ()
    sitemaps: tuple[str, ...] = ()
    is_html: bool = False

    def rules_for(self, product_token: str) -> Rules:
        """The rules of the groups that name ``product_token`` (in any case), or else of those for ``*``.

        Raises :class:`UsageError` for what no User-agent line could name, such as a whole User-Agent header.
        """
        token = product_token.encode("ascii", "replace").lower()
        if _TOKEN.fullmatch(token) is None:
            raise UsageError(f"{product_token!r}: not a product token; give only its letters, '-' and '_' (RFC 9309)")
        return _rules(list(self._records_of(token if self.names(product_token) else b"*")))

    def names(self, product_token: str) -> bool:
        """Whether a group is for this crawler by name; the groups for ``*`` count only where none is."""
        token = product_token.encode("ascii", "replace").lower()
        return any(r.directive is Directive.USER_AGENT and _agent(r.value) == token for r in self.records)

    def _records_of(self, agent: bytes) -> Iterator[Record]:
        """The records that apply to ``agent``. A run of User-agent lines opens a group and only a rule ends the run, so
        a Crawl-delay amid the run is for the agents above it."""
        is_run = is_ours = False
        for record in self.records:
            if record.directive is Directive.USER_AGENT:
                is_ours = (is_run and is_ours) or _agent(record.value) == agent
                is_run = True
                continue
            if record.directive in (Directive.ALLOW, Directive.DISALLOW):
                is_run = False
            if is_ours:
                yield record


@dataclass(frozen=True, slots=True)
class Known:
    """The origin has answered: this is its file, an empty one where it has none."""

    robots: RobotsTxt


class Unreachable(Enum):  # an Enum, so that ``is`` tells it from Known for the type checker too
    UNREACHABLE = "unreachable"


UNREACHABLE: Final = Unreachable.UNREACHABLE
"""The origin's rules can't be known for now: nothing of it may be fetched until they are."""


def policy(status: int | None, body: bytes) -> Known | Unreachable:
    """What the answer to ``/robots.txt`` means (RFC 9309 2.3.1). ``status`` is that after redirects, a 3xx after the
    fifth; None where the network or TLS failed. 429 is a plea to wait, not a missing file."""
    if status is None or status == 429 or not 200 <= status < 500:
        return UNREACHABLE
    return Known(parse(body) if status < 300 else RobotsTxt())


def parse(body: bytes, *, max_bytes: int = MAX_BYTES) -> RobotsTxt:
    """Read at most ``max_bytes`` of a body; a line that this cuts in two is dropped."""
    text = _utf8(body[:max_bytes])
    if text.lstrip()[:16].lower().startswith(_HTML_STARTS):
        return RobotsTxt(is_html=True)
    lines = text.splitlines()
    if len(body) > max_bytes and not text.endswith((b"\n", b"\r")):
        del lines[-1:]
    records = tuple(record for number, line in enumerate(lines, 1) if (record := _record(line, number)))
    sitemaps = [r.value.decode("utf-8", "replace") for r in records if r.directive is Directive.SITEMAP and r.value]
    return RobotsTxt(records, tuple(dict.fromkeys(sitemaps))[:MAX_SITEMAPS])


def _utf8(body: bytes) -> bytes:
    """``body`` as UTF-8, without mark and NULs. A UTF-16 mark lies where no NUL follows: ASCII would have them."""
    if not body.startswith(_UTF16_BOMS):
        text = body.removeprefix(_UTF8_BOM)
    elif b"\0" in body:
        text = body.decode("utf-16", "replace").encode()
    else:
        text = body[2:]
    return text.replace(b"\0", b"")


def _record(line: bytes, line_number: int) -> Record | None:
    content = line[:MAX_LINE_BYTES].partition(b"#")[0].strip()
    name, colon, value = content.partition(b":")
    if not colon:  # "Disallow /x", as Google reads it: two words and nothing else
        words = content.split()
        if len(words) != 2:
            return None
        name, value = words
    name = name.rstrip().lower()
    directive = next((directive for directive, starts in _SPELLINGS.items() if name.startswith(starts)), None)
    return None if directive is None else Record(directive, value.strip(), line_number)


def _agent(value: bytes) -> bytes:
    """Whom a User-agent line names: ``*``, or the product token it starts with in lower case, or nobody (empty)."""
    if value[:1] == b"*" and not value[1:2].strip():
        return b"*"
    found = _TOKEN.match(value)
    return found[0].lower() if found else b""


def _rules(records: list[Record]) -> Rules:
    """The first delay and the first rate that make sense, and all rules but empty ones, which forbid nothing."""
    patterns = [r for r in records if r.directive in (Directive.ALLOW, Directive.DISALLOW) and r.value]
    prefixes: dict[bytes, Rule] = {}
    wildcards = []
    for rule in sorted(map(_rule, patterns[:MAX_RULES]), key=lambda rule: rule.precedence, reverse=True):
        if len(rule.segments) == 1 and not rule.is_anchored:
            prefixes.setdefault(rule.segments[0], rule)
        else:
            wildcards.append(rule)
    return Rules(
        _first(records, Directive.CRAWL_DELAY, _delay_s),
        _first(records, Directive.REQUEST_RATE, _rate_s),
        max(0, len(patterns) - MAX_RULES),
        prefixes,
        tuple(sorted(set(map(len, prefixes)), reverse=True)),
        tuple(wildcards),
    )


def _rule(record: Record) -> Rule:
    pattern = record.value.removesuffix(b"$")
    is_anchored = pattern != record.value
    segments = tuple(map(_normalised, pattern.split(b"*")))
    return Rule(record, segments, is_anchored, sum(map(len, segments)) + len(segments) - 1 + is_anchored)


def _normalised(octets: bytes) -> bytes:
    """The one spelling of a path or of a pattern's literal part (RFC 9309 2.2.2): escapes of unreserved characters are
    decoded, all other escapes are kept, in capitals (``%2F`` is no ``/``), and what no URL may hold raw is escaped.
    ``%2A`` and ``%24`` are decoded too: the pattern's own ``*`` and ``$`` have been taken out before."""
    return _TO_NORMALISE.sub(_normalised_octet, octets)


def _normalised_octet(found: re.Match[bytes]) -> bytes:
    text = found[0]
    octet = int(text[1:], 16) if len(text) == 3 else text[0]
    return bytes((octet,)) if octet in _DECODED else b"%%%02X" % octet


def _first(records: list[Record], directive: Directive, read: Callable[[bytes], float | None]) -> float | None:
    values = (read(record.value) for record in records if record.directive is directive)
    return next((value for value in values if value is not None), None)


def _delay_s(value: bytes) -> float | None:
    try:
        seconds = float(value)
    except ValueError:
        return None
    return seconds if isfinite(seconds) and seconds >= 0 else None


def _rate_s(value: bytes) -> float | None:
    found = _RATE.match(value)
    if found is None or not int(found[1]):
        return None
    return int(found[2]) * _UNIT_S[found[3].lower()] / int(found[1])
