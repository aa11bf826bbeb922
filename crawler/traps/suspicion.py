"""What in a URL's own text looks like a trap.

The limits were set by 29,024 URLs that 7,194 pages of 26 real sites link to, and by traps that crawlers reported.
"""

import re
from collections import Counter
from typing import Final

from .reasons import CALENDAR, DEPTH, HOST_IN_PATH, LENGTH, QUERY_KEYS, REPEATED_SEGMENTS, SESSION_ID

MAX_PATH_LENGTH: Final = 2_048
"""Characters of path and query: what sitemaps.org allows a URL. The longest real one had 775; a title in Chinese takes
nine characters a letter."""
MAX_SEGMENTS: Final = 20
"""As in Heritrix (TooManyPathSegmentsDecideRule). The deepest real path had 12."""
MAX_IN_A_ROW: Final = 2
"""As in Heritrix (PathologicalPathDecideRule): ``/x/x`` is a project of its owner's name, ``/x/x/x`` is a loop. Numbers
are exempt: ``/2011/11/11/11`` is the eleventh post of a day."""
MAX_REPEATS: Final = 2
"""Segments that are there already. ``/jekyll/jekyll/blob/main/lib/jekyll`` has two; ``/a/b/a/b/a`` has three."""
MAX_QUERY_PAIRS: Final = 10
"""Two of the real URLs had more. Filters that can be combined are the reason to have so many."""
MAX_SAME_KEY: Final = 2
"""A list may have a key twice (``tag[]=a&tag[]=b``); three are a combination of filters, or a link that appends to
itself."""
YEARS_AHEAD: Final = 2
"""Few events are announced earlier, and a calendar by day has 730 pages by then."""
WEB_BEGAN: Final = 1991
"""No page was published earlier. Archives do have older dates, so this is only for paths that speak of a calendar."""

# A session's name with what may be its id: hexadecimal or mixed, not a word and not a number in a list of talks.
_SESSION: Final = re.compile(
    r"""[;?&/] (?: (?:jsessionid|phpsessid|aspsessionid\w*|oscsid|xtcsid|zenid|cftoken) = [\w.!-]{8}
                 | (?:sid|sess|session|session_?id|sess_?id) = (?=[a-z]*\d) [0-9a-z]{16}
                 | s = [0-9a-f]{32} (?![0-9a-z]) )
      | /\([a-z]\([0-9a-z]{24}\)\)/""",  # ASP.NET without cookies
    re.IGNORECASE | re.VERBOSE,
)
# A year and its month. No calendar comes to 1106 before it has shown 1800: that is a number in a list of meetings.
_IN_PATH: Final = re.compile(r"/((?:1[89]|2\d)\d\d)(?:[/-](0[1-9]|1[0-2]))?(?![0-9A-Za-z])")
_IN_QUERY: Final = re.compile(
    r"""=((?:1[89]|2\d)\d\d)(?:-|%2F|/)(?:0?[1-9]|1[0-2])(?![0-9A-Za-z])
      | (?:year|month|date|day|week|yr|jahr|monat|datum)[^=&]{0,20}
        =((?:1[89]|2\d)\d\d)(?:(?:0[1-9]|1[0-2])(?:[0-3]\d)?)?(?![^&])""",
    re.IGNORECASE | re.VERBOSE,
)
_SPEAKS_OF_CALENDAR: Final = re.compile("calend|kalend|agenda", re.IGNORECASE)

_HOST: Final = re.compile(
    r"/(?:www\.[^/.]+\.[^/]+|(?:[a-z0-9-]+\.)+(?:com|org|net|edu|gov|info|biz|io))(?=/|$)", re.IGNORECASE
)
_WWW_HOST_AND_MORE: Final = re.compile(r"(?<!:/)/www\.[^/.]+\.[^/]+/[^/]", re.IGNORECASE)
_SCHEME: Final = re.compile(r"https?(?::|%3A)/", re.IGNORECASE)


def suspicion(path: str, year: int) -> str | None:
    """The reason why ``path`` (path and query of a normalised URL, from its first slash on) looks like a trap, or None.

    ``year`` is the current one. At about 2 µs, it may be asked of every URL.
    """
    if len(path) > MAX_PATH_LENGTH:
        return LENGTH
    base, mark, query = path.partition("?")
    reason = _in_segments(base)
    if reason is None and ("=" in path or "(" in base) and _SESSION.search(path):
        return SESSION_ID
    if reason is None and _is_far_off(base, query, year):
        return CALENDAR
    if reason is None and mark and _has_odd_keys(query):
        return QUERY_KEYS
    return reason


def _in_segments(base: str) -> str | None:
    segments = base.removesuffix("/").split("/")
    del segments[0]
    if len(segments) > MAX_SEGMENTS:
        return DEPTH
    if len(set(segments)) < len(segments) and _repeats(segments):
        return REPEATED_SEGMENTS
    return HOST_IN_PATH if "." in base[: base.rfind("/", 0, -1)] and _names_hosts(base) else None


def _repeats(segments: list[str]) -> bool:
    if len(segments) - len(set(segments)) > MAX_REPEATS:
        return True
    in_a_row = zip(*(segments[start:] for start in range(MAX_IN_A_ROW + 1)), strict=False)
    return any(len(set(run)) == 1 and not run[0].isdigit() for run in in_a_row)


def _names_hosts(base: str) -> bool:
    """Two host names, two schemes, or a ``www`` host with a path of its own. One host name alone may be what a page is
    about (``/review/www.site.example``), and one with its scheme is the way of archives."""
    if len(_HOST.findall(base)) > 1 or _WWW_HOST_AND_MORE.search(base) is not None:
        return True
    return ":" in base and len(_SCHEME.findall(base)) > 1


def _is_far_off(base: str, query: str, year: int) -> bool:
    """A year alone counts where the URL speaks of a calendar, and only there can one be too early."""
    in_path = _IN_PATH.findall(base)
    years = [int(one or other) for one, other in _IN_QUERY.findall(query)] if query else []
    if not in_path and not years:
        return False
    is_calendar = _SPEAKS_OF_CALENDAR.search(base) is not None or _SPEAKS_OF_CALENDAR.search(query) is not None
    years += [int(found) for found, month in in_path if month or is_calendar]
    return any(found > year + YEARS_AHEAD or (is_calendar and found < WEB_BEGAN) for found in years)


def _has_odd_keys(query: str) -> bool:
    """A second ``?`` separates as ``&`` does: links that append to themselves write ``?page=2?page=3``."""
    pairs = [pair for pair in query.replace("?", "&").split("&") if pair]
    if len(pairs) < 2:
        return False
    if len(pairs) > MAX_QUERY_PAIRS or len(set(pairs)) < len(pairs):
        return True
    return len(pairs) > MAX_SAME_KEY and max(Counter(p.partition("=")[0] for p in pairs).values()) > MAX_SAME_KEY
