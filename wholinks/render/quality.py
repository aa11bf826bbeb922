"""Decisions and audits, as people read them."""

from wholinks.research.quality.audit import Audit
from wholinks.research.quality.decisions import Decisions
from wholinks.storage.wording import counted

from .sheet import Sheet, Table

_DOMAIN = (
    "referring_domain", "links", "template_links", "template_decisions", "editorial_links", "editorial_decisions",
    "pages_fetched",
)  # fmt: skip
_DECISION = (
    "referring_domain", "is_template", "anchor_text", "linked", "links", "pages", "share", "placement", "example",
)  # fmt: skip


def decisions_sheet(found: Decisions) -> Sheet:
    """The decisions behind links."""
    templates = f"{counted(found.template_decisions, 'template decision')} ({counted(found.template_links, 'link')})"
    editorial = f"{found.editorial_decisions:,} editorial ({counted(found.editorial_links, 'link')})"
    rule = f"a template is on at least {found.least_pages} and {found.least_share:.0%} of a domain's fetched pages"
    decided = found.template_decisions + found.editorial_decisions
    return Sheet(
        (f"{found.target}: {counted(found.links, 'link')} = {templates} + {editorial}",),
        (
            Table("by referring domain", found.domains, _DOMAIN, found.referring_domains - len(found.domains)),
            Table("decisions", found.rows, _DECISION, decided - len(found.rows)),
        ),
        (rule,) if found.links else (f"no link to {found.target} is in the index",),
    )


def audit_sheet(found: Audit) -> Sheet:
    """The referring domains to look at."""
    domains = f"{counted(found.referring_domains, 'referring domain')}, {found.flagged:,} with markers"
    columns = ("referring_domain", "score", "review", "links", "referring_pages", "why")
    notes = (
        "score: the markers' weights added up, 0 without any; a marker is a reason to look, no verdict",
        "--format csv has every value, threshold and weight",
    )
    return Sheet(
        (f"{found.target}: {domains}, {found.reviewed:,} reviewed",),
        (Table("", found.rows, columns, more=found.referring_domains - len(found.rows)),),
        notes if found.rows else (f"no link to {found.target} is in the index",),
    )
