"""``wholinks explain``: how a number came about, step by step."""

from pathlib import Path
from typing import Any, Final

import click

from wholinks.index.ledger import Step
from wholinks.index.queries import Index
from wholinks.index.questions import By, Follow, Question, kinds_meant
from wholinks.render import ledger as shown
from wholinks.render.json import encode

from .answer import typed
from .notes import note_names, note_stale
from .options import data_option, format_option
from .question_options import filter_options, filters_given, target_options
from .research import cut, limit_option

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
@limit_option(ROWS)
@format_option("table", "json")
def command(target: str, data: Path, step: str | None, limit: int | None, format_: str, **given: Any) -> None:
    """Show how the numbers of 'wholinks to TARGET' come about: what there is, and what each rule takes out.

    The steps add up: what one leaves, the next begins with, and the last two are the backlinks and the followed ones.
    """
    with Index(data) as index:
        question = Question(
            typed(index, target, given),
            By.LINK,
            Follow(given["follow"]),
            kinds_meant(given["kinds"]),
            cut(limit, format_, ROWS),
            filters=filters_given(index, given),
        )
        found = index.explain(question, Step(step) if step else None)
        if format_ == "json":
            click.echo(encode(shown.document(found), indent=2))
        else:
            for line in shown.lines(found):
                click.echo(line)
        note_names(index, [question.asked])
        note_stale(index)
