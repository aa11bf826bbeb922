"""The demo web on a loopback port: one server for all its hosts, told apart by the Host header."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from .sites import Answer, read_sites

_NO_SUCH_HOST = Answer(b"<!doctype html><title>No such host here</title><h1>No such host here</h1>", status=421)
_NO_SUCH_PAGE = Answer(b"<!doctype html><title>Not found</title><h1>Not found</h1>", status=404)


@asynccontextmanager
async def demo_web(port: int = 0) -> AsyncIterator[int]:
    """Serve the demo web on 127.0.0.1 until the block ends; yields the port (a free one unless named)."""
    sites = read_sites()

    async def answer(request: web.BaseRequest) -> web.Response:
        pages = sites.get(request.host.partition(":")[0].lower())
        if pages is None:
            return _response(_NO_SUCH_HOST)
        return _response(pages.get(request.rel_url.raw_path, _NO_SUCH_PAGE))

    runner = web.ServerRunner(web.Server(answer, access_log=None), shutdown_timeout=1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", port)
        await site.start()
        yield int(runner.addresses[0][1])
    finally:
        await runner.cleanup()


def _response(answer: Answer) -> web.Response:
    headers = {"Content-Type": answer.content_type}
    if answer.location is not None:
        headers["Location"] = answer.location
    return web.Response(status=answer.status, headers=headers, body=answer.body)
