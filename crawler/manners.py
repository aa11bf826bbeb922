"""What a request that ended means for those to come, whatever it was for: a page, a robots.txt, a sitemap, a target."""

import math
import time
from dataclasses import dataclass, field

from wholinks.storage.crawl_store import Batch

from .fetcher import FetchResult
from .hosts import Errand
from .politeness import FAILURES, HostState
from .retry_budget import LATER_S, RetryBudget
from .stats import Stats
from .uplink import Uplink


@dataclass(slots=True)
class Manners:
    """One of it is shared by everyone who asks."""

    uplink: Uplink
    stats: Stats
    retries: RetryBudget = field(default_factory=RetryBudget)

    def ended(self, errand: Errand, result: FetchResult, tries: int) -> None:
        """A request ended; there were so many ``tries`` before it."""
        self.uplink.note(errand.host.state.name, result)
        if not tries:
            self.retries.earn()

    def is_ours(self, result: FetchResult) -> bool:
        """Whether a failure is our own network's, and counts for nobody."""
        return result.is_unheard and self.uplink.is_down

    def failed(self, state: HostState, kind: str, result: FetchResult, retry_after_s: float | None) -> bool:
        """Have the host sleep as its failure asks for; whether that is our own network's."""
        is_ours = self.is_ours(result)
        asleep_until = state.asleep_until
        if not is_ours:
            state.failed(kind, result.ended_s, retry_after=retry_after_s)
        if state.asleep_until > asleep_until:
            self.stats.slept(state.name, state.asleep_until - result.ended_s, state.asleep_why)
        return is_ours

    def retry_wait_s(self, kind: str) -> float:
        """Seconds until a failed request is tried again."""
        if self.retries.spend():
            return FAILURES[kind].wait_s
        self.stats.retries_put_off += 1
        return max(FAILURES[kind].wait_s, LATER_S)


def remember_sleep(batch: Batch, state: HostState, ended_s: float) -> None:
    """Have the next crawl keep to the host's sleep too."""
    if state.asleep_until > ended_s:
        until = math.ceil(time.time() + state.asleep_until - ended_s)
        batch.host_sleeps.append((state.name, until, state.asleep_why))
