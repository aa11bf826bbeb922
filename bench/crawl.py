"""``python -m bench.crawl``: whole crawls, ours against Scrapy and crawlee: one corpus, one server, one run.

Every tool starts at the same pages, keeps to robots.txt, has no delay, the same number of requests under way, and
stores every link in SQLite. What it stored is compared with what the corpus holds before a time is told.
"""

import shutil
import sqlite3
import sys
from argparse import Namespace
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Final, NamedTuple

from . import server
from .corpus import DOC_PACKAGES, Corpus, Shape, digest, documentation, generated
from .measuring import MeasureError, Run, cores_apart, middle, run
from .results import Part, Table, keep, options, tell, work_folder

ROOT: Final = Path(__file__).resolve().parents[1]
PEERS: Final = ROOT / ".bench-venv" / "bin" / "python"
CONCURRENCY: Final = 64
_NEAR: Final = 0.01
"""How far the links stored of real pages may be from what lxml sees: parsers differ on broken markup."""


class Stored(NamedTuple):
    """What a crawl stored. ``pairs`` is the digest of (source, target), ``whole`` that with anchor and nofollow;
    ``elsewhere`` counts links that lead to other pages."""

    pages: int
    links: int
    elsewhere: int
    pairs: int
    whole: int | None


@dataclass(frozen=True, slots=True)
class Tool:
    """A crawler: its command for a corpus and a folder of its own, and how to read what it stored there."""

    name: str
    command: Callable[[Corpus, Path], list[str | Path]]
    stored: Callable[[Path], Stored]


def our_command(corpus: Corpus, place: Path) -> list[str | Path]:
    """``wholinks crawl`` of the corpus, as a person would start it."""
    seeds = place / "seeds.txt"
    seeds.write_text("\n".join(corpus.starts), "utf-8")
    trust: list[str | Path] = ["--cacert", server.ca_file(corpus)] if corpus.is_tls else []
    return [
        Path(sys.executable).with_name("wholinks"), "crawl", seeds, "--data", place, "--delay", "0",
        "--concurrency", str(CONCURRENCY), "--connect-to", "::127.0.0.1:", "--no-sitemaps", "--no-traps", "--no-index",
        *trust,
    ]  # fmt: skip


def ours(place: Path) -> Stored:
    """What ``wholinks crawl`` stored."""
    with closing(sqlite3.connect(place / "crawl.db")) as db:
        pages = db.execute("SELECT count(*) FROM fetch WHERE outcome = 0").fetchone()[0]
        return _read(
            db, pages, "SELECT source_url, target_url, anchor_text, nofollow FROM links WHERE kind IN ('text', 'image')"
        )


def _peer(name: str) -> Tool:
    def command(corpus: Corpus, place: Path) -> list[str | Path]:
        return [
            PEERS, "-m", f"bench.peers.{name}_peer", corpus.folder / "truth.json", place / "links.db",
            "--concurrency", str(CONCURRENCY),
        ]  # fmt: skip

    def stored(place: Path) -> Stored:
        with closing(sqlite3.connect(place / "links.db")) as db:
            pages = db.execute("SELECT count(*) FROM page").fetchone()[0]
            return _read(db, pages, "SELECT source, target, anchor, nofollow FROM link")._replace(whole=None)

    return Tool(name.replace("scrapy", "Scrapy"), command, stored)


def _read(db: sqlite3.Connection, pages: int, select: str) -> Stored:
    pairs = whole = links = elsewhere = 0
    for source, target, anchor, nofollow in db.execute(select):
        pairs += digest([(source, target)])
        whole += digest([(source, target, anchor, bool(nofollow))])
        links += 1
        elsewhere += source != target
    return Stored(pages, links, elsewhere, pairs % 2**64, whole % 2**64)


OURS: Final = Tool("wholinks", our_command, ours)
SCRAPY: Final = _peer("scrapy")
CRAWLEE: Final = _peer("crawlee")


def check(tool: str, corpus: Corpus, stored: Stored) -> None:
    """Raise :class:`MeasureError` unless what was stored is what the corpus holds."""
    if stored.pages != corpus.pages:
        raise MeasureError(f"{tool}: {stored.pages:,} pages stored, {corpus.pages:,} are there")
    if corpus.is_exact:
        if (stored.links, stored.pairs) != (corpus.links, corpus.pairs):
            raise MeasureError(f"{tool}: the links stored are not those of the corpus ({stored.links:,} links)")
        if stored.whole not in {None, corpus.whole}:
            raise MeasureError(f"{tool}: the anchors or nofollow marks stored are not those of the corpus")
    elif abs(stored.elsewhere / corpus.links - 1) > _NEAR:
        raise MeasureError(f"{tool}: {stored.elsewhere:,} links stored, lxml sees {corpus.links:,}")


