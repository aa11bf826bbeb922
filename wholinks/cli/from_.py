"""``wholinks from``: what a site, a host, a part of it or a page links to."""

from pathlib import Path
from typing import Any, Final

import click

from wholinks.index.queries import Index
from wholinks.index.questions import By

from .answer import by_option, columns_given, question, row_options, show, time_options, typed
from .notes import note_names
from .options import data_option, format_option
from .question_options import filter_options, source_options

EXAMPLES: Final = """
\b
Examples:
  wholinks from blog.example                        linked domains, the most linked first
  wholinks from blog.example --by target            which URLs it links to
  wholinks from blog.example --by link              every link, with its anchor text
  wholinks from blog.example/reviews --mode prefix  only what this part of the site links to
  wholinks from https://blog.example/tents          only what this page links to
  wholinks from blog.example --follow sponsored     only paid links
  wholinks from blog.example --format csv > linked.csv

\b
Links within the site are not shown. What SOURCE covers without --mode: a URL with a path or query means
just that page (exact), anything else the host and all under it (subdomains).
"""


@click.command(epilog=EXAMPLES, short_help="What a site, a host, a part of it or a page links to.")
@click.argument("source")
@data_option
@source_options
@by_option(By.DOMAIN)
@filter_options
@time_options
@row_options
@format_option("table", "json", "jsonl", "csv")
def command(source: str, data: Path, format_: str, **given: Any) -> None:
    """What SOURCE links to on other sites: 'wholinks to' the other way round, counted by the same rules."""
    with Index(data) as index:
        page = typed(index, source, given)
        asked = question(index, given, format_, source=page)
        show(index, asked, format_, columns_given(given))
        note_names(index, [page], are_known=True)
