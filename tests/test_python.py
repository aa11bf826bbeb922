"""docs/python.md is true: every example in it is run, in order, and every method stands in it."""

import doctest
import inspect
import re
from pathlib import Path
from typing import Final

import pytest

import wholinks
from tests.graph import Graph, Link
from tests.index.asking import SMALL
from wholinks.index.build import build_index
from wholinks.index.queries import Index

PAGE: Final = (Path(__file__).parents[1] / "docs/python.md").read_text("utf-8")
SHOP, RIVAL = "http://shop.example/", "http://rival.example/"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A shop, its rival, and the sites that link to them."""
    graph = (
        Graph()
        .page(SHOP)
        .page(f"{SHOP}tents")
        .page(RIVAL)
        .page("http://blog.example/1", [Link(SHOP, "The shop"), Link(SHOP, "shop"), Link(f"{SHOP}tents", "tents")])
        .page("http://blog.example/2", [Link(f"{SHOP}tents", "Cheap tents", "nofollow")])
        .page("http://news.example/", [SHOP, RIVAL], title="News")
        .page("http://forum.example/", [RIVAL])
    )
    found = tmp_path_factory.mktemp("python")
    build_index(graph.write(found / "wholinks-data"), SMALL)
    return found


def test_the_examples_are_true(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    blocks = re.findall(r"^```pycon\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    assert len(blocks) == PAGE.count("```pycon") >= 5
    told: list[str] = []
    runner = doctest.DocTestRunner(verbose=False)
    test = doctest.DocTestParser().get_doctest("\n".join(blocks), {}, "python.md", "python.md", 0)
    assert runner.run(test, out=told.append).failed == 0, "".join(told)


def test_what_is_not_run_is_python() -> None:
    for block in re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL):
        compile(block, "python.md", "exec")


def test_every_method_is_documented_and_answers(folder: Path) -> None:
    names = {name for name, _ in inspect.getmembers(wholinks.Links, inspect.isfunction) if name in vars(wholinks.Links)}
    public = {name for name in names if not name.startswith("_")}
    assert [name for name in sorted(public) if not re.search(rf"\b{name}\b", PAGE)] == []
    with wholinks.open(folder / "wholinks-data") as links:
        others = {"between", "domains_between", "grouped", "recapture", "select", "question", "what_if", "search"}
        for name in sorted(public - others):
            method = getattr(links, name)
            needed = [
                each
                for each in inspect.signature(method).parameters.values()
                if each.default is each.empty and each.kind is not each.VAR_POSITIONAL
            ]
            several = {"compare", "gap", "intersect"}
            arguments = ["shop.example", "rival.example"] if name in several else ["shop.example"] * len(needed)
            answer = method(*arguments)
            assert type(answer).__module__.startswith("wholinks."), name


def test_it_is_an_index(folder: Path) -> None:
    with wholinks.open(folder / "wholinks-data") as links:
        assert isinstance(links, Index)
        with Index(folder / "wholinks-data") as index:
            assert links.who_links_to("shop.example") == index.who_links_to("shop.example")
