"""Crawler traps: URLs without end that lead nowhere new, put off before they eat a crawl.

Two questions. :meth:`Traps.admit` is asked of each URL before its fetch and answers with None or the reason to postpone
it; :meth:`Traps.saw` is told of each page after it. What makes a URL suspicious is its text alone (``suspicion``), what
was asked of the same path before (``query_space``), or what pages like it said (``content``). A suspicious URL is not
refused: of each host, :data:`BUDGET` per reason are fetched all the same, which also lets a wrong verdict be noticed.

Invariants: nothing here raises for any text; equal calls give equal answers; memory is bounded, and a host that is
forgotten starts afresh. A reason postpones a fetch and takes no fetched page, and no link, out of a count.

Not for: pages without end that are all different and have ordinary URLs (only page budgets help), near-duplicates among
pages whose URLs have no number, id or query in common, and a host's answer to a URL that can't exist, which would have
to be asked for. Pure: no network, no clock (the year is passed in), no store.
"""

from .memory import BUDGET, MAX_HOSTS, Traps
from .reasons import REASONS, SOFT_404
from .suspicion import suspicion

__all__ = ["BUDGET", "MAX_HOSTS", "REASONS", "SOFT_404", "Traps", "suspicion"]
