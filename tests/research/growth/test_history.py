"""What came and went: by hand on small webs, and by any story the same numbers as asking for each day."""

import tempfile
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any, Final
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.graph import START, Graph, Link
from tests.index.asking import examples, index_of
from tests.index.test_history import story, with_canonicals
from wholinks.index.queries import Index
from wholinks.index.questions import Follow, Question, kinds_meant
from wholinks.index.states import DAY_S
from wholinks.research.growth.between import Between, Cause, ChangedBacklink, between, changes, domains_between
from wholinks.research.growth.bursts import Burst, BurstSource, unusual
from wholinks.research.growth.history import Every, History, history
from wholinks.research.scores.authority import scores
from wholinks.storage.errors import UsageError
from wholinks.storage.records import Kind

SHOP: Final = "http://shop.example/"
FIRST: Final = datetime.fromtimestamp(START, UTC).date()


def day(number: int) -> date:
    """The day so many days after the first fetch."""
    return FIRST + timedelta(number)


def told(index: Index, target: str = "shop.example", **options: Any) -> History:
    return history(index, Question(index.target(target)), **{"every": "day", **options})


def two_weeks() -> Graph:
    """Day 0: two pages link. Day 1: one no longer does, and a new page does. Day 3: a link comes on a known page, and
    that of day 1 is back. Day 5: its page is gone, proved on day 7."""
    graph = Graph().page("http://a.example/", [SHOP, SHOP]).page("http://b.example/", [SHOP])
    graph.page("http://c.example/", []).wait(DAY_S)
    graph.page("http://b.example/", []).page("http://b.example/new", [SHOP]).wait(2 * DAY_S)
    graph.page("http://c.example/", [SHOP]).page("http://b.example/", [SHOP]).wait(2 * DAY_S)
    return graph.failed("http://b.example/").wait(2 * DAY_S).failed("http://b.example/")


def test_each_period_adds_up(tmp_path: Path) -> None:
    with index_of(two_weeks(), tmp_path) as index:
        found = told(index, until=day(7))
    assert [(it.start, it.gained, it.discovered, it.lost, it.end) for it in found.rows] == [
        (0, 0, 2, 0, 2), (2, 0, 1, 1, 2), (2, 0, 0, 0, 2), (2, 2, 0, 0, 4),
        (4, 0, 0, 0, 4), (4, 0, 0, 0, 4), (4, 0, 0, 0, 4), (4, 0, 0, 1, 3),
    ]  # fmt: skip
    assert [it.growth_rate for it in found.rows][:4] == [None, -0.5, 0.0, 1.0]
    assert (found.rows[3].linkfound, found.rows[3].linkrestored) == (1, 1)
    assert (found.rows[1].removedfromhtml, found.rows[7].notfound) == (1, 1)
    last = found.rows[-1]
    assert (last.cumulative_gained, last.cumulative_discovered, last.cumulative_lost) == (2, 3, 2)
    assert [(it.domains_gained, it.domains_lost, it.domains_end) for it in found.rows[:4]] == [
        (2, 0, 2), (0, 0, 2), (0, 0, 2), (1, 0, 3),
    ]  # fmt: skip


def test_periods_are_those_of_the_calendar_cut_at_both_ends(tmp_path: Path) -> None:
    with index_of(two_weeks(), tmp_path) as index:
        weeks = told(index, every=Every.WEEK).rows
        months = told(index, every="month").rows
    for rows in (weeks, months):
        assert rows[0].first == FIRST
        assert all(one.last + timedelta(1) == two.first and one.end == two.start for one, two in pairwise(rows))
        assert rows[-1].end == 3
    assert all(it.first.weekday() == 0 for it in weeks[1:])
    assert all(it.first.day == 1 for it in months[1:])


def test_what_was_there_before_the_first_period_is_its_start(tmp_path: Path) -> None:
    with index_of(two_weeks(), tmp_path) as index:
        (row,) = told(index, since=day(2), until=day(7), every="month").rows[:1]
        whole = told(index, since=FIRST - timedelta(40), until=FIRST - timedelta(30))
    assert (row.start, row.domains_start) == (2, 2)
    assert {it.end for it in whole.rows} == {0}


def test_doubts_are_those_of_the_end_of_the_last_period(tmp_path: Path) -> None:
    graph = Graph().page("http://a.example/", [SHOP]).wait(DAY_S).failed("http://a.example/")
    with index_of(graph, tmp_path) as index:
        assert told(index).suspect == told(index, until=day(3)).suspect == 1
        assert told(index, until=day(0)).suspect == 0


