"""``wholinks check``: placed links asked for now, for a person and for cron."""

import csv
import io
import json
from pathlib import Path

from tests.cli.test_crawl import options, wholinks
from tests.crawler.crawling import page_requests, query
from tests.fake_web import FakeWeb, Served
from tests.fake_web.web import Link
from wholinks.storage.crawl_store import CrawlStore
from wholinks.storage.database import CRAWL_DB
from wholinks.storage.records import State

LIST = """source_url,target_url,rel,anchor
http://blog.example/tents,http://shop.example/,follow,light tents
http://blog.example/moved,http://shop.example/,,
http://mag.example/paid,http://shop.example/ulv,sponsored,
http://mag.example/gone,http://shop.example/,,
http://mag.example/shut,http://shop.example/,,
http://mag.example/error,http://shop.example/,,
"""


def web() -> FakeWeb:
    made = FakeWeb()
    made.page("http://blog.example/tents", [Link("http://shop.example/", "light tents"), "/other", "http://x.example/"])
    made.redirect("http://blog.example/moved", "/new")
    made.page("http://blog.example/new", ["http://shop.example/"])
    made.page("http://mag.example/paid", [Link("http://shop.example/ulv", "x", "nofollow")])
    made.page("http://mag.example/gone", ["http://rival.example/"])
    made.robots("http://mag.example", "User-agent: *\nDisallow: /shut\n")
    made.page("http://mag.example/error", status=403)
    return made


def command(served: Served, folder: Path, *more: str) -> list[str]:
    (folder / "list.csv").write_text(LIST)
    data = str(folder / "data")
    return ["check", str(folder / "list.csv"), *options(served, folder, *more), "--data", data, "--patience", "0"]


async def test_each_link_is_asked_for_and_told(tmp_path: Path) -> None:
    async with web().serve() as served:
        code, out, err = await wholinks(*command(served, tmp_path, "--format", "json"))
        assert code == 1, err
        found = json.loads(out)
        assert [(row["line"], row["state"], row["reason"]) for row in found["rows"]] == [
            (2, "present", ""),
            (3, "redirected", ""),
            (4, "rel_changed", ""),
            (5, "missing", "never_seen"),
            (6, "review", "robots"),
            (7, "review", "http_403"),
        ]
        assert found["states"] == {"missing": 1, "present": 1, "redirected": 1, "rel_changed": 1, "review": 2}
        assert sorted(page_requests(served)) == sorted(
            f"http://{path}"
            for path in (
                "blog.example/tents", "blog.example/moved", "blog.example/new", "mag.example/paid",
                "mag.example/gone", "mag.example/error",
            )
        )  # fmt: skip
    data = tmp_path / "data"
    assert query(data, "SELECT count(*) FROM site") == [(0,)], "the sites come into no crawl"
    assert State.DISCOVERED not in {state for (state,) in query(data, "SELECT state FROM page")}


async def test_they_are_asked_for_again_every_time(tmp_path: Path) -> None:
    async with web().serve() as served:
        for _ in range(2):
            await wholinks(*command(served, tmp_path))
        assert page_requests(served).count("http://blog.example/tents") == 2
        code, out, _ = await wholinks(*command(served, tmp_path, "--no-crawl", "--quiet", "--format", "csv"))
        assert page_requests(served).count("http://blog.example/tents") == 2
    assert code == 1
    rows = list(csv.DictReader(io.StringIO(out)))
    assert [row["state"] for row in rows] == ["redirected", "rel_changed", "missing", "review", "review"]


async def test_a_page_that_is_not_read_now_is_for_review_whatever_was_known(tmp_path: Path) -> None:
    made = web()
    async with made.serve() as served:
        await wholinks(*command(served, tmp_path))
        made.page("http://blog.example/tents", ["http://shop.example/"], delay_s=20.0)
        code, out, _ = await wholinks(*command(served, tmp_path, "--time-limit", "2s", "--format", "json"))
    rows = json.loads(out)["rows"]
    assert code == 1
    assert (rows[0]["state"], rows[0]["reason"], rows[0]["followed"]) == ("review", "not_read_now", None)


