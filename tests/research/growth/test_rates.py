"""The growth rate: of what was known, by hand and by any story."""

import tempfile
from collections import defaultdict
from datetime import date
from pathlib import Path
from random import Random
from typing import Final

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.graph import Graph
from tests.index.asking import examples, index_of
from tests.index.test_history import story, with_canonicals
from tests.research.growth.test_history import SHOP, day, told
from wholinks.index.queries import Index
from wholinks.index.questions import Question
from wholinks.index.states import DAY_S
from wholinks.research.growth.events import GAINS, LOSSES, find_events
from wholinks.research.growth.history import Every, history, last_day
from wholinks.research.growth.rates import day_of, growth_rate, number_of
from wholinks.research.growth.windows import WINDOWS_DAYS, windows

Events = dict[tuple[int, int], list[tuple[int, str, int]]]
_WHEN: Final = "SELECT source_url_id, target_url_id, happened_at, why, step FROM event ORDER BY happened_at"


def fleeting() -> Graph:
    """Four pages link on day 0. On day 2 a new page of known links, on day 4 it no longer does; on day 6 one of the
    four does not."""
    graph = Graph()
    for name in "abcd":
        graph.page(f"http://{name}.example/", [SHOP])
    graph.wait(2 * DAY_S).page("http://a.example/new", [SHOP]).wait(2 * DAY_S).page("http://a.example/new", [])
    return graph.wait(2 * DAY_S).page("http://b.example/", [])


def test_what_is_discovered_and_lost_in_one_period_is_no_decline(tmp_path: Path) -> None:
    with index_of(fleeting(), tmp_path) as index:
        asked = Question(index.target("shop.example"))
        whole = history(index, asked, since=day(1), until=day(5))
        by_day = told(index, since=day(1), until=day(6)).rows
    assert [(it.start, it.discovered, it.lost, it.end) for it in whole.rows] == [(4, 1, 1, 4)]
    assert (whole.rows[0].discovered_lost, whole.rows[0].growth_rate, whole.growth_rate) == (1, 0.0, 0.0)
    assert [(it.start, it.lost, it.discovered_lost, it.growth_rate) for it in by_day[1:]] == [
        (4, 0, 0, 0.0), (5, 0, 0, 0.0), (5, 1, 0, -0.2), (4, 0, 0, 0.0), (4, 1, 0, -0.25),
    ]  # fmt: skip


def test_one_that_comes_back_is_back(tmp_path: Path) -> None:
    graph = fleeting().page("http://a.example/new", [SHOP])
    with index_of(graph, tmp_path) as index:
        found = told(index, since=day(1), until=day(6))
    last = found.rows[-1]
    assert (last.linkrestored, last.discovered_lost, last.growth_rate) == (1, 0, 0.0)
    assert found.growth_rate == -0.25, "discovered, lost and back again: in no rate of the whole"


def test_without_a_start_there_is_no_rate() -> None:
    assert growth_rate(0, 3, 1, 0) is None
    assert growth_rate(4, 3, 1, 0) == 0.5
    assert number_of(day_of(20_000)) == 20_000


@settings(max_examples=examples(10), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 2**32), st.booleans(), st.sampled_from(Every))
def test_by_any_story_the_rate_is_that_of_what_was_known(seed: int, canonicals: bool, every: Every) -> None:
    random = Random(seed)
    graph = story(random)
    graph = with_canonicals(graph, random) if canonicals else graph
    with tempfile.TemporaryDirectory() as folder, index_of(graph, Path(folder)) as index:
        asked = Question(index.target(random.choice(["shop.example", "other.example", "b.example"])))
        events = _events(index, asked)
        found = history(index, asked, every=every)
        for row in found.rows:
            assert row.growth_rate == _rate(events, row.start, row.first, row.last)
            if not row.discovered and not row.restated and row.start:
                assert row.growth_rate == (row.end - row.start) / row.start
        duck, ends = index.ask(asked)
        find_events(duck, asked, ends)
        for window, days in zip(windows(duck, last_day(index)), WINDOWS_DAYS, strict=True):
            assert (window.days, (last_day(index) - window.first).days) == (days, days - 1)
            assert window.growth_rate == _rate(events, window.start, window.first, last_day(index))
            assert window.end == found.rows[-1].end
            (row,) = history(index, asked, since=window.first).rows[:1]
            assert row.start == window.start


def _events(index: Index, asked: Question) -> Events:
    duck, ends = index.ask(asked)
    find_events(duck, asked, ends)
    found: Events = defaultdict(list)
    for source, target, at, why, step in duck.execute(_WHEN).fetchall():
        found[source, target].append((at // DAY_S, why, step))
    return found


def _rate(events: Events, start: int, first: date, last: date) -> float | None:
    moved = 0
    for course in events.values():
        inside = [(why, step) for number, why, step in course if number_of(first) <= number <= number_of(last)]
        if not any(why == "pagefound" for why, _ in inside):
            moved += sum(step for why, step in inside if why in {*GAINS, *LOSSES})
    return moved / start if start else None
