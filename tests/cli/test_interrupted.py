"""Ctrl-C in the middle of a statement of the database ends a command as it does anywhere else."""

import os
import signal
from pathlib import Path
from threading import Timer

import pytest

from tests.graph import Graph
from tests.index.asking import index_of
from wholinks.cli import run


def test_amid_a_statement_it_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with index_of(Graph().page("http://a.example/", ["http://b.example/"]), tmp_path):
        pass
    endless = "SELECT count(*) FROM range(1000000000000) AS a (n) WHERE n % 7 = sqrt(n)"
    timer = Timer(1.0, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    try:
        assert run(["sql", endless, "--data", str(tmp_path)]) == 130
    finally:
        timer.cancel()
    said = capsys.readouterr().err
    assert said == "wholinks: interrupted\n"
