"""robots.txt by RFC 9309: each rule of the standard by name, other projects' vectors, and Google's parser as oracle."""

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from robotstxt import RobotsMatcher  # type: ignore[import-untyped]

from wholinks.crawler.robots import MAX_BYTES, MAX_RULES, UNREACHABLE, Known, RobotsTxt, Rules, parse, policy
from wholinks.storage.errors import UsageError
from wholinks.storage.urls import normalise, path_of

OURS: Final = "wholinks"


def rules(text: str, agent: str = OURS) -> Rules:
    return parse(text.encode()).rules_for(agent)


def allowed(text: str, path: str, agent: str = OURS) -> bool:
    return rules(text, agent).allows(path)


def allowed_for_all(rule_lines: str, path: str) -> bool:
    return allowed(f"User-agent: *\n{rule_lines}", path)


# ---- groups (RFC 9309 2.2.1)


def test_no_rules_allow_all() -> None:
    assert allowed("", "/x")
    assert allowed("User-agent: *", "/x")
    assert allowed("User-agent: other\nDisallow: /", "/x")


@pytest.mark.parametrize("line", ["wholinks", "WhoLinks", "wholinks/1.0", "wholinks (like Gecko)", "WHOLINKS*"])
def test_the_product_token_is_matched_whole_in_any_case_and_without_what_follows_it(line: str) -> None:
    assert not allowed(f"User-agent: {line}\nDisallow: /x", "/x")


@pytest.mark.parametrize(
    "line", ["who", "wholinksbot", "wholinks-images", "links", "my wholinks", "wholinks_", "", "*x"]
)
def test_a_part_of_the_product_token_is_another_crawler(line: str) -> None:
    assert allowed(f"User-agent: {line}\nDisallow: /x", "/x")


def test_all_groups_with_the_token_are_one() -> None:
    text = "User-agent: wholinks\nDisallow: /a\nUser-agent: other\nDisallow: /o\nUser-agent: WHOLINKS\nDisallow: /b"
    assert [allowed(text, path) for path in ("/a", "/b", "/o")] == [False, False, True]


def test_the_star_groups_count_only_where_no_group_names_us() -> None:
    star = "User-agent: *\nDisallow: /a\nUser-agent: *\nDisallow: /b\n"
    assert [allowed(star, path) for path in ("/a", "/b")] == [False, False]
    assert allowed(star + "User-agent: wholinks\nDisallow: /c", "/a")
    assert allowed(star + "User-agent: wholinks\nDisallow:", "/a")
    assert allowed(star + "User-agent: wholinks", "/a"), "a group without a rule is a group"


def test_a_run_of_user_agent_lines_shares_the_rules() -> None:
    text = "User-agent: one\n\n# two as well\nUser-agent: wholinks\nUser-agent: three\nDisallow: /x"
    assert not allowed(text, "/x")


def test_rules_before_any_group_are_for_nobody() -> None:
    assert allowed("Disallow: /x\nUser-agent: *\nDisallow: /y", "/x")


@pytest.mark.parametrize(
    "record", ["Sitemap: https://a.example/s.xml", "Crawl-delay: 1", "Noindex: /x", "Host: a", "x:"]
)
def test_other_records_do_not_close_a_group(record: str) -> None:
    assert not allowed(f"User-agent: wholinks\n{record}\nUser-agent: other\nDisallow: /x", "/x")
    assert not allowed(f"User-agent: wholinks\nAllow: /a\n{record}\nDisallow: /x", "/x")


@pytest.mark.parametrize("agent", ["", "*", "wholinks/1.0", "Mozilla/5.0 (compatible; wholinks)", "wholinks2", "wörld"])
def test_asking_with_anything_but_a_product_token_is_an_error(agent: str) -> None:
    with pytest.raises(UsageError, match="not a product token"):
        rules("", agent)


# ---- paths (2.2.2)


def test_the_longest_pattern_decides_wherever_it_stands() -> None:
    for lines in ("Allow: /a/b\nDisallow: /a", "Disallow: /a\nAllow: /a/b"):
        assert allowed_for_all(lines, "/a/b/c")
        assert not allowed_for_all(lines, "/a/c")


def test_a_wildcard_counts_as_one_octet() -> None:
    assert not allowed_for_all("Allow: /a\nDisallow: /*a", "/a")
    assert allowed_for_all("Allow: /ab\nDisallow: /*b", "/ab")


