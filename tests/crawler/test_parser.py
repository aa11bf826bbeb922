"""The rules of docs/counting.md that the parser decides, each by name."""

import pytest

from wholinks.crawler.page.hrefs import HrefMemo
from wholinks.crawler.parser import Answer, parse_page
from wholinks.storage.records import AnchorSource, Evidence, Kind, LinkFlag, Outlink, Placement, Rel, RobotsFlag

from .parsing import anchor, link, links, page, suffixes, urls


def evidence(found: Outlink) -> Evidence:
    assert found.evidence is not None
    return found.evidence


# Kinds


def test_an_anchor_with_href_is_a_text_link() -> None:
    found = link('<a href="/x">X</a>')
    assert (found.kind, found.url, found.anchor_text) == (Kind.TEXT, "https://site.com/x", "X")


def test_an_anchor_without_href_is_no_link_and_not_counted() -> None:
    found = page('<a name="top">x</a><a>y</a>')
    assert not found.links
    assert not found.non_links


def test_an_area_is_a_text_link_whose_anchor_is_its_alt() -> None:
    found = link('<map><area href="/x" alt="the\nplace" title="no"></map>')
    assert (found.kind, found.anchor_text, found.anchor_source) == (Kind.TEXT, "the place", AnchorSource.ALT)


@pytest.mark.parametrize(
    "attributes", ['href="/x"', 'xlink:href="/x"', 'href="/x" xlink:href="/y"', 'xlink:href="/y" href="/x"']
)
def test_an_svg_anchor_links_by_href_else_xlink_href(attributes: str) -> None:
    assert urls(f"<svg><a {attributes}><text>t</text></a></svg>") == ["https://site.com/x"]


def test_xlink_href_makes_no_link_outside_svg() -> None:
    assert not links('<a xlink:href="/x">x</a><svg><foreignObject><a xlink:href="/y">y</a></foreignObject></svg>')


def test_html_inside_svg_is_html() -> None:
    found = links(
        '<svg><foreignObject><p><a href="/x">x</a></p></foreignObject><a xlink:href="/y"/></svg><a href="/z">'
    )
    assert [one.url for one in found] == ["https://site.com/x", "https://site.com/y", "https://site.com/z"]


def test_a_mathml_anchor_is_no_link_but_html_in_mathml_is() -> None:
    assert urls('<math><a href="/m">m</a><mi><a href="/h">h</a></mi></math>') == ["https://site.com/h"]
    assert urls('<math><annotation-xml encoding="text/html"><a href="/h">h</a></annotation-xml></math>') == [
        "https://site.com/h"
    ]
    assert urls('<math><annotation-xml><svg><a xlink:href="/s">s</a></svg></annotation-xml></math>') == [
        "https://site.com/s"
    ]


@pytest.mark.parametrize(
    "content",
    [
        "<img src=i>",
        " <span>\n<img src=i></span> ",
        "<picture><source srcset=i><img src=i></picture>",
        "<svg><path/></svg>",
        "<svg><title>Home</title><text>h</text></svg>",
        "<div><img src=i alt=words></div>",
        "<img src=i><svg></svg>",
    ],
)
def test_a_link_is_an_image_link_if_its_only_content_is_images(content: str) -> None:
    assert link(f'<a href="/x">{content}</a>').kind == Kind.IMAGE


@pytest.mark.parametrize("content", ["", "x", "<img src=i> x", "<svg></svg>x", "<b></b>", "<video></video><img src=i>"])
def test_any_other_link_is_a_text_link(content: str) -> None:
    assert links(f'<a href="/x">{content}</a>')[0].kind == Kind.TEXT


def test_canonical_and_alternate_by_whole_rel_tokens_in_any_case() -> None:
    found = links(
        '<link rel="x CANONICAL" href="/c"><link rel=Alternate href="/a"><link rel="canonical alternate" href="/b">'
        '<link rel="alternate stylesheet" href="/s"><link rel="canonicals" href="/t"><link rel=icon href="/i">'
    )
    assert [(one.kind, one.url[16:]) for one in found] == [
        (Kind.CANONICAL, "/c"),
        (Kind.ALTERNATE, "/a"),
        (Kind.CANONICAL, "/b"),
    ]


