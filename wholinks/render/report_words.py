"""Plain words for a report: days, shares, reasons, and what each number means."""

import shlex
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Final

from wholinks.index.states import Opening, Reason
from wholinks.index.target import Mode, Target
from wholinks.research.growth.between import Cause
from wholinks.research.growth.events import GAINS, LOSSES, RESTATED
from wholinks.research.report import LATELY_DAYS, Lately, Report

from .reasons import in_words

CAUSES: Final[dict[str, tuple[str, str]]] = {
    Reason.REMOVEDFROMHTML: (in_words(Reason.REMOVEDFROMHTML), "ask its owner whether that was meant"),
    Reason.PAGEREDIRECTED: (in_words(Reason.PAGEREDIRECTED), "ask for the link on that page"),
    Reason.LOSTREDIRECT: (in_words(Reason.LOSTREDIRECT), "ask for it back, or for a link"),
    Reason.NOTFOUND: (in_words(Reason.NOTFOUND), "ask for the link on another page of that site"),
    Reason.PAGEERROR: (in_words(Reason.PAGEERROR), "wait: it may come back"),
    Opening.LINKFOUND: (in_words(Opening.LINKFOUND), ""),
    Opening.LINKRESTORED: (in_words(Opening.LINKRESTORED), ""),
    Opening.PAGEFOUND: (in_words(Opening.PAGEFOUND), ""),
    RESTATED: (in_words(RESTATED), ""),
}
"""Why a backlink came or went, and what helps."""

DEFINITIONS: Final = (
    ("Backlink", "A page of another site that links to a page here. Several links from one page to one page are one."),
    ("Link", "Each single link, so that a page with three links to one page here counts three."),
    ("Referring page", "A page of another site with at least one link here."),
    ("Referring domain", "A site with at least one backlink, such as blog.example with all of its hosts."),
    ("Followed", "A link that search engines are not asked to ignore (by nofollow, ugc or sponsored)."),
    ("Anchor text", "The words that are linked."),
    ("Authority", "How well linked a site is among the sites of this crawl, 0–100; it compares nothing outside of it."),
    (
        "Strong, moderate, low",
        "1,000 backlinks or more, 500 to 999, fewer: a rule of thumb, and no more.",
    ),
    ("Gained, lost", "Backlinks that came on pages read before, and those that a later visit proved to be gone."),
    ("New to the crawl", "Backlinks on pages read for the first time: of unknown age, and no growth."),
    ("Growth", "Gained less lost, as a share of what there was before, without backlinks new to the crawl."),
    ("Suspect", "Missing once, and not yet for the second time: it counts until then."),
    ("Unknown", "The page could not be read again: its links count as they were."),
    ("Stale", "Not seen again for 180 days: it counts, but should be looked at anew."),
    ("Restated", "Counted differently, though no link came or went: a page moved, or became a copy of another."),
    ("Opportunity", "Authority × number of rivals linked × relevance (0–1: how near the site is to yours)."),
    ("Marker", "Something measured about a site that often goes with bought or automatic links; no verdict."),
)


def day_in_words(day: date) -> str:
    """``21 August 2026``."""
    return f"{day.day} {day:%B %Y}"


def month_in_words(day: date) -> str:
    """``August 2026``."""
    return f"{day:%B %Y}"


def share(part: int, whole: int) -> str:
    """A share of a whole in percent; a dash of nothing."""
    return f"{part / whole:.0%}" if whole else "–"


def growth(gained: int, lost: int, start: int) -> str:
    """Gained less lost, of what there was before: ``+12.5%``; a dash where there was nothing."""
    return rate_told((gained - lost) / start) if start else "–"


def rate_told(rate: float) -> str:
    """``+12.5%``."""
    return f"{rate:+.1%}".replace("-", "−")


def from_to(start: int, end: int) -> str:
    """``83 → 70``."""
    return f"{start:,} → {end:,}"


def listed(names: Sequence[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"


def verb(number: int, word: str) -> str:
    """``1 leads``, ``2 lead``: the verb after a number."""
    return f"{word}s" if number == 1 else word


def span_in_words(lately: Lately) -> str:
    """Since when a report says what changed."""
    first, last = day_in_words(lately.domains.first), day_in_words(lately.domains.last)
    if lately.from_the_beginning:
        return f"From {first}, when the crawl began, to {last}"
    return f"In the {LATELY_DAYS} days from {first} to {last}"


def came(whys: Sequence[Cause]) -> tuple[int, int, int]:
    """Backlinks gained, new to the crawl, and lost; those that were only counted differently are in none."""
    gained = sum(one.backlinks for one in whys if one.why in GAINS)
    discovered = sum(one.backlinks for one in whys if one.why == Opening.PAGEFOUND)
    return gained, discovered, sum(one.backlinks for one in whys if one.why in LOSSES)


def commands(report: Report, campaigns_file: str) -> Iterator[tuple[str, str]]:
    """Each part of the report, and the command that tells the same with all of its rows."""
    target = _named(report.target)
    rivals = " ".join(shlex.quote(side.target.text) for side in report.sides[1:])
    yield "At a glance", f"wholinks overview {target}"
    if rivals:
        yield "Side by side", f"wholinks compare {shlex.quote(report.target.text)} {rivals}"
        yield "Side by side over time", f"wholinks compare {shlex.quote(report.target.text)} {rivals} --over-time"
    yield "Over time", f"wholinks history {target}"
    if report.lately is not None:
        days = f"--between {report.lately.domains.first} {report.lately.domains.last}"
        yield "Lately lost and new", f"wholinks history {target} {days} --domains"
        yield "Lately lost and new, backlinks", f"wholinks history {target} {days}"
    yield "Where from", f"wholinks domains {target}"
    yield "Anchor texts", f"wholinks anchors {target}"
    yield "Pages with most backlinks", f"wholinks pages {target}"
    yield "Broken pages", f"wholinks broken {target}"
    if rivals:
        yield "Opportunities", f"wholinks gap {shlex.quote(report.target.text)} {rivals}"
    if report.campaigns is not None:
        yield "Campaigns", f"wholinks campaigns {shlex.quote(campaigns_file)}"
    if report.traffic is not None:
        yield "Traffic", f"wholinks traffic show {shlex.quote(report.target.text)} --by month"
    yield "Quality", f"wholinks audit {target}"
    yield "How far this holds", "wholinks coverage"


def _named(target: Target) -> str:
    is_page = target.path not in {"", "/"}
    is_usual = target.mode is (Mode.EXACT if is_page else Mode.SUBDOMAINS)
    return shlex.quote(target.text) + ("" if is_usual else f" --mode {target.mode}")
