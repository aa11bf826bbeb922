"""``wholinks from`` and ``wholinks links``: the other direction, and one pair of sites, by every way to ask."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from tests.graph import Graph, Link
from tests.index.asking import SMALL
from tests.render.test_json import INNER, LINKED, ROWS, TOP
from wholinks.cli import run
from wholinks.index.build import build_index
from wholinks.index.queries import Index
from wholinks.index.questions import By
from wholinks.render.json import plain

OPTIONS = (
    ("from", "blog.example"),
    ("from", "http://blog.example/a", "--follow", "followed"),
    ("from", "blog.example", "--kind", "image"),
    ("from", "nobody.example"),
    ("links", "blog.example", "shop.example"),
    ("links", "http://blog.example/a", "shop.example", "--follow", "nofollow"),
)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("from")
    graph = (
        Graph()
        .page(
            "http://blog.example/a",
            ["http://shop.example/", Link("http://shop.example/tents", "tents", "nofollow"), "http://blog.example/b"],
        )
        .page("http://blog.example/b", ["http://shop.example/", "http://shop.example/", "http://rival.example/x"])
        .redirect("http://blog.example/old", "http://blog.example/a")
        .page("http://other.example/", ["http://shop.example/"])
        .waiting("http://blog.example/later")
    )
    build_index(graph.write(folder), SMALL)
    return folder


def out(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> str:
    assert run(arguments) == code
    return capsys.readouterr().out


def printed(capsys: pytest.CaptureFixture[str], data: Path, *arguments: str) -> Any:
    return json.loads(out(capsys, *arguments, "--data", str(data), "--format", "json"))


def test_from_lists_the_linked_domains(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = printed(capsys, data, "from", "blog.example")
    assert [(row["linked_domain"], row["backlinks"], row["links"]) for row in found["rows"]] == [
        ("shop.example", 3, 4),
        ("rival.example", 1, 1),
    ]
    assert found["totals"] | {"backlinks": 4, "links": 5, "linked_domains": 2, "followed": 3} == found["totals"]
    assert found["source"]["domain"] == "blog.example"


def test_the_json_has_the_shape_of_the_other_direction(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = printed(capsys, data, "from", "blog.example")
    assert list(found) == ["source" if key == "target" else key for key in TOP]
    wanted = [key.replace("referring_domains", "linked_domains") for key in INNER["totals"]]
    assert list(found["totals"]) == wanted
    both = printed(capsys, data, "links", "blog.example", "shop.example")
    assert list(both) == [TOP[0], "source", *TOP[1:]]
    assert list(both["totals"]) == INNER["totals"]
    assert [list(row) for row in both["rows"]] == [ROWS[By.PAGE]] * 4


@pytest.mark.parametrize("by", list(By))
def test_every_view_is_the_same_in_every_form(data: Path, capsys: pytest.CaptureFixture[str], by: By) -> None:
    asked = ("from", "blog.example", "--data", str(data), "--by", by.value)
    whole = json.loads(out(capsys, *asked, "--format", "json"))
    assert [list(row) for row in whole["rows"]] == [LINKED.get(by, ROWS[By.PAGE])] * len(whole["rows"])
    assert whole["rows"]
    assert [json.loads(line) for line in out(capsys, *asked, "--format", "jsonl").splitlines()] == whole["rows"]
    assert len(list(csv.DictReader(io.StringIO(out(capsys, *asked, "--format", "csv"))))) == len(whole["rows"])
    with Index(data) as index:
        answer = index.links_from("blog.example", by=by)
        assert plain(answer.rows) == whole["rows"]
        assert plain(answer.totals) == whole["totals"]
    assert out(capsys, *asked).startswith("4 backlinks from blog.example (subdomains) to 2 linked domains: 5 links")


@pytest.mark.parametrize("arguments", OPTIONS)
def test_python_answers_what_the_json_says(
    data: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]
) -> None:
    found = printed(capsys, data, *arguments)
    ends = [text for text in arguments[1:] if "example" in text]
    options: dict[str, Any] = {}
    if "--follow" in arguments:
        options["follow"] = arguments[-1]
    if "--kind" in arguments:
        options["kinds"] = [arguments[-1]]
    with Index(data) as index:
        answer = index.links_from(*ends, **options) if arguments[0] == "from" else index.links_between(*ends, **options)
    for part in ("totals", "rows", "next", "coverage", "snapshot"):
        assert plain(getattr(answer, part)) == found[part], part


def test_the_links_of_a_pair_are_those_that_to_counts(data: Path) -> None:
    with Index(data) as index:
        between = index.links_between("blog.example", "shop.example")
        (row,) = [
            row for row in index.who_links_to("shop.example").rows if plain(row)["referring_domain"] == "blog.example"
        ]
        assert (
            (plain(row)["backlinks"], plain(row)["links"]) == (between.totals.backlinks, between.totals.links) == (3, 4)
        )
        assert between.totals.referring_domains == 1


def test_a_url_that_redirects_within_its_site_stands_for_its_page(data: Path) -> None:
    with Index(data) as index:
        assert index.links_from("http://blog.example/old").rows == index.links_from("http://blog.example/a").rows


def test_coverage_is_that_of_the_source(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = printed(capsys, data, "from", "blog.example")
    assert (found["coverage"]["pages_known"], found["coverage"]["fetched"], found["coverage"]["pending"]) == (4, 3, 1)
    assert "Looked at 3 of 4 pages known on 1 domain (1 pending)" in out(
        capsys, "from", "blog.example", "--data", str(data)
    )


def test_where_nobody_looked_it_says_so(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (("from", "nobody.example"), ("links", "nobody.example", "shop.example")):
        assert run([*arguments, "--data", str(data)]) == 0
        assert "no page of nobody.example is known: it was never crawled" in capsys.readouterr().err
    assert printed(capsys, data, "from", "nobody.example")["rows"] == []


def test_links_within_a_site_are_refused(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["links", "blog.example", "www.blog.example", "--data", str(data)]) == 2
    assert "are one site (blog.example)" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("by", "sums"),
    [
        (By.DOMAIN, ["4", "5", "3", "1", "0", "0"]),
        (By.TARGET, ["4", "5", "3", "1", "0", "0"]),
        (By.HOST, ["4", "5", "3", "1", "0", "0"]),
        (By.ANCHOR, ["5"]),
        (By.KIND, ["5"]),
        (By.PLACEMENT, ["5"]),
        (By.TLD, ["4", "5", "3"]),
        (By.LANGUAGE, ["4", "5", "2", "3"]),
    ],
)
def test_only_what_adds_up_is_summed(data: Path, capsys: pytest.CaptureFixture[str], by: By, sums: list[str]) -> None:
    lines = out(capsys, "from", "blog.example", "--data", str(data), "--by", by.value).splitlines()
    (last,) = [line for line in lines if line.startswith("Sum")]
    assert last.split()[1:] == sums
