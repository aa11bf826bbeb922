"""Nothing that a person reads is wider than the terminal, but what must stay whole to be of use."""

import re
import shlex
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import click
import pytest
from rich.cells import cell_len

from tests.cli.running import said
from tests.graph import START, Graph, Link
from tests.index.asking import SMALL
from wholinks.cli import COMMANDS, cli, run
from wholinks.index.build import build_index
from wholinks.index.states import DAY_S
from wholinks.storage.records import Placement

SHOP: Final = "http://shop.example/"
LONG: Final = SHOP + "camping/tents-and-tarps/light-tents-for-two-in-the-mountains/ulv-60-in-spruce-green.html"
RIVAL: Final = "http://a-rival-with-a-rather-long-name.example/"
POST: Final = "http://blog.example/2026/03/12/how-to-pitch-a-tent-in-a-storm-without-losing-your-temper-or-it.html"
LAST: Final = f"{datetime.fromtimestamp(START + 3 * DAY_S, UTC):%Y-%m-%d}"
FIRST: Final = f"{datetime.fromtimestamp(START, UTC):%Y-%m-%d}"

ANCHORS: Final = (
    "a tent that stands in every storm, " * 8, "軽量テント" * 30, "אוהל קל להרים 60", "e\u0301te\u0301 " * 40,
    "x" * 400, "\x1b[31mred\u202e", "http://www.shop.example/" + "y" * 90, "",
)  # fmt: skip


def web() -> Graph:
    """Long URLs and names, anchors of any script, links that came and went, pages that are broken, waiting, moved."""
    graph = Graph()
    for number, anchor in enumerate(ANCHORS):
        home = f"http://a-friend-of-tents-number-{number}.example/"
        links: list[Link | str] = [
            Link(LONG, anchor, "nofollow sponsored" if number % 3 else "", before="Text before " * 9, after="and on"),
            Link(SHOP, anchor, placement=Placement.FOOTER), RIVAL, Link(SHOP + "gone/" + "away-" * 20, "old"), POST,
        ]  # fmt: skip
        graph.page(home, [*links, home + "about"], title="Tents " * 20, language="de", ip=f"10.1.{number}.3", words=99)
        graph.page(home + "about", [Link(SHOP, anchor, placement=Placement.FOOTER), RIVAL], ip=f"10.1.{number}.3")
    graph.page(POST, [Link(SHOP, "shop"), Link(LONG, "tent", is_closed=True), RIVAL], canonical="http://blog.example/")
    graph.page("http://blog.example/", [SHOP, RIVAL, LONG]).redirect(SHOP + "old/" + "tent-" * 20, LONG)
    graph.page(SHOP, [LONG, SHOP + "gone/" + "away-" * 20]).page(LONG, [SHOP]).failed(SHOP + "gone/" + "away-" * 20)
    graph.waiting("http://blog.example/later").wait(3 * DAY_S)
    graph.page("http://blog.example/", [SHOP, Link(LONG, "again")]).page("http://new.example/", [LONG, RIVAL])
    return graph


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return folder_of(web(), tmp_path_factory.mktemp("width"))


