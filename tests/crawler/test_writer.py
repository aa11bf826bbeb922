"""Between the crawl and its store: nothing collected is lost, and nobody waits for ever."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

import pytest

from wholinks.crawler.writer import _MANY_LINKS, Writer
from wholinks.storage.crawl_store import Batch


@dataclass
class SlowStore:
    """Takes a while over each batch, and one at a time."""

    batches: list[Batch] = field(default_factory=list)
    seconds: float = 0.05
    is_busy: bool = False
    readmits: bool = False

    async def commit(self, batch: Batch) -> bool:
        assert not self.is_busy
        self.is_busy = True
        try:
            await asyncio.sleep(self.seconds)
        finally:
            self.is_busy = False
        self.batches.append(batch)
        return self.readmits

    @property
    def rows(self) -> list[str]:
        return [row[0] for batch in self.batches for row in batch.host_pages]


def batch(name: str, links: int = 0) -> Batch:
    return Batch(host_pages=[(name, 1)], links=[(1, number, 1, 0, 0, None, "") for number in range(links)])


def writer_of(store: SlowStore, committed: Callable[[], None] = lambda: None, *, is_starving: bool = True) -> Writer:
    return Writer(store, is_starving=lambda: is_starving, committed=committed)  # type: ignore[arg-type]


@pytest.fixture
def store() -> SlowStore:
    return SlowStore()


@pytest.fixture
async def writer(store: SlowStore) -> AsyncIterator[Writer]:
    made = writer_of(store)
    task = asyncio.create_task(made.run())
    yield made
    made.close()
    async with asyncio.timeout(5):
        await task


async def test_what_is_put_is_committed_in_order_and_then_called_for(store: SlowStore, writer: Writer) -> None:
    called: list[str] = []
    for name in "abc":
        writer.put(batch(name), lambda name=name: called.append(name))  # type: ignore[misc]
        await asyncio.sleep(0)
    assert not writer.is_idle
    assert not called
    await writer.drain()
    assert writer.is_idle
    assert store.rows == called == ["a", "b", "c"]


async def test_closing_commits_what_is_left_even_amid_a_commit(store: SlowStore) -> None:
    writer = writer_of(store)
    task = asyncio.create_task(writer.run())
    writer.put(batch("a"))
    await asyncio.sleep(0.005)
    assert store.is_busy
    writer.put(batch("b"))
    writer.close()
    writer.put(batch("c"))
    async with asyncio.timeout(5):
        await task
    assert store.rows == ["a", "b", "c"]


async def test_draining_waits_for_a_commit_under_way(store: SlowStore, writer: Writer) -> None:
    writer.put(batch("a"))
    await asyncio.sleep(0.005)
    assert store.is_busy
    await writer.drain()
    assert store.rows == ["a"]
    assert not store.is_busy


async def test_every_commit_is_told_though_nobody_waits_for_its_rows(store: SlowStore) -> None:
    told = asyncio.Event()
    writer = writer_of(store, told.set)
    task = asyncio.create_task(writer.run())
    writer.put(batch("a"))
    async with asyncio.timeout(5):
        await told.wait()
    assert writer.is_idle
    writer.close()
    await task


async def test_too_much_at_once_makes_errands_wait_for_room(store: SlowStore, writer: Writer) -> None:
    await writer.room()
    writer.put(batch("a"))
    await asyncio.sleep(0.005)
    assert store.is_busy
    writer.put(batch("b", _MANY_LINKS + 1))
    room = asyncio.create_task(writer.room())
    await asyncio.sleep(0)
    assert not room.done()
    async with asyncio.timeout(5):
        await room


async def test_under_load_a_batch_gathers_until_there_is_much(store: SlowStore) -> None:
    writer = writer_of(store, is_starving=False)
    task = asyncio.create_task(writer.run())
    for name in "abc":
        writer.put(batch(name))
        await asyncio.sleep(0.01)
    assert not store.batches
    writer.put(batch("d", _MANY_LINKS + 1))
    await writer.room()
    writer.close()
    await task
    assert len(store.batches) == 1


async def test_commits_have_a_small_share_of_the_time_unless_nothing_else_is_under_way(store: SlowStore) -> None:
    told = asyncio.Event()
    writer = writer_of(store, told.set)
    task = asyncio.create_task(writer.run())
    async with asyncio.timeout(5):
        writer.put(batch("a"))
        await told.wait()
        told.clear()
        for name in "bc":
            writer.put(batch(name))
            await asyncio.sleep(store.seconds * 2)
        assert store.rows == ["a"]
        writer.hurry()
        await told.wait()
    assert [len(it.host_pages) for it in store.batches] == [1, 2]
    writer.close()
    await task


async def test_a_commit_that_let_pages_in_is_noted(store: SlowStore, writer: Writer) -> None:
    writer.put(batch("a"))
    await writer.drain()
    assert not writer.has_readmitted
    store.readmits = True
    writer.put(batch("b"))
    await writer.drain()
    assert writer.has_readmitted


async def test_an_error_of_the_store_is_the_writers(store: SlowStore, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(_: Batch) -> bool:
        raise OSError("gone")

    monkeypatch.setattr(store, "commit", broken)
    writer = writer_of(store)
    writer.put(batch("a"))
    with pytest.raises(OSError, match="gone"):
        await writer.run()
