"""How ``--help`` is laid out: options are not broken at their hyphens, and examples fit the terminal."""

import re
from collections.abc import Iterable, Iterator
from textwrap import wrap
from typing import Final

import click

_HYPHEN: Final = "\ue000"
"""Stands for a hyphen while lines are broken, which may happen at blanks alone. It is no white space itself: what is
stripped from the beginning of a paragraph would be lost."""
_COMMENTED: Final = re.compile(r"( *\S.*?) {2,}(\S.*)")
_STEP: Final = 4
_WHOLE: Final = 1000
"""Letters of a sentence that is not to be cut."""


class Formatter(click.HelpFormatter):
    """Click's own, but for what is said above."""

    def write_text(self, text: str) -> None:
        """As click does; an example with a comment that has no room beside it gets it below."""
        width = self.width - self.current_indent
        super().write_text("\n".join(_fitted(text.replace("-", _HYPHEN), width)))
        self._put_hyphens_back()

    def write_dl(self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        """As click does."""
        super().write_dl([(name, text.replace("-", _HYPHEN)) for name, text in rows], col_max, col_spacing)
        self._put_hyphens_back()

    def _put_hyphens_back(self) -> None:
        self.buffer = [part.replace(_HYPHEN, "-") for part in self.buffer]


class Context(click.Context):
    """That of every command."""

    formatter_class = Formatter


def laid_out(command: click.Command) -> None:
    """Have a command, and those below it, use the layout of this module."""
    command.context_class = Context
    for below in command.commands.values() if isinstance(command, click.Group) else ():
        below.short_help = below.get_short_help_str(_WHOLE)
        laid_out(below)


def _fitted(text: str, width: int) -> Iterator[str]:
    """The text with its blocks that click leaves as they are (after ``\\b``) in lines of at most ``width``."""
    is_raw, prose = False, list[str]()
    for line in [*text.split("\n"), ""]:
        is_raw = line == "\b" or (is_raw and bool(line))
        if is_raw and line != "\b" and not line.startswith(" ") and not _COMMENTED.fullmatch(line):
            prose.append(line)
            continue
        yield from prose if all(len(it) <= width for it in prose) else wrap(" ".join(prose), width)
        prose.clear()
        yield from _example(line, width) if is_raw else [line]


def _example(line: str, width: int) -> Iterator[str]:
    commented = _COMMENTED.fullmatch(line)
    if len(line) <= width or not commented:
        yield line
        return
    indent = " " * (len(line) - len(line.lstrip()) + _STEP)
    yield commented[1]
    yield from wrap(commented[2], width, initial_indent=indent, subsequent_indent=indent)
