"""Google's disavow file: read, checked and written. Pure: it knows no index and no file.

A file is UTF-8 text: ``domain:`` lines (a host and all under it), URLs (one page each), ``#`` comments, empty lines.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Final

from wholinks.storage.errors import UsageError
from wholinks.storage.urls import NotAUrl, PublicSuffixes, normalise, origin_of, path_of

MOST_LINES: Final = 100_000
MOST_BYTES: Final = 2 * 1024 * 1024
MOST_CHARACTERS: Final = 2_048
_DOMAIN: Final = "domain:"
_BOM: Final = "\ufeff"


class Severity(StrEnum):
    """An error makes Google refuse the file or the line, or hurts the target; at a warning something is superfluous, or
    hardly meant so."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong. ``line`` counts from 1, 0 is the file as a whole; ``text`` is the line."""

    line: int
    severity: Severity
    problem: str
    text: str
    message: str


@dataclass(frozen=True, slots=True, order=True)
class Entry:
    """What a line disavows: a host with all under it (A-labels), or one URL, normalised. One of them is empty."""

    domain: str
    url: str = ""

    @property
    def text(self) -> str:
        """The line."""
        return f"{_DOMAIN}{self.domain}" if self.domain else self.url

    @property
    def host(self) -> str:
        """The host named."""
        return self.domain or origin_of(self.url).host


@dataclass(frozen=True, slots=True)
class Disavowed:
    """A file as read: ``entries`` with the line each stands on, as written, repeats too."""

    lines: int
    entries: tuple[tuple[int, Entry], ...]
    problems: tuple[Problem, ...]

    @property
    def is_valid(self) -> bool:
        """Whether there is no error."""
        return self.first_error is None

    @property
    def first_error(self) -> Problem | None:
        """The first problem for which the file can't be used."""
        return next((problem for problem in self.problems if problem.severity is Severity.ERROR), None)


class Covered:
    """The hosts and URLs that entries disavow."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        found = set(entries)
        self.domains = frozenset(entry.domain for entry in found if entry.domain)
        self.urls = frozenset(entry.url for entry in found if entry.url)

    def by_domain(self, host: str) -> str | None:
        """The widest entry that covers a host: one that names it or a host above it."""
        labels = host.split(".")
        above = (".".join(labels[start:]) for start in range(len(labels) - 1, -1, -1))
        return next((name for name in above if name in self.domains), None)

    def __contains__(self, url: str) -> bool:
        return url in self.urls or self.by_domain(origin_of(url).host) is not None


@cache
def _suffixes() -> PublicSuffixes:
    return PublicSuffixes()


def is_public_suffix(host: str) -> bool:
    """Whether nobody can have registered a host: ``co.uk``, ``github.io``, a name without a dot."""
    return _suffixes().is_suffix(host)


def read(data: bytes, *, own: str | None = None) -> Disavowed:
    """Read and check a file. ``own``: the target's registrable domain, which must not be disavowed."""
    problems: list[Problem] = []
    if len(data) > MOST_BYTES:
        problems.append(_refused("too_large", f"{len(data):,} bytes; Google takes at most {MOST_BYTES:,}"))
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        wrong = f"not UTF-8 (byte {data[error.start]:#04x}); save the file as UTF-8"
        return Disavowed(0, (), (*problems, Problem(line, Severity.ERROR, "not_utf8", "", wrong)))
    if text.startswith(_BOM):
        text = text[1:]
        problems.append(Problem(1, Severity.WARNING, "byte_order_mark", "", "a byte order mark; save without one"))
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if lines[-1] == "":
        lines.pop()
    if len(lines) > MOST_LINES:
        problems.append(_refused("too_many_lines", f"{len(lines):,} lines; Google takes at most {MOST_LINES:,}"))
    entries: list[tuple[int, Entry]] = []
    for number, written in enumerate(lines, 1):
        said = written.strip()
        if not said or said.startswith("#"):
            continue
        try:
            entry = _entry(said, own)
        except _WrongError as error:
            problems.append(Problem(number, Severity.ERROR, error.problem, said, error.message))
        else:
            entries.append((number, entry))
    if not entries and not problems:
        problems.append(Problem(0, Severity.WARNING, "empty", "", "it lists nothing; a domain is a line 'domain:NAME'"))
    problems += _doubtful(entries)
    return Disavowed(len(lines), tuple(entries), tuple(sorted(problems, key=lambda found: found.line)))


def _refused(problem: str, message: str) -> Problem:
    return Problem(0, Severity.ERROR, problem, "", message)


