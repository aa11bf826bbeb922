"""Which sites a crawl may enter."""

import pytest

from wholinks.crawler.scope import Scope


@pytest.mark.parametrize("hops", [0, 1, 3])
def test_a_domain_is_in_scope_up_to_the_limit_of_hops(hops: int) -> None:
    scope = Scope(hops)
    for hop in range(5):
        scope.reach(f"{hop}.example", hop)
    assert [scope.contains(f"{hop}.example") for hop in range(5)] == [hop <= hops for hop in range(5)]
    assert not scope.contains("unknown.example")


def test_what_is_out_of_reach_is_one_hop_beyond_the_limit() -> None:
    assert Scope(2).hop("unknown.example") == 3


def test_reaching_is_news_only_when_it_is_nearer() -> None:
    scope = Scope(2)
    news = [scope.reach("a.example", hop) for hop in (3, 2, 2, 1, 2, 0, 0)]
    assert news == [False, True, False, True, False, True, False]
    assert scope.hop("a.example") == 0
