"""Checking link targets outside of reach: is it there, where does it redirect? One GET each, never read.

What it learns are fetches, with their redirects and failures; a target is no page of the crawl, and counts in no budget
and in no coverage.
"""

import time
from collections.abc import Collection

from wholinks.storage.crawl_store import Batch, PageRow, TargetStateRow, WaitingRow
from wholinks.storage.records import Outcome, State

from .answers import Sort, Verdict, judge
from .fetcher import FetchResult
from .hosts import PageErrand
from .visitor import Visitor


class TargetVisitor(Visitor):
    """Runs errands whose pages are rows of the table ``target``, by url_id."""

    async def page(self, errand: PageErrand) -> None:
        """Ask for a target, and hand on what came of it."""
        result = await self.fetcher.get(errand.url, is_read=False)
        self.manners.ended(errand, result, errand.row.tries)
        now = int(time.time())
        verdict = judge(result, now)
        self.stats.ended("target", errand, result, verdict)
        self.stats.targets += 1
        if verdict.sort is Sort.FAILURE:
            self._failed(errand, result, verdict, now)
            return
        errand.host.state.succeeded()
        self.frontier.release(errand, result.ended_s, counts=False, pace=result.pace)
        if verdict.sort is Sort.REDIRECT:
            self._follow(errand, result, verdict, now)
        else:
            is_error = verdict.outcome is Outcome.HTTP_ERROR
            if is_error:
                self.stats.failures[f"target_{verdict.reason}"] += 1
            outcome, reason = (verdict.outcome, verdict.reason) if is_error else (Outcome.CHECKED, None)
            fetch = self._fetch_row(errand, result, outcome, now, reason)._replace(is_complete=0)
            state = State.FAILED if is_error else State.FETCHED
            self._settle(errand, Batch(fetches=[fetch]), state, reason)
        await self.writer.room()

    def _follow(self, errand: PageErrand, result: FetchResult, verdict: Verdict, now: int) -> None:
        """Have the redirect's target asked next, unless it is known or the chain too long."""
        redirects = errand.row.redirects + 1
        self.stats.redirects += 1
        target_id, origin_id, _ = self.rows.url(verdict.target)
        fetch = self._fetch_row(errand, result, Outcome.REDIRECT, now)._replace(redirect_url_id=target_id)
        batch = Batch()
        if self.sites.site(verdict.target) != self.sites.site(errand.url):
            fetch = self._redirect_link(batch, fetch, target_id, verdict)
        batch.fetches = [fetch]
        batch.origins, batch.urls = self.rows.take()
        if redirects > self.settings.max_redirects:
            self._settle(errand, batch, State.FAILED, "too_many_redirects")
            return
        batch.targets = [(target_id, origin_id, redirects, fetch.requested_url_id)]
        self._settle(errand, batch, State.REDIRECTED, None, [origin_id])

    def _settle(
        self,
        errand: PageErrand,
        batch: Batch,
        state: State,
        reason: str | None,
        found: Collection[int] = (),
        *,
        counts: bool = False,
    ) -> None:
        """The same for a target, which counts in no budget, given up or not."""
        super()._settle(errand, batch, state, reason, found, counts=False)

    def put_off(self, row: WaitingRow, state: State, reason: str) -> None:
        """Commit that a target is not to be asked."""
        batch = Batch(checked=[TargetStateRow(state, reason, row.tries, row.key_id)])
        self.writer.put(batch, lambda: self.frontier.settled([row.key_id]))

    def _became(self, batch: Batch, row: PageRow) -> None:
        batch.checked.append(TargetStateRow(row.state, row.reason, row.tries, row.key_id))
