"""Traps are noticed where crawlers met them, and real sites are left alone."""

import os
import zipfile
from collections import Counter
from collections.abc import Callable
from itertools import product
from typing import Final, NamedTuple

import pytest
import xxhash
from hypothesis import given
from hypothesis import strategies as st

from tests.realweb import pages
from wholinks.crawler.page.simhash import simhash
from wholinks.crawler.parser import Answer, parse_page
from wholinks.crawler.traps import BUDGET, REASONS, SOFT_404, Traps, reasons, suspicion
from wholinks.crawler.traps.content import ALIKE, COPIES, LEAST_WORDS, MOST_WORDS, Content, Likeness, shape
from wholinks.crawler.traps.memory import MAX_CONTENTS, MAX_PATHS, MAX_SHAPES
from wholinks.crawler.traps.query_space import BITS, MAX_PAIR_BITS, MAX_RECOMBINATIONS, QuerySpace
from wholinks.crawler.traps.suspicion import MAX_PATH_LENGTH, MAX_QUERY_PAIRS, MAX_SEGMENTS
from wholinks.storage.urls import origin_of, path_of

from .parsing import REAL_WEB, suffixes

YEAR: Final = 2026
HOST: Final = "site.example"
ONE_OF_PAGES: Final = 1 if os.environ.get("WHOLINKS_ALL_PAGES", "") not in {"", "0"} else 5


# -- what a URL's text shows

PARTNERS: Final = "/www.google.com/intl/de/policies/privacy/partners"
SUSPICIOUS: Final = {
    reasons.REPEATED_SEGMENTS: [
        "/x/x/x",
        "/blog/x/x/x/post.html",
        "/a/b/a/b/a/b",
        "/a/b/c/a/c/b/",
        "/infra/www/infra/www/infra/www/common/",  # MarginaliaSearch#110
        "/catch_all_root_relative/1/1/1/1/",  # spider-rs/spider#247
        "/foo/bar/foo/bar/foo/bar/foo/bar",
        "/a////b",
    ],
    reasons.DEPTH: ["/" + "/".join(map(str, range(MAX_SEGMENTS + 1)))],
    reasons.LENGTH: ["/" + "x" * MAX_PATH_LENGTH, "/?q=" + "x" * MAX_PATH_LENGTH],
    reasons.SESSION_ID: [
        "/doi/10.1111/j.2041-210X.2012.00247.x/abstract;jsessionid=4F4B62144B65684D47A36C23B7CEA719.d04t03",
        "/detail.xhtml;jsessionid=26CCC422B4D65C9671F8FE1ED3D55423?talkid=5823",
        "/index.php?PHPSESSID=9f2b6c1d0a8e7f5b4c3d2e1f0a9b8c7d",
        "/viewtopic.php?t=5&sid=0123456789abcdef0123456789abcdef",
        "/showthread.php?s=0123456789abcdef0123456789abcdef&t=5",
        "/shop.asp?ASPSESSIONIDQQCTRABC=LKPPJLDBNAFGHIJKLMNOPQRS",
        "/catalog/product_info.php?products_id=3&osCsid=o3kq9v2mcb1u0f8e7d6c5b4a30",
        "/buy.cfm?CFID=4711&CFTOKEN=96023384",
        "/(S(lit3py55t21z5v55vlm25s55))/orders.aspx",
        "/a?session_id=8fj39fk20dk19dkq",
    ],
    reasons.CALENDAR: [
        "/?month=2093-01",
        "/events/?year=2093&month=4",
        "/cal.php?date=20930115",
        "/calendar/1902/05/",
        "/calendar/1902",
        "/kalender?jahr=1899",
        "/events/2093-01-15/",
        "/2093/01/",
        "/index.php/month.calendar/2045/05/12/-",
        "/calendar/day?date=1970-01-01",
    ],
    reasons.HOST_IN_PATH: [
        f"/de/1318m-datenschutz-qr52GAVQ{PARTNERS}/",  # webrecorder/browsertrix-crawler#931
        "/event/1234/www.cnn.com/www.cnn.com",  # autogram-is/spidergram#42
        "/page/other.org/third.net/",
        # medialab/hyphe#371
        "/%5Chttp%3A/www.desillusions.fr/2011/09/la-revelation/%5C%27http%3A//www.desillusions.fr/2012/04/sceptique/",
        "/tutorials/www.ncbi.nlm.nih.gov/taxonomy",
    ],
    reasons.QUERY_KEYS: [
        "/list?" + "&".join(f"k{number}={number}" for number in range(MAX_QUERY_PAIRS + 1)),
        "/p?lang=en&lang=en",
        "/p?page=2?page=3?page=4",
        "/search?filter[]=a&filter[]=b&filter[]=c",
    ],
}  # fmt: skip
HARMLESS: Final = [
    "/",
    "//",
    "/?",
    "/2020/2020-01-05-post.html",
    "/2011/11/11/11",
    "/12/12/12.png",
    "/jekyll/jekyll/blob/master/lib/jekyll/site.rb",
    "/feeling-responsive/design/typography/typography/",
    "/blog/blog/2013/07/19/rWBclimate-maps",
    "/repository/org/apache/maven/plugins/maven-clean-plugin/3.1/maven-clean-plugin-3.1.jar",
    "/" + "/".join(map(str, range(MAX_SEGMENTS))) + "/",
    "/wiki/" + "%E4%BD%A0" * 200,
    "/program/ActivityDetails.cfm?SessionID=211176",
    "/login?session=expired",
    "/?s=search+words",
    "/sid/obsession.html?sid=12",
    "/1912/04/15/titanic.html",
    "/issues/1902/",
    "/archive/2041",
    "/conferences/1106/agenda.php",
    "/calendar/2026/11/",
    "/calendar/2028/12/",
    "/?p=2093",
    "/item?id=20930115",
    "/10.2093/01.123",
    "/view?q=2093-2099",
    "/review/www.site.example",
    "/uw-madison-aci.github.io/2018-01-08-uwmadison-dc/",
    "/dgrtwo/dgrtwo.github.com/blob/master/_R/2016-05-31-beta_binomial_baseball.Rmd",
    "/web/20151005123315/https://www.math.example/statprob/index.html",
    "/web/20151005123315/http://site.com/",
    "/socket.io/docs/",
    "/?https://github.com/a/b/blob/master/inst/doc/tableGallery.html",
    "/?tag[]=a&tag[]=b",
    "/index.jsp?&pName=level1_article&TheCat=1001&path=cise/2006/v8n4&file=sci.xml&",
    "/viewtopic.php?f=2&t=1234&start=30",
]


