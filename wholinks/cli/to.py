"""``wholinks to``: who links to a site, a host, a part of it or a page."""

from pathlib import Path
from typing import Final

import click

from wholinks.index.queries import Index
from wholinks.index.questions import By
from wholinks.index.target import Mode, Schemes

from .answer import by_option, limit_option, question, show
from .options import data_option, format_option
from .question_options import filter_options, target_options
from .verdict import show_verdict

EXAMPLES: Final = """
\b
Examples:
  wholinks to shop.example                          referring domains, the strongest first
  wholinks to shop.example --by page                every backlink with its anchor text
  wholinks to shop.example --by anchor              what the links say
  wholinks to shop.example --by target              which of its URLs are linked
  wholinks to shop.example --by tld                 from which top levels; language, host, kind, placement
  wholinks to shop.example/tents --mode prefix      only to this part of the site
  wholinks to https://shop.example/tents/ulv        only to this page
  wholinks to shop.example --follow followed        only links that pass authority
  wholinks to shop.example --kind canonical         other kinds than usual
  wholinks to shop.example --from blog.example      does this site link there: yes, no or unknown
  wholinks to shop.example --format json            for scripts
  wholinks to shop.example --by link --format csv > links.csv

\b
What TARGET covers without --mode: a URL with a path or query means just that URL (exact), anything
else the host and all under it (subdomains). A typed port means that port only.
"""


@click.command(epilog=EXAMPLES, short_help="Who links to a site, a host, a part of it or a page.")
@click.argument("target")
@data_option
@target_options
@by_option(By.DOMAIN)
@filter_options
@limit_option
@click.option(
    "--from", "source", metavar="SITE",
    help="Whether SITE (a domain, a host or a URL) links to TARGET: yes, no or unknown, with the links or the reasons.",
)  # fmt: skip
@format_option("table", "json", "jsonl", "csv")
def command(  # noqa: PLR0917 - click names them all
    target: str,
    data: Path,
    mode: str | None,
    protocol: str,
    by: str,
    follow: str,
    kinds: tuple[str, ...],
    limit: int | None,
    source: str | None,
    format_: str,
) -> None:
    """Who links to TARGET: a domain, a host or a URL.

    Answers come from the index alone, without a network. A backlink is a pair of source page and target URL on
    different sites; links count each occurrence.
    """
    with Index(data) as index:
        named = index.target(target, mode=Mode(mode) if mode else None, protocol=Schemes(protocol))
        asked = question(target=named, by=by, follow=follow, kinds=kinds, limit=limit, format_=format_)
        if source is not None:
            show_verdict(index, source, asked, format_)
        else:
            show(index, asked, format_)
