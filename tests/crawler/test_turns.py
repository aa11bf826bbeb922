"""The heap of those who may act, against a list that is searched."""

from dataclasses import dataclass
from itertools import count

from hypothesis import given
from hypothesis import strategies as st

from wholinks.crawler.turns import FIRST, NEVER, Rank, Turns


@dataclass(eq=False)
class Runner:
    name: int
    heap_at: float = NEVER
    heap_rank: Rank = FIRST
    ticket: int = 0


DUES = st.sampled_from([0.0, 1.0, 2.0, 3.0, NEVER])


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 1), DUES | st.none()), max_size=60))
def test_the_first_due_is_the_first_due_whatever_was_moved(steps: list[tuple[int, int, float | None]]) -> None:
    """A step gives a runner a place in one of two heaps, or (None) takes the first out of that heap."""
    tickets = count(1)
    heaps = Turns[Runner](tickets), Turns[Runner](tickets)
    runners = [Runner(name) for name in range(5)]
    known: list[dict[int, float]] = [{}, {}]
    for name, place, due in steps:
        heap, mine = heaps[place], known[place]
        if due is not None:
            if name in known[1 - place]:
                heaps[1 - place].leave(runners[name])
                del known[1 - place][name]
            heap.put(runners[name], due)
            mine.pop(name, None)
            if due < NEVER:
                mine[name] = due
        elif mine:
            first = min(mine.values())
            assert mine.pop(heap.take(first).name) == first
        if name == 0:
            heap.tidy()
        for one, its in zip(heaps, known, strict=True):
            assert one.first_due() == min(its.values(), default=NEVER)


RANKS = st.tuples(st.integers(0, 2), st.integers(-2, 0))


@given(st.lists(st.tuples(DUES, RANKS), min_size=1, max_size=20), st.sampled_from([0.0, 1.0, 2.0, 3.0]))
def test_of_those_that_are_due_the_first_by_rank_goes_first(places: list[tuple[float, Rank]], now: float) -> None:
    heap = Turns[Runner]()
    runners = [Runner(name) for name in range(len(places))]
    for runner, (due, rank) in zip(runners, places, strict=True):
        heap.put(runner, 0.0, (9, 9))  # it changes its mind
        heap.put(runner, due, rank)
    ready = sorted((rank, due, name) for name, (due, rank) in enumerate(places) if due <= now)
    assert [heap.take(now).name for _ in ready] == [name for _, _, name in ready]
    assert heap.first_due() > now


def test_who_waits_among_the_due_may_rise() -> None:
    heap = Turns[Runner]()
    first, second, third = (Runner(name) for name in range(3))
    for runner, rank in ((first, (0, 0)), (second, (1, -1)), (third, (1, -2))):
        heap.put(runner, 0.0, rank)
    assert heap.take(1.0) is first
    assert heap.put(second, 0.0, (1, -3))
    heap.tidy()
    assert heap.first_rank() == (1, -2)
    assert [heap.take(1.0), heap.take(1.0)] == [second, third]