def test_frames_and_forms() -> None:
    found = links('<iframe src="/i"></iframe><form action="/f"><input></form><form>no action</form>')
    assert [(one.kind, one.url[16:]) for one in found] == [(Kind.FRAME, "/i"), (Kind.FORM, "/f")]
    assert [one.kind for one in links('<frameset><frame src="/a"><frame src="/b"></frameset>')] == [Kind.FRAME] * 2


def test_ordinals_count_recorded_links_in_document_order_then_headers_then_the_refresh() -> None:
    found = page(
        '<link rel=canonical href="/c"><a href="mailto:x">m</a><a href="/1">1</a><form action="/2"></form>'
        '<meta http-equiv=refresh content="0;url=https://other.com/">',
        link=('</h>; rel="canonical"',),
    ).links
    assert [(one.ordinal, one.url) for one in found] == [
        (1, "https://site.com/c"),
        (2, "https://site.com/1"),
        (3, "https://site.com/2"),
        (4, "https://site.com/h"),
        (5, "https://other.com/"),
    ]


def test_clones_of_error_recovery_are_links() -> None:
    found = links('<a href="/x">1<table><a href="/y">2<tr><td></td></tr>3</table>')
    assert [one.url[-1] for one in found] == ["x", "y", "y"]


@pytest.mark.parametrize(
    "html",
    [
        '<!-- <a href="/x">x</a> -->',
        '<template><a href="/x">x</a></template>',
        "<script>document.write('<a href=\"/x\">x</a>')</script>",
        '<textarea><a href="/x">x</a></textarea>',
        '<iframe><a href="/x">x</a></iframe>',
        '<noframes><a href="/x">x</a></noframes>',
        '<noembed><a href="/x">x</a></noembed>',
        '<xmp><a href="/x">x</a></xmp>',
        '<title><a href="/x">x</a></title>',
        '<style><a href="/x">x</a></style>',
        '<svg><style><a href="/x">x</a></style></svg>',
        '<plaintext><a href="/x">x</a>',
    ],
)
def test_what_is_no_markup_has_no_links(html: str) -> None:
    assert not links(html)


# Flags


def test_links_in_noscript_count_and_are_flagged() -> None:
    found = link('<body><noscript><p><a href="/x">x</a></p></noscript>')
    assert found.flags == LinkFlag.NOSCRIPT
    assert not link('<body><noscript></noscript><a href="/x">x</a>').flags


@pytest.mark.parametrize(
    "attributes",
    [
        "hidden",
        'hidden=""',
        'hidden="until-found"',
        'style="display:none"',
        'STYLE=" Display : NONE !important ; color:red"',
        'style="visibility: hidden;"',
        'style="display:none !important; display:block"',
    ],
)
def test_links_in_or_on_hidden_elements_count_and_are_flagged(attributes: str) -> None:
    assert link(f'<div {attributes}><p><a href="/x">x</a></div>').flags == LinkFlag.HIDDEN
    assert link(f'<a href="/x" {attributes}>x</a>').flags == LinkFlag.HIDDEN
    assert not link(f'<div {attributes}><p></p></div><a href="/x">x</a>').flags


@pytest.mark.parametrize(
    "style",
    ["display:none-ish", "display:none;display:block", "x-display:none", "background:url(display:none)", "color:red"],
)
def test_a_style_that_shows_hides_nothing(style: str) -> None:
    assert not link(f'<div style="{style}"><a href="/x">x</a></div>').flags


# Placement


