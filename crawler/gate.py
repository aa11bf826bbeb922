"""What keeps a known page from being asked, besides robots.txt: the user's rules, and traps. Asked of each page as it
is handed out.

So it holds however a page came to be known (a link, a redirect, a sitemap, a limit that changed), and what was learned
since then counts too. What is kept out keeps its row in crawl.db, with the reason.
"""

from dataclasses import dataclass, field

from wholinks.storage.crawl_store import WaitingRow
from wholinks.storage.records import State

from .hosts import Origin
from .traps import Traps
from .url_rules import REASON, UrlRules

Refusal = tuple[State, str]


@dataclass(frozen=True, slots=True)
class Gate:
    """``traps`` is None where URLs are not to be judged."""

    rules: UrlRules = field(default_factory=UrlRules)
    traps: Traps | None = None

    def leave_out(self, origin: Origin, row: WaitingRow) -> Refusal | None:
        """Why a page is not wanted: that its host need not even be asked for robots.txt."""
        host = origin.host
        is_out = self.rules.leave_out(
            host.state.name, row.path, depth=row.depth, hop=host.site.scope.hop(host.site.domain)
        )
        return (State.EXCLUDED, REASON) if is_out else None

    def put_off(self, origin: Origin, row: WaitingRow) -> Refusal | None:
        """Why a page looks like a trap; None where it may be asked. Seeds always may."""
        if self.traps is None or row.is_seed:
            return None
        reason = self.traps.admit(origin.host.state.name, row.path, is_from_soft_404=bool(row.is_from_soft_404))
        return None if reason is None else (State.POSTPONED, reason)


OPEN = Gate()
"""Keeps nothing out."""
