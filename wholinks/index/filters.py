"""Filters of a question beside kinds and follow: what a link, its page and its source must be. All must hold."""
# ruff: noqa: S608 - statements are made of this package's constants; whatever a user gives is a parameter

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Final

import duckdb

from wholinks.storage.errors import UsageError
from wholinks.storage.records import LinkFlag, Outcome, Placement

from .moments import moment_meant
from .selection import Condition

TOP_LABEL: Final = r"""
CASE WHEN starts_with(home.host, '[') OR regexp_full_match(home.host, '[0-9.]+') THEN '(address)'
     WHEN NOT contains(home.host, '.') THEN '(none)' ELSE split_part(home.host, '.', -1) END"""
"""The last label of the host of ``origin AS home``."""

PRIMARY_LANGUAGE: Final = "split_part(replace(lower(coalesce(page.language, '')), '_', '-'), '-', 1)"
"""The language that ``page`` declares, without its region; empty where it declares none."""

NO_LANGUAGE: Final = "none"

SITEWIDE_SHARE: Final = 0.5
SITEWIDE_PAGES: Final = 3
"""A link is sitewide if so many of the fetched pages of its site, and so many pages, link to its target URL."""

_FIRST_SEEN: Final = "(SELECT page.first_seen_at FROM page WHERE page.url_id = l.source_url_id) + l.seen_after_s"

_SITEWIDE: Final = f"""
CREATE TEMP TABLE sitewide AS
    WITH carried AS (
        SELECT l.source_domain_id, l.target_url_id, count(DISTINCT l.source_url_id) AS pages
        FROM link AS l WHERE {{ends}} AND ($kinds >> l.kind) & 1 = 1 GROUP BY ALL HAVING pages >= {SITEWIDE_PAGES}),
    fetched AS (
        SELECT domain_id, count(*) AS pages FROM page
        WHERE outcome = {Outcome.PAGE:d} AND domain_id IN (SELECT source_domain_id FROM carried) GROUP BY domain_id)
    SELECT source_domain_id, target_url_id FROM carried JOIN fetched ON domain_id = source_domain_id
    WHERE carried.pages >= {SITEWIDE_SHARE} * fetched.pages"""

_IS_SITEWIDE: Final = "(l.source_domain_id, l.target_url_id) IN (SELECT source_domain_id, target_url_id FROM sitewide)"
_IS_OF_SOURCES: Final = "l.source_domain_id IN (SELECT domain_id FROM asked_source)"


