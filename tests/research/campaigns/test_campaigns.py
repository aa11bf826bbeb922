"""Campaigns: files read or refused, what fits by hand, and for any story what an answer has."""

import tempfile
from datetime import date
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.graph import Graph, Link
from tests.index.asking import examples, index_of
from tests.index.test_history import story
from tests.research.growth.test_history import SHOP, day
from wholinks.index.queries import Index
from wholinks.index.states import DAY_S
from wholinks.render.campaigns import links_sheet
from wholinks.research.campaigns.results import CampaignRow, campaign_links, campaigns
from wholinks.research.campaigns.rules import Campaign, read_campaigns
from wholinks.storage.errors import UsageError


def campaign(name: str = "c", **given: object) -> Campaign:
    values: dict[str, object] = {"first": None, "last": None, "targets": ("shop.example",), "sources": (),
                                 "anchors": (), "cost": None, "currency": None}  # fmt: skip
    return Campaign(name, **{**values, **given})  # type: ignore[arg-type]


def web() -> Graph:
    """Day 0: a blog and a shop window link. Day 2: two more links of the blog and one of a university come on known
    pages. Day 4: the blog's first is gone; a page read for the first time links."""
    graph = Graph().page("http://blog.example/", [Link(SHOP, "Tents", "nofollow"), Link(SHOP, "tents")])
    graph.page("http://blog.example/post", []).page("http://www.uni.edu/", [])
    graph.page("http://window.example/news/a", [Link(SHOP + "ulv", "100% light_tents")]).wait(2 * DAY_S)
    graph.page("http://blog.example/post", [Link(SHOP, "here"), Link(SHOP + "ulv", "ULV tent")])
    graph.page("http://www.uni.edu/", [Link(SHOP, "Forschung")]).wait(2 * DAY_S)
    graph.page("http://blog.example/", []).page("http://blog.example/late", [Link(SHOP, "tents")])
    return graph.page("http://uni.edu/", ["http://blog.example/", "http://window.example/"])


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> object:
    with index_of(web(), tmp_path_factory.mktemp("campaigns")) as opened:
        yield opened


def row(index: Index, **given: object) -> CampaignRow:
    (found,) = campaigns(index, [campaign(**given)]).rows  # type: ignore[arg-type]
    return found


def test_what_a_campaign_brought_and_what_is_left(index: Index) -> None:
    found = row(index, sources=("blog.example",), first=day(0), last=day(3), cost=90.0, currency="EUR")
    assert (found.backlinks, found.links, found.referring_domains) == (3, 4, 1)
    assert (found.gained, found.discovered, found.live, found.lost, found.before, found.after) == (2, 1, 2, 1, 0, 1)
    assert found.followed_share == 1.0
    assert (found.cost_per_backlink, found.cost_per_live, found.cost_per_domain) == (30.0, 45.0, 90.0)
    assert found.authority_median == found.authority_highest
    later = row(index, sources=("blog.example",), first=day(2), last=day(2))
    assert (later.backlinks, later.before, later.after, later.cost_per_backlink) == (2, 1, 1, None)


@pytest.mark.parametrize(
    ("given", "backlinks"),
    [
        ({}, 6),
        ({"targets": ("shop.example/ulv",)}, 2),
        ({"targets": ("shop.example/*",)}, 6),
        ({"targets": ("shop.example/ulv/*",)}, 2),
        ({"targets": ("shop.example", "shop.example/ulv")}, 6),
        ({"targets": ("nobody.example",)}, 0),
        ({"sources": ("*.edu",)}, 1),
        ({"sources": ("*.edu", "blog.example", "blog.example/post")}, 5),
        ({"sources": ("blog.example/post",)}, 2),
        ({"sources": ("window.example/news/*",)}, 1),
        ({"sources": ("window.example/new/*",)}, 0),
        ({"sources": ("*/post",)}, 2),
        ({"sources": ("b*g.example",)}, 4),
        ({"sources": ("b_og.example*",)}, 0),
        ({"anchors": ("tents",)}, 2),
        ({"anchors": ("*TENT*",)}, 4),
        ({"anchors": ("100% light_tents",)}, 1),
        ({"anchors": ("%",)}, 0),
        ({"anchors": ("*tent*", "forsch*"), "sources": ("uni.edu", "blog.example")}, 4),
        ({"first": date(2999, 1, 1)}, 0),
        ({"last": date(1999, 1, 1)}, 0),
    ],
)
def test_what_fits(index: Index, given: dict[str, object], backlinks: int) -> None:
    assert row(index, **given).backlinks == backlinks