def test_allow_wins_a_tie() -> None:
    assert allowed_for_all("Disallow: /page\nAllow: /page", "/page")
    assert allowed_for_all("Disallow: /p*ge\nAllow: /page", "/page")
    assert allowed_for_all("Disallow: /page\nAllow: /p*ge", "/page")


def test_an_empty_rule_says_nothing() -> None:
    assert allowed_for_all("Disallow:", "/x")
    assert not allowed_for_all("Allow:\nDisallow: /", "/x")


def test_paths_are_case_sensitive_and_include_the_query() -> None:
    assert allowed_for_all("Disallow: /Private", "/private")
    assert not allowed_for_all("Disallow: /*?sort=", "/list?sort=up")
    assert not allowed_for_all("Disallow: /list?", "/list?sort=up")
    assert allowed_for_all("Disallow: /list?", "/list")


def test_robots_txt_itself_is_always_allowed() -> None:
    assert allowed_for_all("Disallow: /", "/robots.txt")
    assert not allowed_for_all("Disallow: /", "/robots.txt2")


def test_a_pattern_without_leading_slash_or_star_fits_no_path() -> None:
    assert allowed_for_all("Disallow: private", "/private")
    assert allowed_for_all("Disallow: https://a.example/private", "/private")


@pytest.mark.parametrize(
    ("pattern", "path", "fits"),
    [
        ("/%7Ejoe", "/~joe", True),
        ("/~joe", "/%7ejoe", True),
        ("/%62%61%7A", "/baz", True),
        ("/ä", "/%C3%A4", True),
        ("/%c3%a4", "/%C3%A4", True),
        ("/%c3%a4", "/ä", True),
        ("/%E4", "/ä", False),  # Latin-1 is another octet than UTF-8
        ("/a%2Fb", "/a/b", False),
        ("/a/b", "/a%2Fb", False),
        ("/a%2fb", "/a%2Fb", True),
        ("/?q=https://b.example", "/?q=https://b.example", True),
        ("/?q=https://b.example", "/?q=https%3A%2F%2Fb.example", False),
        ("/a b", "/a%20b", True),
        ("/?name='x'", "/?name=%27x%27", True),  # a URL parser escapes the apostrophe in queries, not in paths
        ("/a|b", "/a%7Cb", True),
        ("/100%", "/100%25", True),
        ("/100%zz", "/100%zz", True),
        ("/a%2*c", "/a%2bc", False),  # "%2" and "*", not an escape: it fits "%252…" and that is no "+"
    ],
)
def test_octets_are_compared_in_one_spelling(pattern: str, path: str, fits: bool) -> None:
    assert allowed_for_all(f"Disallow: {pattern}", path) is not fits


# ---- special characters (2.2.3)


@pytest.mark.parametrize(
    ("pattern", "path", "fits"),
    [
        ("/this/path/exactly$", "/this/path/exactly", True),
        ("/this/path/exactly$", "/this/path/exactly/2", False),
        ("/this/*/exactly", "/this/path/exactly/2", True),
        ("/this/*/exactly", "/this/exactly", False),
        ("*.gif$", "/a.gif", True),
        ("*.gif$", "/a.gif?x", False),
        ("*.gif$", "/a.gif.gif", True),
        ("/*", "/", True),
        ("/a**b", "/ab", True),
        ("/a*$", "/a/b", True),
        ("/ab*ba$", "/aba", False),  # the two ends may not share an octet
        ("/$", "/", True),
        ("/$", "/a", False),
        ("$", "/", False),
        ("/a$b", "/a$b", True),
        ("/a$b", "/ab", False),
        ("/a$$", "/a$", True),
        ("/a-%2A", "/a-*", True),
        ("/a-%2A", "/a-b", False),
        ("/a-*", "/a-%2A", True),
        ("/a-%24", "/a-$", True),
        ("/a-%24", "/a-", False),
    ],
)
def test_stars_fit_anything_and_a_last_dollar_the_end(pattern: str, path: str, fits: bool) -> None:
    assert allowed_for_all(f"Disallow: {pattern}", path) is not fits


# ---- the text


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
def test_lines_end_in_any_way(end: str) -> None:
    assert rules(end.join(["# c", "User-agent: *", "", "Disallow: /x"])).explain("/x") == (
        False,
        "Disallow: /x (line 4)",
    )


