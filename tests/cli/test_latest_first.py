"""What is new or lost is shown with the latest first."""

from pathlib import Path

import pytest

from tests.cli.running import answered
from tests.graph import Graph, Link
from tests.index.asking import SMALL
from wholinks.index.build import build_index
from wholinks.index.states import DAY_S

SHOP = "http://shop.example/"
PAGES = ["http://b.example/", "http://c.example/", "http://a.example/"]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Of each page one link goes and another comes, a day after the page before."""
    graph = Graph().wait(40 * DAY_S)
    for page in PAGES:
        graph.page(page, [Link(SHOP, "old")])
    for page in PAGES:
        graph.wait(DAY_S).page(page, [Link(SHOP + "new", "new")])
    build_index(graph.write(tmp_path), SMALL)
    return tmp_path


@pytest.mark.parametrize("command", [("backlinks", SHOP[7:-1]), ("to", SHOP[7:-1], "--by", "link")])
@pytest.mark.parametrize(("state", "column"), [("new", "first_seen"), ("lost", "lost_at")])
def test_the_latest_comes_first(
    command: tuple[str, ...], state: str, column: str, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[str | Path] = [*command, "--state", state, "--data", data]
    rows = answered(capsys, *asked)["rows"]
    assert [row["source_url"] for row in rows if state == "lost" or row["anchor_text"] == "new"] == PAGES[::-1]
    assert rows == sorted(rows, key=lambda row: str(row[column]), reverse=True)
    first = answered(capsys, *asked, "--limit", "2")
    rest = answered(capsys, *asked, "--limit", "all", "--after", first["next"])
    assert [*first["rows"], *rest["rows"]] == rows
    by_url = answered(capsys, *asked, "--sort", "source_url")["rows"]
    assert [row["source_url"] for row in by_url] == sorted(row["source_url"] for row in rows)


def test_groups_and_what_is_live_keep_their_order(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    domains = answered(capsys, "to", "shop.example", "--state", "lost", "--data", data)["rows"]
    assert [row["referring_domain"] for row in domains] == ["a.example", "b.example", "c.example"]
    live = answered(capsys, "backlinks", "shop.example", "--data", data)["rows"]
    assert [row["source_url"] for row in live] == sorted(PAGES)
