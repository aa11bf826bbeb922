"""wholinks: who links to X, from your own crawl, offline and with proof.

    from wholinks import Index, crawl

    await crawl(["shop.example", "blog.example"], max_pages=500)
    with Index("wholinks-data") as index:
        for row in index.who_links_to("shop.example").rows:
            print(row.referring_domain, row.backlinks)

Both are loaded at first use: DuckDB and the HTTP client take their time, and most commands need one of them at most.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wholinks.api import crawl
    from wholinks.index.queries import Index

__version__ = "0.1.0"
__all__ = ["Index", "__version__", "crawl"]


def __getattr__(name: str) -> Any:
    if name == "Index":
        from wholinks.index.queries import Index  # noqa: PLC0415

        return Index
    if name == "crawl":
        from wholinks.api import crawl  # noqa: PLC0415

        return crawl
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
