"""Markers of quality, each on a web small enough to count by hand."""

import math
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.cli.running import answered, said
from tests.graph import Graph, Link
from tests.index.asking import SMALL, examples, index_of
from wholinks.index.build import build_index
from wholinks.index.questions import Question
from wholinks.notes.reviews import reviews_of
from wholinks.research.quality.alike import nets
from wholinks.research.quality.audit import NAMES, Audit, AuditRow, Markers, audit, judge
from wholinks.research.quality.rules import Rules, default_rules, load_rules
from wholinks.storage.errors import UsageError
from wholinks.storage.records import Kind, LinkFlag, Placement

SHOP = "http://shop.example/"
RULES = default_rules()
DAY = 86_400


def of(graph: Graph, folder: Path, rules: Rules = RULES) -> Audit:
    with index_of(graph, folder) as index:
        return audit(index, Question(index.target("shop.example")), rules, reviews_of(folder, "shop.example"))


def measured(graph: Graph, folder: Path) -> dict[str, Markers]:
    return {row.referring_domain: row.markers for row in of(graph, folder).rows}


def test_what_stands_on_pages(tmp_path: Path) -> None:
    graph = Graph()
    footer = Link(SHOP, placement=Placement.FOOTER)
    for number in range(4):
        links = [footer, Link(SHOP, "in text", flags=LinkFlag.HIDDEN if number else LinkFlag.NONE)]
        others = [f"http://o{other}.example/" for other in range(number)]
        graph.page(f"http://a.example/{number}", [*(links if number else []), *others], words=100, noindex=number == 1)
    graph.page("http://b.example/", [SHOP], canonical="http://a.example/")
    graph.page("http://shop.example/", ["http://b.example/"])
    graph.redirect("http://r.example/", SHOP)
    found = measured(graph, tmp_path)
    a, b, r = (found[f"{name}.example"] for name in "abr")
    assert (a.sitewide_share, a.boilerplate_share, a.hidden_share, a.redirect_only) == (0.75, 0.5, 0.5, 0)
    assert (a.out_domains_per_page, a.links_per_100_words) == (3, 4)  # of 2, 3, 4 and of 3, 4, 5
    assert a.noindex_share == pytest.approx(1 / 3)
    assert (a.reciprocal, b.reciprocal) == (0, 1)
    assert (a.foreign_canonical_share, b.foreign_canonical_share) == (0, 1)
    assert (b.sitewide_share, b.links_per_100_words) == (None, None)  # one page, and no words counted
    assert (r.redirect_only, r.sitewide_share) == (1, None)


def test_who_is_like_others(tmp_path: Path) -> None:
    graph = Graph()
    farm = [SHOP, "http://x.example/", "http://y.example/"]
    hashes = {"a": 0b1111, "b": 0b1000, "c": 0b111 << 40}  # a and b differ in three bits, c in seven from a
    for place, (name, simhash) in enumerate(hashes.items()):
        links = [
            Link(url, "Cheap  Tents" if name != "c" else "Shop-Example") for url in (farm if name != "c" else farm[:2])
        ]
        graph.page(f"http://{name}.example/", links, words=80, simhash=simhash, ip=f"192.0.2.{place // 2}")
    graph.page("http://d.example/", [SHOP], words=10, simhash=0b1111, ip="198.51.100.1")
    found = measured(graph, tmp_path)
    a, b, c, d = (found[f"{name}.example"] for name in "abcd")
    assert [m.same_out_links_domains for m in (a, b, c, d)] == [1, 1, None, None]
    assert [m.near_duplicate_domains for m in (a, b, c, d)] == [1, 1, 0, None]
    assert [m.same_ip_domains for m in (a, b, c, d)] == [1, 1, 0, 0]
    assert [m.same_net_domains for m in (a, b, c, d)] == [2, 2, 2, 0]
    assert [m.shared_anchor_domains for m in (a, b, c, d)] == [2, 2, 0, 0]


def test_a_proxy_says_nothing_of_neighbours(tmp_path: Path) -> None:
    graph = Graph()
    for name in "ab":
        graph.page(f"http://{name}.example/", [SHOP], ip="10.0.0.1")
    assert measured(graph, tmp_path)["a.example"].same_ip_domains is None


def test_names_and_words(tmp_path: Path) -> None:
    graph = Graph()
    names = ["best-win-4-u-2024.top", "a.example", "b.example"]
    for name in names:
        graph.page(f"http://{name}/", title="Online CASINO, best poker" if "win" in name else "Tents")
    graph.wait(5 * DAY)
    for name in names:
        graph.page(f"http://{name}/", [SHOP], title="Online CASINO, best poker" if "win" in name else "casinos")
    found = measured(graph, tmp_path)
    spam = found[names[0]]
    assert (spam.name_digits, spam.name_hyphens, spam.name_length, spam.listed_tld) == (5, 4, 21, 1)
    assert (spam.poison_words, found["a.example"].poison_words) == (2, 0)