@pytest.mark.parametrize(("reason", "path"), [(reason, path) for reason, paths in SUSPICIOUS.items() for path in paths])
def test_a_trap_is_suspicious(reason: str, path: str) -> None:
    assert suspicion(path, YEAR) == reason


@pytest.mark.parametrize("path", HARMLESS)
def test_an_ordinary_url_is_not(path: str) -> None:
    assert suspicion(path, YEAR) is None


def test_what_is_far_ahead_depends_on_the_year() -> None:
    assert suspicion("/events/2093-01/", 2090) == reasons.CALENDAR
    assert suspicion("/events/2093-01/", 2091) is None


def test_a_relative_link_loop_is_noticed_before_its_path_is_deep() -> None:
    path = "/"
    for depth in range(1, MAX_SEGMENTS):
        path += f"{'abcd'[depth * depth % 4]}/"
        if suspicion(path, YEAR):
            assert depth <= 7
            return
    pytest.fail(f"{path} is not suspicious")


def test_every_reason_has_its_sentence_and_every_sentence_is_one() -> None:
    names = {value for name, value in vars(reasons).items() if name.isupper() and isinstance(value, str)}
    assert names == set(REASONS)
    assert all(reason.startswith("trap_") for reason in names - {SOFT_404})
    assert all(sentence[0].isupper() and sentence.endswith(".") for sentence in REASONS.values())


# -- the budget


def test_each_host_may_fetch_some_suspicious_urls_for_each_reason() -> None:
    traps = Traps(YEAR)
    deep = [f"/{number}/x/x/x" for number in range(BUDGET + 5)]
    assert [traps.admit(HOST, path) for path in deep] == [None] * BUDGET + [reasons.REPEATED_SEGMENTS] * 5
    assert traps.admit(HOST, "/?month=2093-01") is None
    assert traps.admit("other.example", deep[-1]) is None
    assert traps.admit(HOST, "/about") is None


def test_asking_again_spends_nothing() -> None:
    traps = Traps(YEAR)
    assert {traps.admit(HOST, "/x/x/x") for _ in range(BUDGET * 2)} == {None}
    assert [traps.admit(HOST, f"/{number}/x/x/x") for number in range(BUDGET)][-2:] == [None, reasons.REPEATED_SEGMENTS]
    assert traps.admit(HOST, "/x/x/x") is None


# -- queries


def postponed(traps: Traps, paths: list[str]) -> Counter[str | None]:
    return Counter(traps.admit(HOST, path) for path in paths)


