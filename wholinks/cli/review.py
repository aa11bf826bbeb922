"""``wholinks review``: what was decided on referring domains."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import click

from wholinks.index.answers import DomainRow
from wholinks.index.queries import Index
from wholinks.index.target import Mode
from wholinks.notes.reviews import ReviewState, decide, reviews_of
from wholinks.storage.errors import UsageError

from .notes import note_names
from .options import data_option
from .research import write

_NAMED: Final = 5

EXAMPLES: Final = """
\b
Examples:
  wholinks review shop.example                                  what was decided so far
  wholinks review shop.example spam.example casino.example --state disavow
  wholinks review shop.example blog.example --state contact --note "wrote on 21 November"
  wholinks review shop.example blog.example --state none        take it back
"""


@click.command(epilog=EXAMPLES, short_help="Keep, contact or disavow referring domains of a target.")
@click.argument("target")
@click.argument("domains", nargs=-1)
@data_option
@click.option(
    "--state",
    type=click.Choice([*(state.value for state in ReviewState), "none"]),
    help="What to do: keep the links, contact the owner, disavow the domain; none takes a decision back.",
)
@click.option("--note", metavar="TEXT", help="Why; kept with it.")
def command(target: str, domains: tuple[str, ...], data: Path, state: str | None, note: str | None) -> None:
    """Remember what to do about DOMAINS that link to TARGET; without DOMAINS, list what was decided.

    'wholinks audit' shows it beside each domain, 'wholinks disavow write' makes a file of what is to be disavowed.
    """
    from wholinks.render.listing import lines  # noqa: PLC0415

    if bool(domains) != (state is not None):
        raise click.UsageError("DOMAINS and --state go together; leave out both to list what was decided")
    with Index(data) as index:
        named = index.target(target)
        note_names(index, [named])
        sites = [_site(index, domain) for domain in domains]
        idle = not_linking(index, target, sites) if state not in {None, "none"} else []
    if state is None:
        rows = [(it.domain, it.state.value, it.changed_at, (it.note,)) for it in reviews_of(data, named.text)]
        if rows:
            write(lines(("Referring domain", "State", "Decided", "Note"), rows))
        return
    wanted = None if state == "none" else ReviewState(state)
    if named.domain in sites:
        raise UsageError(f"{named.domain}: the target's own domain is no referring domain of it")
    if wanted is ReviewState.DISAVOW:
        from wholinks.research.quality.disavow import entry_of  # noqa: PLC0415

        for site in sites:
            entry_of(site, own=named.domain)
    decide(data, named.text, sites, wanted, note=note, now=datetime.now(UTC))
    click.echo(f"wholinks: {state}: {', '.join(sites)}", err=True)
    if idle:
        click.echo(note_not_linking(named.text, idle), err=True)


def not_linking(index: Index, target: str, domains: Iterable[str]) -> list[str]:
    """Those of the domains that no backlink of the target comes from."""
    linking = {row.referring_domain for row in index.who_links_to(target).rows if isinstance(row, DomainRow)}
    return [domain for domain in domains if domain not in linking]


def note_not_linking(target: str, domains: Sequence[str]) -> str:
    """A line that names what may be typed wrong."""
    named = ", ".join(domains[:_NAMED]) + (f" and {len(domains) - _NAMED:,} more" if len(domains) > _NAMED else "")
    return f"wholinks: no link to {target} in this index comes from {named}; typed right?"


def _site(index: Index, text: str) -> str:
    """The referring domain that was typed."""
    meant = index.target(text)
    if meant.mode in {Mode.EXACT, Mode.PREFIX} or meant.host not in {meant.domain, meant.domain.partition("/")[0]}:
        raise UsageError(f"{text}: name the whole domain, {meant.domain}")
    return meant.domain
