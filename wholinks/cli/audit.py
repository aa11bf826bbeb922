"""``wholinks audit``: the referring domains of a target, those with the most reasons to look first."""

from pathlib import Path
from typing import Any, Final

import click

from wholinks.index.queries import Index
from wholinks.index.questions import Follow, Question, kinds_meant

from .answer import typed
from .notes import note_names, note_stale
from .options import FILE, data_option, format_option
from .question_options import filter_options, filters_given, target_options
from .research import cut, emit, limit_option

SHOWN: Final = 20

EXAMPLES: Final = """
\b
Examples:
  wholinks audit shop.example
  wholinks audit shop.example --follow followed
  wholinks audit shop.example --rules mine.toml
  wholinks audit shop.example --format csv > audit.csv
  wholinks review shop.example spam.example --state disavow
"""


@click.command(epilog=EXAMPLES, short_help="The referring domains of a target, the most suspicious first.")
@click.argument("target")
@data_option
@target_options
@filter_options
@click.option(
    "--rules", type=FILE, metavar="FILE",
    help="Weights, thresholds and word lists (TOML) that differ from those shipped.",
)  # fmt: skip
@limit_option(SHOWN)
@format_option("table", "json", "jsonl", "csv")
def command(target: str, data: Path, rules: Path | None, limit: int | None, format_: str, **given: Any) -> None:
    """Measure named markers of each domain that links to TARGET, and list the domains by their sum, the worst first,
    with what was decided on them ('wholinks review'). Other tools call such links toxic; a marker is a reason to look,
    no proof. What is to be disavowed 'wholinks disavow write' writes.
    """
    from wholinks.notes.reviews import reviews_of  # noqa: PLC0415
    from wholinks.render.quality import audit_sheet  # noqa: PLC0415
    from wholinks.research.quality.audit import AuditRow, audit  # noqa: PLC0415
    from wholinks.research.quality.rules import default_rules, load_rules  # noqa: PLC0415

    chosen = load_rules(rules) if rules is not None else default_rules()
    with Index(data) as index:
        asked = Question(
            typed(index, target, given), follow=Follow(given["follow"]), kinds=kinds_meant(given["kinds"]),
            limit=cut(limit, format_, SHOWN), filters=filters_given(index, given),
        )  # fmt: skip
        reviews = reviews_of(data, asked.asked.text)
        emit(audit(index, asked, chosen, reviews), format_, sheet=audit_sheet, row=AuditRow)
        note_names(index, [asked.asked])
        note_stale(index)
