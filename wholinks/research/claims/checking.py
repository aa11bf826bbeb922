"""Claims held against the index: verified, changed, gone, or of pages that were never seen."""
# ruff: noqa: S608 - statements are made of constants; whatever a user gives is a parameter

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from typing import Final

import duckdb

from wholinks.index.answers import Coverage, Snapshot
from wholinks.index.known import OBSTACLE
from wholinks.index.queries import Index
from wholinks.index.questions import Question
from wholinks.index.rows import moment
from wholinks.index.schema import Mark
from wholinks.index.states import ENDS
from wholinks.index.target import Mode, Target
from wholinks.notes.claims import Claim
from wholinks.storage.records import Outcome
from wholinks.storage.urls import origin_of, origin_text, path_of

_CHUNK: Final = 20_000
Page = tuple[bool | None, bool | None, str | None, int | None]
"""Whether it was read to its end, whether it was read, how it answered last, when it was last read (UTC seconds)."""
NOTHING: Final[Page] = (None, None, None, None)
Loss = tuple[int, int]
"""When the last of a claim's links was lost (UTC seconds), and why, as a place in ``ENDS``."""
_REL: Final = {"nofollow": Mark.NOFOLLOW, "ugc": Mark.UGC, "sponsored": Mark.SPONSORED}

_TABLE: Final = """
CREATE TEMP TABLE claimed (number UINTEGER, is_source BOOLEAN, origin VARCHAR, path VARCHAR)"""

# A claim's source stands for the page of its site that it is known to lead to.
_ENDS: Final = """
CREATE TEMP TABLE ended AS
SELECT DISTINCT number, is_source, url.url_id AS asked_id,
       CASE WHEN is_source AND there.domain_id = here.domain_id THEN final.url_id ELSE url.url_id END AS url_id
FROM claimed JOIN origin AS here USING (origin)
JOIN url ON url.origin_id = here.origin_id AND url.path = claimed.path
LEFT JOIN redirect ON redirect.url_id = url.url_id LEFT JOIN url AS final ON final.url_id = redirect.final_url_id
LEFT JOIN origin AS there ON there.origin_id = final.origin_id"""

_PLACES: Final = "(FROM ended UNION BY NAME SELECT number, is_source, asked_id AS url_id FROM ended)"
"""Where links of a claim may be: on the page asked for, which may have them still, and on the one it leads to."""

_FOUND: Final = f"""
SELECT DISTINCT source.number, l.anchor_text, l.follow
FROM {_PLACES} AS source JOIN link AS l ON l.source_url_id = source.url_id
{{join}} WHERE source.is_source AND {{where}}"""
_TO_URL: Final = (
    "JOIN ended AS target ON NOT target.is_source AND target.number = source.number AND target.url_id = l.target_url_id"
)

# Of links that are there no more: those that only moved with their page were not lost.
_LOST: Final = f"""
SELECT source.number, max(l.until_at), arg_max(l.reason, l.until_at)
FROM {_PLACES} AS source
JOIN past AS l ON l.source_url_id = source.url_id
{{join}} WHERE source.is_source AND l.reason <> 0 AND l.reason <> {ENDS.index("moved")} AND {{where}}
GROUP BY source.number"""

_OF_SITE: Final = "source.number NOT IN (SELECT number FROM claimed WHERE NOT is_source)"

_PAGES: Final = f"""
SELECT number, bool_or(page.outcome = {Outcome.PAGE:d} AND page.is_complete),
       bool_or(page.outcome = {Outcome.PAGE:d}), max(coalesce(nullif(asked.reason, ''), asked.status::VARCHAR)),
       max(page.last_seen_at)
FROM ended LEFT JOIN page ON page.url_id = ended.url_id LEFT JOIN asked ON asked.url_id = asked_id
WHERE is_source GROUP BY number"""


# Claims of a domain: whether any of its links leads there, and what of it was not read to its end.
_DOMAINS: Final = f"""
SELECT named.number, count(k.url_id), count(*) FILTER (k.url_id IS NOT NULL AND {OBSTACLE} <> ''),
       max(page.last_seen_at)
FROM (SELECT unnest(?) AS number, unnest(?) AS domain) AS named
LEFT JOIN domain USING (domain) LEFT JOIN known AS k ON k.domain_id = domain.domain_id
LEFT JOIN page ON page.url_id = k.url_id GROUP BY named.number"""

