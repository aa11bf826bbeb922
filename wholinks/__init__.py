"""wholinks: who links to X, from your own crawl, offline and with proof.

    import wholinks

    await wholinks.crawl(["shop.example", "blog.example"], max_pages=500)
    with wholinks.open("wholinks-data") as links:
        for row in links.who_links_to("shop.example").rows:
            print(row.referring_domain, row.backlinks)

All is loaded at first use: DuckDB and the HTTP client take their time, and most commands need one of them at most.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from wholinks.api import crawl
    from wholinks.index.queries import Index
    from wholinks.links import Links

__version__ = "0.1.0"
__all__ = ["Index", "Links", "__version__", "crawl"]  # not `open`: a star import would hide the built-in one


def open(folder: "Path | str" = "wholinks-data") -> "Links":  # noqa: A001 - wholinks.open
    """The index of a data folder, with all research as methods: a context manager.

    Raises :class:`DataFolderError` when there is no index, or the file is damaged or of another version.
    """
    from wholinks.links import Links  # noqa: PLC0415

    return Links(folder)


def __getattr__(name: str) -> Any:
    if name == "Index":
        from wholinks.index.queries import Index  # noqa: PLC0415

        return Index
    if name == "Links":
        from wholinks.links import Links  # noqa: PLC0415

        return Links
    if name == "crawl":
        from wholinks.api import crawl  # noqa: PLC0415

        return crawl
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