def test_combined_filters_are_a_trap_once_they_say_nothing_new() -> None:
    choices = product(range(10), range(7), range(6), range(10))
    paths = [f"/shop?type={t}&brand={b}&colour={c}&price={p}" for t, b, c, p in choices]
    found = postponed(Traps(YEAR), paths)
    assert set(found) == {None, reasons.QUERY_EXPLOSION}
    taken_for_known = MAX_RECOMBINATIONS // 8
    assert 0 <= found[None] - MAX_RECOMBINATIONS - BUDGET <= 10 + 7 + 6 + 10 + taken_for_known


@pytest.mark.parametrize(
    "paths",
    [
        [f"/list?page={number}" for number in range(5_000)],
        [f"/viewtopic.php?t={topic}&start={start}" for topic in range(1_000) for start in (0, 20, 40, 60)],
        [f"/viewtopic.php?f={topic % 9}&t={topic}&start=20" for topic in range(5_000)],
        [f"/shop?a={a}&b={b}&c={c}" for a, b, c in product(range(6), repeat=3)],
        [f"/shop/{path}?a={a}&b={b}&c={c}" for path in range(9) for a, b, c in product(range(4), repeat=3)],
        [f"/index.html?org/site/Class{number}.html" for number in range(2_000)],
    ],
    ids=["pages", "topics and their pages", "topics in forums", "a small shop", "small categories", "frames"],
)
def test_queries_that_name_things_are_no_explosion(paths: list[str]) -> None:
    assert set(postponed(Traps(YEAR), paths)) == {None}


def test_the_same_query_counts_once() -> None:
    space = QuerySpace()
    assert not any(space.explodes("a=1&b=2&c=3") for _ in range(MAX_RECOMBINATIONS * 2))
    assert space.recombinations == 0


# -- pages


class Said(NamedTuple):
    """A page's path and its visible words; its body is those words and ``rest``."""

    path: str
    words: list[str]
    rest: str = ""
    status: int = 200


def see(traps: Traps, page: Said) -> str | None:
    body_hash = xxhash.xxh3_64_intdigest(" ".join([*page.words, page.rest]).encode())
    return traps.saw(
        HOST,
        page.path,
        status=page.status,
        simhash=simhash(" ".join(page.words)),
        words=len(page.words),
        body_hash=body_hash,
    )


def prose(count: int, seed: int) -> list[str]:
    """``count`` words that are others for each ``seed``, of lengths as in English."""
    hashes = (xxhash.xxh3_64_hexdigest(f"{seed} {number}".encode()) for number in range(count))
    return [text[: 2 + int(text[-1], 16) % 9] for text in hashes]


MENU: Final = prose(150, seed=1)
NOTHING: Final = ["No", "events", "on", "this", "day.", "Jump", "to", "the", "next", "one", "or", "subscribe."]


def test_a_shape_whose_pages_are_all_alike_is_postponed_but_for_some() -> None:
    traps = Traps(YEAR)
    for day in range(ALIKE):
        assert traps.admit(HOST, f"/day/{day}?view=list") is None
        see(traps, Said(f"/day/{day}?view=list", [*MENU, *NOTHING, str(day)]))
    asked = [traps.admit(HOST, f"/day/{day}?view=list") for day in range(1_000, 1_000 + BUDGET + 2)]
    assert asked == [None] * BUDGET + [reasons.NEAR_DUPLICATES] * 2
    assert traps.admit(HOST, "/day/5") is None
    assert traps.admit(HOST, "/days/5?view=list") is None
    assert traps.admit("other.example", "/day/5?view=list") is None


def test_the_pages_let_through_can_end_it() -> None:
    traps = Traps(YEAR)
    for number in range(ALIKE):
        see(traps, Said(f"/p/{number}", [*MENU, *NOTHING]))
    for number in range(BUDGET):
        assert traps.admit(HOST, f"/p/{1_000 + number}") is None
    assert traps.admit(HOST, "/p/5000") == reasons.NEAR_DUPLICATES
    see(traps, Said("/p/1000", prose(150, seed=7)))
    assert traps.admit(HOST, "/p/5000") is None


TEXTS: Final[dict[str, Callable[[int], list[str]]]] = {
    "own text": lambda number: [*MENU, *prose(60, seed=number)],
    "too few words for a fingerprint": lambda number: prose(LEAST_WORDS - 1, seed=2),
    "a menu that fills the fingerprint": lambda number: [*prose(MOST_WORDS + 200, seed=3), *prose(20, seed=number)],
    "two kinds": lambda number: prose(150, seed=number % 2),
}


