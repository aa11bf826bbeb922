"""crawlee: a ParselCrawler that stores every link in batches and follows what is on the same hosts. Its HTTP client
has no way to give names an address, so the static server takes the part of a proxy, which it plays as it serves."""

import asyncio
import json
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from crawlee import ConcurrencySettings, Request
from crawlee.configuration import Configuration
from crawlee.crawlers import ParselCrawler, ParselCrawlingContext
from crawlee.http_clients import ImpitHttpClient
from crawlee.storage_clients import MemoryStorageClient

from .links_file import LinkRow, LinksFile, options_of


class Sent(ImpitHttpClient):
    """The usual client, with everything sent to one address: pages and robots.txt (which knows no proxy) alike."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self._address = address

    def _get_client(self, proxy_url: str | None) -> Any:
        return super()._get_client(proxy_url or self._address)


async def crawl(facts: dict[str, Any], path: Path, concurrency: int) -> None:
    """Crawl the corpus into the file."""
    hosts = frozenset(facts["hosts"])
    file = LinksFile(path)
    crawler = ParselCrawler(
        configuration=Configuration(purge_on_start=True),
        storage_client=MemoryStorageClient(),
        http_client=Sent(f"http://127.0.0.1:{facts['port']}"),
        concurrency_settings=ConcurrencySettings(
            min_concurrency=concurrency, max_concurrency=concurrency, desired_concurrency=concurrency
        ),
        use_session_pool=False,
        respect_robots_txt_file=True,
        ignore_http_error_status_codes=[404, 403],
        max_request_retries=1,
        request_handler_timeout=timedelta(seconds=60),
        configure_logging=False,
    )

    @crawler.router.default_handler
    async def handle(context: ParselCrawlingContext) -> None:
        url = context.request.loaded_url or context.request.url
        if context.http_response.status_code != 200:
            return
        rows: list[LinkRow] = []
        follow: dict[str, None] = {}
        base = urljoin(url, context.selector.xpath("//base/@href").get() or "")
        for element in context.selector.xpath("//a[@href] | //area[@href]"):
            href = element.attrib["href"].strip()
            try:
                target = urljoin(base, href).partition("#")[0]
            except ValueError:
                continue
            if not target.startswith(("http://", "https://")):
                continue
            anchor = " ".join(element.xpath("string()").get("").split())
            rows.append((url, target, anchor, int("nofollow" in element.attrib.get("rel", "").split())))
            if target.split("/", 3)[2].partition(":")[0] in hosts:
                follow[target] = None
        file.add(url, rows)
        await context.add_requests([Request.from_url(target) for target in follow])

    await crawler.run(list(facts["starts"]))
    file.close()


def main() -> None:
    """Crawl what the command line names."""
    given = options_of(__doc__)
    asyncio.run(crawl(json.loads(given.truth.read_text("utf-8")), given.file, given.concurrency))


if __name__ == "__main__":
    main()
