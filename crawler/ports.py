"""Which ports may be asked. A page that names port 22 or 25 of some host must not make us knock there."""

from collections.abc import Iterable
from typing import Final

from wholinks.storage.urls import Origin

from .connect_to import ConnectTo, route

USUAL: Final = {"http": frozenset({80, 8000, 8080}), "https": frozenset({443, 8443})}
REASON: Final = "port"
"""Why a page on another port is excluded."""


class Ports:
    """The usual ones; those of ``--allow-port``; those that ``--connect-to`` routes; and hosts with the port that a
    seed names, whatever the scheme."""

    def __init__(self, allowed: Iterable[int] = (), routes: tuple[ConnectTo, ...] = ()) -> None:
        self._allowed = frozenset(allowed)
        self._routes = routes
        self._typed: set[tuple[str, int]] = set()

    def type(self, origin: Origin) -> None:
        """A seed names this origin."""
        if origin.port not in USUAL[origin.scheme]:
            self._typed.add((origin.host, origin.port))

    def allow(self, origin: Origin) -> bool:
        """Whether ``origin`` may be asked."""
        return (
            origin.port in USUAL[origin.scheme]
            or origin.port in self._allowed
            or (origin.host, origin.port) in self._typed
            or route(self._routes, origin.host, origin.port) is not None
        )
