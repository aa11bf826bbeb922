"""What links real pages have, worked out a second time and by other means: html5lib builds the tree, ada joins.

Nothing here comes from the product, so that a mistake in it can't hide behind the same mistake here: not the parser,
not ``storage.urls``, not a list of element names. The rules are those of docs/counting.md, in the plainest code there
is; docs/real-pages.md says what the comparison covers and what it found.
"""

import codecs
import re
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple
from unicodedata import normalize
from urllib.parse import quote
from xml.etree.ElementTree import Element

import ada_url
import html5lib  # type: ignore[import-untyped]
import tldextract
from html5lib._inputstream import EncodingParser  # type: ignore[import-untyped]

ARCHIVE: Final = Path(__file__).parents[2] / "shared" / "realweb" / "sites.zip"
"""26 real sites; beside the project, not part of it."""

_HTML: Final = "{http://www.w3.org/1999/xhtml}"
_SVG: Final = "{http://www.w3.org/2000/svg}"
_XLINK_HREF: Final = "{http://www.w3.org/1999/xlink}href"
_ASCII_WHITE: Final = "\t\n\f\r "
_CONTROLS_AND_SPACE: Final = "".join(map(chr, range(0x21)))
_REFRESH: Final = re.compile(
    r"""\s*[\d.]+\s*[;,]?\s*(?:url\s*=\s*)?(?:"([^"]*)|'([^']*)|(.*))""", re.IGNORECASE | re.DOTALL
)
_MAX_URL, _MAX_ANCHOR = 8192, 1000
_extract_domain: Final = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None, include_psl_private_domains=True)


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


# The HTML standard's index of elements, those whose categories lack "phrasing"; the obsolete ones that a browser's
# style sheet shows as blocks come last. Elements the standard does not name are inline.
_NOT_PHRASING: Final = _names(
    """address article aside base blockquote body caption col colgroup dd details dialog div dl dt fieldset figcaption
    figure footer form h1 h2 h3 h4 h5 h6 head header hgroup hr html legend li main menu nav ol optgroup option p pre rp
    rt search section source style summary table tbody td tfoot th thead title tr track ul
    center dir frameset listing param plaintext rb rtc xmp"""
)
_NO_TEXT: Final = _names("script style iframe noembed noframes title")
_IMAGES: Final = frozenset({f"{_HTML}img", f"{_HTML}picture", f"{_SVG}svg"})
_OTHER_CONTENT: Final = frozenset(
    _HTML + name for name in _names("audio canvas embed iframe input meter object progress select textarea video")
)


class Found(NamedTuple):
    """One link. ``rel`` holds its tokens in alphabetical order, each once."""

    kind: str
    url: str
    rel: str
    anchor: str


class Links(NamedTuple):
    """The links of a page in document order, and how many hrefs were none, by reason."""

    links: list[Found]
    non_links: dict[str, int]


class Page(NamedTuple):
    """A page of the archive. ``name`` is its path there, which begins with its host."""

    name: str
    url: str
    size_bytes: int

    @property
    def site(self) -> str:
        return self.name.partition("/")[0]


def pages(archive: zipfile.ZipFile) -> list[Page]:
    """Every page under the URL it is served at (``…/index.html`` as ``…/``), in the order of their names."""
    return [
        Page(name, f"https://{quote(name.removesuffix('index.html') if name.endswith('/index.html') else name)}", size)
        for name, size in sorted((info.filename, info.file_size) for info in archive.infolist())
        if name.endswith(".html")
    ]


def extract(url: str, body: bytes) -> Links:
    """The links of a page that was served as ``text/html`` from ``url``."""
    return _Extraction(url, _tree(_decoded(body))).result()


def _decoded(body: bytes) -> str:
    for mark, name in (
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_BE, "utf-16be"),
        (codecs.BOM_UTF16_LE, "utf-16le"),
    ):
        if body.startswith(mark):
            return body[len(mark) :].decode(name, "replace")
    declared = EncodingParser(body[:1024]).getEncoding()
    if declared is not None:
        return str(declared.codec_info.decode(body, "replace")[0])
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        return body.decode("windows-1252", "replace")


def _tree(html: str) -> Element:
    parser = html5lib.HTMLParser(html5lib.getTreeBuilder("etree"), namespaceHTMLElements=True)
    root = parser.parse(html, scripting=False)
    assert isinstance(root, Element)
    return root


def _is_element(node: Element) -> bool:
    """Whether ``node`` is no comment, which ElementTree takes for an element with a function for its name."""
    return isinstance(node.tag, str)


def _elements(root: Element) -> Iterator[Element]:
    """``root`` and the elements in it, in document order, without comments and without what templates hold."""
    stack = [root]
    while stack:
        element = stack.pop()
        if not _is_element(element):
            continue
        yield element
        if element.tag != f"{_HTML}template":
            stack.extend(reversed(element))


