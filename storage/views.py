"""What others may read of crawl.db: the statements and their columns, in one place. Nobody else writes SQL against it.

The ``SELECT`` statements below are for the index build, which pulls them through Arrow. Arrow types a column by its
first rows, so no column here is ever NULL: 0 stands for "none" among ids (no hash is expected to be 0) and numbers,
and the empty text among texts; where the difference matters, a ``has_…`` column of 0 or 1 says so. Integers are 64-bit
signed, texts valid UTF-8, times UTC seconds.

The functions at the end answer small questions on their own read-only connection.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from .database import CRAWL_DB, prepare, reader
from .schema import VERSION
from .sites import PrefixSite, read_prefix_sites
from .table_scan import Columns, TableFile, Term

__all__ = [
    "CRAWL_DB", "EVIDENCE", "FETCHES", "LAST_FETCH", "LINKS", "LINKS_AND_REDIRECTS", "META", "ORIGINS", "PAGES",
    "REDIRECTED_LINKS", "SCANS", "SUFFIX_LIST_KEY", "URLS",
    "Extent", "TableFile", "bring_up_to_date", "extent", "packed",
]  # fmt: skip

ORIGINS: Final = "SELECT origin_id, origin, host, domain, icann_domain FROM origin"

URLS: Final = "SELECT url_id, origin_id, path, coalesce(key_id, url_id) AS key_id FROM url"
"""Every URL ever seen; ``key_id`` is its dedup key (its own id where the key is its own text)."""

PAGES: Final = """
SELECT key_id, url_id, origin_id, state, coalesce(reason, '') AS reason, coalesce(listed, 0) AS listed FROM page"""
"""Every page known, one a dedup key: ``url_id`` is the spelling that is fetched; ``state`` is a ``records.State``,
``listed`` a ``records.Listed``."""

FETCHES: Final = """
SELECT fetch_id, url_id, requested_url_id, fetched_at, outcome, coalesce(status, 0) AS status,
       coalesce(body_hash, 0) AS body_hash, is_complete, coalesce(redirect_url_id, 0) AS redirect_url_id,
       coalesce(canonical_url_id, 0) AS canonical_url_id, coalesce(robots, 0) AS robots,
       coalesce(title, '') AS title, coalesce(language, '') AS language,
       coalesce(script_only, 0) AS script_only, coalesce(reason, '') AS reason,
       coalesce(remote_ip, '') AS remote_ip, coalesce(words, 0) AS words, coalesce(simhash, 0) AS simhash
FROM fetch"""
"""Every ended request; ``outcome`` is a ``records.Outcome``, ``robots`` a ``records.RobotsFlag``."""

LINKS: Final = """
SELECT fetch_id, ordinal, target_url_id, bits, rel, coalesce(rel_other, '') AS rel_other, anchor_text,
       coalesce(closed_fetch_id, 0) AS closed_fetch_id
FROM link"""
"""Every link, internal and closed ones too, each with the fetch that opened it."""

EVIDENCE: Final = """
SELECT fetch_id, ordinal, raw_href || char(0) || coalesce(raw_rel || char(0), '') || tag AS written,
       context_before || char(0) || context_after AS context, path_fingerprint
FROM evidence ORDER BY fetch_id, ordinal"""
"""The tag and surroundings of every link out of its site, by the fetch that opened it, in order.

``written``: raw href, raw rel (left out where there is none) and tag; ``context``: what stands before and after. The
parts are separated by U+0000, which an HTML parser lets through nowhere. Each value costs, and two texts are three
quarters of what five take.
"""

LINKS_AND_REDIRECTS: Final = f"""{LINKS}
UNION ALL
SELECT fetch_id, 1, redirect_url_id, 2, 0, '', '', coalesce((
    SELECT min(later.fetch_id) FROM fetch AS later
    WHERE later.url_id = fetch.url_id AND later.fetch_id > fetch.fetch_id AND later.outcome IN (0, 1)), 0)
FROM fetch WHERE outcome = 1 AND redirect_url_id IS NOT NULL AND link_counts IS NULL"""  # noqa: S608 - constants only
"""The same, and every redirect that was within one site when it was stored, as the link it is between two."""


def packed(links: str) -> str:
    """The rows of ``links`` (one of the two above) in half the values, since each costs: ``packed`` holds ordinal (from
    bit 36), bits (20), rel (2), whether there is a rel_other (1) and whether it is open (0); ``texts`` is the anchor
    text, and after U+0000, which none has, the rel_other."""
    return f"""
