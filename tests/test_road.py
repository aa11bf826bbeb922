"""The whole road over real sockets: a web whose edges are known, crawled, indexed and asked. The index must equal the
transposed list."""

from pathlib import Path

import pytest

from tests.fake_web import Row, expected_table, random_web
from wholinks import Index, crawl
from wholinks.crawler.connect_to import ConnectTo
from wholinks.index.answers import DomainRow
from wholinks.index.questions import By, Follow


def _as_expected(row: DomainRow) -> Row:
    return Row(
        row.backlinks, row.links, row.referring_pages, row.followed, row.nofollow, row.ugc, row.sponsored
    )  # fmt: skip


@pytest.mark.parametrize("seed", [1, 2])
async def test_the_index_of_50_sites_and_1000_pages_is_the_transposed_list_of_their_edges(
    seed: int, tmp_path: Path
) -> None:
    web, edges = random_web(seed, sites=50, pages=20)
    expected = expected_table(edges)
    async with web.serve() as served:
        report = await crawl(
            web.starts, tmp_path, delay_s=0.0, patience_s=1.0, connect_to=(ConnectTo.parse(served.connect_to),)
        )
    assert report.stats.pages == 1000
    with Index(tmp_path) as index:
        answers = {target: index.who_links_to(target) for target in expected}
        assert {
            target: {row.referring_domain: _as_expected(row) for row in answer.rows if isinstance(row, DomainRow)}
            for target, answer in answers.items()
        } == expected
        for target, answer in answers.items():
            rows = list(expected[target].values())
            totals = answer.totals
            assert totals.backlinks == sum(row.backlinks for row in rows)
            assert totals.links == sum(row.links for row in rows)
            assert totals.referring_pages == sum(row.referring_pages for row in rows)
            assert totals.referring_domains == len(rows)
            assert totals.followed == sum(row.followed for row in rows)
            assert totals.not_followed == totals.backlinks - totals.followed
            assert len(index.who_links_to(target, by=By.PAGE).rows) == totals.backlinks
            assert len(index.who_links_to(target, by=By.LINK).rows) == totals.links
            assert index.who_links_to(target, follow=Follow.FOLLOWED).totals.backlinks == totals.followed