async def test_all_present_is_exit_code_0_and_quiet_says_nothing(tmp_path: Path) -> None:
    async with web().serve() as served:
        arguments = command(served, tmp_path, "--quiet")
        (tmp_path / "list.csv").write_text("\n".join(LIST.splitlines()[:2]))
        code, out, _ = await wholinks(*arguments)
        assert (code, out) == (0, "")
        code, out, _ = await wholinks(*(argument for argument in arguments if argument != "--quiet"))
    assert code == 0
    assert "1 placed link: 1 present" in out


async def test_a_wrong_list_is_exit_code_2(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("nonsense\n")
    code, out, err = await wholinks("check", str(tmp_path / "list.csv"), "--data", str(tmp_path))
    assert (code, out) == (2, "")
    assert "the first line must name the columns source_url and target_url" in err
    code, _, err = await wholinks("check", str(tmp_path / "nope.csv"), "--data", str(tmp_path))
    assert (code, err.count("\n")) == (2, 1)


async def test_the_folders_reach_stays_what_it_was(tmp_path: Path) -> None:
    made = FakeWeb()
    made.page("http://blog.example/tents", ["http://shop.example/", "/deep"])
    made.page("http://blog.example/deep", ["/private/x", "http://shop.example/"])
    made.page("http://blog.example/private/x", [])
    made.page("http://shop.example/", ["/a"])
    made.page("http://shop.example/a", [])
    data = tmp_path / "data"
    limits = ("--hops", "1", "--max-depth", "1", "--exclude", "/private/")
    async with made.serve() as served:
        arguments = options(served, tmp_path, "--data", str(data), "--patience", "0")
        code, _, err = await wholinks("crawl", "http://blog.example/tents", *arguments, *limits)
        assert code == 0, err
        states = query(data, "SELECT url_id, state, reason FROM page ORDER BY 1")
        sites = query(data, "SELECT domain, hop FROM site ORDER BY 1")
        (tmp_path / "list.csv").write_text("source_url,target_url\nhttp://blog.example/tents,http://shop.example/\n")
        code, _, err = await wholinks("check", str(tmp_path / "list.csv"), *arguments)
        assert code == 0, err
    assert query(data, "SELECT url_id, state, reason FROM page ORDER BY 1") == states
    assert query(data, "SELECT domain, hop FROM site ORDER BY 1") == sites


async def test_what_is_checked_is_no_seed(tmp_path: Path) -> None:
    made = FakeWeb()
    made.page("http://p.example/@a", ["/@a/1", "/@b/2"])
    made.page("http://p.example/@a/1", ["/@a/deep"])
    made.page("http://p.example/@a/deep", ["/@a/deeper"])
    made.page("http://p.example/@b", ["/@b/2", "http://shop.example/"])
    for path in ("@a/deeper", "@b/2", "@b/3"):
        made.page(f"http://p.example/{path}")
    data = tmp_path / "data"
    wanted = [f"http://p.example/{path}" for path in ("@b", "@a/deep")] + ["http://p.example:81/", "http://q.example/"]
    lines = "".join(f"{url},http://shop.example/\n" for url in wanted)
    (tmp_path / "list.csv").write_text(f"source_url,target_url\n{lines}")
    limits = ("--only-prefix", "--max-depth", "1", "--no-sitemaps")
    async with made.serve() as served:
        arguments = options(served, tmp_path, "--data", str(data), "--patience", "0")
        code, _, err = await wholinks("crawl", "http://p.example/@a", *arguments, *limits)
        assert code == 0, err
        before = query(data, "SELECT key_id, depth FROM page ORDER BY 1")
        code, _, err = await wholinks("check", str(tmp_path / "list.csv"), *arguments)
        assert code == 1, err
        known = dict(query(data, "SELECT key_id, depth FROM page"))
        assert before == [(key_id, known[key_id]) for key_id, _ in before], "no page comes nearer to a seed"
        asked = len(page_requests(served))
        code, _, err = await wholinks("crawl", *arguments, *limits)
        assert code == 0, err
        assert page_requests(served)[asked:] == []

    async def seeds() -> tuple[list[tuple[str, str]], list[str]]:
        async with await CrawlStore.open(data / CRAWL_DB) as store:
            return await store.seeds(), await store.seed_origins()

    assert await seeds() == ([("p.example", "/@a")], ["http://p.example"])
