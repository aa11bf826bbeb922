"""Named markers of quality, by referring domain, and a score that is their weighted sum (docs/metrics-quality.md)."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Final, NamedTuple

from wholinks.index.anchor_class import AnchorClasses
from wholinks.index.answers import Coverage, Snapshot
from wholinks.index.queries import Index
from wholinks.index.questions import Question
from wholinks.index.totals import linked
from wholinks.notes.reviews import Review
from wholinks.research.quality.measures import SOURCES, Values, measure, of_names
from wholinks.research.quality.ranges import MOST
from wholinks.research.quality.rules import Rules


@dataclass(frozen=True, slots=True)
class Markers:
    """What was measured of a referring domain; None where the index has nothing to measure it by."""

    sitewide_share: float | None
    boilerplate_share: float | None
    hidden_share: float | None
    out_domains_per_page: float | None
    links_per_100_words: float | None
    shared_anchor_domains: float | None
    same_out_links_domains: float | None
    near_duplicate_domains: float | None
    reciprocal: float | None
    same_ip_domains: float | None
    same_net_domains: float | None
    redirect_only: float | None
    name_digits: float | None
    name_hyphens: float | None
    name_length: float | None
    listed_tld: float | None
    poison_words: float | None
    burst_domains: float | None
    noindex_share: float | None
    foreign_canonical_share: float | None


NAMES: Final = tuple(field.name for field in fields(Markers))

_DOMAINS: Final = """
SELECT domain_id, domain, count(*), count(DISTINCT source_url_id) FROM backlink JOIN domain USING (domain_id)
GROUP BY ALL"""

_IN_WORDS: Final = {
    "sitewide_share": "links from {:.0%} of its pages",
    "boilerplate_share": "{:.0%} of its links are in header, navigation or footer",
    "hidden_share": "{:.0%} of its links are hidden",
    "out_domains_per_page": "other sites that its linking pages link to: {:.0f} each",
    "links_per_100_words": "{:.0f} links in 100 words",
    "shared_anchor_domains": "domains that share an anchor text: {:.0f}",
    "same_out_links_domains": "domains that link to the same sites: {:.0f}",
    "near_duplicate_domains": "domains with nearly the same page: {:.0f}",
    "reciprocal": "linked back from the target",
    "same_ip_domains": "domains on its IP address: {:.0f}",
    "same_net_domains": "domains in its network: {:.0f}",
    "redirect_only": "redirects alone",
    "name_digits": "digits in its name: {:.0f}",
    "name_hyphens": "hyphens in its name: {:.0f}",
    "name_length": "characters in its name: {:.0f}",
    "listed_tld": "its top level is listed",
    "poison_words": "listed words in anchors and titles: {:.0f}",
    "burst_domains": "domains whose links came on one unusual day: {:.0f}",
    "noindex_share": "{:.0%} of its linking pages are noindex",
    "foreign_canonical_share": "{:.0%} of its linking pages have a canonical on another site",
}
_COUNTED_UP_TO: Final = frozenset({"same_out_links_domains", "near_duplicate_domains"})


@dataclass(frozen=True, slots=True)
class AuditRow:
    """A referring domain. ``score`` is the sum of the points in ``parts``, each of which says what was measured, from
    where on it counts, and the points; ``why`` says the same in words. ``review`` and ``note`` are what a person
    decided, empty where nobody did."""

    referring_domain: str
    score: float
    parts: tuple[str, ...]
    why: tuple[str, ...]
    review: str
    note: str
    links: int
    referring_pages: int
    pages_fetched: int
    markers: Markers


@dataclass(frozen=True, slots=True)
class Audit:
    """The referring domains of a target, the worst first. ``flagged`` counts those with points, ``reviewed`` those that
    a person decided on; both whole, whatever was cut of the ``rows``."""

    target: str
    referring_domains: int
    flagged: int
    reviewed: int
    rows: tuple[AuditRow, ...]
    coverage: Coverage
    snapshot: Snapshot


def audit(index: Index, question: Question, rules: Rules, reviews: Iterable[Review] = ()) -> Audit:
    """Measure the referring domains of a question's target; its ``limit`` cuts the rows."""
    found = index.translated(lambda: _measured(index, question, rules))
    decided = {review.domain: review for review in reviews}
    scores = _scores(found.values, rules)
    order = sorted(found.domains, key=lambda domain: (-scores.get(domain.number, 0.0), -domain.links, domain.name))
    return Audit(
        target=question.asked.text,
        referring_domains=len(order),
        flagged=sum(score > 0 for score in scores.values()),
        reviewed=sum(domain.name in decided for domain in order),
        rows=tuple(_row(domain, found, rules, decided.get(domain.name)) for domain in order[: question.limit]),
        coverage=index.coverage,
        snapshot=index.snapshot(question),
    )


class _Domain(NamedTuple):
    number: int
    name: str
    links: int
    pages: int


class _Measured(NamedTuple):
    """Referring domains, the values of their markers, and how many pages of each were fetched."""

    domains: list[_Domain]
    values: Values
    fetched: dict[int, int]


def _measured(index: Index, question: Question, rules: Rules) -> _Measured:
    duck, ends = index.ask(question)
    if ends.is_empty:
        return _Measured([], {}, {})
    where, values = linked(question, ends)
    statements = SOURCES.split(";")
    duck.execute(statements[0].format(where=where), values)
    for statement in statements[1:]:
        duck.execute(statement)
    measured, fetched = measure(duck, ends, AnchorClasses(question.asked.domain, rules.lists["generic_anchors"]), rules)
    domains = [_Domain(*row) for row in duck.execute(_DOMAINS).fetchall()]
    for table in ("backlink", "linking", "outgoing"):
        duck.execute(f"DROP TABLE {table}")
    measured |= of_names({domain.number: domain.name for domain in domains}, rules.lists["tlds"])
    return _Measured(domains, measured, fetched)


def _scores(values: Values, rules: Rules) -> dict[int, float]:
    """The scores of the domains that have any, added up as :func:`judge` does: the heaviest first."""
    scores: defaultdict[int, float] = defaultdict(float)
    for name in sorted(values, key=lambda name: -rules.markers[name].weight):
        rule = rules.markers[name]
        if rule.weight:
            for domain, value in values[name].items():
                if value >= rule.least:
                    scores[domain] += rule.weight
    return scores


def _row(domain: _Domain, found: _Measured, rules: Rules, review: Review | None) -> AuditRow:
    markers = Markers(**{name: found.values[name].get(domain.number) for name in NAMES})
    score, parts, why = judge(markers, rules)
    state, note = (review.state.value, review.note) if review else ("", "")
    fetched = found.fetched.get(domain.number, 0)
    return AuditRow(domain.name, score, parts, why, state, note, domain.links, domain.pages, fetched, markers)


def judge(markers: Markers, rules: Rules) -> tuple[float, tuple[str, ...], tuple[str, ...]]:
    """The score by the rules, and its parts, the heaviest first: in numbers, and in words."""
    points = []
    for place, name in enumerate(NAMES):
        value, rule = getattr(markers, name), rules.markers[name]
        if value is not None and rule.weight and value >= rule.least:
            part = f"{name}={value:.4g}(from {rule.least:g}: +{rule.weight:g})"
            more = " or more" if name in _COUNTED_UP_TO and value >= MOST else ""
            points.append((-rule.weight, place, part, _IN_WORDS[name].format(value) + more))
    points.sort()
    return -sum(point[0] for point in points) + 0.0, tuple(it[2] for it in points), tuple(it[3] for it in points)