@pytest.mark.parametrize("name", TEXTS)
def test_other_pages_of_one_shape_are_not(name: str) -> None:
    traps = Traps(YEAR)
    for number in range(500):
        see(traps, Said(f"/p/{number}", TEXTS[name](number), rest=str(number)))
    assert traps.admit(HOST, "/p/1000") is None


def test_short_pages_are_alike_only_if_equal() -> None:
    traps = Traps(YEAR)
    for number in range(ALIKE):
        see(traps, Said(f"/app/{number}", ["Enable", "JavaScript"]))
    assert [traps.admit(HOST, f"/app/{number}") for number in range(90, 91 + BUDGET)][-1] == reasons.NEAR_DUPLICATES


def test_pages_without_words_and_other_answers_tell_nothing() -> None:
    traps = Traps(YEAR)
    for number in range(100):
        assert see(traps, Said(f"/a{number}/b/{number}", [])) is None
        assert see(traps, Said(f"/c{number}/d/{number}", NOTHING, status=404)) is None
    assert len(traps) == 0


def test_a_page_served_at_many_different_urls_is_a_soft_404() -> None:
    traps = Traps(YEAR)
    marks = [see(traps, Said(f"/{word}", ["Not", "found"])) for word in prose(COPIES + 1, seed=5)]
    assert marks == [None] * (COPIES - 1) + [SOFT_404] * 2
    assert see(traps, Said("/about", ["About", "us"])) is None


def test_numbers_of_one_page_are_no_soft_404() -> None:
    traps = Traps(YEAR)
    assert {see(traps, Said(f"/p/{number}", ["Not", "found"])) for number in range(COPIES * 2)} == {None}


def test_what_only_a_soft_404_links_to_has_a_budget() -> None:
    traps = Traps(YEAR)
    asked = [traps.admit(HOST, f"/{word}/", is_from_soft_404=True) for word in prose(BUDGET + 1, seed=6)]
    assert asked == [None] * BUDGET + [reasons.FROM_SOFT_404]
    assert traps.admit(HOST, "/elsewhere/") is None


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/", "/"),
        ("/2020/01/05/post-17.html", "/#/#/#/post-#.html"),
        ("/a?page=2&sort=up", "/a?page&sort"),
        ("/u/3f2504e0-4f89-11d3-9a0c-0305e82c3301/x", "/u/#/x"),
        ("/u/9f2b6c1d0a8e7f5b", "/u/#"),
        ("/facade/deadbeef/", "/facade/deadbeef/"),
        ("/wiki/%E4%BD%A0%20b", "/wiki/%E4%BD%A0%20b"),
        ("/list?filter[3]=x", "/list?filter[#]"),
    ],
)
def test_a_shape_keeps_the_words(path: str, expected: str) -> None:
    assert shape(path) == expected


# -- for any text

paths = st.one_of(
    st.text(max_size=60).map("/".__add__),
    st.lists(st.sampled_from(["a", "b", "2093", "01", "www.x.com", "y.org", "http:", "", "?", "a=1", "&b=2", "%20"]))
    .map("/".join).map("/".__add__),
    st.text(alphabet="/?&=;:.%a1[](S)_-", max_size=80).map("/".__add__),
)  # fmt: skip
numbers = st.integers(-(2**63), 2**63 - 1)
events = st.lists(st.tuples(st.sampled_from("abc"), paths, numbers, st.integers(0, 999), st.booleans()), max_size=60)


def replayed(happened: list[tuple[str, str, int, int, bool]]) -> list[str | None]:
    traps = Traps(YEAR, max_hosts=2)
    answers = []
    for host, path, number, words, is_page in happened:
        if is_page:
            answers.append(traps.saw(host, path, status=200, simhash=number, words=words, body_hash=words))
        else:
            answers.append(traps.admit(host, path, is_from_soft_404=number < 0))
        assert len(traps) <= 2
    return answers


@given(paths)
def test_any_text_has_an_answer_that_is_in_the_table(path: str) -> None:
    reason = suspicion(path, YEAR)
    assert reason is None or reason in REASONS
    assert reason == suspicion(path, YEAR)
    assert len(shape(path)) <= len(path)


@given(events)
def test_equal_stories_have_equal_answers(happened: list[tuple[str, str, int, int, bool]]) -> None:
    answers = replayed(happened)
    assert answers == replayed(happened)
    assert set(answers) <= {None, *REASONS}


@given(st.lists(paths, max_size=3 * BUDGET, unique=True))
def test_nothing_that_is_not_suspicious_is_postponed_on_a_host_without_pages(asked: list[str]) -> None:
    traps = Traps(YEAR)
    answers = {path: traps.admit(HOST, path) for path in asked}
    assert all(reason in {None, suspicion(path, YEAR)} for path, reason in answers.items())