@pytest.mark.parametrize(
    ("html", "placement"),
    [
        ("<div>@</div>", Placement.BODY),
        ("<header>@</header>", Placement.HEADER),
        ("<header><nav>@</nav></header>", Placement.NAV),
        ("<nav><header>@</header></nav>", Placement.HEADER),
        ("<main><p>@</main>", Placement.MAIN),
        ("<article>@</article>", Placement.MAIN),
        ("<aside>@</aside>", Placement.ASIDE),
        ("<footer><ul><li>@</ul></footer>", Placement.FOOTER),
        ("<article><header>@</header></article>", Placement.MAIN),
        ("<section><footer>@</footer></section>", Placement.BODY),
        ("<main><section><div><footer>@</footer></div></section></main>", Placement.MAIN),
        ("<aside><article><footer>@</footer></article></aside>", Placement.MAIN),
        ("<section></section><footer>@</footer>", Placement.FOOTER),
        ("<div role=banner>@</div>", Placement.HEADER),
        ("<div role=Navigation>@</div>", Placement.NAV),
        ("<div role=main>@</div>", Placement.MAIN),
        ("<div role=article>@</div>", Placement.MAIN),
        ("<div role=article><footer>@</footer></div>", Placement.MAIN),
        ("<div role=complementary>@</div>", Placement.ASIDE),
        ("<div role='contentinfo x'>@</div>", Placement.FOOTER),
        ("<div role='x contentinfo'>@</div>", Placement.BODY),
        ("<header role=navigation>@</header>", Placement.NAV),
        ("<header role=presentation>@</header>", Placement.HEADER),
        ("<section role=navigation><footer>@</footer></section>", Placement.NAV),
        ("<article><header role=banner>@</header></article>", Placement.HEADER),
    ],
)
def test_placement_is_the_nearest_landmark(html: str, placement: Placement) -> None:
    assert link(html.replace("@", '<a href="/x">x</a>')).placement == placement


# Anchor text


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("te<b>x</b>t", "text"),
        ("te<my-x>x</my-x>t", "text"),
        ("te<font>x</font>t", "text"),
        ("te<wbr>xt", "text"),
        ("a<br>b", "a b"),
        ("a<div>b</div>c", "a b c"),
        ("<div>a</div><div>b</div>", "a b"),
        ("<span><div>a</div></span>b", "a b"),
        ("<h3>a</h3><b>b</b>", "a b"),
        ("<ul><li>a<li>b</ul>", "a b"),
        ("a<img alt='b c'>d", "a b c d"),
        ("a<img>d", "ad"),
        ("<span>a</span> <span>b</span>", "a b"),
        (" \n a\tb\u00a0\u3000c\u2028d \u00a0", "a b c d"),
        ("e\u0301", "\u00e9"),
        ("e<b>\u0301</b>", "\u00e9"),
        ("a<script>no()</script>b<style>c{}</style>d", "ab d"),
        ("a<svg><title>b</title></svg>c", "a b c"),
        ("a<noscript>b</noscript>", "ab"),
        ("a<!-- no -->b", "ab"),
        ("a<template>no</template>b", "ab"),
        ("&lt;b&gt;", "<b>"),
        ("a\u200bb", "a\u200bb"),
        ("a\x01b", "a\x01b"),
        ("<ruby>a<rt>b</rt></ruby>", "a b"),
    ],
)
def test_anchor_text(content: str, text: str) -> None:
    found = links(f'<body><a href="/x">{content}</a>')[0]
    assert (found.anchor_text, found.anchor_source) == (text, AnchorSource.CONTENT)


def test_u_0000_never_gets_into_a_text() -> None:
    assert anchor('<a href="/x">a\0b</a>') == "ab"
    assert "\0" not in link('<svg><a href="/x">a\0b</a></svg>').anchor_text


def test_an_image_link_has_its_alternative_text() -> None:
    found = link('<a href="/x" title="no"><img alt="A"> <img alt=""><img alt="B"></a>')
    assert (found.anchor_text, found.anchor_source) == ("A B", AnchorSource.ALT)


def test_an_empty_anchor_falls_back_to_title_then_aria_label() -> None:
    found = link('<a href="/x" aria-label="L" title=" the\n title "> <img alt=" "></a>')
    assert (found.anchor_text, found.anchor_source) == ("the title", AnchorSource.TITLE)
    found = link('<a href="/x" aria-label="L" title=" "></a>')
    assert (found.anchor_text, found.anchor_source) == ("L", AnchorSource.ARIA_LABEL)


