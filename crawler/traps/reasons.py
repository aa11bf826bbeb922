"""Why a URL is postponed, or how a page is marked, in the words of crawl.db and in those for people."""

from typing import Final

REPEATED_SEGMENTS: Final = "trap_repeated_segments"
DEPTH: Final = "trap_depth"
LENGTH: Final = "trap_length"
SESSION_ID: Final = "trap_session_id"
CALENDAR: Final = "trap_calendar"
HOST_IN_PATH: Final = "trap_host_in_path"
QUERY_KEYS: Final = "trap_query_keys"
QUERY_EXPLOSION: Final = "trap_query_explosion"
NEAR_DUPLICATES: Final = "trap_near_duplicates"
FROM_SOFT_404: Final = "trap_soft_404"
SOFT_404: Final = "soft_404"
"""The one that marks a page; all others postpone a URL."""

REASONS: Final = {
    REPEATED_SEGMENTS: "Parts of the path repeat, as relative links make them that lead ever deeper.",
    DEPTH: "The path has more segments than pages are filed under.",
    LENGTH: "Path and query are longer than a sitemap may list.",
    SESSION_ID: "The URL holds a session id: the same page has another URL for every visit.",
    CALENDAR: "A date years ahead, or in a calendar before the Web: calendars link to the next month without end.",
    HOST_IN_PATH: "The path holds the host name of another site, as a link written without its scheme makes it.",
    QUERY_KEYS: "The query has very many parameters, or repeats them.",
    QUERY_EXPLOSION: "One path's parameters were combined in hundreds of ways, with nothing new in them.",
    NEAR_DUPLICATES: "Pages at URLs of this shape were nearly all the same.",
    FROM_SOFT_404: "Only found on a page that the host serves at many different URLs.",
    SOFT_404: "The host serves this page at many different URLs, as it may for those that do not exist.",
}
