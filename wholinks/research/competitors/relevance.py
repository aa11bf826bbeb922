"""How near a source is to a set of sites, by what else it links to. Definition: docs/metrics-competitors.md."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from wholinks.research.scores.graph import DomainGraph, Floats, Ints


@dataclass(frozen=True, slots=True, eq=False)
class Relevance:
    """By number of a domain: ``values`` are 0–1, of domains that are referrers; ``sites`` is how many linked sites each
    was measured on. ``usual`` is what one without any has."""

    values: Floats
    sites: Ints
    usual: float

    def of(self, number: int) -> tuple[float, int]:
        """The value to four decimals, and the sites."""
        return round(float(self.values[number]), 4), int(self.sites[number])


def relevance(graph: DomainGraph, linked: Mapping[int, int], compared: int, out: Iterable[int]) -> Relevance:
    """The relevance of referrers: ``linked`` says to how many of the ``compared`` sites each links. The sites ``out``
    (these and one's own) are no evidence. All are numbers of the graph."""
    hits = np.zeros(graph.size, np.int64)
    hits[list(linked)] = list(linked.values())
    is_evidence = graph.in_degree > 1
    is_evidence[list(out)] = False
    edges = np.flatnonzero((hits[graph.sources] > 0) & is_evidence[graph.targets])
    sources, targets = graph.sources[edges], graph.targets[edges]
    hits_of = np.bincount(targets, weights=hits[sources], minlength=graph.size)
    share = (hits_of[targets] - hits[sources]) / (compared * (graph.in_degree[targets] - 1))
    sites: Ints = np.bincount(sources, minlength=graph.size)
    shares = np.bincount(sources, weights=share, minlength=graph.size)
    is_linking = graph.out_degree > 0
    usual = int(hits[is_linking].sum()) / (compared * max(int(is_linking.sum()), 1))
    return Relevance((usual + shares) / (1 + sites), sites, usual)
