"""The system's certificates, read when a request needs them.

aiohttp reads them twice while it is imported, 20 ms of CPU each: nearly a tenth of what a crawl takes to start. A
process of our own leaves them unread, and reads them once, before its first request over TLS. Nobody is trusted before.
"""

import ssl
import sys
from typing import Final

_unread: Final[list[ssl.SSLContext]] = []


def leave_unread() -> None:
    """Import aiohttp, if nobody did, without certificates. Not where others use it too: they don't know of
    :func:`read`."""
    if "aiohttp" in sys.modules:
        return
    original = ssl.SSLContext.set_default_verify_paths
    ssl.SSLContext.set_default_verify_paths = _leave  # type: ignore[method-assign, assignment]
    try:
        import aiohttp  # noqa: F401, PLC0415
    finally:
        ssl.SSLContext.set_default_verify_paths = original  # type: ignore[method-assign]


def _leave(context: ssl.SSLContext) -> None:
    _unread.append(context)


def read() -> None:
    """Read what was left unread, where it is to be checked by."""
    while _unread:
        context = _unread.pop()
        if context.verify_mode != ssl.CERT_NONE:
            context.set_default_verify_paths()
