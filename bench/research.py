"""``python -m bench.research``: how long the answers of research take, in process.

Over generated indexes, as the part ``index`` builds them. Each answer is compared with what the generator counted, or
with the rows it wrote, before any time is told.
"""

import resource
import sqlite3
import sys
import time
from argparse import Namespace
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from wholinks.index.queries import Index
from wholinks.index.questions import Question
from wholinks.index.schema import INDEX_FILE
from wholinks.research.card.overview import overview
from wholinks.research.competitors.compare import compare
from wholinks.research.competitors.gap import gap
from wholinks.research.competitors.over_time import compare_over_time
from wholinks.research.competitors.rivals import rivals
from wholinks.research.quality.audit import audit
from wholinks.research.quality.decisions import decisions
from wholinks.research.quality.rules import default_rules
from wholinks.research.scores.authority import scores
from wholinks.research.scores.page_authority import page_scores
from wholinks.storage.database import CRAWL_DB
from wholinks.storage.records import Rel

from . import crawl_db, hub
from .index import build, check
from .measuring import MeasureError, middle
from .results import Part, Table, keep, options, tell, work_folder

SHOWN: Final = 20
SIDES: Final = 5

_NOTE: Final = """
In process, one open index; first: with the index just opened, scores of domains computed where they are needed. An
answer has its rows as Python objects, at most {shown} where the command's table has so many. Largest: the five most
linked domains of the index; middle: five from the middle of those that are linked, by rank. Scores of pages are of
links between sites alone: the generated pages have no others. One target: the commands, on an index made for it of
which one site in ten is of a farm of fifty that the audit must put first. Peak RSS of the process that asked it all:
{peak:,.0f} MiB."""

_EDGES: Final = f"""
SELECT count(*) FROM (
    SELECT DISTINCT {{source}}, {{target}} FROM link JOIN fetch USING (fetch_id)
    JOIN url AS here ON here.url_id = fetch.url_id JOIN url AS there ON there.url_id = link.target_url_id
    WHERE link.rel & {Rel.NOFOLLOW:d} = 0)"""


@dataclass(frozen=True, slots=True)
class Asked:
    """The domains a question is put about: the first of ``sides`` is the target, ``you`` a site that links nowhere."""

    sides: tuple[str, ...]
    you: str
    truth: crawl_db.Truth

    def has(self, domain: str, *, links: int, domains: int) -> bool:
        """Whether this is what the generator counted."""
        return self.truth.domains[domain] == (links, domains)


Ask = Callable[[Index, Asked], Any]
Judge = Callable[[Any, Asked], bool]


def _question(index: Index, asked: Asked, limit: int | None = None) -> Question:
    return Question(index.target(asked.sides[0]), limit=limit)


def _right_rows(answer: Any, asked: Asked) -> bool:
    rows = zip(answer.rows, asked.sides, strict=True)
    return all(asked.has(side, links=row.links, domains=row.referring_domains) for row, side in rows)


def _right_ends(answer: Any, asked: Asked) -> bool:
    rows = zip(answer.rows[-len(asked.sides) :], asked.sides, strict=True)
    return all(asked.truth.domains[side][1] == row.referring_domains for row, side in rows)


def _right_gap(answer: Any, asked: Asked) -> bool:
    """You link nowhere: each referring domain of a rival is in the gap, once, but for the other rivals."""
    known = [asked.truth.domains[rival.text][1] for rival in answer.rivals]
    found = answer.proved + answer.unknown + answer.linking
    return bool(max(known) - len(known) < found <= sum(known)) and len(answer.rows) == min(SHOWN, answer.rows_known)


def _right_decisions(answer: Any, asked: Asked) -> bool:
    links, domains = asked.truth.domains[asked.sides[0]]
    both = answer.template_links + answer.editorial_links
    return (answer.links, both, answer.referring_domains) == (links, links, domains)


QUESTIONS: Final[dict[str, tuple[Ask, Judge]]] = {
    "overview": (
        lambda index, asked: overview(index, _question(index, asked)),
        lambda answer, asked: asked.has(
            asked.sides[0], links=answer.totals.links, domains=answer.totals.referring_domains
        ),
    ),
    "compare, five": (lambda index, asked: compare(index, asked.sides), _right_rows),
    "compare --over-time, five": (lambda index, asked: compare_over_time(index, asked.sides), _right_ends),
    "gap, one rival": (
        lambda index, asked: gap(index, asked.you, asked.sides[:1], limit=SHOWN),
        _right_gap,
    ),
    "gap, two rivals": (lambda index, asked: gap(index, asked.you, asked.sides[:2], limit=SHOWN), _right_gap),
    "rivals": (
        lambda index, asked: rivals(index, asked.sides[0], limit=SHOWN),
        lambda answer, asked: asked.truth.domains[asked.sides[0]][1] == answer.referring_domains,
    ),
    "decisions": (lambda index, asked: decisions(index, _question(index, asked)), _right_decisions),
    "audit": (
        lambda index, asked: audit(index, _question(index, asked, SHOWN), default_rules()),
        lambda answer, asked: asked.truth.domains[asked.sides[0]][1] == answer.referring_domains,
    ),
}


