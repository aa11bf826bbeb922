"""Days as they are typed: one reading in all commands."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest

from tests.cli.running import answered, said
from tests.graph import START, Graph
from tests.index.asking import SMALL
from wholinks.cli.times import day_of, days_told, time_of
from wholinks.index.build import build_index
from wholinks.index.moments import end_of, start_of
from wholinks.index.queries import Index
from wholinks.index.states import DAY_S
from wholinks.research.growth.history import last_day
from wholinks.storage.errors import UsageError

SHOP: Final = "http://shop.example/"
FIRST: Final = datetime.fromtimestamp(START, UTC).date()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two pages link; one is without its link on the next midnight, when a third is found with one."""
    graph = Graph().page("http://a.example/", [SHOP]).page("http://b.example/", [SHOP]).page("http://c.example/", [])
    graph.wait(DAY_S - graph.fetches[-1].fetched_at % DAY_S - 60)
    graph.page("http://b.example/", []).page("http://c.example/", [SHOP])
    assert graph.fetches[-2].fetched_at % DAY_S == 0
    path = graph.write(tmp_path_factory.mktemp("times"))
    build_index(path, SMALL)
    return path


def ago(folder: Path, day: date) -> int:
    """How many days are the last ones, of which ``day`` is the first."""
    with Index(folder) as index:
        return (last_day(index) - day).days + 1


def test_days_back_are_one_midnight_as_beginning_and_as_end(folder: Path) -> None:
    with Index(folder) as index:
        today = last_day(index)
        assert day_of(index, "1d", "--since", is_end=False) == today == day_of(index, "0d", "--until", is_end=True)
        begin, end = (day_of(index, "90d", "--since", is_end=is_end) for is_end in (False, True))
        assert (begin, end) == (today - timedelta(89), today - timedelta(90))
        assert time_of(index, "90d", "--since", is_end=False) == start_of(today - timedelta(89))
        assert time_of(index, "90d", "--as-of", is_end=True) == end_of(today - timedelta(90))
        assert time_of(index, "2026-11-21T20:00", "--as-of", is_end=True) == start_of(datetime(2026, 11, 21)) + 72_000  # noqa: DTZ001
        assert days_told(index, "90d", "--first-seen-from", is_end=False) == str(today - timedelta(89))
        assert days_told(index, "soon", "--first-seen-from", is_end=False) == "soon"
        assert day_of(index, None, "--since", is_end=False) is None
        with pytest.raises(UsageError, match="the last 0 days are none"):
            day_of(index, "0d", "--since", is_end=False)


@pytest.mark.parametrize(
    ("text", "form"), [("60", "60d"), ("60 days", "60d"), ("7D", "7d"), ("soon", "60d"), ("", "60d")]
)
def test_what_is_nearly_days_back_is_told_how_to_write_them(folder: Path, text: str, form: str) -> None:
    told = f"--since: {text!r} is no day; write it as 2026-11-21, or {form} for the last {form[:-1]} days"
    with Index(folder) as index:
        for read in (day_of, time_of):
            with pytest.raises(UsageError) as refused:
                read(index, text, "--since", is_end=False)
            assert str(refused.value) == told


def test_a_day_begins_at_midnight_whichever_way_it_is_typed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def told(state: str, since: str) -> int:
        asked = ("to", "shop.example", "--state", state, "--since", since, "--data", folder)
        return int(answered(capsys, *asked)["totals"]["backlinks"])

    day = FIRST + timedelta(1)
    for since, counts in ((day, (1, 1)), (day + timedelta(1), (0, 0))):
        assert (told("lost", str(since)), told("new", str(since))) == counts
        assert (told("lost", f"{ago(folder, since)}d"), told("new", f"{ago(folder, since)}d")) == counts


def test_every_command_reads_days_back(folder: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    days = ago(folder, FIRST + timedelta(1))
    (tmp_path / "targets.txt").write_text("shop.example\n")

    def asked(*arguments: str | Path) -> Any:
        return answered(capsys, *arguments, "--data", folder)

    found = asked("history", "shop.example", "--since", f"{days}d", "--until", f"{days - 1}d")["rows"]
    assert [(row["first"], row["start"], row["gained"], row["lost"]) for row in found] == [
        (str(FIRST + timedelta(1)), 2, 1, 1)
    ]
    two = asked("history", "shop.example", "--between", f"{days}d", "0d")
    assert (two["first"], two["start"], two["new"], two["lost"]) == (str(FIRST), 2, 1, 1)
    both = asked("compare", "shop.example", "rival.example", "--over-time", "--since", f"{days}d")["rows"]
    assert (both[0]["first"], both[0]["start"], both[0]["lost"]) == (str(FIRST + timedelta(1)), 2, 1)
    watched = asked("watch", tmp_path / "targets.txt", "--since", f"{days}d")
    assert (watched["since"], watched["new"], watched["lost"]) == (str(FIRST + timedelta(1)), 1, 1)
    assert asked("to", "shop.example", "--as-of", f"{days}d")["totals"]["backlinks"] == 2
    for option, count in (("--first-seen-from", 1), ("--first-seen-to", 1)):
        assert asked("to", "shop.example", option, f"{days}d")["totals"]["backlinks"] == count
    for command in ("history", "to"):
        shown = said(capsys, command, "shop.example", "--data", folder, *_span(command, days))
        assert "each coming and going" in shown


def _span(command: str, days: int) -> tuple[str, ...]:
    return ("--between", f"{days}d", "0d") if command == "history" else ("--state", "new", "--since", f"{days}d")
