"""``python -m bench parse``: what parsing a page costs, against Lexbor's parse of the same bytes alone, Scrapy's
LinkExtractor and lxml.

Two corpora: real documentation (HTML below ``/usr/share/doc``, which Debian's ``-doc`` packages fill) and generated
pages of 18 KB with 64 links. All tasks run over all pages of a corpus in turn, several times; told are the medians of
CPU time a page. Before a time is taken, the links are counted a second way.
"""

import json
import marshal
import random
import statistics
import subprocess
import sys
import time
from argparse import Namespace
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import quote

from selectolax.lexbor import LexborHTMLParser

from wholinks.crawler.page.hrefs import HrefMemo
from wholinks.crawler.parse_worker import collect_rarely
from wholinks.crawler.parser import Answer, parse_page
from wholinks.crawler.rows import RowMaker
from wholinks.storage.records import Kind
from wholinks.storage.urls import PublicSuffixes

from .crawl import PEERS, ROOT
from .measuring import MeasureError, cores_apart, pinned
from .results import Part, Table, keep, options, tell, work_folder

DOCUMENTS: Final = Path("/usr/share/doc")
MAX_BYTES: Final = 2_000_000
LEXBOR: Final = "Lexbor's parse alone"
_HREFS: Final = "a[href], area[href], iframe[src], frame[src], form[action]"
_WORDS: Final = (
    "a",
    "link",
    "to",
    "shop",
    "review",
    "guide",
    "news",
    "about",
    "where",
    "people",
    "write",
    "of",
    "things",
)
_RELS: Final = ("", "", "", ' rel="nofollow"', ' rel="noopener ugc"')

Task = Callable[[Sequence[Answer]], None]


class Corpus(NamedTuple):
    """Pages under the URLs they could be served at, those of a host in a row."""

    name: str
    pages: list[Answer]


