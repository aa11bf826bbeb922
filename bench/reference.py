"""``python -m bench.reference``: write docs/reference.md from what ``--help`` says."""

from pathlib import Path
from typing import Final

import click

from wholinks.cli import cli

PAGE: Final = Path(__file__).resolve().parents[1] / "docs" / "reference.md"

_HEAD: Final = """# Command reference

Made from `--help` by `make docs`; don't edit it by hand.
"""


def reference() -> str:
    """The page."""
    context = cli.make_context("wholinks", [], resilient_parsing=True, terminal_width=100)
    parts = [_HEAD, _section("wholinks", cli.get_help(context))]
    for name in cli.list_commands(context):
        command = cli.get_command(context, name)
        if command is not None:
            inner = command.context_class(command, parent=context, info_name=name, terminal_width=100)
            parts.append(_section(f"wholinks {name}", command.get_help(inner)))
            parts += _below(command, inner)
    return "\n".join(parts)


def _below(command: click.Command, context: click.Context) -> list[str]:
    """The commands of a group."""
    if not isinstance(command, click.Group):
        return []
    names = {name: command.get_command(context, name) for name in command.list_commands(context)}
    found = []
    for name, inner in names.items():
        if inner is not None:
            inside = inner.context_class(inner, parent=context, info_name=name, terminal_width=100)
            found.append(_section(inside.command_path, inner.get_help(inside)))
    return found


def _section(title: str, text: str) -> str:
    body = "\n".join(line.rstrip() for line in text.splitlines())
    return f"## {title}\n\n```text\n{body}\n```\n"


if __name__ == "__main__":
    PAGE.write_text(reference(), "utf-8")
