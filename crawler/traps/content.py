"""What the pages of a host tell of its URLs: shapes whose pages are all alike, and pages that are served everywhere.

Measured on 3,597 real pages: of 600,000 pairs drawn from different sites (10 words or more), eight differed in at most
5 of 64 simhash bits, and half in 31 or more; of pairs of one site (50 words or more), half in 27 or more.

Made from their words: four pages of one kind under each of 25 menus of 50, 100, 200 and 400 words, 600 pairs a kind.
Within 5 bits were 600 of a calendar's days without events, 533 of listings beyond their end, 422 of a "not found" that
repeats the URL; and, though they are different, 77 where each had 20 words of its own, 24 with 40, 14 with 80, and 6 of
lists of 20 things with a button beside each. (Within 3 bits: 600, 508, 336; 30, 11, 6 and 6.) Months drawn as grids are
left to the rule for dates.
"""

import re
from dataclasses import dataclass
from typing import Final

SIMHASH_BITS: Final = 5
"""Bits in which near-duplicates differ at most. Three, as in Manku, Jain, Das Sarma (2007), find a fifth of the pairs
that differ in two pieces and five find half: a page has some 60 pieces here."""
LEAST_WORDS: Final = 50
"""Below, one other word changes 7 bits half of the time, and equal texts say little: 36 script-drawn pages of d3js.org
have the same eight words."""
MOST_WORDS: Final = 600
"""Beyond, the fingerprint (6,000 characters) comes to see only how pages begin."""
ALIKE: Final = 30
"""Pages alike, less two for each that is not, from which on a shape is a trap: reached only where more than two thirds
are. Were all pages of a real site of one shape, none would come beyond three."""
UNLIKE_COSTS: Final = 2
COPIES: Final = 10
"""URLs with the same content from which on it is a soft 404. The real sites have up to four such pages: licences, and
aliases in the versions of a manual."""

# A UUID, a hexadecimal id with a digit, or a number; an escape such as %20 is none.
_VARIES: Final = re.compile(
    r"""[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}
      | (?<![0-9a-z%]) (?=[a-f]*[0-9]) [0-9a-f]{8,} (?![0-9a-z])
      | (?<!%) (?<!%[0-9a-f]) [0-9]+""",
    re.IGNORECASE | re.VERBOSE,
)


def shape(path: str) -> str:
    """``path`` (path and query) with ``#``, which it can't have, for its numbers and ids, and only its query's keys."""
    base, mark, query = path.partition("?")
    keys = "&".join(pair.partition("=")[0] for pair in query.split("&"))
    return _VARIES.sub("#", base + mark + keys)


@dataclass(frozen=True, slots=True)
class Content:
    """What a page says, as far as fingerprints tell. The two hashes may be signed or not."""

    simhash: int
    words: int
    body_hash: int

    @property
    def has_fingerprint(self) -> bool:
        """Whether the simhash stands for the whole page."""
        return LEAST_WORDS <= self.words <= MOST_WORDS

    @property
    def key(self) -> int:
        """Equal for pages with the same content."""
        return self.simhash if self.has_fingerprint else self.body_hash

    def is_like(self, other: "Content") -> bool:
        """Whether the two are nearly the same."""
        if self.body_hash == other.body_hash:
            return True
        differing = (self.simhash ^ other.simhash) & (1 << 64) - 1
        return self.has_fingerprint and other.has_fingerprint and differing.bit_count() <= SIMHASH_BITS


@dataclass(slots=True)
class Likeness:
    """How alike the pages of one shape are to one of them: a vote that the most frequent kind wins (Boyer, Moore)."""

    model: Content | None = None
    score: int = 0

    @property
    def is_endless(self) -> bool:
        """Whether more of them would hardly say anything new."""
        return self.score >= ALIKE

    def add(self, content: Content) -> None:
        """Count a page. The score has an end, so that pages that are different soon have their say."""
        if self.model is not None and content.is_like(self.model):
            self.score = min(self.score + 1, ALIKE)
            return
        self.score -= UNLIKE_COSTS
        if self.score <= 0:
            self.model, self.score = content, 1


@dataclass(slots=True)
class Copies:
    """The URLs of one content: how many there were, the first one's shape, and whether others had another."""

    shape_id: int = 0
    count: int = 0
    is_various: bool = False

    def add(self, shape_id: int) -> bool:
        """Count a URL; whether there are now so many of different shapes that the content is a soft 404."""
        if not self.count:
            self.shape_id = shape_id
        self.count += 1
        self.is_various |= shape_id != self.shape_id
        return self.is_various and self.count >= COPIES
