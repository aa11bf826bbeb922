"""The links of crawl.db in order of their targets: numbered and sorted beside DuckDB, which takes twice as long for it
and needs the disk far sooner.

``c/transpose.c`` does it, with memory that is bounded: what does not fit goes to files of the scratch folder, sorted,
and is merged as the rows are asked for. Where it was not compiled, ``links`` does the same by statements.
"""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, Final

import duckdb
import numpy as np
from numpy.typing import NDArray

from .source import BATCH_ROWS, CrawlSnapshot

_VERSION: Final = 1  # as in c/transpose.c

try:
    from ._transpose import VERSION, Transposer

    IS_COMPILED = VERSION == _VERSION
except ImportError:
    IS_COMPILED = False

EXTERNAL: Final = "external_link"
INTERNAL: Final = "internal_link"
"""Names of tables with the columns ``target_domain``, ``source_domain``, ``target``, ``source``, ``packed``,
``is_nofollow`` and ``texts``, in this order of the first five: links of steady pages to other sites, and open ones
within sites, whose texts are empty. ``packed`` is as in ``storage.views.packed``. They can be read once."""

_TARGET_BYTES: Final = 17
"""What a URL takes in the table of hashes."""
_RUNS: Final = 10
"""A tenth of the memory is for a run of external links, and one for one of internal ones."""
_AT_ONCE: Final = 2_000_000

_GIVEN: Final = "SELECT count(*), getvariable('memory_bytes'), current_setting('temp_directory') FROM url"
_SOURCES: Final = """
SELECT fetch_id, url_no, domain_no, (is_nofollow::INTEGER + 2 * is_restless::INTEGER)::UTINYINT AS flags
FROM source_fetch ORDER BY fetch_id"""


class Rows:
    """An Arrow stream for whoever asks for one."""

    def __init__(self, capsule: object) -> None:
        self._capsule = capsule

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self._capsule


def is_possible(duck: duckdb.DuckDBPyConnection) -> bool:
    """Whether it was compiled, and the URLs leave a quarter of the memory to the rest."""
    urls, memory_bytes, _ = duck.execute(_GIVEN).fetchall()[0]
    return IS_COMPILED and urls * _TARGET_BYTES + 2 * (memory_bytes // _RUNS) <= memory_bytes * 3 // 4


@contextmanager
def transposed(duck: duckdb.DuckDBPyConnection, crawl: CrawlSnapshot, links: str) -> Iterator[None]:
    """While inside, :data:`EXTERNAL` and :data:`INTERNAL` are tables of ``duck`` with the rows of ``links``, a
    statement of ``storage.views.packed``.

    Raises :class:`duckdb.Error` where crawl.db can't be read, and :class:`OSError` where the scratch folder can't be
    written.
    """
    urls, memory_bytes, scratch = duck.execute(_GIVEN).fetchall()[0]
    run_bytes = memory_bytes // _RUNS
    duck.execute(f"SET memory_limit = '{memory_bytes - urls * _TARGET_BYTES - 2 * run_bytes} B'")
    sources = duck.execute(_SOURCES).fetchnumpy()
    with ExitStack() as files:
        external, internal = (files.enter_context(tempfile.TemporaryFile(dir=scratch)) for _ in range(2))
        work = Transposer(
            urls,
            np.ascontiguousarray(sources["fetch_id"]),
            np.ascontiguousarray(sources["url_no"]),
            np.ascontiguousarray(sources["domain_no"]),
            np.ascontiguousarray(sources["flags"]),
            external.fileno(),
            internal.fileno(),
            run_bytes,
            BATCH_ROWS,
        )
        for hashes, _ in _slices(duck, urls):
            work.count(hashes)
        for hashes, domains in _slices(duck, urls):
            work.place(hashes, domains)
        with crawl.stream(links) as stream:
            try:
                work.add(stream)
            except RuntimeError as error:
                raise duckdb.IOException(str(error)) from error
    for name, is_internal in ((INTERNAL, True), (EXTERNAL, False)):
        duck.register(name, Rows(work.rows(is_internal)))
    duck.execute(f"SET memory_limit = '{memory_bytes} B'; SET block_allocator_memory = '{memory_bytes} B'")
    try:
        yield
    finally:
        for name in (INTERNAL, EXTERNAL):
            duck.unregister(name)


def _slices(duck: duckdb.DuckDBPyConnection, urls: int) -> Iterator[tuple[NDArray[Any], NDArray[Any]]]:
    """Hashes and domains of URLs, in order of their numbers, some at a time."""
    for first in range(0, urls, _AT_ONCE):
        found = duck.execute(
            "SELECT hash, domain_no FROM url WHERE rowid BETWEEN ? AND ? ORDER BY rowid", [first, first + _AT_ONCE - 1]
        ).fetchnumpy()
        yield np.ascontiguousarray(found["hash"]), np.ascontiguousarray(found["domain_no"])
