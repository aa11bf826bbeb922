"""Columns of numpy as a table that DuckDB reads once, in order, each batch when it is wanted: by Arrow's "C data
interface" and "C stream interface" (arrow.apache.org/docs/format/CDataInterface.html).

DuckDB takes a single array of numpy at a time, and no order is promised. Arrow's own library would be ten times
everything else that is installed.
"""

import ctypes
import errno
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, count
from struct import Struct
from typing import Any, ClassVar, Final, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

_FORMATS: Final = {"uint32": b"I", "int64": b"l"}
_TEXT: Final = b"vu"
_VIEW: Final = np.dtype("V16")
_IN_VIEW: Final = 12
_SHORT: Final = Struct("=i12s")
_LONG: Final = Struct("=i4sii")


class Texts(NamedTuple):
    """A column of texts as Arrow's views of UTF-8, 16 bytes each: a text of up to 12 bytes lies in its view, a longer
    one in ``data``, of up to 2 GiB, which columns may share."""

    views: NDArray[Any]
    data: bytes

    @classmethod
    def of(cls, texts: Iterable[str]) -> Self:
        """The column of ``texts``."""
        views, data = bytearray(), bytearray()
        for text in map(str.encode, texts):
            if len(text) <= _IN_VIEW:
                views += _SHORT.pack(len(text), text)
            else:
                views += _LONG.pack(len(text), text, 0, len(data))  # its first four bytes
                data += text
        return cls(np.frombuffer(views, _VIEW), bytes(data))

    def at(self, places: NDArray[Any]) -> Self:
        """The column of the texts at these ``places``."""
        return self._replace(views=self.views.take(places))


Batch = Mapping[str, NDArray[Any] | Texts]
"""Columns by name, all of one length, each uint32, int64 or texts."""


class _Schema(ctypes.Structure):
    pass


class _Array(ctypes.Structure):
    pass


class _Stream(ctypes.Structure):
    _fields_: ClassVar = [
        (name, ctypes.c_void_p) for name in ("get_schema", "get_next", "get_last_error", "release", "private_data")
    ]


_Schema._fields_ = [
    ("format", ctypes.c_char_p), ("name", ctypes.c_char_p), ("metadata", ctypes.c_char_p), ("flags", ctypes.c_int64),
    ("n_children", ctypes.c_int64), ("children", ctypes.POINTER(ctypes.POINTER(_Schema))),
    ("dictionary", ctypes.POINTER(_Schema)), ("release", ctypes.c_void_p), ("private_data", ctypes.c_void_p),
]  # fmt: skip
_Array._fields_ = [
    ("length", ctypes.c_int64), ("null_count", ctypes.c_int64), ("offset", ctypes.c_int64),
    ("n_buffers", ctypes.c_int64), ("n_children", ctypes.c_int64), ("buffers", ctypes.POINTER(ctypes.c_void_p)),
    ("children", ctypes.POINTER(ctypes.POINTER(_Array))), ("dictionary", ctypes.POINTER(_Array)),
    ("release", ctypes.c_void_p), ("private_data", ctypes.c_void_p),
]  # fmt: skip

_KEPT: Final[dict[int, object]] = {}
"""What memory a structure that was handed out stands on, by its ``private_data``; until it is released."""
_NUMBERS: Final = count(1)


def _release(given: Any) -> None:
    """Of a schema or an array: with all below it that nobody took over."""
    it = given.contents
    for number in range(it.n_children):
        if it.children[number].contents.release:
            _release(it.children[number])
    del _KEPT[it.private_data]
    it.release = None


_RELEASE_SCHEMA: Final = ctypes.CFUNCTYPE(None, ctypes.POINTER(_Schema))(_release)
_RELEASE_ARRAY: Final = ctypes.CFUNCTYPE(None, ctypes.POINTER(_Array))(_release)


def _address(function: Any) -> int | None:
    return ctypes.cast(function, ctypes.c_void_p).value


