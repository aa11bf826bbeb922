"""``python -m bench.peers.parse_peers FILE RUNS``: a page's parse by Scrapy's LinkExtractor and by lxml.

``FILE`` holds a list of (url, body), by ``marshal``. Written to standard output, as JSON: for each task µs of CPU a
page of each run but a first one, and how many links it found in all.
"""

import json
import marshal
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import urljoin

from lxml import html  # type: ignore[import-untyped]
from scrapy.http import HtmlResponse
from scrapy.linkextractors import LinkExtractor

Pages = Sequence[tuple[str, bytes]]


def with_scrapy(pages: Pages) -> int:
    """Links with URL, text and nofollow, as a spider gets them."""
    extractor: Any = LinkExtractor(unique=False, deny_extensions=[])
    return sum(len(extractor.extract_links(HtmlResponse(url, body=body, encoding="utf-8"))) for url, body in pages)


def with_lxml(pages: Pages) -> int:
    """The same by hand: joined URL, rel and text of each anchor."""
    found = 0
    for url, body in pages:
        for link in html.document_fromstring(body, parser=html.HTMLParser(encoding="utf-8")).iter("a", "area"):
            if "href" in link.attrib:
                try:
                    _ = urljoin(url, link.attrib["href"]), link.get("rel"), link.text_content()
                except ValueError:
                    continue
                found += 1
    return found


TASKS: Final[dict[str, Callable[[Pages], int]]] = {"Scrapy's LinkExtractor": with_scrapy, "lxml by hand": with_lxml}


def main(file: Path, runs: int) -> None:
    """Measure, and write what was found."""
    pages: Pages = marshal.loads(file.read_bytes())  # noqa: S302 - made by bench.parse
    told: dict[str, dict[str, Any]] = {name: {"us": [], "links": 0} for name in TASKS}
    for run in range(runs + 1):
        for name, task in TASKS.items():
            before = time.process_time()
            told[name]["links"] = task(pages)
            if run:
                told[name]["us"].append((time.process_time() - before) / len(pages) * 1e6)
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
