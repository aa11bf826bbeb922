"""Run ``wholinks`` in this process and read what it says."""

import json
from pathlib import Path
from typing import Any

import pytest

from wholinks.cli import run


def said(capsys: pytest.CaptureFixture[str], *arguments: str | Path, code: int = 0) -> str:
    """Standard output of a command, which must end with ``code``; its standard error where that is not 0."""
    capsys.readouterr()
    ended = run([str(argument) for argument in arguments])
    shown = capsys.readouterr()
    assert ended == code, shown.err
    return shown.out if code == 0 else shown.err


def said_on_stderr(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> str:
    """What a command that ends well says on standard error."""
    capsys.readouterr()
    assert run([str(argument) for argument in arguments]) == 0
    return capsys.readouterr().err


def answered(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> Any:
    """The JSON that a command prints."""
    return json.loads(said(capsys, *arguments, "--format", "json"))
