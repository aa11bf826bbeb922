"""What comes back: one typed row for each way to ask, with the names the JSON has (docs/counting.md)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Generic, TypeVar

from .questions import By, Direction, Question


@dataclass(frozen=True, slots=True)
class DomainRow:
    """A referring domain. The last four are backlinks, as ``followed`` is; they overlap (but followed and its rest)."""

    referring_domain: str
    backlinks: int
    links: int
    referring_pages: int
    followed: int
    not_followed: int
    nofollow: int
    ugc: int
    sponsored: int
    first_seen: datetime
    last_seen: datetime


@dataclass(frozen=True, slots=True)
class Evidence:
    """What proves a link: the fetch that first showed it as it is, and the tag as parsed. ``ordinal`` counts the links
    of the page, from 1."""

    fetched_at: datetime
    requested_url: str
    final_url: str
    body_hash: str
    ordinal: int
    tag: str


@dataclass(frozen=True, slots=True)
class LinkRow:
    """A link, or a backlink with the fields of the first of its ``links`` links; texts are as the page had them.

    ``followed`` of a backlink is whether one of its links is. ``rel_raw`` is None without the attribute. Contexts are
    empty where there were none. ``state`` (and ``reason``) say how its pair of page, target and kind stands; times are
    the pair's: ``first_seen`` is when it was seen for the first time, ``restored_at`` when it came back after a loss
    (None where it did not), ``lost_at`` is None but for a lost one.
    """

    source_url: str
    target_url: str
    links: int
    anchor_text: str
    rel: tuple[str, ...]
    rel_raw: str | None
    kind: str
    placement: str
    followed: bool
    context_before: str
    context_after: str
    hidden: bool
    noscript: bool
    http_status: int
    title: str
    language: str
    fetched_at: datetime
    state: str
    reason: str
    opened_why: str
    first_seen: datetime
    last_seen: datetime
    lost_at: datetime | None
    restored_at: datetime | None
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class AnchorRow:
    """An anchor text. ``followed`` counts backlinks with a followed link of it; a backlink may be in several rows.
    ``anchor_class`` is a value of ``AnchorClass``."""

    anchor_text: str
    referring_domains: int
    backlinks: int
    links: int
    followed: int
    anchor_class: str


@dataclass(frozen=True, slots=True)
class TargetRow:
    """A target URL. Its links and backlinks add up over the target's URLs; the rest do not."""

    target_url: str
    backlinks: int
    links: int
    referring_pages: int
    referring_domains: int
    followed: int
    nofollow: int
    ugc: int
    sponsored: int


@dataclass(frozen=True, slots=True)
class HostRow:
    """A source host; everything in it adds up over hosts, as it does over domains."""

    referring_host: str
    backlinks: int
    links: int
    referring_pages: int
    followed: int
    nofollow: int
    ugc: int
    sponsored: int


@dataclass(frozen=True, slots=True)
class KindRow:
    """A kind of link. A backlink may be in several rows, so only links add up."""

    kind: str
    referring_domains: int
    backlinks: int
    links: int
    followed: int


@dataclass(frozen=True, slots=True)
class PlacementRow:
    """A part of the page that links stand in. Only links add up."""

    placement: str
    referring_domains: int
    backlinks: int
    links: int
    followed: int


@dataclass(frozen=True, slots=True)
class TldRow:
    """The last label of the source's host: ``uk``; ``(address)`` of an IP address, ``(none)`` of a host of one label.
    A page has one, so what is counted by page adds up."""

    tld: str
    referring_domains: int
    backlinks: int
    links: int
    referring_pages: int
    followed: int


@dataclass(frozen=True, slots=True)
class LanguageRow:
    """The primary language the source page declares (``de`` of ``de-AT``); empty where it declares none. A domain may
    be in several rows."""

    language: str
    referring_domains: int
    backlinks: int
    links: int
    referring_pages: int
    followed: int


@dataclass(frozen=True, slots=True)
class LinkedDomainRow:
    """A domain that the source links to; the fields are those of :class:`DomainRow`, seen from the other end."""

    linked_domain: str
    backlinks: int
    links: int
    referring_pages: int
    followed: int
    not_followed: int
    nofollow: int
    ugc: int
    sponsored: int
    first_seen: datetime
    last_seen: datetime


@dataclass(frozen=True, slots=True)
class LinkedAnchorRow:
    """An anchor text of the source's links."""

    anchor_text: str
    linked_domains: int
    backlinks: int
    links: int
    followed: int


@dataclass(frozen=True, slots=True)
class LinkedUrlRow:
    """A URL that the source links to. Links and backlinks add up, and so does what is counted of backlinks."""

    target_url: str
    backlinks: int
    links: int
    referring_pages: int
    followed: int
    nofollow: int
    ugc: int
    sponsored: int


@dataclass(frozen=True, slots=True)
class LinkedHostRow:
    """A host that the source links to; all but the pages adds up."""

    linked_host: str
    backlinks: int
    links: int
    referring_pages: int
    followed: int
    nofollow: int
    ugc: int
    sponsored: int


