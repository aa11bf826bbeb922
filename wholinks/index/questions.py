"""What is asked: a target, how its backlinks are to be shown, and which links count."""

from dataclasses import dataclass
from enum import StrEnum

from wholinks.storage.records import COUNTED_KINDS, Kind

from .counting import POLICY_VERSION, kind_mask, kind_names
from .schema import Mark
from .target import Target


class By(StrEnum):
    """What a row is: a referring domain, a backlink (page), an occurrence (link), an anchor text."""

    DOMAIN = "domain"
    PAGE = "page"
    LINK = "link"
    ANCHOR = "anchor"


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


@dataclass(frozen=True, slots=True)
class Question:
    """A question as a whole: filters apply to links before anything is counted; ``limit`` cuts rows only."""

    target: Target
    by: By = By.DOMAIN
    follow: Follow = Follow.ALL
    kinds: frozenset[Kind] = COUNTED_KINDS
    limit: int | None = None
    offset: int = 0

    @property
    def kind_mask(self) -> int:
        """``kinds`` as bits."""
        return kind_mask(self.kinds)

    @property
    def is_default(self) -> bool:
        """Whether the links that count are those that ``pair`` was counted from."""
        return self.kinds == COUNTED_KINDS and self.follow is Follow.ALL

    @property
    def policy(self) -> str:
        """The rules by which this is counted, in one line."""
        return f"{POLICY_VERSION}: kinds={','.join(kind_names(self.kinds))}; follow={self.follow}"
