"""What the event loop and a parser process say to each other; the loop's process needs no parser for it.

A message is four bytes of length and a ``marshal`` of plain values: a :data:`Job` in, a :data:`Reply` out.
"""

import marshal
import struct
from typing import Any, Final

Job = tuple[int, str, int, bytes, str, tuple[str, ...], str, tuple[str, ...]]
"""fetch_id, url, depth, body, content type, Link headers, Refresh header, X-Robots-Tag headers"""
Reply = tuple[int, str, tuple[Any, ...]]
"""fetch_id, "" or what went wrong, body hash and PageRows"""

HEADER: Final = struct.Struct("!I")


def packed(message: Job | Reply) -> bytes:
    """A message as it travels."""
    body = marshal.dumps(message)
    return HEADER.pack(len(body)) + body
