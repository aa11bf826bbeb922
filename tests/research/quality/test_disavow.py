"""Disavow files: what Google's format allows, and what a file takes out."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.cli.running import answered, said, said_on_stderr
from tests.graph import Graph, Link
from tests.index.asking import SMALL, index_of
from wholinks.index.build import build_index
from wholinks.research.quality.disavow import MOST_LINES, Covered, Entry, Severity, collapse, entry_of, read, write
from wholinks.research.quality.disavow_preview import preview
from wholinks.storage.errors import UsageError

NAMES = st.sampled_from(
    ["a.example", "b.a.example", "c.b.a.example", "ab.example", "www.a.example", "xn--bcher-kva.de"]
)
PATHS = st.sampled_from(["/", "/x", "/x/y?q=1", "/%C3%A4"])
ENTRIES = st.lists(
    st.one_of(st.builds(Entry, NAMES), st.builds(lambda name, path: Entry("", f"http://{name}{path}"), NAMES, PATHS))
)


def problems(text: str, own: str | None = None) -> list[tuple[int, str]]:
    return [(found.line, found.problem) for found in read(text.encode(), own=own).problems]


def test_every_line_is_told() -> None:
    text = (
        "# by hand\n\ndomain:spam.example\nhttp://spam.example/x\nDOMAIN: Other.Example\nspam.example\n"
        "domain:co.uk\ndomain:a.example/path\nhttps://x.example/a b\nftp://x.example/\ndomain:other.example\n"
        "domain:*.x.example\ndomain:www.y.example\nhttp://z.example/*\nhttp://spam.example/*\n"
    )
    assert problems(text) == [
        (4, "covered"), (6, "neither"), (7, "public_suffix"), (8, "no_domain"), (9, "no_url"), (10, "neither"),
        (11, "duplicate"), (12, "no_domain"), (13, "www"),
        (14, "wildcard"), (15, "covered"),
    ]  # fmt: skip


@pytest.mark.parametrize("line", ["domain:shop.example", "domain:blog.shop.example", "http://www.shop.example/x"])
def test_the_target_itself_is_refused(line: str) -> None:
    assert problems(line, own="shop.example") == [(1, "own_domain")]
    assert not problems(line, own="myshop.example")


def test_limits_and_encodings() -> None:
    assert problems("http://a.example/" + "x" * 2031) == []
    assert problems("http://a.example/" + "x" * 2032) == [(1, "too_long")]
    assert problems("#\n" * MOST_LINES) == [(0, "empty")]
    assert problems("#\n" * (MOST_LINES + 1)) == [(0, "too_many_lines")]
    assert problems("#" * (2 << 20)) == problems("") == problems("\n\n") == [(0, "empty")]
    assert problems("nothing") == [(1, "neither")]
    assert problems("#" * ((2 << 20) + 1)) == [(0, "too_large")]
    broken = read(b"# ok\n# \xff")
    assert [(found.line, found.problem) for found in broken.problems] == [(2, "not_utf8")]
    assert [found.severity for found in read(b"\xef\xbb\xbfdomain:a.example").problems] == [Severity.WARNING]
    assert [entry for _, entry in read("domain:bücher.de".encode()).entries] == [Entry("xn--bcher-kva.de")]
    with pytest.raises(UsageError, match="at most 100,000"):
        write(Entry(f"d{number}.example") for number in range(MOST_LINES + 1))


@settings(max_examples=200, deadline=None)
@given(ENTRIES, st.lists(st.text(max_size=20), max_size=3))
def test_what_is_written_is_read_again(entries: list[Entry], comments: list[str]) -> None:
    found = read(write(entries, comments))
    assert tuple(entry for _, entry in found.entries) == collapse(entries)
    assert found.is_valid
    assert {problem.problem for problem in found.problems} <= ({"www"} if entries else {"empty"})


@settings(max_examples=200, deadline=None)
@given(ENTRIES, NAMES, PATHS)
def test_collapsing_changes_no_covered_url(entries: list[Entry], name: str, path: str) -> None:
    kept = collapse(entries)
    url = f"http://{name}{path}"
    assert (url in Covered(kept)) == (url in Covered(entries))
    assert set(kept) <= set(entries)
    assert collapse(kept) == kept == collapse(reversed(entries))


def test_a_domain_that_nobody_can_disavow() -> None:
    for domain in ["medium.com/@ann", "github.io", "shop.example"]:
        with pytest.raises(UsageError, match=domain):
            entry_of(domain, own="shop.example")


def web() -> Graph:
    graph = Graph()
    graph.page("http://spam.example/1", ["http://shop.example/", "http://shop.example/a"])
    graph.page("http://blog.spam.example/2", [Link("http://shop.example/"), Link("http://shop.example/")])
    graph.page("http://good.example/3", ["http://shop.example/"])
    return graph.page("http://good.example/4", ["http://shop.example/"])


def test_a_preview_adds_up(tmp_path: Path) -> None:
    with index_of(web(), tmp_path) as index:
        target = index.target("shop.example")
        entries = [Entry("blog.spam.example"), Entry("", "http://good.example/3"), Entry("nobody.example")]
        found = preview(index, target, entries)
        assert (found.backlinks, found.backlinks_taken_out, found.backlinks_left) == (5, 2, 3)
        assert (found.domains, found.domains_taken_out, found.domains_left) == (2, 0, 2)
        assert found.idle == ("domain:nobody.example",)
        assert {(row.referring_domain, row.taken_out, row.left) for row in found.rows} == {
            ("good.example", 1, 1), ("spam.example", 1, 2)
        }  # fmt: skip
        whole = preview(index, target, [Entry("spam.example")])
        assert (whole.backlinks_taken_out, whole.domains_taken_out) == (3, 1)
        assert preview(index, index.target("unheard.example"), entries).backlinks == 0


def test_from_review_to_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    build_index(web().write(tmp_path), SMALL)
    file = tmp_path / "disavow.txt"
    assert "no domain of shop.example is reviewed" in said(
        capsys, "disavow", "write", "shop.example", "--data", tmp_path, code=2
    )
    for domains, state in [(["spam.example", "good.example"], "disavow"), (["good.example"], "keep")]:
        said(capsys, "review", "shop.example", *domains, "--state", state, "--data", tmp_path)
    said(capsys, "disavow", "write", "shop.example", "-o", file, "--data", tmp_path)
    assert file.read_text("utf-8").splitlines()[1:] == ["domain:spam.example"]
    assert answered(capsys, "disavow", "lint", file, "--target", "shop.example")["errors"] == 0
    assert "comes from" not in said_on_stderr(capsys, "disavow", "write", "shop.example", "--data", tmp_path)
    typo = ("shop.example", "spamm.example", "--state", "disavow", "--data", tmp_path)
    note = "no link to shop.example in this index comes from spamm.example; typed right?"
    assert note in said_on_stderr(capsys, "review", *typo)
    assert note in said_on_stderr(capsys, "disavow", "write", "shop.example", "--data", tmp_path)
    assert "1 of 2 domains reviewed as disavow" in said_on_stderr(
        capsys, "disavow", "write", "shop.example", "--data", tmp_path
    )
    found = answered(capsys, "disavow", "preview", file, "shop.example", "--data", tmp_path)
    assert found["backlinks_taken_out"] == 3
    assert "keep" in said(capsys, "review", "shop.example", "--data", tmp_path)
    wrong = said(capsys, "review", "shop.example", "shop.example", "--state", "disavow", "--data", tmp_path, code=2)
    assert "own domain" in wrong
    file.write_text("http://spam.example/*\n")
    assert "1 URL; 0 errors, 1 warning" in said(capsys, "disavow", "lint", file)
    file.write_text("")
    assert "lists nothing" in said(capsys, "disavow", "lint", file)
    file.write_text("domain:shop.example\n")
    assert "disavow.txt:1" in said(capsys, "disavow", "preview", file, "shop.example", "--data", tmp_path, code=2)
    assert said(capsys, "disavow", "lint", file, "--target", "shop.example", code=1) == ""
