"""``python -m bench.index``: building the index from crawl.db, and how large it is; the same by hand beside it.

By hand: the same inversion by SQL in SQLite (a clustered table of all columns), and what a user of DuckDB would do:
write all links with their URLs to Parquet, sort that by target, and aggregate it. Each build is a process of its own.
"""

import shutil
import sqlite3
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Final, NamedTuple

import duckdb

from wholinks.index.queries import Index
from wholinks.index.schema import INDEX_FILE
from wholinks.index.source import crawl_snapshot
from wholinks.storage import views
from wholinks.storage.database import CRAWL_DB

from . import crawl_db
from .measuring import MeasureError, Run, middle, run
from .results import Part, Table, keep, options, tell, work_folder

ROOT: Final = Path(__file__).resolve().parents[1]
MEMORY: Final = "1GB"
_TEXTS: Final = ("rel_other", "anchor_text")
_EVERYTHING: Final = ("link", "evidence")
_CHECKED: Final = 60

_SQLITE: Final = """
CREATE TABLE link (
    target_domain TEXT, source_domain TEXT, target_url_id INTEGER, source_url_id INTEGER, ordinal INTEGER,
    bits INTEGER, rel INTEGER, rel_other TEXT, anchor_text TEXT, raw_href TEXT, raw_rel TEXT, tag TEXT,
    context_before TEXT, context_after TEXT,
    PRIMARY KEY (target_domain, source_domain, target_url_id, source_url_id, ordinal)
) WITHOUT ROWID;
INSERT INTO link
SELECT there.domain, here.domain, target.url_id, source.url_id, link.ordinal, link.bits, link.rel, link.rel_other,
       link.anchor_text, raw_href, raw_rel, tag, context_before, context_after
FROM crawl.link JOIN crawl.evidence USING (fetch_id, ordinal) JOIN crawl.fetch USING (fetch_id)
JOIN crawl.url AS source ON source.url_id = fetch.url_id JOIN crawl.origin AS here ON here.origin_id = source.origin_id
JOIN crawl.url AS target ON target.url_id = link.target_url_id
JOIN crawl.origin AS there ON there.origin_id = target.origin_id
WHERE there.domain <> here.domain
ORDER BY 1, 2, 3, 4, 5;
CREATE TABLE pair AS SELECT target_domain, source_domain, count(*) AS links FROM link GROUP BY 1, 2;
"""

_LINKS: Final = """
SELECT fetch_id, ordinal, target_url_id, bits, rel, coalesce(rel_other, '') AS rel_other, anchor_text, raw_href,
       coalesce(raw_rel, '') AS raw_rel, tag, context_before, context_after
FROM link JOIN evidence USING (fetch_id, ordinal)"""

_PARQUET: Final = """
COPY (
    SELECT here.domain AS source_domain, here.origin || source.path AS source_url, there.domain AS target_domain,
           there.origin || target.path AS target_url, l.ordinal, l.bits, l.rel, l.rel_other, l.anchor_text, l.raw_href,
           l.raw_rel, l.tag, l.context_before, l.context_after
    FROM source AS l JOIN fetches ON fetches.fetch_id = l.fetch_id
    JOIN urls AS source ON source.url_id = fetches.url_id JOIN origins AS here ON here.origin_id = source.origin_id
    JOIN urls AS target ON target.url_id = l.target_url_id JOIN origins AS there ON there.origin_id = target.origin_id
    WHERE here.domain <> there.domain
) TO '{folder}/raw.parquet' (COMPRESSION zstd);
"""
_PARQUET_SORTED: Final = """
COPY (SELECT * FROM '{folder}/raw.parquet' ORDER BY target_domain, source_domain, target_url, source_url, ordinal)
    TO '{folder}/links.parquet' (COMPRESSION zstd);
COPY (SELECT target_domain, source_domain, count(*) AS links FROM '{folder}/links.parquet' GROUP BY ALL ORDER BY ALL)
    TO '{folder}/pairs.parquet' (COMPRESSION zstd);
"""


