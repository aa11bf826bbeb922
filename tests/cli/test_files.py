"""A file that isn't there, or can't be read, is told in one way by every command that reads one."""

from pathlib import Path
from typing import Any, Final

import click
import pytest

from tests.graph import Graph
from tests.index.asking import SMALL
from wholinks.cli import COMMANDS, cli, run
from wholinks.cli.options import FILE
from wholinks.index.build import build_index

READERS: Final = {
    "crawl": ["crawl", "./FILE"],
    "crawl --cacert": ["crawl", "http://127.0.0.1:9/", "--cacert", "FILE"],
    "crawl --suffix-list": ["crawl", "http://127.0.0.1:9/", "--suffix-list", "FILE"],
    "check": ["check", "FILE"],
    "campaigns": ["campaigns", "FILE"],
    "watch": ["watch", "FILE"],
    "batch": ["batch", "FILE"],
    "authority --trust": ["authority", "--trust", "FILE"],
    "what-if --disavow": ["what-if", "shop.example", "--disavow", "FILE"],
    "disavow lint": ["disavow", "lint", "FILE"],
    "disavow preview": ["disavow", "preview", "FILE", "shop.example"],
    "claims import": ["claims", "import", "FILE"],
    "traffic import": ["traffic", "import", "FILE", "--target", "shop.example"],
    "audit --rules": ["audit", "shop.example", "--rules", "FILE"],
    "report --rules": ["report", "shop.example", "-o", "out.html", "--rules", "FILE"],
    "report --campaigns": ["report", "shop.example", "-o", "out.html", "--campaigns", "FILE"],
    "--config": ["--config", "FILE", "status"],
}
"""What reads a file, and how."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("files")
    build_index(
        Graph().page("http://blog.example/", links=["http://shop.example/"]).write(home / "wholinks-data"), SMALL
    )
    (home / "folder").mkdir()
    (home / "odd.txt").write_bytes(b"domain:caf\xe9.example\n")
    (home / "closed.txt").write_text("shop.example\n", "utf-8")
    return home


def _told(
    reader: str, name: str, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> str:
    monkeypatch.chdir(folder)
    capsys.readouterr()
    assert run([argument.replace("FILE", name) for argument in READERS[reader]]) == 2
    shown = capsys.readouterr()
    assert not shown.out
    lines = 1 + (reader == "crawl")  # what is wrong with each seed, then that there is none
    assert shown.err.count("\n") == lines, shown.err
    assert name in shown.err
    return shown.err


@pytest.mark.parametrize("reader", READERS)
def test_a_file_that_is_not_there(
    reader: str, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    told = _told(reader, "none.txt", folder, capsys, monkeypatch)
    assert "none.txt: no such file; name a" in told.replace("'./none.txt'", "none.txt")


@pytest.mark.parametrize("reader", READERS)
def test_a_folder_is_no_file(
    reader: str, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    told = _told(reader, "folder", folder, capsys, monkeypatch)
    assert "folder: a folder; name a" in told.replace("'./folder'", "folder")


@pytest.mark.parametrize("reader", sorted(READERS.keys() - {"crawl --cacert", "claims import", "traffic import"}))
def test_a_file_that_is_no_utf8(
    reader: str, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    if reader.startswith(("disavow", "what-if")):
        pytest.skip("which line of a disavow file is no UTF-8 is one of its findings")
    assert "not UTF-8" in _told(reader, "odd.txt", folder, capsys, monkeypatch)


@pytest.mark.parametrize("reader", sorted(READERS.keys() - {"crawl --cacert"}))  # OpenSSL opens it
def test_a_file_that_must_not_be_read(
    reader: str, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(path: Path, *arguments: Any, **options: Any) -> Any:
        if path.name == "closed.txt":
            raise PermissionError(13, "Permission denied")
        return real(path, *arguments, **options)

    real: Any = Path.open

    monkeypatch.setattr(Path, "open", refused)
    told = _told(reader, "closed.txt", folder, capsys, monkeypatch)
    assert "closed.txt: can't be read: permission denied; name a" in told.replace("'./closed.txt'", "closed.txt")


def _files(command: click.Command, name: str) -> set[str]:
    """The arguments and options of a command that take a file to read, as :data:`READERS` names them."""
    context = click.Context(command)
    if isinstance(command, click.Group):
        below = [(f"{name} {one}", command.get_command(context, one)) for one in command.list_commands(context)]
        return {found for called, one in below if one is not None for found in _files(one, called)}
    return {
        f"{name} {param.opts[0]}" if isinstance(param, click.Option) else name
        for param in command.params
        if param.type is FILE
    }


def test_every_command_that_reads_a_file_is_asked() -> None:
    context = click.Context(cli)
    found: set[str] = set()
    for name in COMMANDS:
        command = cli.get_command(context, name)
        assert command is not None
        found |= _files(command, name)
    found |= {param.opts[0] for param in cli.params if param.type is FILE}
    as_crawl = {name for name in found if name.startswith(("check --", "recrawl --"))}
    assert READERS.keys() - {"crawl"} == found - as_crawl


def test_no_command_lets_click_speak_of_a_file() -> None:
    """click's own words for a file that is missing are other words, so no file to read is declared to exist."""
    for file in (Path(__file__).parents[2] / "wholinks/cli").glob("*.py"):
        assert "exists=True" not in file.read_text("utf-8"), file