def test_links_that_fit_are_those_that_count(index: Index) -> None:
    """A backlink of two links, of which one has the anchor text."""
    found = row(index, anchors=("*tent*",), sources=("blog.example",), first=day(0), last=day(0))
    assert (found.backlinks, found.links) == (1, 2)


def test_what_fits_twice_is_said_and_counted_once(index: Index) -> None:
    found = campaigns(
        index,
        [
            campaign("blog", sources=("blog.example",), cost=10.0, currency="EUR"),
            campaign("ulv", targets=("shop.example/ulv",), cost=6.0, currency="EUR"),
            campaign("free", sources=("uni.edu",)),
            campaign("pounds", sources=("uni.edu",), cost=5.0, currency="GBP"),
        ],
    )
    assert [one.shared for one in found.rows] == [1, 1, 1, 1]
    totals = found.totals
    assert (totals.backlinks, totals.shared, totals.referring_domains) == (6, 2, 3)
    assert (totals.live, totals.lost) == (5, 1)
    assert [(one.currency, one.cost, one.campaigns, one.backlinks) for one in totals.spent] == [
        ("EUR", 16.0, 2, 5), ("GBP", 5.0, 1, 1),
    ]  # fmt: skip
    assert totals.spent[0].cost_per_backlink == 16 / 5


def test_the_links_of_one_campaign(index: Index) -> None:
    listed = [campaign("blog", sources=("blog.example",), first=day(2)), campaign("all", last=day(0))]
    found = campaign_links(index, listed, "blog")
    assert [(it.source_url, it.target_url, it.when, it.live, it.discovered, it.also_in) for it in found.rows] == [
        ("http://blog.example/late", SHOP, "within", True, True, ()),
        ("http://blog.example/post", SHOP, "within", True, False, ()),
        ("http://blog.example/post", SHOP + "ulv", "within", True, False, ()),
        ("http://blog.example/", SHOP, "before", False, True, ("all",)),
    ]
    first = found.rows[-1]
    assert (first.anchor_text, first.followed, first.first_seen.date()) == ("Tents", True, day(0))
    assert first.lost_at is not None
    assert first.lost_at.date() == day(4)
    cut = campaign_links(index, listed, "blog", limit=1)
    assert (cut.rows, cut.rows_known) == (found.rows[:1], 4)
    shown = links_sheet(2)(found)
    assert shown.lines == ("blog: 4 backlinks that fit: 3 within its days, 1 before, 0 after",)
    assert [(table.title, len(table.rows), table.more) for table in shown.tables] == [
        ("within its days", 2, 2), ("before", 0, 0), ("after", 0, 0),
    ]  # fmt: skip
    whole = links_sheet(None)(found).tables
    assert [(table.title, len(table.rows), table.more) for table in whole[:2]] == [
        ("within its days", 3, 0), ("before", 1, 0),
    ]  # fmt: skip
    with pytest.raises(UsageError, match="no campaign 'none'; there are 'blog', 'all'"):
        campaign_links(index, listed, "none")


def test_sources_that_nobody_read_are_named(index: Index) -> None:
    found = row(index, sources=("nobody.example", "blog.example", "shop.example.org/x"))
    assert found.sources_unread == ("nobody.example", "shop.example.org/x")
    assert found.backlinks == 4


