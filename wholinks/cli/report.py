"""``wholinks report``: everything on a target, as one HTML file."""

from pathlib import Path
from typing import Any, Final

import click

from wholinks.index.queries import Index

from .answer import typed
from .atomic import write_whole
from .notes import note_stale
from .options import data_option
from .question_options import target_options

EXAMPLES: Final = """
\b
Examples:
  wholinks report shop.example -o report.html
  wholinks report shop.example --rival tents.example --rival maps.example -o report.html

\b
The file stands alone: it loads nothing, runs nothing, and prints well ("save as PDF").
"""


@click.command(epilog=EXAMPLES, short_help="Everything on a target, as one HTML file to send or print.")
@click.argument("target")
@data_option
@target_options
@click.option(
    "--rival", "rivals", metavar="SITE", multiple=True, help="Compare with this site; repeatable, at most six."
)
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), required=True, metavar="FILE",
    help="Where to write it; a file that is there is replaced.",
)  # fmt: skip
@click.option(
    "--rules", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
    help="Weights, thresholds and word lists of the audit, as for 'wholinks audit'.",
)  # fmt: skip
def command(target: str, data: Path, rivals: tuple[str, ...], output: Path, rules: Path | None, **given: Any) -> None:
    """Write a report on the backlinks of TARGET: the numbers, their course, sources by authority, anchor texts, best
    pages, rivals side by side and who links to them alone, findings on quality, coverage and method.
    """
    from wholinks.notes.reviews import reviews_of  # noqa: PLC0415
    from wholinks.render.html import document  # noqa: PLC0415
    from wholinks.render.report import page  # noqa: PLC0415
    from wholinks.research.quality.rules import default_rules, load_rules  # noqa: PLC0415
    from wholinks.research.report import report  # noqa: PLC0415

    chosen = load_rules(rules) if rules is not None else default_rules()
    with Index(data) as index:
        asked = typed(index, target, given)
        found = report(index, asked, [index.target(rival) for rival in rivals], chosen, reviews_of(data, asked.text))
        written = document(page(found)).encode()
        write_whole(output, written)
        click.echo(f"wholinks: {output}: {len(written):,} bytes; open it in a browser", err=True)
        note_stale(index)
