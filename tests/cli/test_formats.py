"""Every command writes every format that it offers, whatever it found: no value is of a type that has no text."""

import csv
import io
import json
from datetime import date
from pathlib import Path
from typing import Final, NoReturn

import click
import pytest

from tests.cli.running import answered, said
from tests.cli.test_width import ASKED, NO_TABLE, SHOP, arguments, folder_of, web
from tests.graph import Graph, Link
from wholinks.cli import COMMANDS, cli
from wholinks.index.states import DAY_S
from wholinks.render import csv as rendered
from wholinks.research.quality.audit import NAMES
from wholinks.storage.records import LinkFlag, Placement

FARM: Final = [f"http://farm-of-many-links-4-you-2026-{number:02}.top/" for number in range(12)]
CELL: Final = (type(None), bool, int, float, str, date, tuple)


def marked() -> Graph:
    """The web of :func:`web`, and after it domains that show every marker of an audit."""
    graph = web()
    for url in FARM:
        graph.page(url, ip="10.7.7.7" if url < FARM[6] else "10.7.7.8")
    for day in range(7):
        graph.wait(DAY_S).page(f"http://quiet.example/{day}")
    graph.wait(DAY_S)
    others = [f"http://out-{number}.example/" for number in range(60)]
    for url in FARM:
        bad = Link(SHOP, "cheap casino tents", flags=LinkFlag.HIDDEN, placement=Placement.FOOTER)
        ip = "10.7.7.7" if url < FARM[6] else "10.7.7.8"
        for page in ("", "a", "b"):
            graph.page(
                url + page, [bad, *others], words=60, simhash=0b1111, ip=ip, noindex=True, canonical=others[0],
            )  # fmt: skip
    return graph.redirect("http://moved-here.example/", SHOP).page(SHOP, [FARM[0]])


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return folder_of(marked(), tmp_path_factory.mktemp("formats"))


def formats_of(asked: str) -> list[str]:
    """The formats that a command offers besides tables."""
    context = click.Context(cli)
    command = cli.get_command(context, asked.split(maxsplit=1)[0])
    if isinstance(command, click.Group):
        command = command.get_command(context, asked.split()[1])
    for option in command.params if command is not None else ():
        if "--format" in option.opts and isinstance(option.type, click.Choice):
            return [name for name in option.type.choices if name in {"json", "jsonl", "csv"}]
    return []


RUN: Final = [(asked, format_) for asked in ASKED.strip().split("\n") for format_ in formats_of(asked)]


def test_every_command_with_formats_is_run() -> None:
    missing = set(COMMANDS) - NO_TABLE - {asked.split()[0] for asked, _ in RUN}
    assert not [name for name in missing if formats_of(f"{name} list")]
    assert len({asked.split()[0] for asked, _ in RUN}) > 30


def test_every_marker_is_shown(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = answered(capsys, "audit", "shop.example", "--data", data)["rows"]
    values = {name: [row["markers"][name] for row in rows] for name in NAMES}
    assert [name for name, found in values.items() if not any(found)] == []
    assert {part.partition("=")[0] for row in rows for part in row["parts"]} == set(NAMES)


@pytest.mark.parametrize(("asked", "format_"), RUN)
def test_every_format_holds_what_it_should(
    asked: str, format_: str, data: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    cell = rendered._cell

    def checked(value: object) -> str:
        assert isinstance(value, CELL), repr(value)
        return cell(value)

    monkeypatch.setattr(rendered, "_cell", checked)
    shown = said(capsys, *arguments(asked, data), "--format", format_)
    if format_ == "csv":
        head, *rows = csv.reader(io.StringIO(shown))
        assert head
        assert all(len(row) == len(head) for row in rows)
        return
    for text in [shown] if format_ == "json" else shown.splitlines():
        assert isinstance(json.loads(text, parse_constant=no_number), dict | list)


def no_number(name: str) -> NoReturn:
    raise AssertionError(f"{name} is no JSON")
