"""Referring domains with their authority: the counts are those of the question, whatever it asks for."""

import tempfile
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.graph import START, Graph, Link
from tests.index.asking import examples, index_of
from tests.index.test_history import story
from wholinks.index.questions import Follow, Question, Standing
from wholinks.index.states import DAY_S
from wholinks.research.scores.authority import scores
from wholinks.research.views.domains import ReferringDomain, changed_since, referring_domains
from wholinks.storage.errors import UsageError

SHOP = "http://shop.example/"


def web() -> Graph:
    """c.example is linked by both others, so its authority is the highest of the three that link to the shop."""
    graph = Graph().page("http://a.example/", [SHOP, SHOP, SHOP + "tents", "http://c.example/"])
    graph.page("http://b.example/", [Link(SHOP, "tents", "nofollow"), "http://c.example/"])
    return graph.page("http://c.example/", [SHOP])


def test_the_highest_authority_comes_first(tmp_path: Path) -> None:
    with index_of(web(), tmp_path) as index:
        found = referring_domains(index, Question(index.target("shop.example")))
        known = scores(index)
    assert [(row.referring_domain, row.backlinks, row.links, row.followed, row.nofollow) for row in found.rows] == [
        ("c.example", 1, 1, 1, 0), ("a.example", 2, 3, 2, 0), ("b.example", 1, 1, 0, 1),
    ]  # fmt: skip
    assert [row.authority for row in found.rows] == [known.of(row.referring_domain) for row in found.rows]
    assert found.rows[0].rank == 2
    assert found.hint is None


def test_any_column_sorts_and_pages_go_on(tmp_path: Path) -> None:
    with index_of(web(), tmp_path) as index:
        asked = Question(index.target("shop.example"), sort="links:asc", limit=2)
        first = referring_domains(index, asked)
        rest = referring_domains(index, replace(asked, after=first.next))
        with pytest.raises(UsageError, match=r"sort: 'worth' is none of referring_domain, authority, rank"):
            referring_domains(index, replace(asked, sort="worth"))
    assert [row.referring_domain for row in (*first.rows, *rest.rows)] == ["c.example", "b.example", "a.example"]
    assert (first.rows_known, rest.rows_known, rest.next) == (3, 3, None)


def test_nothing_has_a_hint(tmp_path: Path) -> None:
    with index_of(web(), tmp_path) as index:
        found = referring_domains(index, Question(index.target("shopp.example")))
    assert found.rows == ()
    assert found.hint is not None
    assert found.hint.endswith("did you mean shop.example?")


def _counts(row: ReferringDomain) -> dict[str, object]:
    return {name: value for name, value in asdict(row).items() if name not in {"authority", "rank"}}


@settings(max_examples=examples(8), deadline=None)
@given(st.integers(0, 2**32), st.sampled_from(Follow), st.sampled_from(Standing))
def test_counts_are_those_of_who_links_to(seed: int, follow: Follow, standing: Standing) -> None:
    graph = story(Random(seed))
    with tempfile.TemporaryDirectory() as folder, index_of(graph, Path(folder)) as index:
        for target in ("shop.example", "b.example", "http://shop.example/"):
            asked = Question(index.target(target), follow=follow, standing=standing)
            found = referring_domains(index, asked)
            rows = sorted(map(_counts, found.rows), key=lambda row: str(row["referring_domain"]))
            answer = index.answer(replace(asked, sort="referring_domain"))
            assert rows == [asdict(row) for row in answer.rows]
            assert found.rows_known == answer.rows_known
            scored = [row.authority for row in found.rows if row.authority is not None]
            assert scored == sorted(scored, reverse=True)


def test_domains_with_a_new_or_lost_backlink_are_said_to_be_that(tmp_path: Path) -> None:
    graph = Graph().page("http://a.example/", [SHOP]).page("http://a.example/b", []).wait(2 * DAY_S)
    graph.page("http://a.example/", []).page("http://a.example/b", [SHOP])
    with index_of(graph, tmp_path) as index:
        asked = Question(index.target("shop.example"))
        since = replace(asked, standing=Standing.NEW, since=START)
        told = [changed_since(index, one) for one in (asked, since, replace(asked, standing=Standing.LOST))]
        notes = [referring_domains(index, one).note for one in (asked, since)]
    first = datetime.fromtimestamp(START, UTC).date()
    assert told == ["", f" with a new backlink since {first}", " with a lost backlink"]
    assert notes[0] == ""
    between = f"--between {first - timedelta(1)} "
    assert notes[1].startswith(f"domains that are new themselves: wholinks history shop.example {between}")
