"""The view commands, as a person or a script runs them."""

import csv
import io
import json
from pathlib import Path

import pytest

from tests.cli.running import answered, said
from tests.research.views.test_views import SHOP, web
from wholinks.cli import run


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = web().write(tmp_path_factory.mktemp("views"))
    assert run(["index", "--data", str(folder)]) == 0
    return folder


@pytest.mark.parametrize(
    ("view", "same"),
    [
        (("backlinks", "shop.example"), ("to", "shop.example", "--by", "page")),
        (("anchors", "shop.example", "--follow", "followed"),
         ("to", "shop.example", "--by", "anchor", "--follow", "followed")),
        (("pages", "shop.example", "--sort", "links:asc"),
         ("to", "shop.example", "--by", "target", "--sort", "links:asc")),
        (("outgoing", "b.example"), ("from", "b.example")),
    ],
)  # fmt: skip
def test_a_view_says_what_the_question_says(
    data: Path, capsys: pytest.CaptureFixture[str], view: tuple[str, ...], same: tuple[str, ...]
) -> None:
    for format_ in ("table", "json", "jsonl", "csv"):
        options = ("--data", data, "--format", format_)
        assert said(capsys, *view, *options) == said(capsys, *same, *options) != ""


@pytest.mark.parametrize(
    ("view", "first"),
    [
        (("domains", "shop.example", "--sort", "backlinks"), {"referring_domain": "a.example", "backlinks": 4}),
        (("backlinks", "shop.example", "--group", "domain"), {"referring_domain": "a.example", "backlinks": 4}),
        (("backlinks", "shop.example", "--group", "similar"), {"target_url": SHOP, "links": 3}),
        (("pages", "shop.example", "--by-path", "1"), {"path": "shop.example/", "urls": 1}),
        (("broken", "shop.example"), {"target_url": SHOP + "gone", "http_status": 404}),
        (("broken", "shop.example", "--only", "redirect"), {"target_url": SHOP + "old", "final_url": SHOP + "tents"}),
        (("outgoing", "c.example", "--broken"), {"target_url": SHOP + "gone", "defect": "error"}),
        (("internal", "shop.example"), {"target_url": SHOP + "gone", "links": 3}),
        (("networks", "shop.example"), {"network": "10.1.2.0/24", "referring_domains": 1}),
        (("networks", "shop.example", "--by", "ip"), {"network": "10.1.2.3", "backlinks": 2}),
    ],
)
def test_views_have_four_formats(
    data: Path, capsys: pytest.CaptureFixture[str], view: tuple[str, ...], first: dict[str, object]
) -> None:
    found = answered(capsys, *view, "--data", data)
    assert first.items() <= found["rows"][0].items()
    assert found["coverage"]["pages_known"] == 9
    lines = [json.loads(line) for line in said(capsys, *view, "--data", data, "--format", "jsonl").splitlines()]
    assert lines == found["rows"]
    rows = list(csv.DictReader(io.StringIO(said(capsys, *view, "--data", data, "--format", "csv"))))
    assert len(rows) == found["rows_known"]
    table = said(capsys, *view, "--data", data, "--limit", "1")
    assert table.startswith(f"{found['rows_known']:,} ")
    assert ("… and" in table) == (found["rows_known"] > 1)


def test_an_unknown_target_is_zero_and_done(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("domains", "backlinks", "anchors", "pages", "broken", "outgoing", "internal", "networks"):
        assert "0 " in said(capsys, name, "nobody.example", "--data", data)


@pytest.mark.parametrize(
    "wrong",
    [
        ("backlinks", "shop.example", "--group", "domain", "--sort", "tag"),
        ("pages", "shop.example", "--by-path", "0"),
        ("pages", "shop.example", "--by-path", "1", "--columns", "target_url"),
        ("broken", "shop.example", "--sort", "asked_at:up"),
        ("internal", "shop.example", "--sort", "backlinks"),
        ("networks", "shop.example", "--after", "nonsense"),
        ("outgoing", "b.example", "--broken", "--limit", "some"),
        ("to", "shop.example", "--limit", "-1"),
        ("broken", "shop.example", "--only", "some"),
        ("networks", "ftp://shop.example"),
    ],
)
def test_wrong_usage_is_one_line(data: Path, capsys: pytest.CaptureFixture[str], wrong: tuple[str, ...]) -> None:
    assert said(capsys, *wrong, "--data", data, code=2).count("\n") == 1
