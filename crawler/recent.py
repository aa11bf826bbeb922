"""What is remembered of many, within bounds: where there is no more room, what was set longest ago is forgotten."""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Recent(Generic[K, V]):
    """At most ``limit`` entries; ``default`` is what is known of all others."""

    def __init__(self, limit: int, default: V) -> None:
        self._limit = limit
        self._default = default
        self._entries: OrderedDict[K, V] = OrderedDict()

    def __len__(self) -> int:
        return len(self._entries)

    def __getitem__(self, key: K) -> V:
        return self._entries.get(key, self._default)

    def __setitem__(self, key: K, value: V) -> None:
        self._entries[key] = value
        self._entries.move_to_end(key)
        while len(self._entries) > self._limit:
            self._entries.popitem(last=False)
