"""The class of an anchor text: one for each text, told by what the target is called."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cli.running import answered, said
from tests.graph import Graph, Link
from tests.index.asking import SMALL
from wholinks.index.anchor_class import AnchorClass, AnchorClasses, generic_anchors
from wholinks.index.build import build_index

SHOP = "http://tent-shop.example/"


@pytest.mark.parametrize(
    ("domain", "anchor", "wanted"),
    [
        ("tent-shop.example", "", "empty"),
        ("tent-shop.example", " \u00a0\n", "empty"),
        ("tent-shop.example", "https://tent-shop.example/a?b=c", "url"),
        ("tent-shop.example", "HTTP://elsewhere.example", "url"),
        ("tent-shop.example", "www.tent-shop.example", "url"),
        ("tent-shop.example", "Tent-Shop.example", "url"),
        ("tent-shop.example", "blog.tent-shop.example:8080/post", "url"),
        ("tent-shop.example", "at tent-shop.example", "brand"),
        ("tent-shop.example", "not-tent-shop.example", "brand"),
        ("tent-shop.example", "Tent Shop", "brand"),
        ("tent-shop.example", "the TentShop’s best", "brand"),
        ("tent-shop.example", "tent_shop", "brand"),
        ("tent-shop.example", "tent shopping", "text"),
        ("tent-shop.example", "intent shop", "text"),
        ("tent-shop.example", "Click here!", "generic"),
        ("tent-shop.example", "» Read  MORE …", "generic"),
        ("tent-shop.example", "こちら", "generic"),
        ("tent-shop.example", "→", "generic"),
        ("tent-shop.example", "[3]", "generic"),
        ("tent-shop.example", "read more about tents", "text"),
        ("tent-shop.example", "light tents", "text"),
        ("tent-shop.example", "\x00\x1b[31m", "text"),
        ("here.example", "here", "generic"),
        ("here.example", "Here Maps", "brand"),
        ("r-lib.org", "R library", "text"),
        ("r-lib.org", "r-lib", "brand"),
        ("github.com", "GitHubで見る", "brand"),
        ("x.com", "x", "text"),
        ("x.com", "on X.com now", "brand"),
        ("ann.github.io", "Ann on GitHub", "brand"),
        ("medium.com/@ann", "Ann", "brand"),
        ("medium.com/@ann", "Medium", "brand"),
        ("xn--mnchen-3ya.example", "MÜNCHEN", "brand"),
        ("xn--mnchen-3ya.example", "xn--mnchen-3ya.example", "url"),
        ("192.0.2.1", "192", "generic"),
        ("192.0.2.1", "192.0.2.1/a", "url"),
        ("192.0.2.1", "at 192.0.2.1", "brand"),
        ("[2001:db8::1]", "http://[2001:db8::1]/", "url"),
        ("---.example", "tents", "text"),
    ],
)  # fmt: skip
def test_classes(domain: str, anchor: str, wanted: str) -> None:
    assert AnchorClasses(domain).of(anchor) == wanted


ANCHORS = st.one_of(st.text(max_size=40), st.sampled_from(sorted(generic_anchors())), st.from_regex(r"[a.x /-]{0,40}"))
DOMAINS = st.sampled_from(["tent-shop.example", "x.com", "192.0.2.1", "[::1]", "medium.com/@ann", "xn--mnchen-3ya.de"])


@given(
    DOMAINS, st.one_of(st.text(max_size=40), st.sampled_from(sorted(generic_anchors())), st.from_regex(r"[a.x /-]*"))
)
def test_each_anchor_has_one_class_whatever_its_case_and_the_blanks_around(domain: str, anchor: str) -> None:
    classes = AnchorClasses(domain)
    found = classes.of(anchor)
    assert found in set(AnchorClass)
    assert classes.of(f" {anchor.casefold()}\t") is found
    assert (found is AnchorClass.EMPTY) == (not anchor.strip())
    if found is AnchorClass.TEXT:
        assert classes.of(f"{anchor} {domain}") is AnchorClass.BRAND
        assert AnchorClasses(domain, [anchor]).of(anchor) is AnchorClass.GENERIC


def test_generic_anchors_are_written_as_they_are_compared() -> None:
    assert all(anchor == anchor.strip().casefold() for anchor in generic_anchors())
    assert {AnchorClasses("tent-shop.example").of(anchor) for anchor in generic_anchors()} == {AnchorClass.GENERIC}
    assert AnchorClasses("tent-shop.example", []).of("click here") is AnchorClass.TEXT


def test_a_hostile_anchor_costs_no_more_than_its_length() -> None:
    classes = AnchorClasses("a-a-a-a-a-a-a-a-a-a-a-a-a-a-a-a-a-a-a-a-a-a-a-a-b.example")
    for anchor in ("a " * 500, "a." * 500, "-" * 1000, "www." * 250 + " ", "a://" * 250 + " "):
        assert classes.of(anchor) in set(AnchorClass)


def test_views_and_the_card_show_classes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    graph = Graph().page("http://a.example/", [Link(SHOP, "here"), Link(SHOP, "Tent Shop"), Link(SHOP, "Tent shop")])
    graph.page("http://b.example/", [Link(SHOP, "here"), Link(SHOP, ""), Link(SHOP, "a light tent")])
    build_index(graph.page("http://b.example/2", [Link(SHOP, "tentshop")]).write(tmp_path), SMALL)
    place = ("tent-shop.example", "--data", tmp_path)
    rows = answered(capsys, "anchors", *place)["rows"]
    assert {row["anchor_text"]: row["anchor_class"] for row in rows} == {
        "here": "generic", "Tent Shop": "brand", "Tent shop": "brand", "tentshop": "brand", "": "empty",
        "a light tent": "text",
    }  # fmt: skip
    card = answered(capsys, "overview", *place)
    assert [tuple(row.values()) for row in card["anchor_classes"]] == [
        ("brand", 3, 3, 3 / 7), ("generic", 1, 2, 2 / 7), ("empty", 1, 1, 1 / 7), ("text", 1, 1, 1 / 7),
        ("url", 0, 0, 0),
    ]  # fmt: skip
    assert {row["anchor_text"]: row["anchor_class"] for row in card["anchors"]}["here"] == "generic"
    assert "anchors, by links: brand 42.9%, generic 28.6%" in said(capsys, "overview", *place)
    assert "anchor_brand_share,0.428" in said(capsys, "overview", *place, "--format", "csv")
    nothing = answered(capsys, "overview", "nowhere.example", "--data", tmp_path)
    assert {row["share"] for row in nothing["anchor_classes"]} == {None}
    assert "anchor_class" not in answered(capsys, "from", "a.example", "--by", "anchor", "--data", tmp_path)["rows"][0]
    assert "none of anchor_text" in said(capsys, "anchors", *place, "--sort", "anchor_class", code=2)
