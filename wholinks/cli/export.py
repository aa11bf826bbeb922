"""``wholinks export``: the index as a file for other programs."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import click

from wholinks.index.queries import Index
from wholinks.research.export import What, columns, nodes, rows, write_parquet
from wholinks.storage.wording import counted

from .atomic import replaced
from .notes import note_names, note_stale
from .options import data_option

_GRAPHS: Final = ("gexf", "graphml")

EXAMPLES: Final = """
\b
Examples:
  wholinks export --what graph --format gexf -o domains.gexf         who links to whom, for Gephi
  wholinks export --what backlinks --format parquet -o backlinks.parquet
  wholinks export --what links --domain-of shop.example --format csv -o links.csv
"""


@click.command(epilog=EXAMPLES, short_help="Write the index to a file for other programs.")
@data_option
@click.option(
    "--what", type=click.Choice([what.value for what in What]), required=True,
    help="Link elements, backlinks or domains (the views of 'wholinks sql'), or the graph of domains.",
)  # fmt: skip
@click.option(
    "--format", "format_", type=click.Choice(["csv", "jsonl", "parquet", *_GRAPHS]), required=True,
    help="What to write; gexf and graphml are for the graph.",
)  # fmt: skip
@click.option(
    "--domain-of", "target", metavar="TARGET",
    help="Only links and edges that lead to the domain of TARGET, or the domains that link there.",
)  # fmt: skip
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), required=True, metavar="FILE",
    help="Where to write; a file that is there is replaced once the new one is whole.",
)  # fmt: skip
def command(data: Path, what: str, format_: str, target: str | None, output: Path) -> None:
    """Write what the index has to FILE, by the rules of 'wholinks to' without options."""
    chosen = What(what)
    if format_ in _GRAPHS and chosen is not What.GRAPH:
        raise click.UsageError(f"--format {format_} is for --what graph")
    with Index(data) as index, replaced(output) as new:
        domain = index.target(target).domain if target is not None else None
        if format_ == "parquet":
            written = write_parquet(index, chosen, new, domain)
        else:
            found = _Counted(rows(index, chosen, domain))
            with new.open("w", encoding="utf-8", errors="backslashreplace", newline="\n") as stream:
                stream.writelines(f"{line}\n" for line in _lines(index, found, chosen, format_, domain))
            written = found.count
        note_names(index, [index.target(domain)] if domain is not None else [])
        note_stale(index)
    unit = "edge" if chosen is What.GRAPH else "row"
    click.echo(f"wholinks: {counted(written, unit)} written to {output}", err=True)


class _Counted(Iterator[tuple[Any, ...]]):
    """Rows, and how many of them were taken."""

    def __init__(self, found: Iterator[tuple[Any, ...]]) -> None:
        self.count = 0
        self._found = found

    def __next__(self) -> tuple[Any, ...]:
        row = next(self._found)
        self.count += 1
        return row


def _lines(
    index: Index, found: Iterator[tuple[Any, ...]], what: What, format_: str, domain: str | None
) -> Iterator[str]:
    if format_ in _GRAPHS:
        from wholinks.render import graph  # noqa: PLC0415 - one output is wanted

        write = graph.gexf if format_ == "gexf" else graph.graphml
        return write(nodes(index, domain), found)
    from wholinks.render.selected import lines  # noqa: PLC0415

    return lines(columns(index, what), found, format_)