_NOTES: Final = (
    """All links are external, with five texts of evidence each (href, rel, tag, context before and after) besides the
    anchor; 20 links a page, targets and words by Zipf's law, four in ten links from a site's template. Checked against
    what the generator counted: links and referring domains of sampled domains, links of sampled pages.""",
    """SQLite: INSERT … SELECT … ORDER BY into a clustered table, 1 GB cache; its links have ids, not URLs, so they are
    less than an index. Parquet: all links with both URLs, written, sorted by target, and counted by pair, in DuckDB
    with 1 GB; nothing else is computed ahead.""",
    """Medians of the rounds; above a million links one round by hand. Peak RSS is that of the whole process. Links
    alone are measured by writing them to a file of their own.""",
)


class Built(NamedTuple):
    """A way to build, what it took and how large the result is."""

    name: str
    took: Run
    size_bytes: int


def with_sqlite(folder: Path, out: Path) -> None:
    """The inversion in SQLite."""
    with closing(sqlite3.connect(out / "inverted.db", isolation_level=None)) as db:
        db.executescript("PRAGMA page_size = 8192; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;"
                         "PRAGMA cache_size = -1000000; PRAGMA threads = 2")  # fmt: skip
        db.execute("ATTACH ? AS crawl", (str(folder / CRAWL_DB),))
        db.executescript(_SQLITE)


def with_parquet(folder: Path, out: Path) -> None:
    """The inversion in DuckDB over Parquet."""
    with closing(duckdb.connect(":memory:")) as duck, crawl_snapshot(folder / CRAWL_DB) as crawl:
        duck.execute(f"SET memory_limit = '{MEMORY}'; SET temp_directory = '{out}/spill'")
        duck.execute("SET preserve_insertion_order = false")
        for name, select in (("origins", views.ORIGINS), ("urls", views.URLS), ("fetches", views.FETCHES)):
            with crawl.rows(duck, select):
                duck.execute(f"CREATE TABLE {name} AS SELECT * FROM source")
        with crawl.rows(duck, _LINKS):
            duck.execute(_PARQUET.format(folder=out))
        duck.execute(_PARQUET_SORTED.format(folder=out))
        (out / "raw.parquet").unlink()


BY_HAND: Final = {"sqlite": with_sqlite, "parquet": with_parquet}
_BY_HAND_TITLES: Final = {"parquet": "DuckDB over Parquet", "sqlite": "SQLite"}


def build(folder: Path, log: Path) -> Built:
    """Build the index by the command."""
    took = run([Path(sys.executable).with_name("wholinks"), "index", "--data", folder], log=log, folder=ROOT)
    return Built("wholinks index", took, (folder / INDEX_FILE).stat().st_size)


def by_hand(name: str, title: str, folder: Path, log: Path) -> Built:
    """The same by hand."""
    out = folder / name
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir()
    took = run([sys.executable, "-m", "bench.index", "--by-hand", name, folder, out], log=log, folder=ROOT)
    size = sum(file.stat().st_size for file in out.iterdir() if file.is_file())
    return Built(title, took, size)


