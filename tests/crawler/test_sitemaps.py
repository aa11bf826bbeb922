"""Sitemaps: each form they come in, what is wrong with those in the wild, bombs, and every reason that is counted."""

import gzip
import zlib
from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wholinks.crawler.guarded_xml import PROTOCOL_LIMITS, Limits, Summary
from wholinks.crawler.sitemaps import MAX_MEMBERS, Entry, SitemapReader
from wholinks.storage.urls import MAX_URL_LENGTH, normalise

URL: Final = "https://shop.example/maps/sitemap.xml"


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())


def read(*chunks: bytes | str, limits: Limits = PROTOCOL_LIMITS) -> tuple[list[Entry], Summary]:
    reader = SitemapReader(URL, limits)
    entries: list[Entry] = []
    for chunk in chunks:
        entries += reader.feed(chunk.encode() if isinstance(chunk, str) else chunk)
    entries += reader.close()
    assert reader.summary.entries == len(entries)
    return entries, reader.summary


def entries_of(body: bytes | str) -> list[Entry]:
    """The entries of a body with which nothing is wrong."""
    entries, summary = read(body)
    assert summary.is_complete
    assert not summary.reasons
    return entries


def pages(body: bytes | str) -> list[str]:
    return [entry.url for entry in entries_of(body)]


def urlset(*locs: str) -> str:
    urls = "".join(f"<url><loc>{loc}</loc></url>" for loc in locs)
    return f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{urls}</urlset>'


# ---- forms

URLSET: Final = """<?xml version="1.0" encoding="UTF-8"?>
<?xml-stylesheet type="text/xsl" href="//shop.example/main-sitemap.xsl"?>
<urlset xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"
  xmlns:image="http://www.google.com/schemas/sitemap-image/1.1" xmlns:xhtml="http://www.w3.org/1999/xhtml"
  xmlns:video="http://www.google.com/schemas/sitemap-video/1.1"
  xmlns:news="http://www.google.com/schemas/sitemap-news/0.9">
  <url>
    <image:image><image:loc>https://shop.example/tea.jpg</image:loc></image:image>
    <xhtml:link rel="alternate" hreflang="de" href="https://shop.example/de/tee"/>
    <loc>https://shop.example/tea?size=1&amp;cup=2</loc>
    <lastmod>2024-03-05T09:30:15+01:00</lastmod>
    <changefreq>weekly</changefreq><priority>0.8</priority>
  </url>
  <url>
    <loc>
      https://shop.example/cake
    </loc>
    <video:video><video:player_loc>https://shop.example/player</video:player_loc>
      <video:content_loc>https://shop.example/a.mp4</video:content_loc></video:video>
    <news:news><news:publication_date>2029-01-01</news:publication_date></news:news>
    <lastmod>soon</lastmod>
  </url>
  <url><image:loc>https://shop.example/x.jpg</image:loc><loc><![CDATA[https://shop.example/a?b=1&c=2]]></loc></url>
</urlset>
<!-- XML Sitemap generated in 0.2 s -->
"""

INDEX: Final = """<?xml version="1.0" encoding="UTF-8"?>
<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
  <sitemap><loc>https://shop.example/maps/1.xml.gz</loc><lastmod>2024-03</lastmod></sitemap>
  <sitemap><loc>2.xml</loc></sitemap>
</sitemapindex>"""

TEXT: Final = "https://shop.example/tea\r\n\r\n  HTTPS://shop.example/cake?a=1&b=2#c \nhttp://shop.example/zoë"

RSS: Final = """<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel><link>https://shop.example/</link>
<item><link>https://shop.example/tea</link><pubDate>Tue, 05 Mar 2024 09:30:15 +0100</pubDate></item></channel></rss>"""


def test_a_urlset() -> None:
    assert entries_of(URLSET) == [
        Entry("https://shop.example/tea?size=1&cup=2", at("2024-03-05T08:30:15+00:00"), False),
        Entry("https://shop.example/cake", None, False),
        Entry("https://shop.example/a?b=1&c=2", None, False),
    ]


