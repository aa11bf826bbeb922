"""``wholinks authority``: the domains that links speak for."""

from pathlib import Path
from typing import Any, Final

import click

from .answer import typed
from .notes import note_stale
from .options import FILE, data_option, format_option
from .question_options import target_options
from .research import FORMATS, cut, emit, limit_option

EXAMPLES: Final = """
\b
Examples:
  wholinks authority                                the domains with the highest authority
  wholinks authority shop.example                   authority, rank and percentile of one
  wholinks authority --trust trusted.txt            with trust, which starts from the domains of a list
  wholinks authority --harmonic --limit 50          with harmonic centrality
  wholinks authority --pages                        the pages with the highest score
  wholinks authority --pages shop.example           those of one site, by links within and across sites
  wholinks authority --pages shop.example/tents --mode prefix
  wholinks authority --format csv > authority.csv
"""
TABLE_ROWS: Final = 20


@click.command(epilog=EXAMPLES, short_help="Domains by authority: PageRank of the crawl's followed links.")
@click.argument("target", required=False)
@data_option
@target_options
@click.option(
    "--trust", type=FILE, metavar="FILE",
    help="Domains to start trust from, one a line.",
)  # fmt: skip
@click.option("--harmonic", is_flag=True, help="Harmonic centrality too (slower).")
@click.option("--pages", is_flag=True, help="Pages in place of domains: all that TARGET covers, or all there are.")
@limit_option(TABLE_ROWS)
@format_option(*FORMATS)
def command(
    target: str | None, data: Path, *, trust: Path | None, harmonic: bool, pages: bool, limit: int | None,
    format_: str, **given: Any,
) -> None:  # fmt: skip
    """The domains of the index by authority, or that of TARGET's domain; with --pages, pages.

    Authority is PageRank on the graph of domains by followed links, on a log scale: 0 is a domain that no followed link
    leads to, 100 the highest of this index. With --pages it is PageRank on the graph of pages, by followed links within
    sites and across. It is this crawl's own, and not the DR, DA or TF of other tools.
    """
    from wholinks.index.queries import Index  # noqa: PLC0415
    from wholinks.render.authority import authority as sheet  # noqa: PLC0415
    from wholinks.research.lists import read_targets  # noqa: PLC0415
    from wholinks.research.scores.authority import AuthorityRow, authority  # noqa: PLC0415

    if pages and (trust is not None or harmonic):
        raise click.UsageError("--trust and --harmonic are of domains; leave them out, or --pages")
    if (given["mode"] or given["protocol"] != "both") and not (pages and target):
        raise click.UsageError("--mode and --protocol choose pages of a TARGET; they go with --pages")
    with Index(data) as index:
        if pages:
            from wholinks.render.authority import page_authority as page_sheet  # noqa: PLC0415
            from wholinks.research.scores.page_authority import PageAuthorityRow, page_authority  # noqa: PLC0415

            named = typed(index, target, given) if target else None
            found = page_authority(index, named, limit=cut(limit, format_, TABLE_ROWS))
            emit(found, format_, sheet=page_sheet, row=PageAuthorityRow)
            note_stale(index)
            return
        seeds = None if trust is None else [named.domain for _, named in read_targets(index, trust)]
        answer = authority(
            index, target, trust=seeds, with_harmonic=harmonic, limit=cut(limit, format_, TABLE_ROWS)
        )  # fmt: skip
        emit(answer, format_, sheet=sheet, row=AuthorityRow)
        note_stale(index)