_LINKING: Final = """
SELECT DISTINCT domain FROM link AS l JOIN domain ON domain_id = l.source_domain_id WHERE {where}"""


class Finding(StrEnum):
    """What the index says of a claim."""

    VERIFIED = "verified"
    CHANGED = "changed"
    GONE = "gone"
    UNSEEN = "unseen"


@dataclass(frozen=True, slots=True)
class Checked:
    """A claim and what was found. ``why``: what differs, when the link was lost and why or when it was not on the page,
    or why the page was not seen."""

    tool: str
    source_url: str
    target: str
    finding: Finding
    why: str
    claimed_anchor: str | None
    found_anchor: str | None
    claimed_rel: str | None
    found_rel: str | None


@dataclass(frozen=True, slots=True)
class ClaimCheck:
    """All claims of a target; ``claims`` is the sum of the four after it."""

    target: str
    claims: int
    verified: int
    changed: int
    gone: int
    unseen: int
    rows: tuple[Checked, ...]
    coverage: Coverage
    snapshot: Snapshot


def is_of(target: Target, text: str) -> bool:
    """Whether a claim's target (a URL, or a site) lies within what was asked about."""
    if "://" not in text:
        is_whole = target.mode in {Mode.DOMAIN, Mode.SUBDOMAINS} and target.host == text.partition("/")[0]
        return is_whole and text == target.domain
    host, path = origin_of(text).host, path_of(text)
    if target.mode in {Mode.DOMAIN, Mode.SUBDOMAINS}:
        bare = host.removeprefix("www.") if host == f"www.{target.host}" else host
        is_under = target.mode is Mode.SUBDOMAINS and host.endswith(f".{target.host}")
        is_part = not target.path or path == target.path or path.startswith((f"{target.path}/", f"{target.path}?"))
        return (bare == target.host or is_under) and is_part
    below = target.path.rstrip("/")
    is_path = path == target.path or (target.mode is Mode.PREFIX and path.startswith((f"{below}/", f"{below}?")))
    return host == target.host and is_path


def check(index: Index, target: Target, claims: Iterable[Claim]) -> ClaimCheck:
    """Hold the claims of a target against the index; the rows are in the order of the claims."""
    own = [claim for claim in claims if is_of(target, claim.target)]
    rows = index.translated(lambda: _check(index, target, own))
    count = {finding: sum(row.finding is finding for row in rows) for finding in Finding}
    return ClaimCheck(
        target.text, len(rows), count[Finding.VERIFIED], count[Finding.CHANGED], count[Finding.GONE],
        count[Finding.UNSEEN], tuple(rows), index.coverage, index.snapshot(Question(target)),
    )  # fmt: skip


def seeds(index: Index, claims: Iterable[Claim]) -> tuple[str, ...]:
    """The pages of claims that were never asked for, and the domains that are not known at all, each once and in order:
    what to crawl to check them."""
    own = list(claims)
    pages = index.translated(lambda: _pages(index, own))
    domains = index.translated(lambda: _known_of(index.session(), own))
    unseen = {
        claim.source_url
        for number, claim in enumerate(own)
        if (not domains[number][0] if number in domains else pages.get(number, NOTHING) == NOTHING)
    }
    return tuple(sorted(unseen))


def _pages(index: Index, claims: Sequence[Claim]) -> dict[int, Page]:
    duck = index.session()
    with ended(duck, claims):
        return _pages_of(duck)


def _pages_of(duck: duckdb.DuckDBPyConnection) -> dict[int, Page]:
    rows = duck.execute(_PAGES).fetchall()
    return {number: (whole, read, why, read_at) for number, whole, read, why, read_at in rows}


@contextmanager
def ended(duck: duckdb.DuckDBPyConnection, claims: Sequence[Claim]) -> Iterator[None]:
    """Have a table ``ended`` in the session: the URLs of the index that claims, by their place, may mean."""
    duck.execute(_TABLE)
    _fill(duck, claims)
    duck.execute(_ENDS)
    yield
    duck.execute("DROP TABLE claimed")
    duck.execute("DROP TABLE ended")


