"""What is said beside an answer, on standard error."""

from collections.abc import Iterable

import click

from wholinks.index.hints import of_name
from wholinks.index.queries import Index
from wholinks.index.target import Target
from wholinks.render.text import neutralise


def note_stale(index: Index) -> None:
    """Say so if the crawl has gone on since the index was built."""
    if index.is_stale:
        click.echo(f"wholinks: the index is older than the crawl; run 'wholinks index --data {index.folder}'", err=True)


def note_names(index: Index, targets: Iterable[Target], *, are_known: bool = False) -> None:
    """Say which of the names typed are of nothing that was ever seen (unless ``are_known``), or of no site."""
    for target in targets:
        told = of_name(index, target, is_known=are_known)
        if told is not None:
            click.echo(f"wholinks: {neutralise(told)}", err=True)
