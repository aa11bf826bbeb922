"""Links beside traffic: periods by hand, a lag that is found, and traffic kept once however often it is imported."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.graph import START, Graph
from tests.index.asking import index_of
from tests.research.growth.test_history import SHOP
from wholinks.index.queries import Index
from wholinks.index.questions import Question
from wholinks.index.rows import moment
from wholinks.index.states import DAY_S
from wholinks.notes.traffic import Visits, drop_traffic, keep_traffic, traffic_by_day
from wholinks.research.campaigns.correlation import LEAST
from wholinks.research.campaigns.traffic import Correlation, Traffic, TrafficPeriod, correlations, traffic
from wholinks.research.growth.history import Every
from wholinks.storage.errors import UsageError

WEEKS = 14
COME = (1, 3, 0, 2, 5, 1, 0, 4, 2, 1, 6, 0, 2, 3)
"""Backlinks found in each week."""
_DAY_0 = moment(START).date() - timedelta(120)
MONDAY = _DAY_0 + timedelta(-_DAY_0.weekday() % 7)
"""Of the first week that was crawled from its beginning."""


def web() -> Graph:
    """Pages known from the beginning, before the first whole week; each week some begin to link."""
    graph = Graph().wait(-120 * DAY_S)
    for number in range(sum(COME)):
        graph.page(f"http://s{number % 7}.example/{number}")
    graph.wait((MONDAY - _DAY_0).days * DAY_S)
    number = 0
    for come in COME:
        for page in range(number, number + come):
            graph.page(f"http://s{page % 7}.example/{page}", [SHOP])
        number += come
        graph.wait(7 * DAY_S)
    return graph


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    with index_of(web(), tmp_path_factory.mktemp("traffic")) as opened:
        yield opened


def visits(weeks: dict[int, int], first: date = MONDAY) -> dict[date, int]:
    """Traffic by day: all of a week's on its Thursday."""
    return {
        first + timedelta(7 * week + day): count if day == 3 else 0 for week, count in weeks.items() for day in range(7)
    }


def told(index: Index, days: dict[date, int], **options: object) -> Traffic:
    return traffic(index, Question(index.target("shop.example")), {"clicks": days}, **options)  # type: ignore[arg-type]


def one(found: Traffic, series: str, of: str, lag: int) -> Correlation:
    return next(it for it in found.correlations if (it.series, it.of, it.lag) == (series, of, lag))


def test_periods_have_links_where_crawled_and_traffic_where_imported(index: Index) -> None:
    found = told(index, visits({-3: 70, 0: 7, 1: 9}))
    rows = {row.first: row for row in found.rows}
    assert found.rows[0].first == MONDAY - timedelta(21)
    assert found.crawled_from == _DAY_0
    before, gap, first, second = (rows[MONDAY + timedelta(7 * week)] for week in (-3, -2, 0, 1))
    assert (before.traffic, before.days, before.backlinks, before.gained) == (70, 7, None, None)
    assert (gap.traffic, gap.days, gap.backlinks) == (None, 0, None)
    assert (first.traffic, first.backlinks, first.gained, first.discovered) == (7, 1, 1, 0)
    assert (second.traffic, second.backlinks, second.referring_domains, second.gained) == (9, 4, 4, 3)
    for row in found.rows:
        if row.backlinks is not None:
            answer = index.who_links_to("shop.example", as_of=row.last, limit=0).totals
            assert (row.backlinks, row.referring_domains) == (answer.backlinks, answer.referring_domains)


def test_the_lag_by_which_traffic_follows_is_found(index: Index) -> None:
    standing = [sum(COME[: week + 1]) for week in range(WEEKS)]
    found = told(index, visits({week + 2: 100 + 10 * standing[week] for week in range(WEEKS - 2)}))
    for of in ("levels", "changes"):
        right, wrong = one(found, "backlinks", of, 2), one(found, "backlinks", of, 1)
        assert right.pearson == pytest.approx(1)
        assert right.spearman == pytest.approx(1)
        assert right.periods == 12 - (of == "changes")
        assert wrong.pearson is not None
        assert wrong.pearson < 0.9999
    # Growth alone brings levels together at any lag; changes tell them apart.
    assert (one(found, "backlinks", "levels", 0).pearson or 0) > 0.9
    assert abs(one(found, "backlinks", "changes", 0).pearson or 0) < 0.7
    assert one(found, "gained", "levels", 2).periods == 12
    assert {it.lag for it in found.correlations} == {0, 1, 2, 3, 4}


def test_too_few_periods_give_no_number(index: Index) -> None:
    found = told(index, visits({week: week * week for week in range(LEAST)}))
    assert one(found, "backlinks", "levels", 0).pearson is not None
    for it in found.correlations:
        if it.of != "levels" or it.lag:
            assert (it.pearson, it.spearman, it.pearson_low, it.spearman_high) == (None, None, None, None)
            assert (it.why_none or "").startswith("too few periods: ")


