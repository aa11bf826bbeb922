"""Links that are no elements with an address: of ``Link:`` headers, and where a refresh leads."""

from typing import Final

from wholinks.storage.records import AnchorSource, FoundLink, Kind, LinkFlag, Proof, Refresh, Target, bits
from wholinks.storage.sites import KnowsSites
from wholinks.storage.urls import NotAUrl, join

from .evidence import MAX_TAG_BYTES, cut_utf8
from .link_header import HeaderLink, parse_link_header
from .outlinks import MAX_RAW_HREF_CHARS
from .page_text import MAX_ANCHOR_CHARS, collapsed
from .rel import MAX_REL_CHARS, link_kind, parse_rel
from .userinfo import without_userinfo

_NO_PATH: Final = 0
"""Their fingerprint: there is no way to them through the page."""


class HeaderLinks:
    """Makes the links of one answer; ``url`` is the final URL, on which header values depend whatever ``base`` says."""

    __slots__ = ("_site", "_sites", "url")

    def __init__(self, url: str, site: str, sites: KnowsSites) -> None:
        self.url = url
        self._site = site
        self._sites = sites

    def target(self, href: str) -> str | None:
        """The URL a header value names, if it names one."""
        try:
            return join(self.url, href)
        except NotAUrl:
            return None

    def add_link_header(self, value: str, links: list[FoundLink]) -> None:
        """Canonicals and alternates of one ``Link:`` header."""
        for found in parse_link_header(value):
            kind = link_kind(found.parameters.get("rel"))
            url = self.target(found.target)
            if kind is not None and url is not None and self._is_of_page(found):
                links.append(self._link(url, kind, found))

    def _is_of_page(self, link: HeaderLink) -> bool:
        """Whether the link starts at this page: ``anchor`` may name another (RFC 8288, section 3.2)."""
        anchor = link.parameters.get("anchor")
        return anchor is None or anchor.strip() == "" or anchor.startswith("#") or self.target(anchor) == self.url

    def _link(self, url: str, kind: Kind, link: HeaderLink) -> FoundLink:
        text, is_cut = collapsed(link.parameters.get("title", ""), MAX_ANCHOR_CHARS)
        flags = LinkFlag.FROM_HEADER | (LinkFlag.ANCHOR_CUT if is_cut else 0)
        target = Target(url, self._sites.site(url))
        proof, cuts = self._proof(target, link.target, link.parameters["rel"], f"Link: {link.text}")
        source = AnchorSource.TITLE if text else AnchorSource.NONE
        rel, rel_other = parse_rel(link.parameters["rel"])
        return target, bits(kind, 0, source, int(flags | cuts)), rel, rel_other, text, proof

    def add_redirect(self, refresh: Refresh, written: str, tag: str, flags: int, links: list[FoundLink]) -> None:
        """The link a refresh is, where it leads to another site. ``tag`` is what proves it."""
        target = Target(refresh.url, self._sites.site(refresh.url))
        proof, cuts = self._proof(target, written, None, tag)
        if proof is not None:
            links.append((target, bits(Kind.REDIRECT, 0, AnchorSource.NONE, flags | cuts), 0, None, "", proof))

    def _proof(self, target: Target, written: str, rel: str | None, text: str) -> tuple[Proof | None, int]:
        """Proof of an external link, the header as it came instead of a start tag; and the flags of what was cut."""
        if target.site == self._site:
            return None, 0
        tag, is_cut = cut_utf8(without_userinfo(text), MAX_TAG_BYTES)
        written = without_userinfo(written)
        cuts = LinkFlag.TAG_CUT if is_cut else LinkFlag.NONE
        if len(written) > MAX_RAW_HREF_CHARS:
            cuts |= LinkFlag.HREF_CUT
        raw_rel = None if rel is None else rel[:MAX_REL_CHARS]
        return (written[:MAX_RAW_HREF_CHARS], raw_rel, tag, "", "", _NO_PATH), int(cuts)
