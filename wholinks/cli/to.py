"""``wholinks to``: who links to a site, a host, a part of it or a page."""

from pathlib import Path
from typing import Any, Final

import click

from wholinks.index.queries import Index
from wholinks.index.questions import By

from .answer import by_option, columns_given, question, row_options, show, time_options, typed
from .notes import note_names
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
  wholinks to shop.example --placement main --anchor tent --language de
  wholinks to shop.example --sort links --columns referring_domain,links,first_seen
  wholinks to shop.example --state lost --by page   which were lost, when and why
  wholinks to shop.example --as-of 2026-06-30       as it was on that day
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
@time_options
@row_options
@click.option(
    "--from", "source", metavar="SITE",
    help="Whether SITE (a domain, a host or a URL) links to TARGET: yes, no or unknown, with the links or the reasons.",
)  # fmt: skip
@format_option("table", "json", "jsonl", "csv")
def command(target: str, data: Path, source: str | None, format_: str, **given: Any) -> None:
    """Who links to TARGET: a domain, a host or a URL.

    Answers come from the index alone, without a network. A backlink is a pair of source page and target URL on
    different sites; links count each occurrence.
    """
    with Index(data) as index:
        named = typed(index, target, given)
        asked = question(index, given, format_, target=named)
        if source is not None:
            if asked.is_about_time:
                raise click.UsageError("--from speaks of today; leave out --state and --as-of, or see 'wholinks links'")
            if any(given[name] is not None for name in ("sort", "columns", "after")):
                raise click.UsageError("--from has rows of its own; leave out --sort, --columns and --after")
            show_verdict(index, source, asked, format_)
        else:
            show(index, asked, format_, columns_given(given))
            note_names(index, [named], are_known=True)
