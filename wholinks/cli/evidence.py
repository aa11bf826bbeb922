"""``wholinks evidence``: the proof of one backlink."""

from pathlib import Path
from typing import Final

import click

from wholinks.index.queries import Index
from wholinks.render import proof as shown
from wholinks.render.json import encode

from .notes import note_stale
from .options import data_option, format_option

EXAMPLES: Final = """
\b
Examples:
  wholinks evidence https://blog.example/tents https://shop.example/
  wholinks evidence https://blog.example/tents https://shop.example/ --ordinal 12
  wholinks evidence blog.example/tents shop.example --format json

\b
A URL without a scheme means http or https. The exit code is 1 where no such link is known.
"""


@click.command(epilog=EXAMPLES, short_help="The proof of one backlink: fetch, tag, redirects, directives.")
@click.argument("source_url")
@click.argument("target_url")
@data_option
@click.option(
    "--ordinal", type=click.IntRange(min=1), metavar="N", help="Only the N-th link of the page.  [default: all]"
)
@format_option("text", "json")
def command(source_url: str, target_url: str, data: Path, ordinal: int | None, format_: str) -> None:
    """Show what proves that the page SOURCE_URL links to TARGET_URL: when it was fetched, every such link as it stood
    there, and whether it counts. Where no link is known, what is known of the page.
    """
    with Index(data) as index:
        found = index.evidence(source_url, target_url, ordinal=ordinal)
        if format_ == "json":
            click.echo(encode(shown.document(found), indent=2))
        else:
            for line in shown.lines(found):
                click.echo(line)
        note_stale(index)
    if not found.is_found:
        _note_home_pages(source_url, target_url)
        click.get_current_context().exit(1)


def _note_home_pages(source: str, target: str) -> None:
    """Say, where a site was named, that its home page alone was looked at, and what looks at all of it."""
    ends = [text.rpartition("://")[2].rstrip("/") for text in (source, target)]
    sites = [end for end in ends if "/" not in end]
    if not sites:
        return
    import shlex  # noqa: PLC0415 - only where nothing was found

    from wholinks.render.text import neutralise  # noqa: PLC0415

    one, other = map(shlex.quote, ends)
    homes = " and ".join(f"the home page of {site}" for site in sites)
    told = (
        f"wholinks: evidence is of two URLs, here {homes}; 'wholinks links {one} {other}' has all links between the"
        f" two, 'wholinks to {other} --from {one}' says whether there are any"
    )
    click.echo(neutralise(told), err=True)