def _check(index: Index, target: Target, claims: Sequence[Claim]) -> list[Checked]:
    duck, ends = index.ask(Question(target))
    where, values = ("false", []) if ends.is_empty else ends.where()
    links: defaultdict[int, list[tuple[str, int]]] = defaultdict(list)
    losses: dict[int, Loss] = {}
    with ended(duck, claims):
        of_site = f"{where} AND {_OF_SITE}"
        for join, condition, given in ((_TO_URL, "true", []), ("", of_site, values)):
            for number, anchor, follow in duck.execute(_FOUND.format(join=join, where=condition), given).fetchall():
                links[number].append((anchor, follow))
            for number, lost_at, reason in duck.execute(_LOST.format(join=join, where=condition), given).fetchall():
                losses[number] = (lost_at, reason)
        pages = _pages_of(duck)
    known = _known_of(duck, claims)
    linking: set[str] = set()
    if known:
        linking = {domain for (domain,) in duck.execute(_LINKING.format(where=where), values).fetchall()}
    return [
        _judged_domain(claim, claim.source_url in linking, known[number])
        if number in known
        else _judged(claim, sorted(links[number]), pages.get(number, NOTHING), losses.get(number))
        for number, claim in enumerate(claims)
    ]


def _known_of(duck: duckdb.DuckDBPyConnection, claims: Sequence[Claim]) -> dict[int, tuple[int, int, int | None]]:
    """Of claims that name a domain: how many of its pages are known, how many of them were not read whole, and when one
    was last read (UTC seconds)."""
    named = [(number, claim.source_url) for number, claim in enumerate(claims) if "://" not in claim.source_url]
    if not named:
        return {}
    rows = duck.execute(_DOMAINS, [list(column) for column in zip(*named, strict=True)]).fetchall()
    return {number: (pages, unread, read_at) for number, pages, unread, read_at in rows}


def _judged_domain(claim: Claim, is_linking: bool, known: tuple[int, int, int | None]) -> Checked:
    pages, unread, read_at = known
    if is_linking:
        finding, why = Finding.VERIFIED, ""
    elif pages and not unread:
        finding, why = Finding.GONE, f"on none of its pages known, last read on {_day(read_at)}"
    else:
        finding, why = Finding.UNSEEN, f"pages_not_read={unread}" if pages else "never_crawled"
    return Checked(claim.tool, claim.source_url, claim.target, finding, why, None, None, None, None)


def _fill(duck: duckdb.DuckDBPyConnection, claims: Sequence[Claim]) -> None:
    """The ends of the claims, under both schemes: exports are careless with them."""
    rows = (
        (number, is_source, origin_text(url), path_of(url))
        for number, claim in enumerate(claims)
        for is_source, named in ((True, claim.source_url), (False, claim.target))
        if "://" in named
        for url in (named, _other_scheme(named))
    )
    while chunk := list(islice(rows, _CHUNK)):
        columns = [list(column) for column in zip(*chunk, strict=True)]
        duck.execute("INSERT INTO claimed SELECT unnest(?), unnest(?), unnest(?), unnest(?)", columns)


def _other_scheme(url: str) -> str:
    return f"https{url[4:]}" if url.startswith("http:") else f"http{url[5:]}"


def _judged(claim: Claim, links: list[tuple[str, int]], page: Page, loss: Loss | None) -> Checked:
    found_anchor, found_rel = None, None
    if links:
        anchor, marks = min(links, key=lambda link: _differences(claim, *link))
        found_anchor, found_rel = anchor, _tokens(marks)
        why = " ".join(_differences(claim, anchor, marks)[1])
        finding = Finding.CHANGED if why else Finding.VERIFIED
    elif loss:
        finding, why = Finding.GONE, f"lost on {_day(loss[0])}: {ENDS[loss[1]]}"
    elif page[0]:
        finding, why = Finding.GONE, f"not on the page when it was read on {_day(page[3])}"
    else:
        finding, why = Finding.UNSEEN, "incomplete" if page[1] else page[2] or "never_crawled"
    return Checked(
        claim.tool, claim.source_url, claim.target, finding, why, claim.anchor, found_anchor, claim.rel, found_rel
    )


def _day(at: int | None) -> str:
    return f"{moment(at or 0):%Y-%m-%d}"


def _differences(claim: Claim, anchor: str, marks: int) -> tuple[int, list[str]]:
    """In what a link differs from a claim; the fewer, the closer."""
    found = []
    if claim.anchor is not None and claim.anchor.casefold() != " ".join(anchor.split()).casefold():
        found.append("anchor")
    if claim.rel is not None and claim.rel != _tokens(marks):
        found.append("rel")
    return len(found), found


def _tokens(marks: int) -> str:
    return " ".join(sorted(token for token, mark in _REL.items() if marks & mark))
