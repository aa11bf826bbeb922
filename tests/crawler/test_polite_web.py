"""Politeness on two hundred hosts at once, judged by the server's clock and log alone.

A third of the hosts are plain, some ask for a Crawl-delay or a Request-rate, some answer 429 once with a time to wait,
some 503, some redirect to another host, some have three origins, some break off. Whatever happens: one request at a
time to a host, never closer than its delay to the last answer, and who sleeps holds nobody up.
"""

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.fake_web import FakeWeb, InTurn, Raw, Response, Served, retry_after
from wholinks.crawler.politeness import FAILURES
from wholinks.storage.records import State

from .crawling import crawl, states

HOSTS = 200
DELAY_S = 0.25
CLOCK_S = 0.03
"""How much later than the client the server may think that an answer ended."""
SLEEP_S = 3
"""What hosts that limit us ask for; whole seconds are all that Retry-After can say."""
WORKERS = 8
"""Fewer than there are hosts asleep at once."""


@dataclass
class Neighbourhood:
    """The web, where to start, and the delay each host has a right to."""

    web: FakeWeb = field(default_factory=FakeWeb)
    starts: list[str] = field(default_factory=list)
    delays_s: dict[str, float] = field(default_factory=dict)
    limiting: list[str] = field(default_factory=list)
    awake: list[str] = field(default_factory=list)


def neighbourhood() -> Neighbourhood:
    made = Neighbourhood()
    kinds = (plain, crawl_delay, limiting, broken, redirecting, request_rate, many_origins, plain)
    for number in range(HOSTS):
        host = f"h{number}.example"
        made.delays_s[host] = DELAY_S
        made.starts.append(f"http://{host}/")
        kinds[number % len(kinds)](made, host)
    return made


def site(web: FakeWeb, origin: str, size: int = 2) -> None:
    web.page(f"{origin}/", [f"{origin}/{number}" for number in range(size)])
    for number in range(size):
        web.page(f"{origin}/{number}")


def plain(made: Neighbourhood, host: str) -> None:
    made.awake.append(host)
    site(made.web, f"http://{host}", 4)


def crawl_delay(made: Neighbourhood, host: str) -> None:
    made.delays_s[host] = 0.6
    site(made.web, f"http://{host}")
    made.web.robots(f"http://{host}", "User-agent: *\nCrawl-delay: 0.6")


def request_rate(made: Neighbourhood, host: str) -> None:
    made.delays_s[host] = 1.0
    site(made.web, f"http://{host}")
    made.web.robots(f"http://{host}", "User-agent: *\nRequest-rate: 60/1m 0600-0845")


def limiting(made: Neighbourhood, host: str) -> None:
    made.limiting.append(host)
    site(made.web, f"http://{host}")
    made.web.answer(f"http://{host}/0", InTurn(retry_after(str(SLEEP_S)), Response(body=b"<p>x")))


def broken(made: Neighbourhood, host: str) -> None:
    site(made.web, f"http://{host}")
    made.web.answer(f"http://{host}/0", InTurn(Raw(), Response(503), Response(body=b"<p>x")))
    made.web.answer(f"http://{host}/robots.txt", InTurn(Raw(by_reset=True), Response(404)))


def redirecting(made: Neighbourhood, host: str) -> None:
    number = int(host.removeprefix("h").partition(".")[0])
    other = f"http://h{number - 4}.example"  # a plain one
    site(made.web, f"http://{host}")
    made.web.redirect(f"http://{host}/0", f"{other}/1")
    made.web.redirect(f"http://{host}/robots.txt", f"{other}/robots.txt")


def many_origins(made: Neighbourhood, host: str) -> None:
    for origin in (f"http://{host}", f"http://{host}:8080", f"http://{host}:8000"):
        site(made.web, origin, 1)
        made.starts.append(f"{origin}/")


def assert_polite(served: Served, made: Neighbourhood) -> None:
    """One at a time, and never too soon. What robots.txt asks for holds from the answer that says so."""
    for host, delay_s in made.delays_s.items():
        assert served.max_concurrent(host) == 1, host
        assert min(served.gaps(host)) >= delay_s - CLOCK_S, host


async def test_two_hundred_hosts_are_each_asked_politely(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for kind, policy in FAILURES.items():
        monkeypatch.setitem(FAILURES, kind, policy._replace(wait_s=min(policy.wait_s, 0.01)))
    made = neighbourhood()
    async with made.web.serve() as served:
        report = await crawl(
            served, made.starts, tmp_path, hops=0, delay_s=DELAY_S, concurrency=WORKERS, patience_s=SLEEP_S + 2
        )
        assert_polite(served, made)
        assert len({request.host for request in served.log}) == HOSTS
        assert served.max_concurrent() <= WORKERS
        asleep = [sleep_of(served, host) for host in made.limiting]
    assert set(states(tmp_path).values()) == {State.FETCHED, State.REDIRECTED}
    assert not report.asleep
    assert len(asleep) > 2 * WORKERS
    assert all(until - since >= SLEEP_S - CLOCK_S for since, until in asleep)
    others = [request.arrived_s for request in served.log if request.host in made.awake]
    most_asleep = max(sum(since < arrived_s < until for since, until in asleep) for arrived_s in others)
    assert most_asleep > WORKERS, "who sleeps holds a worker"


def sleep_of(served: Served, host: str) -> tuple[float, float]:
    """From the end of the answer that asked for time to the next request."""
    requests = served.requests(host)
    place = next(place for place, request in enumerate(requests) if request.path == "/0")
    ended_s = requests[place].ended_s
    assert ended_s is not None
    return ended_s, requests[place + 1].arrived_s


async def test_politeness_is_kept_over_many_short_crawls(tmp_path: Path) -> None:
    """A restart is no reason to ask at once: neither for the delay, nor for what a host asked for."""
    made = Neighbourhood()
    for number in range(20):
        host = f"h{number}.example"
        made.delays_s[host] = DELAY_S
        made.starts.append(f"http://{host}/")
        (plain, limiting)[number % 2](made, host)
    async with made.web.serve() as served:
        for limit in (5, 25, 45, None):
            await crawl(
                served, made.starts, tmp_path, delay_s=DELAY_S, max_pages=limit, patience_s=SLEEP_S + 2, concurrency=4
            )
        assert_polite(served, made)
        for host in made.limiting:
            since, until = sleep_of(served, host)
            assert until - since >= SLEEP_S - CLOCK_S
