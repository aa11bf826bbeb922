"""Options of every command that asks about a target: which URLs it covers, and which links count."""

from typing import Any, Final

import click

from wholinks.index.filters import SITEWIDE_PAGES, SITEWIDE_SHARE, Filters, SourceSet
from wholinks.index.queries import Index
from wholinks.index.questions import Follow
from wholinks.index.target import Mode, Schemes
from wholinks.storage.records import Kind, Placement

from .elsewhere import Words
from .options import Command
from .times import days_told


def target_options(command: Command) -> Command:
    """``--mode`` and ``--protocol``."""
    return _end_options(command, "TARGET", "to")


def source_options(command: Command) -> Command:
    """The same, of a SOURCE."""
    return _end_options(command, "SOURCE", "on pages of")


def _end_options(command: Command, end: str, way: str) -> Command:
    protocol = click.option(
        "--protocol", type=click.Choice([scheme.value for scheme in Schemes]), default=Schemes.BOTH.value,
        show_default=True, help=f"Count links {way} http, https or both.",
    )  # fmt: skip
    mode = click.option(
        "--mode",
        type=click.Choice([mode.value for mode in Mode]),
        help=f"How much {end} covers: one URL (exact), all below a path (prefix), a host with and without www."
        " (domain), or a host and all under it (subdomains).  [default: exact for a URL with a path, else subdomains]",
    )
    return mode(protocol(command))


def count_options(command: Command) -> Command:
    """``--follow`` and ``--kind``, as parameters ``follow`` and ``kinds``."""
    kind = click.option(
        "--kind", "kinds", type=click.Choice([kind.name.lower() for kind in Kind]), multiple=True,
        help="Count links of this kind; repeatable.  [default: text, image, redirect]",
    )  # fmt: skip
    follow = click.option(
        "--follow", type=Words([follow.value for follow in Follow]), default=Follow.ALL.value,
        show_default=True, help="Count only links that are so; followed is what others call dofollow.",
    )  # fmt: skip
    return follow(kind(command))


def filter_options(command: Command) -> Command:
    """Those of :func:`count_options`, and what :func:`filters_given` reads."""
    for option in reversed(_FILTERS):
        command = option(command)
    return count_options(command)


_FILTERS: Final = (
    click.option(
        "--placement", "placements", type=click.Choice([placement.name.lower() for placement in Placement]),
        multiple=True, help="Count links in this part of the page; repeatable.",
    ),
    click.option("--anchor", "anchor_contains", metavar="TEXT", help="Count links whose anchor text contains TEXT."),
    click.option(
        "--anchor-regex", metavar="REGEX",
        help="Count links in whose anchor text REGEX (RE2 syntax; (?i) at its start: any letter case) is found.",
    ),
    click.option(
        "--language", metavar="CODE", help="Count links on pages that declare this language: de; none: declare none."
    ),
    click.option("--tld", "source_tld", metavar="LABEL", help="Count links from hosts under this top level: uk."),
    click.option(
        "--source-contains", metavar="TEXT", help="Count links from domains whose name contains TEXT."
    ),
    click.option(
        "--authority", metavar="RANGE",
        help="Count links from domains with an authority (0 to 100) in this range: 20..60, 20.. or ..60.",
    ),
    click.option(
        "--first-seen-from", metavar="DAY",
        help="Count links first seen on this day or later, or in the last days (90d).",
    ),
    click.option(
        "--first-seen-to", metavar="DAY",
        help="Count links first seen by the end of this day, or before the last days (90d).",
    ),
    click.option(
        "--hidden/--not-hidden", default=None, help="Count only links in hidden parts of the page, or only the others."
    ),
    click.option(
        "--sitewide", type=click.Choice(["only", "no"]),
        help=f"Count only links to URLs that their site links to from {SITEWIDE_SHARE:.0%} of its fetched pages, at"
        f" least {SITEWIDE_PAGES}; or only the others.",
    ),
)  # fmt: skip


def filters_given(index: Index, given: dict[str, Any]) -> Filters:
    """The filters of the options above. Raises :class:`UsageError`."""
    return Filters(
        placements=tuple(given["placements"]), anchor_contains=given["anchor_contains"],
        anchor_regex=given["anchor_regex"], language=given["language"], source_tld=given["source_tld"],
        source_contains=given["source_contains"],
        first_seen_from=days_told(index, given["first_seen_from"], "--first-seen-from", is_end=False),
        first_seen_to=days_told(index, given["first_seen_to"], "--first-seen-to", is_end=True), hidden=given["hidden"],
        sitewide=given["sitewide"] == "only" if given["sitewide"] is not None else None,
        sources=_sources(index, given["authority"]),
    )  # fmt: skip


def _sources(index: Index, authority: str | None) -> SourceSet | None:
    if authority is None:
        return None
    from wholinks.research.scores.ranges import of_authority  # noqa: PLC0415 - scores take numpy, which takes its time

    return of_authority(index, authority)
