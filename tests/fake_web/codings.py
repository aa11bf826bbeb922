"""Bodies in a content coding, honest ones and bombs."""

import sys
import zlib
from functools import cache
from typing import Final

import brotli  # type: ignore[import-untyped]

from .answers import Headers, Response

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

_WINDOW_BITS: Final = {"gzip": 31, "deflate": 15, "raw-deflate": -15}


def encoded(body: bytes, encoding: str, headers: Headers | None = None, status: int = 200) -> Response:
    """``body`` as gzip, deflate, br or zstd; ``raw-deflate`` is what some servers wrongly call deflate."""
    if encoding == "br":
        data = brotli.compress(body)
    elif encoding == "zstd":
        data = zstd.compress(body)
    else:
        data = zlib.compress(body, wbits=_WINDOW_BITS[encoding])
    return _labelled(data, encoding, headers, status)


def bomb(encoding: str, decoded_bytes: int = 512 * 2**20) -> Response:
    """A small body that decodes to ``decoded_bytes`` (rounded down to whole MiB) of spaces. Made once a process."""
    return _labelled(_bomb(encoding, decoded_bytes >> 20), encoding)


def _labelled(data: bytes, encoding: str, headers: Headers | None = None, status: int = 200) -> Response:
    return Response(status, {"Content-Encoding": encoding.removeprefix("raw-"), **(headers or {})}, data)


@cache
def _bomb(encoding: str, mebibytes: int) -> bytes:
    block = b" " * 2**20
    if encoding == "br":
        br = brotli.Compressor(quality=1)
        return b"".join([*(br.process(block) for _ in range(mebibytes)), br.finish()])
    if encoding == "zstd":
        zs = zstd.ZstdCompressor(level=1)
        return b"".join([*(zs.compress(block) for _ in range(mebibytes)), zs.flush()])
    deflate = zlib.compressobj(wbits=_WINDOW_BITS[encoding])
    return b"".join([*(deflate.compress(block) for _ in range(mebibytes)), deflate.flush()])