def crawl(tool: Tool, corpus: Corpus, folder: Path, cores: Sequence[int] | None) -> tuple[Run, Stored, Path]:
    """One crawl of a corpus that is being served; what it took, what it stored (checked), and where."""
    place = folder / "crawl"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    took = run(tool.command(corpus, place), cores=cores, folder=ROOT, log=folder / f"{tool.name}.log")
    stored = tool.stored(place)
    check(tool.name, corpus, stored)
    return took, stored, place


@dataclass(slots=True)
class Measured:
    """The runs of one tool on one corpus with some cores."""

    tool: Tool
    cores: int
    runs: list[Run]
    stored: Stored | None = None
    db_bytes: int = 0

    @property
    def wall_s(self) -> float:
        """The median."""
        return middle([one.wall_s for one in self.runs])

    @property
    def cpu_s(self) -> float:
        """The median."""
        return middle([one.cpu_s for one in self.runs])


class Bench:
    """Crawls corpora by tools, round after round."""

    def __init__(self, part: Part, folder: Path, rounds: int) -> None:
        self._part = part
        self._folder = folder
        self._rounds = rounds
        self._begun: dict[str, Run] = {}

    def begun(self, tool: Tool, port: int) -> Run:
        """What a crawl of a single page takes: the start-up. The quickest of three, as it is taken off."""
        if tool.name not in self._begun:
            one = generated(self._folder, Shape(1, 1, port=port))
            with server.serving(one):
                runs = [crawl(tool, one, self._folder, [0])[0] for _ in range(3)]
            self._begun[tool.name] = min(runs, key=lambda found: found.wall_s)
        return self._begun[tool.name]

    def compare(self, title: str, corpus: Corpus, tools: Sequence[tuple[Tool, int]]) -> list[Measured]:
        """Crawl ``corpus`` by each of ``tools`` with so many cores, interleaved; add the table to the part."""
        found = [Measured(tool, cores, []) for tool, cores in tools]
        for number, one in product(range(self._rounds), found):
            mine, others = cores_apart(one.cores)
            with server.serving(corpus, cores=others):
                took, one.stored, place = crawl(one.tool, corpus, self._folder, mine)
            one.runs.append(took)
            one.db_bytes = sum(file.stat().st_size for file in place.glob("*.db"))
            tell(f"{title}: {one.tool.name}, {one.cores} core(s), round {number + 1}: {took.wall_s:.1f} s,"
                 f" CPU {took.cpu_s:.1f} s")  # fmt: skip
            self._part.runs.append(
                {"title": title, "tool": one.tool.name, "cores": one.cores, "pages": corpus.pages,
                 **{name: round(getattr(took, name), 3) for name in Run.__slots__}}
            )  # fmt: skip
        self._part.tables.append(self._table(title, corpus, found))
        return found

    def _table(self, title: str, corpus: Corpus, found: Sequence[Measured]) -> Table:
        table = Table(
            f"{title}: {corpus.pages:,} pages, {corpus.body_bytes / corpus.pages / 1000:.1f} KB and"
            f" {corpus.links / corpus.pages:.0f} links a page",
            ["tool", "cores", "pages/s", "pages/s, net", "CPU ms a page", "net", "peak RSS MiB", "peak PSS MiB",
             "links stored"],
        )  # fmt: skip
        for one in found:
            begun = self.begun(one.tool, corpus.port)
            table.rows.append(
                [one.tool.name, one.cores, corpus.pages / one.wall_s,
                 corpus.pages / max(one.wall_s - begun.wall_s, 1e-3), 1000 * one.cpu_s / corpus.pages,
                 1000 * (one.cpu_s - begun.cpu_s) / corpus.pages, max(each.rss_mib for each in one.runs),
                 max(each.pss_mib for each in one.runs), one.stored.links if one.stored else 0]
            )  # fmt: skip
        return table

    def ratios(self, title: str, corpus: Corpus, found: Sequence[Measured]) -> Iterator[str]:
        """How the peers compare with ours, as notes."""
        us = {one.cores: one for one in found if one.tool is OURS}
        for one in found:
            if one.tool is OURS:
                continue
            mine = us.get(one.cores) or us[1]
            net = (one.cpu_s - self.begun(one.tool, corpus.port).cpu_s) / (
                mine.cpu_s - self.begun(OURS, corpus.port).cpu_s
            )
            two = us.get(2, mine)
            yield (
                f"{title}, {one.tool.name} on {one.cores} core(s): {one.cpu_s / mine.cpu_s:.1f} times our CPU a page"
                f" ({net:.1f} times net of start-up); ours on {two.cores} core(s) reads {one.wall_s / two.wall_s:.1f}"
                " times its pages/s"
            )


