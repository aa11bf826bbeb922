"""Domains that link to nearly the same sites, or have nearly the same page: those that comparing every two finds."""

import random
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wholinks.research.quality import near_pages as pages_module
from wholinks.research.quality import ranges as ranges_module
from wholinks.research.quality import twins as module
from wholinks.research.quality.near_pages import NEAR, near_pages
from wholinks.research.quality.ranges import chunks, distinct, spread
from wholinks.research.quality.twins import ALIKE, twins

Sets = dict[int, frozenset[int]]


def of_all_pairs(sets: Sets) -> dict[int, int]:
    counts = dict.fromkeys(sets, 0)
    for a, b in combinations(sets, 2):
        if len(sets[a] & sets[b]) >= ALIKE * len(sets[a] | sets[b]):
            counts[a] += 1
            counts[b] += 1
    return counts


def found(sets: Sets, seed: int = 0) -> dict[int, int]:
    pairs = [(domain, element) for domain, linked in sets.items() for element in linked]
    random.Random(seed).shuffle(pairs)
    return twins(*np.array(pairs, np.uint32).reshape(-1, 2).T)


@settings(max_examples=300, deadline=None)
@given(
    st.dictionaries(st.integers(0, 12), st.frozensets(st.integers(0, 22), min_size=3)),
    st.sampled_from([1, 512, 1024]),
    st.integers(0, 9),
)
def test_twins_are_those_of_all_pairs(plain: Sets, apart: int, seed: int) -> None:
    sets = {domain: frozenset(element * apart for element in linked) for domain, linked in plain.items()}
    assert found(sets, seed) == of_all_pairs(sets)


@pytest.mark.parametrize("seed", range(60))
def test_families_of_all_sizes(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sets of up to some thousand elements, made from a few by taking out and putting in; read in chunks of any size,
    and with a limit that is reached."""
    rng = random.Random(seed)
    most = rng.choice([3, 1000])
    monkeypatch.setattr(ranges_module, "_FIRST_CHUNK", rng.choice([1, 3, 4096]))
    monkeypatch.setattr(module, "MOST", most)
    universe = rng.choice([12, 25, 60, 300, 2500])
    families = [rng.sample(range(universe), rng.randint(3, universe)) for _ in range(3)]
    sets = {}
    for domain in range(rng.randint(1, 40)):
        made = set(rng.choice(families))
        for _ in range(rng.choice([0, 0, 1, 2, 3, 10, universe // 12])):
            if rng.random() < 0.5 and len(made) > 3:
                made.discard(min(made))
            made.add(rng.randrange(universe))
        sets[domain * 7] = frozenset(made)
    expected = of_all_pairs(sets)
    assert found(sets) == {domain: min(count, most) for domain, count in expected.items()}


@pytest.mark.parametrize(("shared", "own", "alike"), [(9, 1, True), (8, 1, False), (18, 1, True), (17, 2, False)])
def test_the_edge_of_being_alike(shared: int, own: int, alike: bool) -> None:
    """Nine of ten are enough; 8 of 9, and 17 of 19, are not."""
    sets = {5: frozenset(range(shared)), 9: frozenset(range(shared + own))}
    assert found(sets) == dict.fromkeys(sets, int(alike))


@pytest.mark.parametrize("seed", range(60))
def test_near_pages_are_those_of_all_pairs(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages with up to five bits changed, of domains with some pages each."""
    rng = random.Random(seed)
    most = rng.choice([2, 1000])
    monkeypatch.setattr(ranges_module, "_FIRST_CHUNK", rng.choice([1, 5, 4096]))
    monkeypatch.setattr(pages_module, "MOST", most)
    monkeypatch.setattr(pages_module, "_HASHES_AT_ONCE", rng.choice([1, 64]))
    bases = [rng.getrandbits(64) for _ in range(rng.randint(1, 30))]
    pages = {
        (rng.randrange(25), rng.choice(bases) ^ sum(1 << bit for bit in rng.sample(range(64), rng.randrange(6))))
        for _ in range(rng.randint(1, 80))
    }
    near = {(a, b) for a, one in pages for b, other in pages if a != b and (one ^ other).bit_count() <= NEAR}
    expected = {domain: min(sum(a == domain for a, _ in near), most) for domain, _ in pages}
    mixed = rng.sample(sorted(pages), len(pages))
    found = near_pages(
        np.array([domain for domain, _ in mixed], np.uint32),
        np.array([simhash for _, simhash in mixed], np.uint64).view(np.int64),
    )
    assert found == expected


def test_nobody_has_twins_where_nobody_links() -> None:
    assert twins(np.zeros(0, np.uint32), np.zeros(0, np.uint32)) == {}
    assert near_pages(np.zeros(0, np.uint32), np.zeros(0, np.int64)) == {}


@given(st.lists(st.integers(0, 9)))
def test_each_number_once(numbers: list[int]) -> None:
    assert distinct(np.array(numbers, np.int64)).tolist() == sorted(set(numbers))


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 9)), max_size=8), st.integers(1, 5))
def test_chunks_are_all_numbers_of_the_ranges(ranges: list[tuple[int, int]], first: int) -> None:
    lower = np.array([begin for begin, _ in ranges], np.int64)
    upper = lower + np.array([many for _, many in ranges], np.int64)
    expected = [number for begin, many in ranges for number in range(begin, begin + many)]
    assert spread(lower, upper).tolist() == expected
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ranges_module, "_FIRST_CHUNK", first)
        assert [number for chunk in chunks(lower, upper) for number in spread(*chunk).tolist()] == expected
