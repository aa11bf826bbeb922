"""On real pages, the parser finds the links that an independent extraction finds, element for element.

Some pages of each site by default; all of them, which takes minutes, with ``WHOLINKS_ALL_PAGES=1``. What differs is
nothing: docs/real-pages.md says what was compared and holds the numbers that are checked here.
"""

import os
import re
import zipfile
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Final

import pytest

from wholinks.crawler.page.hrefs import HrefMemo
from wholinks.crawler.parser import Answer, parse_page
from wholinks.storage.records import Outlink, Rel
from wholinks.storage.urls import PublicSuffixes

from .realweb import ARCHIVE, Found, Links, Page, extract, pages

ALL_PAGES: Final = os.environ.get("WHOLINKS_ALL_PAGES", "") not in {"", "0"}
PAGES_PER_SITE: Final = 16
DOCUMENT: Final = Path(__file__).parents[1] / "docs" / "real-pages.md"
SHOWN: Final = 5

needs_real_pages = pytest.mark.skipif(not ARCHIVE.exists(), reason=f"the real pages are not here: {ARCHIVE}")


@lru_cache(maxsize=1)
def suffixes() -> PublicSuffixes:
    return PublicSuffixes()


def documented() -> dict[str, tuple[int, int, int]]:
    """Pages, links and hrefs that were none of each site, as docs/real-pages.md has them."""
    rows = re.findall(
        r"^\| ([a-z0-9.-]+\.[a-z]+) \| ([\d,]+) \| ([\d,]+) \| ([\d,]+) \|$", DOCUMENT.read_text("utf-8"), re.MULTILINE
    )
    numbers = {site: [int(number.replace(",", "")) for number in row] for site, *row in rows}
    return {site: (count, links, non_links) for site, (count, links, non_links) in numbers.items()}


