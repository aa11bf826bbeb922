from typing import Any

from numpy.typing import NDArray

VERSION: int

class Transposer:
    def __new__(
        cls,
        urls: int,
        fetches: NDArray[Any],
        source_urls: NDArray[Any],
        source_domains: NDArray[Any],
        source_flags: NDArray[Any],
        external: int,
        internal: int,
        run_bytes: int,
        batch_rows: int,
        /,
    ) -> Transposer: ...
    def count(self, hashes: NDArray[Any], /) -> None: ...
    def place(self, hashes: NDArray[Any], domains: NDArray[Any], /) -> None: ...
    def add(self, stream: object, /) -> None: ...
    def rows(self, is_internal: bool, /) -> object: ...