def test_an_empty_anchor_stays_empty() -> None:
    found = link('<a href="/x">\u00a0</a>')
    assert (found.anchor_text, found.anchor_source) == ("", AnchorSource.NONE)


def test_the_title_of_a_link_without_content_is_its_anchor() -> None:
    found = link('<link rel=alternate title="Feed" href="/x">')
    assert (found.anchor_text, found.anchor_source) == ("Feed", AnchorSource.TITLE)


def test_the_anchor_of_a_link_around_a_link_holds_both() -> None:
    found = links('<svg><a href="/o">a <a href="/i">b</a> c</a></svg>')
    assert [one.anchor_text for one in found] == ["a b c", "b"]


def test_an_anchor_is_cut_at_1000_characters_and_flagged() -> None:
    found = link(f'<a href="/x">{"ä" * 1001}</a>')
    assert found.anchor_text == "ä" * 1000
    assert found.flags == LinkFlag.ANCHOR_CUT
    found = link(f'<a href="/x">{"ä" * 999}<b>b </b></a>')
    assert len(found.anchor_text) == 1000
    assert not found.flags


# rel


def test_rel_tokens_are_whole_case_insensitive_and_split_on_white_space_and_commas() -> None:
    found = link('<a href="/x" rel="NoFollow,ugc\tsponsored\nnofollowed  noopener">x</a>')
    assert found.rel == Rel.NOFOLLOW | Rel.UGC | Rel.SPONSORED | Rel.NOOPENER
    assert found.rel_other == "nofollowed"


def test_other_rel_tokens_are_sorted_and_kept_once() -> None:
    assert link('<a href="/x" rel="zz B zz b tag">x</a>').rel_other == "b zz"
    assert link('<a href="/x" rel="">x</a>').rel_other is None


def test_the_raw_rel_is_kept_as_evidence() -> None:
    assert evidence(link('<a href="//o.com" rel="NoFollow, X">x</a>')).raw_rel == "NoFollow, X"
    assert evidence(link('<a href="//o.com" rel>x</a>')).raw_rel == ""
    assert evidence(link('<a href="//o.com">x</a>')).raw_rel is None
    assert evidence(link(f'<a href="//o.com" rel="{"a" * 600}">x</a>')).raw_rel == "a" * 500


# URLs, base, what is no link


def test_the_base_is_the_first_one_with_an_href_and_holds_for_links_before_it() -> None:
    html = '<a href="x">1</a><base target=_top><base href="/b/"><base href="/c/"><a href="y">2</a>'
    assert urls(html) == ["https://site.com/b/x", "https://site.com/b/y"]


def test_the_base_is_joined_to_the_final_url() -> None:
    assert urls('<base href="../e/"><a href="x">1</a>', "https://site.com/a/b/c") == ["https://site.com/a/e/x"]


@pytest.mark.parametrize("base", ["", "http://[bad", "javascript:x", "data:text/html,x", "mailto:a@b", "#x"])
def test_a_base_that_names_no_http_url_is_ignored(base: str) -> None:
    assert urls(f'<base href="{base}"><base href="/no/"><a href="x">1</a>') == ["https://site.com/dir/x"]


def test_a_base_in_svg_or_a_template_is_none() -> None:
    assert urls('<template><base href="/t/"></template><svg><base href="/s/"></svg><a href="x">') == [
        "https://site.com/dir/x"
    ]


def test_what_cannot_be_a_link_is_counted_by_reason() -> None:
    found = page(
        '<a href="">1</a><a href> </a><a href="#x">2</a><a href="mailto:a">3</a><area href="tel:1">'
        '<a href="javascript:">4</a><a href="data:,">5</a><iframe src="about:blank"></iframe>'
        '<a href="http://[">6</a><form action=""></form>'
        '<link rel=canonical href=""><a href="http://x/' + "y" * 9000 + '">7</a><link rel=icon href="">'
    )
    assert not found.links
    assert found.non_links == {
        "empty": 4,
        "fragment": 1,
        "mailto": 1,
        "tel": 1,
        "javascript": 1,
        "data": 1,
        "other_scheme": 1,
        "unparsable": 1,
        "too_long": 1,
    }


