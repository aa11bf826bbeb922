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
    """The rows of one moment. Its statements (``storage.views``) all see the same state, whatever a crawl does."""

    def __init__(self, connection: AdbcConnection) -> None:
        self._connection = connection

    @contextmanager
    def rows(self, duck: duckdb.DuckDBPyConnection, select: str, name: str = "source") -> Iterator[None]:
        """While inside, ``name`` is a table of ``duck`` with the rows of ``select``; it can be read once."""
        with AdbcStatement(self._connection) as statement:
            statement.set_options(**{adbc_driver_sqlite.StatementOptions.BATCH_ROWS.value: str(BATCH_ROWS)})
            statement.set_sql_query(select)
            handle, _ = statement.execute_query()
            duck.register(name, handle)
            try:
                yield
            finally:
                with suppress(duckdb.Error):  # after an error the statement may still hold it; both are about to go
                    duck.unregister(name)


@contextmanager
def crawl_snapshot(path: Path) -> Iterator[CrawlSnapshot]:
    """Open the crawl.db at ``path``; one of an older version is brought up to date.

    Raises :class:`DataFolderError` when there is none, or it can't be used.
    """
    views.bring_up_to_date(path)  # checks the file
    database = adbc_driver_sqlite.connect(f"{path.resolve().as_uri()}?mode=ro")
    connection = AdbcConnection(database)
    try:
        connection.set_autocommit(False)
        yield CrawlSnapshot(connection)
    except BaseException:
        with suppress(RuntimeError):  # Ctrl-C may have left a statement open, which then keeps them open
            connection.close()
            database.close()
        raise
    connection.close()
    database.close()
