"""``wholinks completion``: what a shell must know to complete our commands and options."""

from typing import Final

import click
from click.shell_completion import get_completion_class

EXAMPLES: Final = """
\b
Examples:
  wholinks completion bash > ~/.local/share/bash-completion/completions/wholinks
  wholinks completion zsh > ~/.zfunc/_wholinks        (with ~/.zfunc in fpath)
  wholinks completion fish > ~/.config/fish/completions/wholinks.fish
"""


@click.command(epilog=EXAMPLES, short_help="Print a script that completes our commands in a shell.")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def command(ctx: click.Context, shell: str) -> None:
    """Print a script that teaches SHELL to complete wholinks' commands, options and their values."""
    completion = get_completion_class(shell)
    if completion is not None:
        click.echo(completion(ctx.find_root().command, {}, "wholinks", "_WHOLINKS_COMPLETE").source())
