"""Placed links: present, or what differs; what could not be read is for review, never lost."""

from pathlib import Path

import pytest

from tests.graph import Graph, Link
from tests.index.asking import index_of
from wholinks.index.placed import Checked, Placed, PlacedState, check, read_placed
from wholinks.storage.errors import UsageError
from wholinks.storage.records import Kind, State

PAGE = "https://blog.example/tents"
SHOP = "https://shop.example/"
NEW = "https://blog.example/new"
AGREED = Placed(2, PAGE, SHOP, frozenset(), "light tents")


def checked(graph: Graph, folder: Path, placed: Placed = AGREED) -> Checked:
    with index_of(graph, folder) as index:
        return check(placed, index.evidence(placed.source_url, placed.target_url))


def states(found: Checked) -> list[str]:
    assert found.state is found.findings[0]
    return [finding.value for finding in found.findings]


def test_a_link_as_agreed_is_present_with_its_proof(tmp_path: Path) -> None:
    found = checked(Graph().page(PAGE, [Link(SHOP, "Light  tents", tag="<a href=x>")]), tmp_path)
    assert states(found) == ["present"]
    assert (found.followed, found.anchor_text, found.tag, found.http_status) == (
        True,
        "Light  tents",
        "<a href=x>",
        200,
    )


@pytest.mark.parametrize(
    ("link", "differs"),
    [
        (Link(SHOP, "light tents", "nofollow"), ["rel_changed"]),
        (Link(SHOP, "light tents", "noopener"), ["present"]),
        (Link(SHOP, "heavy tents"), ["anchor_changed"]),
        (Link(SHOP, "heavy tents", "ugc"), ["rel_changed", "anchor_changed"]),
    ],
)
def test_what_differs_is_told_the_gravest_first(tmp_path: Path, link: Link, differs: list[str]) -> None:
    assert states(checked(Graph().page(PAGE, [link]), tmp_path)) == differs


def test_nothing_agreed_is_not_checked(tmp_path: Path) -> None:
    graph = Graph().page(PAGE, [Link(SHOP, "x", "nofollow")])
    assert states(checked(graph, tmp_path, Placed(2, PAGE, SHOP, None, None))) == ["present"]


def test_a_sponsored_link_as_agreed_is_present(tmp_path: Path) -> None:
    graph = Graph().page(PAGE, [Link(SHOP, "x", "sponsored nofollow")])
    agreed = Placed(2, PAGE, SHOP, frozenset({"sponsored", "nofollow"}), None)
    assert states(checked(graph, tmp_path, agreed)) == ["present"]
    assert states(checked(graph, tmp_path, Placed(2, PAGE, SHOP, frozenset({"sponsored"}), None))) == ["rel_changed"]


def test_the_page_s_own_nofollow_is_a_nofollow(tmp_path: Path) -> None:
    assert states(checked(Graph().page(PAGE, [Link(SHOP, "light tents")], nofollow=True), tmp_path)) == ["rel_changed"]


def test_of_several_links_the_one_that_fits_best_counts(tmp_path: Path) -> None:
    graph = Graph().page(PAGE, [Link(SHOP, "other", "nofollow"), Link(SHOP, "light tents")])
    assert states(checked(graph, tmp_path)) == ["present"]


def test_a_page_that_says_not_to_count_it_is_told(tmp_path: Path) -> None:
    graph = Graph().page(PAGE, [Link(SHOP, "light tents")], noindex=True, canonical="https://blog.example/all")
    found = checked(graph, tmp_path)
    assert states(found) == ["noindex", "canonical_elsewhere"]
    assert found.canonical_url == "https://blog.example/all"


def test_a_page_that_moved_with_its_link_redirects(tmp_path: Path) -> None:
    found = checked(Graph().redirect(PAGE, NEW).page(NEW, [Link(SHOP, "light tents")]), tmp_path)
    assert (states(found), found.final_url) == (["redirected"], NEW)


