"""The writer of crawl.db: whole batches or nothing, and states, depths and reach that come out right in any order."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterable
from contextlib import closing
from itertools import permutations
from pathlib import Path

import pytest

from wholinks.storage.crawl_store import Batch, CandidateRow, CrawlStore, FetchRow, PageRow, RobotsRow
from wholinks.storage.database import CRAWL_DB
from wholinks.storage.errors import DataFolderError
from wholinks.storage.records import Kind, Outcome, State, bits
from wholinks.storage.urls import dedup_key, identity, origin_of, path_of

A, B, C = (f"http://{name}.example/" for name in "abc")
NOW = 1_700_000_000


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / CRAWL_DB


@pytest.fixture
async def store(path: Path) -> AsyncIterator[CrawlStore]:
    async with await CrawlStore.open(path, max_depth=3) as opened:
        yield opened


def known(*urls: str) -> Batch:
    """Rows that make URLs known."""
    batch = Batch()
    for url in urls:
        origin, key = origin_of(url), identity(dedup_key(url))
        origin_id, url_id = identity(origin.text), identity(url)
        batch.origins.append((origin_id, origin.text, origin.host, origin.host, origin.host))
        batch.urls.append((url_id, origin_id, path_of(url), None if key == url_id else key))
    return batch


def candidate(url: str, depth: int, reason: str | None = None) -> CandidateRow:
    state = State.DISCOVERED if reason is None else State.EXCLUDED
    ids = identity(dedup_key(url)), identity(url), identity(origin_of(url).text)
    return CandidateRow(*ids, state, reason, depth, 0, None, NOW, None)


def offer(url: str, depth: int, reason: str | None = None) -> Batch:
    batch = known(url)
    batch.candidates.append(candidate(url, depth, reason))
    return batch


def fetched(number: int, url: str, targets: Iterable[str], *, robots: int = 0, kind: Kind = Kind.TEXT) -> Batch:
    """A page that was read, its links, and its state; what it names is not offered."""
    targets = list(targets)
    batch = known(url, *targets)
    row = FetchRow(number, identity(url), identity(url), 0, NOW, 1, Outcome.PAGE, status=200, robots=robots)
    batch.fetches.append(row)
    batch.links += [(number, n, identity(target), bits(kind), 0, None, "x") for n, target in enumerate(targets, 1)]
    batch.pages.append(PageRow(State.FETCHED, None, 1, identity(dedup_key(url))))
    return batch


def pages(path: Path) -> dict[str, tuple[State, str | None, int]]:
    with closing(sqlite3.connect(path)) as db:
        rows = db.execute("SELECT url, state, reason, depth FROM page JOIN urls USING (url_id)").fetchall()
    return {url: (State(state), reason, depth) for url, state, reason, depth in rows}


def scalar(path: Path, statement: str) -> object:
    with closing(sqlite3.connect(path)) as db:
        return db.execute(statement).fetchone()[0]


# ---- batches


async def test_a_batch_is_written_as_a_whole_or_not_at_all(store: CrawlStore, path: Path) -> None:
    await store.commit(offer(A, 0))
    await store.commit(fetched(1, A, [B]))
    broken = fetched(1, A, [C])  # the number of the fetch is taken
    broken.candidates.append(candidate(C, 1))
    with pytest.raises(DataFolderError, match="UNIQUE"):
        await store.commit(broken)
    assert scalar(path, "SELECT count(*) FROM link") == 1
    assert pages(path) == {A: (State.FETCHED, None, 0)}
    await store.commit(offer(C, 1))
    assert C in pages(path)


async def test_transactions_wait_for_each_other(store: CrawlStore, path: Path) -> None:
    batches = [store.commit(offer(f"{A}{number}", 1)) for number in range(20)]
    await asyncio.gather(*batches, store.end_run(1, NOW, "done"))
    assert len(pages(path)) == 20


async def test_an_empty_batch_is_false_and_extending_joins_rows() -> None:
    batch = Batch()
    assert not batch
    batch.extend(fetched(1, A, [B]))
    batch.extend(fetched(2, B, [A]))
    assert batch
    assert [row.fetch_id for row in batch.fetches] == [1, 2]


async def test_a_url_known_already_is_no_clash_and_another_text_with_its_id_is_counted(
    store: CrawlStore, path: Path
) -> None:
    await store.commit(known(A, A))
    await store.commit(known(A))
    assert scalar(path, "SELECT sum(clash) FROM url") == scalar(path, "SELECT sum(clash) FROM origin") == 0
    await store.commit(Batch(urls=[(identity(A), identity("http://a.example"), "/other", None)]))
    assert (scalar(path, "SELECT clash FROM url"), scalar(path, "SELECT path FROM url")) == (1, "/")


async def test_what_was_committed_is_there_for_the_next_crawl(path: Path) -> None:
    async with await CrawlStore.open(path) as store:
        assert await store.last_fetch_id() == 0
        assert await store.start_run(NOW, {"a": 1}, {"suffix_list": "x"}) == 1
        await store.commit(offer(A, 0))
        await store.commit(offer(B, 2))
        batch = fetched(7, A, [])
        batch.host_pages += [("a.example", 1), ("a.example", 2)]
        batch.host_sleeps += [("a.example", NOW + 5, "asked"), ("b.example", NOW + 9, "tired")]
        batch.robots += [RobotsRow(1, NOW, 200, b"x"), RobotsRow(1, NOW + 1, None, b"")]
        await store.commit(batch)
        await store.end_run(1, NOW, "done")
    async with await CrawlStore.open(path) as store:
        assert await store.start_run(NOW, {}, {}) == 2
        assert scalar(path, "SELECT value FROM meta WHERE key = 'suffix_list'") == "x"
        assert await store.last_fetch_id() == 7
        assert await store.page_count() == 3
        hosts = [("a.example", 3, NOW + 5, "asked"), ("b.example", 0, NOW + 9, "tired")]
        assert [sorted(slice_) async for slice_ in store.host_facts()] == [hosts]
        assert await store.robots([1, 2]) == [RobotsRow(1, NOW + 1, None, b"x")]
        assert await store.counts() == {(State.DISCOVERED, None): 1, (State.FETCHED, None): 1}
        assert [ids async for ids in store.waiting_origins()] == [[identity("http://b.example")]]
        assert await store.still_waiting([identity(A), identity(B), identity(C)]) == {identity(B)}


async def test_pages_wait_with_the_shallowest_first_up_to_the_limit_of_each_origin(store: CrawlStore) -> None:
    for url, depth in ((f"{A}3", 3), (f"{A}1", 1), (f"{A}2", 2), (f"{B}1", 1), (f"{B}0", 0)):
        await store.commit(offer(url, depth))
    (origins,) = [ids async for ids in store.waiting_origins()]
    assert [row.origin for row in await store.origin_facts(origins)] == ["http://b.example", "http://a.example"]
    rows = await store.waiting(origins, 2)
    assert [(row.depth, row.path) for row in rows] == [(0, "/0"), (1, "/1"), (1, "/1"), (2, "/2")]
    assert await store.waiting([], 2) == []


# ---- candidates


OFFERS = [(1, None), (5, "depth"), (2, "nofollow_page"), (5, "nofollow_page")]


@pytest.mark.parametrize("order", list(permutations(OFFERS, 3)) + list(permutations(OFFERS, 2)))
async def test_what_becomes_of_a_page_does_not_depend_on_the_order_in_which_it_is_named(
    store: CrawlStore, path: Path, order: tuple[tuple[int, str | None], ...]
) -> None:
    for depth, reason in order:
        await store.commit(offer(B, depth, reason))
    depth = min(depth for depth, _ in order)
    if all(reason == "nofollow_page" for _, reason in order):
        assert pages(path)[B] == (State.EXCLUDED, "nofollow_page", depth)
    elif depth > 3:
        assert pages(path)[B] == (State.EXCLUDED, "depth", depth)
    else:
        assert pages(path)[B] == (State.DISCOVERED, None, depth)


async def test_a_page_let_in_by_another_way_is_told(store: CrawlStore) -> None:
    assert not await store.commit(offer(B, 2, "nofollow_page"))
    assert not await store.commit(offer(B, 1, "nofollow_page"))
    assert await store.commit(offer(B, 5, "depth"))
    assert not await store.commit(offer(C, 0))


@pytest.mark.parametrize("state", [State.FETCHED, State.FAILED, State.BLOCKED, State.REDIRECTED])
async def test_a_page_that_ended_is_not_opened_by_being_named_again(
    store: CrawlStore, path: Path, state: State
) -> None:
    await store.commit(offer(A, 2))
    await store.commit(Batch(pages=[PageRow(state, "why", 1, identity(A))]))
    await store.commit(offer(A, 1))
    assert pages(path)[A] == (state, "why", 1)


async def test_a_spelling_that_its_own_page_redirects_to_is_opened_once(store: CrawlStore, path: Path) -> None:
    tracked = f"{A}?utm_source=x"
    key, origin_id = identity(A), identity("http://a.example")
    respelled = (key, identity(A), origin_id, 1, identity(tracked))
    await store.commit(offer(tracked, 0))
    redirected = known(A)
    redirected.fetches.append(FetchRow(1, identity(tracked), identity(tracked), 0, NOW, 1, Outcome.REDIRECT))
    redirected.pages.append(PageRow(State.REDIRECTED, None, 1, key))
    redirected.respelled.append(respelled)
    await store.commit(redirected)
    assert pages(path) == {A: (State.DISCOVERED, None, 0)}
    (row,) = await store.waiting([origin_id], 5)
    assert (row.redirects, row.requested_url_id) == (1, identity(tracked))
    await store.commit(fetched(2, A, []))
    await store.commit(Batch(respelled=[(key, identity(tracked), origin_id, 1, identity(A)), respelled]))
    assert pages(path) == {A: (State.FETCHED, None, 0)}


# ---- depths


async def chain(store: CrawlStore, length: int) -> list[str]:
    """A page at depth 3 that names one that names one …, all of them read."""
    urls = [f"{A}{number}" for number in range(length)]
    for number, url in enumerate(urls):
        await store.commit(offer(url, 3 + number, None if number == 0 else "depth"))
        await store.commit(fetched(number + 1, url, urls[number + 1 : number + 2]))
    return urls


async def test_a_lower_depth_is_carried_on_along_links(store: CrawlStore, path: Path) -> None:
    urls = await chain(store, 6)
    await store.commit(offer(urls[0], 0))
    assert [pages(path)[url][2] for url in urls] == [0, 1, 2, 3, 4, 5]


async def test_a_page_may_come_nearer_twice_in_one_batch(store: CrawlStore, path: Path) -> None:
    urls = await chain(store, 3)
    nearer = offer(urls[0], 2)
    nearer.candidates.append(candidate(urls[0], 1))
    await store.commit(nearer)
    assert [pages(path)[url][2] for url in urls] == [1, 2, 3]


async def test_a_lower_depth_lets_in_what_was_too_deep_and_that_is_told(store: CrawlStore, path: Path) -> None:
    await store.commit(offer(A, 3))
    await store.commit(offer(B, 4, "depth"))
    await store.commit(offer(C, 4, "nofollow_page"))
    await store.commit(fetched(1, A, [B, C]))
    assert await store.commit(offer(A, 1))
    assert pages(path) == {
        A: (State.FETCHED, None, 1), B: (State.DISCOVERED, None, 2), C: (State.EXCLUDED, "nofollow_page", 2)
    }  # fmt: skip


async def test_depth_goes_round_circles_once(store: CrawlStore, path: Path) -> None:
    for number, (url, target) in enumerate(((A, B), (B, C), (C, A)), 1):
        await store.commit(offer(url, number))
        await store.commit(fetched(number, url, [target]))
    await store.commit(offer(C, 0))
    assert {url: depth for url, (_, _, depth) in pages(path).items()} == {C: 0, A: 1, B: 2}


async def test_what_a_page_names_is_counted_from_its_depth_now(store: CrawlStore, path: Path) -> None:
    """It was handed out at depth 3 and came nearer before its answer was committed."""
    await store.commit(offer(A, 3))
    await store.commit(offer(A, 1))
    batch = fetched(1, A, [B])
    batch.candidates.append(candidate(B, 4, "depth"))
    batch.depths.append((identity(A), 3))
    assert await store.commit(batch)
    assert pages(path)[B] == (State.DISCOVERED, None, 2)


async def test_forms_carry_no_depth_on(store: CrawlStore, path: Path) -> None:
    await store.commit(offer(A, 3))
    await store.commit(offer(B, 4, "depth"))
    await store.commit(fetched(1, A, [B], kind=Kind.FORM))
    await store.commit(offer(A, 0))
    assert pages(path)[B][2] == 4


# ---- limits and reach


async def sites(store: CrawlStore, *domains: str) -> None:
    await store.commit(Batch(sites=[(domain, hop, "x") for hop, domain in enumerate(domains)]))


async def test_limits_given_now_decide(store: CrawlStore, path: Path) -> None:
    await sites(store, "a.example", "b.example")
    for url, reason in ((A, None), (B, None), (f"{A}n", "nofollow_page")):
        await store.commit(offer(url, 1, reason))
    await store.apply_limits(hops=0, nofollow_pages=False, robots_before=0)
    assert [state for state, *_ in pages(path).values()].count(State.EXCLUDED) == 2
    assert pages(path)[B] == (State.EXCLUDED, "scope", 1)
    await store.apply_limits(hops=1, nofollow_pages=True, robots_before=0)
    assert {state for state, *_ in pages(path).values()} == {State.DISCOVERED}


async def test_what_a_budget_left_waiting_is_postponed_and_comes_back(store: CrawlStore, path: Path) -> None:
    await sites(store, "a.example", "b.example")
    for url in (A, f"{A}1", B, C):
        await store.commit(offer(url, 1))
    await store.commit(Batch(pages=[PageRow(State.FETCHED, None, 1, identity(A))]))
    await store.postpone(["a.example"], ["b.example"])
    assert [pages(path)[url][0] for url in (A, f"{A}1", B, C)] == [1, 5, 5, 0]
    await store.apply_limits(hops=1, nofollow_pages=False, robots_before=0)
    assert [pages(path)[url][0] for url in (A, f"{A}1", B)] == [1, 0, 0]


async def test_blocked_pages_wait_for_a_robots_txt_that_is_asked_for_again(store: CrawlStore, path: Path) -> None:
    await sites(store, "a.example")
    await store.commit(Batch(sites=[("b.example", 0, "seed")]))
    for url, at in ((A, NOW), (B, NOW - 100)):
        await store.commit(offer(url, 0))
        await store.commit(Batch(pages=[PageRow(State.BLOCKED, "robots", 0, identity(url))]))
        await store.commit(Batch(robots=[RobotsRow(identity(origin_of(url).text), at, 200, b"")]))
    await store.apply_limits(hops=0, nofollow_pages=False, robots_before=NOW - 50)
    assert [pages(path)[url][0] for url in (A, B)] == [State.BLOCKED, State.DISCOVERED]


async def test_blocked_pages_of_hosts_whose_robots_txt_is_ignored_come_back(store: CrawlStore, path: Path) -> None:
    await sites(store, "a.example")
    await store.commit(Batch(sites=[("b.example", 0, "seed")]))
    for url in (A, B):
        await store.commit(offer(url, 0))
        await store.commit(Batch(pages=[PageRow(State.BLOCKED, "robots", 0, identity(url))]))
        await store.commit(Batch(robots=[RobotsRow(identity(origin_of(url).text), NOW, 200, b"")]))
    await store.apply_limits(hops=0, nofollow_pages=False, robots_before=0, ignore_robots=["b.example"])
    assert [pages(path)[url][0] for url in (A, B)] == [State.BLOCKED, State.DISCOVERED]


@pytest.mark.parametrize("status", [None, 429, 500, 503])
async def test_while_robots_txt_is_unreachable_its_last_body_is_kept_and_since_when(
    store: CrawlStore, status: int | None
) -> None:
    def at(seconds: int, status: int | None, body: bytes = b"") -> Batch:
        return Batch(robots=[RobotsRow(1, NOW + seconds, status, body)])

    steps = [
        (at(1, status), (1, status, b"")),
        (at(2, 200, b"x"), (2, 200, b"x")),
        (at(3, status), (3, status, b"x")),
        (at(4, 500), (3, 500, b"x")),
        (at(5, None), (3, None, b"x")),
        (at(6, 404), (6, 404, b"")),
        (at(7, status), (7, status, b"")),
    ]
    for batch, (since, known, body) in steps:
        await store.commit(batch)
        assert await store.robots([1]) == [RobotsRow(1, NOW + since, known, body)]


async def test_pages_excluded_for_their_port_come_back_where_it_is_allowed(store: CrawlStore, path: Path) -> None:
    urls = [f"http://a.example:{port}/" for port in (81, 82)]
    for url in urls:
        await store.commit(offer(url, 1, "port"))
        await store.commit(offer(url, 0, "port"))
    assert [pages(path)[url] for url in urls] == [(State.EXCLUDED, "port", 0)] * 2
    await store.readmit_ports(lambda origin: origin.endswith(":82"))
    assert [pages(path)[url][0] for url in urls] == [State.EXCLUDED, State.DISCOVERED]


async def test_reach_goes_along_links_one_hop_at_a_time(store: CrawlStore) -> None:
    await sites(store, "a.example")
    await store.commit(fetched(1, A, [B]))
    await store.commit(fetched(2, B, [C]))
    await store.commit(fetched(3, C, ["http://d.example/"]))
    await store.reach(2, nofollow_pages=False)
    assert sorted(await store.sites()) == [("a.example", 0), ("b.example", 1), ("c.example", 2)]
    await store.commit(fetched(4, f"{A}2", [C]))
    await store.reach(2, nofollow_pages=False)
    assert sorted(await store.sites()) == [("a.example", 0), ("b.example", 1), ("c.example", 1), ("d.example", 2)]


@pytest.mark.parametrize("nofollow_pages", [True, False])
async def test_nofollow_pages_and_forms_reach_nothing(store: CrawlStore, nofollow_pages: bool) -> None:
    await sites(store, "a.example")
    await store.commit(fetched(1, A, [B], robots=2))
    await store.commit(fetched(2, f"{A}2", [C], kind=Kind.FORM))
    await store.reach(1, nofollow_pages=nofollow_pages)
    assert ("b.example" in dict(await store.sites())) == nofollow_pages
    assert "c.example" not in dict(await store.sites())


async def test_known_urls_of_a_site_that_came_into_reach_become_pages(store: CrawlStore, path: Path) -> None:
    await sites(store, "a.example", "b.example")
    await store.commit(offer(A, 1))
    await store.commit(offer(f"{A}n", 0))
    await store.commit(offer(f"{A}deep", 3))
    tracked = f"{B}x?utm_source=y"
    await store.commit(fetched(1, A, [B, tracked, f"{B}x"]))
    await store.commit(fetched(2, f"{A}n", [f"{B}only"], robots=2))
    await store.commit(fetched(3, f"{A}deep", [f"{B}deep", B]))
    await store.commit(fetched(4, f"{A}form", [f"{B}form"], kind=Kind.FORM))
    await store.admit(0, nofollow_pages=False, now=NOW)
    assert not any(url.startswith(B) for url in pages(path))
    for _ in range(2):
        await store.admit(1, nofollow_pages=False, now=NOW)
        found = {url: page for url, page in pages(path).items() if url.startswith(B)}
        spelling = (set(found) & {tracked, f"{B}x"}).pop()
        assert found == {
            B: (State.DISCOVERED, None, 2),
            spelling: (State.DISCOVERED, None, 2),
            f"{B}only": (State.EXCLUDED, "nofollow_page", 1),
            f"{B}deep": (State.EXCLUDED, "depth", 4),
        }


async def test_what_came_into_reach_is_let_in_once_and_again_after_it_was_left_out(
    store: CrawlStore, path: Path
) -> None:
    await sites(store, "a.example", "b.example")
    await store.commit(offer(A, 0))
    await store.commit(fetched(1, A, [f"{B}1"]))
    await store.admit(1, nofollow_pages=False, now=NOW)
    await store.commit(fetched(2, f"{A}2", [f"{B}2"]))  # a crawl offers such pages itself
    await store.admit(1, nofollow_pages=False, now=NOW)
    assert f"{B}2" not in pages(path)
    await store.commit(offer(f"{A}2", 0))
    await store.apply_limits(hops=0, nofollow_pages=False, robots_before=0)
    await store.admit(1, nofollow_pages=False, now=NOW)
    assert f"{B}2" in pages(path)
