"""Options and their values as other tools call them: named in the error where one is typed."""

from typing import Final

import click

from wholinks.index.meant import ELSEWHERE, key

_OPTIONS: Final = {
    "--dofollow": "--follow followed", "--followed": "--follow followed", "--nofollow": "--follow nofollow",
    "--ugc": "--follow ugc", "--sponsored": "--follow sponsored", "--new": "--state new", "--lost": "--state lost",
    "--live": "--state live", "--dr": "--authority 20..60", "--min-dr": "--authority 20..",
    "--max-dr": "--authority ..60", "--da": "--authority 20..60", "--min-da": "--authority 20..",
    "--max-da": "--authority ..60", "--order-by": "--sort", "--order": "--sort", "--fields": "--columns",
}  # fmt: skip


class Words(click.Choice[str]):
    """One of some words; of another tool's word the error says which is meant."""

    def get_invalid_choice_message(self, value: object, ctx: click.Context | None) -> str:
        told = super().get_invalid_choice_message(value, ctx).rstrip(".")
        meant = ELSEWHERE.get(key(str(value)))
        return f"{told}; did you mean {meant}?" if meant in self.choices else told


def option_meant(error: click.NoSuchOption) -> str | None:
    """What is to be typed for an option that other tools have, where the command has it."""
    meant = _OPTIONS.get(error.option_name.replace("_", "-").lower())
    if meant is None or error.ctx is None:
        return None
    known = {name for param in error.ctx.command.params for name in param.opts}
    return meant if meant.split()[0] in known else None