@pytest.mark.parametrize(
    ("graph", "state", "reason"),
    [
        (Graph().page(PAGE, [SHOP]).page(PAGE, []), "lost", "removedfromhtml"),
        (Graph().page(PAGE, [SHOP]).redirect(PAGE, NEW).page(NEW, []), "lost", "pageredirected"),
        (Graph().page(PAGE, [SHOP]).page(PAGE, []).failed(PAGE, 503), "review", "server_error"),
        (Graph().page(PAGE, ["https://other.example/"]), "missing", "never_seen"),
        (Graph().redirect(PAGE, NEW).page(NEW, []), "missing", "never_seen"),
        (Graph().page(PAGE, [Link(SHOP, kind=Kind.FRAME)]).page(PAGE, []), "missing", "never_seen"),
        (Graph().failed(PAGE, 404), "lost", "http_404"),
        (Graph().failed(PAGE, 410), "lost", "http_410"),
        (Graph().failed(PAGE, 503), "review", "server_error"),
        (Graph().failed(PAGE, 403), "review", "http_403"),
        (Graph().waiting(PAGE, State.BLOCKED, "robots"), "review", "robots"),
        (Graph().waiting(PAGE), "review", "not_reached"),
        (Graph().page(PAGE, [], is_complete=False), "review", "incomplete"),
        (Graph().page(PAGE, [], script_only=True), "review", "script_only"),
        (Graph().no_html(PAGE), "review", "not_html"),
        (Graph().page("https://blog.example/", []), "review", "never_fetched"),
    ],
)
def test_lost_is_said_only_of_what_was_read(tmp_path: Path, graph: Graph, state: str, reason: str) -> None:
    found = checked(graph, tmp_path)
    assert (found.state.value, found.reason) == (state, reason)
    assert found.followed is None


def test_a_link_on_a_page_that_is_gone_since_is_lost_though_history_still_doubts_it(tmp_path: Path) -> None:
    found = checked(Graph().page(PAGE, [Link(SHOP, "light tents")]).failed(PAGE, 404), tmp_path)
    assert (found.state, found.reason) == (PlacedState.LOST, "http_404")


def test_a_link_that_came_back_is_present(tmp_path: Path) -> None:
    agreed = [Link(SHOP, "light tents")]
    assert states(checked(Graph().page(PAGE, agreed).page(PAGE, []).page(PAGE, agreed), tmp_path)) == ["present"]


# -- lists


def test_a_list_is_read_by_its_header() -> None:
    text = ["Page,Target,Rel,Anchor\n", "blog.example/a,HTTPS://Shop.example,follow,light tents\n", "\n",
            "https://b.example/,https://shop.example/x,\"nofollow, ugc\",\n"]  # fmt: skip
    assert read_placed(text, "list.csv") == [
        Placed(2, "https://blog.example/a", "https://shop.example/", frozenset(), "light tents"),
        Placed(4, "https://b.example/", "https://shop.example/x", frozenset({"nofollow", "ugc"}), None),
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "must name the columns"),
        ("a,b\n1,2\n", "must name the columns"),
        ("source_url,target_url\n", "no link in it"),
        ("source_url,target_url\nhttps://a.example/,\n", "line 2: target_url: '' is no URL"),
        ("source_url,target_url\nmailto:x,https://a.example/\n", "line 2: source_url: 'mailto:x' is no URL"),
        ("source_url,target_url,rel\nhttps://a.example/,https://b.example/,maybe\n", "line 2: rel 'maybe'"),
        ("source_url,target_url,rel\nhttps://a.example/,https://b.example/,follow ugc\n", "line 2: rel 'follow ugc'"),
    ],
)
def test_a_wrong_list_is_named_by_its_line(text: str, problem: str) -> None:
    with pytest.raises(UsageError, match=r"^list\.csv: ") as caught:
        read_placed(text.splitlines(keepends=True), "list.csv")
    assert problem in str(caught.value)
