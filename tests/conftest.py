"""What all tests share."""

from typing import Any
from unittest.mock import Mock

import aioresponses.core
import pytest
from aiohttp import ClientResponse


class _Bridged(ClientResponse):
    """aioresponses 0.7.9 does not know the ``stream_writer`` that aiohttp 3.14 wants."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **({"stream_writer": Mock()} | named))


@pytest.fixture(autouse=True)
def bridge_aioresponses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let aioresponses make answers that this aiohttp takes."""
    monkeypatch.setattr(aioresponses.core, "ClientResponse", _Bridged)


@pytest.fixture(autouse=True)
def a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tables are as wide as this, wherever the tests run."""
    monkeypatch.setenv("COLUMNS", "400")
