"""A web made for a test: a list of edges in, a server out, and a log of what was asked of it.

    web = FakeWeb()
    web.page("http://a.example/", ["http://b.example/x", Link("/y", "why", rel="nofollow")])
    web.redirect("http://a.example/old", "/new")
    web.answer("http://a.example/slow", Drip(Response(body=b"…"), interval_s=0.1))
    web.robots("http://a.example", "User-agent: *\\nDisallow: /private")
    async with web.serve() as served:
        await crawl(..., connect_to=[served.connect_to])
        assert served.max_concurrent("a.example") == 1

Hosts are told apart by the ``Host`` header, http and https by the port that was asked, so one server on loopback is
any number of sites. An unknown path gets 404 and an unknown host 421.

- ``web``      the pages: what answers which URL
- ``answers``  what one request gets; each way a server can misbehave is a small class here
- ``codings``  compressed bodies, and bombs
- ``server``   asyncio streams that let an answer write any bytes; the log, and politeness judged from it
- ``tls``      a throw-away certificate authority
- ``random_web``  a generated web whose edges are known, and the answers an index must give for them, counted naively

It is no general HTTP server: requests are trusted, and only what crawler tests need is understood.
"""

from .answers import (
    Answer,
    BadChunks,
    Chunked,
    CutAfter,
    Delayed,
    Drip,
    Endless,
    Exchange,
    Hang,
    HugeHeaders,
    InTurn,
    Raw,
    Request,
    Response,
    WrongLength,
    retry_after,
)
from .codings import bomb, encoded
from .random_web import SUFFIXES, Edge, Row, expected_table, random_web
from .server import Served
from .web import FakeWeb, Link

__all__ = [
    "SUFFIXES",
    "Answer",
    "BadChunks",
    "Chunked",
    "CutAfter",
    "Delayed",
    "Drip",
    "Edge",
    "Endless",
    "Exchange",
    "FakeWeb",
    "Hang",
    "HugeHeaders",
    "InTurn",
    "Link",
    "Raw",
    "Request",
    "Response",
    "Row",
    "Served",
    "WrongLength",
    "bomb",
    "encoded",
    "expected_table",
    "random_web",
    "retry_after",
]