def test_comments_and_white_space_are_no_part_of_a_record() -> None:
    assert not allowed(" \tUser-agent :\t* # all\n\x0bDISALLOW\t:  /x#y", "/x")
    assert not allowed("User-agent: * and everyone\nDisallow: /x", "/x")


def test_a_utf8_mark_is_skipped() -> None:
    assert not parse("User-agent: *\nDisallow: /käse".encode("utf-8-sig")).rules_for(OURS).allows("/k%C3%A4se")


def test_a_utf16_mark_before_ascii_is_only_skipped() -> None:
    assert not parse(b"\xff\xfeUser-agent: *\nDisallow: /x").rules_for(OURS).allows("/x")


def test_utf16_is_read_with_either_mark() -> None:
    for mark, encoding in ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        body = mark + "User-agent: *\nDisallow: /käse".encode(encoding)
        assert not parse(body).rules_for(OURS).allows("/k%C3%A4se")


def test_octets_that_are_no_utf8_stand_for_themselves() -> None:
    ours = parse(b"User-agent: *\nDisallow: /k\xe4se").rules_for(OURS)
    assert not ours.allows("/k%E4se")
    assert ours.allows("/käse")


def test_nul_bytes_are_skipped() -> None:
    assert not allowed("User-agent: *\nDis\0allow: /\0x", "/x")


@pytest.mark.parametrize("name", ["disallow", "Dissallow", "dissalow", "disalow", "diasllow", "disallaw", "disallows"])
def test_the_spellings_of_disallow_that_google_takes(name: str) -> None:
    assert not allowed_for_all(f"{name}: /x", "/x")


@pytest.mark.parametrize("name", ["dis-allow", "dsallow", "desallow", "block", "", ":disallow"])
def test_other_spellings_are_other_records(name: str) -> None:
    assert allowed_for_all(f"{name}: /x", "/x")


@pytest.mark.parametrize("name", ["User-agent", "useragent", "USER AGENT", "user-agents"])
def test_the_spellings_of_user_agent_that_google_takes(name: str) -> None:
    assert not allowed(f"{name}: *\nDisallow: /x", "/x")


def test_a_forgotten_colon_is_forgiven_between_two_words() -> None:
    assert not allowed("User-agent *\nDisallow\t/x", "/x")
    assert allowed("User-agent *\nDisallow /x y", "/x")
    assert allowed("User agent *\nDisallow /x", "/x")


@pytest.mark.parametrize(
    "start", ["<!DOCTYPE html>", "\n <html>", "<?xml version='1.0'?>", "<!-- not found -->", "<HEAD>"]
)
def test_a_page_is_no_robots_txt(start: str) -> None:
    page = parse(f"\ufeff{start}\nUser-agent: *\nDisallow: /".encode())
    assert page.is_html
    assert page.rules_for(OURS).allows("/x")
    assert not parse(b"User-agent: *\nDisallow: /<html>").is_html


# ---- limits (2.5)


def test_a_body_is_read_to_the_limit_and_a_cut_line_is_dropped() -> None:
    head, last = "User-agent: *\nDisallow: /a\n", "Disallow: /bcd\n"
    cut = parse((head + last).encode(), max_bytes=len(head) + len("Disallow: /b")).rules_for(OURS)
    assert not cut.allows("/a")
    assert cut.allows("/bcd")
    assert cut.allows("/b"), "half a rule is no rule"
    assert not parse((head + last).encode(), max_bytes=len(head + last)).rules_for(OURS).allows("/bcd")
    assert not parse((head + "x").encode(), max_bytes=len(head)).rules_for(OURS).allows("/a")


def test_500_kib_are_read_at_least() -> None:
    assert MAX_BYTES >= 500 * 1024
    head = "User-agent: *\n".ljust(500 * 1024 - len("Disallow: /x\n"), "\n")
    assert not allowed(f"{head}Disallow: /x\n", "/x")


def test_a_line_is_read_to_a_limit() -> None:
    ours = rules(f"User-agent: *\nDisallow: /{'x' * 100_000}")
    assert not ours.allows("/" + "x" * 20_000)
    assert ours.allows("/" + "x" * 10_000)


def test_rules_beyond_the_limit_are_counted() -> None:
    ours = rules("User-agent: *\n" + "".join(f"Disallow: /{number}$\n" for number in range(MAX_RULES + 5)))
    assert ours.rules_cut == 5
    assert not ours.allows(f"/{MAX_RULES - 1}")
    assert ours.allows(f"/{MAX_RULES}")


