"""A bounded memory, against a list."""

from hypothesis import given
from hypothesis import strategies as st

from wholinks.crawler.recent import Recent


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(1, 9))), st.integers(1, 4))
def test_those_set_last_are_remembered_and_no_others(steps: list[tuple[int, int]], limit: int) -> None:
    it = Recent[int, int](limit, 0)
    order: list[int] = []
    values: dict[int, int] = {}
    for key, value in steps:
        it[key] = values[key] = value
        order = [*(other for other in order if other != key), key][-limit:]
        assert {other: it[other] for other in range(7)} == {
            other: values[other] if other in order else 0 for other in range(7)
        }
        assert len(it) == len(order)
