"""Is our own network there? When it goes, every host seems dead at once, and a crawler that believes so fails thousands
of pages within minutes.

Hosts from which nothing at all is heard are counted; any answer begins the count anew. At :data:`SILENT_HOSTS` in a row
no request starts until it is known whose fault it is: addresses that answered before are connected to. If one takes the
connection, the silent hosts are to blame. If none does, we are offline: that is said, nothing is asked, failures that
still come in count for nobody, and the same addresses are tried again from time to time until one takes a connection.
Who is offline for longer than :data:`GIVE_UP_S` gives up.

A crawl to which nobody ever answered knows no such address. It says what that looks like, and goes on.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Final

from .fetcher import FetchResult
from .turns import NEVER

SILENT_HOSTS: Final = 20
"""Dead hosts come one by one among others; so many different ones in a row do not."""
FIRST_WAIT_S: Final = 5.0
LONGEST_WAIT_S: Final = 60.0
GIVE_UP_S: Final = 3600.0
"""Routers start anew and providers have bad nights; nobody is waited for without end."""
_KNOWN: Final = 3

Peer = tuple[str, int]


class Uplink:
    """``open_at`` is when requests may start: NEVER while that is in doubt. Run :meth:`watch` beside the crawl.

    ``reaches`` says whether an address takes a connection, ``opened`` is called when requests may start again,
    ``gave_up`` after ``give_up_s`` seconds offline.
    """

    def __init__(
        self,
        reaches: Callable[[Peer], Awaitable[bool]],
        *,
        notify: Callable[[str], None] = lambda _: None,
        opened: Callable[[], None] = lambda: None,
        gave_up: Callable[[], object] = lambda: None,
        give_up_s: float = GIVE_UP_S,
    ) -> None:
        self._reaches = reaches
        self._notify = notify
        self._opened = opened
        self._gave_up = gave_up
        self._give_up_s = give_up_s
        self._silent: set[str] = set()
        self._known: deque[Peer] = deque(maxlen=_KNOWN)
        self._in_doubt = asyncio.Event()
        self._has_warned = False
        self.is_down = False
        self.open_at = -NEVER

    def note(self, host: str, result: FetchResult) -> None:
        """How a request to ``host`` ended."""
        if result.is_unheard:
            self._silent.add(host)
            if len(self._silent) >= SILENT_HOSTS:
                self._doubt()
        elif result.failure not in {"dns", "address_refused", "port_refused"}:  # these may come from this machine
            self._silent.clear()
            if result.peer is not None and result.peer not in self._known:
                self._known.append(result.peer)

    def _doubt(self) -> None:
        if self._known:
            self.open_at = NEVER
            self._in_doubt.set()
        elif not self._has_warned:
            self._has_warned = True
            self._notify(f"none of the first {len(self._silent)} hosts could be reached: is this machine offline?")

    async def watch(self) -> None:
        """Clear up doubts for as long as the crawl runs."""
        while True:
            await self._in_doubt.wait()
            wait_s, waited_s = FIRST_WAIT_S, 0.0
            while not await self._is_up():
                if not self.is_down:
                    self.is_down = True
                    self._notify(
                        f"{len(self._silent)} hosts in a row can't be reached, nor can those that answered before: this"
                        " machine seems to be offline; waiting for the network (Ctrl-C ends the crawl, nothing is lost)"
                    )
                elif waited_s >= self._give_up_s:
                    self._notify(f"no network for {round(waited_s / 60):,} minutes: giving up, nothing is lost")
                    self._gave_up()
                    return
                wait_s = min(wait_s, max(self._give_up_s - waited_s, 0.0))
                await asyncio.sleep(wait_s)
                waited_s += wait_s
                wait_s = min(wait_s * 2, LONGEST_WAIT_S)
            if self.is_down:
                self._notify("the network is back, going on")
            self.is_down = False
            self._silent.clear()
            self._in_doubt.clear()
            self.open_at = -NEVER
            self._opened()

    async def _is_up(self) -> bool:
        return any(await asyncio.gather(*(self._reaches(peer) for peer in self._known)))