def test_rules_for_others_use_up_nobodys_limit() -> None:
    others = "".join(f"Disallow: /{number}\n" for number in range(MAX_RULES))
    ours = rules(f"User-agent: other\n{others}User-agent: wholinks\nDisallow: /x")
    assert ours.rules_cut == 0
    assert not ours.allows("/x")


def test_hostile_wildcards_end() -> None:
    """Each of these takes a backtracking matcher longer than the universe is old."""
    path = "/" + "a" * 8_000
    assert allowed_for_all("Disallow: /" + "*a" * 8_000 + "*b", path)
    assert not allowed_for_all("Disallow: /" + "*a" * 8_000 + "$", path)
    assert allowed_for_all("Disallow: /" + "*" * 16_000 + "b$", path)
    assert allowed_for_all("".join(f"Disallow: /*a*a*a*a*a*a*{number}b\n" for number in range(10_000)), path)


def test_many_agents_and_many_delays_end() -> None:
    text = "".join(f"User-agent: a\nCrawl-delay: {number}\n" for number in range(15_000)) + "Disallow: /x"
    assert not allowed(text, "/x", "a")


@settings(deadline=None)  # no test asserts a time
@given(st.binary(max_size=300) | st.text("user-agent: *\nalow/$#\0%ä\ufeff\r", max_size=300).map(str.encode), st.text())
def test_no_file_and_no_path_raises(body: bytes, path: str) -> None:
    parsed = parse(body)
    ours = parsed.rules_for(OURS)
    assert ours.explain(path)[0] is ours.allows(path)
    assert all(isinstance(sitemap, str) for sitemap in parsed.sitemaps)


# ---- other records (2.2.4)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("2", 2.0), ("0.5", 0.5), ("0", 0.0), ("1e3", 1000.0), ("-1", None), ("inf", None), ("nan", None), ("", None),
     ("ten", None), ("10 s", None)],
)  # fmt: skip
def test_crawl_delay(value: str, seconds: float | None) -> None:
    assert rules(f"User-agent: *\nCrawl-delay: {value}").crawl_delay_s == seconds


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("1/5", 5.0),
        ("30/1m", 2.0),
        ("1 / 10s 0600-0845", 10.0),
        ("2/1H", 1800.0),
        ("4/0", 0.0),
        ("0/5", None),
        ("x", None),
    ],
)
def test_request_rate(value: str, seconds: float | None) -> None:
    assert rules(f"User-agent: *\nRequest-rate: {value}").request_rate_s == seconds


def test_the_longer_of_both_is_asked_for() -> None:
    assert rules("User-agent: *\nCrawl-delay: 3\nRequest-rate: 1/5").delay_s == 5
    assert rules("User-agent: *\nCrawl-delay: 3").delay_s == 3
    assert rules("User-agent: *").delay_s == 0


def test_the_first_delay_that_makes_sense_is_taken() -> None:
    assert rules("User-agent: *\nCrawl-delay: soon\nCrawl-delay: 3\nDisallow: /\nCrawl-delay: 9").crawl_delay_s == 3


def test_a_delay_is_for_the_agents_above_it() -> None:
    text = "User-agent: one\nCrawl-delay: 5\n\nUser-agent: wholinks\nCrawl-delay: 10\n\nUser-agent: three\nDisallow: /x"
    assert [rules(text, agent).crawl_delay_s for agent in ("one", OURS, "three", "four")] == [5, 10, None, None]
    assert rules("Crawl-delay: 5\nUser-agent: *").crawl_delay_s is None


def test_sitemaps_are_for_everyone_as_written_and_once() -> None:
    text = "Sitemap: /a.xml\nUser-agent: other\nsite-map:https://b.example/B.xml # new\nSITEMAP: /a.xml\nSitemap:\n"
    assert parse(text.encode()).sitemaps == ("/a.xml", "https://b.example/B.xml")
    assert len(parse(b"".join(b"Sitemap: /%d\n" % number for number in range(5_000))).sitemaps) == 1_000


# ---- answers


