"""``wholinks to``: who links to a site, a host, a part of it or a page."""

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import click

from wholinks.index.answers import Answer
from wholinks.index.queries import Index
from wholinks.index.questions import By, Follow, Question, kinds_meant
from wholinks.index.target import Mode, Schemes
from wholinks.render.text import neutralise

from .options import data_option, format_option
from .question_options import filter_options, target_options
from .verdict import show_verdict

TABLE_ROWS: Final = 20
"""Rows of a table without ``--limit``; the other formats have them all."""

EXAMPLES: Final = """
\b
Examples:
  wholinks to shop.example                          referring domains, the strongest first
  wholinks to shop.example --by page                every backlink with its anchor text
  wholinks to shop.example --by anchor              what the links say
  wholinks to shop.example --by target              which of its URLs are linked
  wholinks to shop.example --by tld                 from which top levels; language, host, kind, placement
  wholinks to shop.example/tents --mode prefix      only to this part of the site
  wholinks to https://shop.example/tents/ulv        only to this page
  wholinks to shop.example --follow followed        only links that pass authority
  wholinks to shop.example --kind canonical         other kinds than usual
  wholinks to shop.example --from blog.example      does this site link there: yes, no or unknown
  wholinks to shop.example --format json            for scripts
  wholinks to shop.example --by link --format csv > links.csv

\b
What TARGET covers without --mode: a URL with a path or query means just that URL (exact), anything
else the host and all under it (subdomains). A typed port means that port only.
"""


@click.command(epilog=EXAMPLES, short_help="Who links to a site, a host, a part of it or a page.")
@click.argument("target")
@data_option
@target_options
@click.option(
    "--by", type=click.Choice([by.value for by in By]), default=By.DOMAIN.value, show_default=True,
    help="A row for each referring domain, backlink (page), occurrence (link), or of all with one anchor text,"
    " target URL, source host, kind, placement, source top level (tld) or language.",
)  # fmt: skip
@filter_options
@click.option(
    "--limit", type=click.IntRange(min=0), metavar="N",
    help=f"At most N rows; the totals are whole.  [default: {TABLE_ROWS} in a table, else all]",
)  # fmt: skip
@click.option(
    "--from", "source", metavar="SITE",
    help="Whether SITE (a domain, a host or a URL) links to TARGET: yes, no or unknown, with the links or the reasons.",
)  # fmt: skip
@format_option("table", "json", "jsonl", "csv")
def command(  # noqa: PLR0917 - click names them all
    target: str,
    data: Path,
    mode: str | None,
    protocol: str,
    by: str,
    follow: str,
    kinds: tuple[str, ...],
    limit: int | None,
    source: str | None,
    format_: str,
) -> None:
    """Who links to TARGET: a domain, a host or a URL.

    Answers come from the index alone, without a network. A backlink is a pair of source page and target URL on
    different sites; links count each occurrence.
    """
    if limit is None and format_ == "table":
        limit = TABLE_ROWS
    with Index(data) as index:
        question = Question(
            index.target(target, mode=Mode(mode) if mode else None, protocol=Schemes(protocol)),
            By(by),
            Follow(follow),
            kinds_meant(kinds),
            limit,
        )
        if source is not None:
            show_verdict(index, source, question, format_)
        else:
            _show(index, question, format_)


def show_links_to(target: str, folder: Path) -> None:
    """Print the table of who links to ``target``."""
    with Index(folder) as index:
        _show(index, Question(index.target(target), limit=TABLE_ROWS), "table")


def _show(index: Index, question: Question, format_: str) -> None:
    if format_ in {"jsonl", "csv"}:
        _show_rows(index, question, format_)
    else:
        answer = index.answer(question)
        _show_answer(answer, format_)
        if answer.hint:
            _note(answer.hint)
    if index.is_stale:
        _note(f"the index is older than the crawl; run 'wholinks index --data {index.folder}'")


def _show_answer(answer: Answer, format_: str) -> None:
    if format_ == "json":
        from wholinks.render import json  # noqa: PLC0415 - one output is wanted, and rich takes its time

        _write(json.lines(answer))
    else:
        from wholinks.render import table  # noqa: PLC0415

        table.write(answer, sys.stdout)


def _show_rows(index: Index, question: Question, format_: str) -> None:
    from wholinks.render import csv, jsonl  # noqa: PLC0415

    rows = index.rows(question)
    _write(jsonl.lines(rows) if format_ == "jsonl" else csv.lines(rows, question.by))


def _write(lines: Iterable[str]) -> None:
    for line in lines:
        sys.stdout.write(line + "\n")


def _note(line: str) -> None:
    click.echo(f"wholinks: {neutralise(line)}", err=True)
