"""A generated web whose edges are known, and what an index must answer for them, counted without any of our code."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from itertools import accumulate
from random import Random
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from .web import FakeWeb, Link, LinkKind, render

SUFFIXES: Final = frozenset({"example", "co.uk", "com.au", "github.io"})
"""The public suffixes of generated hosts; github.io is in the private section of the list."""

_RELS: Final = (
    *([None] * 12), "", "noopener external", "NOREFERRER noopener", "nofollows no-follow", "me",
    "nofollow", "nofollow", "NoFollow", "nofollow noopener", "ugc", "UGC,nofollow", "ugc , external",
    "sponsored", "Sponsored\tnoopener", "sponsored,nofollow",
)  # fmt: skip
_WORDS: Final = (
    "tent", "ridge & valley", "read more", "here", "the 3 < 4 list", "Ærlig prøve", "boots", "“quoted”", "走る", "map",
    "a rather long anchor text that says what is behind it",
)  # fmt: skip
_NOISE: Final = (
    '<a href="mailto:someone@example.org">mail</a>',
    '<a href="#top">top</a>',
    '<a href="javascript:void(0)">menu</a>',
    '<a href="">nothing</a>',
    '<!-- <a href="http://comment.example/">not a link</a> -->',
    '<template><a href="http://template.example/">not a link</a></template>',
)
_TRACKING: Final = "?utm_source=fake&utm_medium=link"


class Edge(NamedTuple):
    """One link as an index should know it: URLs absolute and without fragment, ``rel`` as written ('' without)."""

    source_url: str
    target_url: str
    rel: str
    anchor: str
    kind: str


class Row(NamedTuple):
    """What one source domain gives one target domain; all but ``links`` and ``referring_pages`` count backlinks."""

    backlinks: int
    links: int
    referring_pages: int
    followed: int
    nofollow: int
    ugc: int
    sponsored: int


@dataclass(frozen=True)
class _Site:
    domain: str
    pages: tuple[str, ...]  # the first is the start page


def random_web(
    seed: int, sites: int = 50, pages: int = 20, *, links: int = 8, outside: int = 10, is_tracked: bool = True
) -> tuple[FakeWeb, list[Edge]]:
    """A web of ``sites`` registrable domains with ``pages`` pages each, and all its links, a page's in page order.

    Every page can be reached from its site's start page (``web.starts``). A page has up to ``links`` links to other
    sites (drawn by a Zipf law) besides its internal ones; ``outside`` sites are linked and exist nowhere. With
    ``is_tracked``, some links to pages of the web carry utm parameters: a crawl may then know that page under such
    a spelling, so compare *sources* without their query. The same arguments give the same web.
    """
    random = Random(seed)
    made = [_site(number, pages, random) for number in range(sites)]
    elsewhere = [_Site(f"outside{n}.example", tuple(f"https://outside{n}.example/{p}" for p in ("", "a", "b")))
                 for n in range(outside)]  # fmt: skip
    targets = made + elsewhere
    random.shuffle(targets)
    weights = list(accumulate(1 / rank for rank in range(1, len(targets) + 1)))
    web, edges = FakeWeb(), list[Edge]()
    for site in made:
        web.starts.append(site.pages[0])
        for number, url in enumerate(site.pages):
            wanted = _internal(site, number, random)
            for _ in range(random.randrange(links + 1)):
                target = random.choice(random.choices(targets, cum_weights=weights)[0].pages)
                tracked = is_tracked and random.random() < 0.1
                wanted += [target + _TRACKING * tracked] * random.choice((1, 1, 1, 1, 2, 3))
            random.shuffle(wanted)
            _add_page(web, edges, url, wanted, random)
    return web, edges


def _site(number: int, pages: int, random: Random) -> _Site:
    """A site on one to three hosts below its registrable domain."""
    name, suffix = f"site{number:02}", sorted(SUFFIXES)[number % len(SUFFIXES)]
    domain = f"{name}.{suffix}"
    hosts = random.choice(((domain,), (f"www.{domain}",), (f"www.{domain}", domain, f"blog.{domain}")))
    paths = ["", *(f"{random.choice(('posts/', 'a/b/', ''))}page-{page}{random.choice(('', '.html', '/'))}"
                   for page in range(1, pages))]  # fmt: skip
    return _Site(domain, tuple(f"http://{hosts[page % len(hosts)]}/{path}" for page, path in enumerate(paths)))


def _internal(site: _Site, number: int, random: Random) -> list[str]:
    """The page's children in a tree with three branches a page, the start page, and one page by chance."""
    children = site.pages[3 * number + 1 : 3 * number + 4]
    return [*children, site.pages[0], random.choice(site.pages)]


def _add_page(web: FakeWeb, edges: list[Edge], url: str, targets: list[str], random: Random) -> None:
    links = []
    for target in targets:
        kind: LinkKind = "image" if random.random() < 0.15 else "text"
        link = Link(_href(url, target, random), random.choice(_WORDS), random.choice(_RELS), kind)
        links.append(link)
        edges.append(Edge(url, target, link.rel or "", link.text, kind))
    noise = "".join(random.sample(_NOISE, 3))
    web.page(url, html=render(links, title=f"Page {url}").replace("</main>", f"{noise}</main>"))


def _href(source: str, target: str, random: Random) -> str:
    """One of the ways a page can write a link to ``target``."""
    here, there = urlsplit(source), urlsplit(target)
    path = target.partition(there.netloc)[2]
    spellings = [target, f"{there.scheme.upper()}://{there.netloc.upper()}{path}", f"\n\t{target}"]
    if there.scheme == here.scheme:
        spellings.append(f"//{there.netloc}{path}")
        if there.netloc == here.netloc:
            spellings += [path, path, "../" * here.path.count("/") + path[1:]]
    return random.choice(spellings) + random.choice(("", "", "", "#comments", "#"))


def expected_table(edges: Iterable[Edge], suffixes: Collection[str] = SUFFIXES) -> dict[str, dict[str, Row]]:
    """Target registrable domain → source registrable domain → counts; links within one domain are left out."""
    found: dict[str, dict[str, list[Edge]]] = defaultdict(lambda: defaultdict(list))
    for edge in edges:
        source, target = (_domain(url, suffixes) for url in (edge.source_url, edge.target_url))
        if source != target:
            found[target][source].append(edge)
    return {target: {source: _row(rows) for source, rows in sources.items()} for target, sources in found.items()}


def _domain(url: str, suffixes: Collection[str]) -> str:
    labels = (urlsplit(url).hostname or "").split(".")
    for start in range(1, len(labels)):
        if ".".join(labels[start:]) in suffixes:
            return ".".join(labels[start - 1 :])
    raise ValueError(f"{url}: none of the suffixes given")


def _row(edges: list[Edge]) -> Row:
    pairs: dict[tuple[str, str], list[set[str]]] = defaultdict(list)
    for edge in edges:
        pairs[edge.source_url, edge.target_url].append(set(re.split(r"[\s,]+", edge.rel.lower())))
    not_followed = {"nofollow", "ugc", "sponsored"}
    return Row(
        backlinks=len(pairs),
        links=len(edges),
        referring_pages=len({edge.source_url for edge in edges}),
        followed=sum(any(not rel & not_followed for rel in rels) for rels in pairs.values()),
        nofollow=sum(any("nofollow" in rel for rel in rels) for rels in pairs.values()),
        ugc=sum(any("ugc" in rel for rel in rels) for rels in pairs.values()),
        sponsored=sum(any("sponsored" in rel for rel in rels) for rels in pairs.values()),
    )
