"""Ctrl-C amid a statement: DuckDB may wait for threads of its own then, and hears nothing of it till they are done.

While a watch is on, a thread is woken by the signal itself (``signal.set_wakeup_fd``) and interrupts every session that
is open. Python raises KeyboardInterrupt in the main thread as soon as the statement has given up.
"""

import contextlib
import os
import select
import signal
import threading
import weakref
from typing import Final

import duckdb

_AGAIN_S: Final = 0.1
"""A statement that was just about to begin is told a second time."""

_LOCK: Final = threading.Lock()
_SESSIONS: Final[weakref.WeakSet[duckdb.DuckDBPyConnection]] = weakref.WeakSet()
_WATCHES: Final[set["Watch"]] = set()
_WATCHED: Final[list[tuple[int, threading.Thread]]] = []
"""The end of a pipe that signals are written to, and who reads the other; at most one."""


def interruptible(duck: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """The same session, interrupted by Ctrl-C while a watch is on."""
    if _WATCHES:
        with _LOCK:
            _SESSIONS.add(duck)
    return duck


class Watch:
    """Has Ctrl-C interrupt statements until its end. Watches may overlap.

    Nothing is watched outside of the main thread, nor where the program has a way of its own with signals, as an event
    loop has.
    """

    def __init__(self) -> None:
        is_ours = threading.current_thread() is threading.main_thread() and (
            signal.getsignal(signal.SIGINT) is signal.default_int_handler
        )
        if is_ours:
            with _LOCK:
                if _WATCHES or _begin():
                    _WATCHES.add(self)

    def end(self) -> None:
        """Watch no more; again is not too much."""
        with _LOCK:
            is_last = {self} == _WATCHES
            _WATCHES.discard(self)
            thread = _end() if is_last else None
        if thread:
            thread.join()


def _begin() -> bool:
    """Start the thread, unless someone else is woken by signals."""
    if _WATCHED:
        return True
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    others = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    if others != -1:
        signal.set_wakeup_fd(others)
        os.close(reader)
        os.close(writer)
        return False
    thread = threading.Thread(target=_watch, args=(reader,), name="wholinks-ctrl-c", daemon=True)
    thread.start()
    _WATCHED.append((writer, thread))
    return True


def _end() -> threading.Thread | None:
    """Give the signals back; the thread ends with its pipe. Only the main thread can: in others all stays as it is."""
    _SESSIONS.clear()
    if threading.current_thread() is not threading.main_thread():
        return None
    writer, thread = _WATCHED.pop()
    found = signal.set_wakeup_fd(-1)
    if found not in (-1, writer):
        signal.set_wakeup_fd(found)
    os.close(writer)
    return thread


def _watch(reader: int) -> None:
    try:
        while heard := os.read(reader, 64):
            if signal.SIGINT in heard:
                _interrupt()
                if not select.select([reader], [], [], _AGAIN_S)[0]:
                    _interrupt()
    finally:
        os.close(reader)


def _interrupt() -> None:
    with _LOCK:
        sessions = list(_SESSIONS)
    for session in sessions:
        with contextlib.suppress(duckdb.Error):  # closed meanwhile
            session.interrupt()
