"""Crawling from Python. What it answers is the same as the command line's, by the same code."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from wholinks.crawler.engine import Crawl, CrawlReport
from wholinks.crawler.seeds import read_seeds
from wholinks.crawler.settings import Settings
from wholinks.index.build import build_index
from wholinks.storage.errors import UsageError


async def crawl(
    seeds: Sequence[str], data: Path | str = "wholinks-data", *, with_index: bool = True, **settings: Any
) -> CrawlReport:
    """Crawl the sites of ``seeds`` (URLs or domains) into the folder ``data``, then build its index.

    ``settings`` are the fields of :class:`wholinks.crawler.settings.Settings`: ``max_pages=500``, ``delay_s=2.0``. On a
    folder that holds a crawl already, the crawl goes on. Raises :class:`WholinksError` for a seed or setting that can't
    be meant, and for a folder that can't be used.
    """
    found, wrong = read_seeds(seeds, "seeds")
    if wrong:
        raise UsageError(str(wrong[0]))
    unknown = settings.keys() - set(Settings.__dataclass_fields__)
    if unknown:
        raise UsageError(f"{min(unknown)}: no setting of a crawl; see wholinks.crawler.settings.Settings")
    folder = Path(data)
    report = await Crawl(folder, Settings(**settings)).run(found)
    if with_index:
        await asyncio.to_thread(build_index, folder)
    return report