def test_the_same_href_may_be_spelled_in_many_ways() -> None:
    assert (
        urls(
            '<a href=" /x ">1</a><a href="/x#f">2</a><a href="\\x">3</a><a href="HTTPS://SITE.com:443/x">4</a>'
            '<a href="//u@site.com./x">5'
        )
        == ["https://site.com/x"] * 5
    )


def test_links_inside_the_registrable_domain_have_no_evidence() -> None:
    found = links('<a href="https://blog.site.com/">in</a><a href="https://site.org/">out</a>')
    assert [one.evidence is None for one in found] == [True, False]


def test_private_suffixes_part_sites() -> None:
    assert link('<a href="https://b.github.io/">x</a>', "https://a.github.io/").evidence is not None


def test_a_memo_of_the_host_changes_nothing() -> None:
    memo = HrefMemo(limit=3)
    html = b'<a href="x">1</a><a href="?q">2</a><a href="/r">3</a><a href="">4</a><a href="https://o.org/">5</a>'
    for url in ("https://site.com/a/b?c", "https://site.com/a/d", "https://site.com/e/f", "http://site.com/a/b"):
        answer = Answer(url, html)
        assert parse_page(answer, suffixes(), "wholinks", memo) == parse_page(answer, suffixes(), "wholinks")


# Evidence


def test_the_raw_href_is_kept_with_its_fragment_and_without_userinfo() -> None:
    found = evidence(link('<a href=" http://u:p@o.com/#f&amp;" title="mail jo@o.com">x</a>'))
    assert found.raw_href == " http://[removed]@o.com/#f&"
    assert found.tag == '<a href=" http://[removed]@o.com/#f&amp;" title="mail jo@o.com">'


def test_a_long_raw_href_is_cut_and_flagged() -> None:
    found = link(f'<a href="http://o.com/{"x" * 3000}">x</a>')
    assert found.flags == LinkFlag.HREF_CUT | LinkFlag.TAG_CUT
    assert len(evidence(found).raw_href) == 2048
    assert len(found.url) == 3013


def test_the_start_tag_is_serialised_again() -> None:
    html = "<A HREF=//o.com DATA-X='a\"b&amp;<>' download class=c>x</a>"
    assert evidence(link(html)).tag == ('<a href="//o.com" data-x="a&quot;b&amp;&lt;&gt;" download="" class="c">')


def test_a_long_start_tag_is_cut_between_characters_and_flagged() -> None:
    found = link(f'<a href="//o.com" title="{"€" * 300}">x</a>')
    assert found.flags == LinkFlag.TAG_CUT
    tag = evidence(found).tag
    assert 297 < len(tag.encode()) <= 300
    assert tag.endswith("€")


def test_the_context_is_the_text_around_within_the_block() -> None:
    found = evidence(link('<p>no</p><p>the  text\n<i>be</i>fore <a href="//o.com">x</a>, <b>aft</b>er</p><p>no'))
    assert (found.context_before, found.context_after) == ("the text before", ", after")


def test_the_context_has_at_most_80_characters() -> None:
    found = evidence(link(f'<p>{"a b " * 60}<a href="//o.com">x</a>{" c d" * 60}</p>'))
    assert found.context_before == ("a b " * 60).strip()[-80:].strip()
    assert found.context_after == ("c d " * 60)[:80].strip()


def test_the_context_knows_where_words_end() -> None:
    found = evidence(link('<div><h2>a</h2><b>b</b><img alt="c"><a href="//o.com"><div>x</div></a>d<div>e</div>f</div>'))
    assert (found.context_before, found.context_after) == ("a b c", "d e f")