def sample(of_site: list[Page]) -> list[Page]:
    """Pages that are as far from each other as their names allow, always the same ones; the first is among them."""
    if ALL_PAGES or len(of_site) <= PAGES_PER_SITE:
        return of_site
    return [of_site[number * len(of_site) // PAGES_PER_SITE] for number in range(PAGES_PER_SITE)]


def recorded(page: Page, body: bytes, memo: HrefMemo) -> Links:
    """What wholinks records of a page, in the terms of the independent extraction."""
    parsed = parse_page(Answer(page.url, body, "text/html"), suffixes(), "wholinks", memo)
    return Links([found(link) for link in parsed.links], parsed.non_links)


def found(link: Outlink) -> Found:
    known = (flag.name.lower() for flag in Rel if flag.name and link.rel & flag)
    rel = sorted({*known, *(link.rel_other or "").split()})
    return Found(link.kind.name.lower(), link.url, " ".join(rel), link.anchor_text)


def differences(page: Page, ours: Links, theirs: Links) -> Iterator[str]:
    if ours.non_links != theirs.non_links:
        yield f"{page.name}: no links: {ours.non_links}, independently {theirs.non_links}"
    if len(ours.links) != len(theirs.links):
        yield f"{page.name}: {len(ours.links)} links, independently {len(theirs.links)}"
    for ordinal, (one, other) in enumerate(zip(ours.links, theirs.links, strict=False), 1):
        if one != other:
            yield f"{page.name}: link {ordinal} is {one}, independently {other}"


@needs_real_pages
@pytest.mark.parametrize("site", documented())
def test_the_links_of_a_site_are_those_found_independently(site: str) -> None:
    wrong: list[str] = []
    links = non_links = 0
    memo = HrefMemo()  # one for all pages of a host, as in a crawl
    with zipfile.ZipFile(ARCHIVE) as archive:
        compared = sample([page for page in pages(archive) if page.site == site])
        for page in compared:
            body = archive.read(page.name)
            theirs = extract(page.url, body)
            wrong += differences(page, recorded(page, body, memo), theirs)
            links += len(theirs.links)
            non_links += sum(theirs.non_links.values())
    assert not wrong, f"{len(wrong)} differences:\n" + "\n".join(wrong[:SHOWN])
    if ALL_PAGES:
        assert (len(compared), links, non_links) == documented()[site]
    else:
        assert len(compared) == min(PAGES_PER_SITE, documented()[site][0])
        assert links


@needs_real_pages
def test_every_site_is_in_the_document() -> None:
    with zipfile.ZipFile(ARCHIVE) as archive:
        sizes = Counter(page.site for page in pages(archive))
    assert {site: count for site, (count, _, _) in documented().items()} == sizes


EVERYTHING: Final = """<!doctype html><title>Rules that few real pages need</title>
<link rel="canonical" href="/me"><link rel="ALTERNATE, x" href="feed"><link rel="alternate stylesheet" href="night.css">
<base href="/base/?q"><base href="/other/"><meta http-equiv="Refresh" content="5; URL='https://else.example/'">
<noscript><a href="1">in noscript</a></noscript><template><a href="t">in a template</a></template><!-- <a href="c"> -->
<p><a href="http://user:secret@HOST.example.:80?#part" rel="NoFollow,ugc ugc">te<b>x</b>t<br>two<p>three</a>
<div><a href="2"><img src="i" alt=" an  image "></a><a href=3><svg><title>drawn</title></svg></a>
<svg><a xlink:href="4">old</a><a href="5" xlink:href="4">new</a></svg><math><a href="m">none</a></math>
<a href="6" title="ti" aria-label="la"><script>no text</script></a><a href="7" aria-label="la"> </a>
<map><area href="8" alt="al"><area alt="no href"></map><iframe src="9" title="framed"><a href="f"></iframe>
<form action="10"></form><form></form><form action=""></form>
<a href="">e</a><a href=" #f">f</a><a href="mailto:a@b">m</a><a href="tel:1">t</a><a href="java\tscript:1">j</a>
<a href="data:,">d</a><a href="ftp://h/">o</a><a href="http://[">u</a><a href="https:///xn--mnchen-3ya.example/%zz/..">w</a>
<a href="//M\u00fcnchen.example">nfc: e\u0301\u00a0\u2003end</a>
<table><a href="11">fostered</a><tr><td><a href="12">a<a href="13">b
""".replace("\\t", "\t")
"""A page with what the real ones hardly have, so that a rule both sides forget is noticed."""

BASE: Final = "https://site.example/base/"
LINKS_OF_EVERYTHING: Final = [
    Found("canonical", "https://site.example/me", "canonical", ""),
    Found("alternate", f"{BASE}feed", "alternate x", ""),
    Found("text", f"{BASE}1", "", "in noscript"),
    Found("text", "http://host.example/", "nofollow ugc", "text two"),
    Found("text", "http://host.example/", "nofollow ugc", "three"),
    Found("image", f"{BASE}2", "", "an image"),
    Found("image", f"{BASE}3", "", "drawn"),
    Found("text", f"{BASE}4", "", "old"),
    Found("text", f"{BASE}5", "", "new"),
    Found("text", f"{BASE}6", "", "ti"),
    Found("text", f"{BASE}7", "", "la"),
    Found("text", f"{BASE}8", "", "al"),
    Found("frame", f"{BASE}9", "", "framed"),
    Found("form", f"{BASE}10", "", ""),
    Found("text", "https://xn--mnchen-3ya.example/", "", "w"),
    Found("text", "https://xn--mnchen-3ya.example/", "", "nfc: \u00e9 end"),
    Found("text", f"{BASE}11", "", "fostered"),
    Found("text", f"{BASE}12", "", "a"),
    Found("text", f"{BASE}13", "", "b"),
    Found("redirect", "https://else.example/", "", ""),
]
NON_LINKS_OF_EVERYTHING: Final = {
    "empty": 2, "fragment": 1, "mailto": 1, "tel": 1, "javascript": 1, "data": 1, "other_scheme": 1, "unparsable": 1
}  # fmt: skip


def test_both_find_the_links_of_a_page_with_everything() -> None:
    page = Page("site.example/page.html", "https://site.example/page.html", 0)
    expected = Links(LINKS_OF_EVERYTHING, NON_LINKS_OF_EVERYTHING)
    theirs = extract(page.url, EVERYTHING.encode())
    assert not list(differences(page, theirs, expected))
    assert not list(differences(page, recorded(page, EVERYTHING.encode(), HrefMemo()), expected))
