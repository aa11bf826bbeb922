"""Campaigns for people to read."""

from collections import Counter
from collections.abc import Callable

from wholinks.research.campaigns.results import CampaignLinks, Campaigns, Spent
from wholinks.storage.wording import counted

from .sheet import Sheet, Table

_BROUGHT = (
    "campaign", "backlinks", "referring_domains", "live", "lost", "followed_share", "authority_median", "gained",
    "discovered", "links", "authority_highest", "before", "after", "shared",
)  # fmt: skip
_COST = ("campaign", "cost", "currency", "cost_per_backlink", "cost_per_live", "cost_per_domain")
_LINK = (
    "source_url", "target_url", "anchor_text", "live", "lost_at", "when", "first_seen", "followed", "also_in",
    "discovered", "referring_domain",
)  # fmt: skip
_TITLES = {"within": "within its days", "before": "before", "after": "after"}
_UNREAD = 5


def campaigns_sheet(found: Campaigns) -> Sheet:
    """The totals, what each brought, and what it cost."""
    totals = found.totals
    brought = f"{counted(totals.backlinks, 'backlink')} from {counted(totals.referring_domains, 'domain')}"
    told = f"{counted(totals.campaigns, 'campaign')}: {brought}, {totals.live:,} live, {totals.lost:,} lost"
    notes = [
        "backlinks: first seen within the days of the campaign; before and after: those that fit it, first seen then",
        "discovered: on pages read for the first time, so of unknown age",
    ]
    if totals.shared:
        what = counted(totals.shared, "backlink")
        notes.append(f"{what} brought by more than one campaign: in the row of each, in the totals once")
    for row in found.rows:
        if row.sources_unread:
            more = len(row.sources_unread) - _UNREAD
            named = ", ".join(row.sources_unread[:_UNREAD]) + (f" and {more:,} more" if more > 0 else "")
            notes.append(f"{row.campaign}: no page was ever read of {named}: nobody knows what they brought")
    paid = [row for row in found.rows if row.cost is not None]
    return Sheet(
        (told, *map(_spent, totals.spent)), (Table("", found.rows, _BROUGHT), Table("cost", paid, _COST)), tuple(notes)
    )


def _spent(spent: Spent) -> str:
    each = f": {spent.cost_per_backlink:,.2f} each" if spent.cost_per_backlink is not None else ""
    of = counted(spent.campaigns, "campaign")
    return f"{spent.currency} {spent.cost:,.2f} for {counted(spent.backlinks, 'backlink')} of {of}{each}"


def links_sheet(limit: int | None) -> Callable[[CampaignLinks], Sheet]:
    """The backlinks of one campaign, the first ``limit``."""

    def sheet(found: CampaignLinks) -> Sheet:
        rows, times = found.rows[:limit], Counter(row.when for row in found.rows)
        fit = counted(found.rows_known, "backlink that fits", "backlinks that fit")
        told = ", ".join(f"{times[when]:,} {words}" for when, words in _TITLES.items())
        shown = [[row for row in rows if row.when == when] for when in _TITLES]
        last = max((number for number, some in enumerate(shown) if some), default=0)
        tables = [
            Table(title, some, _LINK, (found.rows_known - len(rows)) if number == last else 0)
            for number, (title, some) in enumerate(zip(_TITLES.values(), shown, strict=True))
        ]
        return Sheet((f"{found.campaign}: {fit}: {told}",), tuple(tables))

    return sheet
