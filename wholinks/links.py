"""A data folder's index with all research as methods: what ``wholinks.open`` gives (docs/python.md).

Each method is one call into ``wholinks.research``; what it needs is loaded when it is called.
"""
# ruff: noqa: PLC0415 - see above

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from wholinks.index.filters import NO_FILTERS, Filters
from wholinks.index.queries import Index
from wholinks.index.questions import By, Follow, Question, kinds_meant, meant
from wholinks.index.target import Mode, Schemes, Target
from wholinks.storage.errors import UsageError
from wholinks.storage.records import COUNTED_KINDS, Kind

if TYPE_CHECKING:
    from wholinks.research.card.overview import Overview
    from wholinks.research.claims.checking import ClaimCheck
    from wholinks.research.claims.overlap import Overlap
    from wholinks.research.competitors.compare import Comparison
    from wholinks.research.competitors.gap import Gap, Intersection
    from wholinks.research.competitors.rivals import Likeness, Rivals
    from wholinks.research.coverage.recapture import Recapture
    from wholinks.research.coverage.sites import CoverageReport
    from wholinks.research.growth.between import Between, ChangedBacklink, ChangedDomain
    from wholinks.research.growth.history import Every, History
    from wholinks.research.quality.audit import Audit
    from wholinks.research.quality.decisions import Decisions
    from wholinks.research.scores.authority import AuthorityAnswer, ScoreExplained
    from wholinks.research.sql import Selected
    from wholinks.research.views.domains import ReferringDomain
    from wholinks.research.views.groups import (
        BrokenRow,
        Defect,
        Group,
        GroupedRow,
        InternalRow,
        Network,
        NetworkRow,
        PathRow,
    )
    from wholinks.research.views.paged import View
    from wholinks.research.views.search import SearchAnswer
    from wholinks.research.what_if import WhatIf