@dataclass(frozen=True, slots=True)
class SourceSet:
    """Domains of one index, chosen by something that the index itself does not know: ``told`` says what. ``snapshot``
    is the id of that index, ``numbers`` are those of the domains in it."""

    told: str
    snapshot: str
    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Filters:
    """What each link must be; None (or empty) is no filter.

    ``placements``: one of these parts of the page, by name. ``anchor_contains``: in any letter case; ``anchor_regex``:
    RE2 syntax, found anywhere in the text. ``language``: primary language of the source page (``de``; ``none``: it
    declares none). ``source_tld``: last label of the source's host (``uk``). ``source_contains``: in the name of the
    source's domain. ``sources``: of these domains (``wholinks.research.scores.ranges.of_authority``). From
    ``first_seen_from`` to ``first_seen_to``: days (both included) or moments. ``hidden``: whether in a hidden part.
    ``sitewide``: whether its site links to its target URL from :data:`SITEWIDE_SHARE` of its fetched pages, and from
    :data:`SITEWIDE_PAGES`. Raises :class:`UsageError` for what can't be meant.
    """

    placements: tuple[str, ...] = ()
    anchor_contains: str | None = None
    anchor_regex: str | None = None
    language: str | None = None
    source_tld: str | None = None
    source_contains: str | None = None
    first_seen_from: datetime | date | str | None = None
    first_seen_to: datetime | date | str | None = None
    hidden: bool | None = None
    sitewide: bool | None = None
    sources: SourceSet | None = None

    def __post_init__(self) -> None:
        names = [placement.name.lower() for placement in Placement]
        unknown = [name for name in self.placements if name not in names]
        if unknown:
            raise UsageError(f"placement: {unknown[0]!r} is none of {', '.join(names)}")
        for field in fields(self):
            if getattr(self, field.name) == "":
                raise UsageError(f"{_spoken(field.name)}: empty; leave it out")
        for name in ("source_tld", "source_contains"):
            text = getattr(self, name)
            if text is not None and not text.isascii():
                raise UsageError(f"{_spoken(name)}: {text!r}: write it as in JSON, as xn--…")
        first, last = self._span
        if first is not None and last is not None and first > last:
            raise UsageError(f"first seen: from {self.first_seen_from} to {self.first_seen_to} is no time at all")

    @property
    def _span(self) -> tuple[int | None, int | None]:
        return (
            moment_meant(self.first_seen_from, "first seen from", is_end=False),
            moment_meant(self.first_seen_to, "first seen to", is_end=True),
        )

    def __bool__(self) -> bool:
        return self != NO_FILTERS

    @property
    def told(self) -> str:
        """The filters in words, for a policy: ``placement=main,footer, anchor contains 'tent'``."""
        told = []
        for field in fields(self):
            value = getattr(self, field.name)
            match value:
                case None | ():
                    continue
                case tuple():
                    told.append(f"placement={','.join(value)}")
                case bool():
                    told.append(field.name if value else f"not {field.name}")
                case SourceSet():
                    told.append(value.told)
                case str():
                    told.append(f"{_spoken(field.name)} {value!r}")
                case _:
                    told.append(f"{_spoken(field.name)} {value.isoformat()}")
        return ", ".join(told)

    def where(self) -> Condition:
        """The condition on ``link AS l``, in a session that :meth:`prepare` was called for; empty where there is no
        filter."""
        parts = list(self._parts())
        return " AND ".join(where for where, _ in parts), [value for _, values in parts for value in values]

    def _parts(self) -> Iterator[Condition]:
        if self.placements:
            mask = sum(1 << Placement[name.upper()] for name in set(self.placements))
            yield "(? >> l.placement) & 1 = 1", [mask]
        if self.hidden is not None:
            yield f"(l.flags & {LinkFlag.HIDDEN:d} <> 0) = ?", [self.hidden]
        if self.sitewide is not None:
            yield _IS_SITEWIDE if self.sitewide else f"NOT ({_IS_SITEWIDE})", []
        if self.sources is not None:
            yield _IS_OF_SOURCES, []
        # Of a domain all hosts have one last label, but for addresses, which are domains of their own.
        if self.source_tld is not None:
            yield (
                f"l.source_domain_id IN (SELECT home.domain_id FROM origin AS home WHERE ({TOP_LABEL}) = ?)",
                [self.source_tld.lower().removeprefix(".")],
            )
        if self.source_contains is not None:
            yield (
                "l.source_domain_id IN (SELECT domain_id FROM domain WHERE contains(lower(domain), ?))",
                [self.source_contains.lower()],
            )
        if self.language is not None:
            language = self.language.lower()
            yield (
                f"l.source_url_id IN (SELECT page.url_id FROM page WHERE {PRIMARY_LANGUAGE} = ?)",
                ["" if language == NO_LANGUAGE else language],
            )
        if self.anchor_contains is not None:
            yield "contains(lower(l.anchor_text), lower(?))", [self.anchor_contains]
        if self.anchor_regex is not None:
            yield "regexp_matches(l.anchor_text, ?)", [self.anchor_regex]
        for bound, sign in zip(self._span, (">=", "<="), strict=True):
            if bound is not None:
                yield f"{_FIRST_SEEN} {sign} ?", [bound]

    def prepare(
        self, duck: duckdb.DuckDBPyConnection, of_domains: tuple[str, dict[str, list[int]]], kind_mask: int
    ) -> None:
        """Make in a session what :meth:`where` reads there besides the index. ``of_domains`` is that of the question's
        ends."""
        if self.sources is not None:
            numbers = [list(self.sources.numbers)]
            duck.execute("CREATE TEMP TABLE asked_source AS SELECT unnest(?::UINTEGER[]) AS domain_id", numbers)
        if self.sitewide is not None:
            where, domains = of_domains
            duck.execute(_SITEWIDE.format(ends=where), {**domains, "kinds": kind_mask})

    def refuse_unreadable(self, duck: duckdb.DuckDBPyConnection, snapshot: str) -> None:
        """Raise :class:`UsageError` for a pattern that RE2 does not take, and for domains of another index than
        ``snapshot``."""
        if self.sources is not None and self.sources.snapshot != snapshot:
            raise UsageError(f"{self.sources.told}: found in another index; find it in this one")
        if self.anchor_regex is None:
            return
        try:
            duck.execute("SELECT regexp_matches('', ?)", [self.anchor_regex]).fetchall()
        except (duckdb.InvalidInputException, duckdb.OutOfRangeException) as error:
            said = str(error).removeprefix("Invalid Input Error: ").splitlines()[0]
            raise UsageError(f"anchor regex: {self.anchor_regex!r}: {said}; RE2 syntax is meant") from None


def _spoken(name: str) -> str:
    return name.replace("_", " ")


NO_FILTERS: Final = Filters()
