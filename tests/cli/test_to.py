"""``wholinks to`` and ``wholinks index``, as a person or a script runs them."""

import csv
import io
import json
import os
import signal
import subprocess
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from tests.graph import Graph, Link
from tests.render.test_json import INNER, TOP
from wholinks.cli import run
from wholinks.index.answers import ROWS
from wholinks.index.questions import By, Direction

SHOP = "http://shop.example/"
WHOLINKS = [sys.executable, "-c", "from wholinks.cli import main; main()"]


def web() -> Graph:
    graph = Graph()
    for name, count in (("a", 10), ("b", 5), ("c", 8)):
        for number in range(count):
            rel = "nofollow" if number == 3 else ""
            graph.page(f"http://{name}.example/{number}", [Link(SHOP, f"\x1b[31m={name}", rel)])
    return graph


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = web().write(tmp_path_factory.mktemp("data"))
    assert run(["index", "--data", str(folder)]) == 0
    return folder


class Ran:
    """What a command printed, and how it ended."""

    def __init__(self, capsys: pytest.CaptureFixture[str], *arguments: str) -> None:
        capsys.readouterr()
        self.code = run(arguments)
        self.out, self.err = capsys.readouterr()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_an_output_that_is_full_is_one_line(data: Path) -> None:
    with Path("/dev/full").open("w") as full:
        ran = subprocess.run(
            [*WHOLINKS, "to", "shop.example", "--data", str(data)], stdout=full, stderr=subprocess.PIPE, check=False
        )
    assert ran.returncode == 1
    assert ran.stderr == b"wholinks: standard output can't be written: No space left on device\n"


def test_an_output_that_is_closed_is_not_written(data: Path) -> None:
    command = f'exec "$@" {"--data"} {data} >&-'
    ran = subprocess.run(["sh", "-c", command, "sh", *WHOLINKS, "to", "shop.example"], capture_output=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, b"")


