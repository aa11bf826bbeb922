"""Feeds: each kind as it is found in the wild, which of its links counts, and times in every spelling."""

from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wholinks.crawler.feeds import MAX_TIME_CHARS, FeedReader, Item, time_of
from wholinks.crawler.guarded_xml import PROTOCOL_LIMITS, Limits, Summary

URL: Final = "https://blog.example/feed"


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())


def read(body: str | bytes, limits: Limits = PROTOCOL_LIMITS) -> tuple[list[Item], Summary]:
    reader = FeedReader(URL, limits)
    items = reader.feed(body.encode() if isinstance(body, str) else body)
    return items + reader.close(), reader.summary


def items(body: str) -> list[Item]:
    found, summary = read(body)
    assert summary.is_complete
    assert not summary.reasons
    assert summary.entries == len(found)
    return found


def link_in_rss(content: str) -> str:
    ((url, _),) = items(f"<rss version='2.0'><channel><item>{content}</item></channel></rss>")
    return url


def link_in_atom(content: str) -> str:
    ((url, _),) = items(f"<feed xmlns='http://www.w3.org/2005/Atom'><entry>{content}</entry></feed>")
    return url


# ---- kinds

RSS_2: Final = """<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"
  xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:atom="http://www.w3.org/2005/Atom"
  xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel>
  <title>A blog</title>
  <atom:link href="https://blog.example/feed/" rel="self" type="application/rss+xml" />
  <link>https://blog.example</link>
  <lastBuildDate>Tue, 05 Mar 2024 10:00:00 +0000</lastBuildDate>
  <image><url>https://blog.example/logo.png</url><link>https://blog.example</link></image>
  <item>
    <title>Tea &amp; cake</title>
    <link>https://blog.example/tea/?utm_source=rss&#038;x=1</link>
    <comments>https://blog.example/tea/#comments</comments>
    <dc:creator><![CDATA[Zoë]]></dc:creator>
    <pubDate>Tue, 05 Mar 2024 09:30:00 +0100</pubDate>
    <guid isPermaLink="false">https://blog.example/?p=12</guid>
    <description><![CDATA[<p>See <a href="https://other.example/">here</a> & there</p>]]></description>
    <enclosure url="https://blog.example/tea.mp3" length="1" type="audio/mpeg"/>
  </item>
  <item><title>No date</title><link>
     /cake  </link></item>
</channel></rss>"""

RSS_1: Final = """<?xml version="1.0"?>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
  xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel rdf:about="https://blog.example/"><link>https://blog.example/</link>
  <items><rdf:Seq><rdf:li resource="https://blog.example/one"/></rdf:Seq></items></channel>
<item rdf:about="https://blog.example/one"><title>One</title><link>https://blog.example/one</link>
  <dc:date>2024-03-05T09:30+01:00</dc:date></item>
</rdf:RDF>"""

RSS_091: Final = """<?xml version="1.0" encoding="ISO-8859-1"?>
<!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN" "http://my.netscape.com/publish/formats/rss-0.91.dtd">
<rss version="0.91"><channel><link>https://blog.example/</link>
<item><title>Caf&eacute;</title><link>https://blog.example/caf</link></item></channel></rss>"""

ATOM: Final = """<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:base="https://blog.example/2024/">
  <title>A blog</title><link href="https://blog.example/"/><link rel="self" href="/feed"/>
  <updated>2024-03-05T18:30:02Z</updated>
  <entry>
    <title>Tea</title><id>urn:uuid:1225c695-cfb8-4ebb-aaaa-80da344efa6a</id>
    <link rel="edit" href="edit/1"/>
    <link rel="alternate" type="text/html" href="tea"/>
    <link rel="alternate" type="application/pdf" href="tea.pdf"/>
    <link rel="enclosure" href="tea.mp3"/>
    <published>2024-03-01T00:00:00Z</published><updated>2024-03-05T18:30:02.25Z</updated>
    <source><link href="https://other.example/"/><updated>2029-01-01T00:00:00Z</updated></source>
    <content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><link href="no"/></div></content>
  </entry>
</feed>"""


def test_rss_2() -> None:
    assert items(RSS_2) == [
        Item("https://blog.example/tea/?utm_source=rss&x=1", at("2024-03-05T08:30:00+00:00")),
        Item("https://blog.example/cake", None),
    ]


