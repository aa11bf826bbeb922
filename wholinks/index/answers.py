"""What comes back: one typed row for each way to ask, with the names the JSON has (docs/counting.md)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from .questions import By, Question
from .target import Target


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
    """What proves a link: the fetch of its page, and the tag as parsed. ``ordinal`` counts the page's links from 1."""

    requested_url: str
    final_url: str
    body_hash: str
    ordinal: int
    tag: str


@dataclass(frozen=True, slots=True)
class LinkRow:
    """A link, or a backlink with the fields of the first of its ``links`` links; texts are as the page had them.

    ``followed`` of a backlink is whether one of its links is. ``rel_raw`` is None without the attribute. Contexts are
    empty where there were none.
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
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class AnchorRow:
    """An anchor text. ``followed`` counts backlinks with a followed link of it; a backlink may be in several rows."""

    anchor_text: str
    referring_domains: int
    backlinks: int
    links: int
    followed: int


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


Row = DomainRow | LinkRow | AnchorRow | TargetRow | HostRow | KindRow | PlacementRow | TldRow | LanguageRow

ROWS: Final[dict[By, type[Row]]] = {
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
}
"""What the rows of each way to ask are."""


@dataclass(frozen=True, slots=True)
class Totals:
    """The measures over all rows, whatever was cut; the last six count backlinks (``via_redirect``: pairs beside)."""

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


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much the crawl looked at: ``pages_known`` is the sum of the five after it; ``as_of`` the latest fetch."""

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


@dataclass(frozen=True, slots=True)
class Answer:
    """All of it, from one index. ``rows_known`` counts the rows there are without a limit.

    ``hint`` says, where nothing was found, what nearby target has links.
    """

    question: Question
    totals: Totals
    rows: tuple[Row, ...]
    rows_known: int
    coverage: Coverage
    snapshot: Snapshot
    hint: str | None = None

    @property
    def target(self) -> Target:
        """Whose backlinks these are."""
        return self.question.target
