"""Claims of other tools: read from their exports, held against the index."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.cli.running import answered, said
from tests.graph import START, Graph, Link
from tests.index.asking import SMALL, index_of
from wholinks.index.build import build_index
from wholinks.index.queries import Index
from wholinks.index.states import DAY_S
from wholinks.notes.claims import Claim, all_claims
from wholinks.research.claims.checking import Checked, Finding, check, seeds
from wholinks.research.claims.exports import claims_of, decode
from wholinks.research.claims.overlap import Overlap, overlap
from wholinks.storage.errors import UsageError
from wholinks.storage.records import Kind

SHOP = "http://shop.example/"
A = "http://a.example/"

EXPORTS = {
    "ahrefs": "Referring page title\tReferring page URL\tTarget URL\tAnchor\tNofollow\tUGC\tSponsored\n"
    f"T\t{A}\t{SHOP}\tthe  shop\tTRUE\tFALSE\tTRUE\n",
    "semrush": f"Page ascore,Source title,Source url,Target url,Anchor,Nofollow,Sponsored,Ugc\n"
    f'5,"a, b",{A},{SHOP},the shop,true,true,false\n',
    "majestic": f'"Target URL","Source URL","Anchor Text","FlagNoFollow"\n"{SHOP}","{A}","the shop","+"\n',
    "moz": "URL,Title,Anchor Text,Target URL,Spam Score\na.example/,T,the shop,shop.example/,3\n",
    "search-console": f"Linking page,Last crawled\n{A},2026-11-01\n",
}
EXPORTS |= {
    "majestic-download": '"SourceURL","AnchorText","SourceTrustFlow","TargetURL","FlagNoFollow","FlagDeleted"\n'
    f'"{A}","the shop","5","{SHOP}","1","0"\n',
    "moz-preface": "Moz\nInbound links,of shop.example\n\n\n\n\nURL,Title,Anchor Text,Spam Score,Page Authority,Origin,"
    f"Target URL,Only rel=nofollow\na.example/,T,the shop,3,20,External,{SHOP},No\n",
    "search-console-sites": 'Site,Linking pages,Target pages\nwww.A.example,"1,240",12\n',
    "ahrefs-domains": "Domain\tIs spam\tDR\tTraffic \tLinks to target\na.example\tFalse\t5\t0\t7\n",
    "semrush-domains": "Domain ascore,Domain,Backlinks,IP Address,Country\n5,a.example,7,192.0.2.1,us\n",
    "moz-domains": "Root Domain;Domain Authority;External Links\nblog.a.example;45;120\n",
}
EXPECTED = {
    "ahrefs": Claim("ahrefs", A, SHOP, "the shop", "nofollow sponsored"),
    "semrush": Claim("semrush", A, SHOP, "the shop", "nofollow sponsored"),
    "majestic": Claim("majestic", A, SHOP, "the shop", "nofollow"),
    "moz": Claim("moz", A, SHOP, "the shop", None),
    "search-console": Claim("search-console", A, "shop.example", None, None),
    "majestic-download": Claim("majestic", A, SHOP, "the shop", "nofollow"),
    "moz-preface": Claim("moz", A, SHOP, "the shop", None),
    "search-console-sites": Claim("search-console", "a.example", "shop.example", None, None),
    "ahrefs-domains": Claim("ahrefs", "a.example", "shop.example", None, None),
    "semrush-domains": Claim("semrush", "a.example", "shop.example", None, None),
    "moz-domains": Claim("moz", "a.example", "shop.example", None, None),
}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("tool", EXPORTS)
def test_exports_are_known_by_their_headers(tool: str, encoding: str) -> None:
    for text in (EXPORTS[tool], EXPORTS[tool].replace("\n", "\r\n")):
        read, claims = claims_of(decode(text.encode(encoding), "x.csv"), "x.csv", site="shop.example")
        assert (list(claims), read.tool, read.rows) == ([EXPECTED[tool]], EXPECTED[tool].tool, 1)


def test_what_is_no_claim_is_counted() -> None:
    text = "Source url,Target url,Anchor\nhttp://blog.shop.example/,http://shop.example/,x\n,,\nnot a url,http://b/,x\n"
    read, claims = claims_of(text, "x.csv")
    assert (list(claims), read.rows, read.internal, read.no_url, read.no_url_lines) == ([], 2, 1, 1, [4])


@pytest.mark.parametrize(
    ("data", "wrong"),
    [
        (b"Target page,Incoming links\nhttp://a.example/,5\n", "the header is 'Target page,Incoming links'; expected"),
        (b"Site,Linking pages\na.example,5\n", "name the site with --target"),
        (b"", "the file is empty"),
        (b"\xff\xff", "neither UTF-8 nor UTF-16"),
        (b"Linking page\nhttp://a.example/\n", "name the site with --target"),
    ],
)
def test_other_files_are_told(data: bytes, wrong: str) -> None:
    with pytest.raises(UsageError, match=wrong):
        claims_of(decode(data, "x.csv"), "x.csv")


def test_a_damaged_row_is_named_and_nothing_is_imported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    build_index(web().write(tmp_path), SMALL)
    file = tmp_path / "x.csv"
    for row in (
        '"http://b.example/"x,http://shop.example/,y',
        '"http://b.example/',
        f"http://b.example/{'x' * 200_000}",
    ):
        file.write_text(f"Source url,Target url,Anchor\n{A},{SHOP},x\n{row}\nhttp://c.example/,{SHOP},x\n")
        told = said(capsys, "claims", "import", file, "--data", tmp_path, code=2)
        assert "x.csv:3: not CSV" in told or "x.csv:4: not CSV" in told
        assert not list(all_claims(tmp_path))


def web() -> Graph:
    graph = Graph().page(A, [Link(SHOP, "The shop", rel="nofollow"), Link(f"{SHOP}x", "X")])
    graph.redirect(f"{A}old", A).page("http://gone.example/").page("http://cut.example/", is_complete=False)
    return graph.failed("http://dead.example/").waiting("http://later.example/")


def claim(source: str, target: str = SHOP, anchor: str | None = None, rel: str | None = None) -> Claim:
    return Claim("t", source, target, anchor, rel)


READ = f"{datetime.fromtimestamp(START, UTC):%Y-%m-%d}"
CASES = {
    claim(A, anchor="the shop", rel="nofollow"): (Finding.VERIFIED, ""),
    claim("https://a.example/", "https://shop.example/"): (Finding.VERIFIED, ""),
    claim(f"{A}old"): (Finding.VERIFIED, ""),
    claim(A, "shop.example"): (Finding.VERIFIED, ""),
    claim(A, anchor="a shop", rel="nofollow"): (Finding.CHANGED, "anchor"),
    claim(A, anchor="a shop", rel=""): (Finding.CHANGED, "anchor rel"),
    claim(A, f"{SHOP}y"): (Finding.GONE, f"not on the page when it was read on {READ}"),
    claim("http://gone.example/"): (Finding.GONE, f"not on the page when it was read on {READ}"),
    claim("http://cut.example/"): (Finding.UNSEEN, "incomplete"),
    claim("http://dead.example/"): (Finding.UNSEEN, "http_404"),
    claim("http://later.example/"): (Finding.UNSEEN, "never_crawled"),
    claim("http://unheard.example/x"): (Finding.UNSEEN, "never_crawled"),
    claim("a.example", "shop.example"): (Finding.VERIFIED, ""),
    claim("gone.example", "shop.example"): (Finding.GONE, f"on none of its pages known, last read on {READ}"),
    claim("cut.example", "shop.example"): (Finding.UNSEEN, "pages_not_read=1"),
    claim("unheard.example", "shop.example"): (Finding.UNSEEN, "never_crawled"),
}


def test_each_finding(tmp_path: Path) -> None:
    with index_of(web(), tmp_path) as index:
        found = check(index, index.target("shop.example"), CASES)
        assert [(row.finding, row.why) for row in found.rows] == list(CASES.values())
        assert (found.claims, found.verified, found.changed, found.gone, found.unseen) == (16, 5, 2, 3, 6)
        assert seeds(index, CASES) == (
            "http://later.example/", "http://unheard.example/x", "unheard.example",
        )  # fmt: skip
        exact = check(index, index.target(f"{SHOP}y"), CASES)
        assert [row.target for row in exact.rows] == [f"{SHOP}y"]
        assert check(index, index.target("other.example"), CASES).claims == 0


def test_what_was_lost_says_when_and_why(tmp_path: Path) -> None:
    graph = Graph().page(A, [SHOP, f"{SHOP}x"]).wait(3 * DAY_S).page(A, [f"{SHOP}x"])
    with index_of(graph, tmp_path) as index:
        claims = [claim(A), claim(A, f"{SHOP}x"), claim(A, f"{SHOP}y")]
        found = check(index, index.target("shop.example"), claims)
    day = f"{datetime.fromtimestamp(START + 3 * DAY_S, UTC):%Y-%m-%d}"
    assert [(row.finding, row.why) for row in found.rows] == [
        (Finding.GONE, f"lost on {day}: removedfromhtml"),
        (Finding.VERIFIED, ""),
        (Finding.GONE, f"not on the page when it was read on {day}"),
    ]


NEW, FAR = f"{A}new", "http://far.example/"
LOST = f"{datetime.fromtimestamp(START + 3 * DAY_S, UTC):%Y-%m-%d}"
LATER = f"{datetime.fromtimestamp(START + 5 * DAY_S, UTC):%Y-%m-%d}"


@pytest.mark.parametrize(
    ("graph", "finding", "why"),
    [
        # Proved gone, though the page was never read to its end, or only in part since.
        (Graph().page(A, [SHOP], is_complete=False).wait(3 * DAY_S).failed(A).wait(2 * DAY_S).failed(A), "gone",
         f"lost on {LATER}: notfound"),
        (Graph().page(A, [SHOP]).wait(3 * DAY_S).page(A, []).wait(DAY_S).page(A, [], is_complete=False), "gone",
         f"lost on {LOST}: removedfromhtml"),
        (Graph().page(A, [SHOP]).wait(3 * DAY_S).failed(A), "verified", ""),  # in doubt, and counts
        # What a page leads to within its site stands for it; another site does not.
        (Graph().page(A, [SHOP]).wait(3 * DAY_S).redirect(A, NEW).page(NEW, []), "gone",
         f"lost on {LOST}: pageredirected"),
        (Graph().page(A, [SHOP]).wait(3 * DAY_S).redirect(A, NEW).failed(NEW), "verified", ""),
        (Graph().page(FAR, [SHOP]).redirect(A, FAR), "unseen", "301"),
        (Graph().page(A, [SHOP]).wait(3 * DAY_S).redirect(A, FAR).page(FAR, [SHOP]), "gone",
         f"lost on {LOST}: pageredirected"),
        (Graph().redirect(A, SHOP).page(SHOP, []), "verified", ""),
    ],
)  # fmt: skip
def test_a_claim_is_what_the_ledger_says_of_its_page(tmp_path: Path, graph: Graph, finding: str, why: str) -> None:
    with index_of(graph, tmp_path) as index:
        (row,) = check(index, index.target("shop.example"), [claim(A)]).rows
        live = index.who_links_to(SHOP, by="page", kinds=[Kind.TEXT, Kind.REDIRECT]).rows
    assert (row.finding.value, row.why) == (finding, why)
    assert (finding == "verified") == (A in {page.source_url for page in live})  # type: ignore[union-attr]


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.permutations(list(CASES)))
def test_claims_do_not_touch_each_other(tmp_path: Path, order: list[Claim]) -> None:
    if not (tmp_path / "index.duckdb").exists():
        build_index(web().write(tmp_path), SMALL)
    with Index(tmp_path) as index:
        found = check(index, index.target("shop.example"), order)
    assert [(row.finding, row.why) for row in found.rows] == [CASES[one] for one in order]


def test_from_file_to_seeds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    build_index(web().write(tmp_path), SMALL)
    place = ("--data", tmp_path)
    file, unseen = tmp_path / "x.csv", tmp_path / "unseen.txt"
    assert "no claim of shop.example" in said(capsys, "claims", "check", "shop.example", *place)
    urls = [one.source_url for one in CASES if "://" in one.source_url]
    file.write_text("Source url,Target url,Anchor\n" + "".join(f"{url},{SHOP},=x\n" for url in urls))
    assert "semrush: 12 rows, 8 new claims" in said(capsys, "claims", "import", file, *place)
    assert "semrush: 12 rows, 0 new claims" in said(capsys, "claims", "import", file, *place)
    odd = tmp_path / "odd.csv"
    odd.write_text("Source url,Target url,Anchor\n" + f"mailto:x,{SHOP},x\n" * 12)
    told = said(capsys, "claims", "import", odd, *place)
    assert "12 without a URL (lines 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, …)" in told
    found = answered(capsys, "claims", "check", "shop.example", *place)
    assert found["claims"] == found["verified"] + found["changed"] + found["gone"] + found["unseen"] == 8
    csv = said(capsys, "claims", "check", "shop.example", "--finding", "gone", "--format", "csv", *place).splitlines()
    assert csv[0].split(",") == list(Checked.__slots__)
    assert len(csv) == 2
    said(capsys, "claims", "seeds", "-o", unseen, *place)
    assert unseen.read_text().splitlines() == ["http://later.example/", "http://unheard.example/x"]
    file.write_bytes(b"a,b\n")
    assert "the header is 'a,b'" in said(capsys, "claims", "import", file, *place, code=2)


# -- what several sources have in common


def listed(found: Overlap) -> dict[str, tuple[int, int, int | None, int]]:
    return {
        one.name: (one.claims, one.referring_domains, one.referring_pages, one.domains_alone) for one in found.listers
    }


def in_common(found: Overlap) -> dict[tuple[str, str], tuple[int, float | None, int | None, float | None]]:
    return {
        (one.first, one.second): (one.domains_in_both, one.domains_jaccard, one.pages_in_both, one.pages_jaccard)
        for one in found.rows
    }


def test_overlap_by_hand(tmp_path: Path) -> None:
    claims = [
        Claim("one", "https://a.example/old", SHOP, None, None),  # leads to the page that links
        Claim("one", A, SHOP, "x", None),
        Claim("one", "http://x.example/1", SHOP, None, None),
        Claim("two", "https://x.example/1", "shop.example", None, None),
        Claim("two", "http://x.example/2", SHOP, None, None),
        Claim("sites", "a.example", "shop.example", None, None),
        Claim("sites", "y.example", "shop.example", None, None),
        Claim("two", A, "http://other.example/", None, None),
    ]
    with index_of(web(), tmp_path) as index:
        found = overlap(index, index.target("shop.example"), claims)
        assert listed(found) == {
            "one": (3, 2, 2, 0), "sites": (2, 2, None, 1), "two": (2, 1, 2, 0), "crawl": (2, 1, 1, 0),
        }  # fmt: skip
        assert list(listed(found)) == ["one", "sites", "two", "crawl"]
        assert in_common(found) == {
            ("one", "sites"): (1, 1 / 3, None, None),
            ("one", "two"): (1, 1 / 2, 1, 1 / 3),
            ("one", "crawl"): (1, 1 / 2, 1, 1 / 2),
            ("sites", "two"): (0, 0.0, None, None),
            ("sites", "crawl"): (1, 1 / 2, None, None),
            ("two", "crawl"): (0, 0.0, 0, 0.0),
        }
        nothing = overlap(index, index.target("unheard.example"), claims)
        assert (listed(nothing), nothing.rows) == ({"crawl": (0, 0, 0, 0)}, ())


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from("pqr"), st.integers(0, 3), st.integers(0, 2)), max_size=14))
def test_overlap_is_of_sets(tmp_path: Path, rows: list[tuple[str, int, int]]) -> None:
    if not (tmp_path / "index.duckdb").exists():
        build_index(web().write(tmp_path), SMALL)
    claims = [Claim(tool, f"http://s{site}.example/{page}", SHOP, None, None) for tool, site, page in rows]
    with Index(tmp_path) as index:
        found = overlap(index, index.target("shop.example"), claims)
        backwards = overlap(index, index.target("shop.example"), reversed(claims))
    assert found == backwards
    for (first, second), (domains, jaccard, pages, _) in in_common(found).items():
        one, other = listed(found)[first], listed(found)[second]
        assert domains <= min(one[1], other[1])
        assert pages is not None
        assert pages <= min(one[2] or 0, other[2] or 0)
        assert jaccard == domains / (one[1] + other[1] - domains)
    assert {name: one[:3] for name, one in listed(found).items() if name != "crawl"} == {
        tool: (
            sum(row[0] == tool for row in rows),
            len({row[1] for row in rows if row[0] == tool}),
            len({row[1:] for row in rows if row[0] == tool}),
        )
        for tool in {row[0] for row in rows}
    }


def test_the_overlap_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    build_index(web().write(tmp_path), SMALL)
    place = ("--data", tmp_path)
    assert "nothing to compare" in said(capsys, "claims", "overlap", "shop.example", *place)
    (tmp_path / "s.csv").write_text("Site,Linking pages\na.example,2\nz.example,1\n")
    (tmp_path / "l.csv").write_text(f"Linking page\n{A}\n")
    for name in ("s.csv", "l.csv"):
        said(capsys, "claims", "import", tmp_path / name, "--target", "shop.example", *place)
    assert "search-console" in said(capsys, "claims", "overlap", "shop.example", *place)
    found = answered(capsys, "claims", "overlap", "shop.example", *place)
    assert [(one["name"], one["referring_domains"], one["referring_pages"]) for one in found["listers"]] == [
        ("search-console", 2, 1), ("crawl", 1, 1),
    ]  # fmt: skip
    assert found["rows"][0]["domains_jaccard"] == 0.5
