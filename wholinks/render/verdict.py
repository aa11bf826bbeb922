"""Yes, no or unknown, in a sentence a person can trust and as JSON."""

from collections.abc import Iterator
from typing import Any, Final

from wholinks.index.verdict import NEVER_CRAWLED, Reply, Verdict
from wholinks.storage.wording import counted

from . import listing
from .json import SCHEMA, plain, target_object
from .targets import target_shown
from .text import neutralise
from .width import sentences, terminal_width

_IN_WORDS: Final = {
    "pending": "pending",
    "postponed": "postponed by a budget of pages or hosts",
    "trap_repeated_segments": "postponed as paths that repeat themselves",
    "trap_depth": "postponed as paths too deep",
    "trap_length": "postponed as URLs too long",
    "trap_session_id": "postponed as URLs with session ids",
    "trap_calendar": "postponed as endless calendars",
    "trap_host_in_path": "postponed as paths with other hosts' names",
    "trap_query_keys": "postponed as queries with too many parameters",
    "trap_query_explosion": "postponed as filters combined over and over",
    "trap_near_duplicates": "postponed as endless near-duplicates",
    "trap_soft_404": "postponed as found on error pages only",
    "blocked": "blocked by robots.txt",
    "failed": "failed",
    "incomplete": "read only in part",
    "script_only": "script-only by the look of it",
    "nofollow_page": "named by nofollow pages only",
    "depth": "beyond --max-depth",
    "scope": "out of the crawl's scope",
    "excluded": "left out by --include, --exclude or --only-prefix",
}


def document(verdict: Verdict) -> dict[str, Any]:
    """The whole answer; ``rows`` is empty but for a yes."""
    return {
        "schema": SCHEMA,
        "source": target_object(verdict.source),
        "target": target_object(verdict.target),
        "answer": verdict.answer.value,
        "reasons": plain(verdict.reasons),
        "coverage": plain(verdict.coverage),
        "since": plain(verdict.since),
        "links": verdict.links,
        "duplicate_links": verdict.duplicate_links,
        "rows": plain(verdict.rows),
        "snapshot": plain(verdict.snapshot),
    }


def lines(verdict: Verdict) -> Iterator[str]:
    """The sentence, and the links behind a yes."""
    yield from sentences(neutralise(sentence(verdict)), terminal_width())
    if verdict.rows:
        yield ""
        yield from listing.lines(
            ("Source page", "Target", "Anchor text", "Rel", "Nr"),
            [
                (
                    row.source_url, row.target_url, row.anchor_text, " ".join(row.rel),
                    row.evidence.ordinal,
                )
                for row in verdict.rows
            ],
        )  # fmt: skip
    if verdict.links > len(verdict.rows):
        yield f"… and {verdict.links - len(verdict.rows):,} more; --limit {verdict.links} shows all"


def _duplicates(verdict: Verdict) -> str:
    """Why other answers count fewer links, where they do."""
    number = verdict.duplicate_links
    if not number:
        return ""
    rest = verdict.links - number
    if not rest:
        which = "it is on a canonical duplicate" if number == 1 else "all are on canonical duplicates"
        return f"; {which} of a page that links there too, so that other answers count that page's links instead"
    which = "is on a canonical duplicate" if number == 1 else "are on canonical duplicates"
    return f"; {number:,} of them {which} of a page that links there too: 'wholinks links' counts the other {rest:,}"


def sentence(verdict: Verdict) -> str:
    """The answer in one sentence."""
    source, target = target_shown(verdict.source), target_shown(verdict.target)
    question, coverage = verdict.question, verdict.coverage
    which = "" if question.is_default else f" by the links asked for ({question.policy.partition(': ')[2]})"
    if verdict.answer is Reply.YES:
        count = counted(verdict.links, "link")
        since = f", the first seen on {verdict.since:%Y-%m-%d}" if verdict.since else ""
        return f"yes: {source} links to {target}{which}: {count}{since}{_duplicates(verdict)}"
    if verdict.answer is Reply.NO:
        pages, when = coverage.pages_known, f"{coverage.as_of:%Y-%m-%d}" if coverage.as_of else "now"
        gone = f" ({coverage.failed:,} of them gone)" if coverage.failed else ""
        if pages == 1:
            return (
                f"no: the one page known of {source} was fetched by {when} and does not link to {target}{which}{gone}"
            )
        every = f"all {counted(pages, 'page')} known of {source} were fetched by {when}{gone}"
        return f"no: {every} and none links to {target}{which}"
    if any(reason.reason == NEVER_CRAWLED for reason in verdict.reasons):
        return f"unknown: no page of {source} is known; whether it links to {target} was never looked at"
    rest = ", ".join(f"{reason.pages:,} {_IN_WORDS[reason.reason]}" for reason in verdict.reasons)
    if not coverage.fetched:
        return f"unknown: of the pages known of {source} none was fetched: {rest}"
    none = f"none of the {counted(coverage.fetched, 'page')} fetched of {source} is known to link"
    if coverage.fetched == 1:
        none = f"the one page fetched of {source} is not known to link"
    is_one = verdict.reasons[0].pages == 1
    return f"unknown: {none} to {target}{which}, but {rest.replace(' ', ' is ' if is_one else ' are ', 1)}"
