"""The demo web holds the links its documentation promises, as read by a naive crawler that shares no code with ours."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from importlib import resources
from urllib.parse import urljoin, urlsplit

import lxml.html  # type: ignore[import-untyped]
import pytest
from aiohttp import ClientResponse, ClientSession

from tests.fake_web import Edge, Row, expected_table
from wholinks.demo.sites import read_sites
from wholinks.demo.web import demo_web

SHOP = {
    "trailnotes.example": Row(10, 13, 7, followed=7, nofollow=3, ugc=1, sponsored=1),
    "packlist.example": Row(8, 9, 5, followed=5, nofollow=2, ugc=0, sponsored=2),
    "huttohut.example": Row(5, 6, 4, followed=4, nofollow=0, ugc=0, sponsored=1),
}
NORDPACK = {
    "campkitchen.example": Row(6, 7, 5, followed=5, nofollow=0, ugc=0, sponsored=1),
    "packlist.example": Row(6, 6, 4, followed=5, nofollow=0, ugc=0, sponsored=1),
    "trailnotes.example": Row(4, 5, 3, followed=4, nofollow=0, ugc=0, sponsored=0),
    "go2.example": Row(2, 2, 2, followed=2, nofollow=0, ugc=0, sponsored=0),
    "ridgerunners.example": Row(2, 2, 2, followed=1, nofollow=1, ugc=1, sponsored=0),
}
TARNCRAFT = {
    "ridgerunners.example": Row(12, 12, 8, followed=11, nofollow=1, ugc=1, sponsored=0),
    "campkitchen.example": Row(3, 3, 3, followed=3, nofollow=0, ugc=0, sponsored=0),
    "packlist.example": Row(3, 3, 3, followed=2, nofollow=1, ugc=0, sponsored=1),
    "huttohut.example": Row(2, 2, 2, followed=2, nofollow=0, ugc=0, sponsored=0),
}


@dataclass
class Crawled:
    """What following every link from the seeds found."""

    statuses: dict[str, int] = field(default_factory=dict)
    edges: list[Edge] = field(default_factory=list)
    canonicals: dict[str, str] = field(default_factory=dict)
    noindexed: list[str] = field(default_factory=list)
    disallowed: list[str] = field(default_factory=list)

    @property
    def counted(self) -> list[Edge]:
        """The edges without those a print version merely repeats."""
        pairs = {(edge.source_url, edge.target_url) for edge in self.edges}
        return [edge for edge in self.edges if (self.canonicals.get(edge.source_url), edge.target_url) not in pairs]


def seeds() -> list[str]:
    lines = (resources.files("wholinks.seeds") / "demo.txt").read_text("utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def domain(url: str) -> str:
    return ".".join((urlsplit(url).hostname or "").split(".")[-2:])


@asynccontextmanager
async def get(session: ClientSession, port: int, url: str) -> AsyncIterator[ClientResponse]:
    parts = urlsplit(url)
    address, headers = f"http://127.0.0.1:{port}{parts.path}", {"Host": parts.netloc}
    async with session.get(address, params=parts.query, headers=headers, allow_redirects=False) as answer:
        yield answer


async def crawl() -> Crawled:
    crawled, todo, robots = Crawled(), seeds(), dict[str, list[str]]()
    scope = {domain(url) for url in todo}
    async with demo_web() as port, ClientSession() as session:
        while todo:
            url = todo.pop(0)
            host, path = urlsplit(url).netloc, urlsplit(url).path
            if host not in robots:
                async with get(session, port, f"http://{host}/robots.txt") as answer:
                    text = await answer.text() if answer.status == 200 else ""
                    robots[host] = [line[10:] for line in text.splitlines() if line.startswith("Disallow: ")]
            if any(path.startswith(rule) for rule in robots[host]):
                crawled.disallowed.append(url)
                continue
            async with get(session, port, url) as answer:
                crawled.statuses[url] = answer.status
                found = read(crawled, url, answer.status, answer.headers.get("Location"), await answer.text())
            for target in (target.partition("?utm")[0] for target in found):
                if domain(target) in scope and not {target} & {*crawled.statuses, *todo, *crawled.disallowed}:
                    todo.append(target)
    return crawled


def read(crawled: Crawled, url: str, status: int, location: str | None, text: str) -> list[str]:
    """Note what one answer says, and return the URLs it names."""
    if location is not None:
        target = urljoin(url, location)
        if domain(target) != domain(url):
            crawled.edges.append(Edge(url, target, "", "", "redirect"))
        return [target]
    page = lxml.html.fromstring(text)
    if status != 200:
        return []
    if page.xpath('//meta[@name="robots"][contains(@content, "noindex")]'):
        crawled.noindexed.append(url)
    for link in page.xpath('//link[@rel="canonical"]'):
        canonical = urljoin(url, link.get("href"))
        if canonical != url:
            crawled.canonicals[url] = canonical
    links = [
        Edge(url, urljoin(url, link.get("href")).partition("#")[0], link.get("rel", ""), link.text_content(), kind)
        for link in page.xpath('//a[@href][not(starts-with(@href, "mailto:") or starts-with(@href, "tel:"))]')
        for kind in ["image" if link.xpath("img") and not link.text_content().strip() else "text"]
    ]
    crawled.edges += links
    return [link.target_url for link in links]


async def test_who_links_to_the_shop_and_its_rivals() -> None:
    crawled = await crawl()
    table = expected_table(crawled.counted, {"example"})
    assert table["fjellgear.example"] == SHOP
    assert sum(row.backlinks for row in SHOP.values()) == 23
    assert table["nordpack.example"] == NORDPACK
    assert table["tarncraft.example"] == TARNCRAFT
    assert NORDPACK.keys() & TARNCRAFT.keys() - SHOP.keys() == {"campkitchen.example", "ridgerunners.example"}


async def test_has_what_the_real_web_has() -> None:
    crawled = await crawl()
    to_shop = [edge for edge in crawled.edges if domain(edge.target_url) == "fjellgear.example" != domain(edge[0])]
    assert crawled.disallowed == ["http://www.fjellgear.example/basket/", "http://huttohut.example/members/discounts/"]
    assert crawled.noindexed == ["http://packlist.example/tag/fjellgear/"]
    assert crawled.canonicals == {
        "http://www.trailnotes.example/reviews/skar-2/print/": "http://www.trailnotes.example/reviews/skar-2/"
    }
    assert len(to_shop) - len([edge for edge in crawled.counted if edge in to_shop]) == 2  # the print version's
    assert {edge.kind for edge in to_shop} == {"text", "image"}
    assert any("?utm_source=" in edge.target_url for edge in to_shop)
    statuses = crawled.statuses
    assert statuses["http://blog.trailnotes.example/2021/skar"] == 301
    assert [url for url, status in statuses.items() if status == 404] == [
        "http://www.nordpack.example/stoves/glimt/",
        "http://huttohut.example/routes/old-arc/",
        "http://www.fjellgear.example/packs/ulv-60/",
    ]


async def test_every_page_can_be_reached() -> None:
    crawled = await crawl()
    served = {f"http://{host}{path}" for host, pages in read_sites().items() for path in pages}
    unseen = {url for url in served - crawled.statuses.keys() if not url.endswith(("/robots.txt", ".svg"))}
    assert unseen == {"http://huttohut.example/members/discounts/"}
    assert 60 <= list(crawled.statuses.values()).count(200) <= 100


@pytest.mark.parametrize(
    ("url", "status"),
    [("http://www.fjellgear.example/", 200), ("http://packlist.example/no", 404), ("http://nobody.example/", 421)],
)
async def test_tells_hosts_apart(url: str, status: int) -> None:
    async with demo_web() as port, ClientSession() as session, get(session, port, url) as answer:
        assert answer.status == status
        assert (answer.version or (0, 0)) >= (1, 1)