@given(st.lists(st.lists(st.sampled_from("abcdefgh"), min_size=3).map("&".join), max_size=50))
def test_a_query_space_stays_small(queries: list[str]) -> None:
    space = QuerySpace()
    for query in queries:
        space.explodes(query)
    assert space.pairs < 1 << BITS
    assert space.queries < 1 << BITS
    assert space.pairs.bit_count() <= 8


@given(st.lists(st.builds(Content, numbers, st.integers(1, 999), st.integers(0, 3)), max_size=99))
def test_a_score_stays_between_one_and_its_limit(contents: list[Content]) -> None:
    likeness = Likeness()
    for content in contents:
        likeness.add(content)
        assert 1 <= likeness.score <= ALIKE


def test_memory_is_bounded_for_a_host_without_end() -> None:
    traps = Traps(YEAR, max_hosts=3)
    for number in range(3_000):
        host = f"h{number % 4}.example"
        name = f"{number:x}".translate(str.maketrans("0123456789", "ghijklmnop"))
        traps.admit(host, f"/{name}/{name}/{name}/{number}")
        traps.admit(host, f"/{name}?a={number}&b=1&c=2")
        traps.admit(HOST, f"/p?a={number}&b=1&c=2")
        traps.saw(host, f"/{name}/{number}", status=200, simhash=number, words=100, body_hash=number)
        assert len(traps) <= 3
        for memory in map(traps._hosts.get, [host, HOST]):
            assert memory is not None
            assert len(memory.likeness) <= MAX_SHAPES
            assert len(memory.copies) <= MAX_CONTENTS
            assert len(memory.queries) <= MAX_PATHS
            assert all(len(ids) <= BUDGET for ids in memory.fetched.values())


def test_a_full_query_space_learns_and_judges_no_more() -> None:
    space = QuerySpace()
    assert not any(space.explodes(f"a={number}&b={number}&c={number}") for number in range(5_000))
    assert MAX_PAIR_BITS <= space.pairs.bit_count() < MAX_PAIR_BITS + 3


# -- real sites


class RealPage(NamedTuple):
    url: str
    content: Content
    targets: list[str]


@pytest.fixture(scope="module")
def real_pages() -> list[RealPage]:
    """One page in five of 26 sites; all with ``WHOLINKS_ALL_PAGES=1``."""
    if not REAL_WEB.exists():
        pytest.skip(f"the real pages are not here: {REAL_WEB}")
    found = []
    with zipfile.ZipFile(REAL_WEB) as archive:
        for page in pages(archive)[::ONE_OF_PAGES]:
            body = archive.read(page.name)
            parsed = parse_page(Answer(page.url, body, "text/html"), suffixes(), "wholinks")
            content = Content(parsed.simhash, parsed.words, xxhash.xxh3_64_intdigest(body))
            found.append(RealPage(page.url, content, [link.url for link in parsed.links]))
    return found


def is_internal(url: str, hosts: set[str]) -> bool:
    return origin_of(url).host in hosts


def test_real_urls_are_not_suspicious(real_pages: list[RealPage]) -> None:
    hosts = {origin_of(page.url).host for page in real_pages}
    targets = sorted({url for page in real_pages for url in page.targets})
    internal = [url for url in targets if is_internal(url, hosts)]
    wrong = {url: reason for url in targets if (reason := suspicion(path_of(url), YEAR))}
    assert len(internal) > 3_000
    assert sum(is_internal(url, hosts) for url in wrong) <= len(internal) / 1_000, wrong
    assert len(wrong) <= len(targets) / 1_000, wrong


def test_a_crawl_of_real_sites_postpones_nothing(real_pages: list[RealPage]) -> None:
    hosts = {origin_of(page.url).host for page in real_pages}
    traps = Traps(YEAR)
    answers: Counter[str | None] = Counter()
    for page in real_pages:
        host, content = origin_of(page.url).host, page.content
        answers[
            traps.saw(
                host,
                path_of(page.url),
                status=200,
                simhash=content.simhash,
                words=content.words,
                body_hash=content.body_hash,
            )
        ] += 1
        for url in page.targets:
            if is_internal(url, hosts):
                answers[traps.admit(origin_of(url).host, path_of(url))] += 1
    assert set(answers) == {None}


def test_real_pages_are_not_alike_even_if_all_of_a_site_were_of_one_shape(real_pages: list[RealPage]) -> None:
    likeness: dict[str, Likeness] = {}
    for page in real_pages:
        if page.content.words:
            one = likeness.setdefault(origin_of(page.url).host, Likeness())
            one.add(page.content)
            assert one.score <= ALIKE / 3, page.url
