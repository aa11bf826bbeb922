"""SQL of one's own: what the views say is what the answers say, and nothing but the index can be read."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.running import answered, said
from tests.graph import Graph, Link
from tests.index.asking import index_of
from wholinks.index.queries import Index
from wholinks.research.sql import VIEWS, select
from wholinks.storage.errors import UsageError
from wholinks.storage.records import Kind

SHOP = "http://shop.example/"


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    graph = (
        Graph()
        .page("http://a.example/1", [Link(SHOP, "=1+1"), Link(SHOP, "b", "nofollow"), Link(SHOP, kind=Kind.CANONICAL)])
        .page("http://a.example/2", [SHOP, Link(SHOP + "x", is_closed=True)], canonical="http://a.example/1")
        .page("http://b.example/", [Link(SHOP + "x", "\x1b[31m", "sponsored")], title="B", words=7, ip="10.0.0.1")
        .failed(SHOP + "x", 404)
        .page("http://c.example/", ["http://c.example/1", Link("http://c.example/1", rel="nofollow")])
    )
    with index_of(graph, tmp_path_factory.mktemp("sql")) as opened:
        yield opened


def rows(index: Index, statement: str) -> list[tuple[object, ...]]:
    with select(index, statement) as selected:
        return list(selected)


def test_the_views_agree_with_the_answers(index: Index) -> None:
    answer = index.who_links_to("shop.example")
    assert rows(index, "SELECT count(*), sum(links)::INT, count(*) FILTER (followed) FROM backlinks") == [
        (answer.totals.backlinks, answer.totals.links, answer.totals.followed)
    ]
    assert rows(index, "SELECT count(*) FROM links WHERE counts") == [(answer.totals.links,)]
    by_domain = "SELECT source_domain, backlinks, followed FROM pairs WHERE target_domain = 'shop.example' ORDER BY 1"
    assert rows(index, by_domain) == sorted(
        (row.referring_domain, row.backlinks, row.followed)  # type: ignore[union-attr]
        for row in answer.rows
    )
    assert rows(index, "SELECT backlinks, referring_domains FROM domains WHERE domain = 'shop.example'") == [
        (answer.totals.backlinks, answer.totals.referring_domains)
    ]
    assert rows(index, "SELECT sum(pages)::INT FROM coverage") == [(index.coverage.pages_known,)]
    lost = index.who_links_to("shop.example", by="page", state="lost").rows
    assert rows(index, "SELECT source_url, target_url, reason FROM lost") == [
        (row.source_url, row.target_url, row.reason)  # type: ignore[union-attr]
        for row in lost
    ]


def test_pages_and_urls_by_hand(index: Index) -> None:
    assert rows(index, "SELECT url, title, words, remote_ip FROM pages WHERE words > 0") == [
        ("http://b.example/", "B", 7, "10.0.0.1")
    ]
    assert rows(index, "SELECT canonical_url FROM pages WHERE url LIKE '%/2'") == [("http://a.example/1",)]
    assert rows(index, "SELECT http_status, reason FROM urls WHERE url LIKE '%/x'") == [(404, "http_404")]
    assert rows(index, "SELECT source_url, target_url, domain, kind, links, followed, nofollow FROM internal") == [
        ("http://c.example/", "http://c.example/1", "c.example", "text", 2, True, True)
    ]
    assert rows(index, "SELECT kind, counts FROM links WHERE kind = 'canonical'") == [("canonical", False)]


@pytest.mark.parametrize("view", VIEWS)
def test_each_view_is_documented_with_its_columns(index: Index, view: str) -> None:
    text = (Path(__file__).parents[2] / "docs/sql.md").read_text("utf-8")
    line = next(line for line in text.splitlines() if line.startswith(f"| `{view}` |"))
    with select(index, f"SELECT * FROM {view}") as selected:
        assert [name for name in selected.columns if f"`{name}`" not in line] == []


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM '/etc/passwd'",
        "SELECT * FROM glob('/*')",
        "SELECT * FROM sqlite_scan('crawl.db', 'url')",
        "SELECT * FROM read_blob('{folder}/crawl.db')",
        "SELECT * FROM read_parquet('{folder}/crawl.db')",
        "SELECT * FROM read_json('{folder}/crawl.db')",
        "SELECT * FROM read_duckdb('{folder}/index.duckdb')",
        "SELECT * FROM parquet_metadata('{folder}/crawl.db')",
        "SELECT * FROM sniff_csv('/etc/passwd')",
        "FROM 'http://127.0.0.1:9/x.csv'",
        "SELECT * FROM read_csv('http://127.0.0.1:9/x.csv')",
        "SELECT * FROM read_text('/proc/self/environ')",
        "SELECT getenv('HOME')",
        "SELECT * FROM duckdb_secrets()",
        "SELECT * FROM query('COPY (SELECT 1) TO ''{folder}/out.csv'' ')",
        "SELECT * FROM query('DROP TABLE index.link')",
        "WITH x AS (INSERT INTO index.meta VALUES ('a', 'b') RETURNING *) SELECT * FROM x",
        "SELECT * FROM enable_logging()",
        "SELECT * FROM statement",
        "IMPORT DATABASE '{folder}'",
        "DETACH index",
        "USE memory",
        "PREPARE p AS SELECT 1",
        "SET VARIABLE x = 1",
        "RESET memory_limit",
        "CHECKPOINT",
        "ATTACH '{folder}/other.duckdb'",
        "COPY (SELECT 1) TO '{folder}/out.csv'",
        "EXPORT DATABASE '{folder}/out'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "CREATE TABLE t AS SELECT 1",
        "CREATE TEMP TABLE t AS SELECT 1",
        "INSERT INTO index.meta VALUES ('a', 'b')",
        "DELETE FROM index.link",
        "DROP VIEW links",
        "UPDATE index.meta SET value = ''",
        "PRAGMA database_list",
        "SET memory_limit = '1GB'",
        "CALL duckdb_settings()",
        "SELECT 1; SELECT 2",
        "SELECT 1; DROP TABLE link",
        "EXPLAIN SELECT 1",
        "",
        "SELEC 1",
        "SELECT nothing FROM links",
        "SELECT 1 AS a, 2 AS a",
    ],
)
def test_all_else_is_refused_in_one_line(index: Index, capsys: pytest.CaptureFixture[str], statement: str) -> None:
    before = sorted(path.name for path in index.folder.iterdir())
    typed = statement.format(folder=index.folder)
    shown = said(capsys, "sql", typed, "--data", index.folder, code=2)
    assert shown.startswith("wholinks: sql: ")
    assert shown.count("\n") == 1
    assert sorted(path.name for path in index.folder.iterdir()) == before
    assert index.who_links_to("shop.example").totals.backlinks == 2


def test_what_takes_too_long_is_stopped(index: Index) -> None:
    with (
        pytest.raises(UsageError, match=r"stopped after 0\.2 s"),
        select(
            index, "SELECT count(*) FROM range(1000000) AS a, range(1000000) AS b WHERE a.range * b.range = 7", 0.2
        ) as selected,
    ):
        list(selected)
    assert rows(index, "SELECT 1") == [(1,)]


def test_four_formats(index: Index, capsys: pytest.CaptureFixture[str]) -> None:
    options = ("--data", index.folder)
    statement = 'SELECT anchor_text AS "a b", links, first_seen, [1.5, NULL] AS list FROM backlinks ORDER BY 1 DESC'
    found = answered(capsys, "sql", statement, *options)["rows"]
    assert [(row["a b"], row["links"], row["list"]) for row in found] == [
        ("=1+1", 2, [1.5, None]),
        ("\x1b[31m", 1, [1.5, None]),
    ]
    assert found[0]["first_seen"].endswith("Z")
    assert [
        json.loads(line) for line in said(capsys, "sql", statement, *options, "--format", "jsonl").splitlines()
    ] == found
    cells = list(csv.reader(io.StringIO(said(capsys, "sql", statement, *options, "--format", "csv"))))
    assert cells[0] == ["a b", "links", "first_seen", "list"]
    assert cells[1][0] == "'=1+1"
    table = said(capsys, "sql", statement, *options)
    assert "\x1b" not in table
    assert table.startswith("a b ")
    assert answered(capsys, "sql", "SELECT 1 AS n WHERE false", *options)["rows"] == []


def test_a_long_table_says_that_it_is_cut(index: Index, capsys: pytest.CaptureFixture[str]) -> None:
    table = said(capsys, "sql", "SELECT range AS n FROM range(3000)", "--data", index.folder)
    assert table.splitlines()[-1].startswith("… and more")
    assert (
        len(said(capsys, "sql", "FROM range(3000)", "--data", index.folder, "--format", "jsonl").splitlines()) == 3000
    )
