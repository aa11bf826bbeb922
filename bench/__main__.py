"""``python -m bench all|quick|crawl|floor|parse|index|queries|research``: run parts of the benchmark, and write what
they found.

``all`` and ``quick`` run every part; other arguments go to each part. Results are JSON files, one a part, and
``results.md`` with the tables of all of them (bench/results, or the folder of ``--results``).
"""

import sys
import time
from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from .measuring import MeasureError
from .results import document, options, tell

PARTS: Final = ("crawl", "floor", "parse", "index", "queries", "research")


def main(argv: Sequence[str]) -> int:
    """Run what is named; the exit code: 2 for an unknown part, 1 when a part failed or stored what is wrong."""
    what, *more = argv or ["--help"]
    if what not in {*PARTS, "all", "quick"}:
        sys.stderr.write(f"{__doc__}\n")
        return 0 if what in {"-h", "--help"} else 2
    if what == "quick":
        more = ["--quick", *more]
    chosen = PARTS if what in {"all", "quick"} else (what,)
    results: Path = options("").parse_known_args(more)[0].results
    failed = [part for part in chosen if not _did(part, more)]
    results.mkdir(parents=True, exist_ok=True)
    (results / "results.md").write_text(document(results, PARTS), "utf-8")
    tell(f"written: {results / 'results.md'}")
    return 1 if failed else 0


def _did(part: str, more: Sequence[str]) -> bool:
    """Run a part; whether it found what it should."""
    if find_spec(f"bench.{part}") is None:
        tell(f"{part}: not here")
        return False
    started = time.monotonic()
    try:
        code = import_module(f"bench.{part}").main(list(more))
    except MeasureError as error:
        tell(f"{part}: {error}")
        return False
    tell(f"{part}: {time.monotonic() - started:.0f} s")
    return not code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
