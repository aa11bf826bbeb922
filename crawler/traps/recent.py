"""A bounded memory."""

from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

Key = TypeVar("Key", str, int)
Value = TypeVar("Value")


class Recent(Generic[Key, Value]):
    """At most ``most`` values by their keys, made when first used; the one not used for longest is forgotten first."""

    __slots__ = ("_make", "_most", "_values")

    def __init__(self, most: int, make: Callable[[], Value]) -> None:
        self._most = most
        self._make = make
        self._values: OrderedDict[Key, Value] = OrderedDict()

    def __len__(self) -> int:
        return len(self._values)

    def get(self, key: Key) -> Value | None:
        """The value if it is there; that is no use of it."""
        return self._values.get(key)

    def use(self, key: Key) -> Value:
        """The value, made if it was not there, and now the last to be forgotten."""
        value = self._values.get(key)
        if value is None:
            if len(self._values) >= self._most:
                self._values.popitem(last=False)
            value = self._values[key] = self._make()
        else:
            self._values.move_to_end(key)
        return value