def folder_of(graph: Graph, place: Path) -> Path:
    """A folder with all that commands read: an index, and beside it files of every kind."""
    folder = graph.write(place / "data")
    build_index(folder, SMALL)
    build_index(web().page("http://other.example/", [LONG]).write(folder.parent / "other"), SMALL)
    write = {
        "campaigns.toml": f'[[campaign]]\nname = "spring"\nfrom = {FIRST}\nuntil = {LAST}\n'
        'targets = ["shop.example"]\nsources = ["blog.example", "never-read.example"]\n'
        'cost = 1200.5\ncurrency = "EUR"\n',
        "claims.csv": "Source url,Target url,Anchor\n"
        f"{POST},{LONG},a tent\nhttp://blog.example/,{SHOP},x\n"
        f"http://unseen.example/{'p/' * 50},{LONG},{'word ' * 40}\n",
        "traffic.csv": "Date,Clicks\n" + "".join(
            f"{datetime.fromtimestamp(START, UTC).date() + timedelta(day)},{day * 7 % 90}\n" for day in range(70)
        ),
        "disavow.txt": f"domain:blog.example\nhttp://new.example/{'long/' * 30}\n",
        "wrong.txt": f"domain:shop.example.\nnonsense with {'many ' * 30}words\n",
        "placed.csv": f"source_url,target_url,rel,anchor\n{POST},{LONG},follow,a tent\nhttp://blog.example/,{SHOP},,\n",
        "targets.txt": f"shop.example\n{LONG}\n",
        "trusted.txt": "blog.example\nnowhere.example\n",
    }  # fmt: skip
    for name, text in write.items():
        (folder / name).write_text(text)
    file = {name: str(folder / name) for name in write}
    for order in (
        ("claims", "import", file["claims.csv"]),
        ("traffic", "import", file["traffic.csv"], "--target", "shop.example"),
        ("review", "shop.example", "blog.example", "--state", "contact", "--note", "wrote to them " * 10),
        ("group", "add", "ours", "shop.example", "blog.example"),
    ):
        assert run([*order, "--data", str(folder)]) == 0, order
    return folder


ASKED: Final = """
to shop.example
to shop.example --by page
to shop.example --by link
to shop.example --by anchor
to shop.example --by target
to shop.example --by host
to shop.example --by kind
to shop.example --by placement
to shop.example --by tld
to shop.example --by language
to shop.example --by page --state lost
to shop.example --by page --state new
to shop.example --by page --state all
to shop.example --by link --columns source_url,target_url,anchor_text,first_seen,context_before,evidence_tag
to shop.example --from blog.example
to shop.example --from nowhere.example
to nowhere.example
from blog.example
from blog.example --by page
from blog.example --by target
links blog.example shop.example
search tent
search nothing-like-it
explain shop.example
explain shop.example --step elements
explain shop.example --step canonical
explain shop.example --step repeats
evidence {post} {long}
evidence http://a-friend-of-tents-number-0.example/ {long}
overview shop.example
overview nowhere.example
domains shop.example
backlinks shop.example
backlinks shop.example --group domain
backlinks shop.example --group similar
anchors shop.example
pages shop.example
pages shop.example --by-path 2
broken shop.example
broken shop.example --only redirect
outgoing blog.example
outgoing a-friend-of-tents-number-1.example --broken
internal shop.example
networks shop.example
networks shop.example --by ip
history shop.example
history shop.example --every day
history shop.example --between {first} {last}
history shop.example --between {first} {last} --domains
watch {data}/targets.txt --since {first}
campaigns {data}/campaigns.toml
campaigns {data}/campaigns.toml --list spring
traffic show shop.example
traffic show shop.example --by month
coverage
coverage shop.example
coverage --against {other}
metrics
metrics backlinks
compare shop.example a-rival-with-a-rather-long-name.example
compare shop.example a-rival-with-a-rather-long-name.example --over-time
gap shop.example a-rival-with-a-rather-long-name.example
gap http://shop.example/none a-rival-with-a-rather-long-name.example --mode exact
intersect shop.example a-rival-with-a-rather-long-name.example
rivals shop.example
authority
authority --pages
authority --harmonic --trust {data}/trusted.txt
explain-score shop.example
explain-score --page {long}
what-if shop.example --without blog.example --disavow {data}/disavow.txt
what-if {long} --without-link {post} {long} --without-page http://new.example/
group list
audit shop.example
decisions shop.example
review shop.example
disavow preview {data}/disavow.txt shop.example
claims check shop.example
claims overlap shop.example
sql 'SELECT * FROM backlinks'
sql 'SELECT * FROM links'
sql "SELECT repeat('many words ', 99) AS a, 1 AS b"
status
status --hosts
status --urls fetched
status --urls failed
why {post}
why {long}
forget --list
"""
NO_TABLE: Final = {
    "crawl", "recrawl", "index", "check", "batch", "report", "export", "backup", "compact", "merge", "demo", "config",
    "completion",
}  # fmt: skip
"""What does something, or writes what is no table; ``check`` is below."""


