"""Names of commands that are typed wrong, or as other tools have them."""

import click
import pytest

from tests.cli.running import said
from wholinks.cli import COMMANDS, ELSEWHERE, SECTIONS, cli
from wholinks.cli.options import SHARED
from wholinks.cli.question_options import filter_options, target_options


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("domians", "did you mean domains?"),
        ("link-gap", "did you mean gap?"),
        ("Referring_Domains", "did you mean domains?"),
        ("xyzzy", "No such command 'xyzzy' (see"),
        ("ev\x1bidence", "did you mean evidence?"),
    ],
)
def test_a_wrong_command_is_one_line_that_names_the_right_one(
    typed: str, meant: str, capsys: pytest.CaptureFixture[str]
) -> None:
    told = said(capsys, typed, "shop.example", code=2)
    assert meant in told
    assert told.count("\n") == 1
    assert "\x1b" not in told


def test_each_command_stands_once_and_other_names_lead_to_one() -> None:
    assert len(set(COMMANDS)) == len(COMMANDS) == sum(map(len, SECTIONS.values()))
    assert set(ELSEWHERE.values()) <= set(COMMANDS)
    assert not set(ELSEWHERE) & set(COMMANDS)


def test_the_options_of_a_command_come_before_those_that_many_have() -> None:
    @click.command()
    @target_options
    @filter_options
    def shared() -> None:
        pass

    assert {param.name for param in shared.params} | {"data"} == set(SHARED)
    for name in ("from", "to", "gap", "history", "audit", "anchors"):
        command = cli.get_command(click.Context(cli), name)
        assert command is not None
        is_shared = [param.name in SHARED for param in command.params]
        assert is_shared == sorted(is_shared), name


@pytest.mark.parametrize("name", ["from", "outgoing"])
def test_what_a_mode_covers_is_the_source(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    shown = said(capsys, name, "--help")
    assert "How much SOURCE covers: one URL" in shown
    assert "How much TARGET covers." not in shown


@pytest.mark.parametrize(
    ("name", "words"),
    [("gap", ["link gap"]), ("audit", ["toxic", "disavow"]), ("authority", ["DR"]), ("to", ["dofollow"])],
)
def test_words_of_other_tools_are_in_the_help(name: str, words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    shown = " ".join(said(capsys, name, "--help").split())
    for word in words:
        assert word in shown