def test_explain_names_the_line_that_decides() -> None:
    ours = rules("# ours\nUser-agent: wholinks\nDisallow: /private\nAllow: /private/*.html$\ndisalow: /%7Ejoe # home")
    assert ours.explain("/private/x") == (False, "Disallow: /private (line 3)")
    assert ours.explain("/private/x.html") == (True, "Allow: /private/*.html$ (line 4)")
    assert ours.explain("/~joe") == (False, "Disallow: /%7Ejoe (line 5)")
    assert ours.explain("/") == (True, "no rule applies")
    assert ours.explain("/robots.txt") == (True, "no rule applies")


@pytest.mark.parametrize("status", [200, 203, 206])
def test_2xx_is_parsed(status: int) -> None:
    known = policy(status, b"User-agent: *\nDisallow: /x")
    assert isinstance(known, Known)
    assert not known.robots.rules_for(OURS).allows("/x")


@pytest.mark.parametrize("status", [301, 302, 308, 400, 401, 403, 404, 410, 418, 451])
def test_4xx_and_a_redirect_without_end_allow_all(status: int) -> None:
    assert policy(status, b"User-agent: *\nDisallow: /") == Known(RobotsTxt())


@pytest.mark.parametrize("status", [None, 429, 500, 503, 599, 100, 0, 999])
def test_no_usable_answer_is_unreachable(status: int | None) -> None:
    assert policy(status, b"User-agent: *\nDisallow:") is UNREACHABLE


# ---- other projects' vectors

VECTORS: Final = Path(__file__).parents[2].parent / "shared" / "conformance" / "robots"
needs_vectors = pytest.mark.skipif(not VECTORS.is_dir(), reason=f"other projects' test vectors are not at {VECTORS}")

# The cases in which ours answers otherwise, by the source's case id. A case that comes to agree fails the test as well.
REPPY_DEVIATIONS: Final = {
    1: "rules before any User-agent line: for nobody (RFC 9309 2.2), reppy: for everyone",
    9: "an unknown record does not close a group (2.2.4): '*' and ia_archiver share the Disallow",
    15: "a forgotten colon is forgiven, as Google does",
}
CRAWLER_COMMONS_DEVIATIONS: Final = {
    274: "a page is no robots.txt, whatever stands in its lines",
    312: "a long Crawl-delay is no ban: the caller clamps it",
    325: "'Desallow' is not among Google's spellings",
    328: "'useg-agent' is not among Google's spellings",
    340: "'Disallow: /*' is longer than 'Allow: /' (2.2.2: most octets), crawler-commons drops a last '*'",
}
# The cases that are not asked, by why not, and their number.
LEGACY: Final = "legacy prefix matching of agents: RFC 9309 has no such thing"
NO_TOKEN: Final = "a whole User-Agent header, two words or '*' is no product token: ours refuses it"
REPPY_SKIPPED: Final = {NO_TOKEN: 3}
CRAWLER_COMMONS_SKIPPED: Final = {LEGACY: 122, NO_TOKEN: 11}
# The transcription gave these cases the file of section 5.1; they belong to the files of 5.2 and 2.2.1.
CRAWLER_COMMONS_FILES: Final = {
    **dict.fromkeys(range(375, 379), "rfc9309-example-longest-match-robots.txt"),
    **dict.fromkeys(range(379, 391), "rfc9309-example-rule-group-merging.txt"),
}
OTHER_DEVIATIONS: Final = {
    "testHtmlMarkupInRobotsTxt": "a page is no robots.txt, whatever stands in its lines",
    "testSitemap": "a line with only a URL is no Sitemap record",
    "test_no_leading_user_agent": "a record before any User-agent line is for nobody",
}

_AGENT_LINE: Final = re.compile(rb"(?i)(?:(?<=[\r\n])|^)([ \t]*user-?[ ]?agent[ \t:]*)([^\r\n#]*)")


def _vectors(name: str) -> dict[str, Any]:
    data: dict[str, Any] = json.loads((VECTORS / name).read_text("utf-8"))
    return data


def _spelled_out(name: bytes) -> bytes:
    """Crawlers in these vectors are told apart by digits; a product token has none (2.2.1), so they become letters."""
    return name.partition(b"/")[0].translate(bytes.maketrans(b"0123456789", b"abcdefghij"))


def _body(case: dict[str, Any]) -> bytes:
    file_name = CRAWLER_COMMONS_FILES.get(case.get("id", -1)) if "user_agents" in case else None
    if file_name is not None:
        return (VECTORS / "crawler-commons-files" / file_name).read_bytes()
    body: bytes = case["robots"].encode() if "robots" in case else case["robots_latin1"].encode("latin-1")
    return _AGENT_LINE.sub(lambda found: found[1] + _spelled_out(found[2]), body)


