"""``wholinks metrics``: what each metric means."""

from typing import Final

import click

from .options import format_option
from .research import FORMATS, emit

EXAMPLES: Final = """
\b
Examples:
  wholinks metrics                   all, with their definitions
  wholinks metrics growth_rate       one: formula, bands, questions, actions, risks
  wholinks metrics --format json
"""


@click.command(epilog=EXAMPLES, short_help="What each metric means, and what to do about it.")
@click.argument("name", required=False)
@format_option(*FORMATS)
def command(name: str | None, format_: str) -> None:
    """Explain the metric NAME, or list all: definition, formula, interpretation, trend, questions, actions, risks."""
    from wholinks.render.metrics import metrics_sheet  # noqa: PLC0415
    from wholinks.research.card.metrics import Metric, metrics  # noqa: PLC0415

    emit(metrics(name), format_, sheet=metrics_sheet, row=Metric)
