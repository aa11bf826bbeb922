"""wholinks from Python: the same as the command line, by the same code."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

import wholinks
from tests.fake_web import FakeWeb
from wholinks.cli import run
from wholinks.crawler.connect_to import ConnectTo
from wholinks.storage.database import CRAWL_DB
from wholinks.storage.errors import UsageError


def test_importing_wholinks_loads_neither_duckdb_nor_an_http_client() -> None:
    code = "import sys, wholinks; print(*sorted({'duckdb', 'aiohttp', 'rich'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


async def test_a_crawl_can_be_awaited_and_its_index_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    web = FakeWeb()
    web.page("http://a.example/", ["http://shop.example/", "http://shop.example/tents"])
    async with web.serve() as served:
        report = await wholinks.crawl(
            ["http://a.example/"], tmp_path, delay_s=0.0, connect_to=(ConnectTo.parse(served.connect_to),)
        )
    assert report.ended_why == "done"
    with wholinks.Index(tmp_path) as index:
        answer = index.who_links_to("shop.example")
    assert [(row.referring_domain, row.backlinks) for row in answer.rows] == [("a.example", 2)]  # type: ignore[union-attr]
    assert run(["to", "shop.example", "--data", str(tmp_path), "--format", "json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["rows"][0]["referring_domain"] == "a.example"
    assert printed["totals"]["backlinks"] == answer.totals.backlinks == 2


async def test_a_wrong_seed_or_setting_is_an_error_before_anything_is_done(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no seed at all"):
        await wholinks.crawl(["no seed at all"], tmp_path)
    with pytest.raises(UsageError, match="no setting"):
        await wholinks.crawl(["a.example"], tmp_path, max_page=5)
    assert not (tmp_path / CRAWL_DB).exists()


def test_what_wholinks_does_not_have_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError):
        _ = wholinks.nothing
