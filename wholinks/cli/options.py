"""Options that several commands have, defined once."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from wholinks.storage.sites import PrefixSite

Command = TypeVar("Command", bound=Callable[..., Any])

FILE: Final = click.Path(readable=False, path_type=Path)
"""A file to read, whatever is there: :mod:`wholinks.storage.user_files` says what is wrong with it."""

DATA_FOLDER: Final = "wholinks-data"

SHARED: Final = (
    "mode", "protocol", "follow", "kinds", "placements", "anchor_contains", "anchor_regex", "language", "source_tld",
    "source_contains", "authority", "first_seen_from", "first_seen_to", "hidden", "sitewide", "data",
)  # fmt: skip
"""Options that many commands have: which URLs a target covers, which links count, and where the data is. In a help text
they come after a command's own."""


def own_first(command: click.Command) -> None:
    """Put the options of :data:`SHARED` behind the others, where a command has some that choose what counts."""
    names = {param.name for param in command.params}
    if names & (set(SHARED) - {"data"}):
        command.params.sort(key=lambda param: param.name in SHARED)


class PrefixSiteText(click.ParamType[PrefixSite]):
    """``HOST/PATH``."""

    name = "host/path"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> PrefixSite:
        return value if isinstance(value, PrefixSite) else PrefixSite.parse(str(value))


def data_option(command: Command) -> Command:
    """``--data DIR``, as parameter ``data``: where the crawl and its index are."""
    return click.option(
        "--data",
        type=click.Path(file_okay=False, path_type=Path),
        default=DATA_FOLDER,
        show_default=True,
        envvar="WHOLINKS_DATA",
        show_envvar=True,
        metavar="DIR",
        help="The data folder.",
    )(command)


def format_option(*formats: str) -> Callable[[Command], Command]:
    """``--format``, as parameter ``format_``; the first of ``formats`` is the default."""
    return click.option(
        "--format",
        "format_",
        type=click.Choice(formats),
        default=formats[0],
        show_default=True,
        help="What to write to standard output.",
    )
