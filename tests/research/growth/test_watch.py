"""What a watch sees: by hand, and for any story what two answers differ in."""

import hashlib
import tempfile
from datetime import date
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.graph import Graph, Link
from tests.index.asking import examples, index_of
from tests.index.test_history import story
from tests.research.growth.test_history import SHOP, day, two_weeks
from wholinks.index.queries import Index
from wholinks.index.states import DAY_S
from wholinks.notes.watches import Seen, keep_seen, last_seen
from wholinks.research.growth.watch import Watched, watched
from wholinks.storage.errors import UsageError


def look(
    index: Index, *targets: str, seen: tuple[Seen, ...] = (), since: date | None = None
) -> tuple[Watched, tuple[Seen, ...]]:
    each = [index.target(target) for target in targets]
    return watched(index, "w", each, {one.target: one for one in seen}, since=since)


def backlinks(index: Index, target: str) -> set[tuple[str, str]]:
    answer = index.who_links_to(target, by="page")
    return {(row.source_url, row.target_url) for row in answer.rows}  # type: ignore[union-attr]


def until(graph: Graph, fetches: int) -> Graph:
    """The same crawl, when so many fetches were done."""
    return Graph(graph.fetches[:fetches])


def test_the_first_look_only_remembers(tmp_path: Path) -> None:
    with index_of(two_weeks(), tmp_path) as index:
        found, seen = look(index, "shop.example", "a.example", "shop.example")
        again, same = look(index, "shop.example", "a.example", seen=seen)
    assert [(one.target, one.seen_at, one.before, one.backlinks) for one in found.targets] == [
        ("shop.example", None, None, 3), ("a.example", None, None, 0),
    ]  # fmt: skip
    assert (found.rows, found.has_changed, again.rows, again.has_changed) == ((), False, (), False)
    assert again.targets[0].before == 3
    assert seen == same


def test_what_came_and_went_since_with_anchor_and_reason(tmp_path: Path) -> None:
    graph = Graph().page("http://a.example/", [Link(SHOP, "tents")]).page("http://b.example/", [])
    graph.page("http://c.example/", [SHOP])
    with index_of(graph, tmp_path / "1") as index:
        _, seen = look(index, "shop.example")
    graph.wait(DAY_S).page("http://a.example/", []).page("http://b.example/", [Link(SHOP, "ulv", "nofollow")])
    graph.page("http://d.example/", [Link(SHOP, "new"), Link(SHOP, "second")])
    with index_of(graph, tmp_path / "2") as index:
        found, _ = look(index, "shop.example", seen=seen)
    assert [
        (row.change, row.why, row.referring_domain, row.anchor_text, row.followed, row.at.date()) for row in found.rows
    ] == [
        ("new", "linkfound", "b.example", "ulv", False, day(1)),
        ("new", "pagefound", "d.example", "new", True, day(1)),
        ("lost", "removedfromhtml", "a.example", "tents", True, day(1)),
    ]
    (told,) = found.targets
    assert (told.before, told.new, told.gained, told.discovered, told.lost, told.backlinks) == (2, 2, 1, 1, 1, 3)
    assert told.seen_at == seen[0].seen_at
    assert (found.new, found.lost, found.has_changed) == (2, 1, True)


def test_a_fetch_that_was_known_late_is_not_missed(tmp_path: Path) -> None:
    """An index built amid a crawl, or before a merge: what it did not have is older than what it had."""
    whole = two_weeks()
    late = [fetch for fetch in whole.fetches if fetch.url != "http://a.example/"]
    with index_of(Graph(late), tmp_path / "1") as index:
        _, seen = look(index, "shop.example")
    with index_of(whole, tmp_path / "2") as index:
        found, _ = look(index, "shop.example", seen=seen)
    assert [(row.change, row.source_url, row.at.date()) for row in found.rows] == [
        ("new", "http://a.example/", day(0))
    ]  # fmt: skip


def test_what_was_forgotten_is_said(tmp_path: Path) -> None:
    with index_of(two_weeks(), tmp_path / "1") as index:
        _, seen = look(index, "shop.example")
    with index_of(Graph([two_weeks().fetches[0]]), tmp_path / "2") as index:
        found, _ = look(index, "shop.example", seen=seen)
        none, _ = look(index, "nobody.example", seen=(Seen("nobody.example", "s", seen[0].seen_at, bytes(16)),))
    assert (found.targets[0].forgotten, found.targets[0].backlinks, found.has_changed) == (2, 1, True)
    assert none.targets[0].forgotten == 2


def test_since_a_day_needs_no_look_before(tmp_path: Path) -> None:
    with index_of(two_weeks(), tmp_path) as index:
        found, _ = look(index, "shop.example", since=day(3))
        later, _ = look(index, "shop.example", since=day(4))
        whole, _ = look(index, "shop.example", since=day(0))
        with pytest.raises(UsageError, match="knows nothing after"):
            look(index, "shop.example", since=date(2999, 1, 1))
    assert [(row.change, row.why) for row in found.rows] == [("new", "linkfound")]
    assert [(row.change, row.why) for row in later.rows] == [("lost", "notfound")]
    assert [one.targets[0].before for one in (found, later, whole)] == [2, 4, 0]
    assert whole.new == 3


def test_a_backlinks_number_is_the_same_in_every_version(tmp_path: Path) -> None:
    """It is kept in notes.db: another one would make every backlink new."""
    with index_of(Graph().page("http://a.example/", [SHOP]), tmp_path) as index:
        _, (seen,) = look(index, "shop.example")
    digest = hashlib.md5(b"http://a.example/\nhttp://shop.example/", usedforsecurity=False).digest()
    assert seen.pairs == digest[8:]


def test_watches_are_kept_apart_and_targets_left_out_are_forgotten(tmp_path: Path) -> None:
    with index_of(two_weeks(), tmp_path) as index:
        _, seen = look(index, "shop.example", "a.example")
    assert last_seen(tmp_path, "one") == {}
    keep_seen(tmp_path, "one", seen)
    keep_seen(tmp_path, "two", seen[:1])
    assert last_seen(tmp_path, "one") == {one.target: one for one in seen}
    keep_seen(tmp_path, "one", seen[1:])
    assert set(last_seen(tmp_path, "one")) == {"a.example"}
    assert set(last_seen(tmp_path, "two")) == {"shop.example"}


@settings(max_examples=examples(4), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 2**32), st.floats(0, 1), st.sampled_from(["shop.example", "b.example", "http://b.example/"]))
def test_a_watch_tells_what_two_answers_differ_in(seed: int, part: float, target: str) -> None:
    graph = story(Random(seed))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with index_of(until(graph, int(part * len(graph.fetches))), folder / "1") as index:
            _, seen = look(index, target)
            before = backlinks(index, target)
        with index_of(graph, folder / "2") as index:
            found, now = look(index, target, seen=seen)
            after = backlinks(index, target)
            assert look(index, target, seen=now)[0].has_changed is False
    rows = {change: {(row.source_url, row.target_url) for row in found.rows if row.change == change}
            for change in ("new", "lost")}  # fmt: skip
    (told,) = found.targets
    assert rows["new"] == after - before
    assert rows["lost"] == before - after
    assert told.forgotten == 0
    assert told.backlinks == len(after) == (told.before or 0) + told.new - told.lost
    assert told.gained + told.discovered <= told.new
