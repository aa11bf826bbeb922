"""``wholinks traffic`` on the command line."""

from datetime import timedelta
from pathlib import Path

import pytest

from tests.cli.running import answered, said
from tests.index.asking import SMALL
from tests.research.campaigns.test_traffic import COME, MONDAY, web
from wholinks.index.build import build_index


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = web().write(tmp_path_factory.mktemp("traffic"))
    build_index(path, SMALL)
    return path


def export(path: Path, weeks: int = 12) -> Path:
    days = (MONDAY + timedelta(day) for day in range(7 * weeks))
    rows = [f"{day}\t{sum(COME[: number // 7 + 1]) + 3}\t90\t1%\t2.5" for number, day in enumerate(days)]
    path.write_text("Date\tClicks\tImpressions\tCTR\tPosition\n" + "\n".join(rows) + "\n", encoding="utf-16")
    return path


def test_what_is_imported_is_shown_beside_the_links(
    folder: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    order = ("traffic", "import", export(tmp_path / "Dates.csv"), "--target", "shop.example", "--data", folder)
    assert "shop.example: 84 rows from " in said(capsys, *order)
    assert "0 new and 84 replaced" in said(capsys, *order)
    asked = ("traffic", "show", "shop.example", "--data", folder)
    shown = said(capsys, *asked, "--limit", "3")
    assert "links and traffic known of 12 whole periods" in shown
    assert "A correlation is no cause" in shown
    assert "look at the changes" in shown
    assert "the last 3 of " in shown
    assert "also imported: impressions (--measure)" in shown
    found = answered(capsys, *asked, "--lag", "1", "--measure", "clicks")
    first = found["correlations"][0]
    assert (first["series"], first["of"], first["lag"], first["periods"]) == ("backlinks", "levels", 0, 12)
    assert first["pearson"] == pytest.approx(1)
    assert len(found["correlations"]) == 3 * 2 * 2
    for format_ in ("csv", "jsonl"):
        lines = said(capsys, *asked, "--format", format_).splitlines()
        assert len(lines) == len(found["rows"]) + (format_ == "csv")
    assert "no sessions were imported" in said(capsys, *asked, "--measure", "sessions", code=2)
    assert "84 rows forgotten" in said(capsys, "traffic", "drop", "shop.example", "--data", folder)
    assert "no traffic of shop.example" in said(capsys, *asked, code=2)
    assert "no traffic of shop.example" in said(capsys, "traffic", "drop", "shop.example", "--data", folder, code=2)


def test_with_too_few_periods_no_number_is_given(
    folder: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = export(tmp_path / "Dates.csv", weeks=3)
    said(capsys, "traffic", "import", file, "--target", "http://shop.example/", "--data", folder)
    shown = said(capsys, "traffic", "show", "shop.example", "--data", folder)
    assert "no correlation is given: too few periods: 3 of the 8 needed" in shown
    assert "pearson" not in shown
    assert "A correlation is no cause" in shown
    said(capsys, "traffic", "drop", "shop.example", "--data", folder)


def test_pages_of_all_hosts_of_the_site_are_its_own(
    folder: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    pages = ("https://shop.example/a", "http://www.shop.example:8080/b?c#d", "shop.example/e", "/f", "(not set)")
    file = tmp_path / "pages.csv"
    file.write_text("Day;Page;Visits\n" + "".join(f"1.11.2026;{page};2\n" for page in pages))
    said(capsys, "traffic", "import", file, "--target", "shop.example", "--data", folder)
    rows = answered(capsys, "traffic", "show", "shop.example", "--by", "month", "--data", folder)["rows"]
    assert [row["traffic"] for row in rows if row["first"] == "2026-11-01"] == [10]
    for page in ("http://shop.example.evil.example/", "http://[", "x", "http://shopexample/"):
        file.write_text(f"Day,Page,Visits\n2026-11-01,{page},2\n")
        order = ("traffic", "import", file, "--target", "shop.example", "--data", folder)
        assert "pages.csv:2: " in said(capsys, *order, code=2)
    said(capsys, "traffic", "drop", "shop.example", "--data", folder)


def test_a_wrong_file_changes_nothing(folder: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    order = ("traffic", "import", file, "--target", "shop.example", "--data", folder)
    assert "no such file" in said(capsys, *order, code=2)
    file.write_text("Date,Page,Clicks\n2026-11-01,https://www.shop.example/a,1\n2026-11-01,https://rival.example/,1\n")
    assert "x.csv:3: https://rival.example/ is no page of the target" in said(capsys, *order, code=2)
    file.write_bytes(b"Date,Clicks\n\xff\xff")
    assert "neither UTF-8 nor UTF-16" in said(capsys, *order, code=2)
    assert "no traffic of shop.example" in said(capsys, "traffic", "show", "shop.example", "--data", folder, code=2)
