"""Which URLs the user wants: ``--include``, ``--exclude`` and ``--only-prefix``. Pure.

A rule is a host, a pattern of paths, or both: ``shop.example``, ``shop.example/blog/``, ``/*?``. A host stands for
itself and every host under it, on any port and scheme; without one the rule is for all hosts. Patterns are those of
robots.txt: the path and query begin so, ``*`` stands for anything, a last ``$`` for the end (:mod:`.robots`). Or it is
``re:`` and a regular expression, searched in host, path and query (:mod:`.linear_regex`). Both take time linear in the
URL.

Exclude comes before include. Seeds, and what they redirect to, need no include.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, Self

from wholinks.storage.errors import UsageError
from wholinks.storage.urls import NotAUrl, normalise, origin_of

from .linear_regex import Regex, compile_regex
from .prefix_reach import PrefixReach
from .robots import MAX_RULES, Directive, Record, RobotsTxt, Rules

REASON: Final = "rule"
"""Why a page is excluded."""

_EXAMPLES: Final = (
    "write a host (shop.example), a host and path (shop.example/blog/), a path (/*?sort=),"
    " or re: and a regular expression"
)
_REGEX: Final = "re:"
_MATCHER: Final = "rule"  # a product token, as the matcher wants one


@dataclass(frozen=True, slots=True)
class UrlRule:
    """``host`` is normalised, or empty for any; ``pattern`` begins with a slash. Or ``pattern`` is all there is, and
    begins with ``re:``."""

    host: str
    pattern: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a rule. Raises :class:`UsageError`."""
        bare = text.strip()
        for scheme in ("http://", "https://"):
            if bare.lower().startswith(scheme):
                bare = bare[len(scheme) :]
        host, slash, path = bare.partition("/")
        host = host.removeprefix("*.")
        if not bare or any(character.isspace() for character in bare):
            raise UsageError(f"{text!r} is no rule; {_EXAMPLES}")
        if bare.startswith(_REGEX):
            compile_regex(bare[len(_REGEX) :])
            return cls("", bare)
        if host in {"", "*"}:
            if not slash:
                raise UsageError(f"{text!r} is no rule; {_EXAMPLES}")
            return cls("", f"/{path}")
        try:
            origin = origin_of(normalise(f"http://{host}/"))
        except NotAUrl:
            raise UsageError(f"{text!r}: {host!r} is no host; {_EXAMPLES}") from None
        if set(host) & set("*?#@\\%") or origin.port != 80:
            raise UsageError(f"{text!r}: {host!r} is no host without a port; {_EXAMPLES}")
        return cls(origin.host, f"/{path}")

    def __str__(self) -> str:
        return self.host if self.pattern == "/" else f"{self.host}{self.pattern}"


def prefix_rules(host: str, path: str) -> Iterator[UrlRule]:
    """The rules that match a seed's part of its host: what lies under its path, whose last segment is a whole one."""
    literal = path.partition("?")[0].replace("*", "%2A").replace("$", "%24")
    ends = ("",) if literal.endswith("/") else ("$", "/", "?")
    return (UrlRule(host, literal + end) for end in ends)


class Matcher:
    """Whether any of some rules matches."""

    def __init__(self, rules: Iterable[UrlRule]) -> None:
        patterns: dict[str, list[str]] = {}
        self._regexes: list[Regex] = []
        for rule in rules:
            if rule.pattern.startswith(_REGEX):
                self._regexes.append(compile_regex(rule.pattern[len(_REGEX) :]))
            else:
                patterns.setdefault(rule.host, []).append(rule.pattern)
        self._rules: Mapping[str, Rules] = {host: _compiled(host, found) for host, found in patterns.items()}

    def __bool__(self) -> bool:
        return bool(self._rules or self._regexes)

    def matches(self, host: str, path: str) -> bool:
        """Whether a rule matches ``path`` (path and query) of ``host``."""
        if any(not rules.allows(path) for name in _names(host) if (rules := self._rules.get(name)) is not None):
            return True
        return any(regex.search(f"{host}{path}") for regex in self._regexes)


def _compiled(host: str, patterns: list[str]) -> Rules:
    if len(patterns) > MAX_RULES:
        raise UsageError(f"{len(patterns):,} rules for {host or 'all hosts'}: at most {MAX_RULES:,} are possible")
    agent = Record(Directive.USER_AGENT, _MATCHER.encode(), 0)
    lines = (Record(Directive.DISALLOW, pattern.encode(), number) for number, pattern in enumerate(patterns, 1))
    return RobotsTxt((agent, *lines)).rules_for(_MATCHER)


def _names(host: str) -> Iterator[str]:
    """``host``, every host above it, and the empty name of all."""
    yield host
    while "." in host:
        host = host.partition(".")[2]
        yield host
    yield ""


@dataclass(frozen=True, slots=True)
class UrlRules:
    """``include`` holds everywhere, ``prefixes`` on the sites of seeds, ``reach`` on domains of which seeds name sites
    by prefix only."""

    include: Matcher = field(default_factory=lambda: Matcher(()))
    exclude: Matcher = field(default_factory=lambda: Matcher(()))
    prefixes: Matcher = field(default_factory=lambda: Matcher(()))
    reach: PrefixReach | None = None

    def leave_out(self, host: str, path: str, *, depth: int, hop: int) -> bool:
        """Whether a page is not wanted: ``depth`` links and ``hop`` sites away from a seed."""
        if self.exclude and self.exclude.matches(host, path):
            return True
        if depth == 0:
            return False
        if self.include and not self.include.matches(host, path):
            return True
        if self.prefixes and hop == 0 and not self.prefixes.matches(host, path):
            return True
        return self.reach is not None and self.reach.leaves_out(host, path)
