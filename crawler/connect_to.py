"""``--connect-to HOST1:PORT1:HOST2:PORT2``, as curl means it: requests for HOST1:PORT1 go to HOST2:PORT2.

An empty HOST1 or PORT1 matches all, an empty HOST2 or PORT2 keeps what was asked for. The URL, the ``Host`` header and
the name in TLS stay those of the request.
"""

import re
from dataclasses import dataclass
from typing import Final, Self

from wholinks.storage.errors import UsageError

_RULE: Final = re.compile(r"(\[[^\]]*\]|[^:\[\]]*):(\d*):(\[[^\]]*\]|[^:\[\]]*):(\d*)")


@dataclass(frozen=True, slots=True)
class ConnectTo:
    """One rule; empty text and 0 stand for the parts left empty."""

    from_host: str
    from_port: int
    to_host: str
    to_port: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a rule. Raises :class:`UsageError`."""
        match = _RULE.fullmatch(text)
        ports = [int(port or 0) for port in match.group(2, 4)] if match else [65536]
        if match is None or max(ports) > 65535:
            raise UsageError(
                f"--connect-to {text!r}: must be HOST1:PORT1:HOST2:PORT2 (parts may be empty, IPv6 in brackets),"
                " e.g. ':80:127.0.0.1:8080'"
            )
        return cls(match[1].lower(), ports[0], match[3].lower(), ports[1])

    def matches(self, host: str, port: int) -> bool:
        """Whether the rule is for requests to this host and port."""
        return self.from_host in {"", host} and self.from_port in {0, port}

    def __str__(self) -> str:
        return f"{self.from_host}:{self.from_port or ''}:{self.to_host}:{self.to_port or ''}"


def route(rules: tuple[ConnectTo, ...], host: str, port: int) -> tuple[str, int] | None:
    """Where a request for ``host:port`` goes by the first rule that matches; None where none does."""
    for rule in rules:
        if rule.matches(host, port):
            return rule.to_host or host, rule.to_port or port
    return None
