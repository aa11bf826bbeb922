"""A generated web that changes between crawls, and what a history of it must say, counted without any of our code."""

from collections import Counter
from dataclasses import dataclass, field
from random import Random
from typing import Final, NamedTuple

from .answers import Response
from .web import FakeWeb, Link

_WORDS: Final = ("tents", "boots & socks", "the ridge", "走る", "map", "=1+1", "<b>bold</b>")
_GONE: Final = Response(404, {"Content-Type": "text/html"}, b"<p>no such page</p>")


class Backlink(NamedTuple):
    """A page that links to a URL of another site."""

    source: str
    target: str


@dataclass(frozen=True)
class Step:
    """What happened to the backlinks of one site from one crawl to the next, and what is there after it."""

    gained: int
    discovered: int
    lost: int
    end: int
    followed: int
    links: int
    referring_pages: int
    referring_domains: int
    suspect: int


@dataclass
class ChangingWeb:
    """Sites ``site0.example`` … of a few pages each, all linked from the site's start page. :meth:`change` makes the
    next state: links come and go and change their rel, pages come, and pages go (404). A crawler that asks each page
    it knows once a state believes a 404 at the second time, so a page's links are lost one state after the page."""

    seed: int
    sites: int = 10
    pages: int = 6
    web: FakeWeb = field(default_factory=FakeWeb)
    state: int = -1

    def __post_init__(self) -> None:
        self._random = Random(self.seed)
        self._alive: dict[str, list[Link]] = {}
        self._doubted: dict[str, list[Link]] = {}
        self._made: Counter[int] = Counter()
        self._before: set[Backlink] = set()
        self._read: set[str] = set()
        for site in range(self.sites):
            for _ in range(self.pages):
                self._new_page(site)
        self.change()

    @property
    def starts(self) -> list[str]:
        return [f"http://site{site}.example/" for site in range(self.sites)]

    def change(self) -> None:
        """The next state; the first is made by itself."""
        self.state += 1
        if self.state:
            self._before, self._read = self.backlinks, self._read | set(self._alive)
            self._doubted = {}
            for site in range(self.sites):
                if self._random.random() < 0.5:
                    self._new_page(site)
            for url in sorted(self._read & set(self._alive)):
                self._alter(url)
        self._serve()

    def step(self, domain: str) -> Step:
        """What became of the backlinks of ``domain`` since the last state."""
        here = {it for it in self.backlinks if _domain(it.target) == domain}
        before = {it for it in self._before if _domain(it.target) == domain}
        came = here - before
        discovered = sum(it.source not in self._read for it in came)
        links = [
            (url, link)
            for url, links in (self._alive | self._doubted).items()
            for link in links
            if _domain(link.href) == domain
        ]
        return Step(
            gained=len(came) - discovered,
            discovered=discovered,
            lost=len(before - here),
            end=len(here),
            followed=len({Backlink(url, link.href) for url, link in links if link.rel is None}),
            links=len(links),
            referring_pages=len({it.source for it in here}),
            referring_domains=len({_domain(it.source) for it in here}),
            suspect=sum(it.source in self._doubted for it in here),
        )

    @property
    def backlinks(self) -> set[Backlink]:
        """Those that a crawl of this state should take for live."""
        pages = self._alive | self._doubted
        return {Backlink(url, link.href) for url, links in pages.items() for link in links}

    @property
    def domains(self) -> list[str]:
        return [f"site{site}.example" for site in range(self.sites)]

    def _new_page(self, site: int) -> None:
        number = self._made[site]
        self._made[site] += 1
        path = f"page-{number}" if number else ""
        self._alive[f"http://site{site}.example/{path}"] = [self._link(site) for _ in range(self._random.randrange(6))]

    def _link(self, site: int) -> Link:
        others = [other for other in range(self.sites) if other != site]
        other = self._random.choices(others, [1 / (rank + 1) for rank in others])[0]
        path = self._random.choice(("", "page-1", "page-2", "nowhere"))
        rel = self._random.choice((None, None, "nofollow"))
        return Link(f"http://site{other}.example/{path}", self._random.choice(_WORDS), rel)

    def _alter(self, url: str) -> None:
        site = int(_domain(url).removeprefix("site").removesuffix(".example"))
        if not url.endswith("/") and self._random.random() < 0.1:
            self._doubted[url] = self._alive.pop(url)
            return
        kept = [link for link in self._alive[url] if self._random.random() > 0.2]
        turned = [
            Link(link.href, link.text, None if link.rel else "nofollow") if self._random.random() < 0.1 else link
            for link in kept
        ]
        self._alive[url] = turned + [self._link(site) for _ in range(self._random.choice((0, 0, 1, 2)))]

    def _serve(self) -> None:
        for url in self._read - set(self._alive):
            self.web.answer(url, _GONE)
        for url, links in self._alive.items():
            own = [it for it in self._alive if _domain(it) == _domain(url)] if url.endswith("/") else []
            self.web.page(url, [*own, *links], title=url)


def _domain(url: str) -> str:
    return url.split("/")[2]
