"""``python -m bench.queries``: how long answers take, in process and as the command a person starts.

Over the largest index that the part ``index`` built. Popular targets are the most linked ones, rare ones the least.
"""

import os
import random
import sys
import time
from argparse import Namespace
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from wholinks.index.queries import Index
from wholinks.index.questions import Question
from wholinks.index.schema import INDEX_FILE
from wholinks.research.card.overview import overview

from . import crawl_db
from .index import ROOT, build, check
from .measuring import MeasureError, middle, percentile, run
from .results import Part, Table, keep, options, tell, work_folder

_ASK: Final[dict[str, Callable[[Index, str], object]]] = {
    "to DOMAIN": lambda index, target: index.who_links_to(target).totals,
    "to DOMAIN, first 100": lambda index, target: index.who_links_to(target, limit=100).totals,
    "to DOMAIN --by page, first 100": lambda index, target: index.who_links_to(target, by="page", limit=100).totals,
    "to DOMAIN --by anchor, first 100": lambda index, target: index.who_links_to(target, by="anchor", limit=100).totals,
    "to URL --by page, first 100": lambda index, target: index.who_links_to(target, by="page", limit=100).totals,
    "overview DOMAIN": lambda index, target: overview(index, Question(index.target(target))).totals,
}


_NOTE: Final = """
Cold: the index's pages dropped from the page cache, and the index opened anew for each question (opening is in the
time); what the disk itself keeps can't be dropped. Warm: one open index, targets in random order, each asked {rounds}
times after once. An answer has all its rows as Python objects. Popular: the 20 most linked targets of {links:,} links;
rare: 60 from the end of the list."""


def main(argv: Sequence[str]) -> int:
    """Run it; the exit code."""
    parser = options(__doc__ or "")
    parser.add_argument("--millions", type=float, help="which index (by default the largest there is)")
    given = parser.parse_args(argv)
    part = Part("queries")
    folder, truth = _folder(given)
    check(folder, truth)
    table = Table(
        f"In process, {truth.links:,} links, ms",
        ["question", "targets", "cold p50", "cold p99", "warm p50", "warm p99"],
    )
    rounds = given.rounds or (3 if given.quick else 10)
    for what, ask in _ASK.items():
        names = list(truth.pages if " URL " in what else truth.domains)
        for kind, targets in (("popular", names[:20]), ("rare", names[-60:])):
            cold = [_cold(folder, ask, target) for target in targets[: 5 if given.quick else 20]]
            warm = _warm(folder, ask, targets, rounds)
            tell(f"queries: {what}, {kind}: warm p99 {percentile(warm, 0.99):.1f} ms")
            table.rows.append(
                [what, f"{kind} ({len(targets)})", middle(cold), percentile(cold, 0.99), middle(warm),
                 percentile(warm, 0.99)]
            )  # fmt: skip
    part.tables += [table, _command(folder, truth, rounds)]
    part.notes.append(" ".join(_NOTE.format(rounds=rounds, links=truth.links).split()))
    keep(part, given.results)
    return 0


def _folder(given: Namespace) -> tuple[Path, crawl_db.Truth]:
    work = work_folder(given)
    found = sorted(work.glob(f"links-*/{INDEX_FILE}"), key=lambda path: int(path.parent.name.partition("-")[2]))
    millions = given.millions or (1 if not found else None)
    folder = work / f"links-{int(millions * 1e6)}" if millions else found[-1].parent
    truth = crawl_db.make(folder, int(folder.name.partition("-")[2]))
    if not (folder / INDEX_FILE).exists():
        build(folder, folder / "build.log")
    return folder, truth


def _cold(folder: Path, ask: Callable[[Index, str], object], target: str) -> float:
    with (folder / INDEX_FILE).open("rb") as file:
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    started = time.perf_counter()
    with Index(folder) as index:
        ask(index, target)
        return 1000 * (time.perf_counter() - started)


def _warm(folder: Path, ask: Callable[[Index, str], object], targets: Sequence[str], rounds: int) -> list[float]:
    took = []
    order = list(targets)
    rng = random.Random(1)
    with Index(folder) as index:
        for number in range(rounds + 1):
            for target in order:
                started = time.perf_counter()
                ask(index, target)
                if number:
                    took.append(1000 * (time.perf_counter() - started))
            rng.shuffle(order)
    return took


def _command(folder: Path, truth: crawl_db.Truth, rounds: int) -> Table:
    """The command as a person starts it, start-up and table included."""
    table = Table("The command, warm, ms", ["command", "target", "wall p50", "wall p99", "CPU p50"])
    domains, pages = list(truth.domains), list(truth.pages)
    log = folder / "command.log"
    for what, target, more in (
        ("wholinks to DOMAIN", domains[0], []),
        ("wholinks to DOMAIN", domains[-1], []),
        ("wholinks to DOMAIN --by page", domains[0], ["--by", "page"]),
        ("wholinks to URL", pages[0], ["--by", "page"]),
    ):
        command: list[str | Path] = [Path(sys.executable).with_name("wholinks"), "to", target, "--data", folder, *more]
        runs = [run(command, log=log, folder=ROOT) for _ in range(rounds + 1)][1:]
        if target.rpartition("/")[2] not in log.read_text("utf-8"):
            raise MeasureError(f"{what}: the answer does not name {target}")
        walls = [1000 * one.wall_s for one in runs]
        cpu = middle([1000 * one.cpu_s for one in runs])
        kind = "popular" if target in {domains[0], pages[0]} else "rare"
        table.rows.append([what, kind, middle(walls), percentile(walls, 0.99), cpu])
    return table


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
