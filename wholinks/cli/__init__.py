"""The command line: parse, call, render; nothing is decided here.

A command lives in a module of its own with a function ``command``, and is loaded when it is asked for: ``wholinks to``
starts without an HTTP client or an HTML parser. Results go to standard output, everything else to standard error. Exit
codes: 0 done, 1 it could not be done, 2 wrong usage, 130 interrupted.
"""

import atexit
import errno
import gc
import keyword
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import click

from wholinks import __version__
from wholinks.storage.errors import WholinksError

from .help import Context, laid_out
from .options import FILE, own_first

SECTIONS: Final = {
    "Crawl": ("crawl", "recrawl", "check", "index"),
    "Ask": ("to", "from", "links", "search", "explain", "evidence"),
    "Look": (
        "overview", "domains", "backlinks", "anchors", "pages", "broken", "outgoing", "internal", "networks", "history",
        "watch", "campaigns", "traffic", "coverage", "metrics",
    ),
    "Compare": (
        "compare", "gap", "intersect", "rivals", "batch", "authority", "explain-score", "what-if", "group", "report",
    ),
    "Judge": ("audit", "decisions", "review", "disavow", "claims"),
    "Take along": ("sql", "export"),
    "Keep": ("status", "why", "backup", "compact", "merge", "forget", "demo", "config", "completion"),
}  # fmt: skip
"""The commands, as ``--help`` groups them; each is a module here."""

ELSEWHERE: Final = {
    "refdomains": "domains", "referring-domains": "domains", "refpages": "backlinks", "referring-ips": "networks",
    "best-by-links": "pages", "top-pages": "pages", "outlinks": "outgoing", "linked-domains": "outgoing",
    "link-intersect": "intersect", "link-gap": "gap", "backlink-gap": "gap", "competitors": "rivals",
    "competing-domains": "rivals", "batch-analysis": "batch", "dr": "authority", "domain-rating": "authority",
    "toxic": "audit", "new": "history", "lost": "history", "new-lost": "history", "alerts": "watch",
}  # fmt: skip
"""What other tools call them."""

_ASKING: Final = frozenset({"crawl", "recrawl", "check"})
"""The commands with an HTTP client."""

COMMANDS: Final = tuple(name for names in SECTIONS.values() for name in names)

EPILOG: Final = """
\b
Examples:
  wholinks demo                                  see it work, on this machine alone
  wholinks crawl shop.example blog.example       crawl two sites into ./wholinks-data
  wholinks to shop.example                       who links to the shop
  wholinks from blog.example                     what the blog links to
  wholinks compare shop.example rival.example    two sites side by side
  wholinks gap shop.example rival.example        who links to the rival, and not to the shop
  wholinks to shop.example --by page --format csv > backlinks.csv
"""


class ReaderGoneError(Exception):
    """Whoever read our output has enough."""


HELP_NAMES: Final = ["-h", "--help"]


class LazyGroup(click.Group):
    """A group whose commands are modules of this package, imported when needed."""

    context_class = Context

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        width = formatter.width - 6 - max(map(len, COMMANDS))
        for section, names in SECTIONS.items():
            found = [(name, command) for name in names if (command := self.get_command(ctx, name))]
            with formatter.section(section):
                formatter.write_dl(
                    [(name.ljust(14), command.get_short_help_str(width)) for name, command in found], col_max=18
                )

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = f"{cmd_name}_" if keyword.iskeyword(cmd_name) else cmd_name.replace("-", "_")
        command: click.Command = _imported(f"{__name__}.{module}", is_alone=ctx.obj, asks=cmd_name in _ASKING).command
        command.name = cmd_name
        command.context_settings.setdefault("help_option_names", HELP_NAMES)  # click keeps the first it is asked for
        own_first(command)
        laid_out(command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name in COMMANDS or name.startswith("-"):
            return super().resolve_command(ctx, args)
        from difflib import get_close_matches  # noqa: PLC0415 - only where something went wrong

        known = ELSEWHERE.get(name.lower().replace("_", "-"))
        near = [known] if known else get_close_matches(name, COMMANDS, 2)
        meant = f"; did you mean {' or '.join(near)}?" if near else ""
        raise click.UsageError(f"No such command {name!r}{meant}", ctx)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:  # click would make it exit code 1
            raise ReaderGoneError from None


def _imported(module: str, *, is_alone: bool | None, asks: bool) -> ModuleType:
    """A module of a command, with the HTTP client where it ``asks``. Looking through what comes with it for garbage is
    a twentieth of what a start takes; where the process is ours alone, nobody looks there later on either."""
    if module in sys.modules:
        return sys.modules[module]
    gc.disable()
    try:
        if is_alone and asks:
            from wholinks.crawler.certificates import leave_unread  # noqa: PLC0415 - others need no ssl

            leave_unread()
        return import_module(module)
    finally:
        if is_alone:
            gc.freeze()
        gc.enable()


def _show_version(ctx: click.Context, _: click.Parameter, is_asked: bool) -> None:
    if not is_asked or ctx.resilient_parsing:
        return
    from wholinks.storage.urls import PublicSuffixes  # noqa: PLC0415 - slow to import, and needed here alone

    click.echo(f"wholinks {__version__}, public suffix list {PublicSuffixes().version}")
    ctx.exit()


@click.group(cls=LazyGroup, epilog=EPILOG, context_settings={"help_option_names": HELP_NAMES, "max_content_width": 100})
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_show_version,
    help="Show the version, and that of the public suffix list, and exit.",
)  # fmt: skip
@click.option(
    "--config", type=FILE, envvar="WHOLINKS_CONFIG",
    show_envvar=True, metavar="FILE", help="Settings file (TOML); see 'wholinks config'.",
)  # fmt: skip
@click.pass_context
def cli(ctx: click.Context, config: Path | None) -> None:
    """Who links to X? Crawl the sites you choose, keep every link, and ask offline, with proof."""
    if config is not None and isinstance(ctx.command, click.Group):
        from .config import defaults, load  # noqa: PLC0415 - few have one

        ctx.default_map = defaults(load(config), config, ctx.command, ctx.invoked_subcommand or "")


