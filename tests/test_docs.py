"""What the documents say can be typed, and the reference is what ``--help`` says."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click
import pytest

from bench.reference import PAGE, reference
from wholinks.cli import COMMANDS, cli
from wholinks.index.placed import read_placed
from wholinks.index.target import parse_target
from wholinks.research.campaigns.rules import read_campaigns
from wholinks.research.lists import read_lines
from wholinks.storage.urls import PublicSuffixes

ROOT: Final = Path(__file__).parents[1]
DOCUMENTS: Final = [ROOT / "README.md", ROOT / "seeds/README.md", *sorted((ROOT / "docs").glob("*.md"))]

_FENCE: Final = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def commands(document: Path) -> Iterator[str]:
    """Each command line with ``wholinks`` in a document's shell blocks, and in-line."""
    text = document.read_text("utf-8")
    for language, block in _FENCE.findall(text):
        if language in {"sh", "console", "bash"}:
            lines = (line.removeprefix("$ ").strip() for line in block.splitlines())
            yield from (line for line in lines if line.startswith("wholinks "))


@pytest.mark.parametrize("document", [path for path in DOCUMENTS if path.exists()], ids=lambda path: path.name)
def test_every_command_in_the_documents_can_be_typed(document: Path) -> None:
    for line in commands(document):
        typed = re.split(r"\s+#\s|[|<>]", line)[0]
        arguments = shlex.split(typed)[1:]
        context = click.Context(cli, info_name="wholinks", **cli.context_settings)
        name, command, rest = cli.resolve_command(
            context, [part for part in arguments if part != "--version"] or ["to"]
        )
        if command is not None and rest:
            command.make_context(name, list(rest), parent=context)


def test_the_files_in_the_readme_can_be_read(tmp_path: Path) -> None:
    shown = dict(_FENCE.findall((ROOT / "README.md").read_text("utf-8")))
    assert [campaign.name for campaign in read_campaigns(shown["toml"].encode(), "campaigns.toml")] == ["spring guide"]
    (placed,) = read_placed(shown["csv"].splitlines(keepends=True), "placed.csv")
    assert (placed.source_url, placed.anchor_text) == ("https://blog.example/tents", "light tents")
    targets = tmp_path / "targets.txt"
    targets.write_text(shown["text"], "utf-8")
    typed = [parse_target(text, PublicSuffixes()).text for _, text in read_lines(targets)]
    assert typed == ["shop.example", "rival.example/tents/"]


def test_the_reference_is_what_help_says() -> None:
    assert PAGE.read_text("utf-8") == reference(), "run 'make docs'"


def test_every_command_is_in_the_readme_or_a_document() -> None:
    text = "\n".join(path.read_text("utf-8") for path in DOCUMENTS if path.exists() and path != PAGE)
    assert not [name for name in COMMANDS if f"wholinks {name}" not in text]


def test_links_between_documents_lead_somewhere() -> None:
    for document in DOCUMENTS:
        if document.exists():
            for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", document.read_text("utf-8")):
                assert (document.parent / target).exists(), f"{document.name}: {target}"


def test_the_tests_that_documents_name_exist() -> None:
    for document in DOCUMENTS:
        for file, name in re.findall(r"`([a-z_/]+\.py)::(test_\w+)`", document.read_text("utf-8")):
            assert f"def {name}(" in (ROOT / "tests" / file).read_text("utf-8"), f"{document.name}: {file}::{name}"
