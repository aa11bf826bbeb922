"""How near a source is to a set of sites, by what else it links to. Definition: docs/metrics-competitors.md."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from .graph import DomainGraph, Floats, Ints


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


def relevance(graph: DomainGraph, referrers: Iterable[int], out: Iterable[int]) -> Relevance:
    """The relevance of ``referrers``, the domains that link to the sites in question; the sites ``out`` (these and
    one's own) are no evidence. All are numbers of the graph."""
    is_referrer = np.zeros(graph.size, np.bool_)
    is_referrer[list(referrers)] = True
    is_evidence = graph.in_degree > 1
    is_evidence[list(out)] = False
    edges = np.flatnonzero(is_referrer[graph.sources] & is_evidence[graph.targets])
    sources, targets = graph.sources[edges], graph.targets[edges]
    near = np.bincount(targets, minlength=graph.size)
    share = (near - 1) / np.maximum(graph.in_degree - 1, 1)
    sites: Ints = np.bincount(sources, minlength=graph.size)
    shares = np.bincount(sources, weights=share[targets], minlength=graph.size)
    is_linking = graph.out_degree > 0
    usual = int((is_linking & is_referrer).sum()) / max(int(is_linking.sum()), 1)
    return Relevance((usual + shares) / (1 + sites), sites, usual)
