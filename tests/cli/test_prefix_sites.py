"""``--site`` and ``--drop-site``, as a person types them, and what ``wholinks status`` says."""

import json
from pathlib import Path

import pytest

from tests.graph import Graph, Link
from wholinks.cli import run

from .running import answered, said

M = "https://medium.com"
SHOP = "https://shop.example/"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    graph = Graph().page(f"{M}/@ann", [SHOP, Link(f"{M}/@bob", "Bob", rel="nofollow")]).page(f"{M}/@bob", [SHOP])
    folder = graph.write(tmp_path / "data")
    assert run(["index", "--data", str(folder)]) == 0
    return folder


def referring(capsys: pytest.CaptureFixture[str], data: Path, target: str) -> list[str]:
    return [row["referring_domain"] for row in answered(capsys, "to", target, "--data", data)["rows"]]


def test_a_site_is_named_listed_and_dropped(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert referring(capsys, data, "shop.example") == ["medium.com"]
    assert "sites by prefix" not in said(capsys, "status", "--data", data)
    assert run(["index", "--data", str(data), "--site", "medium.com/@bob", "--site", "medium.com/@ann/"]) == 0
    assert "1 link was read before a site by prefix was named" in capsys.readouterr().err
    assert referring(capsys, data, "shop.example") == ["medium.com/@ann", "medium.com/@bob"]
    assert referring(capsys, data, "medium.com/@bob") == ["medium.com/@ann"]
    assert "sites by prefix (2): medium.com/@ann, medium.com/@bob" in said(capsys, "status", "--data", data)
    assert answered(capsys, "status", "--data", data)["prefix_sites"] == ["medium.com/@ann", "medium.com/@bob"]
    assert run(["index", "--data", str(data)]) == 0  # it is remembered
    assert referring(capsys, data, "shop.example") == ["medium.com/@ann", "medium.com/@bob"]
    assert run(["index", "--data", str(data), "--drop-site", "medium.com/@ann"]) == 0
    assert referring(capsys, data, "shop.example") == ["medium.com", "medium.com/@bob"]
    assert answered(capsys, "status", "--data", data)["prefix_sites"] == ["medium.com/@bob"]


def test_an_answer_names_the_site_and_a_proof_says_what_was_not_kept(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["index", "--data", str(data), "--site", "medium.com/@bob"]) == 0
    answer = answered(capsys, "to", "medium.com/@bob", "--data", data)
    assert (answer["target"]["mode"], answer["target"]["domain"]) == ("domain", "medium.com/@bob")
    assert "sites by prefix=1" in json.dumps(answer["snapshot"])
    assert "1 backlink to medium.com/@bob (domain) from" in said(capsys, "to", "medium.com/@bob", "--data", data)
    proof = said(capsys, "evidence", f"{M}/@ann", f"{M}/@bob", "--data", data)
    assert "not kept: a link within one site when it was read" in proof
    assert "nofollow → not followed" in proof
    assert "Bob (from content)" in proof


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--site", "medium.com"], "needs a path behind its host"),
        (["--site", "medium.com/"], "needs a path behind its host"),
        (["--site", "medium.com/@ann?x=1"], "takes no query"),
        (["--site", "medium.com:8080/@ann"], "leave out the port"),
        (["--site", "co.uk/shop"], "co.uk is a public suffix"),
        (["--site", "a b/c"], "is no host"),
        (["--drop-site", "medium.com/@ann"], "medium.com/@ann is no site by prefix of"),
        (["--site", "a.example/x", "--drop-site", "a.example/x/"], "give it to one of them"),
    ],
)
def test_what_can_not_be_meant_is_one_line(
    arguments: list[str], message: str, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (data / "index.duckdb").read_bytes()
    error = said(capsys, "index", "--data", data, *arguments, code=2)
    assert message in error
    assert len(error.strip().splitlines()) == 1
    assert (data / "index.duckdb").read_bytes() == before
    assert answered(capsys, "status", "--data", data)["prefix_sites"] == []


@pytest.mark.parametrize("name", ["medium.com", "co.uk/shop", "medium.com/a?b"])
def test_a_crawl_refuses_the_same(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    error = said(capsys, "crawl", "a.example", "--site", name, "--data", tmp_path / "new", code=2)
    assert len(error.strip().splitlines()) == 1
    assert not (tmp_path / "new").exists()


def test_without_a_crawl_there_is_nothing_to_name_it_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    error = said(capsys, "index", "--data", tmp_path, "--site", "medium.com/@ann", code=1)
    assert "no crawl here yet" in error


def test_a_settings_file_may_name_them(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "w.toml").write_text('[index]\nsite = ["medium.com/@ann"]\n[crawl]\nsite = ["medium.com/@ann/"]\n')
    config = ["--config", str(tmp_path / "w.toml")]
    assert run([*config, "index", "--data", str(data)]) == 0
    assert answered(capsys, "status", "--data", data)["prefix_sites"] == ["medium.com/@ann"]
    assert 'site = ["medium.com/@ann' in said(capsys, *config, "config")