@dataclass(frozen=True, slots=True)
class LinkedKindRow:
    """A kind of the source's links."""

    kind: str
    linked_domains: int
    backlinks: int
    links: int
    followed: int


@dataclass(frozen=True, slots=True)
class LinkedPlacementRow:
    """A part of the source's pages that links stand in."""

    placement: str
    linked_domains: int
    backlinks: int
    links: int
    followed: int


@dataclass(frozen=True, slots=True)
class LinkedTldRow:
    """The last label of the linked host, as in :class:`TldRow`."""

    tld: str
    linked_domains: int
    backlinks: int
    links: int
    referring_pages: int
    followed: int


@dataclass(frozen=True, slots=True)
class LinkingLanguageRow:
    """The primary language that the source's page declares, as in :class:`LanguageRow`."""

    language: str
    linked_domains: int
    backlinks: int
    links: int
    referring_pages: int
    followed: int


Row = (
    DomainRow | LinkRow | AnchorRow | TargetRow | HostRow | KindRow | PlacementRow | TldRow | LanguageRow
    | LinkedDomainRow | LinkedAnchorRow | LinkedUrlRow | LinkedHostRow | LinkedKindRow | LinkedPlacementRow
    | LinkedTldRow | LinkingLanguageRow
)  # fmt: skip

ROWS: Final[dict[Direction, dict[By, type[Row]]]] = {
    Direction.TO: {
        By.DOMAIN: DomainRow,
        By.PAGE: LinkRow,
        By.LINK: LinkRow,
        By.ANCHOR: AnchorRow,
        By.TARGET: TargetRow,
        By.HOST: HostRow,
        By.KIND: KindRow,
        By.PLACEMENT: PlacementRow,
        By.TLD: TldRow,
        By.LANGUAGE: LanguageRow,
    },
    Direction.FROM: {
        By.DOMAIN: LinkedDomainRow,
        By.PAGE: LinkRow,
        By.LINK: LinkRow,
        By.ANCHOR: LinkedAnchorRow,
        By.TARGET: LinkedUrlRow,
        By.HOST: LinkedHostRow,
        By.KIND: LinkedKindRow,
        By.PLACEMENT: LinkedPlacementRow,
        By.TLD: LinkedTldRow,
        By.LANGUAGE: LinkingLanguageRow,
    },
}
"""What the rows of each way to ask are."""


def row_type(question: Question) -> type[Row]:
    """What the rows of a question's answer are."""
    return ROWS[question.direction][question.by]


@dataclass(frozen=True, slots=True)
class Totals:
    """The measures over all rows, whatever was cut; those from ``followed`` on count backlinks (``via_redirect``: pairs
    beside). Of the backlinks, so many are in doubt: ``suspect``, ``unknown``, ``stale``."""

    backlinks: int
    links: int
    referring_pages: int
    referring_domains: int
    followed: int
    not_followed: int
    nofollow: int
    ugc: int
    sponsored: int
    via_redirect: int
    suspect: int
    unknown: int
    stale: int


@dataclass(frozen=True, slots=True)
class LinkedTotals:
    """The same of a source's links: with the domains linked in place of those that refer."""

    backlinks: int
    links: int
    referring_pages: int
    linked_domains: int
    followed: int
    not_followed: int
    nofollow: int
    ugc: int
    sponsored: int
    via_redirect: int
    suspect: int
    unknown: int
    stale: int


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much the crawl looked at: ``pages_known`` is the sum of the five after it; ``as_of`` the latest fetch
    that told what is at its URL (a 2xx, a redirect, 304, 404 or 410): an attempt that failed does not move it."""

    domains: int
    pages_known: int
    fetched: int
    blocked: int
    failed: int
    pending: int
    excluded: int
    as_of: datetime | None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Which index answered, and by which rules. ``stale``: the crawl has gone on since."""

    id: str
    built_at: datetime
    suffix_list: str
    policy: str
    stale: bool


Counted_co = TypeVar("Counted_co", bound=Totals | LinkedTotals, covariant=True)


@dataclass(frozen=True, slots=True)
class Answer(Generic[Counted_co]):
    """All of it, from one index. ``rows_known`` counts the rows there are without a limit. ``coverage`` is of all that
    was crawled, and of the source's pages where the question names a source.

    ``hint`` says, where nothing was found, what nearby target has links. ``next`` is what a question asks ``after`` for
    the rows that come next, None where these are the last; ``rows_before`` is how many came before these.
    """

    question: Question
    totals: Counted_co
    rows: tuple[Row, ...]
    rows_known: int
    coverage: Coverage
    snapshot: Snapshot
    hint: str | None = None
    next: str | None = None
    rows_before: int = 0

    @property
    def rows_left(self) -> int:
        """How many rows come after these."""
        return max(self.rows_known - self.rows_before - len(self.rows), 0)


AnyAnswer = Answer[Totals] | Answer[LinkedTotals]