def _agent(case: dict[str, Any]) -> str | None:
    """The product token that a case asks with; None where it asks with something else, which ours refuses."""
    asked = case.get("user_agent") or case.get("user_agents") or "anybot"
    agents = [asked] if isinstance(asked, str) else asked
    token = _spelled_out(agents[0].encode()).decode()
    return token if len(agents) == 1 and re.fullmatch("[A-Za-z_-]+", token) else None


def _path(url: str) -> str:
    """Path and query as they stand: our own URLs lose an empty query, those of the vectors must not."""
    rest = re.sub(r"^[a-z]+://[^/?#]*|#.*", "", url)
    return rest if rest.startswith("/") else f"/{rest}"


def _disagreeing(cases: list[dict[str, Any]]) -> tuple[set[int], dict[str, int]]:
    """The ids of the cases that ours answers otherwise, and how many were not asked for which reason."""
    wrong: set[int] = set()
    skipped: Counter[str] = Counter()
    for case in cases:
        agent = _agent(case)
        if not case.get("exact_user_agent_matching", True):
            skipped[LEGACY] += 1
        elif agent is None:
            skipped[NO_TOKEN] += 1
        else:
            ours = parse(_body(case)).rules_for(agent)
            if ours.allows(_path(case.get("url") or case["path_or_url"])) is not case["expected_allowed"]:
                wrong.add(case["id"])
    return wrong, skipped


@needs_vectors
def test_the_examples_of_the_rfc() -> None:
    assert _disagreeing(_vectors("rfc9309_examples.json")["cases"]) == (set(), {})


@needs_vectors
def test_reppys_vectors() -> None:
    data = _vectors("reppy.json")
    assert _disagreeing(data["cases"]) == (set(REPPY_DEVIATIONS), REPPY_SKIPPED)
    for case in data["bom_cases"]:
        ours = parse(bytes.fromhex(case["robots_hex"])).rules_for(case["user_agent"])
        assert ours.allows(_path(case["url"])) is case["expected_allowed"], case["kind"]


@needs_vectors
def test_crawler_commons_vectors() -> None:
    cases = _vectors("crawler_commons.json")["cases"]
    assert _disagreeing(cases) == (set(CRAWLER_COMMONS_DEVIATIONS), CRAWLER_COMMONS_SKIPPED)


@needs_vectors
def test_their_delays_and_sitemaps() -> None:
    wrong = set()
    for case in _vectors("crawler_commons.json")["other"] + _vectors("reppy.json")["other"]:
        agent, expected = _agent(case), case["expected"]
        if agent is None:
            continue
        parsed = parse(_body(case))
        match case["property"]:
            case "getCrawlDelay":
                milliseconds = (parsed.rules_for(agent).crawl_delay_s or 0) * 1000
                is_right = milliseconds == (0 if "UNSET" in expected else int(expected.removesuffix("L")))
            case "delay":
                is_right = parsed.rules_for(agent).crawl_delay_s == expected
            case "getSitemaps.size()":
                is_right = len(parsed.sitemaps) == int(expected)
            case "getSitemaps.get(0)":
                is_right = parsed.sitemaps[0] == json.loads(expected)
            case "sitemaps":
                is_right = list(parsed.sitemaps) == expected
            case unknown:
                pytest.fail(f"what is {unknown}?")
        if not is_right:
            wrong.add(case["test"])
    assert wrong == set(OTHER_DEVIATIONS)


# ---- Google's parser
# The oracle is fast-robotstxt, a fork of google/robotstxt. All that ours decides otherwise, each with its reason:

