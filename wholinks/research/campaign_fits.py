"""Which backlinks fit a campaign: its rules as conditions on the index."""
# ruff: noqa: S608 - statements are made of this package's constants; whatever a user gives is a parameter

from collections.abc import Sequence
from typing import Final, NamedTuple

import duckdb

from wholinks.index.queries import Index
from wholinks.index.questions import By, Question, Standing
from wholinks.index.schema import Mark
from wholinks.index.selection import Condition
from wholinks.index.sources import Sources
from wholinks.index.states import OPENINGS, Opening
from wholinks.index.target import Mode, Target
from wholinks.index.totals import linked
from wholinks.storage.errors import UsageError

from .campaign_rules import Campaign

_DISCOVERED: Final = OPENINGS.index(Opening.PAGEFOUND)

_FITTING: Final = f"""
SELECT l.source_url_id, l.target_url_id, any_value(l.source_domain_id), count(*),
       bit_or(l.follow) & {Mark.FOLLOWED:d} <> 0, min(page.first_seen_at + l.seen_after_s),
       arg_min(l.opened_why, l.seen_after_s) = {_DISCOVERED}, max(l.until_at), arg_min(l.anchor_text, l.ordinal)
FROM link AS l JOIN page ON page.url_id = l.source_url_id JOIN url AS far ON far.url_id = l.source_url_id
JOIN origin AS home ON home.origin_id = far.origin_id
WHERE {{where}} GROUP BY l.source_url_id, l.target_url_id"""

Pair = tuple[int, int]


class Fit(NamedTuple):
    """A backlink that fits, as its links are, or, where it is lost, were last. Times are UTC seconds, ``until`` is 0
    while it lives."""

    domain: int
    links: int
    is_followed: bool
    first_seen: int
    is_discovered: bool
    until: int
    anchor: str

    @property
    def is_live(self) -> bool:
        """Whether it is there now, in doubt or not."""
        return not self.until


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

    def fitting(self) -> dict[str, dict[Pair, Fit]]:
        """The backlinks that fit each campaign, live and lost. A target is asked for once, whoever names it."""
        found: dict[str, dict[Pair, Fit]] = {campaign.name: {} for campaign in self._listed}
        for text, target in self._targets.items():
            # Not of all at once: beside a lost link of its canonical page a live duplicate's would not count.
            for standing in (Standing.LOST, Standing.LIVE):
                question = Question(target, By.PAGE, standing=standing)
                duck, ends = self._index.ask(question)
                if ends.is_empty:
                    break
                where, values = linked(question, ends)
                for campaign in self._listed:
                    if text in campaign.targets:
                        fits, more = self._conditions[campaign.name]
                        found[campaign.name].update(_fits(duck, f"{where} AND {fits}", [*values, *more]))
        return found

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


def _fits(duck: duckdb.DuckDBPyConnection, where: str, values: list[object]) -> dict[Pair, Fit]:
    found = duck.execute(_FITTING.format(where=where), values).fetchall()
    return {(source, target): Fit(*rest) for source, target, *rest in found}


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
