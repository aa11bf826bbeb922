"""Asking: limits, many at once, and what was asked wrongly."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.graph import Graph, Link
from tests.index.asking import index_of
from wholinks.index.queries import Index
from wholinks.index.questions import By, Question
from wholinks.index.selection import Selection
from wholinks.storage.errors import UsageError

SHOP = "http://shop.example/"


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    graph = Graph()
    for number in range(12):
        graph.page(f"http://s{number}.example/", [Link(f"{SHOP}{page}", f"t{page}") for page in range(number + 1)])
    for host in range(70):
        graph.page(f"http://p.example/{host}", [f"http://h{host}.many.example/", f"https://h{host}.many.example/"])
    with index_of(graph, tmp_path_factory.mktemp("data")) as index:
        return Index(index.folder)


@pytest.mark.parametrize("by", list(By))
def test_limit_cuts_rows_only(index: Index, by: By) -> None:
    whole = index.who_links_to("shop.example", by=by)
    cut = index.who_links_to("shop.example", by=by, limit=5)
    assert cut.totals == whole.totals
    assert cut.rows == whole.rows[:5]
    assert cut.rows_known == whole.rows_known == len(whole.rows)
    assert index.who_links_to("shop.example", by=by, limit=5, offset=3).rows == whole.rows[3:8]
    assert index.who_links_to("shop.example", by=by, limit=0).rows == ()


@pytest.mark.parametrize("by", list(By))
def test_rows_alone_are_the_rows_of_the_answer(index: Index, by: By) -> None:
    question = Question(index.target("shop.example"), by)
    assert tuple(index.rows(question)) == index.answer(question).rows


def test_an_unknown_target_is_zero_with_coverage(index: Index) -> None:
    answer = index.who_links_to("nobody.example")
    assert answer.totals.backlinks == answer.rows_known == 0
    assert answer.coverage.pages_known == 82
    assert answer.hint == ("no link to nobody.example was ever seen, and no URL of it is known; is it typed right?")
    assert answer.question.asked.domain == "nobody.example"


def test_the_answer_counted_ahead_equals_the_one_counted_now(index: Index) -> None:
    ahead = index.who_links_to("shop.example")
    now = index.who_links_to("shop.example", protocol="http")  # the same URLs, by ranges
    assert (ahead.totals, ahead.rows) == (now.totals, now.rows)


def test_a_target_in_many_ranges_is_one_target(index: Index) -> None:
    assert index.who_links_to("many.example").totals.backlinks == 140
    assert index.who_links_to("many.example", protocol="http").totals.backlinks == 70
    rows = index.who_links_to("many.example", protocol="https", by=By.PAGE).rows
    assert {row.target_url for row in rows} == {f"https://h{host}.many.example/" for host in range(70)}  # type: ignore[union-attr]


def test_ranges_become_conditions_with_parameters_only() -> None:
    few = Selection((3,), ((1, 2), (5, 9)))
    assert few.where("d", "u") == ("d = ? AND (u BETWEEN ? AND ? OR u BETWEEN ? AND ?)", [3, 1, 2, 5, 9])
    assert Selection((3, 4), None).where("d", "u") == ("d IN (SELECT unnest(?))", [[3, 4]])


def test_threads_may_share_an_index(index: Index) -> None:
    targets = ["shop.example", "many.example", "nobody.example", "h3.many.example"] * 8
    alone = [index.who_links_to(target).totals for target in targets]
    with ThreadPoolExecutor(8) as pool:
        assert [answer.totals for answer in pool.map(index.who_links_to, targets)] == alone


@pytest.mark.parametrize(
    "options", [{"by": "page2"}, {"follow": "x"}, {"mode": "x"}, {"protocol": "ftp"}, {"kinds": ["text", "video"]}]
)
def test_what_cannot_be_asked_is_a_usage_error(index: Index, options: dict[str, str]) -> None:
    with pytest.raises(UsageError, match="is none of"):
        index.who_links_to("shop.example", **options)  # type: ignore[arg-type]


def test_text_of_pages_never_becomes_sql(index: Index) -> None:
    for typed in ("shop.example/' OR 1=1 --", 'shop.example/");DROP TABLE link;--', "shop.example/%27"):
        assert index.who_links_to(typed).totals.backlinks == 0
