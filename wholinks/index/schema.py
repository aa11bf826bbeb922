"""The tables of index.duckdb. Ids are numbers of this index only; another build may give other numbers.

``follow`` holds what a link's rel and its page say together: :class:`Mark`. ``dup_kinds`` has bit ``1 << kind`` for
each kind of link to the same target that the page's canonical page carries: a question that counts one of these kinds
leaves the link out. Times are UTC seconds.
"""

from enum import IntFlag
from typing import Final

INDEX_FILE: Final = "index.duckdb"
VERSION: Final = 11
"""Readers answer from this version alone; another one is built anew, which costs nothing that is not in crawl.db."""


class Mark(IntFlag):
    """How a link may be followed; page-level nofollow is in NOFOLLOW. FOLLOWED excludes the others on a link."""

    NOFOLLOW = 1
    UGC = 2
    SPONSORED = 4
    FOLLOWED = 8


class FoundBy(IntFlag):
    """What named a page; the first two are ``records.Listed``."""

    SITEMAP = 1
    FEED = 2
    LINK = 4


_LINK: Final = (
    "target_domain_id UINTEGER, source_domain_id UINTEGER, target_url_id UINTEGER, source_url_id UINTEGER, "
    "ordinal UINTEGER, kind UTINYINT, placement UTINYINT, anchor_source UTINYINT, flags UTINYINT, follow UTINYINT, "
    "rel UINTEGER, rel_other VARCHAR, dup_kinds UTINYINT, opening_id UINTEGER, anchor_text VARCHAR, "
    "opened_why UTINYINT, until_at BIGINT, reason UTINYINT"
)

