"""Seed lists: where a crawl starts.

A list is text with one URL or domain a line. ``#`` at the start of a line or after white space begins a comment, blank
lines say nothing. ``http://`` or ``https://`` makes a line a URL; all else must be a host, with a port and a path if it
likes, and becomes a *bare* seed: an ``https://`` URL that the engine tries as ``http://`` where nothing answers.

A line that can't be meant is a value (:class:`SeedError`), never an exception: one typo must not hide the next, and the
caller shows all of them at once. Nothing is looked up and nothing is fetched; only :func:`expand` reads files.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import Path
from stat import S_ISDIR
from typing import Final, TextIO

from wholinks.storage.urls import NotAUrl, is_ip, normalise, origin_of
from wholinks.storage.user_files import unreadable

COMMAND_LINE: Final = "command line"
"""The source of seeds that are arguments themselves."""
MAX_SHOWN: Final = 80
"""Characters of a wrong line that its message repeats."""

_COMMENT: Final = re.compile(r"(?:^|\s)#.*", re.DOTALL)
_URL: Final = re.compile(r"https?://", re.IGNORECASE)
_BARE: Final = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^\s/?#:@\[\]\\]+)(?::\d+)?(?:[/?#].*)?")
_OTHER_SCHEME: Final = re.compile(r"(?!https?:)([a-z][a-z0-9+-]*:)", re.IGNORECASE)
_HOST: Final = re.compile(r"(?=.{1,253}$)[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*|\[[0-9a-f:]+\]")  # once normalised
_LIST_SUFFIXES: Final = frozenset({".txt", ".csv", ".tsv", ".lst", ".list", ".seeds"})
_PATH_STARTS: Final = ("/", "./", "../", "~")
# What no seed may hold, however a URL parser would treat it. "surrogateescape" keeps odd octets as lone surrogates.
_STRANGE: Final = (
    (re.compile(r"[\udc80-\udcff]"), "not UTF-8; save the list as UTF-8"),
    (re.compile(r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f]"), "a control character in it; delete it"),
    (re.compile(r"\s"), "white space in it; one URL or domain a line, and # before a comment"),
)
_MEANT: Final = "a seed list, a URL or a domain"
_NOT_A_URL: Final = "not a URL or domain; write https://shop.example/path or shop.example"


@dataclass(frozen=True, slots=True)
class Seed:
    """One place to start: its normalised ``url`` and the ``text`` it was given as. ``is_bare``: it had no scheme."""

    url: str
    is_bare: bool
    text: str


@dataclass(frozen=True, slots=True)
class SeedError:
    """A seed that can't be meant. ``str`` is one printable line. Lines count from 1; an argument has no number."""

    source: str
    line_number: int | None
    text: str
    problem: str

    def __str__(self) -> str:
        where = "" if self.line_number is None else f"{_printable(self.source)}:{self.line_number}: "
        cut = self.text if len(self.text) <= MAX_SHOWN else f"{self.text[: MAX_SHOWN - 1]}…"
        return f"{where}'{_printable(cut)}': {self.problem}"


class _Problem(Exception):  # noqa: N818 - a fact about a text, and it never leaves this file
    """Why a text is no seed."""


def read_seeds(lines: Iterable[str], source: str) -> tuple[list[Seed], list[SeedError]]:
    """The seeds of a list, each URL once (its first spelling wins), and what is wrong with the other lines.

    ``source`` names the list in messages. Octets that are no UTF-8 are expected as ``surrogateescape`` leaves them.
    """
    seeds: dict[str, Seed] = {}
    errors: list[SeedError] = []
    for line_number, line in enumerate(lines, 1):
        text = _COMMENT.sub("", line.removeprefix("\ufeff") if line_number == 1 else line).strip()
        if not text:
            continue
        try:
            seed = _seed(text)
        except _Problem as problem:
            errors.append(SeedError(source, line_number, text, str(problem)))
        else:
            seeds.setdefault(seed.url, seed)
    return list(seeds.values()), errors


