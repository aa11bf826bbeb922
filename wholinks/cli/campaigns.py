"""``wholinks campaigns``: what campaigns brought, and what a link of them cost."""

from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from wholinks.storage.errors import UsageError
from wholinks.storage.user_files import read_bytes

from .notes import note_stale
from .options import FILE, data_option, format_option
from .research import FORMATS, cut, emit, limit_option

if TYPE_CHECKING:
    from wholinks.research.campaigns.rules import Campaign

SHOWN: Final = 20
MOST_BYTES: Final = 16 << 20

EXAMPLES: Final = """
\b
Examples:
  wholinks campaigns                              those of campaigns.toml
  wholinks campaigns 2026.toml --format csv
  wholinks campaigns --list "spring guide"        its backlinks, one by one

\b
A file of campaigns:
  [[campaign]]
  name = "spring guide"
  from = 2026-03-01                    # first seen from this day on
  until = 2026-05-31
  targets = ["shop.example/tents/*"]   # as 'wholinks to' takes them; /* is all below
  sources = ["blog.example", "*.edu"]  # a domain, a page, a pattern; any where it is left out
  anchors = ["*tent*"]                 # any where it is left out
  cost = 1200.50
  currency = "EUR"
"""


@click.command(epilog=EXAMPLES, short_help="What campaigns brought, what is left of it, and what a link cost.")
@click.argument("file", type=FILE, default="campaigns.toml")
@data_option
@click.option("--list", "listed", metavar="NAME", help="List the backlinks that fit this campaign.")
@limit_option(SHOWN)
@format_option(*FORMATS)
def command(file: Path, data: Path, listed: str | None, limit: int | None, format_: str) -> None:
    """What each campaign in FILE (campaigns.toml by default) brought: the backlinks that fit its targets, sources and
    anchor texts and were first seen within its days; how they stand now, and what one cost.
    """
    from wholinks.index.queries import Index  # noqa: PLC0415
    from wholinks.render import campaigns as shown  # noqa: PLC0415
    from wholinks.research.campaigns.results import CampaignLink, CampaignRow, campaign_links, campaigns  # noqa: PLC0415

    if limit is not None and listed is None:
        raise click.UsageError("--limit goes with --list; all campaigns are told")
    read = campaigns_in(file)
    with Index(data) as index:
        try:
            if listed is None:
                emit(campaigns(index, read), format_, sheet=shown.campaigns_sheet, row=CampaignRow)
            else:
                links = campaign_links(index, read, listed, limit=None if format_ == "table" else limit)
                emit(links, format_, sheet=shown.links_sheet(cut(limit, format_, SHOWN)), row=CampaignLink)
        except UsageError as error:
            raise UsageError(f"{file}: {error}") from None
        note_stale(index)


def campaigns_in(file: Path) -> "tuple[Campaign, ...]":
    """The campaigns of a file. Raises :class:`UsageError`."""
    from wholinks.research.campaigns.rules import read_campaigns  # noqa: PLC0415

    found = read_bytes(file, "a file of campaigns ('wholinks campaigns --help' shows one)", MOST_BYTES)
    if len(found) > MOST_BYTES:
        raise UsageError(f"{file}: more than {MOST_BYTES:,} bytes; that is no list of campaigns")
    return read_campaigns(found, str(file))
