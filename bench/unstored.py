"""``python -m bench.unstored``: the command ``wholinks``, but links and their evidence are not written to crawl.db."""

from wholinks.cli import main
from wholinks.storage import crawl_store

for part in ("links", "evidence"):
    crawl_store._WRITES.pop(part)  # noqa: SLF001 - what it costs is the question

if __name__ == "__main__":
    main()
