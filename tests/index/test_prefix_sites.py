"""Sites by prefix: a part of a host that counts as a site of its own, named before or after its pages were read."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from tests.graph import START, Graph, Link
from tests.index.asking import SMALL, index_of
from wholinks.index.answers import LinkRow
from wholinks.index.build import build_index
from wholinks.index.ledger import Step
from wholinks.index.queries import Index
from wholinks.index.questions import By, Direction, Question
from wholinks.index.rows import moment
from wholinks.index.target import Mode
from wholinks.storage.errors import UsageError
from wholinks.storage.records import Kind
from wholinks.storage.sites import PrefixSite, change_prefix_sites

M = "https://medium.com"
ANN, BOB = f"{M}/@ann", f"{M}/@bob"
SHOP = "https://shop.example/"
EARLY = pytest.mark.parametrize("early", [True, False], ids=["named_early", "named_late"])


def web(*names: str, early: bool = False) -> Graph:
    return (
        Graph(prefix_sites=names, named_early=early)
        .page(f"{M}/", [Link(ANN, "ann", tag="<a>"), SHOP])
        .page(ANN, [Link(f"{BOB}/post", "bob's", tag="<a>"), f"{ANN}/1", SHOP, f"{M}/about"])
        .page(f"{ANN}/1", [f"{BOB}/post", f"{M}/@anna"])
        .page(f"{BOB}/post", [f"{ANN}?page=2", SHOP])
        .page(SHOP, [ANN, f"{ANN}/1", f"{M}/about", f"{BOB}/post"])
    )


NAMES = ("medium.com/@ann", "medium.com/@bob")


def domains(index: Index, target: str, **options: Any) -> dict[str, int]:
    answer = index.who_links_to(target, **options)
    return {asdict(row)["referring_domain"]: asdict(row)["backlinks"] for row in answer.rows}


def linked(index: Index, source: str) -> dict[str, int]:
    return {asdict(row)["linked_domain"]: asdict(row)["backlinks"] for row in index.links_from(source).rows}


@EARLY
def test_it_is_a_referring_domain_and_a_target_of_its_own(tmp_path: Path, early: bool) -> None:
    with index_of(web(*NAMES, early=early), tmp_path) as index:
        assert domains(index, "shop.example") == {"medium.com": 1, "medium.com/@ann": 1, "medium.com/@bob": 1}
        assert domains(index, "medium.com/@ann") == {"medium.com": 1, "medium.com/@bob": 1, "shop.example": 2}
        assert domains(index, "medium.com/@bob") == {"medium.com/@ann": 2, "shop.example": 1}
        assert domains(index, "medium.com") == {"medium.com/@ann": 2, "shop.example": 1}
        assert linked(index, "medium.com/@ann") == {"medium.com": 2, "medium.com/@bob": 2, "shop.example": 1}
        assert linked(index, "medium.com") == {"medium.com/@ann": 1, "shop.example": 1}


def test_without_names_a_host_is_one_site_as_ever(tmp_path: Path) -> None:
    with index_of(web(), tmp_path) as index:
        assert domains(index, "shop.example") == {"medium.com": 3}
        assert domains(index, "medium.com") == {"shop.example": 4}
        assert index.target("medium.com/@ann").mode is Mode.EXACT
        assert index.who_links_to("medium.com").snapshot.policy.endswith("follow=all")


def test_adding_and_dropping_one_is_a_matter_of_another_build(tmp_path: Path) -> None:
    web().write(tmp_path)
    plain = build_index(tmp_path, SMALL)
    ann = PrefixSite.parse("medium.com/@ann")
    change_prefix_sites(tmp_path, add=[ann], drop=[], now=START)
    with Index(tmp_path) as index:
        assert index.is_stale
        assert domains(index, "shop.example") == {"medium.com": 3}
    named = build_index(tmp_path, SMALL)
    assert named.snapshot != plain.snapshot
    with Index(tmp_path) as index:
        assert not index.is_stale
        assert index.prefix_sites == (ann,)
        assert domains(index, "shop.example") == {"medium.com": 2, "medium.com/@ann": 1}
    change_prefix_sites(tmp_path, add=[], drop=[ann], now=START)
    assert build_index(tmp_path, SMALL).snapshot == plain.snapshot


def test_what_is_typed_means_the_site_where_it_names_just_that(tmp_path: Path) -> None:
    with index_of(web("medium.com/@ann", "medium.com/@ann/pub", "www.medium.com/a"), tmp_path) as index:
        for typed in ("medium.com/@ann", "medium.com/@ann/", f"http://{ANN.removeprefix('https://')}", ANN):
            target = index.target(typed)
            assert (target.mode, target.domain, target.path) == (Mode.DOMAIN, "medium.com/@ann", "/@ann")
            assert target.text == "medium.com/@ann"
        below = index.target("medium.com/@ann/pub/x", mode=Mode.SUBDOMAINS)
        assert (below.domain, below.path) == ("medium.com/@ann/pub", "/@ann/pub")
        assert index.target("www.medium.com/a/b", mode=Mode.DOMAIN).text == "www.medium.com/a"
        for typed in ("medium.com/@anna", "www.medium.com/@ann", "medium.com/@ann?x=1"):
            assert index.target(typed).mode is Mode.EXACT
        assert index.target(ANN, mode=Mode.EXACT).domain == "medium.com/@ann"
        assert index.target("medium.com/@anna").domain == "medium.com"
        policy = index.who_links_to("medium.com").snapshot.policy
    assert policy.endswith("; sites by prefix=3")


def test_a_prefix_covers_the_sites_below_it_and_a_site_does_not(tmp_path: Path) -> None:
    graph = (
        Graph(prefix_sites=("medium.com/@ann", "medium.com/@ann/pub"))
        .page(SHOP, [ANN, f"{ANN}/1", f"{ANN}/pub", f"{ANN}/pub/1", f"{ANN}/public"])
    )  # fmt: skip
    with index_of(graph, tmp_path) as index:
        assert index.who_links_to("medium.com/@ann").totals.backlinks == 3
        assert index.who_links_to("medium.com/@ann", mode="prefix").totals.backlinks == 5
        assert index.who_links_to("medium.com/@ann/pub").totals.backlinks == 2
        assert index.who_links_to("medium.com", mode="subdomains").totals.backlinks == 0
        assert index.who_links_to("medium.com/", mode="prefix").totals.backlinks == 5


@EARLY
def test_what_a_link_looked_like_is_known_where_the_site_was_named_first(tmp_path: Path, early: bool) -> None:
    graph = web(*NAMES, early=early).write(tmp_path)
    report = build_index(graph, SMALL)
    assert report.unproved == (0 if early else 6)
    with Index(tmp_path) as index:
        (row, *_) = index.who_links_to("medium.com/@bob", by="link").rows
        proof = index.evidence(ANN, f"{BOB}/post")
    assert isinstance(row, LinkRow)
    assert (row.anchor_text, row.evidence.tag) == ("bob's", "<a>" if early else "")
    assert proof.is_found
    assert (proof.links[0].anchor_text, proof.links[0].raw_href) == ("bob's", f"{BOB}/post" if early else "")


@EARLY
def test_a_redirect_from_one_to_another_is_a_link_and_no_alias(tmp_path: Path, early: bool) -> None:
    graph = Graph(prefix_sites=NAMES, named_early=early).page(BOB, [SHOP]).redirect(f"{ANN}/old", BOB)
    graph.redirect(f"{ANN}/moved", ANN).page(ANN, [SHOP])
    with index_of(graph, tmp_path) as index:
        (row,) = index.who_links_to("medium.com/@bob", by="link").rows
        verdict = index.does_link("medium.com/@ann", "medium.com/@bob")
        from_old = index.links_from(f"{ANN}/old", by="link").rows
        from_moved = index.links_from(f"{ANN}/moved", by="link").rows
    assert isinstance(row, LinkRow)
    assert (row.source_url, row.target_url, row.kind) == (f"{ANN}/old", BOB, "redirect")
    assert (verdict.answer, verdict.links) == ("yes", 1)
    assert [found.target_url for found in from_old if isinstance(found, LinkRow)] == [BOB]
    assert [found.target_url for found in from_moved if isinstance(found, LinkRow)] == [SHOP]


@EARLY
def test_a_canonical_on_another_site_of_the_host_merges_nothing(tmp_path: Path, early: bool) -> None:
    graph = Graph(prefix_sites=NAMES, named_early=early).page(BOB, [SHOP]).page(ANN, [SHOP], canonical=BOB)
    with index_of(graph, tmp_path) as index:
        assert domains(index, "shop.example") == {"medium.com/@ann": 1, "medium.com/@bob": 1}


def test_verdict_and_coverage_are_of_the_site_alone(tmp_path: Path) -> None:
    graph = web(*NAMES).waiting(f"{M}/later").failed(f"{M}/gone", 503)
    with index_of(graph, tmp_path) as index:
        no = index.does_link("medium.com/@bob", "medium.com/about")
        unknown = index.does_link("medium.com", "medium.com/@bob")
        assert (no.answer, no.coverage.pages_known) == ("no", 1)
        assert unknown.answer == "unknown"
        assert index.does_link("medium.com/@ann", "medium.com/@bob").answer == "yes"
        with pytest.raises(UsageError, match=r"are one site \(medium\.com/@ann\)"):
            index.links_between("medium.com/@ann", f"{ANN}/1")
        assert index.links_between("medium.com/@ann", "medium.com").totals.links == 2


def test_the_ledger_takes_out_what_is_within_the_site(tmp_path: Path) -> None:
    with index_of(web(*NAMES), tmp_path) as index:
        ledger = index.explain("medium.com/@ann", Step.EXTERNAL)
    steps = {step.name: (step.before, step.after) for step in ledger.steps}
    assert steps[Step.EXTERNAL] == (5, 4)
    assert [(row.target_url, row.internal) for row in ledger.rows if not isinstance(row, LinkRow)] == [(f"{ANN}/1", 1)]


@EARLY
def test_links_between_them_have_a_history(tmp_path: Path, early: bool) -> None:
    graph = (
        Graph(prefix_sites=NAMES, named_early=early)
        .page(ANN, [Link(f"{BOB}/1", is_closed=True), f"{BOB}/2"])
        .redirect(f"{ANN}/out", BOB)
        .wait(10 * 86_400)
        .page(ANN, [f"{BOB}/2", f"{BOB}/3"])
        .redirect(f"{ANN}/out", SHOP)
    )
    with index_of(graph, tmp_path) as index:

        def targets(**options: Any) -> list[str]:
            rows = index.who_links_to("medium.com/@bob", by="target", **options).rows
            return sorted(asdict(row)["target_url"].removeprefix(M) for row in rows)

        assert targets() == ["/@bob/2", "/@bob/3"]
        assert targets(state="lost") == ["/@bob", "/@bob/1"]
        assert targets(as_of=moment(START + 5 * 86_400)) == ["/@bob", "/@bob/2"]


def test_rows_of_one_origin_stand_by_site(tmp_path: Path) -> None:
    graph = Graph(prefix_sites=("medium.com/b",))
    for path in ("/a", "/b", "/b/1", "/c"):
        graph.page(f"{M}{path}", [SHOP])
    with index_of(graph, tmp_path) as index:
        rows = index.who_links_to("shop.example", by=By.PAGE).rows
        hosts = index.who_links_to("shop.example", by=By.HOST).rows
    paths = [row.source_url.removeprefix(M) for row in rows if isinstance(row, LinkRow)]
    assert paths == ["/a", "/c", "/b", "/b/1"]
    assert [(asdict(row)["referring_host"], asdict(row)["backlinks"]) for row in hosts] == [("medium.com", 4)]


def test_a_thousand_sites_of_one_host_are_told_apart(tmp_path: Path) -> None:
    names = tuple(f"medium.com/@{number}" for number in range(1000))
    graph = Graph(prefix_sites=names).page(SHOP, [f"{M}/@{number}/post" for number in range(1000)])
    with index_of(graph, tmp_path) as index:
        assert index.links_from("shop.example").totals.linked_domains == 1000
        for typed in ("medium.com/@7", f"{M}/@7/post"):
            assert index.who_links_to(typed).totals.backlinks == 1
        assert Question(index.target("medium.com/@7")).direction is Direction.TO
        assert index.explain("medium.com/@7").totals.links == 1


def test_kinds_are_counted_between_them_as_between_any_sites(tmp_path: Path) -> None:
    graph = Graph(prefix_sites=NAMES).page(ANN, [Link(BOB, kind=Kind.FRAME), Link(BOB, rel="nofollow")])
    with index_of(graph, tmp_path) as index:
        totals = index.who_links_to("medium.com/@bob").totals
        framed = index.who_links_to("medium.com/@bob", kinds=["frame"]).totals
    assert (totals.links, totals.nofollow, framed.links) == (1, 1, 1)
