"""Where the peers store links: the same columns in a table of SQLite, written in batches."""

import argparse
import sqlite3
from pathlib import Path
from typing import Final

BATCH: Final = 10_000
LinkRow = tuple[str, str, str, int]
"""source, target (without its fragment), anchor text, nofollow"""


class LinksFile:
    """Collects pages and links, and writes them a batch at a time."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path)
        self._db.executescript(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;"
            "CREATE TABLE page (url TEXT); CREATE TABLE link (source TEXT, target TEXT, anchor TEXT, nofollow INTEGER)"
        )
        self._pages: list[tuple[str]] = []
        self._links: list[LinkRow] = []

    def add(self, url: str, links: list[LinkRow]) -> None:
        """Keep a page and its links."""
        self._pages.append((url,))
        self._links += links
        if len(self._links) >= BATCH:
            self.flush()

    def flush(self) -> None:
        """Write what is collected."""
        with self._db:
            self._db.executemany("INSERT INTO page VALUES (?)", self._pages)
            self._db.executemany("INSERT INTO link VALUES (?, ?, ?, ?)", self._links)
        self._pages.clear()
        self._links.clear()

    def close(self) -> None:
        """Write the rest."""
        self.flush()
        self._db.close()


def options_of(about: str | None) -> argparse.Namespace:
    """What a peer's command line names: ``truth`` (the corpus), ``file`` (where links go), ``concurrency``."""
    options = argparse.ArgumentParser(description=about)
    options.add_argument("truth", type=Path)
    options.add_argument("file", type=Path)
    options.add_argument("--concurrency", type=int, required=True)
    return options.parse_args()
