"""The report in a few sentences, each made of numbers that stand in it."""

from collections.abc import Iterator
from typing import Final

from wholinks.research.report import Report, Side
from wholinks.storage.wording import counted

from .html import Section
from .overview import ONE_DAY
from .report_words import came, day_in_words, growth, share, span_in_words, verb
from .sheet import cell
from .targets import target_shown, url_shown
from .width import shorten_middle

_URL: Final = 90
"""Letters of a URL in a sentence."""
LARGE: Final = 0.5
"""A share of the backlinks from which on one source is a risk."""
_LOSS: Final = 0.1
"""The same for what was lost lately, of what there was before."""


def summary(report: Report) -> Section:
    """In short: size, change, rivals, the first opportunity, the largest risk, and what all that stands on."""
    lines = [_size(report), _change(report), *(_rival(report.sides[0], side) for side in report.sides[1:])]
    if report.sides[0].totals.backlinks or report.gap is not None:
        lines += [f"Opportunity: {_opportunity(report)}", f"Risk: {risk(report)}"]
    return Section("In short", (), items=(*(line for line in lines if line), _stands_on(report)))


def _size(report: Report) -> str:
    totals = report.sides[0].totals
    name = target_shown(report.target)
    if not totals.backlinks:
        return f"No page of another site that was read links to {name}."
    domains = counted(totals.referring_domains, "referring domain")
    text = (
        f"{name} has {counted(totals.backlinks, 'backlink')} from {domains} (other sites);"
        f" {share(totals.followed, totals.backlinks)} of them are followed"
    )
    first = report.rows[0] if report.rows else None
    if first is not None and totals.referring_domains > 1 and first.backlinks >= totals.backlinks * LARGE:
        return (
            f"{text}, and {share(first.backlinks, totals.backlinks)} come from {_name(first.referring_domain)} alone."
        )
    return f"{text}."


def _change(report: Report) -> str:
    lately = report.lately
    if lately is None:
        return ONE_DAY
    if not (lately.domains.start or lately.domains.new):
        return ""
    found = lately.domains
    gained, discovered, lost = came(found.why)
    rate = (
        f" (from {found.start:,} to {found.end:,}; growth {growth(gained, lost, found.start)})" if found.start else ""
    )
    more = f"; {discovered:,} more on pages read for the first time may be older" if discovered else ""
    if found.domains_new or found.domains_lost:
        net = growth(found.domains_new, found.domains_lost, found.domains_start)
        percent = f" ({net})" if found.domains_start else ""
        moved = f"went from {found.domains_start:,} to {found.domains_end:,}{percent}"
        if found.domains_new == found.domains_lost:
            moved = f"stayed at {found.domains_end:,}"
        domains = f"Referring domains {moved}: {found.domains_new:,} new, {found.domains_lost:,} lost."
    else:
        domains = f"The {counted(found.domains_end, 'referring domain')} stayed the same."
    return f"{span_in_words(lately)}, {counted(gained, 'backlink')} came and {lost:,} went{rate}{more}. {domains}"


def _rival(own: Side, side: Side) -> str:
    backlinks = own.totals.backlinks, side.totals.backlinks
    domains = own.totals.referring_domains, side.totals.referring_domains
    return (
        f"Compared with {target_shown(side.target)} it has {_more(*backlinks)} backlinks ({backlinks[0]:,} against"
        f" {backlinks[1]:,}) and {_more(*domains)} referring domains ({domains[0]:,} against {domains[1]:,})."
    )


def _more(own: int, other: int) -> str:
    return "more" if own > other else "fewer" if own < other else "as many"


def _opportunity(report: Report) -> str:
    gap = report.gap
    if gap is None:
        return "no rivals were compared, so none can be named."
    if not gap.rows and not gap.linking:
        return "no site that was read links to a rival."
    if not gap.rows:
        return "every site found to link to a rival links here too."
    best = gap.rows[0]
    rivals = f"{counted(best.rivals, 'rival')} of {len(gap.rivals)}"
    known = (
        "and no page of it links here"
        if best.links_to_you == "no"
        else "and no link from it to here is known, though not all of it was read"
    )
    return (
        f"{_name(best.domain)} (authority {best.authority:.0f}) links to {rivals}, {known}. The page to ask on:"
        f" {shorten_middle(url_shown(best.ask_on), _URL)}"
    )


def risk(report: Report) -> str:
    """The risk with most backlinks at stake: pages that are broken, one source, or what was lost lately; where there
    is none of these, markers of quality."""
    found = max(_risks(report), default=None, key=lambda one: one[0])
    if found is not None:
        return found[1]
    audit = report.audit
    if audit.flagged:
        return (
            f"{audit.flagged:,} of {counted(audit.referring_domains, 'referring domain')} show a marker of low quality:"
            " a reason to look at them, and no verdict."
        )
    return "none stands out in what was looked at."


def _risks(report: Report) -> Iterator[tuple[int, str]]:
    totals = report.sides[0].totals
    broken, lately = report.broken, report.lately
    if broken.backlinks:
        pages = f"{counted(broken.urls, 'linked page')} here {verb(broken.urls, 'answer')} with an error"
        lead = f"({share(broken.backlinks, totals.backlinks)}) {verb(broken.backlinks, 'lead')} there"
        yield (
            broken.backlinks,
            f"{pages}, and {counted(broken.backlinks, 'backlink')} {lead}: to restore or to redirect.",
        )
    first = report.rows[0] if report.rows else None
    if first is not None and first.backlinks >= totals.backlinks * LARGE:
        yield (
            first.backlinks,
            (
                f"{share(first.backlinks, totals.backlinks)} of the backlinks come from"
                f" {_name(first.referring_domain)}: if that site takes its links down, they go at once."
            ),
        )
    if lately is not None:
        _, _, lost = came(lately.domains.why)
        if lost and lost >= lately.domains.start * _LOSS:
            yield (
                lost,
                (
                    f"{counted(lost, 'backlink')} {'was' if lost == 1 else 'were'} lost since"
                    f" {day_in_words(lately.domains.first)}: {share(lost, lately.domains.start)} of what there was."
                ),
            )


def _stands_on(report: Report) -> str:
    coverage = report.coverage
    return (
        f"All of this rests on {counted(coverage.fetched, 'page')} that could be read, of {coverage.pages_known:,}"
        f" known on {counted(coverage.domains, 'site')}. What was not read is not counted, so there may be more."
    )


def _name(domain: str) -> str:
    return str(cell(domain))
