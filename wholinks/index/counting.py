"""How links become numbers, once: the same SQL counts ahead at build time and answers a question with filters.

Order (docs/counting.md, "Ledger"): kinds counted, external, canonical duplicates out (what is left are links), repeats
of a pair out (backlinks), follow policy. A statement that uses these pieces has a table ``counted``: the links left.
"""

from typing import Final

from wholinks.storage.records import COUNTED_KINDS, Kind

from .schema import Mark
from .states import STALE_AFTER_S, STATES, LinkState

POLICY_VERSION: Final = "wholinks-1"


def kind_mask(kinds: frozenset[Kind]) -> int:
    """The bits ``1 << kind`` of ``kinds``."""
    return sum(1 << kind for kind in kinds)


def kind_names(kinds: frozenset[Kind]) -> list[str]:
    """Their names, in the order of the vocabulary."""
    return [kind.name.lower() for kind in sorted(kinds)]


DEFAULT_KIND_MASK: Final = kind_mask(COUNTED_KINDS)

PAIRS: Final = """
SELECT {keys}source_url_id, target_url_id, count(*) AS links, bit_or(follow) AS marks, min(seen_after_s) AS after_s,
       min(unseen_s) AS unseen_s, min(state) AS state
FROM counted GROUP BY {keys}source_url_id, target_url_id"""
"""Backlinks: pairs of source page and target URL. ``keys`` are further columns to group by, each with a comma."""

MARKED: Final = ", ".join(f"count(*) FILTER (marks & {mark:d} <> 0)::BIGINT AS {mark.name.lower()}" for mark in (
    Mark.FOLLOWED, Mark.NOFOLLOW, Mark.UGC, Mark.SPONSORED) if mark.name)  # fmt: skip
"""Backlinks by mark, from a table ``pair``: followed, nofollow, ugc, sponsored."""

NOW: Final = "(SELECT value::BIGINT FROM meta WHERE key = 'built_at')"
"""The time of the build, of which an answer speaks: the same index answers the same."""

STANDING: Final = f"""
CASE WHEN l.state = {STATES.index(LinkState.LIVE)} AND page.last_seen_at - l.unseen_s < {NOW} - {STALE_AFTER_S}
     THEN {STATES.index(LinkState.STALE)} ELSE l.state END"""
"""The state of a link of ``link AS l``, joined with ``page``, as people are told it."""

DOUBTS: Final = f"""
count(*) FILTER (state = {STATES.index(LinkState.SUSPECT)})::BIGINT AS suspect,
count(*) FILTER (state = {STATES.index(LinkState.UNKNOWN)})::BIGINT AS unknown,
count(*) FILTER (state = {STATES.index(LinkState.LIVE)}
    AND page.last_seen_at - unseen_s < {{now}} - {STALE_AFTER_S})::BIGINT AS stale"""
"""Backlinks in doubt, from ``pair`` joined with ``page``; ``{{now}}`` is an expression."""

BY_DOMAIN_COLUMNS: Final = f"""
count(*)::BIGINT AS backlinks, sum(links)::BIGINT AS links, count(DISTINCT source_url_id)::BIGINT AS referring_pages,
{MARKED},
min(page.first_seen_at + after_s)::BIGINT AS first_seen_at, max(page.last_seen_at - unseen_s)::BIGINT AS last_seen_at"""
"""A row by source domain, from ``pair`` joined with ``page``."""