class _Extraction:
    def __init__(self, url: str, root: Element) -> None:
        self._elements = list(_elements(root))
        self._page_url = url
        self._base = self._document_base(url)
        self._links: list[Found] = []
        self._non_links: Counter[str] = Counter()

    def _document_base(self, url: str) -> str:
        for element in self._elements:
            if element.tag == f"{_HTML}base" and "href" in element.attrib:
                return target(url, element.attrib["href"])[0] or url
        return url

    def result(self) -> Links:
        for element in self._elements:
            self._read(element)
        self._read_refresh()
        return Links(self._links, dict(self._non_links))

    def _read(self, element: Element) -> None:
        tag, attributes = element.tag, element.attrib
        if tag == f"{_HTML}a":
            self._add(element, _anchor_kind(element), attributes.get("href"), _content_text(element))
        elif tag == f"{_SVG}a":
            href = attributes.get("href", attributes.get(_XLINK_HREF))
            self._add(element, _anchor_kind(element), href, _content_text(element))
        elif tag == f"{_HTML}area":
            self._add(element, "text", attributes.get("href"), attributes.get("alt", ""))
        elif tag == f"{_HTML}link":
            tokens = _rel_tokens(element)
            if "canonical" in tokens:
                self._add(element, "canonical", attributes.get("href"))
            elif "alternate" in tokens and "stylesheet" not in tokens:
                self._add(element, "alternate", attributes.get("href"))
        elif tag in {f"{_HTML}iframe", f"{_HTML}frame"}:
            self._add(element, "frame", attributes.get("src"))
        elif tag == f"{_HTML}form":
            self._add(element, "form", attributes.get("action"))

    def _add(self, element: Element, kind: str, href: str | None, content: str = "") -> None:
        if href is None:
            return
        url, reason = target(self._base, href)
        if url is None:
            self._non_links[reason] += 1
            return
        texts = (content, element.attrib.get("title", ""), element.attrib.get("aria-label", ""))
        anchor = next(filter(None, map(_collapsed, texts)), "")
        self._links.append(Found(kind, url, " ".join(_rel_tokens(element)), anchor))

    def _read_refresh(self) -> None:
        """A refresh to another registrable domain is a ``redirect`` link, after all others."""
        for element in self._elements:
            if element.tag != f"{_HTML}meta" or element.attrib.get("http-equiv", "").lower() != "refresh":
                continue
            found = _REFRESH.match(element.attrib.get("content", ""))
            written = next((text for text in found.groups() if text is not None), "") if found else ""
            url = target(self._base, written.strip(_ASCII_WHITE))[0]
            if url is not None:
                if _domain(url) != _domain(self._page_url):
                    self._links.append(Found("redirect", url, "", ""))
                return


def target(base: str, href: str) -> tuple[str | None, str]:
    """The URL that ``href`` names as docs/counting.md identifies it, or None and why there is none."""
    stripped = href.strip(_CONTROLS_AND_SPACE)
    if not stripped:
        return None, "empty"
    if stripped.startswith("#"):
        return None, "fragment"
    try:
        url = ada_url.URL(href, base)
    except ValueError:
        return None, "unparsable"
    scheme = url.protocol.removesuffix(":")
    if scheme not in {"http", "https"}:
        return None, scheme if scheme in {"mailto", "tel", "javascript", "data"} else "other_scheme"
    host = url.hostname.removesuffix(".")
    port = f":{url.port}" if url.port else ""
    written = f"{scheme}://{host}{port}{url.pathname}{url.search}"  # an empty query is no ``search``
    return (written, "") if len(written) <= _MAX_URL else (None, "too_long")


def _domain(url: str) -> str:
    host = ada_url.URL(url).hostname
    return _extract_domain(host).top_domain_under_public_suffix or host


def _rel_tokens(element: Element) -> list[str]:
    return sorted({token.lower() for token in re.split(r"[\t\n\f\r ,]+", element.attrib.get("rel", "")) if token})


def _name(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _content_text(element: Element) -> str:
    """The text inside an element with spaces where words end; ``alt`` texts stand where their images do."""
    pieces = [element.text or ""]
    for child in element:
        if _is_element(child):
            pieces += _pieces(child)
        pieces.append(child.tail or "")
    return "".join(pieces)


def _pieces(child: Element) -> list[str]:
    name = _name(child)
    is_html = str(child.tag).startswith(_HTML)
    if name == "img" and is_html:
        return [" ", child.attrib.get("alt", ""), " "] if child.attrib.get("alt") else []
    ends_words = is_html and (name in _NOT_PHRASING or name == "br")
    has_text = not (name == "template" or (name in _NO_TEXT and (is_html or name in {"script", "style"})))
    text = _content_text(child) if has_text else ""
    return [" ", text, " "] if ends_words else [text]


def _anchor_kind(element: Element) -> str:
    """``image`` if images are all there is; what is written in a drawing is part of the drawing."""
    has_image = False
    stack = [element]
    while stack:
        parent = stack.pop()
        if (parent.text or "").strip() or any((child.tail or "").strip() for child in parent):
            return "text"
        for child in parent:
            if child.tag in _OTHER_CONTENT:
                return "text"
            if child.tag in _IMAGES:
                has_image = True
            if _is_element(child) and child.tag not in _IMAGES and _name(child) not in _NO_TEXT:
                stack.append(child)
    return "image" if has_image else "text"


def _collapsed(text: str) -> str:
    return normalize("NFC", " ".join(text.split()))[:_MAX_ANCHOR].rstrip(" ")
