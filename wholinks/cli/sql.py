"""``wholinks sql``: a SELECT of one's own over the index."""

import sys
from pathlib import Path
from typing import Final

import click

from wholinks.index.queries import Index
from wholinks.research.sql import TIMEOUT_S, select

from .notes import note_stale
from .options import data_option, format_option

EXAMPLES: Final = """
\b
Examples:
  wholinks sql "SELECT * FROM domains ORDER BY referring_domains DESC LIMIT 10"
  wholinks sql "SELECT anchor_text, count(*) AS n FROM backlinks GROUP BY ALL ORDER BY n DESC"
  wholinks sql "DESCRIBE links"                     its columns
  wholinks sql - --format csv < question.sql > answer.csv

\b
Views: links, backlinks, domains, pairs, internal, pages, urls, coverage, lost (docs/sql.md). The SQL is DuckDB's.
"""


@click.command(epilog=EXAMPLES, short_help="A SELECT of your own over the index.")
@click.argument("statement")
@data_option
@click.option(
    "--timeout", "timeout_s", type=click.FloatRange(min=0, min_open=True), default=TIMEOUT_S, show_default=True,
    metavar="SECONDS", help="Stop after so long.",
)  # fmt: skip
@format_option("table", "json", "jsonl", "csv")
def command(statement: str, data: Path, timeout_s: float, format_: str) -> None:
    """Answer STATEMENT, one SELECT (-: read it from standard input). It reads the index, and nothing else."""
    from wholinks.render.selected import lines  # noqa: PLC0415 - after the index said that it is there

    text = sys.stdin.read() if statement == "-" else statement
    with Index(data) as index:
        with select(index, text, timeout_s) as selected:
            for line in lines(selected.columns, selected, format_):
                sys.stdout.write(line + "\n")
        note_stale(index)
