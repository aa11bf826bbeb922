"""``python -m bench.stored FOLDER...``: how large crawl.db is, a link and a page, and how much of that it must be.

The least is counted from what is stored: every text in UTF-8, and numbers as short as they can tell their values: 8
bytes a URL (its hash), 4 a fetch, 4 a time, 2 a place on a page, 1 to 8 for the rest. Row headers, B-trees, indexes,
free space and the padding of pages are what comes on top.
"""

import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from typing import Final, NamedTuple

from wholinks.storage.database import CRAWL_DB

_TEXTS: Final = {
    "link": ("anchor_text", "rel_other"),
    "evidence": ("raw_href", "raw_rel", "tag", "context_before", "context_after"),
    "url": ("path",),
    "origin": ("origin", "host", "domain", "icann_domain"),
    "fetch": ("reason", "remote_ip", "content_type", "etag", "last_modified", "robots_other", "charset", "title",
              "language", "link_counts", "non_link_counts"),
    "page": ("reason",),
}  # fmt: skip
_NUMBERS: Final = {
    "link": 4 + 2 + 8 + 2 + 2,  # fetch, place, target, bits, rel
    "evidence": 4 + 2 + 8,  # fetch, place, path fingerprint
    "url": 8 + 4,  # hash, origin
    "origin": 8,
    "fetch": 4 + 8 + 8 + 4 + 2 + 1 + 2 + 4 + 8 + 8 + 4,  # ids, time, ms, outcome, status, size, hash, simhash, words
    "page": 8 + 8 + 4 + 1 + 1 + 4 + 4 + 4 + 4 + 2,  # key, URL, origin, state, depth, times and fetches, links
}
"""Bytes a row."""


class Stored(NamedTuple):
    """A crawl.db's bytes, and the least they could be."""

    links: int
    pages: int
    file_bytes: int
    least_bytes: int
    least: dict[str, int]


def stored(path: Path) -> Stored:
    """Measure the file ``path``; it should have no write-ahead log (no crawl at work)."""
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as db:
        least = {table: _least(db, table) for table in _TEXTS}
        links = db.execute("SELECT count(*) FROM link").fetchone()[0]
        pages = db.execute("SELECT count(*) FROM fetch WHERE outcome = 0").fetchone()[0]
    size = sum(file.stat().st_size for file in path.parent.glob(f"{CRAWL_DB}*") if not file.name.endswith("-shm"))
    return Stored(links, pages, size, sum(least.values()), least)


def _least(db: sqlite3.Connection, table: str) -> int:
    texts = " + ".join(f"coalesce(length(CAST({name} AS BLOB)), 0)" for name in _TEXTS[table])
    rows, size = db.execute(f"SELECT count(*), coalesce(sum({texts}), 0) FROM {table}").fetchone()
    return int(size + rows * _NUMBERS[table])


def main(folders: list[str]) -> None:
    """Print a row a folder."""
    print(
        "| folder | links | pages | crawl.db MB | bytes a link | bytes a page | least, bytes a link | times the least |"
    )
    print("|---|---:|---:|---:|---:|---:|---:|---:|")
    for folder in folders:
        it = stored(Path(folder) / CRAWL_DB)
        links, pages = max(1, it.links), max(1, it.pages)
        print(
            f"| {Path(folder).name} | {it.links:,} | {it.pages:,} | {it.file_bytes / 1e6:,.1f} |"
            f" {it.file_bytes / links:.0f} | {it.file_bytes / pages:,.0f} | {it.least_bytes / links:.0f} |"
            f" {it.file_bytes / it.least_bytes:.2f} |"
        )


if __name__ == "__main__":
    main(sys.argv[1:])
