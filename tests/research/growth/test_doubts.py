"""Doubts by period: by hand, and of any story what each day answers for itself."""

import tempfile
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Final

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.graph import START
from tests.index.asking import examples, index_of
from tests.index.test_doubts import LONG_AGO_S, PAGE, SHOP, doubts, long_story, old
from tests.index.test_history import with_canonicals
from wholinks.index.queries import Index
from wholinks.index.questions import Follow, Question, kinds_meant
from wholinks.index.states import DAY_S
from wholinks.research.growth.history import Every, Period, history
from wholinks.storage.records import Kind

FIRST: Final = datetime.fromtimestamp(START - LONG_AGO_S, UTC).date()


def told(index: Index, every: str = "day", until: date | None = None) -> tuple[Period, ...]:
    return history(index, Question(index.target("shop.example")), every=every, until=until).rows


def of(row: Period) -> tuple[int, int, int]:
    return row.suspect, row.unknown, row.stale


def test_a_backlink_is_stale_from_the_day_on_that_its_page_was_not_read_for_long(tmp_path: Path) -> None:
    graph = old().page(PAGE, [SHOP]).page("http://b.example/", [SHOP]).wait(250 * DAY_S).unchanged(PAGE)
    graph.wait(250 * DAY_S).page(PAGE, [])
    with index_of(graph, tmp_path) as index:
        stale = [row.stale for row in told(index, until=FIRST + timedelta(505))]
        last = told(index, "month")[-1]
        now = index.who_links_to("shop.example").totals
    changed = [(day, count) for day, count in enumerate(stale) if day == 0 or count != stale[day - 1]]
    assert changed == [(0, 0), (180, 2), (250, 1), (430, 2), (500, 1)]
    assert of(last) == doubts(now) == (0, 0, 1)


def test_a_backlink_is_in_doubt_as_long_as_its_page_is(tmp_path: Path) -> None:
    graph = old().page(PAGE, [SHOP]).wait(2 * DAY_S).failed(PAGE, 503).wait(2 * DAY_S).failed(PAGE).wait(2 * DAY_S)
    graph.page("http://b.example/", [SHOP]).wait(DAY_S).failed(PAGE)
    with index_of(graph, tmp_path) as index:
        rows = told(index, until=FIRST + timedelta(8))
    assert [of(row) for row in rows] == [
        (0, 0, 0), (0, 0, 0), (0, 1, 0), (0, 1, 0), (1, 0, 0), (1, 0, 0), (1, 0, 0), (0, 0, 0), (0, 0, 0),
    ]  # fmt: skip
    assert [row.end for row in rows] == [1, 1, 1, 1, 1, 1, 2, 1, 1]


def test_a_duplicate_that_does_not_count_is_not_in_doubt_until_it_does(tmp_path: Path) -> None:
    copy = "http://a.example/copy"
    graph = old().page(PAGE, [SHOP]).page(copy, [SHOP], canonical=PAGE).wait(200 * DAY_S).page(PAGE, [SHOP])
    graph.wait(100 * DAY_S).page(PAGE, [])
    with index_of(graph, tmp_path) as index:
        rows = told(index, until=FIRST + timedelta(310))
    assert [(rows[day].end, rows[day].stale) for day in (179, 180, 199, 200, 299, 300)] == [
        (1, 0), (1, 1), (1, 1), (1, 0), (1, 0), (1, 1),
    ]  # fmt: skip


def test_of_an_unknown_target_nothing_is_in_doubt(tmp_path: Path) -> None:
    with index_of(old().page(PAGE, []), tmp_path) as index:
        assert of(told(index)[-1]) == (0, 0, 0)


@settings(max_examples=examples(12), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 2**32), st.booleans(), st.sampled_from(Every), st.sampled_from(["all", "followed", "nofollow"]))
def test_every_period_ends_with_the_doubts_of_that_day(seed: int, canonicals: bool, every: Every, follow: str) -> None:
    random = Random(seed)
    graph = long_story(random)
    graph = with_canonicals(graph, random) if canonicals else graph
    kinds = kinds_meant(random.choice([[], [Kind.TEXT], [Kind.REDIRECT]]))
    target = random.choice(["shop.example", "other.example", "b.example"])
    with tempfile.TemporaryDirectory() as folder, index_of(graph, Path(folder)) as index:
        asked = Question(index.target(target), follow=Follow(follow), kinds=kinds)
        found = history(index, asked, every=every, since=FIRST - timedelta(2))
        turns = [row for row, before in zip(found.rows[1:], found.rows, strict=False) if of(row) != of(before)]
        days = [row.last for row in (*random.sample(found.rows, min(4, len(found.rows))), *turns[:6])]
        days += [datetime.fromtimestamp(fetch.fetched_at, UTC).date() for fetch in random.sample(graph.fetches, 4)]
        for row in found.rows:
            if any(row.first <= day <= row.last for day in days):
                then = index.who_links_to(target, follow=follow, kinds=kinds, as_of=row.last, limit=0).totals
                assert (row.end, *of(row)) == (then.backlinks, *doubts(then)), row.last
        now = index.who_links_to(target, follow=follow, kinds=kinds, limit=0).totals
        assert of(found.rows[-1]) == (found.suspect, found.unknown, found.stale) == doubts(now)
