"""Yes, no, unknown: a "no" is said only where every page known was read to its end."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.graph import START, Graph, Link
from tests.index.asking import index_of
from wholinks.crawler.traps import REASONS as TRAPS
from wholinks.crawler.traps import SOFT_404
from wholinks.index.questions import Follow
from wholinks.index.verdict import NEVER_CRAWLED, REASONS, Reply, Verdict
from wholinks.render.verdict import sentence
from wholinks.research.coverage.sites import site_coverage
from wholinks.storage.errors import UsageError
from wholinks.storage.records import Kind, LinkFlag, State

SHOP = "http://shop.example/"


def known() -> Graph:
    """A shop others link to, and a blog read to its end that does not."""
    return (
        Graph()
        .page("http://fan.example/", [Link(SHOP, "tents")])
        .page("http://blog.example/", ["http://blog.example/a", "http://other.example/"])
        .page("http://blog.example/a", [])
    )


def ask(graph: Graph, folder: Path, source: str = "blog.example", target: str = "shop.example") -> Verdict:
    with index_of(graph, folder) as index:
        return index.does_link(source, target)


def reasons(verdict: Verdict) -> dict[str, int]:
    assert (verdict.answer is Reply.UNKNOWN) == bool(verdict.reasons)
    return {reason.reason: reason.pages for reason in verdict.reasons}


# -- yes


def test_yes_comes_with_the_links_and_since_when(tmp_path: Path) -> None:
    found = ask(known(), tmp_path, "fan.example")
    assert found.answer is Reply.YES
    assert [(row.source_url, row.target_url, row.anchor_text) for row in found.rows] == [
        ("http://fan.example/", SHOP, "tents")
    ]
    assert found.links == 1
    assert found.since is not None
    assert found.since.timestamp() == START


def test_yes_stands_whatever_was_not_looked_at(tmp_path: Path) -> None:
    found = ask(known().waiting("http://fan.example/b"), tmp_path, "fan.example")
    assert (found.answer, found.reasons, found.coverage.pending) == (Reply.YES, (), 1)


def test_a_link_of_an_incomplete_page_is_a_yes(tmp_path: Path) -> None:
    graph = known().page("http://blog.example/long", [SHOP], is_complete=False)
    assert ask(graph, tmp_path).answer is Reply.YES


def test_a_canonical_duplicates_link_is_a_yes_for_that_page(tmp_path: Path) -> None:
    graph = known().page("http://fan.example/copy", [SHOP], canonical="http://fan.example/")
    assert ask(graph, tmp_path, "http://fan.example/copy").answer is Reply.YES
    with index_of(graph, tmp_path) as index:
        assert index.who_links_to("shop.example").totals.links == 1, "and is still left out of the counts"


def test_an_answer_says_which_of_its_links_others_do_not_count(tmp_path: Path) -> None:
    graph = (
        known()
        .page("http://fan.example/copy", [SHOP, SHOP], canonical="http://fan.example/")
        .page("http://fan.example/more", [SHOP, Link(SHOP, kind=Kind.FRAME)])
    )
    with index_of(graph, tmp_path) as index:
        counted = index.links_between("fan.example", "shop.example").totals.links
        found = index.does_link("fan.example", "shop.example")
        alone = index.does_link("http://fan.example/copy", "shop.example")
        other = index.does_link("http://fan.example/more", "shop.example")
    assert (found.links, found.duplicate_links, counted) == (4, 2, 2)
    assert sentence(found).endswith(
        "; 2 of them are on canonical duplicates of a page that links there too: 'wholinks links' counts the other 2"
    )
    assert "; all are on canonical duplicates of a page that links there too" in sentence(alone)
    assert (other.duplicate_links, "canonical" in sentence(other)) == (0, False)


def test_a_redirect_to_the_target_is_a_yes(tmp_path: Path) -> None:
    found = ask(known().redirect("http://blog.example/out", SHOP), tmp_path)
    assert [row.kind for row in found.rows] == ["redirect"]


def test_kinds_and_follow_decide_what_is_a_link(tmp_path: Path) -> None:
    graph = known().page("http://ad.example/", [Link(SHOP, rel="sponsored"), Link(SHOP, kind=Kind.FRAME)])
    with index_of(graph, tmp_path) as index:
        answers = [
            index.does_link("ad.example", "shop.example", follow=Follow.FOLLOWED).answer,
            index.does_link("ad.example", "shop.example", follow=Follow.SPONSORED).answer,
            index.does_link("ad.example", "shop.example", kinds=frozenset({Kind.FRAME})).links,
            index.does_link("ad.example", "shop.example", kinds=frozenset({Kind.FORM})).answer,
        ]
    assert answers == [Reply.NO, Reply.YES, 1, Reply.NO]


def test_a_limit_cuts_the_rows_alone(tmp_path: Path) -> None:
    graph = known().page("http://keen.example/", [Link(SHOP), Link(SHOP, flags=LinkFlag.HIDDEN), Link(SHOP)])
    with index_of(graph, tmp_path) as index:
        found = index.does_link("keen.example", "shop.example", limit=2)
        assert (len(found.rows), found.links) == (2, 3)
        assert index.does_link("keen.example", "shop.example", limit=0).answer is Reply.YES


# -- no


def test_no_if_every_page_known_was_read_to_its_end(tmp_path: Path) -> None:
    found = ask(known(), tmp_path)
    assert (found.answer, reasons(found), found.rows, found.since) == (Reply.NO, {}, (), None)
    assert (found.coverage.domains, found.coverage.pages_known, found.coverage.fetched) == (1, 2, 2)
    assert found.coverage.as_of is not None
    assert found.coverage.as_of.timestamp() == START + 120


@pytest.mark.parametrize("status", [0, 403, 429, 500, 503])
def test_an_attempt_that_failed_is_no_later_look(tmp_path: Path, status: int) -> None:
    graph = known().wait(7 * 86_400).failed("http://blog.example/", status).failed("http://blog.example/new", status)
    with index_of(graph, tmp_path) as index:
        found = index.does_link("blog.example", "shop.example").coverage.as_of
        sites = site_coverage(index, index.target("blog.example")).rows
        assert index.coverage.as_of is not None
        last_read = int(index.coverage.as_of.timestamp())
    assert found is not None
    assert (found.timestamp(), last_read, sites[0].as_of) == (START + 120, START + 120, found)


@pytest.mark.parametrize(
    "look",
    [
        lambda graph: graph.unchanged("http://blog.example/"),
        lambda graph: graph.failed("http://blog.example/", 404),
        lambda graph: graph.failed("http://blog.example/new", 410),
        lambda graph: graph.no_html("http://blog.example/cv.pdf"),
        lambda graph: graph.redirect("http://blog.example/new", "http://blog.example/"),
        lambda graph: graph.page("http://blog.example/"),
    ],
)
def test_whatever_tells_what_is_there_is_a_look(tmp_path: Path, look: Callable[[Graph], Graph]) -> None:
    with index_of(look(known().wait(7 * 86_400)), tmp_path) as index:
        whole, found = index.coverage.as_of, index.does_link("blog.example", "shop.example").coverage.as_of
        sites = site_coverage(index, index.target("blog.example")).rows
    assert whole is not None
    assert whole.timestamp() > START + 7 * 86_400
    assert found == whole == sites[0].as_of


def test_pages_that_are_gone_do_not_stand_in_the_way(tmp_path: Path) -> None:
    graph = known().failed("http://blog.example/old", 404).failed("http://blog.example/older", 410)
    found = ask(graph, tmp_path)
    assert (found.answer, found.coverage.failed) == (Reply.NO, 2)


def test_what_is_no_html_does_not_stand_in_the_way(tmp_path: Path) -> None:
    graph = known().no_html("http://blog.example/map.pdf", is_complete=False).no_html("http://blog.example/feed")
    assert ask(graph, tmp_path).answer is Reply.NO


def test_other_spellings_of_a_page_do_not_stand_in_the_way(tmp_path: Path) -> None:
    graph = known().page("http://blog.example/b", ["http://blog.example/a?utm_source=b"])
    found = ask(graph, tmp_path)
    assert (found.answer, found.coverage.pages_known) == (Reply.NO, 3)


def test_redirects_within_the_site_do_not_stand_in_the_way(tmp_path: Path) -> None:
    found = ask(known().redirect("http://blog.example/old", "http://blog.example/a"), tmp_path)
    assert (found.answer, found.coverage.fetched) == (Reply.NO, 3)


def test_a_page_that_answered_304_was_read(tmp_path: Path) -> None:
    assert ask(known().unchanged("http://blog.example/a"), tmp_path).answer is Reply.NO


def test_a_target_nobody_links_to_is_a_no(tmp_path: Path) -> None:
    assert ask(known(), tmp_path, target="nobody.example").answer is Reply.NO


# -- unknown, one for each reason

IN_THE_WAY = {
    "pending": Graph().waiting("http://blog.example/x"),
    "postponed": Graph().waiting("http://blog.example/x", State.POSTPONED, "budget"),
    **{
        reason: Graph().waiting("http://blog.example/x", State.POSTPONED, reason)
        for reason in sorted(TRAPS.keys() - {SOFT_404})
    },
    "blocked": Graph().waiting("http://blog.example/x", State.BLOCKED, "robots"),
    "failed": Graph().failed("http://blog.example/x", 500),
    "incomplete": Graph().page("http://blog.example/x", is_complete=False),
    "script_only": Graph().page("http://blog.example/x", script_only=True),
    "nofollow_page": Graph().waiting("http://blog.example/x", State.EXCLUDED, "nofollow_page"),
    "depth": Graph().waiting("http://blog.example/x", State.EXCLUDED, "depth"),
    "scope": Graph().waiting("http://blog.example/x", State.EXCLUDED, "scope"),
    "excluded": Graph().waiting("http://blog.example/x", State.EXCLUDED, "a reason to come"),
}


def test_every_reason_has_a_test() -> None:
    assert {*IN_THE_WAY, NEVER_CRAWLED} == set(REASONS)


@pytest.mark.parametrize("reason", IN_THE_WAY)
def test_unknown_because(reason: str, tmp_path: Path) -> None:
    graph = IN_THE_WAY[reason].page("http://blog.example/")
    found = ask(graph, tmp_path)
    assert (found.answer, reasons(found), found.rows) == (Reply.UNKNOWN, {reason: 1}, ())
    assert found.coverage.pages_known == 2
    assert f"{reason}:" not in sentence(found)
    assert "_" not in sentence(found)


def test_unknown_because_never_crawled(tmp_path: Path) -> None:
    for source in ("other.example", "never-heard-of.example", "http://blog.example/never", "sub.blog.example"):
        found = ask(known(), tmp_path, source)
        assert (found.answer, reasons(found)) == (Reply.UNKNOWN, {NEVER_CRAWLED: 0}), source
        assert (found.coverage.pages_known, found.coverage.as_of) == (0, None)


@pytest.mark.parametrize("status", [401, 403, 429, 503])
def test_unknown_because_of_other_failures_than_gone(status: int, tmp_path: Path) -> None:
    assert reasons(ask(known().failed("http://blog.example/x", status), tmp_path)) == {"failed": 1}


def test_an_empty_answer_that_broke_off_was_not_read(tmp_path: Path) -> None:
    broken = known().no_html("http://blog.example/x", is_complete=False, reason="empty")
    assert reasons(ask(broken, tmp_path)) == {"incomplete": 1}
    whole = known().no_html("http://blog.example/x", reason="empty")
    assert ask(whole, tmp_path).answer is Reply.NO


def test_all_reasons_are_told_with_their_pages(tmp_path: Path) -> None:
    graph = known().waiting("http://blog.example/1").waiting("http://www.blog.example/2")
    graph.waiting("http://blog.example/3", State.BLOCKED, "robots").waiting("http://other.example/")
    assert reasons(ask(graph, tmp_path)) == {"pending": 2, "blocked": 1}


# -- what a source is


def test_a_host_a_part_and_a_page_can_be_asked_about(tmp_path: Path) -> None:
    graph = known().page("http://blog.example/tents/", [SHOP]).waiting("http://news.blog.example/")
    with index_of(graph, tmp_path) as index:
        answers = {
            source: index.does_link(source, "shop.example").answer.value
            for source in ("blog.example", "news.blog.example", "http://blog.example/a", "blog.example/tents/")
        }
    assert answers == {
        "blog.example": "yes", "news.blog.example": "unknown", "http://blog.example/a": "no",
        "blog.example/tents/": "yes",
    }  # fmt: skip


def test_an_alias_answers_for_its_page(tmp_path: Path) -> None:
    graph = known().redirect("http://fan.example/old", "http://fan.example/older")
    graph.redirect("http://fan.example/older", "http://fan.example/")
    assert ask(graph, tmp_path, "http://fan.example/old").answer is Reply.YES


def test_a_redirect_out_of_the_site_is_not_the_other_sites_link(tmp_path: Path) -> None:
    graph = known().redirect("http://blog.example/out", "http://fan.example/")
    assert ask(graph, tmp_path, "http://blog.example/out").answer is Reply.NO


def test_another_spelling_answers_for_its_page(tmp_path: Path) -> None:
    found = ask(known(), tmp_path, "http://fan.example/?utm_source=x")
    assert found.answer is Reply.YES
    assert ask(known(), tmp_path, "http://fan.example/?page=2").answer is Reply.UNKNOWN


def test_every_spelling_that_was_read_answers_for_the_page(tmp_path: Path) -> None:
    """One was asked for before the other was known to be the same page."""
    graph = known().failed("http://fan.example/x").page("http://fan.example/x?utm_source=n", ["http://shop.example/"])
    for spelling in ("http://fan.example/x", "http://fan.example/x?utm_medium=y"):
        assert ask(graph, tmp_path, spelling).answer is Reply.YES


def test_links_within_a_site_are_none_of_these(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="one site"):
        ask(known(), tmp_path, "blog.example", "www.blog.example")