class _WrongError(Exception):
    def __init__(self, problem: str, message: str) -> None:
        super().__init__(message)
        self.problem = problem
        self.message = message


def _entry(line: str, own: str | None) -> Entry:
    is_domain = line[: len(_DOMAIN)].lower() == _DOMAIN
    entry = domain_entry(line[len(_DOMAIN) :].strip()) if is_domain else _url_entry(line)
    if own is not None and _is_own(entry, own):
        raise _WrongError("own_domain", f"{own} is the target's own domain")
    return entry


def domain_entry(name: str) -> Entry:
    """The entry for a host and all under it."""
    try:
        url = normalise(f"http://{name}/")
    except NotAUrl as error:
        raise _WrongError("no_domain", f"{name!r} is no domain ({error})") from None
    host = origin_of(url).host
    if path_of(url) != "/" or any(mark in name for mark in "/\\@:?#* \t") or url != f"http://{host}/":
        raise _WrongError("no_domain", "write the bare name after 'domain:', without scheme, port, path or wildcard")
    if is_public_suffix(host):
        raise _WrongError("public_suffix", f"{host} is a public suffix: everyone's sites are under it")
    return Entry(host)


def _url_entry(line: str) -> Entry:
    if line[:7].lower() != "http://" and line[:8].lower() != "https://":
        raise _WrongError("neither", "neither 'domain:NAME', a URL with http:// or https://, nor a # comment")
    if len(line) > MOST_CHARACTERS:
        raise _WrongError("too_long", f"a URL of {len(line):,} characters; Google takes at most {MOST_CHARACTERS:,}")
    if any(character.isspace() for character in line):
        raise _WrongError("no_url", "a URL has no blanks; a comment needs a line of its own")
    try:
        url = normalise(line)
    except NotAUrl as error:
        raise _WrongError("no_url", f"not a URL ({error})") from None
    if len(url) > MOST_CHARACTERS:
        raise _WrongError("too_long", f"written out {len(url):,} characters; Google takes at most {MOST_CHARACTERS:,}")
    return Entry("", url)


def _is_own(entry: Entry, own: str) -> bool:
    host = own.partition("/")[0]
    return (
        entry.host == host or entry.host.endswith(f".{host}") or bool(entry.domain and host.endswith(f".{entry.host}"))
    )


def _doubtful(entries: Iterable[tuple[int, Entry]]) -> list[Problem]:
    numbered = list(entries)
    covered = Covered(entry for _, entry in numbered)
    first: dict[Entry, int] = {}
    problems = []
    for line, entry in numbered:
        above = covered.by_domain(entry.host)
        if entry in first:
            found = "duplicate", f"as line {first[entry]} has it"
        elif above is not None and Entry(above) != entry:
            found = "covered", f"domain:{above} covers it already"
        elif "*" in entry.url:
            found = "wildcard", f"Google takes no wildcards: this URL alone; domain:{entry.host} is the whole host"
        elif entry.domain.startswith("www."):
            found = "www", f"only {entry.domain} and what is under it, not {entry.domain.removeprefix('www.')}"
        else:
            first[entry] = line
            continue
        first.setdefault(entry, line)
        problems.append(Problem(line, Severity.WARNING, found[0], entry.text, found[1]))
    return problems


def collapse(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """The fewest entries that disavow the same, in order: no repeat, and nothing under a domain that is listed."""
    found = set(entries)
    covered = Covered(found)
    return tuple(sorted(entry for entry in found if covered.by_domain(entry.host) in {None, entry.domain or None}))


def write(entries: Iterable[Entry], comments: Iterable[str] = ()) -> bytes:
    """A file of these entries, collapsed, after the comments. Raises :class:`UsageError` beyond Google's limits."""
    lines = [*(f"# {' '.join(comment.split())}" for comment in comments), *(entry.text for entry in collapse(entries))]
    if len(lines) > MOST_LINES:
        raise UsageError(f"{len(lines):,} lines to disavow; Google takes at most {MOST_LINES:,}")
    data = "".join(f"{line}\n" for line in lines).encode()
    if len(data) > MOST_BYTES:
        raise UsageError(f"{len(data):,} bytes to disavow; Google takes at most {MOST_BYTES:,}")
    return data


def entry_of(domain: str, own: str | None = None) -> Entry:
    """The entry for a referring domain. Raises :class:`UsageError` for what a file can't or must not name."""
    if "/" in domain:
        raise UsageError(f"{domain}: a part of a host, which a disavow file can't name; use --state contact")
    try:
        return _entry(f"{_DOMAIN}{domain}", own)
    except _WrongError as error:
        raise UsageError(f"{domain}: {error.message}") from None
