"""Running a program and measuring it as a whole: wall time, CPU of all its processes, and their memory together."""

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final

_SAMPLE_S: Final = 0.2
_KIB: Final = 1024
_CAN_PIN: Final = hasattr(os, "sched_setaffinity")


class MeasureError(RuntimeError):
    """A program under measurement failed, or stored what is not right: there is no time to tell."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a program. ``cpu_s`` is user and system time of the program and all processes it waited for;
    ``rss_mib`` and ``pss_mib`` are the peaks of the sums over all its processes, sampled (PSS counts shared memory
    once)."""

    wall_s: float
    cpu_s: float
    rss_mib: float
    pss_mib: float


def run(
    command: Sequence[str | Path],
    *,
    cores: Sequence[int] | None = None,
    folder: Path | None = None,
    environment: Mapping[str, str] | None = None,
    log: Path,
    limit_s: float = 1800,
) -> Run:
    """Run ``command`` to its end on ``cores`` (None = all), its output in the file ``log``.

    Raises :class:`MeasureError` when it ends with another exit code than 0, or not within ``limit_s``.
    """
    given = {**os.environ, **(environment or {})}
    given.pop("PYTHONDONTWRITEBYTECODE", None)  # else half of what a start takes is compiling sources anew
    with log.open("wb") as output, pinned(cores):
        started = time.perf_counter()
        process = subprocess.Popen(
            [str(part) for part in command],
            cwd=folder,
            env=given,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    sampler = _Sampler(process.pid)
    killer = threading.Timer(limit_s, lambda: os.killpg(process.pid, signal.SIGKILL))
    sampler.start()
    killer.start()
    try:
        _, status, usage = os.wait4(process.pid, 0)
        wall_s = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
    except BaseException:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        raise
    finally:
        killer.cancel()
        sampler.end()
    if process.returncode:
        tail = log.read_text("utf-8", "replace")[-1500:]
        raise MeasureError(f"{command[0]} … ended with {process.returncode} after {wall_s:.0f} s:\n{tail}")
    rss_mib = max(sampler.rss_mib, usage.ru_maxrss / _KIB)
    return Run(wall_s, usage.ru_utime + usage.ru_stime, rss_mib, sampler.pss_mib)


@contextmanager
def pinned(cores: Sequence[int] | None) -> Iterator[None]:
    """While inside, what is started runs on ``cores`` only (None = as it is), where the system can do that."""
    if not _CAN_PIN:
        yield
        return
    before = os.sched_getaffinity(0)
    if cores is not None:
        os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def cores_apart(count: int) -> tuple[list[int], list[int]]:
    """``count`` cores for what is measured, and those for what serves it: others, as far as there are any."""
    every = sorted(os.sched_getaffinity(0)) if _CAN_PIN else list(range(os.cpu_count() or 1))
    mine = every[:count]
    return mine, every[count:] or every


def middle(values: Sequence[float]) -> float:
    """The median; 0 of nothing."""
    return float(median(values)) if values else 0.0


def percentile(values: Sequence[float], share: float) -> float:
    """The value that ``share`` of the values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


class _Sampler(threading.Thread):
    """Looks at the memory of a process and all below it, until told to end."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._pid = pid
        self._over = threading.Event()
        self.rss_mib = self.pss_mib = 0.0

    def run(self) -> None:
        while not self._over.wait(_SAMPLE_S):
            rss = pss = 0
            for pid in _family(self._pid):
                found = _memory_kib(pid)
                rss, pss = rss + found[0], pss + found[1]
            self.rss_mib = max(self.rss_mib, rss / _KIB)
            self.pss_mib = max(self.pss_mib, pss / _KIB)

    def end(self) -> None:
        self._over.set()
        self.join()


def _family(pid: int) -> Iterator[int]:
    """A process and all below it, as far as they are still there."""
    yield pid
    with contextlib.suppress(OSError):
        for children in Path(f"/proc/{pid}/task").glob("*/children"):
            for child in children.read_text("ascii").split():
                yield from _family(int(child))


def _memory_kib(pid: int) -> tuple[int, int]:
    """RSS and PSS; 0 of a process that is gone."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text("ascii")
    except OSError:
        return 0, 0
    found = {line.split(":")[0]: int(line.split()[1]) for line in text.splitlines()[1:] if line.endswith("kB")}
    return found.get("Rss", 0), found.get("Pss", 0)
