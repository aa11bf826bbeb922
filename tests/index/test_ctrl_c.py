"""Who watches for Ctrl-C, and who is left alone."""

import asyncio
import os
import signal
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from tests.graph import Graph
from tests.index.asking import index_of
from wholinks.index.ctrl_c import Watch
from wholinks.index.source import crawl_snapshot
from wholinks.storage import views


def _woken() -> int:
    """Who is woken by signals now; -1 for nobody."""
    found = signal.set_wakeup_fd(-1)
    signal.set_wakeup_fd(found)
    return found


@pytest.fixture(autouse=True)
def _python_s_own_way() -> Iterator[None]:
    """Workers of a parallel test run ignore the signal."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_it_is_watched_while_an_index_is_open(tmp_path: Path) -> None:
    with index_of(Graph().page("http://a.example/", ["http://b.example/"]), tmp_path):
        assert _woken() != -1
    assert _woken() == -1
    assert not [thread for thread in threading.enumerate() if thread.name == "wholinks-ctrl-c"]


def test_watches_overlap() -> None:
    first, second = Watch(), Watch()
    first.end()
    first.end()
    assert _woken() != -1
    second.end()
    assert _woken() == -1


def test_an_event_loop_is_left_alone() -> None:
    async def watch() -> None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, lambda: None)
        before = _woken()
        ours = Watch()
        assert _woken() == before != -1
        ours.end()
        assert _woken() == before

    asyncio.run(watch())


def test_who_came_meanwhile_is_left_alone() -> None:
    ours = Watch()
    reader, writer = socket.socketpair()
    writer.setblocking(False)
    signal.set_wakeup_fd(writer.fileno())
    ours.end()
    assert signal.set_wakeup_fd(-1) == writer.fileno()
    reader.close()
    writer.close()


def test_a_program_with_a_handler_is_left_alone() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    ours = Watch()
    assert _woken() == -1
    ours.end()


def test_another_thread_does_not_watch() -> None:
    def watch() -> None:
        ours = Watch()
        ours.end()

    thread = threading.Thread(target=watch)
    thread.start()
    thread.join()
    assert _woken() == -1


def test_an_end_in_another_thread_closes_nothing_that_signals_are_written_to() -> None:
    ours = Watch()
    woken = _woken()
    thread = threading.Thread(target=ours.end)
    thread.start()
    thread.join()
    assert _woken() == woken != -1
    os.fstat(woken)
    again = Watch()
    assert _woken() == woken
    again.end()
    assert _woken() == -1


def test_a_statement_left_open_hides_no_interruption(tmp_path: Path) -> None:
    with index_of(Graph().page("http://a.example/", ["http://b.example/"]), tmp_path):
        pass
    duck = duckdb.connect(":memory:")

    def build() -> None:
        with crawl_snapshot(tmp_path / views.CRAWL_DB) as crawl:
            left_open = crawl.rows(duck, views.LAST_FETCH)
            left_open.__enter__()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build()
    duck.close()
