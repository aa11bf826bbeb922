"""``python -m bench.static``: a static server for where nginx is not installed. GET and keep-alive, no more."""

import argparse
import asyncio
import ssl
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Final

import uvloop

_TYPES: Final = {".html": "text/html", ".txt": "text/plain"}


class Static(asyncio.Protocol):
    """Answers each request with the file HOST/PATH below a folder."""

    def __init__(self, answer: Callable[[str, str], bytes]) -> None:
        self._answer = answer
        self._transport: asyncio.WriteTransport | None = None
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.WriteTransport):
            self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while b"\r\n\r\n" in self._buffer and self._transport is not None:
            head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
            first, *lines = head.decode("latin-1").split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
            path = first.split(" ")[1]
            host = headers.get("host", "")
            if path.startswith("http://"):
                host, _, path = path[7:].partition("/")
            self._transport.write(self._answer(host.partition(":")[0], path.partition("?")[0].lstrip("/")))


def answers(root: Path) -> Callable[[str, str], bytes]:
    """What to answer for a host and a path below ``root``."""

    @lru_cache(maxsize=20_000)
    def answer(host: str, path: str) -> bytes:
        folder = (root / host).resolve()
        file = (folder / (path or "index.html")).resolve()
        if not folder.is_relative_to(root) or not file.is_relative_to(folder) or not file.is_file():
            return b"HTTP/1.1 404 Not Found\r\nContent-Type: text/html\r\nContent-Length: 0\r\n\r\n"
        body = file.read_bytes()
        kind = _TYPES.get(file.suffix, "application/octet-stream")
        return f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body

    return answer


def main() -> None:
    """Serve until ended."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("root", type=Path)
    options.add_argument("--port", type=int, required=True)
    options.add_argument("--tls", type=Path, help="a folder with server.pem and server.key")
    given = options.parse_args()
    answer = answers(given.root.resolve())
    context = None
    if given.tls is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(given.tls / "server.pem", given.tls / "server.key")

    async def serve() -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: Static(answer), "127.0.0.1", given.port, ssl=context, backlog=1024)
        await server.serve_forever()

    uvloop.run(serve())


if __name__ == "__main__":
    main()