def check(folder: Path, truth: crawl_db.Truth) -> None:
    """Raise :class:`MeasureError` unless the index says what was written, for sampled targets."""
    with Index(folder) as index:
        for number, (domain, (links, domains)) in enumerate(truth.domains.items()):
            if number % max(1, len(truth.domains) // _CHECKED):
                continue
            found = index.who_links_to(domain, limit=0).totals
            if (found.links, found.referring_domains) != (links, domains):
                raise MeasureError(
                    f"{domain}: the index says {found.links:,} links of {found.referring_domains:,} domains, there are"
                    f" {links:,} of {domains:,}"
                )
        for number, (url, links) in enumerate(truth.pages.items()):
            if number % max(1, len(truth.pages) // _CHECKED):
                continue
            said = index.who_links_to(url, limit=0).totals.links
            if said != links:
                raise MeasureError(f"{url}: the index says {said:,} links, there are {links:,}")


def check_by_hand(folder: Path, name: str, truth: crawl_db.Truth) -> None:
    """The same of what was made by hand, for its pairs."""
    select = "SELECT target_domain, sum(links), count(*) FROM {} GROUP BY 1"
    if name == "sqlite":
        with closing(sqlite3.connect(folder / name / "inverted.db")) as db:
            rows = db.execute(select.format("pair")).fetchall()
    else:
        with closing(duckdb.connect(":memory:")) as duck:
            rows = duck.execute(select.format(f"'{folder}/{name}/pairs.parquet'")).fetchall()
    found = {domain: (int(links), domains) for domain, links, domains in rows}
    wrong = [domain for domain, known in truth.domains.items() if found.get(domain) != known]
    if wrong:
        raise MeasureError(f"{name}: wrong for {len(wrong)} domains, the first {wrong[0]}")


def sizes(folder: Path, work: Path) -> tuple[int, int]:
    """Bytes of the links alone, rewritten in their order: the numbers; and all, with texts and evidence."""
    found = []
    for columns, tables in ((f"* EXCLUDE ({', '.join(_TEXTS)})", ("link",)), ("*", _EVERYTHING)):
        file = work / "size.duckdb"
        file.unlink(missing_ok=True)
        with closing(duckdb.connect(":memory:")) as duck:
            duck.execute(f"SET memory_limit = '{MEMORY}'; SET temp_directory = '{work}/spill'")
            duck.execute(f"ATTACH '{folder / INDEX_FILE}' AS index (READ_ONLY); ATTACH '{file}' AS copy")
            for table in tables:
                duck.execute(f"CREATE TABLE copy.{table} AS SELECT {columns} FROM index.{table}")
            duck.execute("DETACH copy")
        found.append(file.stat().st_size)
        file.unlink()
    return found[0], found[1]


def main(argv: Sequence[str]) -> int:
    """Run it; the exit code."""
    if argv and argv[0] == "--by-hand":
        BY_HAND[argv[1]](Path(argv[2]), Path(argv[3]))
        return 0
    parser = options(__doc__ or "")
    parser.add_argument("--millions", type=float, nargs="+", help="sizes, in millions of links (1 10 20; 50, 100)")
    parser.add_argument("--hand-up-to", type=float, default=10, help="the largest size that is built by hand, too")
    given = parser.parse_args(argv)
    work = work_folder(given)
    part = Part("index")
    built = Table(
        "Build, from crawl.db to an index in place",
        ["links", "by", "s", "M links/s", "CPU s", "M links a CPU s", "peak RSS MiB", "bytes a link"],
    )
    size = Table(
        "Size, bytes a link", ["links", "links, numbers", "links, with texts and evidence", "whole index", "crawl.db"]
    )
    for millions in given.millions or ([0.3, 1] if given.quick else [1, 10, 20]):
        links = int(millions * 1e6)
        folder = work / f"links-{links}"
        started = time.perf_counter()
        truth = crawl_db.make(folder, links)
        tell(f"index: {links:,} links are there ({time.perf_counter() - started:.0f} s)")
        rounds = given.rounds or (1 if given.quick else 3)
        by_hand_rounds = 0 if millions > given.hand_up_to else 1 if millions > 1 else rounds
        _measure(built, part, folder, truth, rounds=rounds, by_hand_rounds=by_hand_rounds)
        numbers, all_ = sizes(folder, work)
        whole = (folder / INDEX_FILE).stat().st_size
        size.rows.append(
            [links, numbers / links, all_ / links, whole / links, (folder / CRAWL_DB).stat().st_size / links]
        )
    part.tables += [built, size]
    part.notes += [" ".join(note.split()) for note in _NOTES]
    keep(part, given.results)
    return 0


def _measure(
    table: Table, part: Part, folder: Path, truth: crawl_db.Truth, *, rounds: int, by_hand_rounds: int
) -> None:
    log = folder / "build.log"
    found: dict[str, list[Built]] = {}
    for number in range(rounds):
        all_ = [build(folder, log)]
        check(folder, truth)
        for name, title in _BY_HAND_TITLES.items() if number < by_hand_rounds else ():
            all_.append(by_hand(name, title, folder, log))
            check_by_hand(folder, name, truth)
            shutil.rmtree(folder / name)
        for one in all_:
            found.setdefault(one.name, []).append(one)
            tell(f"index, {truth.links:,} links: {one.name}, round {number + 1}: {one.took.wall_s:.1f} s")
            part.runs.append({"links": truth.links, "by": one.name, "wall_s": round(one.took.wall_s, 2),
                              "cpu_s": round(one.took.cpu_s, 2), "rss_mib": round(one.took.rss_mib)})  # fmt: skip
    for name, runs in found.items():
        wall = middle([one.took.wall_s for one in runs])
        cpu = middle([one.took.cpu_s for one in runs])
        table.rows.append(
            [truth.links, name, wall, truth.links / wall / 1e6, cpu, truth.links / cpu / 1e6,
             max(one.took.rss_mib for one in runs), runs[-1].size_bytes / truth.links]
        )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
