"""A web that changes, crawled again and again over real sockets: every answer about time is what really happened."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import pytest

from tests.crawler.crawling import crawl, sound
from tests.crawler.test_recrawl import aged, recrawl
from tests.fake_web.changing_web import ChangingWeb, Step
from wholinks.index.build import build_index
from wholinks.index.queries import Index
from wholinks.index.questions import Question
from wholinks.research.card.overview import overview
from wholinks.research.competitors.compare import compare
from wholinks.research.competitors.gap import gap
from wholinks.research.growth.history import Every, history

STATES: Final = 5
STALE_DAYS: Final = 180
DAYS_BETWEEN: Final = (10, 200, 10, 10)
"""After the second crawl nobody looks for so long that all is stale."""


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_five_crawls_of_a_changing_web_tell_its_history(seed: int, tmp_path: Path) -> None:
    web = ChangingWeb(seed)
    truth: list[dict[str, Step]] = []
    async with web.web.serve() as served:
        await crawl(served, web.starts, tmp_path)
        truth.append({domain: web.step(domain) for domain in web.domains})
        while web.state < STATES - 1:
            aged(tmp_path, DAYS_BETWEEN[web.state])
            web.change()
            await recrawl(served, tmp_path, ahead_days=400)
            await crawl(served, web.starts, tmp_path)
            truth.append({domain: web.step(domain) for domain in web.domains})
    sound(tmp_path, is_recrawled=True)
    build_index(tmp_path)
    with Index(tmp_path) as index:
        for domain in web.domains:
            _is_told(index, domain, [state[domain] for state in truth])
        _is_compared(index, web, truth[-1])


def _is_told(index: Index, domain: str, steps: list[Step]) -> None:
    now = index.who_links_to(domain).totals
    last = steps[-1]
    assert (
        now.backlinks, now.links, now.followed, now.referring_pages, now.referring_domains
    ) == (
        last.end, last.links, last.followed, last.referring_pages, last.referring_domains
    )  # fmt: skip
    built = datetime.fromtimestamp(index.built_at, UTC).date()
    days = [built - timedelta(sum(DAYS_BETWEEN[state:])) for state in range(STATES)]
    for day, step in zip(days[:-1], steps, strict=False):
        then = index.who_links_to(domain, as_of=day + timedelta(2)).totals
        assert (then.backlinks, then.referring_domains) == (step.end, step.referring_domains)
        assert (then.suspect, then.unknown, then.stale) == (step.suspect, 0, 0)
    told = history(index, Question(index.target(domain)), every=Every.DAY, since=days[0] - timedelta(2)).rows
    for day, step in zip(days, steps, strict=True):
        near = [row for row in told if abs(row.first - day) <= timedelta(2)]
        assert [sum(column) for column in zip(*((it.gained, it.discovered, it.lost) for it in near), strict=True)] == [
            step.gained, step.discovered, step.lost
        ]  # fmt: skip
        assert (near[-1].end, near[-1].suspect, near[-1].unknown) == (step.end, step.suspect, 0)
    for day, next_, step in zip(days, days[1:], steps, strict=False):
        (before,) = (row for row in told if row.first == next_ - timedelta(3))
        assert before.stale == (step.end - step.suspect if (next_ - day).days > STALE_DAYS else 0)
    card = overview(index, Question(index.target(domain)))
    month = next(it for it in card.windows if it.days == 30)
    within = [step for day, step in zip(days, steps, strict=True) if (built - day).days < 30]
    assert (month.gained, month.lost) == (sum(it.gained for it in within), sum(it.lost for it in within))


def _is_compared(index: Index, web: ChangingWeb, last: dict[str, Step]) -> None:
    rows = {row.target: row for row in compare(index, web.domains).rows}
    assert {domain: rows[domain].backlinks for domain in web.domains} == {it: last[it].end for it in web.domains}
    you, *rivals = web.domains[-1], *web.domains[:2]
    sources = {name: {it.source.split("/")[2] for it in web.backlinks if name in it.target} for name in (you, *rivals)}
    linking = {source for rival in rivals for source in sources[rival]}
    found = gap(index, you, rivals)
    assert found.linking == len(linking & sources[you] - {you, *rivals})
    assert found.proved + found.unknown == len(linking - sources[you] - {you, *rivals})
