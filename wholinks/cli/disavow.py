"""``wholinks disavow``: Google's disavow file, checked, tried out and written."""

from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from wholinks.index.queries import Index
from wholinks.storage.errors import UsageError
from wholinks.storage.user_files import read_bytes
from wholinks.storage.wording import counted

from .notes import note_names, note_stale
from .options import FILE, data_option, format_option
from .research import cut, emit, limit_option
from .review import not_linking, note_not_linking

if TYPE_CHECKING:
    from wholinks.research.quality.disavow import Entry

SHOWN: Final = 20

FILE_MEANT: Final = "a disavow file, as Google takes it"

EXAMPLES: Final = """
\b
Examples:
  wholinks disavow lint disavow.txt
  wholinks disavow lint disavow.txt --target shop.example    it must not name the shop itself
  wholinks disavow preview disavow.txt shop.example          what it takes out, and what is left
  wholinks review shop.example spam.example --state disavow
  wholinks disavow write shop.example -o disavow.txt         from the review states
"""


@click.group(epilog=EXAMPLES, short_help="Google's disavow file: check it, try it out, write it.")
def command() -> None:
    """Google's disavow file: check it, see what it takes out before it is sent, or write it from review states."""


@command.command()
@click.argument("file", type=FILE)
@click.option("--target", metavar="SITE", help="The site it is for, which it must not name.")
@format_option("table", "json", "jsonl", "csv")
def lint(file: Path, target: str | None, format_: str) -> None:
    """Check FILE line by line. The exit code is 1 if there are errors."""
    from wholinks.index.target import parse_target  # noqa: PLC0415
    from wholinks.render.disavow import lint_of, lint_sheet  # noqa: PLC0415
    from wholinks.research.quality.disavow import MOST_BYTES, Problem, collapse, read  # noqa: PLC0415
    from wholinks.storage.urls import PublicSuffixes  # noqa: PLC0415

    own = parse_target(target, PublicSuffixes()).domain if target is not None else None
    found = read(read_bytes(file, FILE_MEANT, MOST_BYTES), own=own)
    kept = len(collapse(entry for _, entry in found.entries))
    emit(lint_of(str(file), found, kept), format_, sheet=lint_sheet, row=Problem)
    if not found.is_valid:
        click.get_current_context().exit(1)


@command.command()
@click.argument("file", type=FILE)
@click.argument("target")
@data_option
@limit_option(SHOWN)
@format_option("table", "json", "jsonl", "csv")
def preview(file: Path, target: str, data: Path, limit: int | None, format_: str) -> None:
    """What FILE takes out of the backlinks of TARGET, and what is left."""
    from wholinks.render.disavow import preview_sheet  # noqa: PLC0415
    from wholinks.research.quality.disavow_preview import TakenOut, preview  # noqa: PLC0415

    with Index(data) as index:
        named = index.target(target)
        found = preview(index, named, entries_of(file, named.domain), limit=None if format_ == "table" else limit)
        emit(found, format_, sheet=preview_sheet(cut(limit, format_, SHOWN)), row=TakenOut)
        note_names(index, [named])
        note_stale(index)


@command.command()
@click.argument("target")
@data_option
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
    help="Where to write.  [default: standard output]",
)  # fmt: skip
def write(target: str, data: Path, output: Path | None) -> None:
    """Write the domains of TARGET that are reviewed as 'disavow' as a file for Google."""
    from wholinks.notes.reviews import ReviewState, reviews_of  # noqa: PLC0415
    from wholinks.research.quality import disavow  # noqa: PLC0415

    from .atomic import write_whole  # noqa: PLC0415

    with Index(data) as index:
        named = index.target(target)
        note_names(index, [named])
        chosen = [review for review in reviews_of(data, named.text) if review.state is ReviewState.DISAVOW]
        idle = not_linking(index, target, (review.domain for review in chosen))
    if not chosen:
        first = f"'wholinks review {named.text} DOMAIN --state disavow'"
        raise UsageError(f"no domain of {named.text} is reviewed as disavow; first {first}")
    entries = [disavow.entry_of(review.domain, own=named.domain) for review in chosen]
    made = disavow.write(entries, [f"wholinks: domains disavowed for {named.text}, {len(chosen)} reviewed"])
    if output is None:
        click.echo(made.decode(), nl=False)
    else:
        write_whole(output, made)
        click.echo(f"wholinks: {counted(len(disavow.collapse(entries)), 'domain')} written to {output}", err=True)
    if idle:
        of = f"{len(idle):,} of {counted(len(chosen), 'domain')} reviewed as disavow"
        click.echo(f"wholinks: {of} {'does' if len(idle) == 1 else 'do'} not link to {named.text} here", err=True)
        click.echo(note_not_linking(named.text, idle), err=True)


def entries_of(file: Path, own: str) -> "list[Entry]":
    """The entries of a disavow file for the domain ``own``. Raises :class:`UsageError` for the first error in it."""
    from wholinks.research.quality import disavow  # noqa: PLC0415

    read = disavow.read(read_bytes(file, FILE_MEANT, disavow.MOST_BYTES), own=own)
    wrong = read.first_error
    if wrong is not None:
        raise UsageError(f"{file}:{wrong.line}: {wrong.message}; see 'wholinks disavow lint'")
    return [entry for _, entry in read.entries]
