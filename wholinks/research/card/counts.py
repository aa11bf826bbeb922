"""What the metric card shows of a target's links, counted in as few passes as it takes: rows equal those of the views
of ``who_links_to`` (docs/counting.md), and are counted from what is counted already.
"""
# ruff: noqa: S608 - statements are made of this package's constants; whatever a user gives is a parameter

from dataclasses import dataclass
from typing import Any, Final

import duckdb

from wholinks.index.anchor_class import AnchorClass, AnchorClasses
from wholinks.index.answers import AnchorRow, KindRow, LanguageRow, TargetRow, TldRow
from wholinks.index.filters import PRIMARY_LANGUAGE, TOP_LABEL
from wholinks.index.schema import Mark
from wholinks.index.selection import Condition
from wholinks.storage.records import Kind

_IS_FOLLOWED: Final = f"& {Mark.FOLLOWED:d} <> 0"

# A source page has one domain, one host, one language and one address: of each backlink `backlink` has the pages, of
# each page `linking` has these.
_TABLES: Final = f"""
CREATE TEMP TABLE counted AS
    SELECT l.source_domain_id, l.source_url_id, l.target_url_id, l.kind, l.follow, l.anchor_text
    FROM link AS l WHERE {{where}};
CREATE TEMP TABLE backlink AS
    SELECT min(source_domain_id) AS source_domain_id, source_url_id, target_url_id, count(*) AS links,
           bit_or(follow) AS marks, bit_or(1 << kind) AS kinds,
           bit_or(if(follow {_IS_FOLLOWED}, 1 << kind, 0)) AS followed_kinds
    FROM counted GROUP BY source_url_id, target_url_id;
CREATE TEMP TABLE linking AS
    WITH part AS (
        SELECT source_url_id, min(source_domain_id) AS source_domain_id, count(*) AS backlinks, sum(links) AS links,
               count(*) FILTER (marks {_IS_FOLLOWED}) AS followed
        FROM backlink GROUP BY source_url_id)
    SELECT part.*, page.origin_rank, page.language, page.remote_ip FROM part JOIN page ON url_id = source_url_id;
CREATE TEMP TABLE home AS
    WITH part AS (
        SELECT origin_rank, source_domain_id, sum(backlinks) AS backlinks, sum(links) AS links, count(*) AS pages,
               sum(followed) AS followed
        FROM linking GROUP BY ALL)
    SELECT part.*, host FROM part JOIN (SELECT DISTINCT rank, host FROM origin) AS named ON rank = origin_rank;
CREATE TEMP TABLE anchor AS
    WITH pair AS (
        SELECT anchor_text, source_url_id, target_url_id, min(source_domain_id) AS source_domain_id, count(*) AS links,
               bool_or(follow {_IS_FOLLOWED}) AS is_followed
        FROM counted GROUP BY anchor_text, source_url_id, target_url_id),
    part AS (
        SELECT anchor_text, source_domain_id, count(*) AS backlinks, sum(links) AS links,
               count(*) FILTER (is_followed) AS followed
        FROM pair GROUP BY anchor_text, source_domain_id)
    SELECT anchor_text, count(*) AS domains, sum(backlinks)::BIGINT AS backlinks, sum(links)::BIGINT AS links,
           sum(followed)::BIGINT AS followed
    FROM part GROUP BY anchor_text"""

_ANCHORS: Final = """
SELECT anchor_text, domains, backlinks, links, followed FROM anchor ORDER BY backlinks DESC, anchor_text LIMIT ?"""

_KINDS: Final = """
WITH kind AS (SELECT unnest(range(8)) AS number),
counts AS (SELECT kind, count(*) AS links FROM counted GROUP BY kind),
part AS (
    SELECT number, source_domain_id, count(*) AS backlinks,
           count(*) FILTER ((followed_kinds >> number) & 1 = 1) AS followed
    FROM (SELECT source_domain_id, kinds, followed_kinds FROM backlink) JOIN kind ON (kinds >> number) & 1 = 1
    GROUP BY number, source_domain_id)
SELECT number, count(*), sum(backlinks)::BIGINT, any_value(counts.links), sum(followed)::BIGINT
FROM part JOIN counts ON counts.kind = number GROUP BY number"""

_MARKED: Final = ", ".join(
    f"count(*) FILTER (marks & {mark:d} <> 0) AS {name}"
    for name, mark in (("followed", Mark.FOLLOWED), ("nofollow", Mark.NOFOLLOW), ("ugc", Mark.UGC),
                       ("sponsored", Mark.SPONSORED))
)  # fmt: skip

# Of one target URL each linking page is one backlink. Names are looked up for those alone that may be among the first.
_TARGETS: Final = f"""
WITH shown AS (
    SELECT target_url_id, count(*) AS backlinks, sum(links)::BIGINT AS links, {_MARKED}
    FROM backlink GROUP BY target_url_id),
first AS (
    SELECT * FROM shown
    WHERE backlinks >= (SELECT min(backlinks) FROM (SELECT backlinks FROM shown ORDER BY backlinks DESC LIMIT $most))),
domains AS (
    SELECT target_url_id, count(DISTINCT source_domain_id) AS domains FROM backlink
    WHERE target_url_id IN (SELECT target_url_id FROM first) GROUP BY target_url_id)
SELECT origin.origin || url.path AS name, backlinks, links, backlinks, domains, followed, nofollow, ugc, sponsored
FROM first JOIN domains USING (target_url_id) JOIN url ON url_id = target_url_id JOIN origin USING (origin_id)
ORDER BY backlinks DESC, name LIMIT $most"""

