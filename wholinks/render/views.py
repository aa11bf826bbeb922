"""Views of links (:mod:`wholinks.research.views.paged`) as people read them."""

from collections.abc import Mapping
from typing import Any, Final

from wholinks.research.views.domains import ReferringDomain
from wholinks.research.views.groups import BrokenRow, GroupedRow, NetworkRow, PathRow
from wholinks.research.views.paged import View
from wholinks.storage.wording import counted

from .sheet import Sheet, Table
from .table import coverage_shown, narrowed
from .targets import target_shown

_COLUMNS: Final[Mapping[type[Any], tuple[str, ...]]] = {
    ReferringDomain: (
        "referring_domain", "authority", "backlinks", "links", "referring_pages", "followed", "rank", "nofollow",
        "first_seen", "last_seen", "ugc", "sponsored", "not_followed",
    ),
    GroupedRow: (
        "referring_domain", "backlinks", "source_url", "target_url", "anchor_text", "links", "followed", "placement",
        "referring_pages", "first_seen", "last_seen",
    ),
    PathRow: ("path", "backlinks", "referring_domains", "urls", "links", "followed", "referring_pages"),
    BrokenRow: (
        "target_url", "backlinks", "http_status", "defect", "referring_domains", "final_url", "reason", "links",
        "followed", "referring_pages", "asked_at",
    ),
    NetworkRow: ("network", "referring_domains", "backlinks", "ips", "referring_pages", "links", "followed"),
}  # fmt: skip
"""In the order of their worth; rows of other types have all their fields."""


def sheet(view: View[Any], what: tuple[str, str], *, is_source: bool = False) -> Sheet:
    """``what`` names a row, and several. ``is_source``: of the links of one source, so that there is one referring
    domain and no more."""
    target = view.target
    told = f"{counted(view.rows_known, *what)}: {target_shown(target)} ({target.mode})."
    more = view.rows_known - view.rows_before - len(view.rows) if view.rows else 0
    notes = tuple(note for note in (view.note, view.hint) if note)
    lines = (told, *narrowed(view.snapshot))
    columns = _COLUMNS.get(type(view.rows[0])) if view.rows else None
    if is_source and columns:
        columns = tuple(name for name in columns if name != "referring_domains")
    return Sheet(lines, (Table("", view.rows, columns, more),), (*notes, coverage_shown(view.coverage)))
