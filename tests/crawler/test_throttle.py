"""How fast the whole crawl goes: by a clock that is a number, and by the server's."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from tests.fake_web import FakeWeb, Response
from wholinks.crawler.throttle import BURST_S, Account

from .crawling import crawl, page_requests


@given(
    st.floats(0.5, 1000),
    st.lists(st.tuples(st.floats(0, 5), st.integers(0, 1000)), min_size=1, max_size=50),
)
def test_an_account_is_never_overdrawn_for_longer_than_its_last_draw(
    per_s: float, draws: list[tuple[float, int]]
) -> None:
    """Whoever waits until it is free has drawn no more than its rate and one draw, in any stretch of time."""
    account = Account(per_s)
    now, drawn = 0.0, []
    for pause, units in draws:
        now = max(now + pause, account.free_at)
        account.draw(units, now)
        drawn.append((now, units))
    for first, (start, _) in enumerate(drawn):
        total = 0
        for when, units in drawn[first:]:
            assert total <= (when - start + BURST_S) * per_s * 1.000001 + 0.001
            total += units


def test_no_limit_is_no_limit() -> None:
    account = Account(None)
    account.draw(10**12, 0.0)
    assert account.free_at < 0


def sites(count: int, body: bytes = b"<p>x") -> tuple[FakeWeb, list[str]]:
    web = FakeWeb()
    starts = [f"http://s{number}.example/" for number in range(count)]
    for start in starts:
        web.answer(start, Response(body=body))
    return web, starts


async def test_the_rate_over_all_hosts_is_kept_robots_txt_included(tmp_path: Path) -> None:
    web, starts = sites(20)
    async with web.serve() as served:
        await crawl(served, starts, tmp_path, max_rate=40.0)
        assert len(served.log) == 40
        assert served.log[-1].arrived_s - served.log[0].arrived_s >= (40 - 1) / 40 - BURST_S - 0.05


async def test_the_bandwidth_over_all_hosts_is_kept_on_the_mean(tmp_path: Path) -> None:
    web, starts = sites(20, b"<p>" + b"x" * 50_000)
    async with web.serve() as served:
        await crawl(served, starts, tmp_path, max_bandwidth=1_000_000, concurrency=2)
        asked = [request for request in served.log if request.path == "/"]
        assert asked[-1].arrived_s - asked[0].arrived_s >= (20 - 3) * 0.05 - BURST_S - 0.05
    assert len(page_requests(served)) == 20


async def test_a_limit_longer_than_the_patience_does_not_end_the_crawl(tmp_path: Path) -> None:
    web, starts = sites(2)
    async with web.serve() as served:
        await crawl(served, starts, tmp_path, max_rate=2.5, patience_s=0.05)
    assert len(page_requests(served)) == 2
