"""What ``base``, ``title`` and ``meta`` say of a page, wherever they stand; those of SVG and MathML say nothing."""

from typing import Final, NamedTuple

from wholinks.storage.urls import NotAUrl, join

from .directives import RobotsDirectives, parse_refresh
from .hrefs import Hrefs
from .page_text import collapsed
from .surroundings import UNREAD, Surroundings
from .tags import BASE
from .tree import Tree

MAX_TITLE_CHARS: Final = 500
MAX_LANGUAGE_CHARS: Final = 35

_LANGUAGE_CHARACTERS: Final = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-")


class MetaRefresh(NamedTuple):
    """A refresh of the document. ``written`` is empty for a reload."""

    delay_s: int
    written: str
    attributes: dict[str, str | None]


def base_url(url: str, tree: Tree, surroundings: Surroundings) -> str:
    """The document base URL: the first ``base`` with an ``href`` decides, if that names an http(s) URL; else ``url``.

    Where the first does not, a later one does not either (HTML standard, "frozen base URL").
    """
    if not tree.seen >> BASE & 1:
        return url
    for code, inside, _, attributes, *_ in tree.elements:
        if code == BASE and "href" in attributes and not surroundings.states[inside] & UNREAD:
            try:
                return join(url, attributes["href"] or "")
            except NotAUrl:
                return url
    return url


class HeadFacts:
    """Gathers what the elements say, in document order."""

    def __init__(self, hrefs: Hrefs, directives: RobotsDirectives) -> None:
        self.title: str | None = None
        self.refresh: MetaRefresh | None = None
        self._content_language = ""
        self._hrefs = hrefs
        self._directives = directives

    def read_title(self, text: str) -> None:
        """The first ``title`` is the page's."""
        if self.title is None:
            self.title = collapsed(text, MAX_TITLE_CHARS)[0]

    def read_meta(self, attributes: dict[str, str | None]) -> None:
        """A ``meta`` element."""
        content = attributes.get("content")
        if not content:
            return
        name = attributes.get("name")
        if name:
            self._directives.add_meta(name, content)
        pragma = attributes.get("http-equiv")
        if pragma:
            pragma = pragma.lower()
            if pragma == "refresh":
                self._read_refresh(content, attributes)
            elif pragma == "content-language" and not self._content_language:
                self._content_language = content

    def _read_refresh(self, content: str, attributes: dict[str, str | None]) -> None:
        """The first that is valid is the page's, as in a browser; in ``noscript`` too, since we run no scripts."""
        found = parse_refresh(content) if self.refresh is None else None
        if found is not None and (not found[1] or self._hrefs.target(found[1]).site is not None):
            self.refresh = MetaRefresh(*found, attributes)

    def language(self, root_attributes: dict[str, str | None]) -> str:
        """The language the page declares, such as ``en-us``; empty where what it says is no language tag.

        ``_`` is read as ``-``, which many write.
        """
        declared = root_attributes.get("lang") or root_attributes.get("xml:lang")
        declared = (declared or self._content_language.partition(",")[0]).strip().lower().replace("_", "-")
        is_tag = len(declared) <= MAX_LANGUAGE_CHARS and _LANGUAGE_CHARACTERS.issuperset(declared)
        return declared if is_tag else ""
