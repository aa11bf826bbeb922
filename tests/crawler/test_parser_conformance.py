"""Other projects' vectors, and other parsers, against ours."""

import json
import zipfile
from collections.abc import Iterator
from typing import Any, Final
from xml.etree.ElementTree import Element

import html5lib  # type: ignore[import-untyped]
import pytest
from selectolax.lexbor import LexborHTMLParser

from wholinks.crawler.page.tags import CODES
from wholinks.storage.records import Kind, Outlink, Rel
from wholinks.storage.urls import NotAUrl, join

from .parsing import CONFORMANCE, REAL_WEB, page

NUTCH: Final = CONFORMANCE / "html" / "nutch_dom_outlinks.json"
HTML5LIB: Final = CONFORMANCE / "html" / "html5lib_anchor_links.json"
_SHOWN: Final = {Kind.TEXT, Kind.IMAGE, Kind.FRAME, Kind.FORM}


def cases(path: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(path.read_text())["cases"] if path.exists() else []
    return found


def as_nutch_has_them(links: list[Outlink]) -> list[tuple[str, str]]:
    """URL and anchor of the links that are links in Nutch's view: it drops nofollow and takes frames and forms."""
    return [(one.url, one.anchor_text) for one in links if one.kind in _SHOWN and not one.rel & Rel.NOFOLLOW]


@pytest.mark.skipif(not NUTCH.exists(), reason="the conformance vectors are not here")
@pytest.mark.parametrize("case", cases(NUTCH), ids=lambda case: f"case {case['index']}")
def test_nutch(case: dict[str, Any]) -> None:
    base = join(case["base"], case["base"])
    expected = [(one["url"], one["anchor"]) for one in case["expected_outlinks"]]
    # Nutch takes images and media files for links, and keeps fragments; we do neither.
    expected = [one for one in expected if not one[0].endswith((".gif", ".mp4", "#bottom"))]
    expected = [(join(base, url), anchor) for url, anchor in expected]
    found = as_nutch_has_them(page(case["html"], base).links)
    if case["index"] in {9, 10}:
        # Nutch takes GET forms, and the text in them for an anchor; we take all forms, without text.
        assert [url for url, _ in found] == ["http://www.nutch.org/search.jsp", "http://www.nutch.org/dummy.jsp"]
        return
    if case["index"] == 3:
        # An "a" that is left open is opened again in the next "li", empty: HTML5's error recovery, which Nutch's
        # parser does not do.
        assert [one for one in found if not one[1]] == [(url, "") for url, _ in expected[:2]]
        found = [one for one in found if one[1]]
    assert found == expected
    assert page(case["html"], base).title == case["title"]


@pytest.mark.skipif(not HTML5LIB.exists(), reason="the conformance vectors are not here")
@pytest.mark.parametrize("case", cases(HTML5LIB), ids=lambda case: case["data"][:60])
def test_html5lib_trees(case: dict[str, Any]) -> None:
    """The tree has the anchors, clones included, that HTML5's tree construction makes; so we have their links."""
    base = "http://base.test/"
    html = case["data"]
    # Without a href none of these is a link: each "<a" gets one, which changes nothing in how the tree is made.
    if not case["hrefs"]:
        count = html.lower().count("<a>")
        html = html.replace("<a>", '<a href="x">').replace("<A>", '<a href="x">').replace("<a X", '<a href="x" X')
        html = html.replace("<a Y", '<a href="x" Y').replace("<area>", '<area href="x">')
        expected = case["anchors_in_tree"]
        if case["file"] == "template.dat":
            expected = 0  # html5lib counts what is in the template; its links are none
        assert count or "area" in html or "<a" in html
        assert len(page(html, base).links) == expected
        return
    anchors = [href for name, href in case["hrefs"] if name in {"a", "area"}]
    found = page(html, base)
    wanted = []
    for href in anchors:
        try:
            wanted.append(join(base, href))
        except NotAUrl:
            continue
    assert [one.url for one in found.links] == wanted
    assert sum(found.non_links.values()) == len(anchors) - len(wanted)


def real_pages(count: int) -> Iterator[tuple[str, bytes]]:
    """Some pages of each site, always the same ones."""
    with zipfile.ZipFile(REAL_WEB) as archive:
        names: dict[str, list[str]] = {}
        for name in sorted(archive.namelist()):
            if name.endswith((".html", ".htm")):
                names.setdefault(name.partition("/")[0], []).append(name)
        for site in names.values():
            for name in site[:: max(1, len(site) // count)][:count]:
                if archive.getinfo(name).file_size < 60_000:  # html5lib takes its time
                    yield name, archive.read(name)


def html5lib_hrefs(body: bytes) -> list[tuple[str, str]]:
    """Name and href of each ``a`` and ``area`` in html5lib's tree, in document order."""
    document = html5lib.parse(body.decode("utf-8", "replace"), treebuilder="etree", namespaceHTMLElements=False)
    assert isinstance(document, Element)
    found: list[tuple[str, str]] = []
    pending = [document]
    while pending:
        element = pending.pop()
        if element.tag in {"template", "iframe", "textarea"}:
            continue
        if element.tag in {"a", "area"} and "href" in element.attrib:
            found.append((str(element.tag), element.attrib["href"]))
        pending.extend(reversed(list(element)))
    return found


@pytest.mark.skipif(not REAL_WEB.exists(), reason="the real web sites are not here")
def test_html5lib_finds_the_same_links_on_real_pages() -> None:
    checked = 0
    for name, body in real_pages(2):
        url = f"https://{name}"
        base = url
        tree = LexborHTMLParser(body)
        declared = tree.css_first("base[href]")
        if declared is not None:
            base = join(url, declared.attributes.get("href") or "")
        expected, non_links = [], 0
        for _, href in html5lib_hrefs(body):
            try:
                expected.append(join(base, href))
            except NotAUrl:
                non_links += 1
        found = page(body, url)
        assert [one.url for one in found.links if one.kind in {Kind.TEXT, Kind.IMAGE}] == expected, name
        assert sum(found.non_links.values()) >= non_links
        checked += len(expected)
    assert checked > 1_000


def test_every_name_has_its_number() -> None:
    """Lexbor's numbers are found out at import; a name it did not know would get a number of that document only."""
    assert all(number < 10_000 for number in CODES)
