"""What is remembered of each host, and the two questions."""

from dataclasses import dataclass, field
from typing import Final

import xxhash

from .content import Content, Copies, Likeness, shape
from .query_space import LEAST_PAIRS, QuerySpace
from .reasons import FROM_SOFT_404, NEAR_DUPLICATES, QUERY_EXPLOSION, SOFT_404
from .recent import Recent
from .suspicion import suspicion

BUDGET: Final = 20
"""Suspicious URLs that are fetched of a host for each reason: enough for a site that has some, and at one page a second
a third of a minute for one that has no end of them."""

MAX_HOSTS: Final = 10_000
"""At 25 KB each at worst, 11 KB for the real sites of the tests."""
MAX_PATHS: Final = 8
"""Paths of a host whose queries are watched."""
MAX_SHAPES: Final = 32
"""Shapes of a host whose pages are compared: what has no end comes again before 32 others have."""
MAX_CONTENTS: Final = 32
"""Contents of a host whose URLs are counted."""


@dataclass(slots=True)
class HostMemory:
    """What one host showed. ``fetched`` has the ids of suspicious URLs that were let through, by reason."""

    fetched: dict[str, set[int]] = field(default_factory=dict)
    queries: Recent[int, QuerySpace] = field(default_factory=lambda: Recent(MAX_PATHS, QuerySpace))
    likeness: Recent[int, Likeness] = field(default_factory=lambda: Recent(MAX_SHAPES, Likeness))
    copies: Recent[int, Copies] = field(default_factory=lambda: Recent(MAX_CONTENTS, Copies))

    def let_through(self, reason: str, path: str) -> bool:
        """Whether the budget of ``reason`` has room for ``path``, or had it when it was asked before."""
        ids = self.fetched.setdefault(reason, set())
        path_id = _id(path)
        if path_id not in ids and len(ids) >= BUDGET:
            return False
        ids.add(path_id)
        return True


class Traps:
    """The memory of one crawl. ``year`` is the current one. At most ``max_hosts`` hosts are remembered; that should be
    more than are crawled at a time, as one that is forgotten starts afresh."""

    def __init__(self, year: int, *, max_hosts: int = MAX_HOSTS) -> None:
        self._year = year
        self._hosts: Recent[str, HostMemory] = Recent(max_hosts, HostMemory)

    def __len__(self) -> int:
        """Hosts remembered."""
        return len(self._hosts)

    def admit(self, host: str, path: str, *, is_from_soft_404: bool = False) -> str | None:
        """Why ``path`` (path and query) of ``host`` should be postponed, or None where it may be fetched.

        ``is_from_soft_404``: it was found on a page that :meth:`saw` marked. Asking again counts nothing twice, but the
        answer may have become stricter, as more is known.
        """
        reason = (
            suspicion(path, self._year) or self._learned(host, path) or (FROM_SOFT_404 if is_from_soft_404 else None)
        )
        if reason is None or self._hosts.use(host).let_through(reason, path):
            return None
        return reason

    def _learned(self, host: str, path: str) -> str | None:
        """The reason that lies in what came before."""
        memory = self._hosts.get(host)
        if memory is not None and len(memory.likeness):
            likeness = memory.likeness.get(_id(shape(path)))
            if likeness is not None and likeness.is_endless:
                return NEAR_DUPLICATES
        if path.count("&") < LEAST_PAIRS - 1:
            return None
        base, _, query = path.partition("?")
        return QUERY_EXPLOSION if self._hosts.use(host).queries.use(_id(base)).explodes(query) else None

    def saw(self, host: str, path: str, *, status: int, simhash: int, words: int, body_hash: int) -> str | None:
        """Learn from a fetched page, once: its visible words, their simhash, and its body's hash. The page's mark is
        :data:`SOFT_404` where the host has now shown it at so many URLs, else None. Only status 200 tells anything."""
        if status != 200 or not words:
            return None
        memory = self._hosts.use(host)
        content = Content(simhash, words, body_hash)
        path_shape = shape(path)
        shape_id = _id(path_shape)
        if path_shape != path:
            memory.likeness.use(shape_id).add(content)
        return SOFT_404 if memory.copies.use(content.key).add(shape_id) else None


def _id(text: str) -> int:
    return xxhash.xxh3_64_intdigest(text.encode("utf-8", "surrogatepass"))
