"""How much of each site was looked at, and how much of it was never seen (docs/metrics-coverage.md)."""
# ruff: noqa: S608 - statements are made of constants; whatever a user gives is a parameter

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from wholinks.index.answers import Coverage, Snapshot
from wholinks.index.counting import DEFAULT_KIND_MASK
from wholinks.index.known import LOOKED_AT
from wholinks.index.queries import Index
from wholinks.index.rows import moment
from wholinks.index.target import Target
from wholinks.research.coverage.listings import BOUNDS, COUNTS, Listing, listing
from wholinks.research.coverage.recapture import chapman, no_estimate, numbers
from wholinks.storage.records import Outcome, State

LOWER_BOUND: Final = "pages that are linked from without are mostly linked from within too: estimates are lower bounds"

_STATES: Final = f"""
SELECT domain, domain.domain_id, count(*) AS pages,
       count(*) FILTER (state IN ({State.FETCHED:d}, {State.REDIRECTED:d})),
       count(*) FILTER (state = {State.BLOCKED:d}), count(*) FILTER (state = {State.FAILED:d}),
       count(*) FILTER (state IN ({State.DISCOVERED:d}, {State.POSTPONED:d})),
       count(*) FILTER (state = {State.EXCLUDED:d}), max({LOOKED_AT}), {COUNTS}
FROM known AS k JOIN domain ON domain.domain_id = k.domain_id LEFT JOIN page ON page.url_id = k.url_id
LEFT JOIN asked AS it ON it.url_id = k.url_id
WHERE {{where}} GROUP BY domain, domain.domain_id ORDER BY pages DESC, domain"""

# A URL that redirects stands for the page it leads to, if that is a page of the same site.
_SAMPLES: Final = f"""
WITH within AS (
    SELECT DISTINCT coalesce(r.final_url_id, i.target_url_id) AS url_id
    FROM internal AS i LEFT JOIN redirect AS r ON r.url_id = i.target_url_id
    WHERE ({DEFAULT_KIND_MASK} >> i.kind) & 1 = 1 AND {{internal}}
      AND i.source_url_id <> coalesce(r.final_url_id, i.target_url_id)),
named AS (SELECT DISTINCT target_domain_id, target_url_id FROM link AS i
    WHERE ({DEFAULT_KIND_MASK} >> i.kind) & 1 = 1 AND {{internal}}),
without AS (
    SELECT DISTINCT coalesce(r.final_url_id, n.target_url_id) AS url_id, target_domain_id
    FROM named AS n LEFT JOIN redirect AS r ON r.url_id = n.target_url_id)
SELECT page.domain_id, count(*), count(within.url_id), count(without.url_id),
       count(*) FILTER (within.url_id IS NOT NULL AND without.url_id IS NOT NULL)
FROM page LEFT JOIN within ON within.url_id = page.url_id
LEFT JOIN without ON without.url_id = page.url_id AND without.target_domain_id = page.domain_id
WHERE page.outcome = {Outcome.PAGE:d} AND {{page}} GROUP BY page.domain_id"""


@dataclass(frozen=True, slots=True)
class SiteCoverage:
    """A site of which pages are known; ``pages_known`` is the sum of the five after it.

    Of the ``pages_read`` (HTML), so many are named by links of the site's own pages, by links from other sites, and by
    both. ``estimated_pages`` (readable pages, those read among them), its 95 % interval and ``estimated_unseen`` are
    None where ``no_estimate`` says why; ``standard_error`` is None, too, where one of the two lies within the other.
    ``sitemaps`` compares what sitemaps and feeds name with what links do.
    """

    site: str
    pages_known: int
    fetched: int
    blocked: int
    failed: int
    pending: int
    excluded: int
    pages_read: int
    named_within: int
    named_without: int
    named_both: int
    estimated_pages: float | None
    standard_error: float | None
    estimated_low: float | None
    estimated_high: float | None
    estimated_unseen: float | None
    no_estimate: str
    as_of: datetime | None
    sitemaps: Listing


@dataclass(frozen=True, slots=True)
class CoverageReport:
    """All sites, or one; the largest first. ``rows_known`` counts them whole. ``site`` is None for all.
    ``estimate`` and ``sitemaps_estimate`` say how far the two estimates hold."""

    site: str | None
    rows_known: int
    estimate: str
    sitemaps_estimate: str
    rows: tuple[SiteCoverage, ...]
    coverage: Coverage
    snapshot: Snapshot


def site_coverage(index: Index, site: Target | None = None, limit: int | None = None) -> CoverageReport:
    """How far each site is known, or the one site that ``site`` belongs to. ``limit`` cuts rows."""
    rows = index.translated(lambda: _rows(index, site))
    name = site.domain if site is not None else None
    return CoverageReport(name, len(rows), LOWER_BOUND, BOUNDS, tuple(rows[:limit]), index.coverage, index.built)


def _rows(index: Index, site: Target | None) -> list[SiteCoverage]:
    duck = index.session()
    if site is None:
        known = duck.execute(_STATES.format(where="true")).fetchall()
        samples = duck.execute(_SAMPLES.format(internal="true", page="true")).fetchall()
    else:
        known = duck.execute(_STATES.format(where="domain = ?"), [site.domain]).fetchall()
        number = known[0][1] if known else -1
        of_site = _SAMPLES.format(internal="i.target_domain_id = $site", page="page.domain_id = $site")
        samples = duck.execute(of_site, {"site": number}).fetchall()
    sampled = {domain: counts for domain, *counts in samples}
    return [_row(row, sampled.get(row[1], [0, 0, 0, 0])) for row in known]


def _row(row: tuple[Any, ...], sample: list[int]) -> SiteCoverage:
    domain, _, pages, fetched, blocked, failed, pending, excluded, looked, *ways = row
    read, within, without, both = sample
    why = _no_estimate(within, without, both)
    total, error, low, high = numbers(None if why else chapman(within, without, both))
    unseen = None if total is None else max(total - read, 0.0)
    as_of = moment(looked) if looked else None
    return SiteCoverage(
        domain, pages, fetched, blocked, failed, pending, excluded, read, within, without, both,
        total, error, low, high, unseen, why, as_of, listing(*ways),
    )  # fmt: skip


def _no_estimate(within: int, without: int, both: int) -> str:
    """Why there can be no estimate; empty where there can."""
    if not within:
        return "no page read is named by another page of the site"
    if not without:
        return "no page read is linked from another site"
    return no_estimate(both)
