"""The ledger adds up, step by step, to the totals; the rows behind each step are those it took out."""

import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.graph import Graph, Link
from tests.index.asking import examples, index_of
from tests.index.evaluator import Web, expected, matches
from tests.index.test_transposition import TARGETS, graphs
from wholinks.index.answers import LinkRow
from wholinks.index.ledger import ElementRow, Ledger, Step
from wholinks.index.queries import Index
from wholinks.index.questions import Follow, Question
from wholinks.index.target import Mode
from wholinks.storage.errors import UsageError
from wholinks.storage.records import COUNTED_KINDS, Kind


@settings(
    max_examples=examples(10), deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(graphs(), st.lists(TARGETS, min_size=3, max_size=5))
def test_the_steps_add_up_to_the_totals_whatever_is_asked(graph: Graph, targets: list[Any]) -> None:
    with tempfile.TemporaryDirectory() as folder, index_of(graph, Path(folder)) as index:
        for typed, mode, protocol, follow, kinds in targets:
            if mode is Mode.PREFIX and "?" in typed:
                continue
            question = Question(
                index.target(typed, mode=mode, protocol=protocol), follow=follow, kinds=kinds
            )  # fmt: skip
            ledger = index.explain(question)
            _adds_up(ledger)
            assert ledger.totals == index.answer(question).totals
            truth = expected(graph, typed, mode and mode.value, protocol.value, follow=follow.value, kinds=kinds)
            assert asdict(ledger.totals) == truth.totals
            web = Web(graph)
            named = [
                link for link in web.links if matches(web, link.target, typed, mode and mode.value, protocol.value)
            ]
            chosen = [link for link in named if link.kind in kinds]
            external = [link for link in chosen if graph.site(link.source) != graph.site(link.target)]
            steps = {step.name: step for step in ledger.steps}
            assert steps[Step.ELEMENTS].after == len(named)
            assert steps[Step.KINDS].after == len(chosen)
            assert steps[Step.EXTERNAL].after == len(external)
            if follow is not Follow.ALL:
                fits = [link for link in external if link.fits(follow.value)]
                assert steps[Step.FOLLOW_FILTER].after == len(fits)
            _rows_fit(index, question, ledger)


def _adds_up(ledger: Ledger) -> None:
    before = ledger.steps[0].before
    for step in ledger.steps:
        assert step.before == before
        assert step.before - step.taken_out == step.after
        assert step.taken_out >= 0
        before = step.after
    after = {step.name: step.after for step in ledger.steps}
    assert (after[Step.CANONICAL], after[Step.REPEATS]) == (ledger.totals.links, ledger.totals.backlinks)
    assert after[Step.FOLLOW] == ledger.totals.followed
    by_kind = {step.name: sum(step.by_kind.values()) for step in ledger.steps}
    assert by_kind[Step.ELEMENTS] == ledger.steps[0].after
    assert by_kind[Step.KINDS] == ledger.steps[1].taken_out


def _rows_fit(index: Index, question: Question, ledger: Ledger) -> None:
    for step in ledger.steps:
        shown = index.explain(question, step.name)
        assert shown.rows_known == len(shown.rows)
        counts = [row for row in shown.rows if isinstance(row, ElementRow)]
        links = [row for row in shown.rows if isinstance(row, LinkRow)]
        assert not (counts and links)
        if step.name is Step.ELEMENTS:
            assert sum(row.links for row in counts) == step.after
        elif step.name is Step.KINDS:
            assert sum(row.links for row in counts) == step.taken_out
        elif step.name is Step.EXTERNAL:
            assert sum(row.internal for row in counts) == step.taken_out
        elif step.name is Step.FOLLOW:
            assert len({(row.source_url, row.target_url) for row in links}) == step.taken_out
            assert not any(row.followed for row in links)
        else:
            assert len(shown.rows) == step.taken_out


SHOP = "http://shop.example/"


def example() -> Graph:
    return (
        Graph()
        .page("http://a.example/", [Link(SHOP, "one"), Link(SHOP, "two"), Link(SHOP, kind=Kind.FRAME)])
        .page("http://a.example/copy", [Link(SHOP, "copied")], canonical="http://a.example/")
        .page("http://b.example/", [Link(SHOP, "paid", rel="sponsored"), Link(SHOP, kind=Kind.CANONICAL)])
        .page("http://shop.example/tents", [SHOP, SHOP, Link(SHOP, kind=Kind.FORM)])
    )


def ledger_of(folder: Path, **options: Any) -> Ledger:
    with index_of(example(), folder) as index:
        step = options.pop("step", None)
        return index.explain(Question(index.target("shop.example"), **options), step)


def test_each_step_says_what_it_took_out(tmp_path: Path) -> None:
    ledger = ledger_of(tmp_path)
    assert [(step.name.value, step.before, step.taken_out, step.after) for step in ledger.steps] == [
        ("elements", 9, 0, 9),
        ("kinds", 9, 3, 6),
        ("external", 6, 2, 4),
        ("canonical", 4, 1, 3),
        ("repeats", 3, 1, 2),
        ("follow", 2, 1, 1),
    ]
    assert ledger.steps[0].by_kind == {"text": 6, "canonical": 1, "frame": 1, "form": 1}
    assert ledger.steps[1].by_kind == {"canonical": 1, "frame": 1, "form": 1}
    assert [step.unit for step in ledger.steps] == ["links"] * 5 + ["backlinks"]


def test_the_links_behind_a_step_can_be_seen(tmp_path: Path) -> None:
    behind = {step: ledger_of(tmp_path, step=step).rows for step in Step}
    assert behind[Step.ELEMENTS] == (
        ElementRow(SHOP, "text", 6, 2), ElementRow(SHOP, "canonical", 1, 0), ElementRow(SHOP, "frame", 1, 0),
        ElementRow(SHOP, "form", 1, 1),
    )  # fmt: skip
    assert [(row.kind, row.links) for row in behind[Step.KINDS]] == [("canonical", 1), ("frame", 1), ("form", 1)]
    assert behind[Step.EXTERNAL] == (ElementRow(SHOP, "text", 6, 2),)
    anchors = {step: [row.anchor_text for row in rows if isinstance(row, LinkRow)] for step, rows in behind.items()}
    assert {step: texts for step, texts in anchors.items() if texts} == {
        Step.CANONICAL: ["copied"],
        Step.REPEATS: ["two"],
        Step.FOLLOW: ["paid"],
    }


def test_a_limit_cuts_the_rows_and_says_how_many_there_are(tmp_path: Path) -> None:
    ledger = ledger_of(tmp_path, step=Step.ELEMENTS, limit=2)
    assert (len(ledger.rows), ledger.rows_known) == (2, 4)


def test_a_follow_filter_is_a_step_of_its_own(tmp_path: Path) -> None:
    ledger = ledger_of(tmp_path, follow=Follow.SPONSORED, kinds=COUNTED_KINDS)
    assert [(step.name.value, step.after) for step in ledger.steps][1:4] == [
        ("kinds", 6),
        ("external", 4),
        ("follow_filter", 1),
    ]
    assert ledger.totals.backlinks == 1


def test_a_ledger_is_of_a_target_alone(tmp_path: Path) -> None:
    with index_of(example(), tmp_path) as index:
        source = index.target("a.example")
        with pytest.raises(UsageError, match="of a target"):
            index.explain(Question(None, source=source))


def test_a_target_nobody_names_has_a_ledger_of_zeros(tmp_path: Path) -> None:
    with index_of(example(), tmp_path) as index:
        ledger = index.explain(Question(index.target("nobody.example")), Step.REPEATS)
    assert {step.after for step in ledger.steps} == {0}
    assert ledger.rows == ()


def test_what_http_and_https_as_one_would_be(tmp_path: Path) -> None:
    shop = "//shop.example/"
    graph = Graph().page("http://a.example/", ["http:" + shop, "https:" + shop, "http:" + shop + "x"])
    graph.page("https://a.example/", ["http:" + shop]).page("http://a.example:8080/", ["http:" + shop])
    with index_of(graph, tmp_path) as index:
        ledger, nothing = index.explain("shop.example"), index.explain("nobody.example")
    assert (ledger.totals.backlinks, ledger.without_schemes) == (5, 3)
    assert nothing.without_schemes == 0
