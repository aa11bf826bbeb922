"""``wholinks explain``: how a number came about, step by step."""

from pathlib import Path
from typing import Final

import click

from wholinks.index.ledger import Step
from wholinks.index.queries import Index
from wholinks.index.questions import By, Follow, Question, kinds_meant
from wholinks.index.target import Mode, Schemes
from wholinks.render import ledger as shown
from wholinks.render.json import encode

from .notes import note_stale
from .options import data_option, format_option
from .question_options import filter_options, target_options

ROWS: Final = 20
"""Rows of a step without ``--limit``, in a table."""

EXAMPLES: Final = """
\b
Examples:
  wholinks explain shop.example                     from link elements to followed backlinks
  wholinks explain shop.example --step repeats      the links that a page has again
  wholinks explain shop.example --step canonical --limit 100
  wholinks explain shop.example --kind text --format json
"""


@click.command(epilog=EXAMPLES, short_help="How the number of backlinks came about.")
@click.argument("target")
@data_option
@target_options
@filter_options
@click.option(
    "--step", type=click.Choice([step.value for step in Step]), help="List the links that this step took out."
)
@click.option(
    "--limit", type=click.IntRange(min=0), metavar="N",
    help=f"At most N rows of --step.  [default: {ROWS} in a table, else all]",
)  # fmt: skip
@format_option("table", "json")
def command(  # noqa: PLR0917 - click names them all
    target: str,
    data: Path,
    mode: str | None,
    protocol: str,
    follow: str,
    kinds: tuple[str, ...],
    step: str | None,
    limit: int | None,
    format_: str,
) -> None:
    """Show how the numbers of 'wholinks to TARGET' come about: what there is, and what each rule takes out.

    The steps add up: what one leaves, the next begins with, and the last two are the backlinks and the followed ones.
    """
    if limit is None and format_ == "table":
        limit = ROWS
    with Index(data) as index:
        question = Question(
            index.target(target, mode=Mode(mode) if mode else None, protocol=Schemes(protocol)),
            By.LINK,
            Follow(follow),
            kinds_meant(kinds),
            limit,
        )
        found = index.explain(question, Step(step) if step else None)
        if format_ == "json":
            click.echo(encode(shown.document(found), indent=2))
        else:
            for line in shown.lines(found):
                click.echo(line)
        note_stale(index)
