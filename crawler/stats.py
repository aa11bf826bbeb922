"""What a crawl counts while it runs."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class Stats:
    """Counts of this run. ``requests`` include robots.txt; ``failures`` (by kind) count tries, not pages; ``targets``
    are links' targets outside of reach that were checked, ``unchanged`` pages that a server said are as they were;
    ``sitemaps`` counts those by what came of them, ``listed`` what they and the ``feeds`` list: ``pages`` in scope, or
    why not."""

    requests: int = 0
    pages: int = 0
    links: int = 0
    external_links: int = 0
    redirects: int = 0
    targets: int = 0
    unchanged: int = 0
    bytes: int = 0
    feeds: int = 0
    sitemaps: Counter[str] = field(default_factory=Counter)
    listed: Counter[str] = field(default_factory=Counter)
    failures: Counter[str] = field(default_factory=Counter)
