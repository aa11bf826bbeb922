"""What an anchor text says of the site it leads to (docs/metrics-views.md, "Anchor classes")."""

import re
import tomllib
from collections.abc import Collection
from enum import StrEnum
from functools import cache, lru_cache
from importlib import resources
from typing import Final

from wholinks.storage.urls import is_ip, to_unicode

GENERIC_FILE: Final = "generic_anchors.toml"

_SHORT: Final = 3
_MOST_TOLD: Final = 100_000
_SIGNS: Final = re.compile(r"[\W_]+")
_NO_LETTER: Final = re.compile(r"[\W\d_]+")
_URL: Final = re.compile(r"(?:[a-z][a-z0-9+.-]*://|www\.)\S+")
_AFTER_HOST: Final = r"(?::\d+)?(?:[/?#]\S*)?"


class AnchorClass(StrEnum):
    """Each anchor text has one, the first of these that is true."""

    EMPTY = "empty"
    URL = "url"
    GENERIC = "generic"
    BRAND = "brand"
    TEXT = "text"


@cache
def generic_anchors() -> frozenset[str]:
    """The anchor texts that are shipped as generic, of all languages."""
    text = resources.files(__package__ or __name__).joinpath(GENERIC_FILE).read_text("utf-8")
    return frozenset(anchor for anchors in tomllib.loads(text).values() for anchor in anchors)


class AnchorClasses:
    """Tells the class of anchor texts that lead to ``domain``, a site as ``Target.domain`` has it (A-labels).
    ``generic`` are generic texts, in any letter case; those shipped where it is None."""

    def __init__(self, domain: str, generic: Collection[str] | None = None) -> None:
        self._generic = frozenset(map(_bare, generic_anchors() if generic is None else generic))
        ascii_host, _, path = domain.casefold().partition("/")
        hosts = {ascii_host, to_unicode(ascii_host).casefold()}
        self._host = re.compile(rf"(?:[^\s/?#@]+\.)?(?:{'|'.join(map(re.escape, sorted(hosts)))}){_AFTER_HOST}")
        spelled = {_spelled(host) for host in hosts} | {_letters(path.rpartition("/")[2])}
        self._brand = re.compile(f"(?<![a-z0-9])(?:{'|'.join(sorted(spelled - {''}))})(?![a-z0-9])")
        self._told: dict[str, AnchorClass] = {}

    def of(self, anchor: str) -> AnchorClass:
        """The class of an anchor text."""
        found = self._told.get(anchor)
        if found is None:
            if len(self._told) >= _MOST_TOLD:
                self._told.clear()
            found = self._told[anchor] = self._class_of(anchor)
        return found

    def _class_of(self, anchor: str) -> AnchorClass:
        text = anchor.strip().casefold()
        if not text:
            return AnchorClass.EMPTY
        if _URL.fullmatch(text) or self._host.fullmatch(text):
            return AnchorClass.URL
        if _bare(text) in self._generic:
            return AnchorClass.GENERIC
        if self._brand.search(text):
            return AnchorClass.BRAND
        return AnchorClass.GENERIC if _NO_LETTER.fullmatch(text) else AnchorClass.TEXT


@lru_cache(maxsize=4)
def anchor_classes_of(domain: str) -> AnchorClasses:
    """Those of a domain with the texts that are shipped; asked again, it remembers what it told."""
    return AnchorClasses(domain)


def _bare(text: str) -> str:
    """In lower case, with one blank for white space and signs, and none at the ends."""
    return _SIGNS.sub(" ", text.casefold()).strip()


def _spelled(host: str) -> str:
    """A pattern of what names a site: the first label of its host, or all of a short one; addresses as they are."""
    if is_ip(host):
        return re.escape(host)
    label = host.partition(".")[0]
    return _letters(label if len(label) >= _SHORT else host) or re.escape(host)


def _letters(name: str) -> str:
    """A pattern that finds the letters and digits of a name, with any signs between them."""
    return r"[\W_]*".join(map(re.escape, _SIGNS.sub("", name)))
