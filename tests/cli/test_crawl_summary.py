"""What the end of a crawl says."""

from pathlib import Path

from tests.crawler.crawling import crawl
from tests.crawler.test_recrawl import aged, recrawl
from tests.fake_web import FakeWeb
from wholinks.cli.crawl_summary import summary


async def test_after_a_recrawl_the_pages_it_found_and_did_not_read_are_told(tmp_path: Path) -> None:
    web = FakeWeb()
    web.page("http://blog.example/", [])
    web.page("http://blog.example/new", [])
    async with web.serve() as served:
        await crawl(served, ["http://blog.example/"], tmp_path)
        aged(tmp_path, 8)
        web.page("http://blog.example/", ["http://blog.example/new"])
        told = summary(await recrawl(served, tmp_path), tmp_path)
        assert "  1 known page was never read: 'wholinks crawl' goes on with it" in told
        await crawl(served, [], tmp_path)
        aged(tmp_path, 100)
        assert not any("never read" in line for line in summary(await recrawl(served, tmp_path), tmp_path))
