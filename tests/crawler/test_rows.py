"""What a parser process hands on: every link, each URL once, and a candidate only when it says something new."""

import marshal

import pytest

from wholinks.crawler import rows as rows_module
from wholinks.crawler.rows import PageRows, RowMaker
from wholinks.storage.crawl_store import FetchRow
from wholinks.storage.records import Evidence, FoundLink, Kind, ParsedPage, Refresh, RobotsFlag, Target, bits
from wholinks.storage.urls import PublicSuffixes, identity

A, B = "http://a.example/", "http://www.b.co.uk/x?utm_source=1"


@pytest.fixture
def maker() -> RowMaker:
    return RowMaker(PublicSuffixes())


def page(*urls: str, kind: Kind = Kind.TEXT, evidence: Evidence | None = None, **facts: object) -> ParsedPage:
    links: list[FoundLink] = [(Target(url, ""), bits(kind), 0, None, "x", evidence) for url in urls]
    return ParsedPage(found=links, **facts)  # type: ignore[arg-type]


def candidates(rows: PageRows) -> list[tuple[int, bool]]:
    return [(row[0], row[-1]) for row in rows.candidates]


def test_each_link_is_a_row_and_each_url_and_origin_is_sent_once(maker: RowMaker) -> None:
    first = maker.page(1, page(A, B, A, f"{A}2"), 0, follow_all=False)
    assert [row[:3] for row in first.links] == [(1, n, identity(u)) for n, u in enumerate((A, B, A, f"{A}2"), 1)]
    assert sorted(row[2] for row in first.urls) == ["/", "/2", "/x?utm_source=1"]
    assert {row[1:] for row in first.origins} == {
        ("http://a.example", "a.example", "a.example", "a.example"),
        ("http://www.b.co.uk", "www.b.co.uk", "b.co.uk", "b.co.uk"),
    }
    second = maker.page(2, page(A, B), 0, follow_all=False)
    assert (len(second.links), second.urls, second.origins, second.candidates) == (2, [], [], [])


def test_a_url_with_tracking_parameters_names_the_key_of_its_plain_spelling(maker: RowMaker) -> None:
    url_id, _, key_id = maker.url(B)
    assert (url_id, key_id) == (identity(B), identity("http://www.b.co.uk/x"))
    assert maker.take()[1][0][3] == key_id
    maker.url(A)
    assert maker.take()[1][0][3] is None


@pytest.mark.parametrize(
    ("offers", "sent"),
    [
        ([(2, True), (2, True)], [True, False]),
        ([(2, True), (3, True)], [True, False]),
        ([(3, True), (2, True)], [True, True]),
        ([(2, False), (5, True)], [True, True]),
        ([(2, True), (5, False)], [True, False]),
        ([(5, True), (2, False), (3, True)], [True, True, False]),
    ],
)
def test_a_candidate_is_sent_again_when_it_is_nearer_or_newly_allowed(
    maker: RowMaker, offers: list[tuple[int, bool]], sent: list[bool]
) -> None:
    assert [maker.candidate(A, depth, follow=follow) is not None for depth, follow in offers] == sent


def test_spellings_of_one_page_are_one_candidate(maker: RowMaker) -> None:
    rows = maker.page(1, page(f"{A}?gclid=1", A, f"{A}?utm_x=2"), 0, follow_all=False)
    assert candidates(rows) == [(identity(A), True)]
    assert rows.candidates[0][1] == identity(f"{A}?gclid=1")


@pytest.mark.parametrize("kind", Kind)
def test_all_but_forms_may_be_fetched(maker: RowMaker, kind: Kind) -> None:
    rows = maker.page(1, page(A, kind=kind), 0, follow_all=False)
    assert bool(rows.candidates) == (kind is not Kind.FORM)
    assert len(rows.links) == 1


@pytest.mark.parametrize("follow_all", [True, False])
def test_a_nofollow_page_offers_what_is_not_to_be_fetched(maker: RowMaker, follow_all: bool) -> None:
    rows = maker.page(1, page(A, robots=RobotsFlag.NOFOLLOW, refresh=Refresh(0, B)), 0, follow_all=follow_all)
    assert [follow for _, follow in candidates(rows)] == [follow_all, follow_all]


def test_a_refresh_is_as_near_as_its_page(maker: RowMaker) -> None:
    rows = maker.page(1, page(refresh=Refresh(3, A)), 4, follow_all=False)
    assert maker.candidate(A, 5, follow=True) is None
    assert candidates(rows) == [(identity(A), True)]
    facts = dict(zip(FetchRow._fields[FetchRow._fields.index("canonical_url_id") :], rows.facts, strict=True))
    assert (facts["refresh_url_id"], facts["refresh_delay_s"]) == (identity(A), 3)


def test_rows_travel_by_marshal(maker: RowMaker) -> None:
    evidence = Evidence("raw", None, "<a>", "", "", 7)
    parsed = page(A, evidence=evidence, canonical=A, non_links={"mailto": 2}, robots_other={"x": ["none"]})
    rows = maker.page(1, parsed, 0, follow_all=False)
    assert PageRows(*marshal.loads(marshal.dumps(tuple(rows)))) == rows


def test_what_is_remembered_is_bounded_and_forgetting_is_harmless(
    maker: RowMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows_module, "_MOST_KNOWN", 10)
    urls = [f"http://h{number}.example/{'?gclid=1' * (number % 2)}" for number in range(50)]
    rows = maker.page(1, page(*urls, *urls), 0, follow_all=False)
    assert {row[0] for row in rows.urls} == {identity(url) for url in urls}
    assert len(rows.links) == 100
    assert len(maker._ids) <= 10
    assert 0 < len(maker._offers) <= 10
    assert len(maker._origins) <= 10
