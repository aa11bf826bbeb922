"""crawl.db as the build reads it: one moment of it, pulled through Arrow."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import adbc_driver_sqlite
import duckdb
from adbc_driver_manager import AdbcConnection, AdbcStatement

from wholinks.storage import views

BATCH_ROWS: Final = 122_880
"""Rows of one Arrow batch: a row group of DuckDB, which copies what comes in smaller pieces once more."""


class CrawlSnapshot:
    """The rows of one moment. Its statements (``storage.views``) all see the same state, whatever a crawl does.

    ``file`` is the one at ``path``, if it has all of that moment and stays so: large tables are read from its pages.
    """

    def __init__(self, path: Path, connection: AdbcConnection, file: views.TableFile | None) -> None:
        self._path = path
        self._connection = connection
        self.file = file

    @contextmanager
    def later(self) -> Iterator["CrawlSnapshot"]:
        """Another one, for another thread: of the same moment, or a later one."""
        with _reading(self._path) as connection:
            yield CrawlSnapshot(self._path, connection, self.file)

    @contextmanager
    def rows(self, duck: duckdb.DuckDBPyConnection, select: str, name: str = "source") -> Iterator[None]:
        """While inside, ``name`` is a table of ``duck`` with the rows of ``select``; it can be read once."""
        with self.stream(select) as stream:
            duck.register(name, stream)
            try:
                yield
            finally:
                with suppress(duckdb.Error):  # after an error the statement may still hold it; both are about to go
                    duck.unregister(name)

    @contextmanager
    def stream(self, select: str) -> Iterator[object]:
        """The rows of ``select`` as an Arrow stream (``__arrow_c_stream__``), which can be read once while inside."""
        if self.file is not None and select in views.SCANS:
            yield self.file.scan(views.SCANS[select], BATCH_ROWS)
            return
        with AdbcStatement(self._connection) as statement:
            statement.set_options(**{adbc_driver_sqlite.StatementOptions.BATCH_ROWS.value: str(BATCH_ROWS)})
            statement.set_sql_query(select)
            yield statement.execute_query()[0]


@contextmanager
def crawl_snapshot(path: Path) -> Iterator[CrawlSnapshot]:
    """Open the crawl.db at ``path``; one of an older version is brought up to date.

    Nothing else of this process may open the file meanwhile (``storage.table_scan.TableFile`` says why). Raises
    :class:`DataFolderError` when there is none, or it can't be used.
    """
    views.bring_up_to_date(path)  # checks the file
    with views.TableFile(path) as file, _reading(path) as connection:
        yield CrawlSnapshot(path, connection, file if file.has_all() else None)


@contextmanager
def _reading(path: Path) -> Iterator[AdbcConnection]:
    """A connection with a transaction that has begun to read."""
    database = adbc_driver_sqlite.connect(f"{path.resolve().as_uri()}?mode=ro")
    connection = AdbcConnection(database)
    try:
        connection.set_autocommit(False)
        with AdbcStatement(connection) as statement:
            statement.set_sql_query(views.LAST_FETCH)
            statement.execute_update()
        yield connection
    except BaseException:
        with suppress(RuntimeError):  # Ctrl-C may have left a statement open, which then keeps them open
            connection.close()
            database.close()
        raise
    connection.close()
    database.close()