def test_the_context_of_a_link_that_fills_its_block_is_empty() -> None:
    found = links('<ul><li><a href="//o.com">x</a></li><li><a href="//p.com">y</a></li></ul>')
    assert [(evidence(one).context_before, evidence(one).context_after) for one in found] == [("", ""), ("", "")]


def test_the_path_fingerprint_is_the_same_for_the_same_place_on_other_pages() -> None:
    footer = '<footer class="b a"><ul><li>1<li><a class=x href="//o.com">x</a></ul></footer>'
    first = link(f'<body class="page-1"><div>text</div>{footer}')
    second = link(f'<body class="page-2" id=x><p>more</p><p>text{footer.replace("b a", "a  b").replace("<li>1", "")}')
    other = link('<body><footer class="b a"><ol><li><a class=x href="//o.com">x</a></ol></footer>')
    assert evidence(first).path_fingerprint == evidence(second).path_fingerprint
    assert evidence(first).path_fingerprint != evidence(other).path_fingerprint
    assert -(2**63) <= evidence(first).path_fingerprint < 2**63


# What the page says of itself


def test_meta_robots_in_any_letter_case() -> None:
    assert page('<META NAME=ROBOTS CONTENT="NoIndex, Follow">').robots == RobotsFlag.NOINDEX
    assert page('<meta name="Robots" content="none">').robots == RobotsFlag.NOINDEX | RobotsFlag.NOFOLLOW
    assert page('<meta name=WhoLinks content="nofollow">').robots == RobotsFlag.NOFOLLOW


def test_the_most_restrictive_directive_wins_and_others_are_kept() -> None:
    found = page(
        '<meta name=robots content="index,follow"><meta name=googlebot content="noindex, noarchive">'
        '<meta name=description content="none">',
        robots=("otherbot: nofollow", "nofollow"),
    )
    assert found.robots == RobotsFlag.NOFOLLOW
    assert found.robots_other == {"otherbot": ["nofollow"], "googlebot": ["noindex", "noarchive"]}


def test_links_of_a_nofollow_page_are_kept() -> None:
    assert page('<meta name=robots content=nofollow><a href="/x">x</a>').links


def test_the_canonical_is_the_first_of_the_document_else_of_the_header() -> None:
    header = ('</h>; rel="canonical"',)
    assert page('<link rel=canonical href="/1"><link rel=canonical href="/2">', link=header).canonical == (
        "https://site.com/1"
    )
    assert page('<link rel=canonical href="mailto:x">', link=header).canonical == "https://site.com/h"
    assert page("").canonical is None


def test_link_headers_are_joined_to_the_final_url_and_flagged() -> None:
    headers = '<x>; rel="alternate"; title="T", <//o.com>; rel=canonical', "<y>; rel=next"
    found = page('<base href="/b/">', link=headers)
    assert [(one.kind, one.url, one.flags) for one in found.links] == [
        (Kind.ALTERNATE, "https://site.com/dir/x", LinkFlag.FROM_HEADER),
        (Kind.CANONICAL, "https://o.com/", LinkFlag.FROM_HEADER),
    ]
    assert found.links[0].anchor_text == "T"
    assert evidence(found.links[1]).tag == "Link: <//o.com>; rel=canonical"


def test_a_header_link_of_another_resource_is_none() -> None:
    header = '<x>; rel=alternate; anchor="/other"', '<y>; rel=alternate; anchor="#part"'
    assert [one.url for one in page("", link=header).links] == ["https://site.com/dir/y"]


def test_a_meta_refresh_to_another_site_is_a_redirect_link() -> None:
    found = page('<meta http-equiv="Refresh" content="5; URL=\'http://o.com/x\'">')
    assert found.refresh == (5, "http://o.com/x")
    (redirect,) = found.links
    assert (redirect.kind, redirect.anchor_text, redirect.anchor_source, redirect.flags) == (
        Kind.REDIRECT,
        "",
        AnchorSource.NONE,
        0,
    )
    assert evidence(redirect).tag.startswith("<meta http-equiv=")
    assert evidence(redirect).raw_href == "http://o.com/x"