def test_rss_1() -> None:
    assert items(RSS_1) == [Item("https://blog.example/one", at("2024-03-05T08:30:00+00:00"))]


def test_rss_0_91_with_its_doctype() -> None:
    assert items(RSS_091) == [Item("https://blog.example/caf", None)]


def test_atom() -> None:
    assert items(ATOM) == [Item("https://blog.example/2024/tea", at("2024-03-05T18:30:02+00:00"))]


def test_a_prefix_on_everything() -> None:
    body = "<a:feed><a:entry><a:link href='/x'/><a:updated>2024-03-05</a:updated></a:entry></a:feed>"
    assert items(body) == [Item("https://blog.example/x", at("2024-03-05T00:00:00+00:00"))]


# ---- links


def test_an_rss_items_own_link_wins_wherever_it_stands() -> None:
    others = "<atom:link href='/atom'/><guid>https://blog.example/guid</guid>"
    assert link_in_rss(f"{others}<link>/own</link>") == "https://blog.example/own"
    assert link_in_rss(f"<link>/own</link>{others}") == "https://blog.example/own"


@pytest.mark.parametrize("link", ["<a10:link href='/x'/>", "<atom:link rel='alternate' href='/x'/>"])
def test_atoms_link_in_an_rss_item(link: str) -> None:
    assert link_in_rss(f"<link/><guid>https://blog.example/guid</guid>{link}") == "https://blog.example/x"


@pytest.mark.parametrize("attribute", ["", " isPermaLink='true'", " isPermaLink=' TRUE '"])
def test_a_guid_is_the_link_where_there_is_no_other(attribute: str) -> None:
    assert link_in_rss(f"<guid{attribute}> https://blog.example/x </guid>") == "https://blog.example/x"


@pytest.mark.parametrize(
    "content",
    [
        "",
        "<link/>",
        "<title>x</title>",
        "<guid isPermaLink='false'>https://blog.example/x</guid>",
        "<guid>tag:blog.example,2024:1</guid>",
        "<guid isPermaLink='true'>12</guid>",
        "<atom:link rel='self' href='/x'/>",
        "<atom:link>/x</atom:link>",
    ],
)
def test_no_link(content: str) -> None:
    found, summary = read(f"<rss><channel><item>{content}</item></channel></rss>")
    assert (found, summary.reasons) == ([], {"no_link": 1})
    assert summary.is_complete


def test_atoms_links_by_rel() -> None:
    assert link_in_atom("<link rel='replies' href='/r'/><link href='/x'/>") == "https://blog.example/x"
    assert link_in_atom("<link rel='Alternate' href='/x'/>") == "https://blog.example/x"


def test_xml_base_of_a_link_is_its_own() -> None:
    content = "<link xml:base='https://other.example/y/' href='x'/><link xml:base='/no/' href='z'/>"
    assert link_in_atom(content) == "https://other.example/y/x"


def test_a_link_that_is_none_is_counted_by_its_reason() -> None:
    body = "<rss><item><link>mailto:a@b.example</link></item><item><link>https://</link></item></rss>"
    assert read(body)[1].reasons == {"mailto": 1, "unparsable": 1}


# ---- guards


def test_refusals() -> None:
    for body, reason in (
        ("", "empty_body"),
        ("<!DOCTYPE html><title>Gone</title>", "html"),
        ("<!DOCTYPE rss [<!ENTITY a 'b'>]><rss/>", "entities"),
        ("<urlset/>", "unknown_root"),
        ("<opml/>", "unknown_root"),
        ('{"version": "https://jsonfeed.org/version/1.1"}', "malformed_xml"),
    ):
        found, summary = read(body)
        assert (found, summary.reasons, summary.is_complete) == ([], {reason: 1}, False)


def test_limits() -> None:
    body = "<rss>" + "<item><link>/x</link></item>" * 5 + "</rss>"
    assert read(body, Limits(max_entries=5))[1].is_complete
    found, summary = read(body, Limits(max_entries=3))
    assert (len(found), summary.reasons) == (3, {"too_many_entries": 1})
    found, summary = read(body, Limits(max_bytes=60))
    assert (len(found), summary.reasons) == (1, {"too_large": 1})


