"""Which backlinks fit a campaign: its rules as conditions on the index."""
# ruff: noqa: S608 - statements are made of this package's constants; whatever a user gives is a parameter

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Final

import duckdb
import numpy as np
from numpy.typing import NDArray

from wholinks.index.queries import Index
from wholinks.index.questions import By, Question, Standing
from wholinks.index.schema import Mark
from wholinks.index.selection import Condition
from wholinks.index.sources import Sources
from wholinks.index.states import OPENINGS, Opening
from wholinks.index.target import Mode, Target
from wholinks.index.totals import linked
from wholinks.research.campaigns.rules import Campaign
from wholinks.storage.errors import UsageError

_DISCOVERED: Final = OPENINGS.index(Opening.PAGEFOUND)

_RESTORED: Final = OPENINGS.index(Opening.LINKRESTORED)

# Why a link that came back was there the first time says the row of `past` that is of that time.
_FITTING: Final = f"""
WITH earlier AS (
    SELECT l.source_url_id, l.target_url_id, l.kind, min(l.opened_why) AS opened_why FROM past AS l
    WHERE {{between}} AND l.came_at = l.first_seen_at GROUP BY ALL)
SELECT (l.source_url_id::UBIGINT << 32) | l.target_url_id AS keys, any_value(l.source_domain_id) AS domains,
       count(*) AS links, bit_or(l.follow) & {Mark.FOLLOWED:d} <> 0 AS followed,
       min(page.first_seen_at + l.seen_after_s) AS first_seen,
       arg_min(if(l.opened_why = {_RESTORED}, earlier.opened_why, l.opened_why), l.seen_after_s) = {_DISCOVERED}
           AS discovered, max(l.until_at) AS until,
       {{anchor}} AS anchors
FROM link AS l JOIN page ON page.url_id = l.source_url_id JOIN url AS far ON far.url_id = l.source_url_id
JOIN origin AS home ON home.origin_id = far.origin_id
LEFT JOIN earlier ON l.opened_why = {_RESTORED} AND earlier.source_url_id = l.source_url_id
    AND earlier.target_url_id = l.target_url_id AND earlier.kind = l.kind
WHERE {{where}} GROUP BY l.source_url_id, l.target_url_id"""

Whole = NDArray[np.int64]
Flags = NDArray[np.bool_]
Keys = NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class Fits:
    """The backlinks that fit a campaign, side by side in order of ``keys`` (source page × 2³² + target URL): as their
    links are, or, where they are lost, were last. Times are UTC seconds, ``until`` is 0 while one lives. ``first_seen``
    is the first time ever, and ``discovered`` whether its page was read for the first time then: one that was lost and
    came back did not come anew."""

    keys: Keys
    domains: Whole
    links: Whole
    followed: Flags
    first_seen: Whole
    discovered: Flags
    until: Whole
    anchors: NDArray[np.object_]

    @property
    def live(self) -> Flags:
        """Whether each is there now, in doubt or not."""
        return np.equal(self.until, 0)

    def those(self, chosen: Flags | Whole) -> "Fits":
        """Some of them."""
        return Fits(*(getattr(self, field.name)[chosen] for field in fields(self)))


_TYPES: Final = {
    "keys": np.uint64, "domains": np.int64, "links": np.int64, "followed": np.bool_, "first_seen": np.int64,
    "discovered": np.bool_, "until": np.int64, "anchors": np.object_,
}  # fmt: skip
NONE: Final = Fits(*(np.empty(0, dtype) for dtype in _TYPES.values()))