class Links(Index):
    """The index of a data folder and what research makes of it; a context manager.

    Where a method takes ``target`` it is text (``shop.example``, a host, a URL) or what :meth:`question` makes of one,
    for other links than those that count by default. All methods raise :class:`UsageError` for what can't be meant, and
    :class:`DataFolderError` for a damaged index.
    """

    def question(
        self,
        target: str | Target,
        *,
        mode: Mode | str | None = None,
        protocol: Schemes | str = Schemes.BOTH,
        follow: Follow | str = Follow.ALL,
        kinds: Iterable[Kind | str] = COUNTED_KINDS,
        filters: Filters = NO_FILTERS,
        limit: int | None = None,
    ) -> Question:
        """Which links of a target are meant. ``limit`` cuts rows."""
        named = self.target(target, mode=mode, protocol=protocol) if isinstance(target, str) else target
        return Question(
            named, follow=meant(Follow, follow, "follow"), kinds=kinds_meant(kinds), limit=limit, filters=filters
        )

    def _meant(self, target: str | Question, by: By = By.DOMAIN) -> Question:
        return replace(self.question(target) if isinstance(target, str) else target, by=by)

    # -- one target

    def overview(self, target: str | Question, *, top: int = 10) -> "Overview":
        """The card of a target: its counts, growth, diversity, and the ``top`` of each kind."""
        from wholinks.research.card.overview import overview

        return overview(self, self._meant(target), top=top)

    def history(
        self, target: str | Question, *, every: "Every | str" = "month", since: date | None = None,
        until: date | None = None,
    ) -> "History":  # fmt: skip
        """Gained, discovered, lost by day, week or month; until the last day known by default."""
        from wholinks.research.growth.history import history

        return history(self, self._meant(target), every=every, since=since, until=until)

    def between(
        self, target: str | Question, first: date, last: date, *, limit: int | None = None
    ) -> "Between[ChangedBacklink]":
        """The backlinks that came and went between the ends of two days."""
        from wholinks.research.growth.between import between

        return between(self, self._meant(target), first, last, limit=limit)

    def domains_between(
        self, target: str | Question, first: date, last: date, *, limit: int | None = None
    ) -> "Between[ChangedDomain]":
        """The referring domains that came and went between the ends of two days."""
        from wholinks.research.growth.between import domains_between

        return domains_between(self, self._meant(target), first, last, limit=limit)

    def decisions(self, target: str | Question) -> "Decisions":
        """The backlinks by who decided on them: a template once, an author each time."""
        from wholinks.research.quality.decisions import decisions

        return decisions(self, self._meant(target))

    def audit(self, target: str | Question, rules: Path | None = None) -> "Audit":
        """The referring domains by named markers, the worst first, with what was decided on them. ``rules``: a TOML
        file of weights; None for those shipped."""
        from wholinks.notes.reviews import reviews_of
        from wholinks.research.quality.audit import audit
        from wholinks.research.quality.rules import default_rules, load_rules

        question = self._meant(target)
        chosen = load_rules(rules) if rules is not None else default_rules()
        return audit(self, question, chosen, reviews_of(self.folder, question.asked.text))

    def domains(self, target: str | Question) -> "View[ReferringDomain]":
        """The referring domains with their authority, the highest first."""
        from wholinks.research.views.domains import referring_domains

        return referring_domains(self, self._meant(target))

    def grouped(self, target: str | Question, group: "Group") -> "View[GroupedRow]":
        """The backlinks, a row for each group of them."""
        from wholinks.research.views.groups import grouped_backlinks

        return grouped_backlinks(self, self._meant(target, By.PAGE), group)

    def paths(self, target: str | Question, segments: int = 1) -> "View[PathRow]":
        """The linked URLs by the first segments of their paths."""
        from wholinks.research.views.groups import linked_paths

        return linked_paths(self, self._meant(target, By.TARGET), segments)

    def broken(self, target: str | Question, defect: "Defect | None" = None) -> "View[BrokenRow]":
        """The linked URLs that are broken or redirect."""
        from wholinks.research.views.groups import broken_links

        return broken_links(self, self._meant(target, By.TARGET), defect)

    def internal(self, target: str | Question) -> "View[InternalRow]":
        """The URLs of a site by its own links to them."""
        from wholinks.research.views.groups import internal_pages

        return internal_pages(self, self._meant(target, By.TARGET))

    def networks(self, target: str | Question, by: "Network | None" = None) -> "View[NetworkRow]":
        """The networks that referring pages were served from (/24 and /48 where ``by`` is None), TLDs or languages."""
        from wholinks.research.views.groups import Network, networks

        return networks(self, self._meant(target), by or Network.SUBNET)

    # -- several

    def compare(self, *targets: str) -> "Comparison":
        """Sites side by side."""
        from wholinks.research.competitors.compare import compare

        return compare(self, targets)

    def gap(
        self, you: str, *rivals: str, min_rivals: int = 1, with_linking: bool = False, limit: int | None = None
    ) -> "Gap":
        """Who links to rivals, and does not or may not link to you."""
        from wholinks.research.competitors.gap import gap

        return gap(self, you, rivals, min_rivals=min_rivals, with_linking=with_linking, limit=limit)

    def intersect(self, *targets: str, limit: int | None = None) -> "Intersection":
        """Who links to all of them."""
        from wholinks.research.competitors.gap import intersect

        return intersect(self, targets, limit=limit)

    def rivals(self, target: str, *, by: "Likeness | str" = "shared", limit: int | None = None) -> "Rivals":
        """The sites that share most referring domains with a target."""
        from wholinks.research.competitors.rivals import rivals

        return rivals(self, target, by=by, limit=limit)

    # -- scores

    def authority(
        self, target: str | None = None, *, trust: Sequence[str] | None = None, with_harmonic: bool = False,
        limit: int | None = None,
    ) -> "AuthorityAnswer":  # fmt: skip
        """The score of one site, or of all, the highest first."""
        from wholinks.research.scores.authority import authority

        return authority(self, target, trust=trust, with_harmonic=with_harmonic, limit=limit)

    def explain_score(self, target: str, *, limit: int | None = None) -> "ScoreExplained":
        """Who contributes how much to a score."""
        from wholinks.research.scores.authority import explain_score

        return explain_score(self, target, limit=limit)

    def what_if(
        self, target: str, *, without: Sequence[str] = (), links: Sequence[tuple[str, str]] = (),
        pages: Sequence[str] = (), disavow: Sequence[str] = (),
    ) -> "WhatIf":  # fmt: skip
        """Score and counts without the links of some domains, without links (source page and target URL), without all
        links of some pages, or without those that lines of a disavow file name."""
        from wholinks.research.quality.disavow import read
        from wholinks.research.what_if import what_if

        lines = read("\n".join(disavow).encode(), own=self.target(target).domain)
        if wrong := lines.first_error:
            raise UsageError(f"disavow: line {wrong.line}: {wrong.message}")
        entries = [entry for _, entry in lines.entries]
        return what_if(self, target, without=without, links=links, pages=pages, disavow=entries)

    # -- texts, tables, and what was not looked at

    def search(
        self, query: str, *, fields: str = "anchors,contexts,titles", target: str | None = None,
        source: str | None = None, limit: int | None = None,
    ) -> "SearchAnswer":  # fmt: skip
        """The links with these words in or around them (docs/search.md)."""
        from wholinks.research.views.search import Sought, fields_meant, search

        ends = (self.target(end) if end is not None else None for end in (target, source))
        return search(self, Sought(query, fields_meant(fields), *ends), limit)

    def select(self, statement: str, timeout_s: float = 30.0) -> "AbstractContextManager[Selected]":
        """One SELECT over the views of docs/sql.md: ``columns``, and rows that come as they are found."""
        from wholinks.research.sql import select

        return select(self, statement, timeout_s)

    def site_coverage(self, site: str | None = None, *, limit: int | None = None) -> "CoverageReport":
        """How far each site is known, or one."""
        from wholinks.research.coverage.sites import site_coverage

        return site_coverage(self, self.target(site) if site is not None else None, limit)

    def recapture(self, other: Index, site: str | None = None, *, limit: int | None = None) -> "Recapture":
        """What this crawl and another one have of each site, and an estimate of what neither has."""
        from wholinks.research.coverage.recapture import recapture

        return recapture(self, other, self.target(site) if site is not None else None, limit)

    def check_claims(self, target: str) -> "ClaimCheck":
        """Which of the imported claims about a target are true."""
        from wholinks.notes.claims import all_claims
        from wholinks.research.claims.checking import check

        return check(self, self.target(target), all_claims(self.folder))

    def overlap(self, target: str) -> "Overlap":
        """What other tools and the crawl have in common of a target's backlinks."""
        from wholinks.notes.claims import all_claims
        from wholinks.research.claims.overlap import overlap

        return overlap(self, self.target(target), all_claims(self.folder))
