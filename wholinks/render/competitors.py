"""Competitors as sheets."""

from dataclasses import dataclass, fields
from typing import Final

from wholinks.index.answers import Snapshot
from wholinks.index.questions import DEFAULT_POLICY
from wholinks.research.competitors.compare import Comparison
from wholinks.research.competitors.gap import Gap, Intersection
from wholinks.research.competitors.over_time import OverTime
from wholinks.research.competitors.rivals import Rivals
from wholinks.research.growth.windows import WINDOWS_DAYS
from wholinks.storage.wording import counted as number_of

from .listing import Figure
from .sheet import Sheet, Table

NAMED: Final = 3


@dataclass(frozen=True, slots=True)
class _Opportunity:
    domain: str
    opportunity: float
    authority: float
    links_to_you: str
    rivals: int
    rivals_linked: str
    ask_on: str
    relevance: Figure
    backlinks: int
    pages_unread: int


@dataclass(frozen=True, slots=True)
class _Common:
    domain: str
    authority: float
    backlinks: int
    followed: int
    backlinks_each: tuple[str, ...]


def comparison(answer: Comparison) -> Sheet:
    """Sites side by side."""
    first = (
        "target", "backlinks", "referring_domains", "authority", "band", "followed_share", "links", "referring_pages",
        "rank",
    )  # fmt: skip
    past = tuple(f"{what}_{days}" for days in WINDOWS_DAYS for what in ("gained", "discovered", "lost"))
    tables = (
        Table("", answer.rows, first),
        Table("Backlinks gained, discovered and lost, by days", answer.rows, ("target", *past)),
    )
    note = (
        "each coming and going counts ('history --between' has the net change); discovered: on pages read for the first"
        " time, so of unknown age"
    )
    return Sheet((), tables, (note, *counted(answer.snapshot)))


def over_time(answer: OverTime) -> Sheet:
    """Sites side by side, period by period."""
    columns = "last", "target", "backlinks", "referring_domains", "gained", "discovered", "lost"
    when = f"at the end of the last day of each {answer.every}"
    note = f"{when}; each coming and going counts; discovered: on pages read for the first time, so of unknown age"
    return Sheet((), (Table("", answer.rows, columns),), (note, *counted(answer.snapshot)))


def counted(snapshot: Snapshot) -> tuple[str, ...]:
    """How links were counted, where it was not by the default rules."""
    return () if snapshot.policy == DEFAULT_POLICY else (f"counted: {snapshot.policy}",)


def gap(answer: Gap) -> Sheet:
    """Who links to rivals and not to you."""
    rivals = ", ".join(target.text for target in answer.rivals)
    proved = f"{number_of(answer.proved, 'domain')} proved not to link to {answer.you.text}"
    lines = (
        f"linking to at least {answer.min_rivals} of {rivals}:",
        f"{proved}, {answer.unknown:,} unknown, {number_of(answer.linking, 'that links', 'that link')} to it",
    )
    rows = tuple(
        _Opportunity(
            row.domain, row.opportunity, row.authority, row.links_to_you, row.rivals, " ".join(row.rivals_linked),
            row.ask_on, Figure(f"{row.relevance:.4f}"), row.backlinks, row.pages_unread,
        )
        for row in answer.rows
    )  # fmt: skip
    # Names say how many as well; of many rivals there is no room for them.
    left_out = "rivals" if 1 < len(answer.rivals) <= NAMED else "rivals_linked"
    columns = tuple(field.name for field in fields(_Opportunity) if field.name != left_out)
    notes = (
        f"opportunity = authority × rivals × relevance; relevance is {answer.usual_relevance:.4f} by chance",
        "unknown: not every page known of the domain was read to its end (pages unread), or none is known",
        *_left_out(answer.left_out),
        *((f"left out, rivals themselves: {', '.join(answer.rivals_left_out)}",) if answer.rivals_left_out else ()),
        *counted(answer.snapshot),
    )
    return Sheet(lines, (Table("", rows, columns, answer.rows_known - len(rows), prose=("rivals_linked",)),), notes)


def intersection(answer: Intersection) -> Sheet:
    """Who links to all."""
    names = ", ".join(target.text for target in answer.targets)
    lines = (f"{number_of(answer.rows_known, 'domain links', 'domains link')} to all of {names}",)
    rows = tuple(
        _Common(
            row.domain, row.authority, row.backlinks, row.followed,
            tuple(f"{each.target} {each.backlinks:,}" for each in row.backlinks_each),
        )
        for row in answer.rows
    )  # fmt: skip
    tables = (Table("", rows, more=answer.rows_known - len(rows)),)
    return Sheet(lines, tables, counted(answer.snapshot))


def rivals(answer: Rivals) -> Sheet:
    """Who shares referring domains."""
    shared = f"{number_of(answer.rows_known, 'other site shares', 'other sites share')} some of them"
    lines = (f"{answer.target.text}: {number_of(answer.referring_domains, 'referring domain')}; {shared}",)
    tables = (Table("", answer.rows, more=answer.rows_known - len(answer.rows)),)
    return Sheet(lines, tables, (*_left_out(answer.left_out), *counted(answer.snapshot)))


def _left_out(domains: tuple[str, ...]) -> tuple[str, ...]:
    return (f"left out, in a group with it: {', '.join(domains)}",) if domains else ()
