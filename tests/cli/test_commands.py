"""Names of commands that are typed wrong, or as other tools have them."""

import pytest

from tests.cli.running import said
from wholinks.cli import COMMANDS, ELSEWHERE, SECTIONS


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