def test_an_index() -> None:
    assert entries_of(INDEX) == [
        Entry("https://shop.example/maps/1.xml.gz", at("2024-03-01T00:00:00+00:00"), True),
        Entry("https://shop.example/maps/2.xml", None, True),
    ]


@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_text(mark: str) -> None:
    assert pages(mark + TEXT) == [
        "https://shop.example/tea", "https://shop.example/cake?a=1&b=2", "http://shop.example/zo%C3%AB"
    ]  # fmt: skip


def test_text_of_old_macs_and_in_utf_16() -> None:
    assert pages("https://a.example/\rhttps://b.example/\r") == ["https://a.example/", "https://b.example/"]
    assert pages(TEXT.encode("utf-16")) == pages(TEXT)


def test_a_feed_given_as_sitemap() -> None:
    assert entries_of(RSS) == [Entry("https://shop.example/tea", at("2024-03-05T08:30:15+00:00"), False)]
    atom = '<feed xmlns="http://www.w3.org/2005/Atom"><entry><link href="/x"/></entry></feed>'
    assert pages(atom) == ["https://shop.example/x"]


@pytest.mark.parametrize(
    "namespace",
    [
        "",
        ' xmlns="http://www.google.com/schemas/sitemap/0.84"',
        ' xmlns="https://www.sitemaps.org/schemas/sitemap/0.9"',
    ],
)
def test_the_namespace_does_not_matter(namespace: str) -> None:
    assert pages(f"<urlset{namespace}><url><loc>/x</loc></url></urlset>") == ["https://shop.example/x"]


def test_with_a_prefix() -> None:
    url = "<sm:url><i:image><i:loc>/no</i:loc></i:image><i:loc>/no</i:loc><sm:loc>/x</sm:loc></sm:url>"
    assert pages(f"<sm:urlset>{url}</sm:urlset>") == ["https://shop.example/x"]


def test_the_first_loc_counts() -> None:
    body = "<urlset><url><loc>/1</loc><loc>/2</loc><lastmod>2024</lastmod><lastmod>2025</lastmod></url></urlset>"
    assert entries_of(body) == [Entry("https://shop.example/1", at("2024-01-01T00:00:00+00:00"), False)]


@pytest.mark.parametrize("start", ["\n\n", "  \r\n", "\ufeff", "\n\ufeff", "\ufeff\n"])
@pytest.mark.parametrize("body", [URLSET, INDEX, TEXT])
def test_what_comes_before_the_first_character(start: str, body: str) -> None:
    assert entries_of(start + body) == entries_of(body)


def test_bare_ampersands() -> None:
    assert pages(urlset("/a?x=1&y=2&amp;z=3", "/b&c", "/d&Acirc;&ordm;")) == [
        "https://shop.example/a?x=1&y=2&z=3", "https://shop.example/b&c", "https://shop.example/d&Acirc;&ordm;"
    ]  # fmt: skip


def test_encodings() -> None:
    declared = '<?xml version="1.0" encoding="{}"?>'
    assert pages((declared.format("UTF-16") + urlset("/zoë")).encode("utf-16")) == ["https://shop.example/zo%C3%AB"]
    assert pages((declared.format("ISO-8859-1") + urlset("/zoë")).encode("latin-1")) == [
        "https://shop.example/zo%C3%AB"
    ]
    assert pages(declared.format("UTF-16") + urlset("/zoë")) == ["https://shop.example/zo%C3%AB"]


# ---- gzip


@pytest.mark.parametrize("body", [URLSET, INDEX, TEXT, RSS])
def test_gzip_of_each_form(body: str) -> None:
    assert entries_of(gzip.compress(body.encode())) == entries_of(body)


def test_gzip_in_several_members() -> None:
    data = URLSET.encode()
    members = [gzip.compress(data[start : start + 100]) for start in range(0, len(data), 100)]
    assert entries_of(b"".join(members)) == entries_of(URLSET)
    assert entries_of(b"\0\0".join(members) + b"\0" * 512) == entries_of(URLSET)