def test_a_cut_feed_keeps_what_was_read() -> None:
    found, summary = read(RSS_2[: RSS_2.index("No date")])
    assert (len(found), summary.reasons, summary.is_complete) == (1, {"malformed_xml": 1}, False)


@settings(deadline=None)  # no test asserts a time
@given(st.sampled_from((RSS_2, RSS_1, RSS_091, ATOM)), st.integers(1, 2_000))
def test_how_the_bytes_are_cut_makes_no_difference(body: str, size: int) -> None:
    data = body.encode()
    reader = FeedReader(URL)
    found = [item for start in range(0, len(data), size) for item in reader.feed(data[start : start + size])]
    assert found + reader.close() == items(body)


@settings(deadline=None)  # no test asserts a time
@given(st.integers(0, 300))
def test_n_items_in_n_out(count: int) -> None:
    body = "".join(f"<item><link>/{number}</link></item>" for number in range(count))
    assert [item.url for item in items(f"<rss><channel>{body}</channel></rss>")] == [
        f"https://blog.example/{number}" for number in range(count)
    ]


@settings(deadline=None)  # no test asserts a time
@given(st.sampled_from((b"", b"<rss>", b"<feed><entry><link")), st.binary())
def test_no_bytes_raise(start: bytes, data: bytes) -> None:
    found, summary = read(start + data)
    assert len(found) == summary.entries


# ---- times


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("2024", "2024-01-01T00:00:00+00:00"),
        ("2024-03", "2024-03-01T00:00:00+00:00"),
        ("2024-03-05", "2024-03-05T00:00:00+00:00"),
        ("2024-02-29", "2024-02-29T00:00:00+00:00"),
        ("2024-03-05T09:30Z", "2024-03-05T09:30:00+00:00"),
        ("2024-03-05T09:30+05:30", "2024-03-05T04:00:00+00:00"),
        ("2024-03-05T09:30:15-08:00", "2024-03-05T17:30:15+00:00"),
        ("2024-03-05T09:30:15.987654321Z", "2024-03-05T09:30:15+00:00"),
        ("2024-03-05T09:30:15,5+0100", "2024-03-05T08:30:15+00:00"),
        ("2024-03-05t09:30:15z", "2024-03-05T09:30:15+00:00"),
        ("2024-03-05T09:30:15", "2024-03-05T09:30:15+00:00"),
        ("2024-03-05 09:30:15 +00:00", "2024-03-05T09:30:15+00:00"),
        (" \n2024-03-05\t", "2024-03-05T00:00:00+00:00"),
        ("Tue, 05 Mar 2024 09:30:15 GMT", "2024-03-05T09:30:15+00:00"),
        ("Tue, 05 Mar 2024 09:30:15 -0500", "2024-03-05T14:30:15+00:00"),
        ("Tue, 05 Mar 2024 09:30:15 +0100 (Central European Standard Time)", "2024-03-05T08:30:15+00:00"),
        ("5 Mar 24 09:30 EST", "2024-03-05T14:30:00+00:00"),
        ("Tue, 05 Mar 2024 09:30:15 -0000", "2024-03-05T09:30:15+00:00"),
    ],
)
def test_times(text: str, iso: str) -> None:
    assert time_of(text) == at(iso)


@pytest.mark.parametrize(
    "text",
    [
        "", "yesterday", "0", "1709631015", "05/03/2024", "2024-13-01", "2023-02-29", "2024-03-05T25:00Z",
        "2024-03-05T09:30+99:00", "2024-03-05T", "0001-01-01T00:00:00", "1970-01-01", "0000-00-00", "1969-12-31",
        "Tue, 99 Mar 2024 09:30:15 GMT", "٢٠٢٤-٠٣-٠٥", "2024-03-05" + " " * MAX_TIME_CHARS + "x", "9" * 5_000,
    ],
)  # fmt: skip
def test_nonsense_is_no_time(text: str) -> None:
    assert time_of(text) is None


@settings(deadline=None)  # no test asserts a time
@given(st.text())
def test_no_text_raises(text: str) -> None:
    time_of(text)


@settings(deadline=None)  # no test asserts a time
@given(st.integers(86_400, 4_000_000_000))
def test_times_come_back(seconds: int) -> None:
    moment = datetime.fromtimestamp(seconds, UTC)
    assert time_of(moment.isoformat()) == time_of(format_datetime(moment)) == seconds