FRIENDS = [f"http://friend-{chr(97 + number)}.example/" for number in range(12)]


def recrawled(came: list[int]) -> Graph:
    """Friends that are read without a link, and again on days on which so many of them have one more each."""
    graph = Graph()
    for friend in FRIENDS:
        graph.page(friend)
    links = dict.fromkeys(FRIENDS, 0)
    for day, many in enumerate(came):
        graph.wait(DAY).page(f"http://quiet.example/{day}")
        for place, friend in enumerate(FRIENDS):
            links[friend] += place < many
            graph.page(friend, [f"{SHOP}{number}" for number in range(links[friend])])
    return graph


def test_a_burst_is_a_day_that_is_unusual_for_the_crawl(tmp_path: Path) -> None:
    bursts = {name[7]: marks.burst_domains for name, marks in measured(recrawled([1, 11, 1, 0, 0]), tmp_path).items()}
    assert bursts == dict.fromkeys("abcdefghijk", 11)
    graph = recrawled([1, 1, 11, 1]).page("http://late.example/", [SHOP])
    assert {marks.burst_domains for marks in measured(graph, tmp_path).values()} == {None}  # four days say nothing
    graph = recrawled([1, 1, 11, 1, 1]).page("http://late.example/", [SHOP])
    found = measured(graph, tmp_path)
    assert (found["friend-a.example"].burst_domains, found["late.example"].burst_domains) == (11, None)


@pytest.mark.parametrize("came", [[10, 12, 9, 11, 12, 10], [1, 9, 1, 1, 1], [12, 0, 12, 0, 12, 0, 12]])
def test_what_comes_at_every_recrawl_is_no_burst(tmp_path: Path, came: list[int]) -> None:
    assert {marks.burst_domains for marks in measured(recrawled(came), tmp_path).values()} == {0}


def test_generic_anchors_are_not_shared(tmp_path: Path) -> None:
    graph = Graph()
    for name in "abc":
        links = [Link(SHOP, anchor) for anchor in ("Map", "read more", "shop.example", "→", "the Shop")]
        graph.page(f"http://{name}.example/", links if name != "c" else [*links, Link(SHOP, "cheap tents")])
    found = measured(graph, tmp_path)
    assert [found[f"{name}.example"].shared_anchor_domains for name in "abc"] == [0, 0, 1]
    rules = load_rules(_rules(tmp_path, "[lists]\ngeneric_anchors = ['Cheap Tents']\n"))
    rows = of(graph, tmp_path, rules).rows
    assert [row.markers.shared_anchor_domains for row in rows] == [3, 3, 3]  # "map" is no longer generic


def test_a_score_is_the_sum_of_its_parts(tmp_path: Path) -> None:
    graph = Graph().page("http://a.example/", [SHOP, Link(SHOP, flags=LinkFlag.HIDDEN, kind=Kind.IMAGE)])
    row = of(graph, tmp_path).rows[0]
    assert row.parts == ("hidden_share=0.5(from 0.1: +3)",)
    assert row.score == 3
    assert row.why == ("50% of its links are hidden",)
    assert judge(row.markers, RULES) == (row.score, row.parts, row.why)
    assert sorted(NAMES) == sorted(RULES.markers)


def test_a_limit_leaves_the_worst_and_what_is_counted_of_all(tmp_path: Path) -> None:
    graph = Graph().page("http://clean.example/", [SHOP]).page("http://two.example/", [SHOP, SHOP + "a"])
    graph.page("http://spam.example/", [Link(SHOP, "casino", flags=LinkFlag.HIDDEN)])
    rules = load_rules(_rules(tmp_path, "[markers]\nhidden_share = { weight = 0.1 }\npoison_words = { weight = 0.2 }"))
    with index_of(graph, tmp_path) as index:
        question = Question(index.target("shop.example"))
        whole = audit(index, question, rules)
        for limit in range(4):
            cut = audit(index, replace(question, limit=limit), rules)
            assert cut.rows == whole.rows[:limit]
            assert (cut.referring_domains, cut.flagged) == (3, 1)
    assert [row.referring_domain for row in whole.rows] == ["spam.example", "two.example", "clean.example"]
    assert whole.rows[0].score == 0.2 + 0.1


def _rules(folder: Path, text: str) -> Path:
    file = folder / "rules.toml"
    file.write_text(text)
    return file


