"""The heap of those who may act, against a list that is searched."""

from dataclasses import dataclass
from itertools import count

from hypothesis import given
from hypothesis import strategies as st

from wholinks.crawler.turns import NEVER, Turns


@dataclass(eq=False)
class Runner:
    name: int
    heap_at: float = NEVER
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
            assert mine.pop(heap.take().name) == first
        if name == 0:
            heap.tidy()
        for one, its in zip(heaps, known, strict=True):
            assert one.first_due() == min(its.values(), default=NEVER)
