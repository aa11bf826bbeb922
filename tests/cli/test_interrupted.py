"""Ctrl-C in the middle of a statement of the database ends a command as it does anywhere else."""

import random
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from tests.graph import Graph
from tests.index.asking import index_of
from wholinks.cli import cli, run

ENDLESS = "SELECT count(*) FROM range(1000000000000) AS a (n) WHERE n % 7 = sqrt(n)"


def _heed_ctrl_c() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _wait_for(process: subprocess.Popen[str], index: Path) -> None:
    """Until the process has the index open."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        for file in Path(f"/proc/{process.pid}/fd").iterdir():
            with suppress(OSError):
                if file.readlink() == index:
                    return
        time.sleep(0.02)


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="no /proc to see when a statement begins")
@pytest.mark.parametrize("nr", range(4))
def test_amid_a_statement_it_is_one_line(tmp_path: Path, nr: int) -> None:
    """Several times: whether the main thread works on the statement or waits for another is a matter of luck."""
    with index_of(Graph().page("http://a.example/", ["http://b.example/"]), tmp_path):
        pass
    command = (sys.executable, "-m", "wholinks", "sql", ENDLESS, "--data", str(tmp_path), "--timeout", "300")
    # Workers of a parallel test run ignore the signal, and so would what they start.
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, preexec_fn=_heed_ctrl_c) as process:  # noqa: PLW1509
        _wait_for(process, tmp_path / "index.duckdb")
        time.sleep(0.5 + random.Random(nr).random() / 4)
        process.send_signal(signal.SIGINT)
        try:
            _, said = process.communicate(timeout=60)
        finally:
            process.kill()
    assert (process.returncode, said.lstrip("\n")) == (130, "wholinks: interrupted\n")


def test_what_fails_in_clearing_up_hides_no_interruption(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        try:
            raise KeyboardInterrupt
        finally:
            raise RuntimeError("can't be closed")

    monkeypatch.setattr(cli, "main", interrupted)
    assert run([]) == 130
    assert capsys.readouterr().err == "wholinks: interrupted\n"


def test_an_error_of_ours_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    def failed(*_: object, **__: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(cli, "main", failed)
    with pytest.raises(RuntimeError, match="a bug"):
        run([])