def test_a_page_that_moves_is_neither_gain_nor_loss(tmp_path: Path) -> None:
    graph = Graph().page("http://a.example/old", [SHOP]).wait(3 * DAY_S)
    graph.redirect("http://a.example/old", "http://a.example/new").page("http://a.example/new", [SHOP])
    with index_of(graph, tmp_path) as index:
        rows = told(index).rows
        assert [(it.gained, it.discovered, it.lost, it.restated, it.end) for it in rows[:4]] == [
            (0, 1, 0, 0, 1), (0, 0, 0, 0, 1), (0, 0, 0, 0, 1), (0, 0, 0, 0, 1),
        ]  # fmt: skip


def test_a_page_that_moves_onto_one_that_links_too_is_no_loss(tmp_path: Path) -> None:
    graph = Graph().page("http://a.example/old", [SHOP]).page("http://a.example/", [SHOP]).wait(3 * DAY_S)
    graph.redirect("http://a.example/old", "http://a.example/").unchanged("http://a.example/")
    with index_of(graph, tmp_path) as index:
        row = told(index).rows[3]
    assert (row.start, row.lost, row.restated, row.end) == (2, 0, -1, 1)


def test_another_rel_is_a_loss_only_of_what_was_asked_for_and_told_as_restated(tmp_path: Path) -> None:
    graph = Graph().page("http://a.example/", [SHOP]).wait(DAY_S)
    graph.page("http://a.example/", [Link(SHOP, "tents", "nofollow")])
    with index_of(graph, tmp_path) as index:
        assert [it.end for it in told(index).rows[:3]] == [1, 1, 1]
        followed = history(index, Question(index.target("shop.example"), follow=Follow.FOLLOWED), every="day").rows
        assert [(it.end, it.lost, it.restated) for it in followed[:2]] == [(1, 0, 0), (0, 0, -1)]


def test_a_backlink_that_its_canonical_page_takes_over_is_no_loss(tmp_path: Path) -> None:
    home, copy = "http://a.example/", "http://a.example/copy"
    graph = Graph().page(home, []).page(copy, [SHOP], canonical=home).wait(DAY_S).page(home, [SHOP])
    with index_of(graph, tmp_path) as index:
        row = told(index).rows[1]
    assert (row.start, row.gained, row.lost, row.restated, row.end) == (1, 1, 0, -1, 1)


def test_a_burst_names_the_sources_behind_it(tmp_path: Path) -> None:
    graph = Graph()
    for number in range(5):
        graph.page(f"http://calm{number}.example/", [SHOP]).wait(DAY_S)
    for number in range(12):
        graph.page(f"http://{'farm' if number < 9 else 'mill'}.example/{number}", [SHOP])
    with index_of(graph, tmp_path) as index:
        found = told(index, until=day(6))
        calm = told(index, until=day(4))
    sources = BurstSource("farm.example", 9), BurstSource("mill.example", 3)
    assert found.bursts == (Burst(day(5), day(5), 12, 12, 1.0, sources),)
    assert calm.bursts == ()


def recrawled(times: int, last: int = 3) -> Graph:
    """Every 30 days a look, in which twelve backlinks come; in the last one four times ``last``."""
    graph = Graph().page("http://a.example/", [SHOP])
    for look in range(times):
        graph.wait(30 * DAY_S).unchanged("http://a.example/")
        for number in range(4 * last if look == times - 1 else 12):
            graph.page(f"http://b{number}.example/{look}", [SHOP])
    return graph


def test_a_recrawl_like_the_others_is_no_burst(tmp_path: Path) -> None:
    with index_of(recrawled(6), tmp_path) as index:
        assert [told(index, every=every).bursts for every in Every] == [(), (), ()]
        assert [told(index, every=every).rows[-1].end for every in Every] == [73, 73, 73]


def test_a_recrawl_that_finds_far_more_is_one(tmp_path: Path) -> None:
    with index_of(recrawled(6, last=10), tmp_path) as index:
        for every in (Every.DAY, Every.WEEK):
            (burst,) = told(index, every=every).bursts
            assert (burst.came, burst.threshold) == (40, 12.0)
            assert burst.first <= day(180) <= burst.last


def test_of_few_looks_nothing_is_usual(tmp_path: Path) -> None:
    with index_of(recrawled(4, last=10), tmp_path) as index:
        assert [told(index, every=every).bursts for every in Every] == [(), (), ()]


