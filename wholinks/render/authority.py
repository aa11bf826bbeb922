"""Authority, and what it is made of, as sheets."""

from dataclasses import dataclass

from wholinks.research.scores.authority import AuthorityAnswer, Method, ScoreExplained
from wholinks.research.scores.page_authority import PageAuthority, PageMethod, PageScoreExplained
from wholinks.research.what_if import WhatIf
from wholinks.storage.wording import counted

from .listing import Figure
from .sheet import Sheet, Table


@dataclass(frozen=True, slots=True)
class _Contributor:
    share: Figure
    domain: str
    authority: float
    linked_domains: int


def authority(answer: AuthorityAnswer) -> Sheet:
    """Domains by authority."""
    columns = ["rank", "domain", "authority", "percentile", "followed_domains", "linked_domains"]
    columns += ["trust"] if answer.trust_seeds else []
    columns += ["harmonic"] if answer.harmonic_linking else []
    notes = [method(answer.method)]
    if answer.trust_seeds:
        unknown = f"; not in the index: {', '.join(answer.seeds_unknown)}" if answer.seeds_unknown else ""
        notes.append(f"trust starts from {len(answer.trust_seeds):,} of the list{unknown}")
    if answer.harmonic_searched < answer.harmonic_linking:
        linking = counted(answer.harmonic_linking, "domain that links", "domains that link")
        notes.append(f"harmonic: estimated from {answer.harmonic_searched:,} of {linking}")
    lines = () if answer.hint is None else (answer.hint,)
    return Sheet(lines, (Table("", answer.rows, tuple(columns), answer.rows_known - len(answer.rows)),), tuple(notes))


def score(answer: ScoreExplained) -> Sheet:
    """What one score is made of."""
    row = answer.score
    givers = counted(answer.rows_known, "domain")
    place = f"rank {row.rank:,} of {answer.method.domains:,}"
    lines = (
        f"{answer.domain}: authority {row.authority:.2f}, {place}, score {row.score:.3g}",
        f"{answer.base_share:.1%} is what every domain has, the rest comes from {givers} with followed links to it",
    )
    rows = tuple(_Contributor(Figure(f"{item.share:.2%}"), item.domain, item.authority, item.linked_domains)
                 for item in answer.rows)  # fmt: skip
    more = answer.rows_known - len(rows)
    tables = Table("", rows, more=more), Table("With another damping", answer.sensitivity)
    return Sheet(lines, tables, (method(answer.method),))


@dataclass(frozen=True, slots=True)
class _PageContributor:
    share: Figure
    url: str
    page_authority: float
    linked_pages: int
    internal: bool


def page_authority(answer: PageAuthority) -> Sheet:
    """Pages by score."""
    columns = "rank", "url", "page_authority", "referring_pages", "internal_pages", "linked_pages", "is_fetched"
    lines = () if answer.hint is None else (answer.hint,)
    table = Table("", answer.rows, columns, answer.rows_known - len(answer.rows))
    return Sheet(lines, (table,), (page_method(answer.method),))


def page_score(answer: PageScoreExplained) -> Sheet:
    """What the score of a page is made of."""
    row = answer.score
    place = f"rank {row.rank:,} of {answer.method.pages:,}"
    own = f"{answer.base_share:.1%} is what every page has, {answer.internal_share:.1%} comes from pages of its site"
    lines = (
        f"{row.url}: page authority {row.page_authority:.2f}, {place}, score {row.score:.3g}",
        f"{own}, {answer.external_share:.1%} from other sites; {counted(answer.rows_known, 'page')} in all",
    )
    rows = tuple(
        _PageContributor(
            Figure(f"{item.share:.2%}"), item.url, item.page_authority, item.linked_pages, item.is_internal
        )
        for item in answer.rows
    )
    return Sheet(lines, (Table("", rows, more=answer.rows_known - len(rows)),), (page_method(answer.method),))


def page_method(found: PageMethod) -> str:
    """How scores of pages came about, in a line."""
    return (
        f"{found.formula}: {counted(found.pages, 'page')}"
        f" ({counted(found.merged, 'more URL stands', 'more URLs stand')} for one of them),"
        f" {counted(found.edges, 'followed link')} between pages, damping {found.damping:g},"
        f" {counted(found.rounds, 'round')}; scores of one index compare, those of two crawls do not"
    )


_NAMED = 10
_LEAST = 1e-6


@dataclass(frozen=True, slots=True)
class _Change:
    measure: str
    before: Figure
    after: Figure
    change: Figure


def what_if(answer: WhatIf) -> Sheet:
    """Before and after."""
    target, domain = answer.target.text, answer.target.domain
    lines = [f"{target}, if these were gone:"]
    if answer.domains:
        more = f" and {len(answer.domains) - _NAMED:,} more" if len(answer.domains) > _NAMED else ""
        lines.append(f"  any link of {', '.join(answer.domains[:_NAMED])}{more}")
    lines += [f"  the link from {page} to {url}" for page, url in answer.links]
    lines += [f"  the links to it on {page}" for page in answer.pages]
    if answer.disavowed:
        lines.append(f"  the links to it of {counted(answer.disavowed, 'disavowed entry', 'disavowed entries')}")
    notes = [] if target == domain else [f"authority, rank, percentile and score are those of {domain}"]
    rows = tuple(
        _Change(row.measure.replace("_", " "), *_apart(row.before, row.after), _number(row.change))
        for row in answer.rows
    )
    unused = [f"takes out no link of it: {', '.join(answer.unused[:_NAMED])}{' …' * (len(answer.unused) > _NAMED)}"]
    return Sheet(tuple(lines), (Table("", rows),), (*notes, *(unused if answer.unused else ()), method(answer.method)))


def _number(value: float) -> Figure:
    is_whole = isinstance(value, int)
    return Figure(f"{value:,}" if is_whole else f"{value:.3g}" if 0 < abs(value) < 0.01 else f"{value:.2f}")


def _apart(before: float, after: float) -> tuple[Figure, Figure]:
    """Two values with as many digits as show their difference, if that is more than a millionth."""
    shown = _number(before), _number(after)
    if shown[0] == shown[1] and abs(before - after) > _LEAST:
        digits = next(digits for digits in range(3, 8) if round(before, digits) != round(after, digits)) + 1
        return Figure(f"{before:.{digits}f}"), Figure(f"{after:.{digits}f}")
    return shown


def method(found: Method) -> str:
    """How scores came about, in a line."""
    return (
        f"{found.formula}: {counted(found.domains, 'domain')}, {counted(found.edges, 'followed edge')},"
        f" damping {found.damping:g}, {counted(found.rounds, 'round')}; scores of one index compare, those of two"
        " crawls do not"
    )
