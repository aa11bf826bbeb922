"""What keeps a known page from being asked, besides robots.txt: the traps. Asked of each page as it is handed out.

So it holds however a page came to be known (a link, a redirect, a sitemap, a limit that changed), and what was learned
since then counts too. What is kept out keeps its row in crawl.db, with the reason.
"""

from dataclasses import dataclass

from wholinks.storage.crawl_store import PageRow, WaitingRow
from wholinks.storage.records import State

from .hosts import Origin
from .traps import Traps


@dataclass(frozen=True, slots=True)
class Gate:
    """``traps`` is None where URLs are not to be judged."""

    traps: Traps | None = None

    def put_off(self, origin: Origin, row: WaitingRow) -> PageRow | None:
        """The row of a page that looks like a trap; None where it may be asked. Seeds always may."""
        if self.traps is None or row.is_seed:
            return None
        reason = self.traps.admit(origin.host.state.name, row.path, is_from_soft_404=bool(row.is_from_soft_404))
        return None if reason is None else PageRow(State.POSTPONED, reason, row.tries, row.key_id)


OPEN = Gate()
"""Keeps nothing out."""
