"""Raw hrefs and tags come back as they were, and the usual ones take next to no room."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wholinks.crawler.page.evidence import start_tag
from wholinks.storage.shorthand import SAME, restore, shorten

TEXTS = st.text(st.sampled_from(f'ab/:=&<>"\u00a0{SAME} é'), max_size=12)


@given(TEXTS, TEXTS, TEXTS)
def test_whatever_is_shortened_is_restored(url: str, raw_href: str, rest: str) -> None:
    for tag in (rest, start_tag("a", {"title": rest, "href": raw_href, rest: raw_href})[0], raw_href):
        for written in (raw_href, url):
            assert restore(url, *shorten(url, written, tag)) == (written, tag)


@pytest.mark.parametrize(
    ("raw_href", "attributes", "kept"),
    [
        ("https://shop.example/", {"rel": "nofollow"}, (SAME, f'<a rel="nofollow" href="{SAME}">')),
        ("https://shop.example/?a&b", {}, ("https://shop.example/?a&b", f'<a href="{SAME}">')),
        ("//shop.example", {"title": "x"}, ("//shop.example", f'<a title="x" href="{SAME}">')),
    ],
)
def test_the_url_is_not_said_twice(raw_href: str, attributes: dict[str, str | None], kept: tuple[str, str]) -> None:
    tag, _ = start_tag("a", {**attributes, "href": raw_href})
    assert shorten("https://shop.example/", raw_href, tag) == kept