def is_whole_on_purpose(line: str) -> bool:
    """A URL (after its name), which is of no use in two parts, or a command to be copied."""
    if re.fullmatch(r"[a-z ]{,16}https?://[^ ]+", line):
        return True
    return " " not in line.strip() or (line.startswith("  wholinks ") and " # " not in line)


def too_wide(shown: str, width: int) -> list[str]:
    return [line for line in shown.split("\n") if cell_len(line) > width and not is_whole_on_purpose(line)]


def arguments(asked: str, data: Path) -> list[str]:
    other = data.parent / "other"
    parts = shlex.split(asked.format(data=data, other=other, post=POST, long=LONG, first=FIRST, last=LAST))
    return parts if parts[0] == "metrics" or "lint" in parts else [*parts, "--data", str(data)]


def test_every_command_is_tried() -> None:
    assert {asked.split()[0] for asked in ASKED.split("\n") if asked} | NO_TABLE >= set(COMMANDS)


@pytest.mark.parametrize("asked", ASKED.strip().split("\n"))
def test_no_line_is_wider_than_the_terminal(
    asked: str, data: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for width in (60, 80, 120):
        monkeypatch.setenv("COLUMNS", str(width))
        shown = said(capsys, *arguments(asked, data))
        assert shown.strip()
        assert not too_wide(shown, width)


@pytest.mark.parametrize(
    "asked", ["check {data}/placed.csv --no-crawl", "disavow lint {data}/wrong.txt --target shop.example"]
)
def test_nor_where_something_is_wrong(
    asked: str, data: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for width in (60, 80, 120):
        monkeypatch.setenv("COLUMNS", str(width))
        capsys.readouterr()
        assert run(arguments(asked, data))
        shown = capsys.readouterr().out
        assert shown.strip()
        assert not too_wide(shown, width)


def helps() -> Iterator[tuple[str, ...]]:
    """The arguments for the help of every command, and of those below groups."""
    context = click.Context(cli)
    for name in COMMANDS:
        yield (name,)
        command = cli.get_command(context, name)
        if isinstance(command, click.Group):
            yield from ((name, below) for below in command.commands)


@pytest.mark.parametrize("width", [80, 120])
def test_help_is_no_wider_and_broken_at_blanks_alone(
    width: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    for path in ((), *helps()):
        lines = said(capsys, *path, "--help").split("\n")
        wide = [line for line in lines if cell_len(line) > width and not line.startswith("    ")]
        assert not wide, path
        assert not [line for line in lines if "  " in line and re.search(r"\b(wholinks|seed|first-seen)-$", line)], path


def test_help_loses_nothing_of_what_is_written(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    context = click.Context(cli)
    for path in helps():
        shown = "".join(said(capsys, *path, "--help").split())
        command = cli.get_command(context, path[0])
        for name in path[1:]:
            assert isinstance(command, click.Group)
            command = command.commands[name]
        assert command is not None
        for text in (command.help, command.epilog, *(getattr(param, "help", "") for param in command.params)):
            assert "".join((text or "").replace("\b", "").split()) in shown, (path, text)


def test_an_example_that_has_no_room_has_its_comment_below(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    shown = said(capsys, "group", "--help")
    assert "blog.example\n        sites that are no sources for each other\n" in shown


def test_into_a_pipe_each_row_is_a_line_and_every_url_whole(
    data: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("COLUMNS")
    shown = said(capsys, "to", "shop.example", "--by", "page", "--limit", "all", "--data", data)
    rows = [line for line in shown.split("\n") if line.startswith("http://")]
    assert len(rows) == len([row for row in rows if SHOP in row]) > len(ANCHORS)
    assert "no room" not in shown