class Rules:
    """The rules of campaigns, as conditions on the index."""

    def __init__(self, index: Index, listed: Sequence[Campaign]) -> None:
        self._index = index
        self._listed = listed
        self._targets = {
            text: _target(index, text, campaign, "targets") for campaign in listed for text in campaign.targets
        }
        self._unread: dict[str, list[str]] = {campaign.name: [] for campaign in listed}
        self._conditions = {campaign.name: self._condition(campaign) for campaign in listed}

    def unread(self, campaign: Campaign) -> tuple[str, ...]:
        """Sources of a campaign no page of which was read."""
        return tuple(self._unread[campaign.name])

    def fitting(self, *, with_anchors: bool = False) -> dict[str, Fits]:
        """The backlinks that fit each campaign, live and lost; without ``with_anchors`` their anchor texts are empty.
        A target is asked for once, whoever names it."""
        found: dict[str, list[Fits]] = {campaign.name: [NONE] for campaign in self._listed}
        anchor = "arg_min(l.anchor_text, l.ordinal)" if with_anchors else "''"
        # Not of all at once: where one link of a backlink lives and another is lost, it is as the live one is.
        for standing in (Standing.LIVE, Standing.LOST):
            for text, target in self._targets.items():
                question = Question(target, By.PAGE, standing=standing)
                duck, ends = self._index.ask(question)
                if ends.is_empty:
                    continue
                between, of_ends = ends.where()
                where, values = linked(question, ends)
                for campaign in self._listed:
                    if text in campaign.targets:
                        fits, more = self._conditions[campaign.name]
                        statement = _FITTING.format(between=between, where=f"{where} AND {fits}", anchor=anchor)
                        found[campaign.name].append(_fits(duck, statement, [*of_ends, *values, *more]))
        return {name: once(parts) for name, parts in found.items()}

    def _condition(self, campaign: Campaign) -> Condition:
        sources, values = self._of_sources(campaign) if campaign.sources else ("true", [])
        if not campaign.anchors:
            return sources, values
        anchors = " OR ".join("lower(l.anchor_text) LIKE ? ESCAPE '\\'" for _ in campaign.anchors)
        return f"{sources} AND ({anchors})", [*values, *map(_like, campaign.anchors)]

    def _of_sources(self, campaign: Campaign) -> Condition:
        whole: list[int] = []
        parts: list[Condition] = []
        for text in campaign.sources:
            if "*" in text and not _is_prefix(text):
                column = "home.host || far.path" if "/" in text else "home.host"
                parts.append((f"lower({column}) LIKE ? ESCAPE '\\'", [_like(text)]))
                continue
            source = _target(self._index, text, campaign, "sources")
            own = next((name for name in campaign.targets if self._targets[name].domain == source.domain), None)
            if own is not None and len(campaign.targets) == 1:
                raise UsageError(f"campaign {campaign.name!r}: sources: {text} is of the target's own site {own}")
            duck, ends = self._index.ask(Question(self._targets[campaign.targets[0]], source=source))
            if ends.source is None or not _was_read(duck, ends.source):
                self._unread[campaign.name].append(text)
            elif ends.source.whole_domain is not None:
                whole.append(ends.source.whole_domain)
            else:
                parts.append(ends.source.where("l.source_domain_id", "l.source_url_id"))
        if whole:
            parts.append(("l.source_domain_id IN (SELECT unnest(?))", [whole]))
        condition = " OR ".join(f"({where})" for where, _ in parts) or "false"
        return f"({condition})", [value for _, values in parts for value in values]


def _fits(duck: duckdb.DuckDBPyConnection, statement: str, values: list[object]) -> Fits:
    found = duck.execute(statement, values).fetchnumpy()
    return Fits(*(np.asarray(found[field.name]).astype(_TYPES[field.name]) for field in fields(Fits)))


def once(parts: Sequence[Fits]) -> Fits:
    """All of the parts, each backlink once, as the first part has it."""
    joined = {field.name: np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Fits)}
    _, first = np.unique(joined["keys"], return_index=True)
    return Fits(**joined).those(first)


def _was_read(duck: duckdb.DuckDBPyConnection, source: Sources) -> bool:
    where, values = source.where("page.domain_id", "page.url_id")
    return bool(duck.execute(f"SELECT 1 FROM page WHERE {where} LIMIT 1", values).fetchall())


def _is_prefix(text: str) -> bool:
    return text.endswith("/*") and "*" not in text[:-1]


def _target(index: Index, text: str, campaign: Campaign, key: str) -> Target:
    """A target or source: ``…/*`` is that path and what lies below. Raises :class:`UsageError`."""
    try:
        return index.target(text[:-2], mode=Mode.PREFIX) if _is_prefix(text) else index.target(text)
    except UsageError as error:
        raise UsageError(f"campaign {campaign.name!r}: {key}: {error}") from None


def _like(pattern: str) -> str:
    """A pattern with ``*`` as SQL has it, in lower case."""
    escaped = pattern.lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return escaped.replace("*", "%")