TABLES: Final = {
    "meta": "key VARCHAR, value VARCHAR",
    "coverage": "domain_id UINTEGER, state UTINYINT, reason VARCHAR, pages UINTEGER",
    # Every page known, one a dedup key; `asked_at`: the last time it was asked for, 0 = never. `found_by` is 0 too for
    # what does not count as a page (`ways`).
    "known": "url_id UINTEGER, domain_id UINTEGER, state UTINYINT, reason VARCHAR, is_complete BOOLEAN, "
    "is_script_only BOOLEAN, asked_at BIGINT, found_by UTINYINT",
    "domain": "domain_id UINTEGER, domain VARCHAR",
    # Physically in order of `reversed` ("example.shop.www."): a host and all under it lie side by side. `rank`: place
    # among all origins by text; (rank, url_id) is the order of URLs as text. `domain_origins`: origins of the domain.
    # `domain` is the site: of URLs under a site by prefix that, whose path is `prefix` (empty for all others); an
    # origin has a row for each site that it has URLs of, and those of one site lie side by side.
    "origin": "origin_id UINTEGER, domain_id UINTEGER, domain_origins UINTEGER, origin VARCHAR, is_https BOOLEAN, "
    "port USMALLINT, host VARCHAR, prefix VARCHAR, reversed VARCHAR, domain VARCHAR, icann_domain VARCHAR, "
    "rank UINTEGER, first_url_id UINTEGER, last_url_id UINTEGER",
    "url": "url_id UINTEGER, origin_id UINTEGER, path VARCHAR",
    "redirect": "url_id UINTEGER, next_url_id UINTEGER, final_url_id UINTEGER, hops UTINYINT, is_final_fetched BOOLEAN",
    # `origin_rank`: the rank of its origin. Ids are 0 where there is none: `canonical_url_id` is what the page names
    # itself, `duplicate_of` the page that was found for it.
    "page": "url_id UINTEGER, domain_id UINTEGER, origin_rank UINTEGER, outcome UTINYINT, status USMALLINT, "
    "title VARCHAR, language VARCHAR, fetched_at BIGINT, first_seen_at BIGINT, last_seen_at BIGINT, "
    "requested_url_id UINTEGER, body_hash BIGINT, is_noindex BOOLEAN, is_nofollow BOOLEAN, is_complete BOOLEAN, "
    "canonical_url_id UINTEGER, duplicate_of UINTEGER, remote_ip VARCHAR, words UINTEGER, simhash BIGINT, "
    "fetch_id BIGINT",
    # Links that count as live; `state` is a number of `states.STATES`, `reason` of `states.ENDS`, `until_at` 0. The
    # pair was first seen ever `seen_after_s` after its page was, has been there without a loss since `came_after_s`
    # after that (`opened_why`), looks as it does since `since_s` after it, and was last seen `unseen_s` before its page
    # was. `opening_id` is 0 where the page's own row has the fetch that showed it so.
    "link": f"{_LINK}, state UTINYINT, seen_after_s INTEGER, came_after_s INTEGER, since_s INTEGER, unseen_s INTEGER",
    # Links as they were and are no more, from `from_at` until `until_at`; when their pair came (`opened_why`), was
    # first seen ever, and was last seen before it went. `reason` is 0 where the pair went on, looking otherwise.
    "past": f"{_LINK}, from_at BIGINT, came_at BIGINT, first_seen_at BIGINT, last_seen_at BIGINT",
    # When links were in doubt, and how (numbers of `states.STATES`, `states.ENDS`); `until_at` is NULL while they are.
    # `target_url_id` 0: all links of the page, but for those, by target and kind, that have rows of their own. That a
    # link is stale since its page was asked for last is not here: it follows from when it was seen last.
    "doubt": "source_url_id UINTEGER, target_url_id UINTEGER, kind UTINYINT, state UTINYINT, reason UTINYINT, "
    "from_at BIGINT, until_at BIGINT, last_seen_at BIGINT",
    # How links were written, by the fetch that showed them so, in the crawl's order: looked up for rows that are shown.
    # `written` and `context` as in `storage.views.EVIDENCE`: parts with U+0000 between them. Contexts of links that
    # follow one another share their words: zstd, which looks at many at once, makes a fifth less of a real crawl's
    # evidence, and takes half the time.
    "evidence": "fetch_id BIGINT, ordinal UINTEGER, written VARCHAR, context VARCHAR USING COMPRESSION zstd, "
    "path_fingerprint BIGINT",
    "opening": "opening_id UINTEGER, fetch_id BIGINT, fetched_at BIGINT, status USMALLINT, requested_url_id UINTEGER, "
    "body_hash BIGINT",
    # Link elements that name a URL of their own site, by page, target and kind; `follow` of all of them together.
    "internal": "target_domain_id UINTEGER, target_url_id UINTEGER, source_url_id UINTEGER, kind UTINYINT, "
    "follow UTINYINT, links UINTEGER",
    # Every URL that was ever asked for, pages and link targets alike, as it answered last; `status` 0 = no answer.
    "asked": "url_id UINTEGER, domain_id UINTEGER, outcome UTINYINT, status USMALLINT, reason VARCHAR, asked_at BIGINT",
    "pair": "target_domain_id UINTEGER, source_domain_id UINTEGER, source_domain VARCHAR, backlinks UINTEGER, "
    "links UINTEGER, referring_pages UINTEGER, followed UINTEGER, nofollow UINTEGER, ugc UINTEGER, sponsored UINTEGER, "
    "suspect UINTEGER, unknown UINTEGER, stale UINTEGER, first_seen_at BIGINT, last_seen_at BIGINT",
    # All pairs of a target together.
    "inward": "target_domain_id UINTEGER, backlinks BIGINT, links BIGINT, referring_pages BIGINT, "
    "referring_domains BIGINT, followed BIGINT, nofollow BIGINT, ugc BIGINT, sponsored BIGINT, suspect BIGINT, "
    "unknown BIGINT, stale BIGINT",
    "via": "final_domain_id UINTEGER, source_domain_id UINTEGER, final_url_id UINTEGER, source_url_id UINTEGER, "
    "linked_url_id UINTEGER, ordinal UINTEGER, kind UTINYINT, follow UTINYINT, dup_kinds UTINYINT",
}
"""Table → its columns, in the order they are made."""
