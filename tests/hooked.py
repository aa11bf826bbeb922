"""A host for webhooks that answers as it is told, byte by byte."""

import json
import socketserver
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

OK: Final = b"HTTP/1.1 204 No Content\r\n\r\n"
HANG: Final = b""


def answer(status: int, *headers: str, body: bytes = b"") -> bytes:
    """An answer with this status."""
    head = "\r\n".join([f"HTTP/1.1 {status} Said", *headers, f"Content-Length: {len(body)}"])
    return head.encode() + b"\r\n\r\n" + body


@dataclass
class Hook:
    """``answers`` in turn, the last one for all that follow: bytes, :data:`HANG`, or what writes to the connection."""

    answers: list[bytes | Callable[[Any], None]] = field(default_factory=lambda: [OK])
    bodies: list[bytes] = field(default_factory=list)
    heads: list[str] = field(default_factory=list)
    port: int = 0

    @property
    def url(self) -> str:
        """Where it is, with something secret behind."""
        return f"http://user:pass-word@127.0.0.1:{self.port}/services/s3cret-token"

    @property
    def told(self) -> list[Any]:
        """What was posted, as JSON."""
        return [json.loads(body) for body in self.bodies]


@contextmanager
def hook(*answers: bytes | Callable[[Any], None]) -> Iterator[Hook]:
    """Serve on loopback, in a thread."""
    served = Hook(list(answers) or [OK])
    ended = threading.Event()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            head = b""
            while not head.endswith(b"\r\n\r\n"):
                head += self.rfile.read(1)
            served.heads.append(head.decode())
            length = int(next(line for line in head.lower().split(b"\r\n") if b"content-length" in line).split(b":")[1])
            said = served.answers[min(len(served.bodies), len(served.answers) - 1)]
            served.bodies.append(self.rfile.read(length))
            if callable(said):
                said(self.wfile)
            elif said == HANG:
                ended.wait(20)
            else:
                self.wfile.write(said)

    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address = True
        daemon_threads = True

    with Server(("127.0.0.1", 0), Handler) as server:
        served.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield served
        finally:
            ended.set()
            server.shutdown()
            thread.join()


def endless(stream: Any) -> None:
    """An answer that never ends, or as long as anyone reads it."""
    stream.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000000000\r\n\r\n")
    until = time.monotonic() + 20
    try:
        while time.monotonic() < until:
            stream.write(b"x" * 65_536)
    except OSError:
        pass


def endless_head(stream: Any) -> None:
    """A head that never ends."""
    try:
        stream.write(b"HTTP/1.1 200 OK\r\n")
        for number in range(100_000):
            stream.write(b"X-%d: %s\r\n" % (number, b"x" * 1000))
    except OSError:
        pass
