"""What a crawl counts while it runs, and who is told of each request that ended."""

from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from wholinks.storage.records import Outcome

from .answers import Verdict
from .fetcher import FetchResult
from .hosts import Errand, PageErrand


class Ended(NamedTuple):
    """A request that ended. ``purpose`` is ``page``, ``robots``, ``sitemap`` or ``target``; ``outcome`` the name of a
    ``records.Outcome``, for a page before it is parsed; ``depth`` None for what is no page; ``bytes`` decoded ones."""

    purpose: str
    url: str
    host: str
    depth: int | None
    outcome: str
    status: int | None
    reason: str | None
    bytes: int
    elapsed_ms: int
    remote_ip: str | None


class Listener(Protocol):
    """Who wants to hear what happens. Called on the event loop: must be quick, and must not raise."""

    def request(self, ended: Ended) -> None:
        """A request ended."""

    def sleep(self, name: str, seconds: float, why: str) -> None:
        """A host or an origin is left alone for so long."""


@dataclass(slots=True)
class Stats:
    """Counts of this run. ``requests`` include robots.txt; ``failures`` (by kind) count tries, not pages; ``targets``
    are links' targets outside of reach that were checked, ``unchanged`` pages that a server said are as they were,
    ``links_opened`` and ``links_closed`` links that came and went on pages asked for again;
    ``sitemaps`` counts those by what came of them, ``listed`` what they and the ``feeds`` list: ``pages`` in scope, or
    why not. ``retries_put_off`` are tries again that were too many at once, and waited longer. ``outcomes`` are
    requests by purpose and outcome."""

    requests: int = 0
    pages: int = 0
    links: int = 0
    external_links: int = 0
    redirects: int = 0
    targets: int = 0
    unchanged: int = 0
    links_opened: int = 0
    links_closed: int = 0
    bytes: int = 0
    feeds: int = 0
    sitemaps: Counter[str] = field(default_factory=Counter)
    listed: Counter[str] = field(default_factory=Counter)
    retries_put_off: int = 0
    failures: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)
    listener: Listener | None = None

    def ended(self, purpose: str, errand: Errand, result: FetchResult, verdict: Verdict | None = None) -> None:
        """Count a request that ended, and tell the listener. A robots.txt has no verdict."""
        self.requests += 1
        outcome = (_plain_outcome(result) if verdict is None else verdict.outcome).name.lower()
        self.outcomes[purpose, outcome] += 1
        if self.listener is not None:
            reason = result.failure if verdict is None else verdict.reason
            depth = errand.row.depth if isinstance(errand, PageErrand) and purpose == "page" else None
            self.listener.request(
                Ended(
                    purpose, errand.url, errand.host.state.name, depth, outcome, result.status,
                    reason or result.cut or None, len(result.body), result.elapsed_ms, result.remote_ip,
                )
            )  # fmt: skip

    def slept(self, name: str, seconds: float, why: str) -> None:
        """Tell the listener that a host or an origin is left alone."""
        if self.listener is not None:
            self.listener.sleep(name, seconds, why)


def _plain_outcome(result: FetchResult) -> Outcome:
    if result.failure is not None or result.status is None:
        return Outcome.FAILURE
    if 300 <= result.status < 400:
        return Outcome.REDIRECT
    return Outcome.CHECKED if result.status < 300 else Outcome.HTTP_ERROR
