"""Options of every command that asks about a target: which URLs it covers, and which links count."""

import click

from wholinks.index.questions import Follow
from wholinks.index.target import Mode, Schemes
from wholinks.storage.records import Kind

from .options import Command


def target_options(command: Command) -> Command:
    """``--mode`` and ``--protocol``."""
    protocol = click.option(
        "--protocol", type=click.Choice([scheme.value for scheme in Schemes]), default=Schemes.BOTH.value,
        show_default=True, help="Count links to http, https or both.",
    )  # fmt: skip
    mode = click.option(
        "--mode",
        type=click.Choice([mode.value for mode in Mode]),
        help="How much TARGET covers.  [default: by its form]",
    )
    return mode(protocol(command))


def filter_options(command: Command) -> Command:
    """``--follow`` and ``--kind``, as parameters ``follow`` and ``kinds``."""
    kind = click.option(
        "--kind", "kinds", type=click.Choice([kind.name.lower() for kind in Kind]), multiple=True,
        help="Count links of this kind; repeatable.  [default: text, image, redirect]",
    )  # fmt: skip
    follow = click.option(
        "--follow", type=click.Choice([follow.value for follow in Follow]), default=Follow.ALL.value,
        show_default=True, help="Count only links that are so.",
    )  # fmt: skip
    return follow(kind(command))
