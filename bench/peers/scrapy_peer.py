"""Scrapy: one spider with one LinkExtractor, which follows what is within the allowed domains, and a pipeline that
stores every link in batches. Names resolve to 127.0.0.1."""

import json
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from typing import Any

import scrapy
from scrapy.crawler import CrawlerProcess
from scrapy.http import HtmlResponse
from scrapy.linkextractors import LinkExtractor
from scrapy.resolver import CachingThreadedResolver
from twisted.internet import defer

from .links_file import LinksFile, options_of


class Loopback(CachingThreadedResolver):
    """Every name is this machine."""

    def getHostByName(self, name: str, timeout: Sequence[int] = ()) -> Any:  # noqa: N802 - Twisted's name
        return defer.succeed("127.0.0.1")


class Links(scrapy.Spider):
    """Follows links within the corpus."""

    name = "links"
    hosts: frozenset[str]
    extractor: LinkExtractor
    starts: Sequence[str]

    async def start(self) -> AsyncIterator[Any]:
        for url in self.starts:
            yield scrapy.Request(url)

    def parse(self, response: Any, **_: Any) -> Iterator[Any]:
        if not isinstance(response, HtmlResponse):
            return
        found = self.extractor.extract_links(response)
        yield {
            "url": response.url,
            "links": [(response.url, link.url.partition("#")[0], link.text, int(link.nofollow)) for link in found],
        }
        for link in found:
            if link.url.split("/", 3)[2].partition(":")[0] in self.hosts:
                yield scrapy.Request(link.url)


class Store:
    """The pipeline."""

    def __init__(self, path: Path) -> None:
        self._file = LinksFile(path)

    @classmethod
    def from_crawler(cls, crawler: Any) -> "Store":
        return cls(Path(crawler.settings.get("LINKS_FILE")))

    def process_item(self, item: dict[str, Any]) -> dict[str, Any]:
        self._file.add(item["url"], item["links"])
        return item

    def close_spider(self) -> None:
        self._file.close()


def main() -> None:
    """Crawl what the command line names."""
    given = options_of(__doc__)
    truth = json.loads(given.truth.read_text("utf-8"))
    process = CrawlerProcess(
        {
            "ROBOTSTXT_OBEY": True,
            "CONCURRENT_REQUESTS": given.concurrency,
            "CONCURRENT_REQUESTS_PER_DOMAIN": 8,
            "DOWNLOAD_DELAY": 0,
            "COOKIES_ENABLED": False,
            "TELNETCONSOLE_ENABLED": False,
            "LOG_LEVEL": "ERROR",
            "ASYNCIO_EVENT_LOOP": "uvloop.Loop",
            "TWISTED_DNS_RESOLVER": f"{__name__}.Loopback",
            "DNS_RESOLVER": f"{__name__}.Loopback",
            "ITEM_PIPELINES": {f"{__name__}.Store": 100},
            "LINKS_FILE": str(given.file),
        }
    )
    extractor = LinkExtractor(unique=False, deny_extensions=[])
    hosts = frozenset(truth["hosts"])
    process.crawl(
        Links, starts=truth["starts"], allowed_domains=sorted(hosts), hosts=hosts, extractor=extractor
    )  # fmt: skip
    process.start()


if __name__ == "__main__":
    sys.modules.setdefault("bench.peers.scrapy_peer", sys.modules["__main__"])
    main()
