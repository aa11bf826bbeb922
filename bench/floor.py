"""``python -m bench.floor``: how far a whole crawl is from the least it could cost.

On one core, interleaved: fetching alone, fetching and parsing alone, our crawl without storing links, our crawl.
"""

import shutil
import sqlite3
import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from . import server
from .corpus import DOC_PACKAGES, Corpus, Shape, documentation, generated
from .crawl import ROOT, check, our_command, ours
from .measuring import MeasureError, Run, cores_apart, middle, run
from .results import Part, Table, keep, options, tell, work_folder


@dataclass(slots=True)
class Step:
    """One of the things measured; ``checked`` raises :class:`MeasureError` unless all pages were read."""

    name: str
    command: Callable[[Corpus, Path], list[str | Path]]
    checked: Callable[[Corpus, Path, Path], None]
    runs: list[Run] = field(default_factory=list)
    begun: list[Run] = field(default_factory=list)

    @property
    def cpu_s(self) -> float:
        """The median, without what a single page takes."""
        return middle([one.cpu_s for one in self.runs]) - middle([one.cpu_s for one in self.begun])


def _bare(*more: str) -> Callable[[Corpus, Path], list[str | Path]]:
    return lambda corpus, _: [sys.executable, "-m", "bench.bare", corpus.folder, *more]


def _bare_checked(corpus: Corpus, _: Path, log: Path) -> None:
    pages, links = map(int, log.read_text("utf-8").split())
    if pages != corpus.pages or (corpus.is_exact and links not in {0, corpus.links}):
        raise MeasureError(f"the bare loop read {pages:,} pages with {links:,} links")


def _unstored(corpus: Corpus, place: Path) -> list[str | Path]:
    return [sys.executable, "-m", "bench.unstored", *our_command(corpus, place)[1:]]


def _unstored_checked(corpus: Corpus, place: Path, _: Path) -> None:
    with closing(sqlite3.connect(place / "crawl.db")) as db:
        pages, links = db.execute(
            "SELECT (SELECT count(*) FROM fetch WHERE outcome = 0), (SELECT count(*) FROM link)"
        ).fetchone()
    if (pages, links) != (corpus.pages, 0):
        raise MeasureError(f"the crawl that stores no links read {pages:,} pages and stored {links:,} links")


def _steps() -> list[Step]:
    return [
        Step("bare aiohttp fetch", _bare(), _bare_checked),
        Step("bare fetch + Lexbor parse", _bare("--parse"), _bare_checked),
        Step("ours, links not stored", _unstored, _unstored_checked),
        Step("ours", our_command, lambda corpus, place, _: check("wholinks", corpus, ours(place))),
    ]


def _one(step: Step, corpus: Corpus, folder: Path) -> Run:
    place, log = folder / "crawl", folder / "floor.log"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    mine, others = cores_apart(1)
    with server.serving(corpus, cores=others):
        took = run(step.command(corpus, place), cores=mine, folder=ROOT, log=log)
    step.checked(corpus, place, log)
    return took


def main(argv: Sequence[str]) -> int:
    """Run it; the exit code."""
    parser = options(__doc__ or "")
    parser.add_argument("--port", type=int, default=8089)
    given = parser.parse_args(argv)
    folder = work_folder(given)
    part = Part("floor")
    shape = Shape(40, 25, port=given.port) if given.quick else Shape(200, 20, port=given.port)
    corpora = [("Generated", generated(folder, shape))]
    if not given.quick:
        try:
            corpora.append(("Documentation", documentation(folder, DOC_PACKAGES, port=given.port + 1)))
        except MeasureError as error:
            part.notes.append(f"Documentation: not measured ({error})")
    single = generated(folder, Shape(1, 1, port=given.port))
    for title, corpus in corpora:
        steps = _steps()
        for number in range(given.rounds or (1 if given.quick else 3)):
            for step in steps:
                step.begun.append(_one(step, single, folder))
                step.runs.append(_one(step, corpus, folder))
                tell(f"floor, {title}: {step.name}, round {number + 1}: CPU {step.runs[-1].cpu_s:.1f} s")
        table = Table(
            f"{title}: {corpus.pages:,} pages, one core",
            ["", "CPU µs a page, net of start-up", "times bare fetch + parse", "start-up CPU s"],
        )
        floor = steps[1].cpu_s
        for step in steps:
            begun = middle([one.cpu_s for one in step.begun])
            table.rows.append([step.name, 1e6 * step.cpu_s / corpus.pages, step.cpu_s / floor, begun])
        part.tables.append(table)
        part.notes.append(f"{title}: bare fetch + parse is {floor / steps[3].cpu_s:.2f} of the whole crawl.")
        part.runs += [
            {"title": title, "step": step.name, "cpu_s": [round(one.cpu_s, 3) for one in step.runs]} for step in steps
        ]
    part.notes.append(
        f"Served by {server.name()}; the bare loops know all URLs ahead, have no robots.txt, frontier or store, and"
        " look at each link's attributes and text. 'Not stored' leaves out the rows of links and their evidence"
        " alone; the frontier, URLs and fetches are stored as always."
    )
    keep(part, given.results)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
