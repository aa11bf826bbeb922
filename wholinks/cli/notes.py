"""What is said beside an answer, on standard error."""

import click

from wholinks.index.queries import Index


def note_stale(index: Index) -> None:
    """Say so if the crawl has gone on since the index was built."""
    if index.is_stale:
        click.echo(f"wholinks: the index is older than the crawl; run 'wholinks index --data {index.folder}'", err=True)