_SUMMED: Final = """
count(DISTINCT source_domain_id), sum(backlinks)::BIGINT AS total, sum(links)::BIGINT, sum(pages)::BIGINT,
sum(followed)::BIGINT"""
_TLDS: Final = f"""
SELECT {TOP_LABEL} AS name, {_SUMMED} FROM home GROUP BY name ORDER BY total DESC, name LIMIT ?"""
_LANGUAGES: Final = f"""
WITH page AS (
    SELECT language, source_domain_id, sum(backlinks) AS backlinks, sum(links) AS links, count(*) AS pages,
           sum(followed) AS followed
    FROM linking GROUP BY ALL)
SELECT {PRIMARY_LANGUAGE} AS name, {_SUMMED} FROM page GROUP BY name ORDER BY total DESC, name LIMIT ?"""

# exp of Shannon's entropy: so many equally large ones would be as diverse.
_EFFECTIVE: Final = """
SELECT max(count) / sum(count), exp(-sum(count / total * ln(count / total)))
FROM (SELECT count, sum(count) OVER () AS total FROM ({counts}))"""
_BROKEN: Final = """
SELECT count(DISTINCT target_url_id), count(*) FROM backlink JOIN asked ON url_id = target_url_id WHERE status >= 400"""
_BY_SOURCE: Final = "SELECT sum(backlinks)::DOUBLE AS count FROM linking GROUP BY source_domain_id"
_BY_ANCHOR: Final = "SELECT backlinks::DOUBLE AS count FROM anchor"


_ANCHOR_LINKS: Final = "SELECT anchor_text, links FROM anchor"
_CHUNK: Final = 10_000


@dataclass(frozen=True, slots=True)
class AnchorClassRow:
    """The anchor texts of a class and the links that have them; ``share`` of all links, None where there are none."""

    anchor_class: str
    anchors: int
    links: int
    share: float | None


class Card:
    """Counts of the links for which a condition on ``link AS l`` holds, in a session of :meth:`Index.ask`; anchor texts
    have the classes of ``classes``."""

    def __init__(self, duck: duckdb.DuckDBPyConnection, links: Condition, classes: AnchorClasses) -> None:
        self._duck = duck
        self._classes = classes
        where, values = links
        first, *rest = _TABLES.split(";")
        duck.execute(first.format(where=where), values)
        for statement in rest:
            duck.execute(statement)

    def _rows(self, statement: str, given: object = None) -> list[tuple[Any, ...]]:
        return self._duck.execute(statement, given).fetchall()

    @property
    def hosts(self) -> int:
        """Referring hosts."""
        return int(self._rows("SELECT count(DISTINCT host) FROM home")[0][0])

    @property
    def addresses(self) -> int:
        """IP addresses of referring pages."""
        return int(self._rows("SELECT count(DISTINCT remote_ip) FROM linking WHERE remote_ip <> ''")[0][0])

    def broken(self) -> tuple[int, int]:
        """Linked URLs that answered with an error when they were last asked for, and the backlinks to them."""
        urls, backlinks = self._rows(_BROKEN)[0]
        return urls, backlinks

    def of_sources(self) -> tuple[float | None, float | None]:
        """The largest source's share of the backlinks, and the effective number of sources."""
        share, number = self._rows(_EFFECTIVE.format(counts=_BY_SOURCE))[0]
        return share, number

    def effective_anchors(self) -> float | None:
        """The effective number of anchor texts."""
        number: float | None = self._rows(_EFFECTIVE.format(counts=_BY_ANCHOR))[0][1]
        return number

    def kinds(self) -> tuple[KindRow, ...]:
        """All kinds."""
        found = [KindRow(Kind(number).name.lower(), *counts) for number, *counts in self._rows(_KINDS)]
        return tuple(sorted(found, key=lambda row: (-row.backlinks, row.kind)))

    def anchors(self, most: int) -> tuple[AnchorRow, ...]:
        """The first anchor texts."""
        return tuple(AnchorRow(*(*row, self._classes.of(row[0]).value)) for row in self._rows(_ANCHORS, [most]))

    def anchor_classes(self) -> tuple[AnchorClassRow, ...]:
        """All classes of anchor texts, those with the most links first."""
        anchors, links = dict.fromkeys(AnchorClass, 0), dict.fromkeys(AnchorClass, 0)
        self._duck.execute(_ANCHOR_LINKS)
        while chunk := self._duck.fetchmany(_CHUNK):
            for anchor, count in chunk:
                of = self._classes.of(anchor)
                anchors[of] += 1
                links[of] += count
        total = sum(links.values())
        found = [AnchorClassRow(of.value, anchors[of], links[of], links[of] / total if total else None) for of in links]
        return tuple(sorted(found, key=lambda row: -row.links))

    def pages(self, most: int) -> tuple[TargetRow, ...]:
        """The first linked URLs."""
        return tuple(TargetRow(*row) for row in self._rows(_TARGETS, {"most": most}))

    def tlds(self, most: int) -> tuple[TldRow, ...]:
        """The first top levels."""
        return tuple(TldRow(*row) for row in self._rows(_TLDS, [most]))

    def languages(self, most: int) -> tuple[LanguageRow, ...]:
        """The first languages."""
        return tuple(LanguageRow(*row) for row in self._rows(_LANGUAGES, [most]))
