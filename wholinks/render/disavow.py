"""Disavow files and their effect, as people read them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from wholinks.research.quality.disavow import Disavowed, Problem, Severity
from wholinks.research.quality.disavow_preview import Preview
from wholinks.storage.wording import counted

from .sheet import Sheet, Table

NAMED: Final = 5
"""So many entries are named in a sentence."""


_TAKEN_OUT: Final = ("referring_domain", "backlinks", "taken_out", "left", "pages_taken_out")


@dataclass(frozen=True, slots=True)
class Lint:
    """What the check of a file found; ``superfluous`` counts entries that a collapsed file would not have."""

    file: str
    lines: int
    domains: int
    urls: int
    superfluous: int
    errors: int
    warnings: int
    rows: tuple[Problem, ...]


def lint_of(name: str, read: Disavowed, kept: int) -> Lint:
    """The result of reading a file, of which ``kept`` entries are needed."""
    errors = sum(problem.severity is Severity.ERROR for problem in read.problems)
    domains = sum(bool(entry.domain) for _, entry in read.entries)
    return Lint(
        name, read.lines, domains, len(read.entries) - domains, len(read.entries) - kept, errors,
        len(read.problems) - errors, read.problems,
    )  # fmt: skip


def lint_sheet(lint: Lint) -> Sheet:
    """The check of a file."""
    told = ", ".join((counted(lint.lines, "line"), counted(lint.domains, "domain"), counted(lint.urls, "URL")))
    wrong = f"{counted(lint.errors, 'error')}, {counted(lint.warnings, 'warning')}"
    more = f"{counted(lint.superfluous, 'entry disavows', 'entries disavow')} nothing that another does not"
    return Sheet(
        (f"{lint.file}: {told}; {wrong}",),
        (Table("", lint.rows, ("line", "severity", "message", "text"), prose=("message",)),),
        (more,) if lint.superfluous else (),
    )


def preview_sheet(shown: int | None) -> Callable[[Preview], Sheet]:
    """The effect of a file, with so many rows."""

    def sheet(preview: Preview) -> Sheet:
        rows = preview.rows[:shown]
        links = f"{preview.backlinks:,}; taken out {preview.backlinks_taken_out:,}, left {preview.backlinks_left:,}"
        whole = f"{preview.domains:,}; taken out {preview.domains_taken_out:,}, left {preview.domains_left:,}"
        named = ", ".join(preview.idle[:NAMED]) + (", …" if len(preview.idle) > NAMED else "")
        entries = counted(preview.entries, "entry", "entries")
        name = "names" if len(preview.idle) == 1 else "name"
        idle = f"{len(preview.idle):,} of {entries} {name} nothing that links here in this index: {named}"
        return Sheet(
            (f"backlinks of {preview.target}: {links}", f"referring domains: {whole}"),
            (Table("", rows, _TAKEN_OUT, len(preview.rows) - len(rows)),),
            (idle,) if preview.idle else (),
        )

    return sheet
