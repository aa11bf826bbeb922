"""Ctrl-C in the middle of a statement of the database ends a command as it does anywhere else."""

import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.graph import Graph
from tests.index.asking import index_of

ENDLESS = "SELECT count(*) FROM range(1000000000000) AS a (n) WHERE n % 7 = sqrt(n)"


def _heed_ctrl_c() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_amid_a_statement_it_is_one_line(tmp_path: Path) -> None:
    with index_of(Graph().page("http://a.example/", ["http://b.example/"]), tmp_path):
        pass
    command = (sys.executable, "-m", "wholinks", "sql", ENDLESS, "--data", str(tmp_path), "--timeout", "300")
    # Workers of a parallel test run ignore the signal, and so would what they start.
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, preexec_fn=_heed_ctrl_c) as process:  # noqa: PLW1509
        time.sleep(3.0)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
    assert (process.returncode, said) == (130, "wholinks: interrupted\n")
