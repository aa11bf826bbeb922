"""A page from a few words of HTML, for the tests of the parser."""

from functools import lru_cache
from pathlib import Path
from typing import Final

from wholinks.crawler.parser import Answer, parse_page
from wholinks.storage.records import Outlink, ParsedPage
from wholinks.storage.urls import PublicSuffixes

SITE: Final = "https://site.com/dir/page"
CONFORMANCE: Final = Path(__file__).parents[2].parent / "shared" / "conformance"
"""Test vectors of other projects; not part of this one."""
REAL_WEB: Final = Path(__file__).parents[2].parent / "shared" / "realweb" / "sites.zip"


@lru_cache(maxsize=1)
def suffixes() -> PublicSuffixes:
    return PublicSuffixes()


def page(
    html: str | bytes,
    url: str = SITE,
    *,
    content_type: str = "text/html; charset=utf-8",
    link: tuple[str, ...] = (),
    refresh: str = "",
    robots: tuple[str, ...] = (),
) -> ParsedPage:
    body = html.encode() if isinstance(html, str) else html
    return parse_page(Answer(url, body, content_type, link, refresh, robots), suffixes(), "wholinks")


def links(html: str | bytes, url: str = SITE) -> list[Outlink]:
    return page(html, url).links


def link(html: str | bytes, url: str = SITE) -> Outlink:
    """The only link of a page."""
    (found,) = links(html, url)
    return found


def urls(html: str | bytes, url: str = SITE) -> list[str]:
    return [found.url for found in links(html, url)]


def anchor(html: str) -> str:
    return link(html).anchor_text