def main(argv: Sequence[str]) -> int:
    """Run it; the exit code."""
    parser = options(__doc__ or "")
    parser.add_argument("--millions", type=float, help="of how many links the index is (1; 20, 50)")
    parser.add_argument("--sources", type=int, nargs="+", help="referring domains of one target (2000 200000)")
    given = parser.parse_args(argv)
    part = Part("research")
    folder, truth = _folder(given)
    check(folder, truth)
    rounds = given.rounds or (2 if given.quick else 5)
    answers = Table(f"Answers, {truth.links:,} links, ms", ["question", "targets", "links", "first", "warm p50"])
    for name, (ask, is_right) in QUESTIONS.items():
        for kind, asked in _asked(truth).items():
            first, warm = _measure(folder, name, ask, is_right, asked, rounds)
            links = sum(truth.domains[side][0] for side in asked.sides) if "five" in name else None
            links = truth.domains[asked.sides[0]][0] if links is None else links
            answers.rows.append([name, kind, links, first, middle(warm)])
            tell(f"research: {name}, {kind}: {middle(warm):.0f} ms")
    part.tables += [answers, _scores(folder, rounds)]
    part.tables += [hub.measure(work_folder(given), sources) for sources in given.sources or _sources(given)]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    part.notes.append(" ".join(_NOTE.format(shown=SHOWN, peak=peak).split()))
    keep(part, given.results)
    return 0


def _sources(given: Namespace) -> tuple[int, ...]:
    return (2000,) if given.quick else (2000, 200_000)


def _folder(given: Namespace) -> tuple[Path, crawl_db.Truth]:
    links = int((given.millions or (0.3 if given.quick else 1)) * 1e6)
    folder = work_folder(given) / f"links-{links}"
    truth = crawl_db.make(folder, links)
    if not (folder / INDEX_FILE).exists():
        build(folder, folder / "build.log")
    return folder, truth


def _asked(truth: crawl_db.Truth) -> dict[str, Asked]:
    """The largest and the middle ones; you are the least linked domain that was not crawled."""
    names = list(truth.domains)
    sites = truth.links // crawl_db.LINKS_A_PAGE // crawl_db.PAGES_A_SITE
    you = next(name for name in reversed(names) if int(name.split("-")[1].split(".")[0]) >= sites)
    middle_ = len(names) // 2
    return {
        "largest": Asked(tuple(names[:SIDES]), you, truth),
        "middle": Asked(tuple(names[middle_ : middle_ + SIDES]), you, truth),
    }


def _measure(  # noqa: PLR0917 - what is measured
    folder: Path, name: str, ask: Ask, is_right: Judge, asked: Asked, rounds: int
) -> tuple[float, list[float]]:
    """Milliseconds of the first answer and of ``rounds`` more. Raises :class:`MeasureError` for one that is wrong."""
    took = []
    with Index(folder) as index:
        for _ in range(rounds + 1):
            started = time.perf_counter()
            answer = ask(index, asked)
            took.append(1000 * (time.perf_counter() - started))
            if not is_right(answer, asked):
                raise MeasureError(f"{name}: of {', '.join(asked.sides)} not what the generator counted")
    return took[0], took[1:]


def _scores(folder: Path, rounds: int) -> Table:
    """Scores of domains and of pages, computed anew in each round."""
    table = Table("Scores of the whole index, ms", ["scores", "nodes", "edges", "rounds of PageRank", "p50"])
    with closing(sqlite3.connect(f"file:{folder / CRAWL_DB}?mode=ro", uri=True)) as db:
        written = {
            "domains": int(
                db.execute(_EDGES.format(source="here.origin_id", target="there.origin_id")).fetchall()[0][0]
            ),
            "pages": int(db.execute(_EDGES.format(source="here.url_id", target="there.url_id")).fetchall()[0][0]),
        }
    kinds: dict[str, Callable[[Index], Any]] = {"domains": scores, "pages": page_scores}
    for name, compute in kinds.items():
        took = []
        for _ in range(rounds):
            with Index(folder) as index:
                started = time.perf_counter()
                found = compute(index)
                took.append(1000 * (time.perf_counter() - started))
            edges, total = len(found.graph.targets), float(found.ranking.scores.sum())
            if edges != written[name] or abs(total - 1) > 1e-9:
                raise MeasureError(
                    f"scores of {name}: {edges:,} edges, {written[name]:,} were written; they sum to {total}"
                )
        table.rows.append([name, found.graph.size, edges, found.ranking.rounds, middle(took)])
        tell(f"research: scores of {name}: {middle(took):.0f} ms")
    return table


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
