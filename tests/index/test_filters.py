"""Filters: each by hand, all of them together, and everywhere a question is answered."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.cli.running import answered, said
from tests.graph import START, Graph, Link
from tests.index.asking import examples, index_of
from wholinks.index.answers import LinkRow
from wholinks.index.filters import NO_FILTERS, Filters
from wholinks.index.queries import Index
from wholinks.index.questions import By, Question
from wholinks.storage.errors import UsageError
from wholinks.storage.records import LinkFlag, Placement

SHOP = "http://shop.example/"
DAY_S = 86_400


def web() -> Graph:
    return (
        Graph()
        .page(
            "http://news.co.uk/a",
            [
                Link(SHOP, "Light Tents", placement=Placement.MAIN),
                Link(SHOP, "home", placement=Placement.FOOTER, rel="nofollow"),
                Link(SHOP + "x", "tent 2000", placement=Placement.MAIN, flags=LinkFlag.HIDDEN),
            ],
            language="en-GB",
        )
        .wait(10 * DAY_S)
        .page("http://blog.de/", [Link(SHOP, "Zelte für alle", placement=Placement.NAV)], language="de")
        .page("http://10.0.0.7/", [Link(SHOP, "")])
        .page("http://blog.example/go", [Link("http://hop.example/", "tents by way of", placement=Placement.MAIN)])
        .redirect("http://hop.example/", SHOP)
    )


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    with index_of(web(), tmp_path_factory.mktemp("filters")) as opened:
        yield opened


@pytest.mark.parametrize(
    ("filters", "links", "backlinks", "via"),
    [
        ({}, 6, 5, 1),
        ({"placements": ("main",)}, 2, 2, 1),
        ({"placements": ("main", "footer")}, 3, 2, 1),
        ({"anchor_contains": "TENT"}, 2, 2, 1),
        ({"anchor_contains": "FÜR"}, 1, 1, 0),
        ({"anchor_regex": r"^tent \d+$"}, 1, 1, 0),
        ({"anchor_regex": "(?i)^light"}, 1, 1, 0),
        ({"anchor_regex": "^$"}, 2, 2, 0),
        ({"language": "EN"}, 3, 2, 0),
        ({"language": "none"}, 2, 2, 1),
        ({"source_tld": ".UK"}, 3, 2, 0),
        ({"source_tld": "(address)"}, 1, 1, 0),
        ({"source_contains": "Blog"}, 1, 1, 1),
        ({"hidden": True}, 1, 1, 0),
        ({"hidden": False}, 5, 4, 1),
        ({"first_seen_to": datetime.fromtimestamp(START + DAY_S, UTC)}, 3, 2, 0),
        ({"first_seen_from": datetime.fromtimestamp(START + DAY_S, UTC)}, 3, 3, 1),
        ({"placements": ("main",), "anchor_contains": "tent", "hidden": False, "language": "en"}, 1, 1, 0),
        ({"source_tld": "fr"}, 0, 0, 0),
    ],
)
def test_each_filter_by_hand(index: Index, filters: dict[str, Any], links: int, backlinks: int, via: int) -> None:
    chosen = Filters(**filters)
    answer = index.who_links_to("shop.example", by="page", filters=chosen)
    totals = answer.totals
    assert (totals.links, totals.backlinks, totals.via_redirect) == (links, backlinks, via)
    assert len(answer.rows) == answer.rows_known == backlinks
    ledger = index.explain(Question(index.target("shop.example"), By.LINK, filters=chosen))
    assert ledger.totals == totals
    assert [step.after for step in ledger.steps][-2] == backlinks
    assert ("filters: " in answer.snapshot.policy) == bool(chosen)


def test_a_day_means_all_of_it(index: Index) -> None:
    day = datetime.fromtimestamp(START, UTC).date()
    on_the_day = Filters(first_seen_from=day, first_seen_to=day.isoformat())
    assert index.who_links_to("shop.example", filters=on_the_day).totals.links == 3


@pytest.mark.parametrize("by", list(By))
def test_every_grouping_obeys(index: Index, by: By) -> None:
    chosen = Filters(placements=("footer",))
    for answer in (
        index.who_links_to("shop.example", by=by, filters=chosen),
        index.links_from("news.co.uk", by=by, filters=chosen),
        index.links_between("news.co.uk", "shop.example", by=by, filters=chosen),
    ):
        assert [row.links for row in answer.rows] == [1]
        assert answer.rows_known == 1


def test_what_a_step_took_out_by_filters_is_listed(index: Index) -> None:
    question = Question(index.target("shop.example"), By.LINK, filters=Filters(anchor_contains="tent"))
    found = index.explain(question, "follow_filter")
    assert sorted(row.anchor_text for row in found.rows if isinstance(row, LinkRow)) == [
        "",
        "",
        "Zelte für alle",
        "home",
    ]
    assert found.rows_known == next(step.taken_out for step in found.steps if step.name == "follow_filter") == 4


def test_a_verdict_obeys_and_nothing_found_says_why(index: Index) -> None:
    assert index.does_link("blog.de", "shop.example", filters=Filters(placements=("nav",))).answer == "yes"
    assert index.does_link("blog.de", "shop.example", filters=Filters(placements=("main",))).answer == "no"
    hint = index.who_links_to("shop.example", filters=Filters(source_tld="fr")).hint
    assert hint == "no link passes the filters (source tld 'fr'); 5 without them"


def test_lost_links_and_past_days_obey(tmp_path: Path) -> None:
    graph = Graph().page(
        "http://a.example/", [Link(SHOP, "gone", is_closed=True), Link(SHOP + "y", "Gone too", is_closed=True)]
    )
    with index_of(graph, tmp_path) as index:
        lost = index.who_links_to("shop.example", by="page", state="lost", filters=Filters(anchor_contains="too"))
        assert [row.target_url for row in lost.rows if isinstance(row, LinkRow)] == [SHOP + "y"]
        then = datetime.fromtimestamp(START, UTC)
        past = index.who_links_to("shop.example", as_of=then, filters=Filters(anchor_regex="^gone$"))
        assert past.totals.links == 1
        late = Filters(first_seen_from=datetime.fromtimestamp(START + 1, UTC))
        assert index.who_links_to("shop.example", state="all", filters=late).totals.links == 0


@pytest.mark.parametrize(
    ("filters", "says"),
    [
        ({"placements": ("attic",)}, "placement: 'attic' is none of body, header"),
        ({"anchor_contains": ""}, "anchor contains: empty"),
        ({"first_seen_from": "soon"}, "first seen from: 'soon' is no day"),
        ({"first_seen_from": "2026-02-02", "first_seen_to": "2026-02-01"}, "is no time at all"),
        ({"source_contains": "zürich"}, "xn--"),
    ],
)
def test_what_cannot_be_meant_is_refused(filters: dict[str, Any], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        Filters(**filters)


def test_a_bad_pattern_is_one_line_in_any_command(index: Index, capsys: pytest.CaptureFixture[str]) -> None:
    data = ("--data", index.folder, "--anchor-regex", "(tent")
    for command in (("to", "shop.example"), ("explain", "shop.example"), ("to", "shop.example", "--from", "blog.de")):
        shown = said(capsys, *command, *data, code=2)
        assert shown == "wholinks: anchor regex: '(tent': missing ): (tent; RE2 syntax is meant\n"


def test_the_options_are_the_filters(index: Index, capsys: pytest.CaptureFixture[str]) -> None:
    data = ("--data", index.folder)
    day = datetime.fromtimestamp(START, UTC).date().isoformat()
    options = (
        "--placement", "main", "--placement", "footer", "--anchor", "tent", "--language", "en", "--tld", "uk",
        "--source-contains", "news", "--not-hidden", "--first-seen-to", day,
    )  # fmt: skip
    found = answered(capsys, "to", "shop.example", *options, *data)
    assert found["totals"]["links"] == 1
    assert "filters: placement=main,footer, anchor contains 'tent'" in found["snapshot"]["policy"]
    assert answered(capsys, "from", "news.co.uk", *options, *data)["totals"]["links"] == 1
    assert answered(capsys, "links", "news.co.uk", "shop.example", *options, *data)["totals"]["links"] == 1


_LINK = st.builds(
    Link,
    st.sampled_from([SHOP, SHOP + "x"]),
    st.sampled_from(["", "Tent", "tents", "shop"]),
    st.sampled_from(["", "nofollow"]),
    placement=st.sampled_from(list(Placement)),
    flags=st.sampled_from([LinkFlag.NONE, LinkFlag.HIDDEN]),
)


@settings(max_examples=examples(15), deadline=None)
@given(
    pages=st.lists(st.lists(_LINK, max_size=4), min_size=1, max_size=4),
    text=st.sampled_from([None, "tent", "S"]),
    hidden=st.sampled_from([None, True, False]),
    placements=st.sets(st.sampled_from([placement.name.lower() for placement in Placement]), max_size=4),
)
def test_filters_take_out_what_they_name_and_nothing_else(
    tmp_path_factory: pytest.TempPathFactory,
    pages: list[list[Link]],
    text: str | None,
    hidden: bool | None,
    placements: set[str],
) -> None:
    graph = Graph()
    for number, links in enumerate(pages):
        graph.page(f"http://s{number}.example/", links)
    chosen = Filters(placements=tuple(sorted(placements)), anchor_contains=text, hidden=hidden)
    left = [
        (number, link)
        for number, links in enumerate(pages)
        for link in links
        if (not placements or link.placement.name.lower() in placements)
        and (text is None or text.lower() in link.anchor.lower())
        and (hidden is None or bool(link.flags & LinkFlag.HIDDEN) == hidden)
    ]
    with index_of(graph, tmp_path_factory.mktemp("any")) as index:
        totals = index.who_links_to("shop.example", filters=chosen).totals
        assert totals.links == len(left)
        assert totals.backlinks == len({(number, link.url) for number, link in left})
        assert totals.referring_domains == len({number for number, _ in left})
        if not chosen:
            assert index.who_links_to("shop.example", filters=NO_FILTERS).totals == totals
