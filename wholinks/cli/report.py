"""``wholinks report``: everything on a target, as one HTML file."""

from pathlib import Path
from typing import Any, Final

import click

from wholinks.index.queries import Index
from wholinks.storage.wording import counted

from .answer import typed
from .atomic import write_whole
from .campaigns import campaigns_in
from .notes import note_names, note_stale
from .options import FILE, data_option
from .question_options import target_options

EXAMPLES: Final = """
\b
Examples:
  wholinks report shop.example -o report.html
  wholinks report shop.example --rival tents.example --rival maps.example -o report.html
  wholinks report shop.example --campaigns campaigns.toml -o report.html

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
    "--rules", type=FILE, metavar="FILE",
    help="Weights, thresholds and word lists of the audit, as for 'wholinks audit'.",
)  # fmt: skip
@click.option(
    "--campaigns", "campaigns_file", type=FILE, metavar="FILE",
    help="Tell what campaigns brought, too: a file as for 'wholinks campaigns'.",
)  # fmt: skip
def command(
    target: str, data: Path, *, rivals: tuple[str, ...], output: Path, rules: Path | None, campaigns_file: Path | None,
    **given: Any,
) -> None:  # fmt: skip
    """Write a report on the backlinks of TARGET: a summary, the numbers and their course, what lately came and went,
    broken pages, rivals side by side and who links to them alone, sources, anchor texts, best pages, findings on
    quality, coverage, method, and what each number means.

    Traffic that was imported for TARGET ('wholinks traffic import') is shown beside its links.
    """
    from wholinks.notes.reviews import reviews_of  # noqa: PLC0415
    from wholinks.notes.traffic import traffic_kept  # noqa: PLC0415
    from wholinks.render.html import document  # noqa: PLC0415
    from wholinks.render.report import page  # noqa: PLC0415
    from wholinks.research.quality.rules import default_rules, load_rules  # noqa: PLC0415
    from wholinks.research.report import Wanted, report  # noqa: PLC0415

    listed = campaigns_in(campaigns_file) if campaigns_file is not None else ()
    chosen = load_rules(rules) if rules is not None else default_rules()
    with Index(data) as index:
        asked = typed(index, target, given)
        others = [index.target(rival) for rival in rivals]
        wanted = Wanted(listed, traffic_kept(data, asked.text))
        found = report(index, asked, others, chosen, reviews_of(data, asked.text), wanted)
        written = document(page(found, str(campaigns_file or ""))).encode()
        write_whole(output, written)
        note_names(index, [asked, *others])
        click.echo(f"wholinks: {output}: {counted(len(written), 'byte')}; open it in a browser", err=True)
        note_stale(index)
