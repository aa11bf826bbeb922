"""Decisions behind links: templates and what an author set."""

from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.graph import Graph, Link
from tests.index.asking import examples, index_of
from wholinks.index.questions import Question
from wholinks.research.quality.decisions import Decisions, decisions
from wholinks.storage.records import Placement

SHOP = "http://shop.example/"


def of(graph: Graph, folder: Path, limit: int | None = None) -> tuple[Decisions, int]:
    with index_of(graph, folder) as index:
        target = index.target("shop.example")
        return decisions(index, Question(target, limit=limit)), index.who_links_to(target).totals.links


def test_a_footer_is_one_decision(tmp_path: Path) -> None:
    graph = Graph()
    footer = Link(SHOP, "the shop", placement=Placement.FOOTER, path=1)
    for number in range(4):
        share = Link(f"{SHOP}share?page={number}", "share", path=2)
        graph.page(f"http://blog.example/{number}", [footer, share, Link(f"{SHOP}{number % 2}", "tent", path=number)])
    found, links = of(graph, tmp_path)
    assert (found.links, links) == (12, 12)
    assert (found.template_decisions, found.template_links) == (2, 8)
    assert (found.editorial_decisions, found.editorial_links) == (4, 4)
    assert [(row.linked, row.share, row.placement) for row in found.rows[:2]] == [
        ("shop.example", 1.0, "body"), ("shop.example", 1.0, "footer")
    ]  # fmt: skip
    assert found.rows[2].linked.startswith(SHOP)


def test_the_share_is_of_the_pages_fetched(tmp_path: Path) -> None:
    graph = Graph()
    for number in range(11):
        graph.page(f"http://blog.example/{number}", [Link(SHOP, "x")] if number < 3 else [])
    found, _ = of(graph, tmp_path)
    assert (found.template_decisions, found.editorial_decisions) == (0, 1)
    assert found.domains[0].pages_fetched == 11
    for number in range(2):
        graph.page(f"http://two.example/{number}", [Link(SHOP, "x")])
    assert of(graph, tmp_path / "2")[0].template_decisions == 0  # two pages are no template


def test_nothing_is_known(tmp_path: Path) -> None:
    found, _ = of(Graph().page("http://blog.example/"), tmp_path)
    assert (found.links, found.rows) == (0, ())


LINKS = st.lists(
    st.builds(
        Link, st.sampled_from([SHOP, f"{SHOP}a"]), st.sampled_from(["", "x"]), path=st.integers(0, 2),
        placement=st.sampled_from([Placement.BODY, Placement.FOOTER]),
    ), max_size=5,
)  # fmt: skip
PAGES = st.dictionaries(st.sampled_from([f"http://{site}.example/{n}" for site in "ab" for n in range(6)]), LINKS)


@settings(max_examples=examples(8), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(PAGES)
def test_decisions_add_up_to_the_links(tmp_path: Path, pages: dict[str, list[Link]]) -> None:
    graph = Graph()
    for url, on_page in pages.items():
        graph.page(url, on_page)
    found, links = of(graph, tmp_path)
    assert found.links == links == sum(row.links for row in found.rows) == sum(row.links for row in found.domains)
    assert found.template_links + found.editorial_links == links
    assert found.template_decisions == sum(row.is_template for row in found.rows)
    assert found.editorial_decisions == sum(row.editorial_decisions for row in found.domains)
