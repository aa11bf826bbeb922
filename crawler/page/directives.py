"""What a page tells crawlers about itself: robots directives and refreshes, from headers and from ``meta`` elements.

Directives that apply to us are united, so the most restrictive wins. Those for other crawlers are kept, not applied.
"""

import re
from functools import lru_cache
from typing import Final

from wholinks.storage.records import RobotsFlag

MAX_AGENTS: Final = 50
MAX_DIRECTIVES: Final = 50
"""Directives kept for each other agent."""
MAX_DIRECTIVE_CHARS: Final = 200
_MAX_AGENT_CHARS: Final = 100
MAX_DELAY_S: Final = 999_999_999

_FLAGS: Final = {
    "noindex": RobotsFlag.NOINDEX,
    "nofollow": RobotsFlag.NOFOLLOW,
    "none": RobotsFlag.NOINDEX | RobotsFlag.NOFOLLOW,
}
_WITH_VALUE: Final = frozenset({"max-snippet", "max-image-preview", "max-video-preview", "unavailable_after"})
"""Directives that are written with a colon, as an agent's prefix is."""

_EVERYBODY: Final = frozenset({"robots", "*"})
_CRAWLER_NAMES: Final = frozenset(
    {"slurp", "teoma", "yandex", "google", "googlebot-news", "googlebot-image", "googlebot-video", "google-extended"}
)
"""Names of crawlers in ``meta`` that don't say so by their ending."""

_AGENT: Final = re.compile(r"[A-Za-z*][A-Za-z0-9*._/+-]{0,99}")
_LOOSE_SEPARATORS: Final = re.compile(r"[\s;]+")


class RobotsDirectives:
    """The directives of one page, gathered from its headers and ``meta`` elements."""

    __slots__ = ("_token", "flags", "other")

    def __init__(self, product_token: str) -> None:
        self._token = product_token.lower()
        self.flags = RobotsFlag.NONE
        self.other: dict[str, list[str]] = {}

    def add_header(self, value: str) -> None:
        """One ``X-Robots-Tag``. A prefix such as ``otherbot:`` holds until the next; each header starts without."""
        agent = "robots"
        for part in value.split(","):
            name, colon, rest = part.partition(":")
            name = name.strip().lower()
            if colon and name not in _WITH_VALUE and _AGENT.fullmatch(name):
                agent = name
                self._add(agent, rest)
            else:
                self._add(agent, part)

    def add_meta(self, name: str, content: str) -> None:
        """One ``meta`` element; only the names robots, our product token and those of crawlers mean anything here.

        A crawler is known by a name that ends in ``bot``, ``spider`` or ``crawler``, or is one of a few others.
        """
        agent = name.strip().lower() if len(name) <= _MAX_AGENT_CHARS else ""
        if agent in _EVERYBODY or agent == self._token or _is_crawler(agent):
            for part in content.split(","):
                self._add(agent, part)

    def _add(self, agent: str, text: str) -> None:
        # No directive's own name has white space or a semicolon in it, but some people separate with those.
        pieces = [text.strip()] if ":" in text else [piece for piece in _LOOSE_SEPARATORS.split(text) if piece]
        for piece in pieces:
            directive = piece.lower()
            if agent in _EVERYBODY or agent == self._token:
                self.flags |= _FLAGS.get(directive, RobotsFlag.NONE)
            else:
                self._keep(agent, directive[:MAX_DIRECTIVE_CHARS])

    def _keep(self, agent: str, directive: str) -> None:
        if agent not in self.other and len(self.other) >= MAX_AGENTS:
            return
        kept = self.other.setdefault(agent, [])
        if directive and directive not in kept and len(kept) < MAX_DIRECTIVES:
            kept.append(directive)


@lru_cache(maxsize=1024)
def _is_crawler(name: str) -> bool:
    return name.endswith(("bot", "spider", "crawler")) or name in _CRAWLER_NAMES


_REFRESH_DELAY: Final = re.compile(r"[\t\n\f\r ]*+(?:([0-9]++)|(?=\.))[0-9.]*+(?:(?=[;,\t\n\f\r ])|\Z)")
_REFRESH_SEPARATOR: Final = re.compile(r"[\t\n\f\r ]*+[;,]?[\t\n\f\r ]*+")
_REFRESH_NAME: Final = re.compile(r"url[\t\n\f\r ]*+=[\t\n\f\r ]*+", re.IGNORECASE | re.ASCII)


def parse_refresh(text: str) -> tuple[int, str] | None:
    """Delay in seconds and URL as written of a refresh; None if it is none. An empty URL reloads the page.

    The HTML standard's "shared declarative refresh steps", up to where they parse the URL.
    """
    delay = _REFRESH_DELAY.match(text)
    if not delay:
        return None
    digits = delay[1] or "0"
    delay_s = min(int(digits.lstrip("0")[:10] or "0"), MAX_DELAY_S)
    separator = _REFRESH_SEPARATOR.match(text, delay.end())
    position = separator.end() if separator else delay.end()
    named = _REFRESH_NAME.match(text, position)
    if named:
        position = named.end()
    # Without "url=" a quote counts only where the address begins with it.
    quote = text[position : position + 1]
    if quote in {'"', "'"}:
        return delay_s, text[position + 1 :].partition(quote)[0]
    return delay_s, text[position:]
