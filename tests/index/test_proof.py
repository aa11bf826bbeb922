"""Evidence: the fetch, the links as they stood, the directives and the verdict of the default policy."""

from pathlib import Path
from typing import Any

import pytest

from tests.graph import START, Graph, Link
from tests.index.asking import index_of
from wholinks.index.proof import Counted, Proof
from wholinks.storage.errors import UsageError
from wholinks.storage.records import Kind, LinkFlag, Placement, State

SHOP = "http://shop.example/"
BLOG = "http://blog.example/"


def prove(graph: Graph, folder: Path, source: str = BLOG, target: str = SHOP, **options: Any) -> Proof:
    with index_of(graph, folder) as index:
        return index.evidence(source, target, **options)


def test_a_link_is_shown_as_it_stood(tmp_path: Path) -> None:
    link = Link(
        SHOP, "tents", "nofollow me2", placement=Placement.FOOTER, rel_raw="NoFollow me2", before="buy", after="here",
        tag='<a href="http://shop.example/" rel="NoFollow me2">',
        flags=LinkFlag.HIDDEN | LinkFlag.NOSCRIPT | LinkFlag.FROM_HEADER | LinkFlag.TAG_CUT | LinkFlag.ANCHOR_CUT,
    )  # fmt: skip
    proof = prove(Graph().page(BLOG, ["http://x.example/", link]), tmp_path)
    (found,) = proof.links
    assert (proof.source_url, proof.target_url, proof.counted) == (BLOG, SHOP, Counted.YES)
    assert (found.ordinal, found.kind, found.placement, found.tag) == (2, "text", "footer", link.tag)
    assert (found.raw_href, found.rel, found.rel_raw, found.followed) == (
        SHOP, ("nofollow", "me2"), "NoFollow me2", False,
    )  # fmt: skip
    assert (found.anchor_text, found.anchor_source) == ("tents", "content")
    assert (found.context_before, found.context_after) == ("buy", "here")
    assert (found.hidden, found.noscript, found.from_header, found.cut) == (True, True, True, ("anchor", "tag"))
    assert found.first_seen.timestamp() == START


@pytest.mark.parametrize("raw", [None, "", " ", "a\nb"])
def test_an_empty_rel_is_not_one_that_is_missing(tmp_path: Path, raw: str | None) -> None:
    (found,) = prove(Graph().page(BLOG, [Link(SHOP, rel_raw=raw, tag="<a rel>", before="", after="b")]), tmp_path).links
    assert (found.rel_raw, found.tag, found.context_before, found.context_after) == (raw, "<a rel>", "", "b")


def test_the_fetch_and_the_pages_own_directives_are_told(tmp_path: Path) -> None:
    graph = Graph().page(
        BLOG, [SHOP], nofollow=True, noindex=True, title="Blog", language="en", body="b", is_complete=False,
        canonical="http://blog.example/else",
    )  # fmt: skip
    page = prove(graph.unchanged(BLOG), tmp_path).page
    assert page is not None
    assert (page.http_status, page.complete, page.noindex, page.nofollow) == (200, False, True, True)
    assert (page.title, page.language, page.canonical_url, page.duplicate_of) == (
        "Blog", "en", "http://blog.example/else", None,
    )  # fmt: skip
    assert len(page.body_hash) == 16
    assert (page.fetched_at.timestamp(), page.last_seen.timestamp()) == (START, START + 60)


def test_the_redirects_to_the_page_and_from_the_target_are_told(tmp_path: Path) -> None:
    graph = Graph().redirect("http://blog.example/1", "http://blog.example/2").redirect("http://blog.example/2", BLOG)
    graph.page(BLOG, [SHOP], requested="http://blog.example/1")
    graph.redirect(SHOP, "http://www.shop.example/").redirect("http://www.shop.example/", SHOP)
    proof = prove(graph, tmp_path, "http://blog.example/1")
    assert proof.page is not None
    assert proof.page.redirect_chain == ("http://blog.example/1", "http://blog.example/2", BLOG)
    assert (proof.page.requested_url, proof.page.final_url) == ("http://blog.example/1", BLOG)
    assert proof.target_chain == (SHOP, "http://www.shop.example/")