def test_what_does_not_vary_gives_no_number(index: Index) -> None:
    found = told(index, visits(dict.fromkeys(range(12), 7)))
    assert one(found, "backlinks", "levels", 0).why_none == "the traffic does not vary"
    nobody = traffic(index, Question(index.target("nobody.example")), {"clicks": visits({w: w for w in range(12)})})
    assert one(nobody, "backlinks", "levels", 0).why_none == "the links do not vary"


def test_a_week_with_an_unknown_day_is_shown_and_not_compared(index: Index) -> None:
    days = visits({week: week for week in range(12)})
    whole = one(told(index, days), "backlinks", "levels", 0).periods
    del days[MONDAY + timedelta(8)]
    found = told(index, days)
    assert one(found, "backlinks", "levels", 0).periods == whole - 1
    assert [(row.days, row.traffic, row.whole_traffic) for row in found.rows if row.days == 6] == [(6, 1, None)]


def test_months_are_those_of_the_calendar(index: Index) -> None:
    found = told(index, visits(dict.fromkeys(range(12), 1)), every=Every.MONTH)
    assert all(row.first.day == 1 and (row.last + timedelta(1)).day == 1 for row in found.rows)
    assert sum(row.traffic or 0 for row in found.rows) == 12


def test_what_cannot_be_meant_is_refused(index: Index, tmp_path: Path) -> None:
    for options, said in (
        ({"measure": "sessions"}, "no sessions were imported; there are clicks"),
        ({"every": Every.DAY}, "compare weeks or months"),
        ({"lags": 99}, "lag: 99"),
    ):
        with pytest.raises(UsageError, match=said):
            told(index, {MONDAY: 1}, **options)
    with index_of(Graph().waiting("http://a.example/"), tmp_path) as empty:
        found = told(empty, {MONDAY: 1})
    assert (found.crawled_from, [row.backlinks for row in found.rows]) == (None, [None])


@given(st.lists(st.tuples(st.none() | st.integers(0, 50), st.none() | st.integers(0, 50)), max_size=30))
def test_pairs_are_those_that_are_whole_at_both_ends(series: list[tuple[int | None, int | None]]) -> None:
    rows = [
        TrafficPeriod(
            (first := MONDAY + timedelta(7 * week)), first + timedelta(6), 7, count, links, links, links, links, links
        )
        for week, (links, count) in enumerate(series)
    ]
    for it in correlations(rows, 3):
        if it.of == "levels":
            pairs = [(series[n][0], series[n + it.lag][1]) for n in range(len(series) - it.lag)]
            assert it.periods == sum(a is not None and b is not None for a, b in pairs)
        assert (it.pearson is None) == (it.why_none is not None) == (it.spearman is None)
        if it.pearson is not None:
            assert it.periods >= LEAST


# ---- what is kept


def _kept(folder: Path, *rows: tuple[int, str, int | None, int | None]) -> int:
    return keep_traffic(
        folder, "shop.example",
        [Visits(MONDAY + timedelta(day), page, clicks, None, sessions) for day, page, clicks, sessions in rows],
    )  # fmt: skip


def test_traffic_imported_again_replaces_what_was_there(tmp_path: Path) -> None:
    rows = ((0, "/a", 1, None), (0, "/b", 2, None), (1, "/a", 4, None))
    assert _kept(tmp_path, *rows) == 3
    assert _kept(tmp_path, *rows, (2, "/a", 8, None)) == 1
    assert _kept(tmp_path, (0, "/a", 5, None)) == 0
    assert dict(traffic_by_day(tmp_path, "shop.example")["clicks"]) == {
        MONDAY: 7, MONDAY + timedelta(1): 4, MONDAY + timedelta(2): 8,
    }  # fmt: skip


def test_measures_of_two_exports_stand_side_by_side(tmp_path: Path) -> None:
    _kept(tmp_path, (0, "/a", 1, None))
    _kept(tmp_path, (0, "/a", None, 9))
    known = traffic_by_day(tmp_path, "shop.example")
    assert {name: dict(days) for name, days in known.items()} == {"clicks": {MONDAY: 1}, "sessions": {MONDAY: 9}}


def test_a_row_of_the_whole_target_goes_before_the_sum_of_its_pages(tmp_path: Path) -> None:
    _kept(tmp_path, (0, "/a", 1, None), (0, "/b", 2, None), (0, "", 10, None), (1, "/a", 3, None))
    assert list(traffic_by_day(tmp_path, "shop.example")["clicks"].values()) == [10, 3]


def test_targets_are_kept_apart_and_can_be_dropped(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no traffic of shop\.example was imported; first"):
        traffic_by_day(tmp_path, "shop.example")
    _kept(tmp_path, (0, "", 1, None))
    with pytest.raises(UsageError, match=r"no traffic of a\.example was imported; there is some of shop\.example"):
        traffic_by_day(tmp_path, "a.example")
    assert drop_traffic(tmp_path, "shop.example") == 1
    with pytest.raises(UsageError, match="no traffic"):
        traffic_by_day(tmp_path, "shop.example")
