"""Competitors as sheets."""

from wholinks.research.compare import Comparison
from wholinks.research.gap import Gap, Intersection
from wholinks.research.rivals import Rivals

from .sheet import Sheet, Table


def comparison(answer: Comparison) -> Sheet:
    """Sites side by side."""
    first = "target", "backlinks", "band", "links", "referring_pages", "referring_domains", "followed_share"
    second = "target", "new_30", "lost_30", "new_90", "lost_90", "new_365", "lost_365", "authority", "rank"
    return Sheet((), (Table("", answer.rows, first), Table("Backlinks new and lost, by days", answer.rows, second)))


def gap(answer: Gap) -> Sheet:
    """Who links to rivals and not to you."""
    rivals = ", ".join(target.text for target in answer.rivals)
    proved = f"{answer.proved:,} domains proved not to link to {answer.you.text}"
    lines = (
        f"linking to at least {answer.min_rivals} of {rivals}:",
        f"{proved}, {answer.unknown:,} unknown, {answer.linking:,} that link to it",
    )
    columns = "domain", "opportunity", "authority", "rivals", "backlinks", "links_to_you", "pages_in_the_way", "ask_on"
    notes = "unknown: not every page known of the domain was read to its end, or none is known"
    more = answer.rows_known - len(answer.rows)
    return Sheet(lines, (Table("", answer.rows, columns, more),), (notes, *_left_out(answer.left_out)))


def intersection(answer: Intersection) -> Sheet:
    """Who links to all."""
    names = ", ".join(target.text for target in answer.targets)
    lines = (f"{answer.rows_known:,} domains link to all of {names} (backlinks each in this order)",)
    return Sheet(lines, (Table("", answer.rows, more=answer.rows_known - len(answer.rows)),))


def rivals(answer: Rivals) -> Sheet:
    """Who shares referring domains."""
    shared = f"{answer.rows_known:,} other sites share some of them"
    lines = (f"{answer.target.text}: {answer.referring_domains:,} referring domains; {shared}",)
    tables = (Table("", answer.rows, more=answer.rows_known - len(answer.rows)),)
    return Sheet(lines, tables, _left_out(answer.left_out))


def _left_out(domains: tuple[str, ...]) -> tuple[str, ...]:
    return (f"left out, in a group with it: {', '.join(domains)}",) if domains else ()
