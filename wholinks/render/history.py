"""Links over time for people to read."""

from collections.abc import Iterator
from typing import Any, Final

from wholinks.research.growth.between import Between, ChangedBacklink, ChangedDomain
from wholinks.research.growth.bursts import Burst
from wholinks.research.growth.history import History
from wholinks.storage.wording import counted

from .reasons import in_words
from .sheet import Sheet, Table
from .table import narrowed

_PERIODS: Final = (
    "first", "start", "gained", "discovered", "lost", "restated", "end", "growth_rate", "stale", "domains_end",
)  # fmt: skip
_CHANGED: Final = ("source_url", "target_url", "why", "at")
_CHANGED_DOMAIN: Final = ("referring_domain", "authority", "backlinks", "at")
_BURSTS: Final = 5
_RESTATED: Final = (
    "restated: no link was found or lost, but its page moved, became a duplicate or ceased to be one, or the rel"
    " changed into what was asked for, or out of it"
)
_NET: Final = (
    "the ends of the two days compared: what came and went in between is in neither number; 'history' without --between"
    " counts each coming and going"
)


def history_sheet(found: History, limit: int | None = None) -> Sheet:
    """The last ``limit`` periods (all where it is None), the causes of all, and the bursts."""
    rows = found.rows if limit is None else found.rows[len(found.rows) - min(limit, len(found.rows)) :]
    first, last = found.rows[0], found.rows[-1]
    ends = f"{counted(last.end, 'backlink')} at the end of {last.last}, {first.start:,} before {first.first}"
    moves = (
        f"{last.cumulative_gained:,} gained, {last.cumulative_discovered:,} discovered, {last.cumulative_lost:,} lost"
    )
    rate = "" if found.growth_rate is None else f"; growth {found.growth_rate:+.1%}"
    lines = [f"{found.target.text}: {ends}: {moves}{rate}"]
    lost = {
        why: sum(getattr(row, why) for row in found.rows)
        for why in ("removedfromhtml", "pageredirected", "lostredirect", "notfound", "pageerror")
    }
    lines += narrowed(found.snapshot)
    if any(lost.values()):
        lines.append("lost by: " + ", ".join(f"{in_words(why)} {count:,}" for why, count in lost.items() if count))
    lines.append(
        f"in doubt at the end of {last.last}: {last.suspect:,} suspect, {last.unknown:,} unknown,"
        f" {last.stale:,} stale (they count)"
    )
    notes = [
        "discovered: on pages read for the first time, so of unknown age",
        "growth rate = (gained - lost) / start, without backlinks discovered in the same period, there or lost again",
        "gained, lost: each coming and going counts; --between compares two days: the net change",
        *_bursts(found.bursts),
    ]
    if any(row.restated for row in found.rows):
        notes.insert(3, _RESTATED)
    if found.hint:
        notes.append(found.hint)
    if len(rows) < len(found.rows):
        notes.insert(
            0, f"the last {len(rows)} of {counted(len(found.rows), 'period')}; --limit {len(found.rows)} shows all"
        )
    columns = tuple(name for name in _PERIODS if name != "restated" or any(row.restated for row in found.rows))
    return Sheet(tuple(lines), (Table(f"by {found.every}", rows, columns),), tuple(notes))


def _bursts(bursts: tuple[Burst, ...]) -> Iterator[str]:
    largest = set(sorted(bursts, key=lambda burst: -burst.came)[:_BURSTS])
    yield from (_burst(burst) for burst in bursts if burst in largest)
    if len(bursts) > _BURSTS:
        yield f"… and {counted(len(bursts) - _BURSTS, 'smaller burst')}; --format json has all"


def _burst(burst: Burst) -> str:
    sources = ", ".join(f"{source.referring_domain} {source.backlinks:,}" for source in burst.sources)
    of_new = f", {burst.discovered:,} of them discovered" if burst.discovered else ""
    return f"burst from {burst.first}: {burst.came:,} came{of_new} (usual is up to {burst.threshold:,.0f}): {sources}"


def between_sheet(found: Between[ChangedBacklink]) -> Sheet:
    """The two ends, the causes, and the backlinks there are."""
    return _between(found, _CHANGED, (found.new, found.lost))


def domains_between_sheet(found: Between[ChangedDomain]) -> Sheet:
    """The two ends, the causes, and the domains there are."""
    return _between(found, _CHANGED_DOMAIN, (found.domains_new, found.domains_lost))


def _between(found: Between[Any], columns: tuple[str, ...], counts: tuple[int, int]) -> Sheet:
    backlinks = (
        f"{found.target.text}: {counted(found.start, 'backlink')} at the end of {found.first}, {found.end:,} at the end"
        f" of {found.last}: {found.new:,} new, {found.lost:,} lost"
    )
    domains = (
        f"referring domains: {found.domains_start:,}, then {found.domains_end:,}: {found.domains_new:,} new,"
        f" {found.domains_lost:,} lost"
    )
    tables = [Table("why", found.why)]
    for change, count in zip(("new", "lost"), counts, strict=True):
        rows = [row for row in found.rows if row.change == change]
        tables.append(Table(change, rows, columns, count - len(rows)))
    return Sheet((backlinks, *narrowed(found.snapshot), domains), tuple(tables), (_NET,))
