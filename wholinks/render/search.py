"""What a search found, as people read it."""

from collections.abc import Callable

from wholinks.research.views.search import SearchAnswer
from wholinks.storage.wording import counted

from .sheet import Sheet, Table

_COLUMNS = ("source_url", "target_url", "found_in", "snippet")
_DOMAINS = 10
_HINT = "words are whole ones, and all must be in one text: tent* finds longer ones too"


def search_sheet(shown: int | None) -> Callable[[SearchAnswer], Sheet]:
    """What was found, with so many rows."""

    def sheet(found: SearchAnswer) -> Sheet:
        between = "".join(
            f" {word} {end}" for word, end in (("from", found.source), ("to", found.target)) if end is not None
        )
        if not found.links:
            sought = ", ".join(found.fields)
            return Sheet((f"{found.query}: nothing found in {sought} of links{between}",), notes=(_HINT,))
        where = (
            f"{counted(found.backlinks, 'backlink')} on {counted(found.referring_pages, 'page')} of"
            f" {counted(found.referring_domains, 'domain')}"
        )
        fields = f"in anchors {found.in_anchors:,}, in contexts {found.in_contexts:,}, in titles {found.in_titles:,}"
        lines = (
            f"{found.query}: {counted(found.links, 'link')}{between}: {where}",
            f"{fields} (a link may be in several)",
        )
        domains = found.domains[:_DOMAINS]
        rows = found.rows[:shown]
        left = found.referring_domains - len(domains)
        more = counted(left, "more source domain is not shown", "more source domains are not shown")
        return Sheet(
            lines,
            (Table("source domains", domains), Table("links", rows, _COLUMNS, found.links - len(rows), ("snippet",))),
            (f"{more}; --format json has up to 1,000",) if left else (),
        )

    return sheet