def test_without_an_index_of_anything_all_is_zero(tmp_path: Path) -> None:
    with index_of(Graph().waiting("http://a.example/"), tmp_path) as index:
        found = campaigns(index, [campaign(cost=1.0, currency="EUR")])
    assert (found.totals.backlinks, found.totals.spent[0].cost_per_backlink) == (0, None)
    assert (found.rows[0].followed_share, found.rows[0].authority_median) == (None, None)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"targets": ("mailto:x@a.example",)}, "campaign 'c': targets: mailto:"),
        ({"sources": ("mailto:x@a.example",)}, "campaign 'c': sources: mailto:"),
        ({"sources": ("shop.example/tents",)}, "is of the target's own site"),
    ],
)
def test_what_cannot_be_meant_is_refused(index: Index, given: dict[str, object], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        row(index, **given)


# ---- the file


GOOD = """
[[campaign]]
name = "spring"
from = 2026-03-01
until = "2026-05-31"
targets = ["shop.example"]
sources = "blog.example"
anchors = ["*tent*"]
cost = 1200.50
currency = "EUR"

[[campaign]]
name = "all"
targets = ["shop.example"]
"""


def test_a_file_is_read() -> None:
    one, two = read_campaigns(b"\xef\xbb\xbf" + GOOD.encode(), "c.toml")
    assert one == Campaign(
        "spring", date(2026, 3, 1), date(2026, 5, 31), ("shop.example",), ("blog.example",), ("*tent*",), 1200.5, "EUR"
    )
    assert two == campaign("all")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("[[campaign]]", "[[campaign", "c.toml: not a TOML file: .*line 2"),
        ('name = "all"', 'name = "all', "c.toml: not a TOML file: .*line"),
        ("from =", "form =", "c.toml: campaign 'spring': form: unknown; did you mean from"),
        ("from =", "xyzzy =", "campaign 'spring': xyzzy: unknown; known are name, from"),
        ("2026-03-01", '"1.3.2026"', "campaign 'spring': from: '1.3.2026' is no day; write it as 2026-11-21"),
        ("2026-03-01", "2026", "campaign 'spring': from: 2026 is no day"),
        ("2026-03-01", "2026-03-01T10:00:00", "from: 2026-03-01 10:00:00 is no day"),
        ("2026-03-01", "2026-06-01", "campaign 'spring': until: 2026-05-31 is before 2026-06-01"),
        ('name = "spring"', "name = 7", "campaign 1: name: must be a text"),
        ('name = "spring"', "", "campaign 1: name: must be a text"),
        ('name = "all"', 'name = "spring"', "campaign 'spring': name: given twice"),
        ('targets = ["shop.example"]\nsources', "sources", "campaign 'spring': targets: needs at least one"),
        ('["*tent*"]', "[7]", "campaign 'spring': anchors: must be a list of texts"),
        ('["*tent*"]', '[""]', "campaign 'spring': anchors: must be a list of texts"),
        ("1200.50", "-1", "campaign 'spring': cost: -1 is no amount"),
        ("1200.50", "nan", "campaign 'spring': cost: nan is no amount"),
        ("1200.50", "true", "campaign 'spring': cost: True is no amount"),
        ('"EUR"', '"euro"', "campaign 'spring': currency: a cost needs one of three capital letters"),
        ('currency = "EUR"', "", "campaign 'spring': currency: a cost needs"),
        ("cost = 1200.50", "", "campaign 'spring': currency: there is no cost"),
        ("[[campaign]]", "[[campaigns]]", "c.toml: campaigns: unknown; a file of campaigns has tables"),
    ],
)
def test_a_wrong_file_is_one_line_with_campaign_and_key(old: str, new: str, said: str) -> None:
    with pytest.raises(UsageError, match=said) as raised:
        read_campaigns(GOOD.replace(old, new, 1).encode(), "c.toml")
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("data", [b"", b"campaign = 7", b"campaign = []", b"campaign = [1]"])
def test_a_file_without_campaigns_is_said_to_have_none(data: bytes) -> None:
    with pytest.raises(UsageError, match=r"c\.toml: no campaign in it"):
        read_campaigns(data, "c.toml")


def test_a_file_that_is_not_utf_8_is_said_to_be_so() -> None:
    with pytest.raises(UsageError, match=r"c\.toml: not UTF-8 \(byte 8\)"):
        read_campaigns(b'name = "\xff"', "c.toml")


# ---- any story


@settings(max_examples=examples(4), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 2**32), st.integers(-2, 12), st.integers(0, 12))
def test_campaigns_agree_with_what_an_answer_says(seed: int, first: int, days: int) -> None:
    graph = story(Random(seed))
    dates = {"first": day(first), "last": day(first + days)}
    with tempfile.TemporaryDirectory() as folder, index_of(graph, Path(folder)) as index:
        live = {
            (it.source_url, it.target_url)  # type: ignore[union-attr]
            for it in index.who_links_to("shop.example", by="page").rows
        }
        domains = sorted({fetch.url.split("/")[2] for fetch in graph.fetches} - {"shop.example"})
        listed = [campaign("all"), campaign("dated", **dates)]
        listed += [campaign(name, sources=(name,)) for name in domains]
        found = campaigns(index, listed)
        turned = campaigns(index, listed[::-1])
        links = campaign_links(index, listed, "all").rows
    whole, dated, *each = found.rows
    assert {(it.source_url, it.target_url) for it in links if it.live} == live
    assert whole.live == len(live)
    for one in found.rows:
        assert one.backlinks == one.live + one.lost == one.gained + one.discovered
        assert one.shared <= one.backlinks
    assert dated.before + dated.backlinks + dated.after == whole.backlinks
    assert sum(one.backlinks for one in each) == whole.backlinks == found.totals.backlinks
    assert turned.rows == found.rows[::-1]
    assert turned.totals == found.totals
