"""What is asked: a target, how its backlinks are to be shown, and which links count."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeVar

from wholinks.storage.errors import UsageError
from wholinks.storage.records import COUNTED_KINDS, Kind

from .counting import POLICY_VERSION, kind_mask, kind_names
from .filters import NO_FILTERS, Filters
from .moments import moment_meant as moment_meant  # noqa: PLC0414 - asked for here by many
from .schema import Mark
from .target import Target


class Direction(StrEnum):
    """Whether links to something are asked for, or links from somewhere."""

    TO = "to"
    FROM = "from"


class By(StrEnum):
    """What a row is: a domain at the other end, a backlink (page), an occurrence (link), or what its links have in
    common: an anchor text, a target URL, the other end's host or top-level label, a kind, a placement, the source's
    language."""

    DOMAIN = "domain"
    PAGE = "page"
    LINK = "link"
    ANCHOR = "anchor"
    TARGET = "target"
    HOST = "host"
    KIND = "kind"
    PLACEMENT = "placement"
    TLD = "tld"
    LANGUAGE = "language"


class Follow(StrEnum):
    """Which links count, by rel and the page's own directives."""

    ALL = "all"
    FOLLOWED = "followed"
    NOFOLLOW = "nofollow"
    UGC = "ugc"
    SPONSORED = "sponsored"

    @property
    def marks(self) -> int:
        """Bits of :class:`Mark`, one of which a link must have; 0 = any link."""
        return 0 if self is Follow.ALL else int(Mark[self.name])


class Standing(StrEnum):
    """Which links are meant, by how they stand (docs/counting.md, "Time"). What is in doubt counts as live."""

    LIVE = "live"
    LOST = "lost"
    NEW = "new"
    ALL = "all"


Choice = TypeVar("Choice", bound=StrEnum)


def meant(kind: type[Choice], value: str, name: str) -> Choice:
    """The member of ``kind`` with this value. Raises :class:`UsageError`, which calls it ``name``."""
    try:
        return kind(value)
    except ValueError:
        raise UsageError(f"{name}: {value!r} is none of {', '.join(kind)}") from None


def kinds_meant(kinds: Iterable[Kind | str]) -> frozenset[Kind]:
    """Kinds, or their names in lower case; none given means those that count by default. Raises :class:`UsageError`."""
    by_name = {kind.name.lower(): kind for kind in Kind}
    given = set(kinds)
    unknown = sorted(str(kind) for kind in given if not isinstance(kind, Kind) and kind not in by_name)
    if unknown:
        raise UsageError(f"kind: {unknown[0]!r} is none of {', '.join(by_name)}")
    return frozenset(kind if isinstance(kind, Kind) else by_name[kind] for kind in given) or COUNTED_KINDS


@dataclass(frozen=True, slots=True)
class Question:
    """A question as a whole: filters apply to links before anything is counted; ``limit`` cuts rows only.

    Without a ``target`` it asks where ``source`` links to; with both, for the links between the two. ``as_of`` and
    ``since`` are UTC seconds: the past moment that is asked about (None: now), and from when on links are new or lost.
    ``sort`` is a column of the rows (``links``, ``links:asc``); None: the order each way to ask has. ``after`` is the
    ``next`` of the answer to the same question, whose rows these go on; ``offset`` rows of them are passed over.
    """

    target: Target | None
    by: By = By.DOMAIN
    follow: Follow = Follow.ALL
    kinds: frozenset[Kind] = COUNTED_KINDS
    limit: int | None = None
    offset: int = 0
    source: Target | None = None
    standing: Standing = Standing.LIVE
    as_of: int | None = None
    since: int | None = None
    filters: Filters = NO_FILTERS
    sort: str | None = None
    after: str | None = None

    def __post_init__(self) -> None:
        if self.target is None and self.source is None:
            raise ValueError("a question needs a target, a source, or both")

    @property
    def direction(self) -> Direction:
        """``FROM`` where only a source is given."""
        return Direction.FROM if self.target is None else Direction.TO

    @property
    def asked(self) -> Target:
        """What is asked about: the target, or the source where there is none."""
        found = self.target or self.source
        assert found is not None
        return found

    @property
    def kind_mask(self) -> int:
        """``kinds`` as bits."""
        return kind_mask(self.kinds)

    @property
    def is_default(self) -> bool:
        """Whether the links that count are those that ``pair`` was counted from."""
        is_narrowed = self.follow is not Follow.ALL or bool(self.filters)
        return self.kinds == COUNTED_KINDS and not is_narrowed and not self.is_about_time

    @property
    def is_about_time(self) -> bool:
        """Whether other links are meant than those that count as live now."""
        return self.standing is not Standing.LIVE or self.as_of is not None

    @property
    def policy(self) -> str:
        """The rules by which this is counted, in one line."""
        time = f"; state={self.standing}" if self.is_about_time else ""
        narrowed = f"; filters: {self.filters.told}" if self.filters else ""
        return f"{_policy(self.kinds, self.follow)}{time}{narrowed}"


def _policy(kinds: frozenset[Kind], follow: Follow) -> str:
    return f"{POLICY_VERSION}: kinds={','.join(kind_names(kinds))}; follow={follow}"


DEFAULT_POLICY: Final = _policy(COUNTED_KINDS, Follow.ALL)
"""The policy of a question in which nothing is narrowed."""