def documentation(folder: Path, per_package: int) -> Corpus:
    """At most ``per_package`` HTML files of each package that has 10 or more, evenly spread over their names."""
    pages = []
    for package in sorted(path for path in folder.iterdir() if path.is_dir() and not path.is_symlink()):
        files = [file for file in sorted(package.rglob("*.html")) if file.is_file() and not file.is_symlink()]
        chosen = files[:: max(1, len(files) // per_package)][:per_package] if len(files) >= 10 else []
        host = f"https://{package.name.lower().replace('.', '-').replace('+', '')}.example.org/"
        for file in chosen:
            body = file.read_bytes()
            if len(body) <= MAX_BYTES:
                pages.append(Answer(host + quote(str(file.relative_to(package))), body, "text/html"))
    return Corpus("documentation", pages)


def generated(count: int, seed: int = 1) -> Corpus:
    """Pages of 20 hosts: 12 links of a menu, 38 into the host, 14 to others of Zipf popularity, and text."""
    chance = random.Random(seed)
    pages = []
    for number in range(count):
        host = number * 20 // count
        menu = "".join(f'<li><a href="/section-{n}/">Section {n}</a></li>' for n in range(12))
        body = "\n".join(_paragraph(chance, n < 14, chance.randrange(count)) for n in range(52))
        html = (
            f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Page {number}</title></head><body>'
            f"<header><nav><ul>{menu}</ul></nav></header><main><h1>Page {number}</h1>\n{body}\n</main></body></html>"
        )
        url = f"https://host{host}.example.org/page-{number}.html"
        pages.append(Answer(url, html.encode(), "text/html; charset=utf-8"))
    return Corpus("generated", pages)


def _paragraph(chance: random.Random, is_external: bool, page: int) -> str:
    before, after = (" ".join(chance.choices(_WORDS, k=26)) for _ in range(2))
    anchor = " ".join(chance.choices(_WORDS, k=3))
    site = int(chance.paretovariate(1.1)) % 5_000
    href = f"https://site{site}.example.com/p{page % 50}" if is_external else f"page-{page}.html"
    return f'<p class="entry">{before}, <a href="{href}"{chance.choice(_RELS)}>{anchor}</a> {after}.</p>'


class Tasks:
    """What is measured. Each run begins with empty memories, as a crawl does."""

    def __init__(self) -> None:
        self.suffixes = PublicSuffixes()

    def lexbor(self, pages: Sequence[Answer]) -> None:
        for page in pages:
            LexborHTMLParser(page.body)

    def lexbor_anchors(self, pages: Sequence[Answer]) -> None:
        for page in pages:
            for node in LexborHTMLParser(page.body).tags("a"):
                _ = node.attributes, node.text()

    def ours(self, pages: Sequence[Answer]) -> None:
        memo = HrefMemo(100_000)
        for page in pages:
            parse_page(page, self.suffixes, "wholinks", memo)

    def ours_with_rows(self, pages: Sequence[Answer]) -> None:
        memo, rows = HrefMemo(100_000), RowMaker(self.suffixes)
        for number, page in enumerate(pages):
            rows.page(number, parse_page(page, self.suffixes, "wholinks", memo), 1, follow_all=False)

    def all(self) -> dict[str, Task]:
        """By name; the first is what the others are compared with."""
        return {
            LEXBOR: self.lexbor,
            "Lexbor, attributes and text of each `a`": self.lexbor_anchors,
            "ours: all a page says": self.ours,
            "ours, and its rows": self.ours_with_rows,
        }


def check(corpus: Corpus, suffixes: PublicSuffixes) -> int:
    """How many links and hrefs that are none the pages have, counted by us and by a selector. Raises
    :class:`MeasureError` where they differ.

    Pages with SVG or MathML, whose ``a`` follow other rules, are left out of the comparison.
    """
    found = 0
    for page in corpus.pages:
        tree = LexborHTMLParser(page.body)
        if tree.css_first("svg, math") is not None:
            continue
        expected = len(tree.css(_HREFS))
        parsed = parse_page(page, suffixes, "wholinks")
        other = sum(link.kind in {Kind.CANONICAL, Kind.ALTERNATE, Kind.REDIRECT} for link in parsed.links)
        ours = len(parsed.links) - other + sum(parsed.non_links.values())
        if ours != expected:
            raise MeasureError(f"{page.url}: {ours} links, a selector finds {expected}")
        found += ours
    return found


def measure(corpus: Corpus, tasks: dict[str, Task], runs: int) -> dict[str, list[float]]:
    """All tasks in turn, ``runs`` times after one to warm up: µs of CPU a page."""
    times: dict[str, list[float]] = {name: [] for name in tasks}
    for run in range(runs + 1):
        for name, task in tasks.items():
            before = time.process_time()
            task(corpus.pages)
            if run:
                times[name].append((time.process_time() - before) / len(corpus.pages) * 1e6)
    return times


def measure_peers(corpus: Corpus, folder: Path, runs: int) -> dict[str, list[float]]:
    """The same of the peers, in their own environment. Raises :class:`MeasureError` if one misses anchors."""
    file = folder / "pages.marshal"
    file.write_bytes(marshal.dumps([(page.url, page.body) for page in corpus.pages]))
    command = [str(PEERS), "-m", "bench.peers.parse_peers", str(file), str(runs)]
    told = json.loads(subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout)
    file.unlink()
    anchors = sum(len(LexborHTMLParser(page.body).css("a[href], area[href]")) for page in corpus.pages)
    for name, found in told.items():
        if abs(found["links"] - anchors) > anchors / 100:
            raise MeasureError(f"{name}: {found['links']:,} links, a selector finds {anchors:,}")
    return {name: found["us"] for name, found in told.items()}


def main(argv: Sequence[str]) -> int:
    """Run it; the exit code."""
    parser = options(__doc__ or "")
    parser.add_argument("--documents", type=Path, default=DOCUMENTS, help="a folder with a folder for each package")
    given = parser.parse_args(argv)
    part = Part("parse")
    with pinned(cores_apart(1)[0]):
        _measure(part, given)
    part.notes.append(" ".join(_NOTE.split()))
    keep(part, given.results)
    return 0


def _measure(part: Part, given: Namespace) -> None:
    per_package, generated_pages, runs = (10, 100, 3) if given.quick else (60, 400, 7)
    tasks, folder = Tasks(), work_folder(given)
    collect_rarely()
    for corpus in (documentation(given.documents, per_package), generated(generated_pages)):
        if not corpus.pages:
            part.notes.append(f"{corpus.name}: no pages in {given.documents}; install some -doc packages")
            continue
        links = check(corpus, tasks.suffixes)
        times = measure(corpus, tasks.all(), given.rounds or runs)
        if PEERS.exists():
            times |= measure_peers(corpus, folder, given.rounds or runs)
        else:
            tell("the peers are not installed (make bench does that): ours alone")
        kib = sum(len(page.body) for page in corpus.pages) / len(corpus.pages) / 1024
        count = len(corpus.pages)
        title = f"{corpus.name}: {count:,} pages, {kib:.1f} KiB and {links / count:.0f} hrefs a page"
        table = Table(title, ["task", "µs a page", "× Lexbor"])
        lexbor = statistics.median(times[LEXBOR])
        for name, us in times.items():
            table.rows.append([name, statistics.median(us), statistics.median(us) / lexbor])
            part.runs.append({"corpus": corpus.name, "task": name, "us": [round(one, 1) for one in us]})
        part.tables.append(table)


_NOTE: Final = """Ours: links with URL, rel tokens, anchor, placement and flags, of those to other sites what proves
    them, and what else a page says; memories empty at each run's begin. LinkExtractor: URL, text and nofollow of
    anchors, not unique; lxml: joined URL, rel and text of anchors. Each finds the anchors that a selector finds, within
    1 % (lxml reads some pages otherwise than the standard). Medians of the runs, one core."""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
