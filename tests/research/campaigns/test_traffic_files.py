"""Exports of traffic: read in whatever shape they come, refused with the line that is wrong."""

from datetime import date

import pytest

from wholinks.notes.traffic import Visits
from wholinks.research.campaigns.traffic_files import DayFirst, visits_of
from wholinks.research.claims.exports import decode
from wholinks.storage.errors import UsageError

DATES = "Date,Clicks,Impressions,CTR,Position\n2026-11-01,12,340,3.5%,7.1\n2026-11-02,0,,0%,\n"
FIRST = Visits(date(2026, 11, 1), "", 12, 340, None)
SECOND = Visits(date(2026, 11, 2), "", 0, None, None)


def read(text: str, days: DayFirst | None = None) -> tuple[Visits, ...]:
    return visits_of(text, "x.csv", belongs=lambda page: "shop.example" in page or page.startswith("/"), days=days)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_encodings_and_delimiters(encoding: str, delimiter: str, end: str) -> None:
    written = DATES.replace(",", delimiter).replace("\n", end)
    assert read(decode(written.encode(encoding), "x.csv")) == (FIRST, SECOND)


@pytest.mark.parametrize(
    "header",
    ["DATE,cLiCkS,IMPRESSIONS,CTR,Position", '"Datum","Klicks","Impressionen",CTR,Position',
     " day , clicks,impressions,,"],
)  # fmt: skip
def test_names_of_columns(header: str) -> None:
    assert read(DATES.replace("Date,Clicks,Impressions,CTR,Position", header)) == (FIRST, SECOND)


@pytest.mark.parametrize(
    ("day", "order"),
    [("2026/11/01", None), ("20261101", None), ("1.11.2026", None), ("2026-11-01T00:00:00Z", None),
     ("01/11/2026", DayFirst.DMY), ("11/1/2026", DayFirst.MDY), ("1-11-2026", DayFirst.DMY)],
)  # fmt: skip
def test_days(day: str, order: DayFirst | None) -> None:
    assert read(DATES.replace("2026-11-01", day), order) == (FIRST, SECOND)


def test_pages_and_what_analytics_put_around_them() -> None:
    text = (
        "# Traffic acquisition\n# ----\n\nDate,Landing page,Country,Sessions\n,,Grand total,\"1,240\"\n"
        "20261101,/tents?a=1,all,\"1,234\"\n\n20261101,https://shop.example/ulv,all,6\n,,,\n"
    )  # fmt: skip
    day = date(2026, 11, 1)
    assert read(text) == (
        Visits(day, "/tents?a=1", None, None, 1234), Visits(day, "https://shop.example/ulv", None, None, 6),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("Date", "Week", r"x\.csv: totals without days \(Week, Clicks, .*; take the export by day, Dates\.csv"),
        ("Clicks,Impressions", "A,B", "the header has Date, A, B, CTR, Position; expected"),
        ("Impressions", "Klicks", "two columns say clicks"),
        ("2026-11-02", "soon", r"x\.csv:3: 'soon' is no day; write it as 2026-11-21"),
        ("2026-11-02", "2026-02-30", r"x\.csv:3: '2026-02-30' is no day"),
        ("2026-11-02", "02/11/2026", r"x\.csv:3: 02/11/2026 may be two days; say which with --days"),
        ("2026-11-02", "", r"x\.csv:3: '' is no day"),
        ("2026-11-02", "0226-11-02", r"x\.csv:3: '0226-11-02': there was no such traffic"),
        ("2026-11-02", "2026-11-01", r"x\.csv:3: the same day as in line 2; export it without other dimensions"),
        (",0,,0%", ",-1,,0%", r"x\.csv:3: clicks: '-1' is no whole number"),
        (",0,,0%", ",1.5,,0%", r"x\.csv:3: clicks: '1.5' is no whole number"),
        (",0,,0%", ",٣,,0%", r"x\.csv:3: clicks: '٣' is no whole number"),
        ("2026-11-02,0,,0%,", "2026-11-02,0", r"x\.csv:3: 2 cells, too few for the header"),
        (DATES, "", r"x\.csv: the file is empty; name a CSV export of traffic"),
        (DATES[DATES.index("2026") :], "", r"x\.csv: a header, and no row below it"),
    ],
)
def test_a_wrong_file_is_one_line_that_names_the_row(old: str, new: str, said: str) -> None:
    with pytest.raises(UsageError, match=said) as raised:
        read(DATES.replace(old, new))
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("page", "said"),
    [("https://rival.example/", "x.csv:2: https://rival.example/ is no page of the target"),
     ("", "x.csv:2: the page is empty")],
)  # fmt: skip
def test_a_wrong_page_is_named(page: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        read(f"Date,Page,Clicks\n2026-11-01,{page},1\n")


def test_the_same_page_twice_on_a_day_is_refused() -> None:
    with pytest.raises(UsageError, match=r"x\.csv:4: the same day and page as in line 2"):
        read("Date,Page,Clicks\n2026-11-01,/a,1\n2026-11-01,/b,1\n2026-11-01,/a,1\n")


def test_what_is_no_csv_is_one_line() -> None:
    with pytest.raises(UsageError, match=r"x\.csv:2: not CSV"):
        read("Date,Clicks\n2026-11-01," + "9" * 200_000 + "\n")