def test_a_look_in_which_nothing_came_is_compared_too(tmp_path: Path) -> None:
    graph = Graph().page("http://a.example/", [SHOP])
    for look in range(6):
        graph.wait(DAY_S).page("http://c.example/", [f"http://other.example/{look}"])
    for number in range(12):
        graph.page(f"http://b.example/{number}", [SHOP])
    with index_of(graph, tmp_path) as index:
        (burst,) = told(index).bursts
    assert (burst.first, burst.came, burst.threshold) == (day(6), 12, 0.0)


def test_what_the_crawl_finds_at_its_beginning_is_no_burst(tmp_path: Path) -> None:
    graph = Graph()
    for number in range(12):
        graph.page(f"http://a.example/{number}", [SHOP])
    graph.wait(DAY_S).page("http://b.example/", [])
    with index_of(graph, tmp_path) as index:
        assert [told(index, every=every).bursts for every in Every] == [(), (), ()]


def test_the_threshold_is_median_and_five_deviations() -> None:
    assert unusual([]) == 0
    assert unusual([1, 1, 1, 50]) == 1
    assert unusual([1, 2, 3, 4, 5]) == 3 + 5 * 1
    assert unusual([0, 10]) == 5 + 5 * 5


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"every": "year"}, "every: 'year' is none of day, week, month"),
        ({"since": day(5), "until": day(2)}, "is after"),
        ({"until": date(2999, 1, 1)}, "knows nothing after"),
        ({"since": date(1800, 1, 1)}, "periods"),
    ],
)
def test_what_cannot_be_meant_is_refused(tmp_path: Path, options: dict[str, Any], said: str) -> None:
    with index_of(Graph().page("http://a.example/", [SHOP]), tmp_path) as index, pytest.raises(UsageError, match=said):
        told(index, **options)


def test_of_an_unknown_target_all_is_zero(tmp_path: Path) -> None:
    with index_of(Graph().page("http://a.example/", [SHOP]), tmp_path) as index:
        found = told(index, "nobody.example")
    (row,) = found.rows
    assert (row.start, row.end, row.growth_rate) == (0, 0, None)
    assert "nobody.example" in (found.hint or "")


def test_of_an_empty_index_all_is_zero(tmp_path: Path) -> None:
    with index_of(Graph().waiting("http://a.example/"), tmp_path) as index:
        (row,) = told(index).rows
    assert (row.start, row.end) == (0, 0)


def test_two_days_compared(tmp_path: Path) -> None:
    with index_of(two_weeks(), tmp_path) as index:
        asked = Question(index.target("shop.example"))
        found = between(index, asked, day(0), day(2))
        whole = between(index, asked, day(0), day(7))
        cut = between(index, asked, day(0), day(7), limit=1)
        with pytest.raises(UsageError, match="is not before"):
            between(index, asked, day(2), day(2))
    assert (found.start, found.new, found.lost, found.end) == (2, 1, 1, 2)
    assert [(row.change, row.why, row.source_url) for row in found.rows] == [
        ("new", "pagefound", "http://b.example/new"),
        ("lost", "removedfromhtml", "http://b.example/"),
    ]
    assert [(row.change, row.why) for row in whole.rows] == [
        ("new", "pagefound"), ("new", "linkfound"), ("lost", "notfound"),
    ]  # fmt: skip
    assert cut.rows == (whole.rows[0], whole.rows[2])
    assert (cut.new, cut.why) == (2, whole.why)
    assert Cause("lost", "notfound", 1, 1) in whole.why


def test_domains_of_two_days_compared(tmp_path: Path) -> None:
    with index_of(two_weeks(), tmp_path) as index:
        asked = Question(index.target("shop.example"))
        found = domains_between(index, asked, day(0), day(7))
        back = domains_between(index, asked, day(0) - timedelta(1), day(7), limit=2)
        assert found.rows[0].authority == scores(index).of("c.example")
    assert [(row.change, row.referring_domain, row.backlinks) for row in found.rows] == [("new", "c.example", 1)]
    assert (found.domains_start, found.domains_new, found.domains_lost, found.domains_end) == (2, 1, 0, 3)
    assert (len(back.rows), back.domains_new) == (2, 3)