GOOGLE_DIFFERENCES: Final = {
    "the file itself is always allowed (RFC 9309 2.2.2); Google leaves that to the caller": (
        "User-agent: *\nDisallow: /", "/robots.txt", True,
    ),
    "an escaped reserved character is not the character (2.2.2); this fork decodes it, Google's own code does not": (
        "User-agent: *\nDisallow: /a%2Fb", "/a/b", True,
    ),
    "octets are counted after normalising, so '%7E' is one; Google counts three": (
        "User-agent: *\nAllow: /%7Ex\nDisallow: /~xyz", "/~xyz", False,
    ),
    "the same for the escapes '%24' and '%2A'": (
        "User-agent: *\nAllow: /%24x\nDisallow: /$xyz", "/$xyz", False,
    ),
    "the same for a character that no URL holds raw, the other way round": (
        "User-agent: *\nAllow: /a b\nDisallow: /a*xyz", "/a%20bxyz", True,
    ),
    "'Allow: /index.html' does not allow '/': only Google's index knows them to be one page": (
        "User-agent: *\nDisallow: /\nAllow: /index.html", "/", False,
    ),
    "a page is no robots.txt; Google reads its lines": (
        "<!-- gone -->\nUser-agent: *\nDisallow: /", "/", True,
    ),
    "NUL bytes are skipped, as if they were not there; Google keeps them in names and patterns": (
        "User-agent: *\nDis\0allow: /\0x", "/x", False,
    ),
    "rules have a maximum number; Google reads them all": (
        "User-agent: *\n" + "Disallow: /x\n" * MAX_RULES + "Disallow: /y", "/y", True,
    ),
}  # fmt: skip


def google_allows(text: str, url: str) -> bool:
    verdict = RobotsMatcher().is_allowed(text, OURS, url)
    assert isinstance(verdict, bool)
    return verdict


@pytest.mark.parametrize("reason", GOOGLE_DIFFERENCES)
def test_known_differences_from_google(reason: str) -> None:
    text, path, ours = GOOGLE_DIFFERENCES[reason]
    assert allowed(text, path) is ours
    assert google_allows(text, f"https://a.example{path}") is not ours


def _one_of(*choices: str) -> st.SearchStrategy[str]:
    return st.sampled_from(choices)


def _joined(*parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.tuples(*parts).map("".join)


# No hexadecimal digits among the letters: the fork also lets "*" end within an escape ("*4" fits "%C3%A4").
_PIECES: Final = ("/", "/", "x", "y", "xy", ".", "?", "=", "~", "%7E", "%7e", "ä", "%C3%A4", "%c3%a4", "$")
_PATTERN: Final = _joined(
    _one_of("/", "/", "/", "*", "", "x"), st.lists(_one_of(*_PIECES, "*", "*"), max_size=6).map("".join)
)
_PATH: Final = st.lists(_one_of(*_PIECES, "*", "#x"), max_size=6).map(
    lambda pieces: path_of(normalise("https://a.example/" + "".join(pieces)))
)
_AGENT: Final = _one_of(
    OURS, OURS, "*", "*", "WhoLinks/1.0", "* all", "*x", "wholinks x", "other", "who", "wholinksbot", ""
)
_NAME: Final = _one_of(
    "Allow", "allow", "Disallow", "DISALLOW", "disalow", "dissallow", "diasllow", "disallaw", "Disallowed", "alow",
    "dis-allow", "Noindex", "Sitemap", "Crawl-delay", "Request-rate", "Host",
)  # fmt: skip
_AGENT_NAME: Final = _one_of("User-agent", "User-agent", "user-agent", "useragent", "User Agent", "user_agent")
_COLON: Final = _one_of(":", ": ", ": ", " : ", ":\t", " ", "\t", "")
_END: Final = _joined(
    _one_of("", "", "", " ", "#", " # note", " #: /x"), _one_of("\n", "\n", "\r\n", "\r", "\n\n", "\n\r")
)
_LINE: Final = st.one_of(
    _joined(_AGENT_NAME, _COLON, _AGENT, _END), *[_joined(_one_of("", " "), _NAME, _COLON, _PATTERN, _END)] * 2
)
_START: Final = _one_of("", "\ufeff", "User-agent: *\n", "User-agent: *\n", "User-agent: wholinks\n")
_FILE: Final = _joined(_START, st.lists(_LINE, max_size=12).map("".join), _one_of("", "Disallow: /x"))


@settings(deadline=None)  # no test asserts a time
@given(_FILE, st.lists(_PATH, min_size=1, max_size=5))
@example("User-agent: *\nDisallow: /x*y$", ["/xyxy"])
def test_agrees_with_google(text: str, paths: list[str]) -> None:
    ours = rules(text)
    for path in paths:
        # The fork compares decoded octets; decoded here as well, they are also counted as ours counts them.
        assert ours.allows(path) is google_allows(re.sub("%7[Ee]", "~", text), f"https://a.example{path}"), path