def test_all_links_of_the_pair_are_shown_or_the_one_asked_for(tmp_path: Path) -> None:
    graph = Graph().page(BLOG, [SHOP, "http://x.example/", SHOP, "http://shop.example/b"])
    assert [link.ordinal for link in prove(graph, tmp_path).links] == [1, 3]
    assert [link.ordinal for link in prove(graph, tmp_path, ordinal=3).links] == [3]
    with pytest.raises(UsageError, match="link 2 of the page leads elsewhere; those to this URL are: 1, 3"):
        prove(graph, tmp_path, ordinal=2)


def test_a_duplicate_is_told_with_what_it_is_a_duplicate_of(tmp_path: Path) -> None:
    copy = "http://blog.example/copy"
    graph = Graph().page(BLOG, [SHOP]).page(copy, [SHOP, "http://only.example/"], canonical=BLOG)
    proof = prove(graph, tmp_path, copy)
    assert proof.counted is Counted.DUPLICATE
    assert proof.page is not None
    assert proof.page.duplicate_of == BLOG
    assert prove(graph, tmp_path, copy, "http://only.example/").counted is Counted.YES


def test_a_kind_that_does_not_count_is_told(tmp_path: Path) -> None:
    assert prove(Graph().page(BLOG, [Link(SHOP, kind=Kind.FRAME)]), tmp_path).counted is Counted.KIND


def test_a_redirect_is_a_link_without_a_tag(tmp_path: Path) -> None:
    proof = prove(Graph().redirect("http://blog.example/out", SHOP), tmp_path, "http://blog.example/out")
    assert [(link.kind, link.tag) for link in proof.links] == [("redirect", "")]
    assert proof.page is not None
    assert (proof.page.http_status, proof.page.body_hash) == (301, "")


def test_a_url_without_a_scheme_means_either(tmp_path: Path) -> None:
    graph = Graph().page("https://blog.example/a", ["https://shop.example/"])
    assert prove(graph, tmp_path, "blog.example/a", "shop.example").is_found
    assert not prove(graph, tmp_path, "http://blog.example/a", "shop.example").is_found


@pytest.mark.parametrize(
    ("graph", "state", "reason", "obstacle"),
    [
        (Graph().page(BLOG), "fetched", None, None),
        (Graph().page(BLOG, script_only=True), "fetched", None, "script_only"),
        (Graph().failed(BLOG, 404), "failed", "http_404", None),
        (Graph().failed(BLOG, 500), "failed", "server_error", "failed"),
        (Graph().waiting(BLOG, State.BLOCKED, "robots"), "blocked", "robots", "blocked"),
        (Graph().waiting(BLOG), "discovered", None, "pending"),
    ],
)
def test_where_no_link_is_known_the_page_is_told_of(
    graph: Graph, state: str, reason: str | None, obstacle: str | None, tmp_path: Path
) -> None:
    proof = prove(graph.page("http://fan.example/", [SHOP]), tmp_path)
    assert (proof.is_found, proof.counted, proof.page, proof.links) == (False, None, None, ())
    (known,) = proof.known
    assert (known.url, known.state, known.reason, known.obstacle) == (BLOG, state, reason, obstacle)


def test_a_page_never_seen_is_told_as_such(tmp_path: Path) -> None:
    proof = prove(Graph().page("http://fan.example/", [SHOP, BLOG]), tmp_path)
    assert (proof.known, proof.is_found) == ((), False)
    assert not prove(Graph().page(BLOG), tmp_path).is_found, "nor a target never seen"


def test_what_is_no_url_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        prove(Graph().page(BLOG), tmp_path, "mailto:a@b.example")
