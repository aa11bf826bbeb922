"""Parser processes: what one page does to them, it does to itself alone."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator

import pytest

from wholinks.crawler import parse_worker
from wholinks.crawler.parse_messages import Job, packed
from wholinks.crawler.parse_pool import Parsed, ParsePool
from wholinks.crawler.parse_worker import Worker, serve
from wholinks.crawler.settings import Settings
from wholinks.storage.urls import PublicSuffixes

from .crawling import until

NESTED = b"<div>" * 100_000 + b"<p>x"
"""Lexbor is quadratic in depth: this takes it many seconds."""


def job(number: int, body: bytes | None = None) -> Job:
    html = b'<a href="http://b.example/%d">x</a>' % number if body is None else body
    return number, f"http://a.example/{number}", 0, html, "text/html", (), "", ()


def target_count(parsed: Parsed) -> int:
    """How many links came back."""
    assert parsed.rows is not None, parsed
    return len(parsed.rows.links)


@pytest.fixture
async def pool() -> AsyncIterator[ParsePool]:
    async with ParsePool(Settings(parsers=1, parse_timeout_s=0.5)) as started:
        yield started


def process_id(pool: ParsePool) -> int:
    process = pool._workers[0]._process
    assert process is not None
    return process.pid


async def in_order(pool: ParsePool, *jobs: Job) -> list[Parsed]:
    """All results, of jobs handed in at once for one host."""
    async with asyncio.timeout(30):
        return await asyncio.gather(*(pool.parse("a.example", one) for one in jobs))


async def test_pages_come_back_as_rows(pool: ParsePool) -> None:
    first, second = await in_order(pool, job(1), job(2, b"<p>no link"))
    assert (first.failure, target_count(first), target_count(second)) == ("", 1, 0)
    assert first.rows is not None
    assert first.rows.links[0][:2] == (1, 1)
    assert first.body_hash is not None


async def test_a_page_that_hangs_the_parser_fails_and_those_behind_it_succeed(pool: ParsePool) -> None:
    before = process_id(pool)
    results = await in_order(pool, job(1), job(2, NESTED), job(3), job(4, NESTED), job(5))
    assert [parsed.failure for parsed in results] == ["", "parse_timeout", "", "parse_timeout", ""]
    assert target_count(results[2]) == target_count(results[4]) == 1
    assert process_id(pool) != before


async def test_a_page_that_kills_the_parser_fails_and_those_behind_it_succeed() -> None:
    async with ParsePool(Settings(parsers=1, parse_timeout_s=20)) as pool:
        before = process_id(pool)
        await in_order(pool, job(1))  # it is at work
        asyncio.get_running_loop().call_later(0.5, os.kill, before, signal.SIGKILL)
        results = await in_order(pool, job(2, NESTED), job(3), job(4))
        assert [parsed.failure for parsed in results] == ["parse_crash", "", ""]
        assert process_id(pool) != before


async def test_a_parser_that_died_idle_costs_no_page(pool: ParsePool) -> None:
    await in_order(pool, job(1))
    os.kill(process_id(pool), signal.SIGKILL)
    await until(lambda: pool._workers[0]._transport is None)
    (parsed,) = await in_order(pool, job(2))
    assert parsed.failure == ""
    assert target_count(parsed) == 1


async def test_what_a_new_parser_does_not_know_the_old_one_sent_is_sent_again(pool: ParsePool) -> None:
    body = b"<a href=/x>x</a>"
    first, hung, again = await in_order(pool, job(1, body), job(2, NESTED), job(3, body))
    assert hung.failure == "parse_timeout"
    assert first.rows is not None
    assert again.rows is not None
    assert len(first.rows.candidates) == len(again.rows.candidates) == 1


async def test_a_cancelled_job_changes_nothing_for_the_next(pool: ParsePool) -> None:
    task = asyncio.create_task(pool.parse("a.example", job(1)))
    await asyncio.sleep(0)
    task.cancel()
    (parsed,) = await in_order(pool, job(2))
    assert target_count(parsed) == 1


async def test_a_host_keeps_its_parser() -> None:
    async with ParsePool(Settings(parsers=3)) as pool:
        same = b"<a href=http://same.example/>x"
        await asyncio.gather(*(pool.parse(f"{number}.example", job(number, same)) for number in range(40)))
        results = [await pool.parse(f"{number}.example", job(number, same)) for number in range(4)]
    assert all(parsed.rows is not None and not parsed.rows.urls for parsed in results)  # each has seen the URL before


async def test_closing_does_not_wait_for_a_hanging_page() -> None:
    async with asyncio.timeout(10), ParsePool(Settings(parsers=1, parse_timeout_s=60)) as pool:
        task = asyncio.create_task(pool.parse("a.example", job(1, NESTED)))
        await asyncio.sleep(0.3)
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_parser_that_can_not_be_started_again_is_an_error_of_each_waiting_page(
    pool: ParsePool, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refused(*_: object, **__: object) -> None:
        raise BlockingIOError("no more processes")

    monkeypatch.setattr(asyncio, "create_subprocess_exec", refused)
    async with asyncio.timeout(20):
        results = await asyncio.gather(
            *(pool.parse("a.example", one) for one in (job(1, NESTED), job(2), job(3))), return_exceptions=True
        )
    assert isinstance(results[0], Parsed)
    assert results[0].failure == "parse_timeout"
    assert [type(result) for result in results[1:]] == [BlockingIOError, BlockingIOError]


# ---- the worker itself


def worker() -> Worker:
    return Worker(PublicSuffixes(), "wholinks", follow_all=False)


def test_an_error_of_the_parser_is_answered_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("what a page")

    mine = worker()
    monkeypatch.setattr(parse_worker, "parse_page", broken)
    assert mine.work(job(7)) == (7, "ZeroDivisionError: what a page", ())


def test_what_a_failed_page_named_is_named_again_by_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    mine = worker()
    facts = mine._rows._facts
    calls = iter((True, False))

    def once(page: object, counts: object) -> object:
        if next(calls):
            raise MemoryError
        return facts(page, counts)  # type: ignore[arg-type]

    monkeypatch.setattr("wholinks.crawler.rows.RowMaker._facts", lambda _, page, counts: once(page, counts))
    assert mine.work(job(1, b"<a href=/x>x</a>"))[1] == "MemoryError: "
    _, problem, (_, _, origins, urls, _, _, candidates, _) = mine.work(job(2, b"<a href=/x>x</a>"))
    assert not problem
    assert (len(origins), len(urls), len(candidates)) == (1, 1, 1)


def test_a_worker_ends_when_its_parent_goes_away() -> None:
    ours, theirs = socket.socketpair()
    command = [sys.executable, "-P", "-m", "wholinks.crawler.parse_worker", "--product-token", "x", "--timeout", "9"]
    with theirs:
        process = subprocess.Popen([*command, "--fd", str(theirs.fileno())], pass_fds=(theirs.fileno(),))
    with process, ours:
        ours.sendall(packed(job(1)))
        assert ours.recv(1)
        ours.close()
        assert process.wait(20) == 0


@pytest.mark.parametrize("cut", [0, 2, 4, 20])
def test_a_parent_that_goes_away_amid_a_message_ends_the_worker_quietly(cut: int) -> None:
    ours, theirs = socket.socketpair()
    with theirs:
        with ours:
            ours.sendall(packed(job(1))[:cut])
        serve(theirs, worker(), 5)


def test_ctrl_c_is_not_the_workers_to_hear() -> None:
    ours, theirs = socket.socketpair()
    command = [sys.executable, "-P", "-m", "wholinks.crawler.parse_worker", "--product-token", "x", "--timeout", "9"]
    with theirs:
        process = subprocess.Popen([*command, "--fd", str(theirs.fileno())], pass_fds=(theirs.fileno(),))
    with process, ours:
        ours.sendall(packed(job(1)))
        assert ours.recv(65_536)
        process.send_signal(signal.SIGINT)
        ours.sendall(packed(job(2)))
        assert ours.recv(65_536)