def test_a_domain_is_new_when_its_first_backlink_comes_and_lost_when_its_last_goes(tmp_path: Path) -> None:
    graph = Graph().page("http://a.example/", []).page("http://b.example/", [SHOP, SHOP + "x"]).wait(2 * DAY_S)
    graph.page("http://a.example/", [SHOP]).page("http://b.example/", [SHOP]).wait(2 * DAY_S)
    graph.page("http://a.example/", [SHOP, SHOP + "x"]).page("http://b.example/", []).wait(2 * DAY_S)
    graph.page("http://a.example/", [SHOP]).page("http://c.example/", [])
    with index_of(graph, tmp_path) as index:
        found = domains_between(index, Question(index.target("shop.example")), day(0), day(6))
    assert [(row.change, row.referring_domain, row.backlinks, row.at.date()) for row in found.rows] == [
        ("new", "a.example", 1, day(2)), ("lost", "b.example", 2, day(4)),
    ]  # fmt: skip


@settings(max_examples=examples(10), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 2**32), st.booleans(), st.sampled_from(Every), st.sampled_from(["all", "followed", "nofollow"]))
def test_every_period_ends_with_what_that_day_answers(seed: int, canonicals: bool, every: Every, follow: str) -> None:
    random = Random(seed)
    graph = story(random)
    graph = with_canonicals(graph, random) if canonicals else graph
    kinds = kinds_meant(random.choice([[], [Kind.TEXT], [Kind.REDIRECT]]))
    target = random.choice(["shop.example", "other.example", "b.example", "http://b.example/"])
    with tempfile.TemporaryDirectory() as folder, index_of(graph, Path(folder)) as index:
        asked = Question(index.target(target), follow=Follow(follow), kinds=kinds)
        found = history(index, asked, every=every, since=FIRST - timedelta(2))
        standing, domains = 0, 0
        for row in found.rows:
            then = index.who_links_to(target, follow=follow, kinds=kinds, as_of=row.last, limit=0).totals
            assert (row.start, row.domains_start) == (standing, domains)
            assert (row.end, row.domains_end) == (then.backlinks, then.referring_domains)
            assert row.end == row.start + row.gained + row.discovered - row.lost + row.restated
            assert row.lost == (
                row.removedfromhtml + row.pageredirected + row.lostredirect + row.notfound + row.pageerror
            )
            standing, domains = row.end, row.domains_end
        now = index.who_links_to(target, follow=follow, kinds=kinds, limit=0).totals
        assert (standing, domains) == (now.backlinks, now.referring_domains)
        _compare(index, asked, between(index, asked, FIRST + timedelta(1), found.rows[-1].last))


def _compare(index: Index, asked: Question, found: Between[ChangedBacklink]) -> None:
    def pairs(day: date | datetime) -> set[tuple[str, str]]:
        answer = index.who_links_to(asked.asked, by="page", follow=asked.follow, kinds=asked.kinds, as_of=day)
        return {(row.source_url, row.target_url) for row in answer.rows}  # type: ignore[union-attr]

    before, after = pairs(found.first), pairs(found.last)
    assert {(row.source_url, row.target_url) for row in found.rows if row.change == "new"} == after - before
    assert {(row.source_url, row.target_url) for row in found.rows if row.change == "lost"} == before - after
    assert (found.start, found.new, found.lost, found.end) == (
        len(before), len(after - before), len(before - after), len(after),
    )  # fmt: skip
    assert sum(cause.backlinks for cause in found.why) == len(found.rows)

    def domains(pairs: set[tuple[str, str]]) -> Counter[str]:
        return Counter(urlsplit(source).hostname or "" for source, _ in pairs)

    was, stands = domains(before), domains(after)
    told = domains_between(index, asked, found.first, found.last)
    assert (told.domains_start, told.domains_end) == (found.domains_start, found.domains_end) == (len(was), len(stands))
    assert {row.referring_domain: row.backlinks for row in told.rows if row.change == "new"} == {
        name: count for name, count in stands.items() if name not in was
    }
    assert {row.referring_domain: row.backlinks for row in told.rows if row.change == "lost"} == {
        name: count for name, count in was.items() if name not in stands
    }
    assert told.domains_new - told.domains_lost == len(stands) - len(was)
    for row in told.rows:
        linked_at = [
            row.referring_domain in domains(pairs(moment)) for moment in (row.at - timedelta(seconds=1), row.at)
        ]
        assert linked_at == [row.change == "lost", row.change == "new"]
    both, spread = changes(index, asked, found.first, found.last)
    assert both == told
    assert sorted(spread, key=repr) == sorted(found.rows, key=repr)
    for change in ("new", "lost"):
        sources = [row.referring_domain for row in spread if row.change == change]
        assert len(set(sources[: len(set(sources))])) == len(set(sources)), "each domain before the second row of any"
