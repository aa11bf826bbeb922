"""The index whole, or what leads to one domain: rows of the documented views, and the graph of domains."""
# ruff: noqa: S608 - statements are made of this package's constants; whatever a user gives is a parameter

from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import duckdb

from wholinks.index.connection import quoted
from wholinks.index.ctrl_c import interruptible
from wholinks.index.queries import Index
from wholinks.index.schema import INDEX_FILE
from wholinks.research.sql import VIEWS

_CHUNK: Final = 2048
_MEMORY: Final = "1500MB"


class What(StrEnum):
    """What is exported: the views of these names (docs/sql.md), or the links between domains."""

    LINKS = "links"
    BACKLINKS = "backlinks"
    DOMAINS = "domains"
    GRAPH = "graph"


_GRAPH: Final = """
SELECT pair.source_domain AS source, domain.domain AS target, pair.backlinks, pair.links, pair.followed
FROM index.pair AS pair JOIN index.domain AS domain ON domain.domain_id = pair.target_domain_id"""

_SELECTS: Final = {
    What.LINKS: f"SELECT * FROM ({VIEWS['links']})",
    What.BACKLINKS: f"SELECT * FROM ({VIEWS['backlinks']})",
    What.DOMAINS: f"SELECT * FROM ({VIEWS['domains']})",
    What.GRAPH: f"SELECT * FROM ({_GRAPH})",
}
_REFERRING: Final = f"domain IN (SELECT source FROM ({_GRAPH}) WHERE target = ?)"
_OF_DOMAIN: Final = {
    What.LINKS: "target_domain = ?",
    What.BACKLINKS: "target_domain = ?",
    What.DOMAINS: _REFERRING,
    What.GRAPH: "target = ?",
}
# Rows of the two large views come as they are found: to sort them takes more memory than an index has to be given.
_ORDER: Final = {What.DOMAINS: " ORDER BY domain", What.GRAPH: " ORDER BY source, target"}


def _statement(what: What, domain: str | None) -> tuple[str, list[Any]]:
    where = f" WHERE {_OF_DOMAIN[what]}" if domain is not None else ""
    return f"{_SELECTS[what]}{where}{_ORDER.get(what, '')}", [domain] if domain is not None else []


def columns(index: Index, what: What) -> tuple[str, ...]:
    """The names of the rows' columns."""
    statement, _ = _statement(what, None)
    found = index.translated(lambda: index.session().execute(f"DESCRIBE {statement}").fetchall())
    return tuple(row[0] for row in found)


def rows(index: Index, what: What, domain: str | None = None) -> Iterator[tuple[Any, ...]]:
    """The rows, one by one; with ``domain`` (a registrable one, or a site by prefix) only links and edges that lead
    there, or the domains that do."""
    statement, values = _statement(what, domain)
    duck = index.translated(lambda: index.session().execute(statement, values))
    while chunk := index.translated(lambda: duck.fetchmany(_CHUNK)):
        yield from chunk


def nodes(index: Index, domain: str | None = None) -> Iterator[str]:
    """The domains at either end of the graph's edges, by name."""
    edges, values = _statement(What.GRAPH, domain)
    statement = f"WITH edge AS ({edges}) SELECT source FROM edge UNION SELECT target FROM edge ORDER BY 1"
    duck = index.translated(lambda: index.session().execute(statement, values))
    while chunk := index.translated(lambda: duck.fetchmany(_CHUNK)):
        yield from (name for (name,) in chunk)


def write_parquet(index: Index, what: What, path: Path, domain: str | None = None) -> int:
    """Write the rows to ``path`` as Parquet; how many there are. The connection of ``index`` may write no file, so this
    takes another one, which runs this statement alone. What does not fit :data:`_MEMORY` goes to a folder beside
    ``path`` meanwhile."""
    statement, values = _statement(what, domain)
    if values:
        statement = statement.replace("?", "getvariable('wanted')")

    def write() -> int:
        with (
            TemporaryDirectory(prefix=f".{path.name}.", dir=path.parent) as scratch,
            interruptible(duckdb.connect(":memory:", config={"autoinstall_known_extensions": "false"})) as duck,
        ):
            duck.execute(f"ATTACH {quoted(index.folder / INDEX_FILE)} AS index (READ_ONLY)")
            duck.execute(f"SET memory_limit = '{_MEMORY}'; SET temp_directory = {quoted(scratch)}")
            duck.execute("SET preserve_insertion_order = false")
            if values:
                duck.execute("SET VARIABLE wanted = ?", values)
            ((count,),) = duck.execute(f"COPY ({statement}) TO {quoted(path)} (FORMAT parquet)").fetchall()
            return int(count)

    return index.translated(write)