SELECT fetch_id, target_url_id,
       (ordinal << 36) + (bits << 20) + (rel << 2) + ((rel_other <> '') << 1) + (closed_fetch_id = 0) AS packed,
       iif(rel_other = '', anchor_text, anchor_text || char(0) || rel_other) AS texts
FROM ({links})"""  # noqa: S608 - constants only


def _numbers(names: str) -> dict[str, tuple[Term, ...]]:
    return {name: (Term(name),) for name in names.split()}


def _texts(names: str) -> dict[str, tuple[str, ...]]:
    return {name: (name,) for name in names.split()}


SCANS: Final = {
    URLS: Columns(
        "url",
        _numbers("url_id origin_id") | _texts("path") | {"key_id": (Term("key_id"), Term("url_id", what="instead"))},
    ),
    PAGES: Columns("page", _numbers("key_id url_id origin_id state") | _texts("reason") | _numbers("listed")),
    FETCHES: Columns(
        "fetch",
        _numbers(
            "fetch_id url_id requested_url_id fetched_at outcome status body_hash is_complete redirect_url_id"
            " canonical_url_id robots"
        )
        | _texts("title language")
        | _numbers("script_only")
        | _texts("reason remote_ip")
        | _numbers("words simhash"),
    ),
    packed(LINKS): Columns(
        "link",
        _numbers("fetch_id target_url_id")
        | {
            "packed": (Term("ordinal", 36), Term("bits", 20), Term("rel", 2), Term("rel_other", 1, "is given"),
                       Term("closed_fetch_id", 0, "is null")),
            "texts": ("anchor_text", "rel_other"),
        },
    ),
    EVIDENCE: Columns(
        "evidence",
        _numbers("fetch_id ordinal")
        | {"written": ("raw_href", "raw_rel", "tag"), "context": ("context_before", "context_after")}
        | _numbers("path_fingerprint"),
    ),
}  # fmt: skip
"""The statements that read most, and how ``table_scan`` reads the same rows in the same order."""


REDIRECTED_LINKS: Final = """
SELECT fetch_id, ordinal, target_url_id, bits, rel
FROM link
WHERE closed_fetch_id IS NULL AND bits & 7 <> 2 AND target_url_id IN (
    SELECT url_id FROM fetch WHERE outcome = 1
    UNION ALL
    SELECT url.url_id
    FROM url JOIN page USING (key_id) JOIN fetch ON fetch.url_id = page.url_id AND fetch.outcome = 1
    WHERE url.key_id IS NOT NULL)"""
"""Every open link, but those of kind redirect, to a URL that was seen to redirect (itself or by its dedup key)."""

META: Final = "SELECT key, value FROM meta"

SUFFIX_LIST_KEY: Final = "suffix_list"
"""The key in ``meta`` under which a crawl keeps the version of the public suffix list it used."""

LAST_FETCH: Final = "SELECT coalesce(max(fetch_id), 0) AS last_fetch_id FROM fetch"
"""The highest fetch id in use; 0 = none."""


@dataclass(frozen=True, slots=True)
class Extent:
    """How far a crawl got: the highest fetch id in use (0 = none); and the sites by prefix it is counted with."""

    last_fetch_id: int
    prefix_sites: tuple[PrefixSite, ...] = ()


def extent(path: Path) -> Extent:
    """How far the crawl in the file ``path`` got.

    Raises :class:`DataFolderError` when there is none, or the file is damaged, of another program or a newer version.
    """
    with reader(path) as db:
        return Extent(int(db.execute(LAST_FETCH).fetchone()[0]), read_prefix_sites(db))


def bring_up_to_date(path: Path) -> None:
    """Give the crawl.db at ``path`` the columns that the statements above name, if an older version wrote it.

    Raises :class:`DataFolderError` as :func:`extent` does, and where it can't be written then.
    """
    with reader(path) as db:
        is_older = db.execute("PRAGMA user_version").fetchone()[0] < VERSION
    if is_older:
        prepare(path)
