"""What campaigns brought: which backlinks fit each, when they came, how they stand, and what one cost
(docs/metrics-campaigns.md)."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from statistics import median
from typing import Final

from wholinks.index.answers import Coverage, Snapshot
from wholinks.index.queries import Index
from wholinks.index.rows import moment
from wholinks.storage.errors import UsageError

from .authority import scores
from .campaign_fits import Fit, Pair, Rules
from .campaign_rules import Campaign

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
    """The backlinks of one campaign, by source URL."""

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
    read = Rules(index, listed)
    found = read.fitting()
    brought = {campaign.name: _brought(campaign, found[campaign.name]) for campaign in listed}
    times = Counter(pair for pairs in brought.values() for pair in pairs)
    once = {pair: fit for pairs in brought.values() for pair, fit in pairs.items()}
    names = _domain_names(index, {fit.domain for fit in once.values()})
    authority = {number: scores(index).of(name) for number, name in names.items()}
    rows = tuple(
        _row(
            campaign,
            found[campaign.name],
            brought[campaign.name],
            times=times,
            authority=authority,
            unread=read.unread(campaign),
        )
        for campaign in listed
    )
    live = sum(fit.is_live for fit in once.values())
    totals = CampaignTotals(
        len(listed), len(once), len(names), live, len(once) - live, sum(count > 1 for count in times.values()),
        tuple(_spent(listed, brought)),
    )  # fmt: skip
    return Campaigns(totals, rows, index.coverage, index.built)


def _brought(campaign: Campaign, fitting: Mapping[Pair, Fit]) -> dict[Pair, Fit]:
    return {pair: fit for pair, fit in fitting.items() if _when(campaign, fit) == "within"}


def _when(campaign: Campaign, fit: Fit) -> str:
    day = datetime.combine(campaign.first, time.min, UTC).timestamp() if campaign.first else None
    end = datetime.combine(campaign.last, time.max, UTC).timestamp() if campaign.last else None
    if day is not None and fit.first_seen < day:
        return "before"
    return "after" if end is not None and fit.first_seen > end else "within"


def _row(
    campaign: Campaign,
    fitting: Mapping[Pair, Fit],
    brought: Mapping[Pair, Fit],
    *,
    times: Mapping[Pair, int],
    authority: Mapping[int, float | None],
    unread: tuple[str, ...],
) -> CampaignRow:
    fits = brought.values()
    domains = {fit.domain for fit in fits}
    known = [score for domain in domains if (score := authority[domain]) is not None]
    when = Counter(_when(campaign, fit) for fit in fitting.values())
    live, discovered = sum(fit.is_live for fit in fits), sum(fit.is_discovered for fit in fits)
    return CampaignRow(
        campaign=campaign.name,
        first=campaign.first,
        last=campaign.last,
        backlinks=len(fits),
        links=sum(fit.links for fit in fits),
        referring_domains=len(domains),
        followed_share=sum(fit.is_followed for fit in fits) / len(fits) if fits else None,
        authority_median=median(known) if known else None,
        authority_highest=max(known, default=None),
        gained=len(fits) - discovered,
        discovered=discovered,
        live=live,
        lost=len(fits) - live,
        before=when["before"],
        after=when["after"],
        shared=sum(times[pair] > 1 for pair in brought),
        cost=campaign.cost,
        currency=campaign.currency,
        cost_per_backlink=_each(campaign.cost, len(fits)),
        cost_per_live=_each(campaign.cost, live),
        cost_per_domain=_each(campaign.cost, len(domains)),
        sources_unread=unread,
    )


def _each(cost: float | None, count: int) -> float | None:
    return cost / count if cost is not None and count else None


def _spent(listed: Sequence[Campaign], brought: Mapping[str, Mapping[Pair, Fit]]) -> Iterable[Spent]:
    for currency in sorted({campaign.currency for campaign in listed if campaign.currency}):
        paid = [campaign for campaign in listed if campaign.currency == currency]
        cost = sum(campaign.cost or 0 for campaign in paid)
        pairs = {pair for campaign in paid for pair in brought[campaign.name]}
        yield Spent(currency, cost, len(paid), len(pairs), _each(cost, len(pairs)))


def _links(index: Index, listed: Sequence[Campaign], chosen: Campaign, limit: int | None) -> CampaignLinks:
    found = Rules(index, listed).fitting()
    also: dict[Pair, list[str]] = {}
    for campaign in listed:
        if campaign is not chosen:
            for pair in _brought(campaign, found[campaign.name]).keys() & found[chosen.name].keys():
                also.setdefault(pair, []).append(campaign.name)
    fitting = found[chosen.name]
    duck = index.session()
    urls = dict(duck.execute(_NAMES, {"urls": sorted({url for pair in fitting for url in pair})}).fetchall())
    domains = _domain_names(index, {fit.domain for fit in fitting.values()})
    order = sorted(fitting, key=lambda pair: (urls[pair[0]], urls[pair[1]]))
    rows = tuple(
        CampaignLink(
            urls[pair[0]], urls[pair[1]], domains[fit.domain], fit.anchor, fit.is_followed, fit.is_live,
            moment(fit.first_seen), _when(chosen, fit), fit.is_discovered, None if fit.is_live else moment(fit.until),
            tuple(also.get(pair, ())),
        )
        for pair, fit in ((pair, fitting[pair]) for pair in order[:limit])
    )  # fmt: skip
    return CampaignLinks(chosen.name, rows, len(order), index.coverage, index.built)


def _domain_names(index: Index, numbers: set[int]) -> dict[int, str]:
    return dict(index.session().execute(_DOMAINS, {"domains": sorted(numbers)}).fetchall())
