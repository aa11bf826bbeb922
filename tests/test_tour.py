"""docs/tour.md is true: every command and snippet in it is run, in order, and prints what the page says."""

import io
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import Final

import pytest

from wholinks.cli import run

TOUR: Final = Path(__file__).parents[1] / "docs/tour.md"
CUT: Final = "…"
WIDTH: Final = "100"

# What differs from day to day and from machine to machine, and nothing else; spaces at the end of a line show nowhere.
_DIFFERS: Final = (
    (r"\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d_UTC", "LIST"),  # the version of the suffix list
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "TIME"),
    (r"\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d)? UTC", "TIME"),
    (r"\d{4}-\d\d-\d\d", "DATE"),
    (r"\bafter \d+:\d\d(:\d\d)?\b", "after SPAN"),
    (r"\bin \d+\.\d s\b", "in SPAN"),
    (r"\b\d+\.\d [kMG]B\b", "SIZE"),
    (r"\b[0-9a-f]{16}\b", "HASH"),
    (r"[ ]+$", ""),
)
_FENCE: Final = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Step:
    """Something the reader types, and the lines the page shows below it; None where it shows nothing."""

    language: str
    typed: str
    shown: list[str] | None


def steps() -> Iterator[Step]:
    """What the reader is to do: each ``$`` line of the console blocks, each Python snippet, each settings file."""
    blocks = _FENCE.findall(TOUR.read_text("utf-8"))
    for (language, text), (next_language, next_text) in zip(blocks, [*blocks[1:], ("", "")], strict=True):
        if language == "console":
            lines = text.splitlines()
            assert lines[0].startswith("$ ")
            for number, line in enumerate(lines):
                if line.startswith("$ "):
                    shown = takewhile(lambda below: not below.startswith("$ "), lines[number + 1 :])
                    yield Step(language, line.removeprefix("$ "), list(shown))
        elif language in {"python", "toml"}:
            yield Step(language, text, next_text.splitlines() if next_language == "text" else None)
        else:
            assert language in {"sh", "text"}, f"{language}: this test would pass it over"


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A terminal of 100 columns in a folder where the demo has run, with the tour's exports; what the demo printed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("tour"))
        patch.setenv("COLUMNS", WIDTH)
        for name in ("WHOLINKS_DATA", "WHOLINKS_CONFIG", "FORCE_COLOR"):
            patch.delenv(name, raising=False)
        printed = wholinks("demo")
        for step in steps():
            if step.typed.startswith("export "):
                name, _, value = step.typed.removeprefix("export ").partition("=")
                patch.setenv(name, value)
        yield printed


@pytest.mark.parametrize("step", list(steps()), ids=lambda step: f"{step.language}: {step.typed.splitlines()[0][:60]}")
def test_it_prints_what_the_tour_says(step: Step, demo: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", WIDTH)
    if step.language == "toml":
        Path("field.toml").write_text(step.typed, "utf-8")
        printed = wholinks("--config field.toml config")
        assert not set(step.typed.splitlines()) - set(printed.splitlines())
        return
    if step.language == "python":
        printed = python(step.typed)
    elif step.typed.startswith("export "):
        printed = ""
    else:
        printed = demo if step.typed == "wholinks demo" else shell(step.typed)
    actual = [neutral(line) for line in printed.splitlines()]
    shown = [neutral(line) for line in step.shown or []]
    assert filled(shown, actual) == actual


def wholinks(arguments: str) -> str:
    """What the command prints, on either stream, as a terminal would show it."""
    with io.StringIO() as out, redirect_stdout(out), redirect_stderr(out):
        code = run(shlex.split(arguments))
        assert code == 0, out.getvalue()
        return out.getvalue()


def shell(typed: str) -> str:
    """What a console line prints: ours in this process, which is quick; what is behind a pipe, in a shell."""
    program, _, rest = typed.partition(" ")
    ours, _, filter_ = rest.partition(" | ") if program == "wholinks" else ("", "", typed)
    fed = wholinks(ours) if ours else ""
    if not filter_:
        return fed
    if not shutil.which(filter_.partition(" ")[0]):
        pytest.skip(f"needs {filter_.partition(' ')[0]}")
    return subprocess.run(
        filter_, shell=True, input=fed, check=True, capture_output=True, encoding="utf-8"
    ).stdout  # fmt: skip


def python(source: str) -> str:
    """What a snippet prints."""
    with io.StringIO() as out, redirect_stdout(out):
        exec(compile(source, str(TOUR), "exec"), {})
        return out.getvalue()


def neutral(line: str) -> str:
    for pattern, word in _DIFFERS:
        line = re.sub(pattern, word, line)
    return line


def filled(shown: list[str], actual: list[str]) -> list[str]:
    """``shown`` with the lines its cuts stand for put in; a cut that can't be closed stays, and so compares unequal."""
    whole: list[str] = []
    for number, line in enumerate(shown):
        if line != CUT:
            whole.append(line)
            continue
        after = list(takewhile(lambda below: below != CUT, shown[number + 1 :]))
        ends = [at for at in range(len(whole), len(actual) + 1) if actual[at : at + len(after)] == after]
        if not after:
            return actual if whole == actual[: len(whole)] else whole
        whole += actual[len(whole) : ends[0]] if ends else [CUT]
    return whole


def test_a_line_that_differs_is_noticed() -> None:
    actual = ["a", "b", "c", "d"]
    for same in (["a", "b", "c", "d"], ["…", "d"], ["a", "…"], ["…", "b", "…"], ["a", "…", "c", "d"], ["…"]):
        assert filled(same, actual) == actual
    for other in ([], ["a", "b", "c"], ["…", "x"], ["b", "…"], ["…", "c"], ["a", "…", "d", "e"], ["x", "…"]):
        assert filled(other, actual) != actual
    assert neutral("crawl done after 0:07: 88 pages") == neutral("crawl done after 1:02:03: 88 pages")
    assert neutral("23 backlinks") != neutral("24 backlinks")
