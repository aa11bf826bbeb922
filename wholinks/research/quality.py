"""Named markers of quality, by referring domain, and a score that is their weighted sum (docs/metrics-quality.md)."""

from collections.abc import Iterable
from dataclasses import dataclass, fields

from wholinks.index.answers import Coverage, Snapshot
from wholinks.index.queries import Index
from wholinks.index.questions import Question
from wholinks.index.totals import linked
from wholinks.notes.reviews import Review
from wholinks.storage.urls import to_unicode

from .quality_measures import SOURCES, measure, of_name
from .quality_rules import Rules


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


NAMES = tuple(field.name for field in fields(Markers))


@dataclass(frozen=True, slots=True)
class AuditRow:
    """A referring domain. ``score`` is the sum of the points in ``parts``, each of which says what was measured, from
    where on it counts, and the points. ``review`` and ``note`` are what a person decided, empty where nobody did."""

    referring_domain: str
    score: float
    parts: tuple[str, ...]
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
    decided = {review.domain: review for review in reviews}
    found = index.translated(lambda: _audit(index, question, rules, decided))
    rows = sorted(found, key=lambda row: (-row.score, -row.links, row.referring_domain))
    return Audit(
        target=question.asked.text,
        referring_domains=len(rows),
        flagged=sum(row.score > 0 for row in rows),
        reviewed=sum(bool(row.review) for row in rows),
        rows=tuple(rows if question.limit is None else rows[: question.limit]),
        coverage=index.coverage,
        snapshot=index.snapshot(question),
    )


def _audit(index: Index, question: Question, rules: Rules, decided: dict[str, Review]) -> list[AuditRow]:
    duck, ends = index.ask(question)
    if ends.is_empty:
        return []
    where, values = linked(question, ends)
    statements = SOURCES.split(";")
    duck.execute(statements[0].format(where=where), values)
    for statement in statements[1:]:
        duck.execute(statement)
    measured, fetched = measure(duck, ends, _brand(question.asked.domain), rules)
    domains = duck.execute(
        "SELECT domain_id, domain, count(*), count(DISTINCT source_url_id) FROM backlink JOIN domain USING (domain_id) "
        "GROUP BY ALL"
    ).fetchall()
    for table in ("backlink", "linking", "outgoing"):
        duck.execute(f"DROP TABLE {table}")
    rows = []
    for number, name, links, pages in domains:
        of_domain = {marker: by_domain.get(number) for marker, by_domain in measured.items()}
        markers = Markers(**of_domain, **of_name(name, rules.lists["tlds"]))
        score, parts = judge(markers, rules)
        review = decided.get(name)
        state, note = (review.state.value, review.note) if review else ("", "")
        rows.append(AuditRow(name, score, parts, state, note, links, pages, fetched.get(number, 0), markers))
    return rows


def _brand(domain: str) -> str:
    """What an anchor text has that names a site, in letters and digits: its first label, or all of a short name."""
    label, *_ = domain.split(".")
    named = label if len(label) >= 3 else domain
    return "".join(filter(str.isalnum, to_unicode(named)))


def judge(markers: Markers, rules: Rules) -> tuple[float, tuple[str, ...]]:
    """The score by the rules, and its parts, the heaviest first."""
    points = []
    for place, name in enumerate(NAMES):
        value, rule = getattr(markers, name), rules.markers[name]
        if value is not None and rule.weight and value >= rule.least:
            points.append((-rule.weight, place, f"{name}={value:.4g}(from {rule.least:g}: +{rule.weight:g})"))
    return -sum(weight for weight, _, _ in points) + 0.0, tuple(text for _, _, text in sorted(points))