def _keep(it: Any, release: Any, *memory: object) -> None:
    it.private_data = next(_NUMBERS)
    it.release = _address(release)
    _KEPT[it.private_data] = memory


def _pointers(of: type[Any], structures: list[Any]) -> Any:
    return (ctypes.POINTER(of) * len(structures))(*map(ctypes.pointer, structures))


def _describe(it: Any, name: str, column: NDArray[Any] | Texts) -> None:
    it.name = name.encode()
    it.format = _TEXT if isinstance(column, Texts) else _FORMATS[column.dtype.name]
    _keep(it, _RELEASE_SCHEMA)


def _fill(it: Any, length: int, *buffers: NDArray[Any]) -> None:
    """An array of ``length`` values, none of them NULL."""
    addresses = (ctypes.c_void_p * (len(buffers) + 1))(None, *(buffer.ctypes.data for buffer in buffers))
    it.length, it.n_buffers, it.buffers = length, len(addresses), addresses
    _keep(it, _RELEASE_ARRAY, addresses, buffers)


def _column(column: NDArray[Any] | Texts) -> Any:
    it = _Array()
    if isinstance(column, Texts):
        data = np.frombuffer(column.data or b"\0", np.uint8)
        _fill(it, len(column.views), column.views, data, np.array([len(data)], np.int64))
    else:
        _fill(it, len(column), np.ascontiguousarray(column))
    return it


class ArrowBatches:
    """A table for ``duckdb.register``, of at least one batch. What goes wrong as they are made is in ``error``."""

    def __init__(self, batches: Iterator[Batch]) -> None:
        first = next(batches)
        self.error: BaseException | None = None
        self._first = first
        self._batches = chain([first], batches)
        pointer = ctypes.c_void_p
        self._functions = (
            ctypes.CFUNCTYPE(ctypes.c_int, pointer, ctypes.POINTER(_Schema))(self._schema),
            ctypes.CFUNCTYPE(ctypes.c_int, pointer, ctypes.POINTER(_Array))(self._next),
            ctypes.CFUNCTYPE(pointer, pointer)(self._message),
            ctypes.CFUNCTYPE(None, ctypes.POINTER(_Stream))(self._end),
        )
        self._said = ctypes.create_string_buffer(b"the rows could not be made")
        self._stream = _Stream(*map(_address, self._functions))

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        new = ctypes.pythonapi.PyCapsule_New
        new.restype, new.argtypes = ctypes.py_object, [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]
        capsule: object = new(ctypes.addressof(self._stream), b"arrow_array_stream", None)
        return capsule

    def _schema(self, _: object, given: Any) -> int:
        columns = [_Schema() for _ in self._first]
        for it, (name, column) in zip(columns, self._first.items(), strict=True):
            _describe(it, name, column)
        it = given.contents
        ctypes.memset(given, 0, ctypes.sizeof(_Schema))
        below = _pointers(_Schema, columns)
        it.format, it.name, it.n_children, it.children = b"+s", b"", len(columns), below
        _keep(it, _RELEASE_SCHEMA, columns, below)
        return 0

    def _next(self, _: object, given: Any) -> int:
        ctypes.memset(given, 0, ctypes.sizeof(_Array))
        try:
            batch = next(self._batches, None)
            if batch is not None:
                columns = [_column(column) for column in batch.values()]
                below = _pointers(_Array, columns)
                it = given.contents
                it.n_children, it.children = len(columns), below
                _fill(it, columns[0].length)
                _KEPT[it.private_data] = (_KEPT[it.private_data], columns, below)
        except BaseException as error:  # noqa: BLE001 - it is raised where the statement ends
            self.error = error
            return errno.EIO
        return 0

    def _message(self, _: object) -> int:
        return ctypes.addressof(self._said)

    def _end(self, given: Any) -> None:
        given.contents.release = None
