"""``wholinks networks``: which networks, TLDs and languages a target's links come from."""

from pathlib import Path
from typing import Any, Final

import click

from wholinks.research.views.groups import Network, NetworkRow, networks

from .view import show_view, view_options

EXAMPLES: Final = """
\b
Examples:
  wholinks networks shop.example                    /24 and /48 networks, the most domains first
  wholinks networks shop.example --by ip            single addresses
  wholinks networks shop.example --by tld           com, org, de, ...
  wholinks networks shop.example --by language      by what the pages declare
"""


_NAMES: Final = {"ip": ("address", "addresses"), "tld": ("TLD", "TLDs"), "language": ("language", "languages")}


@click.command(epilog=EXAMPLES, short_help="Which networks, TLDs, languages links are from.")
@click.argument("target")
@click.option(
    "--by", "by", type=click.Choice([by.value for by in Network]), default=Network.SUBNET.value, show_default=True,
    help="Networks of neighbours (/24 of IPv4, /48 of IPv6), single addresses, the last label of the host, or the"
    " language that pages declare.",
)  # fmt: skip
@view_options
def command(target: str, data: Path, format_: str, by: str, **given: Any) -> None:
    """Where the referring pages of TARGET were served from when they were last fetched, or their top-level domains or
    languages."""
    show_view(
        target,
        data,
        format_,
        given,
        lambda index, asked: networks(index, asked, Network(by)),
        _NAMES.get(by, ("network", "networks")),
        NetworkRow,
    )