def test_a_refresh_within_the_site_is_no_link() -> None:
    found = page('<meta http-equiv=refresh content="0;/x">')
    assert found.refresh == (0, "https://site.com/x")
    assert not found.links


def test_the_refresh_header_goes_before_the_meta_element() -> None:
    found = page('<meta http-equiv=refresh content="0;/m">', refresh="3; url=/h")
    assert found.refresh == (3, "https://site.com/h")
    assert page("", refresh="1;url=http://o.com").links[0].flags == LinkFlag.FROM_HEADER


def test_the_first_valid_refresh_wins_and_a_reload_is_none() -> None:
    meta = '<meta http-equiv=refresh content="{}">'
    html = "".join(meta.format(content) for content in ("x;/1", "1;http://[", "2;/2", "3;/3"))
    assert page(html).refresh == (2, "https://site.com/2")
    assert page(meta.format("30") + meta.format("2;/2")).refresh is None
    assert page(meta.format("2;/2"), refresh="30").refresh is None
    assert page(meta.format("2;/dir/page")).refresh is None


def test_a_refresh_in_noscript_counts() -> None:
    assert page('<head><noscript><meta http-equiv=refresh content="0;/x"></noscript>').refresh is not None


def test_the_title_is_the_first_html_title() -> None:
    assert page("<svg><title>no</title></svg><title> The\n  <b>title</b> </title><title>2</title>").title == (
        "The <b>title</b>"
    )
    assert len(page(f"<title>{'x' * 600}</title>").title) == 500


@pytest.mark.parametrize(
    ("html", "language"),
    [
        ("<html lang=DE-at>", "de-at"),
        ("<html xml:lang=fr>", "fr"),
        ("<html lang=en_US>", "en-us"),
        ('<html lang="">', ""),
        ('<html lang="<script>">', ""),
        (f"<html lang={'a' * 36}>", ""),
        ("<meta http-equiv=Content-Language content='it, en'>", "it"),
        ("<html lang=es><meta http-equiv=content-language content=it>", "es"),
    ],
)
def test_the_language_the_page_declares(html: str, language: str) -> None:
    assert page(html).language == language


def test_words_are_those_of_the_visible_text() -> None:
    html = (
        "<title>no</title><p>one two</p><script>no no</script><style>no</style><div>three<b>four</b></div><br>five"
        '<noscript>no no <img alt="no"></noscript><img alt="no no"><template>no</template><ul><li>six<li>seven</ul>'
        '<a href="/x">eight</a>'
    )
    assert page(html).words == 8


def test_what_follows_6000_characters_is_taken_to_have_words_as_long() -> None:
    assert page("<p>" + "word " * 1_200).words == 1_200
    assert page("<p>" + "word " * 5_000).words == 5_000
    assert page("<p>" + "word " * 1_200 + "longwords " * 1_200).words == 3_600
    assert page("<p>" + "字" * 7_000).words == 1


def test_texts_that_are_nearly_the_same_have_nearly_the_same_simhash() -> None:
    text = " ".join(f"word{number * 7919 % 1000} and more{number % 89}" for number in range(200))
    first = page(f"<p>{text}").simhash
    second = page(f"<div>{text} with an end</div>").simhash
    other = page("<p>" + " ".join(f"other{number * 7907 % 1000} or less{number % 83}" for number in range(200))).simhash
    assert (first ^ second).bit_count() <= 6
    assert (first ^ other).bit_count() >= 16
    assert page("").simhash == 0


def test_an_application_shell_is_script_only() -> None:
    assert page('<div id="root"></div><script src="/app.js"></script>').script_only
    assert not page('<div id="root"></div>').script_only
    assert not page('<script></script><a href="/x">x</a>').script_only
    assert not page("<script></script>" + "word " * 50).script_only


def test_the_charset_is_named() -> None:
    assert page("<p>x", content_type="text/html; charset=Latin1").charset == "windows-1252"


def test_xhtml_is_parsed_as_html() -> None:
    html = '<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><body><a href="/x">x</a></body></html>'
    assert len(page(html, content_type="application/xhtml+xml").links) == 1
