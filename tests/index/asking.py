"""From a graph to an answer in one call."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.graph import Graph
from wholinks.index.answers import Answer, Totals
from wholinks.index.build import BuildSettings, build_index
from wholinks.index.queries import Index

SMALL = BuildSettings(memory_bytes=256 << 20, threads=1)


def examples(number: int) -> int:
    """How many examples a slow property test looks at: more of them with WHOLINKS_EXAMPLES=4 (make test-all)."""
    return number * int(os.environ.get("WHOLINKS_EXAMPLES", "1"))


@contextmanager
def index_of(graph: Graph, folder: Path) -> Iterator[Index]:
    """The index of a graph, built in ``folder``."""
    build_index(graph.write(folder), SMALL)
    with Index(folder) as index:
        yield index


def ask(graph: Graph, folder: Path, target: str, **options: Any) -> Answer[Totals]:
    """What the index of a graph says of a target."""
    with index_of(graph, folder) as index:
        return index.who_links_to(target, **options)
