"""One of a thing is one thing: no command says "1 links", and none a moment as scripts read it."""

import re
import shlex
from pathlib import Path
from typing import Final

import pytest

from tests.graph import Graph
from tests.index.asking import SMALL
from wholinks.cli import run
from wholinks.index.build import build_index
from wholinks.storage.wording import counted, time_told

NO_PLURALS: Final = {"is", "was", "has", "less"}
"""Words that end so and are none."""
_ADJECTIVE: Final = "(?:broken|internally|known|linked|more|new|other|placed|referring|source|whole) "
_ONE: Final = re.compile(rf"(?<![\d.,:/-])1 ((?:{_ADJECTIVE})*)(\w+s)\b")
_ISO: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")

COMMANDS: Final = [
    "status", "why blog.example/", "why blog.example/no", "to shop.example", "to shop.example --by page",
    "to shop.example --from blog.example", "to blog.example --from shop.example", "from blog.example",
    "links blog.example shop.example", "search tents", "explain shop.example", "explain shop.example --step elements",
    "explain shop.example --step kinds", "evidence http://blog.example/ http://shop.example/", "overview shop.example",
    "overview blog.example", "domains shop.example", "backlinks shop.example --group domain",
    "backlinks shop.example --group similar", "anchors shop.example", "pages shop.example --by-path 1",
    "broken shop.example", "outgoing blog.example", "internal blog.example", "networks shop.example",
    "history shop.example", "history shop.example --between 2026-01-01 2026-01-02", "campaigns c.toml",
    "campaigns c.toml --list spring", "watch targets.txt", "batch targets.txt", "coverage", "coverage blog.example",
    "coverage --against other", "compare shop.example blog.example", "compare shop.example blog.example --over-time",
    "gap other.example shop.example", "gap blog.example shop.example",  "intersect shop.example elsewhere.example",
    "rivals shop.example", "authority", "authority --harmonic", "authority --pages", "explain-score shop.example",
    "explain-score --page http://shop.example/", "what-if shop.example --without blog.example", "group list",
    "audit shop.example", "decisions shop.example", "disavow lint disavow.txt",
    "disavow preview disavow.txt shop.example", "claims import claims.csv",
    "claims check shop.example", "claims overlap shop.example", "traffic import traffic.csv --target shop.example",
    "traffic show shop.example", "report shop.example -o report.html --rival blog.example",
    "review shop.example blog.example --state disavow", "disavow write shop.example -o written.txt", "index",
    "merge merged other", "backup saved", "compact", "check --no-crawl placed.csv",
    "forget unknown.example --yes", "forget --list",
]  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one link from one site to another, and files that list one thing each."""
    home = tmp_path_factory.mktemp("one")
    web = Graph().page("http://blog.example/", links=["http://shop.example/"])
    for name in ("wholinks-data", "other"):
        build_index(web.write(home / name), SMALL)
    texts = {
        "targets.txt": "shop.example\n",
        "placed.csv": "source,target\nhttp://blog.example/,http://shop.example/\n",
        "disavow.txt": "domain:blog.example\ndomain:elsewhere.example\n",
        "claims.csv": "Source url,Target url,Anchor\nhttp://blog.example/,http://shop.example/,x\n",
        "traffic.csv": "Date,Clicks\n2026-01-01,1\n",
        "c.toml": '[[campaign]]\nname = "spring"\nfrom = 2026-01-01\ncost = 1\ncurrency = "EUR"\n'
        'targets = ["shop.example"]\n',
    }
    for name, text in texts.items():
        (home / name).write_text(text, "utf-8")
    return home


@pytest.mark.parametrize("typed", COMMANDS)
def test_a_count_of_one_has_a_noun_in_the_singular(
    typed: str, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    assert not run(shlex.split(typed))
    told = capsys.readouterr()
    text = f"{told.out}\n{told.err}"
    wrong = [found[0] for found in _ONE.finditer(text) if found[2] not in NO_PLURALS]
    assert not wrong, text
    assert not _ISO.search(text), text


def test_the_page_of_a_report_says_so_too(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    assert run(["report", "shop.example", "-o", "page.html"]) == 0
    text = re.sub(r"<[^>]*>", "\n", (folder / "page.html").read_text("utf-8").partition("<body")[2])
    assert not [found[0] for found in _ONE.finditer(text) if found[2] not in NO_PLURALS]


@pytest.mark.parametrize(
    ("number", "words", "told"),
    [(1, ("link",), "1 link"), (0, ("link",), "0 links"), (1234, ("link",), "1,234 links"),
     (1, ("entry", "entries"), "1 entry"), (2, ("entry", "entries"), "2 entries"),
     (1, ("page is", "pages are"), "1 page is")],
)  # fmt: skip
def test_counted(number: int, words: tuple[str, ...], told: str) -> None:
    assert counted(number, *words) == told


def test_a_moment_is_told_in_utc() -> None:
    assert time_told(0) == "1970-01-01 00:00 UTC"
    assert time_told(59, to_second=True) == "1970-01-01 00:00:59 UTC"
