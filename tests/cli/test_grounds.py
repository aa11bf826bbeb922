"""``explain``, ``evidence`` and ``to --from``: the JSON is what Python answers, and the text is safe to look at."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.graph import START, Graph, Link
from tests.index.asking import SMALL
from wholinks.cli import run
from wholinks.index.build import build_index
from wholinks.index.ledger import Step
from wholinks.index.queries import Index
from wholinks.index.questions import By, Question
from wholinks.render.json import plain
from wholinks.storage.errors import UsageError
from wholinks.storage.records import State

SHOP = "http://shop.example/"
DAY = f"{datetime.fromtimestamp(START, UTC):%Y-%m-%d}"
HOSTILE = "\x1b[2J\u202eevil\nnext"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    graph = (
        Graph()
        .page("http://fan.example/", [Link(SHOP, HOSTILE, tag=f"<a title='{HOSTILE}'>", before=HOSTILE), SHOP])
        .page("http://fan.example/copy", [SHOP], canonical="http://fan.example/", title=HOSTILE)
        .page("http://mute.example/")
        .page("http://shy.example/")
        .waiting("http://shy.example/b", State.BLOCKED, "robots")
        .waiting("http://shy.example/c")
        .waiting("http://shy.example/d")
    )
    build_index(graph.write(tmp_path), SMALL)
    return tmp_path


@pytest.fixture
def index(folder: Path) -> Iterator[Index]:
    with Index(folder) as opened:
        yield opened


def out(capsys: pytest.CaptureFixture[str], folder: Path, *arguments: str, code: int = 0) -> str:
    assert run([*arguments, "--data", str(folder)]) == code
    return capsys.readouterr().out


def printed(capsys: pytest.CaptureFixture[str], folder: Path, *arguments: str, code: int = 0) -> Any:
    return json.loads(out(capsys, folder, *arguments, "--format", "json", code=code))


# -- to --from


@pytest.mark.parametrize("source", ["fan.example", "mute.example", "shy.example", "nowhere.example"])
def test_the_json_of_a_verdict_is_what_python_answers(
    source: str, folder: Path, index: Index, capsys: pytest.CaptureFixture[str]
) -> None:
    told = printed(capsys, folder, "to", "shop.example", "--from", source)
    found = index.does_link(source, "shop.example")
    assert list(told) == [
        "schema", "source", "target", "answer", "reasons", "coverage", "since", "links", "duplicate_links", "rows",
        "snapshot",
    ]  # fmt: skip
    for name in ("answer", "reasons", "coverage", "since", "links", "duplicate_links", "rows", "snapshot"):
        assert told[name] == plain(getattr(found, name)), name
    assert told["source"] == {"input": source, "mode": "subdomains", "protocol": "both", "domain": source}
    assert told["target"]["input"] == "shop.example"


def test_a_verdict_says_yes_no_or_unknown(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = {
        source: out(capsys, folder, "to", "shop.example", "--from", source).splitlines()[0]
        for source in ("fan.example", "mute.example", "shy.example", "nowhere.example")
    }
    assert said == {
        "fan.example": f"yes: fan.example links to shop.example: 3 links, the first seen on {DAY}; 1 of them is on"
        " a canonical duplicate of a page that links there too: 'wholinks links' counts the other 2",
        "mute.example": f"no: the one page known of mute.example was fetched by {DAY} and does not link to"
        " shop.example",
        "shy.example": "unknown: the one page fetched of shy.example is not known to link to shop.example, but 2 are"
        " pending, 1 blocked by robots.txt",
        "nowhere.example": "unknown: no page of nowhere.example is known; whether it links to shop.example was never"
        " looked at",
    }


def test_a_verdict_takes_kinds_rel_and_limit(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ("to", "shop.example", "--from", "fan.example")
    assert printed(capsys, folder, *asked, "--kind", "frame")["answer"] == "no"
    assert printed(capsys, folder, *asked, "--follow", "ugc")["answer"] == "no"
    assert "kinds=frame" in out(capsys, folder, *asked, "--kind", "frame")
    cut = printed(capsys, folder, *asked, "--limit", "1")
    assert (len(cut["rows"]), cut["links"]) == (1, 3)
    assert "… and 2 more; --limit 3 shows all" in out(capsys, folder, *asked, "--limit", "1")


def test_a_verdicts_links_can_be_had_as_rows(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ("to", "shop.example", "--from", "fan.example")
    assert len(out(capsys, folder, *asked, "--format", "jsonl").splitlines()) == 3
    assert len(out(capsys, folder, *asked, "--format", "csv").splitlines()) == 4


def test_a_site_is_not_asked_about_itself(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["to", "shop.example", "--from", "www.shop.example", "--data", str(folder)]) == 2
    assert "one site" in capsys.readouterr().err


def test_a_verdict_has_rows_of_links_alone(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["to", "shop.example", "--from", "fan.example", "--by", "anchor", "--data", str(folder)]) == 2
    assert "leave out --by" in capsys.readouterr().err


@pytest.mark.parametrize("option", [("--state", "lost"), ("--as-of", "2026-09-30")])
def test_a_verdict_speaks_of_today(option: tuple[str, str], folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["to", "shop.example", "--from", "fan.example", *option, "--data", str(folder)]) == 2
    assert "leave out --state and --as-of" in capsys.readouterr().err


# -- explain


def test_the_json_of_the_ledger_is_what_python_answers(
    folder: Path, index: Index, capsys: pytest.CaptureFixture[str]
) -> None:
    told = printed(capsys, folder, "explain", "shop.example")
    found = index.explain(Question(index.target("shop.example"), By.LINK))
    assert list(told) == ["schema", "target", "measure", "steps", "totals", "without_schemes", "snapshot"]
    assert told["steps"] == plain(found.steps)
    assert told["totals"] == plain(found.totals) == printed(capsys, folder, "to", "shop.example")["totals"]
    assert list(told["steps"][0]) == ["name", "what", "unit", "before", "taken_out", "after", "by_kind"]


def test_the_rows_of_a_step_are_what_python_answers(
    folder: Path, index: Index, capsys: pytest.CaptureFixture[str]
) -> None:
    told = printed(capsys, folder, "explain", "shop.example", "--step", "repeats", "--limit", "5")
    found = index.explain(Question(index.target("shop.example"), By.LINK, limit=5), Step.REPEATS)
    assert told["rows"] == plain(found.rows)
    assert (told["step"], told["rows_known"]) == ("repeats", 1)


def test_python_may_name_things_by_their_values(index: Index) -> None:
    assert index.explain("shop.example", "repeats").rows_known == 1
    assert index.does_link("fan.example", "shop.example", follow="followed", kinds=["text"]).links == 3
    with pytest.raises(UsageError):
        index.explain("shop.example", "nothing")


def test_the_ledger_takes_the_options_of_to(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ("--mode", "exact", "--protocol", "https", "--follow", "followed", "--kind", "text")
    assert printed(capsys, folder, "explain", "shop.example", *options)["totals"]["links"] == 0
    text = out(capsys, folder, "explain", "shop.example")
    assert [line.split()[:4] for line in text.splitlines()[4:10]] == [
        ["elements", "3", "0", "3"],
        ["kinds", "3", "0", "3"],
        ["external", "3", "0", "3"],
        ["canonical", "3", "1", "2"],
        ["repeats", "2", "1", "1"],
        ["follow", "1", "0", "1"],
    ]
    assert "Behind what 'canonical' took out: 1 link." in out(
        capsys, folder, "explain", "shop.example", "--step", "canonical"
    )


# -- evidence


def test_the_json_of_a_proof_is_what_python_answers(
    folder: Path, index: Index, capsys: pytest.CaptureFixture[str]
) -> None:
    told = printed(capsys, folder, "evidence", "http://fan.example/", SHOP)
    assert told == {"schema": 1, "found": True, **plain(index.evidence("http://fan.example/", SHOP))}
    assert [link["ordinal"] for link in told["links"]] == [1, 2]
    one = printed(capsys, folder, "evidence", "http://fan.example/", SHOP, "--ordinal", "2")
    assert [link["ordinal"] for link in one["links"]] == [2]


def test_without_a_link_the_exit_code_is_1_and_the_page_is_told_of(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = printed(capsys, folder, "evidence", "http://shy.example/b", SHOP, code=1)
    assert (told["found"], told["links"], told["known"][0]["state"]) == (False, [], "blocked")
    text = out(capsys, folder, "evidence", "http://shy.example/b", SHOP, code=1)
    assert "http://shy.example/b is blocked (robots), never asked for" in text
    assert "never seen" in out(capsys, folder, "evidence", "http://nowhere.example/", SHOP, code=1)


@pytest.mark.parametrize(
    ("source", "target", "told"),
    [
        ("shy.example", "http://shop.example/", "the home page of shy.example and the home page of shop.example; "),
        ("http://shy.example/b", "shop.example", "here the home page of shop.example; "),
        ("http://shy.example/b", "http://shop.example/tents", ""),
    ],
)
def test_of_sites_the_home_pages_alone_are_looked_at(
    source: str, target: str, told: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["evidence", source, target, "--data", str(folder)]) == 1
    said = capsys.readouterr().err
    assert told in said
    assert ("'wholinks links shy.example" in said) == ("--from shy.example" in said) == bool(told)
    assert bool(said) == bool(told)


def test_a_duplicate_is_told_in_words(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = out(capsys, folder, "evidence", "http://fan.example/copy", SHOP)
    assert "no: the page is a duplicate" in text
    assert "duplicate of    http://fan.example/" in text


# -- all of them


@pytest.mark.parametrize(
    "arguments",
    [
        ("to", "shop.example", "--from", "fan.example"),
        ("explain", "shop.example", "--step", "external"),
        ("evidence", "http://fan.example/", SHOP),
        ("evidence", "http://fan.example/copy", SHOP),
    ],
)
@pytest.mark.parametrize("format_", ["", "json"])
def test_nothing_a_page_wrote_acts_on_a_terminal(
    arguments: tuple[str, ...], format_: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = out(capsys, folder, *arguments, *(["--format", format_] if format_ else []))
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "\nnext" not in text
