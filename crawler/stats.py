"""What a crawl counts while it runs."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class Stats:
    """Counts of this run. ``requests`` include robots.txt; ``failures`` (by kind) count tries, not pages; ``targets``
    are links' targets outside of reach that were checked, ``unchanged`` pages that a server said are as they were;
    ``retries_put_off`` are tries again that were too many at once, and waited longer."""

    requests: int = 0
    pages: int = 0
    links: int = 0
    external_links: int = 0
    redirects: int = 0
    targets: int = 0
    unchanged: int = 0
    bytes: int = 0
    retries_put_off: int = 0
    failures: Counter[str] = field(default_factory=Counter)
