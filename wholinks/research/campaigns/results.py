"""What campaigns brought: which backlinks fit each, when they came, how they stand, and what one cost
(docs/metrics-campaigns.md)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from statistics import median
from typing import Final

import numpy as np

from wholinks.index.answers import Coverage, Snapshot
from wholinks.index.moments import end_of, start_of
from wholinks.index.queries import Index
from wholinks.index.rows import moment
from wholinks.research.campaigns.fits import Fits, Keys, Rules, Whole, once
from wholinks.research.campaigns.rules import Campaign
from wholinks.research.scores.authority import scores
from wholinks.storage.errors import UsageError

_WHEN: Final = {-1: "before", 0: "within", 1: "after"}
_ORDER: Final = {0: 0, -1: 1, 1: 2}

_NAMES: Final = """
SELECT url_id, origin.origin || url.path FROM url JOIN origin USING (origin_id)
WHERE url_id IN (SELECT unnest($urls::UINTEGER[]))"""

_DOMAINS: Final = "SELECT domain_id, domain FROM domain WHERE domain_id IN (SELECT unnest($domains::UINTEGER[]))"


@dataclass(frozen=True, slots=True)
class CampaignRow:
    """What a campaign brought: backlinks that fit it and were first seen within its days.

    ``backlinks`` = ``gained`` + ``discovered`` (on pages read for the first time then, so of unknown age) = ``live`` +
    ``lost``. ``before`` and ``after`` fit too, and were first seen outside of its days. ``shared`` were brought by
    another campaign as well. ``followed_share`` is of 1, ``authority_…`` 0–100, of the referring domains. A cost per
    what there is none of is None. ``sources_unread``: sources no page of which was ever read.
    """

    campaign: str
    first: date | None
    last: date | None
    backlinks: int
    links: int
    referring_domains: int
    followed_share: float | None
    authority_median: float | None
    authority_highest: float | None
    gained: int
    discovered: int
    live: int
    lost: int
    before: int
    after: int
    shared: int
    cost: float | None
    currency: str | None
    cost_per_backlink: float | None
    cost_per_live: float | None
    cost_per_domain: float | None
    sources_unread: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Spent:
    """What all campaigns of a currency cost, and what each of the backlinks that they brought, counted once."""

    currency: str
    cost: float
    campaigns: int
    backlinks: int
    cost_per_backlink: float | None


@dataclass(frozen=True, slots=True)
class CampaignTotals:
    """All campaigns together: each backlink and domain counts once. ``shared``: backlinks brought by more than one."""

    campaigns: int
    backlinks: int
    referring_domains: int
    live: int
    lost: int
    shared: int
    spent: tuple[Spent, ...]


@dataclass(frozen=True, slots=True)
class Campaigns:
    """A row a campaign, in the order of the file."""

    totals: CampaignTotals
    rows: tuple[CampaignRow, ...]
    coverage: Coverage
    snapshot: Snapshot


@dataclass(frozen=True, slots=True)
class CampaignLink:
    """A backlink that fits a campaign. ``when``: first seen ``within`` its days, ``before`` or ``after`` them;
    ``discovered``: on a page read for the first time. ``lost_at`` is None while it lives. ``anchor_text`` is that of
    its first link that fits. ``also_in``: other campaigns that brought it."""

    source_url: str
    target_url: str
    referring_domain: str
    anchor_text: str
    followed: bool
    live: bool
    first_seen: datetime
    when: str
    discovered: bool
    lost_at: datetime | None
    also_in: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CampaignLinks:
    """The backlinks of one campaign: those within its days, those before, those after; each by source URL."""

    campaign: str
    rows: tuple[CampaignLink, ...]
    rows_known: int
    coverage: Coverage
    snapshot: Snapshot


def campaigns(index: Index, listed: Sequence[Campaign]) -> Campaigns:
    """What each of the campaigns brought. Raises :class:`UsageError` for a target or source that can't be meant."""
    return index.translated(lambda: _campaigns(index, listed))


def campaign_links(index: Index, listed: Sequence[Campaign], name: str, *, limit: int | None = None) -> CampaignLinks:
    """The backlinks that fit the campaign ``name`` of those ``listed``; ``limit`` cuts the rows. Raises
    :class:`UsageError`."""
    chosen = next((campaign for campaign in listed if campaign.name == name), None)
    if chosen is None:
        known = ", ".join(repr(campaign.name) for campaign in listed)
        raise UsageError(f"no campaign {name!r}; there are {known}")
    return index.translated(lambda: _links(index, listed, chosen, limit))


