"""Which page links where, and with which words, drawn by the laws that :mod:`bench.crawl_db` names: numbers, no rows.

Sites are numbered from the most linked one on, and so are the pages of a site. Words stand in pairs.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

LINKS_A_PAGE: Final = 20
PAGES_A_SITE: Final = 50
PAIRS_A_LINK: Final = 8
TEMPLATE: Final = LINKS_A_PAGE * 4 // 10
"""So many links of a page, its first ones, are those of its site's template."""

_SITES_A_BLOCK: Final = 200
_CHANCES: Final = 2**16
_TAILS: Final = ("", "a", "er", "ing", "ost", "ium", "ey", "an", "et", "ive", "or", "ish", "ard", "ule", "ot")
WORDS: Final = tuple(f"{a}{b}{c}" for a in "bdfgklmnprst" for b in ("al", "en", "o", "ir", "u") for c in _TAILS)

Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Block:
    """All links of some sites, by page and ordinal, an entry a link. ``fetch_id`` and ``ordinal`` start at one;
    ``site`` links to page ``page`` of site ``target``. ``pairs`` has eight numbers a link; each stands for two words,
    and is ``first * len(WORDS) + second``."""

    fetch_id: Numbers
    ordinal: Numbers
    site: Numbers
    target: Numbers
    page: Numbers
    pairs: Numbers

    @property
    def target_keys(self) -> Numbers:
        """One number for each target page: ``target << 32 | page``."""
        return self.target << 32 | self.page


class Web:
    """``links`` links, the same ones each time: of ``pages`` pages of ``sites`` sites to pages of ``target_sites``, of
    which the first are those that link."""

    def __init__(self, links: int) -> None:
        self.links = links
        self.pages = max(1, links // LINKS_A_PAGE)
        self.sites = max(2, self.pages // PAGES_A_SITE)
        self.target_sites = self.sites * 2
        self._rng = np.random.default_rng(links)
        self._site_weights = np.cumsum((np.arange(self.target_sites) + 1.0) ** -0.9)
        words = np.cumsum(1 / (np.arange(len(WORDS)) + 2.0))
        # A word for each of 65,536 chances: one look instead of a search for each of 16 words a link.
        self._words = np.searchsorted(words, (np.arange(_CHANCES) + 0.5) / _CHANCES * words[-1])

    def site_of(self, fetch_id: Numbers) -> Numbers:
        """The sites whose pages these fetches are of."""
        return np.minimum((fetch_id - 1) // PAGES_A_SITE, self.sites - 1)

    def blocks(self) -> Iterator[Block]:
        """All links; no site is in two blocks. To be asked for once."""
        links_a_site = LINKS_A_PAGE * PAGES_A_SITE
        for first in range(0, self.sites, _SITES_A_BLOCK):
            until = first + _SITES_A_BLOCK
            end = self.links if until >= self.sites else until * links_a_site
            yield self._block(first, np.arange(first * links_a_site, end))

    def _block(self, first_site: int, numbers: Numbers) -> Block:
        fetch_id = np.minimum(numbers // LINKS_A_PAGE, self.pages - 1) + 1
        place = numbers - (fetch_id - 1) * LINKS_A_PAGE
        site = self.site_of(fetch_id)
        target, pairs = self._targets(len(numbers)), self._pairs(len(numbers))
        fixed_target, fixed_pairs = self._targets(_SITES_A_BLOCK * TEMPLATE), self._pairs(_SITES_A_BLOCK * TEMPLATE)
        is_fixed = place < TEMPLATE
        fixed = ((site - first_site) * TEMPLATE + place)[is_fixed]
        target[is_fixed], pairs[is_fixed] = fixed_target[fixed], fixed_pairs[fixed]
        target = np.where(target == site, (target + 1) % self.target_sites, target)
        pages = np.maximum(1, self.links // ((target + 2) * 12))
        page = np.where(is_fixed, place, (pages ** self._rng.random(len(numbers))).astype(np.int64))
        return Block(fetch_id, place + 1, site, target, page, pairs)

    def _targets(self, count: int) -> Numbers:
        chances = self._rng.random(count) * self._site_weights[-1]
        found: Numbers = np.searchsorted(self._site_weights, chances).astype(np.int64)
        return found

    def _pairs(self, count: int) -> Numbers:
        words = self._words[self._rng.integers(_CHANCES, size=(count, PAIRS_A_LINK, 2), dtype=np.uint16)]
        pairs: Numbers = words[..., 0] * len(WORDS) + words[..., 1]
        return pairs


class Tally:
    """How often what was linked, counted a block at a time. ``domains`` has links and referring domains of each."""

    def __init__(self, web: Web) -> None:
        self.domains = np.zeros((web.target_sites, 2), dtype=np.int64)
        self._keys: list[Numbers] = []
        self._counts: list[Numbers] = []

    def add(self, block: Block, keys: Numbers, counts: Numbers) -> None:
        """A block, and how many of its links go to each of its target pages."""
        known = len(self.domains)
        pairs = np.unique(block.target << 32 | block.site)
        self.domains[:, 0] += np.bincount(block.target, minlength=known)
        self.domains[:, 1] += np.bincount(pairs >> 32, minlength=known)
        self._keys.append(keys)
        self._counts.append(counts)

    def pages(self) -> tuple[Numbers, Numbers]:
        """The keys of all target pages, in order, and how many links each has."""
        keys, where = np.unique(np.concatenate(self._keys), return_inverse=True)
        return keys, np.bincount(where, weights=np.concatenate(self._counts)).astype(np.int64)
