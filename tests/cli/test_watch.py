"""``wholinks watch``: what is delivered where, and that nothing is lost when a delivery fails."""

import io
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cli.running import answered, said
from tests.cli.test_crawl import COMMAND
from tests.graph import Graph, Link
from tests.hooked import HANG, OK, answer, endless, hook
from tests.index.asking import SMALL
from wholinks import webhook
from wholinks.cli import run
from wholinks.index.build import build_index
from wholinks.index.states import DAY_S
from wholinks.render import watch as rendered

SHOP = "http://shop.example/"


@pytest.fixture(autouse=True)
def _hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook, "PAUSE_S", 0.01)
    monkeypatch.setattr(webhook, "TIMEOUT_S", 1.0)


def before() -> Graph:
    return Graph().page("http://a.example/", [SHOP]).page("http://b.example/", [])


def after() -> Graph:
    graph = before().wait(DAY_S).page("http://a.example/", [])
    return graph.page("http://b.example/", [Link(SHOP, "=cmd|'\x1b[2J' /x\u202egnp")])


@pytest.fixture
def data(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """A folder whose watch has seen the first crawl, and whose index has the second."""
    (tmp_path / "targets.txt").write_text("# ours\nshop.example # the shop\n\nhttp://shop.example/tents\n")
    folder = before().write(tmp_path / "data")
    build_index(folder, SMALL)
    first = said(capsys, "watch", tmp_path / "targets.txt", "--data", folder, "--exit-code")
    assert "nothing is new or lost yet: shop.example, shop.example/tents" in first
    assert "no backlink counts of shop.example/tents: typed right?" in first
    build_index(after().write(folder), SMALL)
    return folder


def command(data: Path, *more: str | Path) -> tuple[str | Path, ...]:
    return "watch", data.parent / "targets.txt", "--data", data, *more


def test_news_are_told_once_and_by_exit_code(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert run([str(part) for part in command(data, "--exit-code")]) == 3
    shown = capsys.readouterr().out
    assert "2 targets: 1 new, 1 lost since the last look" in shown
    assert "added to a page known before" in shown
    assert "the link was taken off the page" in shown
    assert not {"\x1b", "\u202e"} & set(shown)
    assert "0 new, 0 lost" in said(capsys, *command(data, "--exit-code"))


def test_every_format_has_the_rows(data: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    since = "--since", str(time.strftime("%Y-%m-%d", time.gmtime(0)))
    found = answered(capsys, *command(data, *since))
    assert [row["change"] for row in found["rows"]] == ["new"]
    assert [one["target"] for one in found["targets"]] == ["shop.example", "shop.example/tents"]
    for format_ in ("csv", "jsonl"):
        lines = said(capsys, *command(data, *since, "--format", format_)).splitlines()
        assert len(lines) == 1 + (format_ == "csv")
    assert said(capsys, *command(data, "--format", "csv", "-o", tmp_path / "out.csv")) == ""
    rows = (tmp_path / "out.csv").read_text().splitlines()
    assert len(rows) == 3
    assert "'=cmd|" in rows[1]
    assert "0 new" in said(capsys, *command(data))


def test_since_a_day_moves_nothing(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said(capsys, *command(data, "--since", "2020-01-01"))
    assert "1 new, 1 lost" in said(capsys, *command(data))


def test_a_webhook_gets_what_changed_and_nothing_else(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with hook() as served:
        said(capsys, *command(data, "--webhook", served.url))
        said(capsys, *command(data, "--webhook", served.url))
    (told,) = served.told
    assert (told["event"], told["watch"], told["new"], told["lost"]) == ("watch", "targets.txt", 1, 1)
    assert (told["part"], told["parts"], told["schema"]) == (1, 1, 1)
    assert [(row["change"], row["why"], row["target"]) for row in told["rows"]] == [
        ("new", "linkfound", "shop.example"), ("lost", "removedfromhtml", "shop.example"),
    ]  # fmt: skip
    assert told["rows"][0]["anchor_text"] == "=cmd|'\x1b[2J' /x\u202egnp"
    assert told["targets"][0]["before"] == 1


def test_many_rows_go_in_parts(data: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rendered, "PART_ROWS", 1)
    with hook() as served:
        said(capsys, *command(data, "--webhook", served.url))
    one, two = served.told
    assert [(told["part"], told["parts"], len(told["rows"])) for told in (one, two)] == [(1, 2, 1), (2, 2, 1)]
    assert one["delivery"] == two["delivery"]


@pytest.mark.parametrize(
    ("said_", "told"),
    [
        (answer(500), "answered 500, twice"),
        (answer(404), "answered 404"),
        (answer(302, "Location: http://evil.example/"), "to evil.example"),
        (HANG, "no answer in time, twice"),
    ],
)
def test_a_webhook_that_fails_loses_nothing(
    data: Path, capsys: pytest.CaptureFixture[str], said_: bytes, told: str
) -> None:
    with hook(said_) as served:
        errors = said(capsys, *command(data, "--webhook", served.url, "--exit-code"), code=1).splitlines()
    assert told in errors[-1]
    assert len(errors) == 1 + ("twice" in told)
    assert "s3cret" not in "".join(errors)
    with hook(endless) as served:
        assert "1 new, 1 lost" in said(capsys, *command(data, "--webhook", served.url))
    assert served.told[0]["new"] == 1
    assert "0 new, 0 lost" in said(capsys, *command(data))


def test_the_same_news_have_the_same_delivery(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with hook(answer(404), answer(404), OK) as served:
        for code in (1, 1, 0):
            said(capsys, *command(data, "--webhook", served.url), code=code)
    assert len({told["delivery"] for told in served.told}) == 1


def test_an_output_that_cannot_be_written_loses_nothing(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with hook() as served:
        told = said(capsys, *command(data, "-o", data / "none" / "x", "--webhook", served.url), code=1)
    assert "can't be written" in told
    assert served.bodies == []
    assert "1 new, 1 lost" in said(capsys, *command(data))


def test_killed_while_it_delivers_it_tells_the_same_news_again(
    data: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    with hook(HANG) as served:
        out = tmp_path / "out.json"
        arguments = [str(part) for part in command(data, "--format", "json", "-o", out, "--webhook", served.url)]
        process = subprocess.Popen([*COMMAND, *arguments])
        until = time.monotonic() + 60
        while not served.bodies and process.poll() is None and time.monotonic() < until:
            time.sleep(0.02)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    assert process.returncode == -signal.SIGKILL
    assert len(served.bodies) == 1
    assert out.read_text().startswith("{")
    assert out.read_text().endswith("}\n")
    assert "1 new, 1 lost" in said(capsys, *command(data))


def test_without_a_webhook_there_is_no_network(data: Path) -> None:
    arguments = [str(part) for part in command(data)]
    code = f"import sys; from wholinks.cli import run; run({arguments!r}); sys.exit('aiohttp' in sys.modules)"
    assert subprocess.run([sys.executable, "-P", "-c", code], check=False, capture_output=True).returncode == 0


def test_watches_are_told_apart_by_name(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "nothing is new or lost yet" in said(capsys, *command(data, "--name", "other"))
    assert "0 new, 0 lost" in said(capsys, *command(data, "--name", "other"))
    assert "1 new, 1 lost" in said(capsys, *command(data))


def test_targets_from_standard_input(
    data: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("shop.example\n"))
    assert "1 target: 0 new" in said(capsys, "watch", "-", "--data", data)


def test_damaged_notes_are_one_line_and_nothing_is_sent(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    damage = b"no database, but as long as the header of one would be" * 90
    notes = data / "notes.db"
    notes.write_bytes(damage)
    with hook() as served:
        for arguments in (command(data, "--webhook", served.url), ("traffic", "show", "a.example", "--data", data)):
            told = said(capsys, *arguments, code=1)
            assert "notes.db: " in told
            assert len(told.splitlines()) == 1
    assert served.bodies == []
    assert notes.read_bytes() == damage


def test_what_cannot_be_meant_is_one_line(data: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "wrong.txt").write_text("shop.example\nmailto:x@shop.example\n")
    (tmp_path / "empty.txt").write_text("# nothing\n")
    for file, told in (("wrong.txt", "wrong.txt:2: "), ("empty.txt", "no target in it"), ("none.txt", "no such file")):
        assert told in said(capsys, "watch", tmp_path / file, "--data", data, code=2)
    assert "is no day" in said(capsys, *command(data, "--since", "soon"), code=2)
    assert "the list of targets itself" in said(capsys, *command(data, "-o", command(data)[1]), code=2)
    assert "not an http" in said(capsys, *command(data, "--webhook", "s3cret"), code=2)
