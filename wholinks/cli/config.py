"""Settings from a file: ``wholinks --config FILE``, and ``wholinks config``, which prints those in force.

A file has a table a command, with the names of its options: ``[crawl]``, ``max-pages = 5000``. The command line comes
before the environment, that before the file, and that before the defaults. What no option is called is an error.
"""

import json
import tomllib
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

import click

from wholinks.storage.errors import UsageError
from wholinks.storage.user_files import read_text

EXAMPLES: Final = """
\b
Examples:
  wholinks config > wholinks.toml          a file to start from
  wholinks --config wholinks.toml config   what is in force with that file
  wholinks --config wholinks.toml crawl seeds.txt
"""

SECRETS: Final = frozenset({"proxy", "header", "auth", "webhook"})
"""Options that are never shown once they are set."""
NOT_SETTINGS: Final = frozenset({"help", "config", "completion", "forget"})


def load(path: Path) -> dict[str, dict[str, Any]]:
    """The tables of a settings file. Raises :class:`UsageError` where it is none."""
    try:
        tables = tomllib.loads(read_text(path, "a settings file (TOML; 'wholinks config' prints one)"))
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path}: not a TOML file: {error}") from error
    for name, table in tables.items():
        if not isinstance(table, dict):
            raise UsageError(f"{path}: {name!r} stands outside a table; write it under [crawl] or another command")
    return tables


def defaults(tables: Mapping[str, Mapping[str, Any]], path: Path, group: click.Group, invoked: str) -> dict[str, Any]:
    """The tables as click wants its defaults. The table of the command ``invoked`` is checked option by option, the
    others by name, so that ``wholinks to`` need not load the crawler; ``wholinks config`` checks all."""
    context = click.Context(group)
    names = group.list_commands(context)
    ready: dict[str, Any] = {}
    for name, table in tables.items():
        if name not in names or name in NOT_SETTINGS:
            known = ", ".join(sorted(set(names) - NOT_SETTINGS))
            raise UsageError(f"{path}: [{name}] is no command; known are {known}")
        if invoked not in {name, "config"}:
            continue
        command = group.get_command(context, name)
        ready[name] = _checked(table, command, f"{path}: [{name}]") if command is not None else {}
    return ready


def _checked(table: Mapping[str, Any], command: click.Command, where: str) -> dict[str, Any]:
    options = {_key(option): option for option in _options(command)}
    checked = {}
    for key, value in table.items():
        option = options.get(key)
        if option is None or option.name is None:
            near = get_close_matches(key.replace("_", "-"), options, n=1)
            advice = f"did you mean {near[0]}?" if near else "'wholinks config' lists them all"
            raise UsageError(f"{where} {key} is no option; {advice}")
        if isinstance(value, list) != option.multiple or isinstance(value, dict):
            raise UsageError(f"{where} {key} must be {'a list' if option.multiple else 'one value'}")
        if isinstance(value, bool) != option.is_flag:
            raise UsageError(f"{where} {key} must be {'true or false' if option.is_flag else 'a value, not a boolean'}")
        checked[option.name] = value
    return checked


def _options(command: click.Command) -> Iterator[click.Option]:
    return (option for option in command.params if isinstance(option, click.Option) and option.name != "help")


def _key(option: click.Option) -> str:
    """The option's name in a file: its longest spelling without dashes in front."""
    return max(option.opts, key=len).lstrip("-")


@click.command(epilog=EXAMPLES, short_help="Print the settings in force, as a file to start from.")
@click.pass_context
def command(ctx: click.Context) -> None:
    """Print the settings in force: the defaults, and what --config and the environment change.

    What is printed is a settings file. Lines behind a '#' are options without a value.
    """
    group = ctx.parent.command if ctx.parent else None
    if not isinstance(group, click.Group):
        return
    for name in group.list_commands(ctx):
        inner = group.get_command(ctx, name)
        if inner is None or name in NOT_SETTINGS:
            continue
        given = (ctx.parent.default_map or {}).get(name, {}) if ctx.parent else {}
        context = click.Context(inner, parent=ctx.parent, info_name=name)
        context.default_map = given
        click.echo(f"[{name}]")
        for option in _options(inner):
            click.echo(_line(option, context))
        click.echo()


def _line(option: click.Option, context: click.Context) -> str:
    value: object = option.resolve_envvar_value(context)
    if value is None:
        value = (context.default_map or {}).get(option.name or "")
    if value is None:
        value = option.get_default(context)
    key = _key(option)
    if key in SECRETS and isinstance(value, str | list | tuple) and value:
        return f"# {key} is set, and not shown"
    if value is None or type(value).__name__ == "Sentinel":
        return f"{key} = []" if option.multiple else f"# {key} ="
    return f"{key} = {_toml(value)}"


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, list | tuple):
        return f"[{', '.join(_toml(item) for item in value)}]"
    return json.dumps(str(value), ensure_ascii=False)
