"""Claims of other tools: read from their exports, held against the index."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.cli.running import answered, said
from tests.graph import Graph, Link
from tests.index.asking import SMALL, index_of
from wholinks.index.build import build_index
from wholinks.notes.claims import Claim
from wholinks.research.claims import Checked, Finding, check, seeds
from wholinks.research.exports import claims_of, decode
from wholinks.storage.errors import UsageError

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
EXPECTED = {
    "ahrefs": Claim("ahrefs", A, SHOP, "the shop", "nofollow sponsored"),
    "semrush": Claim("semrush", A, SHOP, "the shop", "nofollow sponsored"),
    "majestic": Claim("majestic", A, SHOP, "the shop", "nofollow"),
    "moz": Claim("moz", A, SHOP, "the shop", None),
    "search-console": Claim("search-console", A, "shop.example", None, None),
}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("tool", EXPORTS)
def test_exports_are_known_by_their_headers(tool: str, encoding: str) -> None:
    for text in (EXPORTS[tool], EXPORTS[tool].replace("\n", "\r\n")):
        read, claims = claims_of(decode(text.encode(encoding), "x.csv"), "x.csv", site="shop.example")
        assert (list(claims), read.tool, read.rows) == ([EXPECTED[tool]], tool, 1)


def test_what_is_no_claim_is_counted() -> None:
    text = "Source url,Target url,Anchor\nhttp://blog.shop.example/,http://shop.example/,x\n,,\nnot a url,http://b/,x\n"
    read, claims = claims_of(text, "x.csv")
    assert (list(claims), read.rows, read.internal, read.no_url) == ([], 2, 1, 1)


@pytest.mark.parametrize(
    ("data", "wrong"),
    [
        (b"Site,Linking pages\na.example,5\n", "the header is 'Site,Linking pages'; expected"),
        (b"", "the header is 'nothing'"),
        (b"\xff\xff", "neither UTF-8 nor UTF-16"),
        (b"Linking page\nhttp://a.example/\n", "name the site with --target"),
    ],
)
def test_other_files_are_told(data: bytes, wrong: str) -> None:
    with pytest.raises(UsageError, match=wrong):
        claims_of(decode(data, "x.csv"), "x.csv")


def web() -> Graph:
    graph = Graph().page(A, [Link(SHOP, "The shop", rel="nofollow"), Link(f"{SHOP}x", "X")])
    graph.redirect(f"{A}old", A).page("http://gone.example/").page("http://cut.example/", is_complete=False)
    return graph.failed("http://dead.example/").waiting("http://later.example/")


def claim(source: str, target: str = SHOP, anchor: str | None = None, rel: str | None = None) -> Claim:
    return Claim("t", source, target, anchor, rel)


CASES = {
    claim(A, anchor="the shop", rel="nofollow"): (Finding.VERIFIED, ""),
    claim("https://a.example/", "https://shop.example/"): (Finding.VERIFIED, ""),
    claim(f"{A}old"): (Finding.VERIFIED, ""),
    claim(A, "shop.example"): (Finding.VERIFIED, ""),
    claim(A, anchor="a shop", rel="nofollow"): (Finding.CHANGED, "anchor"),
    claim(A, anchor="a shop", rel=""): (Finding.CHANGED, "anchor rel"),
    claim(A, f"{SHOP}y"): (Finding.GONE, ""),
    claim("http://gone.example/"): (Finding.GONE, ""),
    claim("http://cut.example/"): (Finding.UNSEEN, "incomplete"),
    claim("http://dead.example/"): (Finding.UNSEEN, "http_404"),
    claim("http://later.example/"): (Finding.UNSEEN, "never_crawled"),
    claim("http://unheard.example/x"): (Finding.UNSEEN, "never_crawled"),
}


def test_each_finding(tmp_path: Path) -> None:
    with index_of(web(), tmp_path) as index:
        found = check(index, index.target("shop.example"), CASES)
        assert [(row.finding, row.why) for row in found.rows] == list(CASES.values())
        assert (found.claims, found.verified, found.changed, found.gone, found.unseen) == (12, 4, 2, 2, 4)
        assert seeds(index, CASES) == ("http://later.example/", "http://unheard.example/x")
        exact = check(index, index.target(f"{SHOP}y"), CASES)
        assert [row.target for row in exact.rows] == [f"{SHOP}y"]
        assert check(index, index.target("other.example"), CASES).claims == 0


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.permutations(list(CASES)))
def test_claims_do_not_touch_each_other(tmp_path: Path, order: list[Claim]) -> None:
    if not (tmp_path / "index.duckdb").exists():
        build_index(web().write(tmp_path), SMALL)
    from wholinks.index.queries import Index

    with Index(tmp_path) as index:
        found = check(index, index.target("shop.example"), order)
    assert [(row.finding, row.why) for row in found.rows] == [CASES[one] for one in order]


def test_from_file_to_seeds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    build_index(web().write(tmp_path), SMALL)
    place = ("--data", tmp_path)
    file, unseen = tmp_path / "x.csv", tmp_path / "unseen.txt"
    assert "no claim of shop.example" in said(capsys, "claims", "check", "shop.example", *place)
    file.write_text("Source url,Target url,Anchor\n" + "".join(f"{one.source_url},{SHOP},=x\n" for one in CASES))
    assert "semrush: 12 rows, 8 new claims" in said(capsys, "claims", "import", file, *place)
    assert "semrush: 12 rows, 0 new claims" in said(capsys, "claims", "import", file, *place)
    found = answered(capsys, "claims", "check", "shop.example", *place)
    assert found["claims"] == found["verified"] + found["changed"] + found["gone"] + found["unseen"] == 8
    csv = said(capsys, "claims", "check", "shop.example", "--finding", "gone", "--format", "csv", *place).splitlines()
    assert csv[0].split(",") == list(Checked.__slots__)
    assert len(csv) == 2
    said(capsys, "claims", "seeds", "-o", unseen, *place)
    assert unseen.read_text().splitlines() == ["http://later.example/", "http://unheard.example/x"]
    file.write_bytes(b"a,b\n")
    assert "the header is 'a,b'" in said(capsys, "claims", "import", file, *place, code=2)
