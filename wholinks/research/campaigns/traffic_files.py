"""Exports of organic traffic: recognised by their headers, read row by row. Pure: text in, rows out."""

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from wholinks.notes.traffic import MEASURES, Visits
from wholinks.storage.errors import UsageError
from wholinks.storage.wording import counted

if TYPE_CHECKING:
    from _csv import Reader

COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "day": ("date", "day", "datum", "tag", "fecha", "jour", "data"),
    "page": (
        "page", "pages", "url", "address", "landing page", "landing page + query string", "page path",
        "page path and screen class", "page location", "seite", "zielseite", "página", "pagina",
    ),
    "clicks": ("clicks", "url clicks", "klicks", "clics", "clic"),
    "impressions": ("impressions", "impressionen", "impresiones", "impressioni"),
    "sessions": ("sessions", "organic sessions", "visits", "sitzungen", "sesiones", "sessioni"),
}  # fmt: skip
"""What a column is, by the names that exports have for it, in any case. Other columns are passed over."""

_EXPECTED: Final = (
    f"expected one for the day ({', '.join(COLUMNS['day'][:3])}), one or more of clicks, impressions and sessions, and,"
    f" if it is by page, one of {', '.join(COLUMNS['page'][:5])}"
)
_TOTALS: Final = frozenset({"total", "grand total", "gesamt", "gesamtsumme", "insgesamt"})
_NUMBER: Final = re.compile(r"\d{1,15}|\d{1,3}(?:,\d{3}){1,4}")
_DAYS: Final = (
    (re.compile(r"\d{4}-\d\d-\d\d"), "%Y-%m-%d"),
    (re.compile(r"\d{4}/\d\d/\d\d"), "%Y/%m/%d"),
    (re.compile(r"\d{8}"), "%Y%m%d"),
    (re.compile(r"\d{1,2}\.\d{1,2}\.\d{4}"), "%d.%m.%Y"),
)
_YEARS: Final = (1990, 2100)
_SLASHED: Final = re.compile(r"(\d{1,2})[/-](\d{1,2})[/-](\d{4})")


class DayFirst(StrEnum):
    """How days with slashes are meant: 21/11/2026 or 11/21/2026."""

    DMY = "dmy"
    MDY = "mdy"


def visits_of(
    text: str, name: str, *, belongs: Callable[[str], bool], days: DayFirst | None = None
) -> tuple[Visits, ...]:
    """The rows of an export ``name``; pages must satisfy ``belongs``. Rows of totals are passed over.

    Raises :class:`UsageError`, which names what is wrong and in which line.
    """
    if not text.strip():
        raise UsageError(f"{name}: the file is empty; name a CSV export of traffic")
    lines = io.StringIO(text, newline="")
    first = next((line for line in text.splitlines() if _tells(line)), "")
    reader = csv.reader(lines, delimiter=max("\t;,", key=first.count))
    try:
        header = next((row for row in reader if _tells(",".join(row))), [])
        return tuple(_visits(reader, _places(header, name), name, belongs, days))
    except csv.Error as error:
        raise UsageError(f"{name}:{reader.line_num}: not CSV: {error}") from None


def _tells(line: str) -> bool:
    return bool(line.strip(" ,;\t\r")) and not line.lstrip().startswith("#")


def _places(header: list[str], name: str) -> dict[str, int]:
    """Where the columns are. Raises :class:`UsageError`."""
    titles = [" ".join(title.lower().split()) for title in header]
    shown = ", ".join(" ".join(title.split()) for title in header)[:200] or "nothing"
    places: dict[str, int] = {}
    for number, title in enumerate(titles):
        column = next((column for column, names in COLUMNS.items() if title in names), None)
        if column in places:
            raise UsageError(f"{name}: two columns say {column} in the header ({shown}); leave one in")
        if column is not None:
            places[column] = number
    if "day" not in places and titles and (titles[0].startswith("top ") or "ctr" in titles):
        raise UsageError(f"{name}: totals without days ({shown}); take the export by day, Dates.csv")
    if "day" not in places or not places.keys() & set(MEASURES):
        raise UsageError(f"{name}: the header has {shown}; {_EXPECTED}")
    return places


def _visits(
    rows: "Reader", places: Mapping[str, int], name: str, belongs: Callable[[str], bool], days: DayFirst | None
) -> Iterator[Visits]:
    lines: dict[tuple[date, str], int] = {}
    for row in rows:
        where = f"{name}:{rows.line_num}"
        if not any(cell.strip() for cell in row) or any(cell.strip().lower() in _TOTALS for cell in row):
            continue
        if len(row) <= max(places.values()):
            raise UsageError(f"{where}: {counted(len(row), 'cell')}, too few for the header")
        cells = {column: row[place].strip() for column, place in places.items()}
        day, page = _day(cells["day"], days, where), cells.get("page", "")
        if "page" in places and not page:
            raise UsageError(f"{where}: the page is empty")
        if page and not belongs(page):
            raise UsageError(f"{where}: {page[:200]} is no page of the target; is it another site's export?")
        before = lines.setdefault((day, page), rows.line_num)
        if before != rows.line_num:
            what = "the same day and page" if page else "the same day"
            advice = "export it without other dimensions, such as country or query"
            raise UsageError(f"{where}: {what} as in line {before}; {advice}")
        numbers = {measure: _number(cells.get(measure, ""), measure, where) for measure in MEASURES}
        yield Visits(day, page, **numbers)
    if not lines:
        raise UsageError(f"{name}: a header, and no row below it")


def _number(text: str, column: str, where: str) -> int | None:
    if not text:
        return None
    if not _NUMBER.fullmatch(text) or not text.isascii():
        raise UsageError(f"{where}: {column}: {text[:50]!r} is no whole number from 0 on")
    return int(text.replace(",", ""))


def _day(text: str, days: DayFirst | None, where: str) -> date:
    """A day as one of the ways to write one. Raises :class:`UsageError`."""
    found = _read_day(text, days, where)
    if not _YEARS[0] <= found.year <= _YEARS[1]:
        raise UsageError(f"{where}: {text[:50]!r}: there was no such traffic in {found.year}")
    return found


def _read_day(text: str, days: DayFirst | None, where: str) -> date:
    plain = re.sub(r"[T ]\d\d:\d\d(:\d\d)?Z?$", "", text)
    try:
        for shape, form in _DAYS:
            if shape.fullmatch(plain) and plain.isascii():
                return datetime.strptime(plain, form).date()  # noqa: DTZ007 - a day has no zone
        slashed = _SLASHED.fullmatch(plain)
        if slashed and days is not None:
            one, two, year = map(int, slashed.groups())
            return date(year, two, one) if days is DayFirst.DMY else date(year, one, two)
    except ValueError:
        slashed = None
    if slashed:
        raise UsageError(f"{where}: {text[:50]} may be two days; say which with --days dmy or --days mdy")
    forms = "2026-11-21, 2026/11/21, 20261121 or 21.11.2026"
    raise UsageError(f"{where}: {text[:50]!r} is no day; write it as {forms}, or see --days")
