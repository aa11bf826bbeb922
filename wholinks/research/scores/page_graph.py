"""The graph of pages: all URLs that were fetched as pages or that a followed link leads to, and the followed links
between them, within sites and across. Definition: docs/metrics-authority.md.

A URL stands for the page that answers for it: redirects within a site are gone along, and a duplicate is its canonical
page. Nodes go by number of URL, which is the order of hosts and paths.
"""
# ruff: noqa: S608 - statements are made of this package's constants; whatever a user gives is a parameter

from typing import Any, Final

import duckdb
import numpy as np
from numpy.typing import NDArray

from wholinks.index.counting import DEFAULT_KIND_MASK
from wholinks.index.schema import Mark
from wholinks.research.scores.graph import Ints, LinkGraph
from wholinks.storage.errors import UsageError
from wholinks.storage.records import Outcome

MOST_LINKS: Final = 60_000_000
"""So many links are read into memory at most; with their pages they take about 36 bytes each at the widest."""
_MOST_JUMPS: Final = 6
"""Each doubles the hops gone along: chains of up to 64 are, longer ones and cycles end somewhere on the way."""

_COUNTS: Final = f"({DEFAULT_KIND_MASK:d} >> kind) & 1 = 1 AND follow & {Mark.FOLLOWED:d} <> 0"
_HOW_MANY: Final = f"""
SELECT (SELECT count(*) FROM link WHERE {_COUNTS}) + (SELECT count(*) FROM internal WHERE {_COUNTS})"""
_EDGES: Final = f"""
SELECT source_url_id AS source, target_url_id AS target FROM link WHERE {_COUNTS}
UNION ALL SELECT source_url_id, target_url_id FROM internal WHERE {_COUNTS}"""

_ALIASES: Final = """
SELECT redirect.url_id AS url, redirect.next_url_id AS other FROM redirect
JOIN url AS here ON here.url_id = redirect.url_id JOIN origin AS here_home ON here_home.origin_id = here.origin_id
JOIN url AS there ON there.url_id = next_url_id JOIN origin AS there_home ON there_home.origin_id = there.origin_id
WHERE here_home.domain_id = there_home.domain_id
UNION ALL SELECT url_id, duplicate_of FROM page WHERE duplicate_of <> 0"""

_DOMAINS: Final = "SELECT url_id AS url, domain_id AS other FROM url JOIN origin USING (origin_id)"
_FETCHED: Final = f"SELECT url_id AS url FROM page WHERE outcome = {Outcome.PAGE:d}"


class PageGraph(LinkGraph):
    """Nodes are pages; ``urls`` are their numbers in the index, ``domains`` those of their domains. ``merged`` URLs
    with links or an answer of their own stand for another page."""

    def __init__(self, duck: duckdb.DuckDBPyConnection) -> None:
        links = int(duck.execute(_HOW_MANY).fetchall()[0][0])
        if links > MOST_LINKS:
            raise UsageError(
                f"scores of pages: {links:,} links are more than fit into memory ({MOST_LINKS:,}); ask for those of"
                " domains (without --pages)"
            )
        most = int(duck.execute("SELECT coalesce(max(url_id), 0) FROM url").fetchall()[0][0])
        self.stands_for: NDArray[np.uint32] = np.arange(most + 1, dtype=np.uint32)
        """The URL that each URL stands for, by number."""
        _put(duck, _ALIASES, self.stands_for)
        for _ in range(_MOST_JUMPS):
            self.stands_for = self.stands_for[self.stands_for]
        edges = duck.execute(_EDGES).fetchnumpy()
        fetched = duck.execute(_FETCHED).fetchnumpy()["url"]
        is_known = np.zeros(most + 1, np.bool_)
        for urls in (edges["source"], edges["target"], fetched):
            is_known[urls] = True
        self.merged = int((is_known & (self.stands_for != np.arange(most + 1))).sum())
        is_node = np.zeros(most + 1, np.bool_)
        is_node[self.stands_for[is_known]] = True
        self.urls: Ints = np.flatnonzero(is_node)
        places = np.cumsum(is_node, dtype=np.int32)[self.stands_for] - np.int32(1)
        sources, targets = places[edges.pop("source")], places[edges.pop("target")]
        super().__init__(len(self.urls), sources, targets, np.int32)
        domains = np.zeros(most + 1, np.uint32)
        _put(duck, _DOMAINS, domains)
        self.domains: NDArray[np.uint32] = domains[self.urls]
        is_fetched = np.zeros(most + 1, np.bool_)
        is_fetched[self.stands_for[fetched]] = True
        self.is_fetched: NDArray[np.bool_] = is_fetched[self.urls]

    def nodes(self, urls: NDArray[Any]) -> Ints:
        """The nodes that these URLs stand for, in order, each once."""
        standing = np.unique(self.stands_for[urls])
        places = np.searchsorted(self.urls, standing)
        is_there = places < self.size
        is_there[is_there] = self.urls[places[is_there]] == standing[is_there]
        found: Ints = places[is_there]
        return found

    def within(self, nodes: Ints) -> Ints:
        """How many of the pages that link to each of ``nodes`` are of its own site."""
        begins = np.searchsorted(self.targets, nodes)
        counts = self.in_degree[nodes]
        edges = np.repeat(begins - np.cumsum(counts) + counts, counts) + np.arange(counts.sum())
        owner = np.repeat(np.arange(len(nodes)), counts)
        is_within = self.domains[self.sources[edges]] == self.domains[nodes[owner]]
        found: Ints = np.bincount(owner[is_within], minlength=len(nodes))
        return found


def _put(duck: duckdb.DuckDBPyConnection, statement: str, values: NDArray[np.uint32]) -> None:
    """Write ``other`` of each row to its place ``url``."""
    found = duck.execute(statement).fetchnumpy()
    values[found["url"]] = found["other"]
