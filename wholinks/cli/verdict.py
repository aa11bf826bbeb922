"""``wholinks to TARGET --from SITE``: does this site link there, yes, no or unknown."""

from collections.abc import Iterable

import click

from wholinks.index.answers import LinkRow
from wholinks.index.queries import Index
from wholinks.index.questions import By, Question
from wholinks.index.verdict import Verdict
from wholinks.render.json import encode

from .notes import note_stale


def show_verdict(index: Index, source: str, question: Question, format_: str) -> None:
    """Print whether ``source`` links to the question's target; the exit code says nothing of the answer."""
    if question.by not in {By.DOMAIN, By.LINK}:
        raise click.UsageError("--from shows single links; leave out --by")
    found = index.does_link(
        source, question.asked, follow=question.follow, kinds=question.kinds, filters=question.filters,
        limit=question.limit,
    )  # fmt: skip
    for line in _lines(found, format_):
        click.echo(line)
    note_stale(index)


def _lines(found: Verdict, format_: str) -> Iterable[str]:
    if format_ == "jsonl":
        from wholinks.render import jsonl  # noqa: PLC0415 - one output is wanted

        return jsonl.lines(found.rows)
    if format_ == "csv":
        from wholinks.render import csv  # noqa: PLC0415

        return csv.lines(found.rows, LinkRow)
    from wholinks.render import verdict  # noqa: PLC0415

    return verdict.lines(found) if format_ == "table" else [encode(verdict.document(found), indent=2)]