def _campaigns(index: Index, listed: Sequence[Campaign]) -> Campaigns:
    rules = Rules(index, listed)
    found = rules.fitting()
    brought = {campaign.name: _brought(campaign, found[campaign.name]) for campaign in listed}
    together = once(list(brought.values()))
    _, times = np.unique(np.concatenate([fits.keys for fits in brought.values()]), return_counts=True)
    shared = together.keys[times > 1]
    names = _domain_names(index, together.domains)
    authority = {number: scores(index).of(name) for number, name in names.items()}
    rows = tuple(
        _row(
            campaign, found[campaign.name], brought[campaign.name],
            shared=shared, authority=authority, unread=rules.unread(campaign),
        )
        for campaign in listed
    )  # fmt: skip
    backlinks, live = len(together.keys), int(together.live.sum())
    totals = CampaignTotals(
        len(listed), backlinks, len(names), live, backlinks - live, len(shared), tuple(_spent(listed, brought))
    )
    return Campaigns(totals, rows, index.coverage, index.built)


def _brought(campaign: Campaign, fits: Fits) -> Fits:
    return fits.those(_when(campaign, fits) == 0)


def _when(campaign: Campaign, fits: Fits) -> Whole:
    """-1 for those first seen before the campaign's days, 1 for those after, else 0."""
    found = np.zeros(len(fits.keys), np.int64)
    if campaign.first is not None:
        found[fits.first_seen < start_of(campaign.first)] = -1
    if campaign.last is not None:
        found[fits.first_seen > end_of(campaign.last)] = 1
    return found


def _row(
    campaign: Campaign,
    fitting: Fits,
    brought: Fits,
    *,
    shared: Keys,
    authority: Mapping[int, float | None],
    unread: tuple[str, ...],
) -> CampaignRow:
    domains = np.unique(brought.domains).tolist()
    known = [score for domain in domains if (score := authority[domain]) is not None]
    when = _when(campaign, fitting)
    backlinks, live, discovered = len(brought.keys), int(brought.live.sum()), int(brought.discovered.sum())
    return CampaignRow(
        campaign=campaign.name,
        first=campaign.first,
        last=campaign.last,
        backlinks=backlinks,
        links=int(brought.links.sum()),
        referring_domains=len(domains),
        followed_share=int(brought.followed.sum()) / backlinks if backlinks else None,
        authority_median=median(known) if known else None,
        authority_highest=max(known, default=None),
        gained=backlinks - discovered,
        discovered=discovered,
        live=live,
        lost=backlinks - live,
        before=int((when < 0).sum()),
        after=int((when > 0).sum()),
        shared=int(np.isin(brought.keys, shared).sum()),
        cost=campaign.cost,
        currency=campaign.currency,
        cost_per_backlink=_each(campaign.cost, backlinks),
        cost_per_live=_each(campaign.cost, live),
        cost_per_domain=_each(campaign.cost, len(domains)),
        sources_unread=unread,
    )


def _each(cost: float | None, count: int) -> float | None:
    return cost / count if cost is not None and count else None


def _spent(listed: Sequence[Campaign], brought: Mapping[str, Fits]) -> Iterable[Spent]:
    for currency in sorted({campaign.currency for campaign in listed if campaign.currency}):
        paid = [campaign for campaign in listed if campaign.currency == currency]
        cost = sum(campaign.cost or 0 for campaign in paid)
        backlinks = len(np.unique(np.concatenate([brought[campaign.name].keys for campaign in paid])))
        yield Spent(currency, cost, len(paid), backlinks, _each(cost, backlinks))


def _links(index: Index, listed: Sequence[Campaign], chosen: Campaign, limit: int | None) -> CampaignLinks:
    found = Rules(index, listed).fitting(with_anchors=True)
    fits = found[chosen.name]
    others = [
        (campaign.name, np.isin(fits.keys, _brought(campaign, found[campaign.name]).keys))
        for campaign in listed
        if campaign is not chosen
    ]
    sources, targets = (part.tolist() for part in (fits.keys >> np.uint64(32), fits.keys & np.uint64(2**32 - 1)))
    urls = dict(index.session().execute(_NAMES, {"urls": sorted({*sources, *targets})}).fetchall())
    domains = _domain_names(index, fits.domains)
    when, live = _when(chosen, fits).tolist(), fits.live.tolist()
    order = sorted(range(len(sources)), key=lambda at: (_ORDER[when[at]], urls[sources[at]], urls[targets[at]]))
    rows = tuple(
        CampaignLink(
            urls[sources[at]], urls[targets[at]], domains[int(fits.domains[at])], str(fits.anchors[at]),
            bool(fits.followed[at]), live[at], moment(int(fits.first_seen[at])), _WHEN[when[at]],
            bool(fits.discovered[at]), None if live[at] else moment(int(fits.until[at])),
            tuple(name for name, has in others if has[at]),
        )
        for at in order[:limit]
    )  # fmt: skip
    return CampaignLinks(chosen.name, rows, len(order), index.coverage, index.built)


def _domain_names(index: Index, numbers: Whole) -> dict[int, str]:
    return dict(index.session().execute(_DOMAINS, {"domains": np.unique(numbers).tolist()}).fetchall())
