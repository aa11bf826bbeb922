"""What an answer means: one verdict for each way a GET can end. Pure."""

from enum import Enum, auto
from typing import Final, NamedTuple

from wholinks.storage.records import Outcome
from wholinks.storage.urls import NotAUrl, join

from .fetcher import FetchResult
from .page.userinfo import without_userinfo
from .politeness import failure_of, retry_after_s

NOT_MODIFIED: Final = 304
REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})


class Sort(Enum):
    """What is to be done with an answer."""

    PAGE = auto()
    REDIRECT = auto()
    FAILURE = auto()
    OTHER = auto()


class Verdict(NamedTuple):
    """``reason`` is the failure's kind, or why a complete answer brought no page; ``target`` where a redirect leads,
    ``location`` as it was written, without userinfo."""

    sort: Sort
    outcome: Outcome
    reason: str | None = None
    target: str = ""
    location: str = ""
    retry_after_s: float | None = None

    @property
    def counts(self) -> bool:
        """Whether the answer is a page in the sense of ``--max-pages``."""
        return self.sort is not Sort.REDIRECT


def judge(result: FetchResult, now: float) -> Verdict:
    """The verdict on one answer; ``now`` is the time in UTC seconds."""
    if result.failure is not None or result.status is None:
        return Verdict(Sort.FAILURE, Outcome.FAILURE, result.failure)
    failure = failure_of(result.status)
    if failure is not None:
        wait = retry_after_s(result.headers.get("retry-after"), now)
        return Verdict(Sort.FAILURE, Outcome.HTTP_ERROR, failure, retry_after_s=wait)
    if result.status in REDIRECTS:
        return _redirect(result)
    return _other(result, result.status)


def _other(result: FetchResult, status: int) -> Verdict:
    if status == NOT_MODIFIED and result.is_conditional:
        return Verdict(Sort.OTHER, Outcome.NOT_MODIFIED)
    if not 200 <= status < 300:
        return Verdict(Sort.OTHER, Outcome.HTTP_ERROR, f"http_{status}")
    if result.is_html and result.body and not result.body.isspace():
        return Verdict(Sort.PAGE, Outcome.PAGE)
    return Verdict(Sort.OTHER, Outcome.NOT_HTML, "empty" if result.is_html else "not_html")


def _redirect(result: FetchResult) -> Verdict:
    location = without_userinfo(result.headers.get("location", ""))[:2048]
    target = redirect_target(result)
    if target is None:
        return Verdict(Sort.FAILURE, Outcome.HTTP_ERROR, "bad_redirect", location=location)
    return Verdict(Sort.REDIRECT, Outcome.REDIRECT, target=target, location=location)


def redirect_target(result: FetchResult) -> str | None:
    """The URL a redirect leads to; None where the answer is none, or leads to nothing that can be fetched."""
    if result.status not in REDIRECTS:
        return None
    try:
        return join(result.url, result.headers.get("location", ""))
    except NotAUrl:
        return None
