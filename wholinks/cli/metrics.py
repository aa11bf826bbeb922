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
  wholinks metrics --words           what the words mean: backlink, followed, lost, stale, kind, sitewide …
  wholinks metrics stale             one of them
  wholinks metrics --format json
"""


@click.command(epilog=EXAMPLES, short_help="What each metric and each word means.")
@click.argument("name", required=False)
@click.option("--words", is_flag=True, help="What the words in answers mean: backlink, followed, stale, kind, …")
@format_option(*FORMATS)
def command(name: str | None, words: bool, format_: str) -> None:
    """Explain the metric NAME, or list all: definition, formula, interpretation, trend, questions, actions, risks.
    NAME may also be a word of the glossary (--words).
    """
    from wholinks.render.metrics import metrics_sheet, words_sheet  # noqa: PLC0415
    from wholinks.research.card.metrics import Metric, is_metric, metrics  # noqa: PLC0415
    from wholinks.research.card.words import Word, is_word, word  # noqa: PLC0415
    from wholinks.research.card.words import words as all_words  # noqa: PLC0415

    if words or (name is not None and is_word(name) and not is_metric(name)):
        emit(word(name) if name is not None else all_words(), format_, sheet=words_sheet, row=Word)
        return
    emit(metrics(name), format_, sheet=metrics_sheet, row=Metric)
