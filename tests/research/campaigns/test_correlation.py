"""Coefficients: values known by hand or from books, and what holds of any series."""

import math

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from wholinks.research.campaigns.correlation import Coefficient, pearson, ranks, spearman

_NUMBERS = st.integers(-1_000_000, 1_000_000)
SERIES = st.lists(st.tuples(_NUMBERS, _NUMBERS), min_size=4, max_size=30)


def found(given: Coefficient | None) -> Coefficient:
    assert given is not None
    return given


def split(pairs: list[tuple[int, int]]) -> tuple[list[float], list[float]]:
    return [float(one) for one, _ in pairs], [float(two) for _, two in pairs]


def test_by_hand() -> None:
    """Deviations -2 -1 0 1 2 and -1 -2 1 0 2: products sum to 8, squares to 10 each."""
    one, two = [1.0, 2, 3, 4, 5], [2.0, 1, 4, 3, 5]
    linear, ranked = found(pearson(one, two)), found(spearman(one, two))
    assert linear.value == pytest.approx(0.8)
    # atanh 0.8 = 1.0986; 1.96 / √2 = 1.3859
    assert (linear.low, linear.high) == pytest.approx((math.tanh(-0.28729), math.tanh(2.48451)), abs=1e-4)
    assert ranked.value == pytest.approx(0.8)
    # √(1.32 / 2) = 0.81240; × 1.96 = 1.59228
    assert (ranked.low, ranked.high) == pytest.approx((math.tanh(-0.49367), math.tanh(2.69089)), abs=1e-4)


def test_anscombes_first_set() -> None:
    x = [10.0, 8, 13, 9, 11, 14, 6, 4, 12, 7, 5]
    y = [8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68]
    assert found(pearson(x, y)).value == pytest.approx(0.81642051634484)


def test_an_example_of_ranks() -> None:
    """Ten people's IQ and hours before a television: rho = 1 - 6 × 194 / 990 = -29/165."""
    iq = [106.0, 100, 86, 101, 99, 103, 97, 113, 112, 110]
    hours = [7.0, 27, 2, 50, 28, 29, 20, 12, 6, 17]
    assert found(spearman(iq, hours)).value == pytest.approx(-29 / 165)


def test_equal_values_share_their_rank() -> None:
    assert ranks([10, 20, 20, 30]) == [1, 2.5, 2.5, 4]
    assert ranks([5, 5, 5]) == [2, 2, 2]
    assert ranks([3, 1, 2]) == [3, 1, 2]


def test_what_does_not_vary_has_no_coefficient() -> None:
    assert pearson([1, 1, 1, 1], [1, 2, 3, 4]) is None
    assert spearman([1, 2, 3, 4], [0.1, 0.1, 0.1, 0.1]) is None


def test_too_few_or_unequal_points_are_refused() -> None:
    for one, two in (([1.0, 2, 3], [1.0, 2, 3]), ([1.0, 2, 3, 4], [1.0, 2, 3, 4, 5])):
        for measure in (pearson, spearman):
            with pytest.raises(ValueError, match="of one length"):
                measure(one, two)


def test_a_line_is_one() -> None:
    assert pearson([1, 2, 3, 4], [3, 5, 7, 9]) == Coefficient(1, 1, 1)
    assert spearman([1, 2, 3, 4], [-1, -8, -27, -640]) == Coefficient(-1, -1, -1)


@settings(deadline=None)
@given(SERIES)
def test_a_coefficient_lies_in_its_interval_and_that_between_minus_one_and_one(pairs: list[tuple[int, int]]) -> None:
    for measure in (pearson, spearman):
        given = measure(*split(pairs))
        if given is not None:
            assert -1 <= given.low <= given.value <= given.high <= 1


@settings(deadline=None)
@given(SERIES)
def test_which_series_comes_first_does_not_matter(pairs: list[tuple[int, int]]) -> None:
    one, two = split(pairs)
    assert pearson(one, two) == pearson(two, one)
    assert spearman(one, two) == spearman(two, one)


@settings(deadline=None)
@given(SERIES, st.randoms(use_true_random=False))
def test_the_order_of_points_does_not_matter(pairs: list[tuple[int, int]], random: object) -> None:
    turned = list(pairs)
    random.shuffle(turned)  # type: ignore[attr-defined]
    for measure in (pearson, spearman):
        one, two = measure(*split(pairs)), measure(*split(turned))
        assert (one is None) == (two is None)
        if one and two:
            assert one.value == pytest.approx(two.value, abs=1e-9)


@settings(deadline=None)
@given(SERIES, st.integers(1, 1000), st.integers(-1000, 1000))
def test_scale_and_origin_do_not_matter_and_a_mirror_turns_the_sign(
    pairs: list[tuple[int, int]], factor: int, shift: int
) -> None:
    one, two = split(pairs)
    linear = pearson(one, two)
    assume(linear is not None)
    moved = [factor * value + shift for value in one]
    assert found(pearson(moved, two)).value == pytest.approx(found(linear).value, abs=1e-9)
    mirrored = found(pearson([-value for value in one], two))
    assert mirrored.value == pytest.approx(-found(linear).value, abs=1e-9)


@settings(deadline=None)
@given(SERIES)
def test_no_rising_map_changes_ranks(pairs: list[tuple[int, int]]) -> None:
    one, two = split(pairs)
    mapped = [value**3 + value for value in one]
    assert spearman(mapped, two) == spearman(one, two)


def test_more_points_make_the_interval_narrower() -> None:
    one, two = [1.0, 2, 3, 4, 5], [2.0, 1, 4, 3, 5]
    few, many = found(pearson(one, two)), found(pearson(one * 4, two * 4))
    assert many.value == pytest.approx(few.value)
    assert few.low < many.low < many.high < few.high