def main(argv: Sequence[str]) -> int:
    """Run it; the exit code."""
    parser = options(__doc__ or "")
    parser.add_argument(
        "--port", type=int, default=8089, help="the port of the static server; the next two are used too"
    )
    parser.add_argument("--large", type=int, default=100_000, help="pages of the largest crawl, ours alone; 0 = none")
    parser.add_argument("--no-peers", action="store_true", help="ours alone")
    given = parser.parse_args(argv)
    part = Part("crawl")
    bench = Bench(part, work_folder(given), given.rounds or (1 if given.quick else 3))
    if not given.no_peers and not PEERS.exists():
        tell("the peers are not installed (make bench does that): ours alone")
        given.no_peers = True
    _compare(bench, part, given)
    _grow(bench, part, given)
    part.notes += _notes(given)
    keep(part, given.results)
    return 0


def _compare(bench: Bench, part: Part, given: Namespace) -> None:
    folder = work_folder(given)
    shape = Shape(40, 25, port=given.port) if given.quick else Shape(200, 20, port=given.port)
    peers = [] if given.no_peers else [(SCRAPY, 1), (CRAWLEE, 1)]
    both = [(OURS, 1), (OURS, 2), *peers]
    corpus = generated(folder, shape)
    found = bench.compare("Generated", corpus, both)
    part.notes += bench.ratios("Generated", corpus, found)
    if not given.quick and peers:
        found = bench.compare("Generated, two cores for all", corpus, [(OURS, 2), (SCRAPY, 2), (CRAWLEE, 2)])
        part.notes += bench.ratios("Generated", corpus, found)
    try:
        docs = documentation(folder, DOC_PACKAGES[: 4 if given.quick else None], port=given.port + 1)
    except MeasureError as error:
        part.notes.append(f"Documentation: not measured ({error})")
    else:
        found = bench.compare("Documentation", docs, both)
        part.notes += bench.ratios("Documentation", docs, found)
    secure = Shape(20, 25, port=given.port + 2, scheme="https") if given.quick else Shape(100, 20, port=given.port + 2,
                                                                                         scheme="https")  # fmt: skip
    corpus = generated(folder, secure)
    tls = Bench(part, folder, 1).compare("Over TLS", corpus, [(OURS, 1), *([] if given.no_peers else [(SCRAPY, 1)])])
    part.notes += bench.ratios("Over TLS", corpus, tls)


def _grow(bench: Bench, part: Part, given: Namespace) -> None:
    """Ours alone on larger and larger webs."""
    folder = work_folder(given)
    sizes = [Shape(20, 25), Shape(40, 50)] if given.quick else [Shape(40, 25), Shape(200, 100)]
    if given.large and not given.quick:
        sizes.append(Shape(1000, max(given.large // 1000, 1)))
    table = Table(
        "Growth of ours, generated pages",
        ["pages", "cores", "pages/s", "CPU ms a page, net", "peak RSS MiB", "peak PSS MiB", "crawl.db bytes a link"],
    )
    for shape in sizes:
        corpus = generated(folder, Shape(shape.hosts, shape.pages, port=given.port))
        rounds = Bench(Part("growth"), folder, 1)
        cores = (2,) if corpus.pages >= 50_000 else (1, 2)
        for one in rounds.compare("Growth", corpus, [(OURS, number) for number in cores]):
            begun = bench.begun(OURS, given.port)
            table.rows.append(
                [corpus.pages, one.cores, corpus.pages / max(one.wall_s - begun.wall_s, 1e-3),
                 1000 * (one.cpu_s - begun.cpu_s) / corpus.pages, one.runs[0].rss_mib, one.runs[0].pss_mib,
                 one.db_bytes / corpus.links]
            )  # fmt: skip
    part.tables.append(table)


def _notes(given: Namespace) -> list[str]:
    served = f"""
        Served by {server.name()}, on loopback. With one core the crawler is pinned to it and the server to another;
        with two on a machine of two they share both with the server."""
    alike = f"""
        Robots on, no delay, {CONCURRENCY} requests under way; sitemaps, traps and the index off (the peers have none of
        these). Names reach the server by --connect-to (ours), a resolver (Scrapy), and the server as a proxy (crawlee,
        whose client can't be given addresses). Scrapy: one LinkExtractor, 8 requests a host, no cookies, uvloop.
        crawlee: ParselCrawler, memory storage, the default client."""
    costs = """
        CPU is user and system time of all processes of the tool, start-up included; net: without what a crawl of a
        single page takes. Memory is the sum over all processes, sampled five times a second; RSS counts shared pages in
        each process, PSS once."""
    stored = """
        Links stored: of generated pages exactly those of the corpus, by a digest of all (source, target), ours with
        anchor and nofollow too. Of documentation the peers store 'href="#…"' as links to the page itself, which ours
        counts as none; without those all store as many as lxml sees, within 1 %."""
    more = """
        Peers keep links alone; ours also what a fetch said, rel tokens, placement and, of links to other sites, their
        context."""
    rounds = "Quick run: one round, small corpora." if given.quick else "Medians of the rounds; memory: the highest."
    return [" ".join(note.split()) for note in (served, alike, costs, stored, more, rounds)]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