def test_a_fault_of_ours_is_a_traceback_and_no_more(data: Path) -> None:
    code = "from wholinks.index.queries import Index; Index.__init__ = None; from wholinks.cli import main; main()"
    command = [sys.executable, "-c", code, "to", "shop.example", "--data", str(data)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 1
    assert ran.stderr.startswith("Traceback")
    assert ran.stderr.splitlines()[-1].startswith("TypeError")


def test_the_table_answers_the_users_example(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ran = Ran(capsys, "to", "shop.example", "--data", str(data))
    assert ran.code == 0
    assert ran.err == ""
    lines = ran.out.split("\n")
    assert lines[0].startswith("23 backlinks to shop.example (subdomains) from 3 referring domains")
    assert [line.split()[:2] for line in lines[4:7]] == [["a.example", "10"], ["c.example", "8"], ["b.example", "5"]]
    assert lines[8].split()[:3] == ["Sum", "23", "23"]


def test_json_is_the_contract(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = json.loads(Ran(capsys, "to", "shop.example", "--data", str(data), "--format", "json").out)
    assert list(found) == TOP
    assert {name: list(found[name]) for name in INNER} == INNER
    assert found["totals"]["backlinks"] == sum(row["backlinks"] for row in found["rows"]) == 23
    assert found["totals"]["nofollow"] == 3


@pytest.mark.parametrize("by", list(By))
def test_jsonl_and_csv_have_all_rows_and_nothing_else(data: Path, capsys: pytest.CaptureFixture[str], by: By) -> None:
    options = ["to", "shop.example", "--data", str(data), "--by", by.value, "--format"]
    whole = json.loads(Ran(capsys, *options, "json").out)["rows"]
    lines = [json.loads(line) for line in Ran(capsys, *options, "jsonl").out.splitlines()]
    assert lines == whole
    assert list(lines[0]) == [field.name for field in fields(ROWS[Direction.TO][by])]
    rows = list(csv.DictReader(io.StringIO(Ran(capsys, *options, "csv").out)))
    assert len(rows) == len(whole)
    if by in {By.PAGE, By.LINK}:
        assert len(rows) == 23
        assert rows[0]["anchor_text"] == "\\x1b[31m=a"


def test_only_the_table_has_a_default_limit(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ["to", "shop.example", "--data", str(data), "--by", "page"]
    assert "… and 3 more; --limit 23 shows all" in Ran(capsys, *options).out
    assert "… and 21 more; --limit 23 shows all" in Ran(capsys, *options, "--limit", "2").out
    assert len(json.loads(Ran(capsys, *options, "--format", "json").out)["rows"]) == 23
    cut = json.loads(Ran(capsys, *options, "--format", "json", "--limit", "2").out)
    assert (len(cut["rows"]), cut["totals"]["backlinks"]) == (2, 23)


def test_filters_and_modes_are_options(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def backlinks(*options: str) -> int:
        out = Ran(capsys, "to", *options, "--data", str(data), "--format", "json").out
        return int(json.loads(out)["totals"]["backlinks"])

    assert backlinks("shop.example", "--follow", "nofollow") == 3
    assert backlinks("shop.example", "--kind", "image", "--kind", "frame") == 0
    assert backlinks("shop.example", "--kind", "text", "--mode", "exact", "--protocol", "http") == 23
    assert backlinks("shop.example", "--protocol", "https") == 0


def test_an_unknown_target_is_zero_and_done(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ran = Ran(capsys, "to", "nobody.example", "--data", str(data))
    assert ran.code == 0
    assert ran.out.split("\n")[0] == "0 backlinks to nobody.example (subdomains)."
    assert "Looked at 23 of 23 pages known on 3 domains" in ran.out


def test_a_hint_goes_to_stderr(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ran = Ran(capsys, "to", "www.shop.example/", "--mode", "exact", "--data", str(data))
    assert ran.err == "wholinks: no links to www.shop.example/, but 23 to shop.example/\n"


def test_without_an_index_it_says_what_to_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ran = Ran(capsys, "to", "shop.example", "--data", str(tmp_path))
    assert ran.code == 1
    assert ran.out == ""
    assert ran.err == (
        f"wholinks: {tmp_path}: no crawl and no index here; run 'wholinks crawl SEED... --data {tmp_path}' first\n"
    )


def test_an_index_older_than_the_crawl_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(["index", "--data", str(web().write(tmp_path))])
    web().page("http://d.example/").write(tmp_path)
    ran = Ran(capsys, "to", "shop.example", "--data", str(tmp_path), "--format", "json")
    assert ran.err == f"wholinks: the index is older than the crawl; run 'wholinks index --data {tmp_path}'\n"
    assert json.loads(ran.out)["snapshot"]["stale"] is True


@pytest.mark.parametrize(
    "wrong",
    [
        ["to"], ["to", "a b"], ["to", ""], ["to", "a", "b"], ["to", "shop.example/?x", "--mode", "prefix"], ["nothing"],
        ["to", "shop.example", "--by", "x"], ["to", "shop.example", "--limit", "-1"], ["to", "shop.example", "--bad"],
    ],
)  # fmt: skip
def test_wrong_usage_is_one_line_and_2(data: Path, capsys: pytest.CaptureFixture[str], wrong: list[str]) -> None:
    ran = Ran(capsys, *wrong, *(["--data", str(data)] if len(wrong) > 1 else []))
    assert ran.code == 2
    assert ran.out == ""
    assert ran.err.startswith("wholinks: ")
    assert ran.err.count("\n") == 1


def test_hostile_arguments_are_harmless_in_messages(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["to", "a\x1b[31m b"], ["to", "a", "--by", "\x1b[31m\u202e"], ["\x1b[2J"]):
        ran = Ran(capsys, *arguments, "--data", str(data))
        assert ran.code == 2
        assert not {"\x1b", "\u202e"} & set(ran.err)


def test_help_has_examples(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in ([], ["--help"], ["to", "--help"], ["index", "-h"]):
        ran = Ran(capsys, *arguments)
        assert ran.code == 0
        assert "Examples:" in ran.out


def test_the_version_names_the_suffix_list(capsys: pytest.CaptureFixture[str]) -> None:
    assert "public suffix list 20" in Ran(capsys, "--version").out


def test_index_says_what_it_built(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ran = Ran(capsys, "index", "--data", str(data), "--format", "json")
    found: dict[str, Any] = json.loads(ran.out)
    assert (found["schema"], found["links"], found["pages"]) == (1, 23, 23)
    assert "index built in" in ran.err
    assert Ran(capsys, "index", "--data", str(data)).out == ""


def test_index_without_a_crawl_is_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ran = Ran(capsys, "index", "--data", str(tmp_path))
    assert ran.code == 1
    assert "run 'wholinks crawl" in ran.err


# -- as a process


def process(*arguments: str, **options: Any) -> subprocess.CompletedProcess[bytes]:
    environment = {**os.environ, **options.pop("env", {})}
    return subprocess.run([*WHOLINKS, *arguments], capture_output=True, check=False, env=environment, **options)


def test_the_data_folder_may_come_from_the_environment(data: Path) -> None:
    ran = process("to", "shop.example", env={"WHOLINKS_DATA": str(data)})
    assert ran.returncode == 0
    assert b"23 backlinks" in ran.stdout


def test_output_is_utf8_in_any_locale(data: Path) -> None:
    ran = process(
        "to", "fa\u00df.de", "--data", str(data), env={"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    )
    assert ran.returncode in {0, 2}  # C locales may not even carry the argument
    assert b"Traceback" not in ran.stderr
    ran = process("to", "xn--fa-hia.de", "--data", str(data), env={"PYTHONIOENCODING": "ascii"})
    assert "faß.de".encode() in ran.stdout


def test_a_reader_that_goes_away_is_no_error(data: Path) -> None:
    command = [*WHOLINKS, "to", "shop.example", "--data", str(data), "--by", "link", "--format", "jsonl"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        if running.stdout is None or running.stderr is None:
            pytest.fail("no pipes")
        running.stdout.close()
        assert running.stderr.read() == b""
        assert running.wait() == 128 + signal.SIGPIPE


def test_answering_loads_neither_an_http_client_nor_a_parser(data: Path) -> None:
    code = (
        "import sys; from wholinks.cli import run;"
        f"run(['to', 'shop.example', '--data', {str(data)!r}, '--format', 'json']);"
        "sys.exit(', '.join({'aiohttp', 'selectolax', 'uvloop', 'rich', 'adbc_driver_sqlite'} & set(sys.modules)))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert ran.stderr in {b"\n", b""}