@pytest.mark.parametrize("rest", [b"x", b"<html>", b"\x1f", b"\0\0x"])
def test_what_follows_the_last_member_is_ignored(rest: bytes) -> None:
    assert entries_of(gzip.compress(URLSET.encode()) + rest) == entries_of(URLSET)


def test_gzip_that_breaks_off_keeps_what_was_read() -> None:
    whole = gzip.compress(urlset(*(f"/{zlib.crc32(b'%d' % number)}" for number in range(5_000))).encode())
    wrong_checksum = whole[:-8] + bytes(8)
    for body in (whole[: len(whole) // 2], whole[:-1], wrong_checksum):
        entries, summary = read(body)
        assert len(entries) > 1_000
        assert (summary.reasons, summary.is_complete) == ({"bad_gzip": 1}, False)
    for body in (b"\x1f\x8b", b"\x1f\x8bx" * 100, whole[:5]):
        entries, summary = read(body)
        assert (entries, summary.reasons) == ([], {"bad_gzip": 1})


def test_text_that_is_cut_does_not_end_in_half_a_url() -> None:
    text = "https://shop.example/one\nhttps://shop.example/two"
    entries, summary = read(text, limits=Limits(max_bytes=len(text) - 2))
    assert ([entry.url for entry in entries], summary.reasons) == (["https://shop.example/one"], {"too_large": 1})
    entries, _ = read(gzip.compress(text.encode())[:-9])
    assert [entry.url for entry in entries] == ["https://shop.example/one"]


# ---- bombs


@lru_cache(maxsize=1)
def bomb() -> bytes:
    """10 MB of gzip that are 10 GB of blanks in a urlset. Its middle is one deflate block, said again and again."""
    deflate = zlib.compressobj(9, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    start = deflate.compress(b"<urlset>") + deflate.flush(zlib.Z_FULL_FLUSH)
    again = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    block = again.compress(b" " * (1 << 20)) + again.flush(zlib.Z_FULL_FLUSH)
    return start + block * (10_000_000 // len(block))


@pytest.mark.parametrize("size", [1 << 16, 1 << 30])
def test_a_bomb_stops_at_the_limit(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    inflated = 0
    real = zlib.decompressobj

    class Counting:
        def __init__(self, wbits: int) -> None:
            self._inflater = real(wbits)

        def decompress(self, data: bytes, max_length: int) -> bytes:
            nonlocal inflated
            output = self._inflater.decompress(data, max_length)
            inflated += len(output)
            return output

        def __getattr__(self, name: str) -> object:
            return getattr(self._inflater, name)

    monkeypatch.setattr(zlib, "decompressobj", Counting)
    data = bomb()
    assert len(data) > 9_900_000
    entries, summary = read(*(data[start : start + size] for start in range(0, len(data), size)))
    assert (entries, summary.reasons, summary.is_complete) == ([], {"too_large": 1}, False)
    assert PROTOCOL_LIMITS.max_bytes < inflated < PROTOCOL_LIMITS.max_bytes + (1 << 20)


def test_members_without_end() -> None:
    assert read(gzip.compress(b"") * (MAX_MEMBERS + 1))[1].reasons == {"bad_gzip": 1}
    assert read(gzip.compress(b"") * MAX_MEMBERS)[1].reasons == {"empty_body": 1}


def test_entities() -> None:
    laughs = "".join(f'<!ENTITY l{n + 1} "{f"&l{n};" * 10}">' for n in range(9))
    body = f'<?xml version="1.0"?><!DOCTYPE urlset [<!ENTITY l0 "ha">{laughs}]>{urlset("/&l9;")}'
    entries, summary = read(body)
    assert (entries, summary.reasons, summary.is_complete) == ([], {"entities": 1}, False)


# ---- reasons


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("", "empty_body"),
        ("\n", "empty_body"),
        (gzip.compress(b"", mtime=0), "empty_body"),
        ("<!DOCTYPE html>\n<html><head><title>404</title>", "html"),
        ("\n<html lang=en>", "html"),
        (gzip.compress(b"<!doctype html>", mtime=0), "html"),
        ("<opml/>", "unknown_root"),
        ("<urlset", "malformed_xml"),
        ("\x89PNG\r\n\x1a\n\0\0\0", "binary"),
    ],
)
def test_bodies_that_are_no_sitemap(body: bytes | str, reason: str) -> None:
    entries, summary = read(body)
    assert (entries, summary.reasons, summary.is_complete) == ([], {reason: 1}, False)


def test_entries_that_are_none_are_counted() -> None:
    long = "https://shop.example/" + "x" * MAX_URL_LENGTH
    body = urlset("/1", "", "#top", "mailto:a@shop.example", "ftp://shop.example/", "https://", long, "/2")
    entries, summary = read(body.replace("</urlset>", "<url><lastmod>2024</lastmod></url></urlset>"))
    assert [entry.url for entry in entries] == ["https://shop.example/1", "https://shop.example/2"]
    assert summary.is_complete
    assert summary.reasons == {
        "empty": 1, "fragment": 1, "mailto": 1, "other_scheme": 1, "unparsable": 1, "too_long": 1, "no_loc": 1
    }  # fmt: skip


def test_lines_that_are_no_urls_are_counted() -> None:
    long = "https://shop.example/" + "x" * 100_000
    entries, summary = read(f"# pages\n/relative\n{long}\nhttps://\nhttps://shop.example/x\nshop.example")
    assert [entry.url for entry in entries] == ["https://shop.example/x"]
    assert summary.reasons == {"not_absolute": 3, "too_long": 1, "unparsable": 1}
    assert summary.is_complete


def test_a_loc_in_bytes_that_are_no_text() -> None:
    entries, summary = read(urlset("/zoë", "/x").encode("latin-1"))
    assert ([entry.url for entry in entries], summary.reasons) == (["https://shop.example/x"], {"undecodable": 1})


def test_malformed_xml_keeps_what_was_read() -> None:
    for rest in ("<url></urlset>", "<url><loc>/cut", "</nourlset>", "\x01"):
        entries, summary = read(urlset("/x").removesuffix("</urlset>") + rest)
        assert [entry.url for entry in entries] == ["https://shop.example/x"]
        assert (summary.reasons, summary.is_complete) == ({"malformed_xml": 1}, False)


def test_limits() -> None:
    body = urlset(*(f"/{number}" for number in range(20)))
    assert read(body, limits=Limits(max_entries=20))[1].is_complete
    entries, summary = read(body, limits=Limits(max_entries=19))
    assert (len(entries), summary.reasons, summary.is_complete) == (19, {"too_many_entries": 1}, False)
    assert read(body, limits=Limits(max_bytes=len(body)))[1].is_complete
    entries, summary = read(gzip.compress(body.encode()), limits=Limits(max_bytes=len(body) // 2))
    assert (0 < len(entries) < 20, summary.reasons, summary.is_complete) == (True, {"too_large": 1}, False)


def test_the_protocols_limit_on_entries() -> None:
    assert len(entries_of(urlset(*["/x"] * 50_000))) == 50_000
    entries, summary = read(urlset(*["/x"] * 50_001))
    assert (len(entries), summary.reasons) == (50_000, {"too_many_entries": 1})


def test_entries_come_while_the_body_streams_in() -> None:
    body = urlset(*(f"/{number}" for number in range(2_000))).encode()
    reader = SitemapReader(URL)
    assert reader.feed(body[: len(body) // 2])
    assert not reader.summary.is_complete


def test_once_over_nothing_more_comes() -> None:
    reader = SitemapReader(URL)
    reader.feed(urlset("/x").encode())
    assert len(reader.close()) == 1
    assert reader.feed(urlset("/y").encode()) == []
    assert reader.close() == []
    assert reader.summary.is_complete


# ---- another project's test files

VECTORS: Final = Path(__file__).parents[2].parent / "shared" / "conformance" / "sitemaps" / "crawler-commons"
EXPECTED: Final[dict[str, tuple[int, dict[str, int]]]] = {
    "atom.xml": (1, {}),
    "do-not-visit.txt": (1, {}),
    "extension/hebdenbridgetimes-articles-sitemap.xml": (74, {}),
    "extension/pagemaps-sitemap.xml": (2, {}),
    "extension/shinpaideshou-news-sitemap.xml": (3, {}),
    "extension/sitemap-images.xml": (1, {}),
    "extension/sitemap-links.xml": (3, {}),
    "extension/sitemap-mobile.xml": (3, {}),
    "extension/sitemap-news.xml": (2, {}),
    "extension/sitemap-videos-tvshow.xml": (1, {}),
    "extension/sitemap-videos.xml": (3, {}),
    "rss/feed.rss": (3, {"no_link": 1}),  # a guid that says it is no permalink; they take it
    "rss/xmlRss_pubDate.xml": (7, {}),
    "sitemap-with-bom.txt": (2, {}),
    "sitemap.badns.xml": (2, {}),
    "sitemap.index.xml": (0, {"no_loc": 15}),  # URLs right in <sitemap>; they take them
    "sitemap.ns.xml": (2, {}),
    "sitemap.txt": (2, {}),
    "sitemap.txt.gz": (5, {}),
    "xmlSitemap.gz": (5, {}),
}
"""How many entries each file has, and what is skipped of it."""


@pytest.mark.skipif(not VECTORS.is_dir(), reason=f"another project's test files are not at {VECTORS}")
@pytest.mark.parametrize("name", EXPECTED)
def test_crawler_commons_files(name: str) -> None:
    entries, summary = read((VECTORS / name).read_bytes())
    assert (len(entries), summary.reasons) == EXPECTED[name]
    assert summary.is_complete


# ---- properties


def split(body: bytes, cuts: list[int]) -> Iterator[bytes]:
    places = [0, *sorted(cut % (len(body) + 1) for cut in cuts), len(body)]
    return (body[start:end] for start, end in pairwise(places))


_BODY: Final = st.sampled_from((URLSET, INDEX, TEXT, RSS, "<!doctype html>", urlset("/a&b", "", "/c"))).map(str.encode)
_LOC: Final = st.from_regex(r"/([a-z0-9_.~-][a-zA-Z0-9_.~/-]{0,20})?(\?[a-z]=[0-9]&[a-z]=[0-9])?", fullmatch=True)


@settings(deadline=None)  # no test asserts a time
@given(st.one_of(_BODY, _BODY.map(gzip.compress), st.binary()), st.lists(st.integers(0)))
def test_how_the_bytes_are_cut_makes_no_difference(body: bytes, cuts: list[int]) -> None:
    assert read(*split(body, cuts)) == read(body)


@settings(deadline=None)  # no test asserts a time
@given(_BODY, st.binary(max_size=20), st.integers(0), st.booleans())
def test_no_bytes_raise(body: bytes, noise: bytes, place: int, is_gzip: bool) -> None:
    data = gzip.compress(body) if is_gzip else body
    place %= len(data) + 1
    _, summary = read(data[:place] + noise + data[place:])
    assert summary.is_over


@settings(deadline=None)  # no test asserts a time
@given(st.lists(_LOC, max_size=50), st.sampled_from((("urlset", "url"), ("sitemapindex", "sitemap"))))
def test_n_entries_in_n_out(locs: list[str], names: tuple[str, str]) -> None:
    root, name = names
    body = "".join(f"<{name}><loc>{loc.replace('&', '&amp;')}</loc></{name}>\n" for loc in locs)
    assert entries_of(f"<{root}>{body}</{root}>") == [
        Entry(normalise(f"https://shop.example{loc}"), None, name == "sitemap") for loc in locs
    ]