_UNWRITABLE: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO})


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; ends the process with its exit code.

    At once: all that had to be written is, and to take apart what was loaded, as Python does at its end, takes as long
    as a fifth of a start.
    """
    try:
        code = run(arguments, is_alone=True)
    except BaseException:
        gc.unfreeze()  # Python takes all apart now, and DuckDB's binding complains of what it does not find
        raise
    atexit._run_exitfuncs()  # noqa: SLF001 - what libraries do at the end
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError, AttributeError):  # closed, or none
            stream.flush()
    os._exit(code)


def run(arguments: Sequence[str] | None = None, *, is_alone: bool = False) -> int:
    """Run one command and return the exit code; whatever goes wrong is one line on standard error. ``is_alone``: it is
    all that the process does."""
    _write_utf8()
    try:
        result: Any = cli.main(arguments, prog_name="wholinks", standalone_mode=False, obj=is_alone)
        sys.stdout.flush()
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.ctx.get_help())
        return 0
    except click.ClickException as error:
        return _refused(error)
    except (ReaderGoneError, BrokenPipeError):
        _stop_writing()
        return 128 + signal.SIGPIPE
    except (KeyboardInterrupt, Exception) as error:  # noqa: BLE001 - raised again where it is a fault of ours
        return _failed(error)
    return result if isinstance(result, int) else 0


def _failed(error: BaseException) -> int:
    """The exit code of an error that is nobody's wrong usage; raises it where it is a fault of ours."""
    if _is_interrupted(error):
        _complain("interrupted")
        return 130
    if isinstance(error, OSError) and error.errno in _UNWRITABLE and error.filename is None:
        _stop_writing()
        _complain(f"standard output can't be written: {error.strerror}")
        return 1
    if not isinstance(error, WholinksError):
        raise error
    _complain(str(error))
    return error.exit_code


def _is_interrupted(error: BaseException) -> bool:
    """Whether Ctrl-C is behind it: what is cleared up then may fail in turn."""
    known = set()
    cause: BaseException | None = error
    while cause is not None and cause not in known:
        # DuckDB makes a bare RuntimeError of Ctrl-C amid a statement.
        if isinstance(cause, KeyboardInterrupt | click.Abort) or str(cause) == "Query interrupted":
            return True
        known.add(cause)
        cause = cause.__context__
    return False


def _refused(error: click.ClickException) -> int:
    context = getattr(error, "ctx", None)
    path = context.command_path if context else "wholinks"
    message = error.format_message().rstrip(".")
    if isinstance(error, click.MissingParameter):
        message = " ".join(message.split())  # its choices stand on lines of their own
    if isinstance(error, click.NoSuchOption):
        from .elsewhere import option_meant  # noqa: PLC0415 - only where something went wrong

        meant = option_meant(error)
        message = f"No such option {error.option_name!r}; did you mean '{meant}'?" if meant else message
    _complain(f"{message} (see '{path} --help')")
    return error.exit_code


def _stop_writing() -> None:
    """What is still buffered must not be tried again at the end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def _complain(message: str) -> None:
    from wholinks.render.text import neutralise  # noqa: PLC0415 - only where something went wrong

    click.echo(f"wholinks: {neutralise(message)}", err=True)


def _write_utf8() -> None:
    """Write UTF-8 wherever we are: pages have every character there is, and none may stop an answer. Where a stream was
    closed, nobody wants to read it."""
    if sys.stdout is None or sys.stderr is None:
        nowhere = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - until the process ends
        sys.stdout, sys.stderr = sys.stdout or nowhere, sys.stderr or nowhere
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure:
            reconfigure(encoding="utf-8", errors="backslashreplace")