def expand(arguments: Sequence[str], stdin: TextIO) -> tuple[list[Seed], list[SeedError]]:
    """The seeds that a command line's SEED arguments name, each URL once, and what is wrong with the others.

    An argument is a seed list where there is such a file, ``-`` is the list on ``stdin``, all else is a URL or domain.
    """
    seeds: dict[str, Seed] = {}
    errors: list[SeedError] = []
    for argument in arguments:
        try:
            found, wrong = _argument(argument, stdin)
        except _Problem as problem:
            errors.append(SeedError(COMMAND_LINE, None, argument, str(problem)))
            continue
        errors += wrong
        for seed in found:
            seeds.setdefault(seed.url, seed)
    return list(seeds.values()), errors


def _argument(argument: str, stdin: TextIO) -> tuple[list[Seed], list[SeedError]]:
    if argument == "-":
        if isinstance(stdin, TextIOWrapper):  # seed lists are UTF-8, whatever the locale says
            stdin.reconfigure(encoding="utf-8", errors="surrogateescape")
        return read_seeds(stdin, "stdin")
    if not argument.strip():
        raise _Problem("empty; give a URL, a domain, a seed list, or - for standard input")
    if _is_file(argument):
        try:
            with Path(argument).open(encoding="utf-8", errors="surrogateescape") as lines:
                return read_seeds(lines, argument)
        except OSError as error:
            raise _Problem(unreadable(error, _MEANT)) from error
    return [_no_file(argument.strip())], []


def _is_file(argument: str) -> bool:
    """Whether ``argument`` is there to be read; a pipe will do, a folder is a :class:`_Problem`."""
    try:
        mode = Path(argument).stat().st_mode
    except (OSError, ValueError):
        return False
    if S_ISDIR(mode):
        raise _Problem("a folder; name a seed list in it, or put https:// in front if a site is meant")
    return True


def _no_file(argument: str) -> Seed:
    """The seed that ``argument`` itself is, unless it looks more like the name of a list that isn't there."""
    is_list = "://" not in argument and Path(argument).suffix.lower() in _LIST_SUFFIXES
    if argument.startswith(_PATH_STARTS) or (is_list and "/" not in argument):
        raise _Problem(f"no such file; name {_MEANT}")
    try:
        return _seed(argument)
    except _Problem:
        if is_list:
            raise _Problem(f"no such file; name {_MEANT}") from None
        raise


def _seed(text: str) -> Seed:
    """The seed that ``text`` (not empty, stripped) is. Raises :class:`_Problem`."""
    for strange, problem in _STRANGE:
        if strange.search(text):
            raise _Problem(problem)
    if _URL.match(text):
        return Seed(_normalised(text), False, text)
    bare = _BARE.fullmatch(text)
    if bare is None:
        scheme = _OTHER_SCHEME.match(text)
        raise _Problem(f"{scheme[1]} can't be crawled, only http:// and https:// can" if scheme else _NOT_A_URL)
    url = _normalised(f"https://{text}")
    if not _is_bare_host(bare[1], origin_of(url).host):
        raise _Problem("not a domain; put http:// or https:// in front if it is a host of your own network")
    return Seed(url, True, text)


def _normalised(url: str) -> str:
    try:
        normalised = normalise(url)
    except NotAUrl as reason:
        raise _Problem("too long" if reason.reason == "too_long" else _NOT_A_URL) from None
    if _HOST.fullmatch(origin_of(normalised).host) is None:
        raise _Problem(_NOT_A_URL)
    return normalised


def _is_bare_host(written: str, host: str) -> bool:
    """Whether a host, as written and normalised, is meant as one: "foo" is a typo more often than a name."""
    if is_ip(host):  # to a URL parser, "7" is the address 0.0.0.7
        return host == written or host.startswith("[")
    return "." in host or host == "localhost"


def _printable(text: str) -> str:
    """``text`` without power over a terminal: what is no printable character is shown as its escape."""
    return "".join(character if character.isprintable() else _escape(character) for character in text)


def _escape(character: str) -> str:
    if "\udc80" <= character <= "\udcff":  # an octet that is no UTF-8
        return f"\\x{ord(character) - 0xDC00:02x}"
    return character.encode("unicode_escape").decode("ascii")
