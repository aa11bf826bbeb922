"""``wholinks group``: which sites are your own."""

from pathlib import Path
from typing import Final

import click

from .options import data_option

EXAMPLES: Final = """
\b
Examples:
  wholinks group add ours shop.example blog.example  sites that are no sources for each other
  wholinks group list
  wholinks group drop ours blog.example              take one out
  wholinks group drop ours                           the whole group
"""


@click.group(epilog=EXAMPLES, short_help="Say which sites are of one owner: their links to each other don't count.")
def command() -> None:
    """Say which sites are of one owner. Sites of one group are no sources for each other in compare, batch, gap,
    intersect and rivals: their links to each other do not count there.
    """


@command.command("add", short_help="Put sites into a group.")
@click.argument("name")
@click.argument("domains", nargs=-1, required=True)
@data_option
def add(name: str, domains: tuple[str, ...], data: Path) -> None:
    """Put the sites of DOMAINS into the group NAME."""
    from wholinks.notes import groups  # noqa: PLC0415

    groups.add(data, name, _sites(data, domains))


@command.command("list", short_help="Show all groups.")
@data_option
def list_(data: Path) -> None:
    """All groups, each with its sites."""
    from wholinks.notes import groups  # noqa: PLC0415
    from wholinks.render.text import neutralise  # noqa: PLC0415
    from wholinks.render.width import sentences, terminal_width  # noqa: PLC0415

    width = terminal_width()
    for group in groups.groups(data):
        for line in sentences(neutralise(f"{group.name}: {' '.join(group.domains)}"), width):
            click.echo(line)


@command.command("drop", short_help="Take sites out of a group, or drop it.")
@click.argument("name")
@click.argument("domains", nargs=-1)
@data_option
def drop(name: str, domains: tuple[str, ...], data: Path) -> None:
    """Take the sites of DOMAINS out of the group NAME; all of them where none is named."""
    from wholinks.notes import groups  # noqa: PLC0415

    groups.drop(data, name, _sites(data, domains) if domains else ())


def _sites(data: Path, domains: tuple[str, ...]) -> list[str]:
    from wholinks.index.queries import Index  # noqa: PLC0415

    with Index(data) as index:
        return [index.target(text).domain for text in domains]