@settings(max_examples=examples(6), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 4), st.booleans()), max_size=8, unique_by=lambda p: p[:2])
)
def test_shares_are_shares_and_order_does_not_matter(tmp_path: Path, pages: list[tuple[str, int, bool]]) -> None:
    def graph(order: list[tuple[str, int, bool]]) -> Graph:
        made = Graph()
        for name, number, links in order:
            made.page(f"http://{name}.example/{number}", [SHOP] if links else [], ip=f"192.0.2.{number}")
        return made

    there, back = of(graph(pages), tmp_path), of(graph(pages[::-1]), tmp_path)
    assert there.rows == back.rows
    assert [row.score for row in there.rows] == sorted((row.score for row in there.rows), reverse=True)
    assert there.referring_domains == len({name for name, _, links in pages if links})
    for row in there.rows:
        shares = [getattr(row.markers, name) for name in NAMES if name.endswith("_share")]
        assert all(share is None or 0 <= share <= 1 for share in shares)
        points = [float(part.rpartition("+")[2].rstrip(")")) for part in row.parts]
        assert math.isclose(row.score, sum(points))


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("[markers]\n\nreciprocal = { weight = -1 }", ":3: reciprocal must have numbers"),
        ("[markers]\nhiden_share = { weight = 1 }", ":2: hiden_share is no marker"),
        ("[markers.hidden_share]\nwight = 1", ":1: hidden_share must be"),
        ("[limits]\nleast_pages = 'x'", ":2: least_pages must be"),
        ("[lists]\n# words\ntlds = 5", ":3: tlds must be"),
        ("[marks]\n", ":1: marks is no table"),
        ("[markers\n", "line 1"),
    ],
)
def test_damaged_rules_are_told_by_key_and_line(tmp_path: Path, text: str, wrong: str) -> None:
    file = tmp_path / "rules.toml"
    file.write_text(text)
    with pytest.raises(UsageError, match=wrong):
        load_rules(file)


def test_own_rules_change_what_they_name(tmp_path: Path) -> None:
    file = tmp_path / "rules.toml"
    file.write_text(
        "[markers]\nhidden_share = { weight = 0 }\nreciprocal = { from = 2 }\n[lists]\ntlds = ['EXAMPLE']\n"
    )
    rules = load_rules(file)
    assert rules.markers["hidden_share"].weight == 0
    assert (rules.markers["reciprocal"].weight, rules.markers["reciprocal"].least) == (0.5, 2)
    graph = Graph().page("http://a.example/", [Link(SHOP, flags=LinkFlag.HIDDEN)])
    assert [row.parts for row in of(graph, tmp_path, rules).rows] == [("listed_tld=1(from 1: +1)",)]


def test_empty_lists_are_lists(tmp_path: Path) -> None:
    file = tmp_path / "rules.toml"
    file.write_text("[lists]\ntlds = []\npoison_words = []\ngeneric_anchors = []\n")
    graph = Graph().page("http://casino.top/", [Link(SHOP, "casino")], title="casino")
    row = of(graph, tmp_path, load_rules(file)).rows[0]
    assert (row.markers.poison_words, row.markers.listed_tld, row.markers.shared_anchor_domains) == (0, 0, 1)


def test_addresses_of_all_kinds() -> None:
    own, near = nets(
        [(1, "2001:db8:1::1"), (2, "2001:db8:1:9::2"), (3, "fe80::1%eth0"), (4, "192.0.2.1"), (1, "192.0.2.9")]
    )
    assert own == {1: 0, 2: 0, 3: 0, 4: 0}
    assert near == {1: 2, 2: 1, 3: 0, 4: 1}


def test_reviews_are_kept_and_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    build_index(Graph().page("http://a.example/", [SHOP]).write(tmp_path), SMALL)
    place = ("--data", tmp_path)
    said(capsys, "review", "shop.example", "a.example", "--state", "contact", "--note", "=wrote", *place)
    said(capsys, "review", "shop.example", "a.example", "--state", "keep", *place)
    row = answered(capsys, "audit", "shop.example", *place)["rows"][0]
    assert (row["review"], row["note"]) == ("keep", "=wrote")
    csv = said(capsys, "audit", "shop.example", "--format", "csv", *place).splitlines()
    assert len(csv[0].split(",")) == len(csv[1].split(",")) == len(AuditRow.__slots__) + len(NAMES) - 1
    assert "'=wrote" in csv[1]
    said(capsys, "review", "shop.example", "a.example", "--state", "none", *place)
    assert "0 reviewed" in said(capsys, "audit", "shop.example", *place)
    assert "no link to unheard.example" in said(capsys, "audit", "unheard.example", *place)


def test_every_marker_has_words() -> None:
    all_marked = Markers(**dict.fromkeys(NAMES, 1000.0))
    score, parts, why = judge(all_marked, RULES)
    assert len(parts) == len(why) == len(NAMES) == len(set(why))
    assert score == sum(RULES.markers[name].weight for name in NAMES)
