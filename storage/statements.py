"""Every statement that writes crawl.db, or that the frontier asks it. State numbers are those of ``records.State``."""

from typing import Final

NO_LIMIT: Final = 2**31

INSERT_ORIGIN: Final = """
INSERT INTO origin (origin_id, origin, host, domain, icann_domain) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (origin_id) DO UPDATE SET clash = clash + 1 WHERE origin <> excluded.origin"""

INSERT_URL: Final = """
INSERT INTO url (url_id, origin_id, path, key_id) VALUES (?, ?, ?, ?)
ON CONFLICT (url_id) DO UPDATE SET clash = clash + 1 WHERE path <> excluded.path OR origin_id <> excluded.origin_id"""

INSERT_FETCH: Final = "INSERT INTO fetch VALUES (" + ", ".join("?" * 30) + ")"  # noqa: S608 - question marks only

INSERT_LINK: Final = """
INSERT INTO link (fetch_id, ordinal, target_url_id, bits, rel, rel_other, anchor_text) VALUES (?, ?, ?, ?, ?, ?, ?)"""

INSERT_EVIDENCE: Final = "INSERT INTO evidence VALUES (?, ?, ?, ?, ?, ?, ?, ?)"

UPDATE_PAGE: Final = """
UPDATE page SET state = ?1, reason = ?2, tries = ?3, asked_at = coalesce(?5, asked_at),
    interval_s = coalesce(?6, interval_s), body_fetch_id = coalesce(?7, body_fetch_id),
    external_links = coalesce(?8, external_links)
WHERE key_id = ?4"""

# A page that is read again: rows that it shows as before stay as they are. Where sites by prefix were named, a link may
# have become one to another site since it was stored: then there is no evidence of it yet.
_OPEN_LINKS: Final = """
SELECT link.fetch_id, link.ordinal, target_url_id, bits, rel, rel_other, anchor_text, {is_proved}
FROM fetch JOIN link USING (fetch_id)
WHERE fetch.url_id = ? AND link.closed_fetch_id IS NULL AND link.fetch_id <> ?
ORDER BY link.fetch_id, link.ordinal"""
OPEN_LINKS: Final = _OPEN_LINKS.format(is_proved="1")
OPEN_LINKS_PROVED: Final = _OPEN_LINKS.format(
    is_proved="EXISTS (SELECT 1 FROM evidence AS e WHERE e.fetch_id = link.fetch_id AND e.ordinal = link.ordinal)"
)
CLOSE_LINK: Final = "UPDATE link SET closed_fetch_id = ? WHERE fetch_id = ? AND ordinal = ?"
SET_INTERVAL: Final = "UPDATE page SET interval_s = ? WHERE key_id = ?"

# A page that is known already: its depth is that of the shortest way by any links, and it stays excluded as long as
# only nofollow pages name it, or all ways are too long. Whatever the order in which it is named.
_ON_KNOWN: Final = """
ON CONFLICT (key_id) DO UPDATE SET
    depth = min(depth, excluded.depth),
    lastmod = coalesce(excluded.lastmod, lastmod),
    reason = CASE
        WHEN state <> 6 OR reason = 'rule' THEN reason
        WHEN excluded.reason IS 'port' THEN 'port'
        WHEN reason = 'nofollow_page' AND excluded.reason IS 'nofollow_page' THEN reason
        WHEN min(depth, excluded.depth) > (SELECT max_depth FROM given) THEN 'depth' END,
    state = CASE
        WHEN state <> 6 OR reason = 'rule' THEN state
        WHEN excluded.reason IS 'port' THEN 6
        WHEN reason = 'nofollow_page' AND excluded.reason IS 'nofollow_page' THEN 6
        WHEN min(depth, excluded.depth) > (SELECT max_depth FROM given) THEN 6
        ELSE 0 END
WHERE excluded.depth < depth OR (state = 6 AND reason <> 'rule' AND excluded.reason IS NOT reason)
    OR coalesce(excluded.lastmod, lastmod) IS NOT lastmod"""

# A page named as a seed is one, however it was found before: no trap rule puts it off.
SEED_AGAIN: Final = """
UPDATE page SET found_fetch_id = NULL, sitemap_url_id = NULL, state = CASE state WHEN 5 THEN 0 ELSE state END,
    reason = CASE state WHEN 5 THEN NULL ELSE reason END
WHERE key_id = ?"""

UPSERT_CANDIDATE: Final = f"""
INSERT INTO page
    (key_id, url_id, origin_id, state, reason, depth, redirects, requested_url_id, found_at, found_fetch_id,
     sitemap_url_id, lastmod)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
{_ON_KNOWN}"""  # noqa: S608 - constants only

# By whichever way a page was found first: that a sitemap or feed names it as well.
MARK_LISTED: Final = """
UPDATE page SET listed = coalesce(listed, 0) | ?1 WHERE key_id = ?2 AND coalesce(listed, 0) & ?1 = 0"""

# A redirect to another spelling of a page that answered with a redirect itself (/?utm_source=x -> /): the key is known,
# the spelling was never asked for, and without it the page would never be read.
RESPELL: Final = """
UPDATE page SET url_id = ?2, origin_id = ?3, state = 0, reason = NULL, redirects = ?4, requested_url_id = ?5
WHERE key_id = ?1 AND state = 2 AND url_id <> ?2 AND NOT EXISTS (SELECT 1 FROM fetch WHERE fetch.url_id = ?2)"""

UPSERT_SITE: Final = """
INSERT INTO site (domain, hop, why) VALUES (?, ?, ?)
ON CONFLICT (domain) DO UPDATE SET hop = excluded.hop, why = excluded.why WHERE excluded.hop < hop"""

# An origin that can't be reached keeps the file it had, if it had one, and ``fetched_at`` is since when that is so.
_UNREACHABLE: Final = "({}status IS NULL OR {}status = 429 OR {}status NOT BETWEEN 200 AND 499)"
_NOW: Final = _UNREACHABLE.replace("{}", "excluded.")
_BEFORE: Final = _UNREACHABLE.replace("{}", "robots.")
UPSERT_ROBOTS: Final = f"""
INSERT INTO robots (origin_id, fetched_at, status, body) VALUES (?, ?, ?, ?)
ON CONFLICT (origin_id) DO UPDATE SET
    fetched_at = CASE WHEN {_NOW} AND {_BEFORE} THEN fetched_at ELSE excluded.fetched_at END,
    body = CASE WHEN {_NOW} THEN body ELSE excluded.body END,
    status = excluded.status"""  # noqa: S608 - constants only

ADD_HOST_PAGES: Final = """
INSERT INTO host (host, pages) VALUES (?, ?) ON CONFLICT (host) DO UPDATE SET pages = pages + excluded.pages"""

UPSERT_HOST_SLEEP: Final = """
INSERT INTO host (host, asleep_until, asleep_why) VALUES (?, ?, ?)
ON CONFLICT (host) DO UPDATE SET asleep_until = excluded.asleep_until, asleep_why = excluded.asleep_why"""

SET_META: Final = "INSERT OR REPLACE INTO meta VALUES (?, ?)"
INSERT_RUN: Final = "INSERT INTO run (started_at, settings) VALUES (?, ?)"
END_RUN: Final = "UPDATE run SET ended_at = ?, ended_why = ? WHERE run_id = ?"

SESSION: Final = """
CREATE TEMP TABLE given (max_depth INTEGER NOT NULL, has_readmitted INTEGER NOT NULL DEFAULT 0);
CREATE TEMP TRIGGER page_readmitted AFTER UPDATE OF state ON main.page
WHEN OLD.state = 6 AND NEW.state = 0
BEGIN UPDATE given SET has_readmitted = 1; END;
CREATE TEMP TABLE lowered (key_id INTEGER PRIMARY KEY, depth INTEGER NOT NULL);
CREATE TEMP TRIGGER page_lowered AFTER UPDATE OF depth ON main.page
WHEN NEW.depth < OLD.depth AND NEW.state IN (1, 2)
BEGIN
    DELETE FROM lowered WHERE key_id = NEW.key_id;  -- the OR REPLACE of a trigger gives way to the upsert that fires it
    INSERT INTO lowered VALUES (NEW.key_id, NEW.depth);
END;
CREATE TEMP TABLE referred (domain TEXT PRIMARY KEY, domains INTEGER NOT NULL) WITHOUT ROWID;
CREATE TEMP TABLE due (key_id INTEGER PRIMARY KEY, origin_id INTEGER NOT NULL, weight REAL NOT NULL);
CREATE INDEX temp.due_origin ON due (origin_id, weight DESC);
"""
COUNT_REFERRING: Final = """
INSERT INTO referred
SELECT there.domain, count(DISTINCT here.domain)
FROM evidence JOIN link USING (fetch_id, ordinal) JOIN fetch USING (fetch_id)
JOIN url AS source ON source.url_id = fetch.url_id JOIN origin AS here ON here.origin_id = source.origin_id
JOIN url AS target ON target.url_id = link.target_url_id JOIN origin AS there ON there.origin_id = target.origin_id
WHERE there.domain IN (SELECT domain FROM site) AND link.bits & 7 <> 6 AND link.closed_fetch_id IS NULL
GROUP BY 1"""
GIVE_MAX_DEPTH: Final = "INSERT INTO given (max_depth) VALUES (?)"
CLEAR_READMITTED: Final = "UPDATE given SET has_readmitted = 0 WHERE has_readmitted"

# A page may have come nearer to a seed while it was being fetched: what it names was offered with the old depth.
LOWER_SINCE: Final = "INSERT OR REPLACE INTO lowered SELECT key_id, depth FROM page WHERE key_id = ? AND depth < ?"

COUNT_LOWERED: Final = "SELECT count(*) FROM lowered"
TAKE_LOWERED: Final = "CREATE TEMP TABLE taken AS SELECT key_id, depth FROM lowered"
CLEAR_LOWERED: Final = "DELETE FROM lowered"
DROP_TAKEN: Final = "DROP TABLE taken"
LOWER_TARGETS: Final = """
UPDATE page SET
    depth = better.depth,
    reason = CASE WHEN state = 6 AND reason = 'depth' AND better.depth <= max_depth THEN NULL ELSE reason END,
    state = CASE WHEN state = 6 AND reason = 'depth' AND better.depth <= max_depth THEN 0 ELSE state END
FROM given, (
    SELECT coalesce(url.key_id, url.url_id) AS key_id, min(step.depth) AS depth FROM (
        SELECT link.target_url_id AS url_id, taken.depth + 1 AS depth
        FROM taken JOIN page USING (key_id) JOIN fetch USING (url_id) JOIN link USING (fetch_id)
        WHERE link.bits & 7 NOT IN (2, 6)
        UNION ALL
        SELECT fetch.redirect_url_id, taken.depth FROM taken JOIN page USING (key_id) JOIN fetch USING (url_id)
        WHERE fetch.redirect_url_id IS NOT NULL
        UNION ALL
        SELECT fetch.refresh_url_id, taken.depth FROM taken JOIN page USING (key_id) JOIN fetch USING (url_id)
        WHERE fetch.refresh_url_id IS NOT NULL
    ) AS step JOIN url USING (url_id) GROUP BY 1
) AS better
WHERE page.key_id = better.key_id AND page.depth > better.depth"""

WAKE_POSTPONED: Final = """
UPDATE page SET state = 0, reason = NULL WHERE state = 5 AND (reason NOT LIKE 'trap\\_%' ESCAPE '\\' OR NOT :traps)"""

WAKE_LEFT_OUT: Final = """
UPDATE page SET state = 0, reason = NULL WHERE state = 6 AND reason = 'rule'
    AND :rules IS NOT (SELECT value FROM meta WHERE key = 'url_rules')"""

SEEDS: Final = """
SELECT origin.host, url.path FROM page JOIN url USING (url_id) JOIN origin ON origin.origin_id = url.origin_id
WHERE page.depth = 0 AND page.found_fetch_id IS NULL AND page.sitemap_url_id IS NULL"""

PUT_OFF: Final = "UPDATE page SET state = ?, reason = ? WHERE key_id = ? AND state = 0"
DELETE_DUE: Final = "DELETE FROM due WHERE key_id = ?"

WAKE_BLOCKED: Final = """
UPDATE page SET state = 0, reason = NULL WHERE state = 4 AND reason = 'robots'
    AND origin_id NOT IN (SELECT origin_id FROM robots WHERE fetched_at >= :before)"""

WAKE_BLOCKED_OF: Final = """
UPDATE page SET state = 0, reason = NULL WHERE state = 4 AND reason = 'robots'
    AND origin_id IN (SELECT origin_id FROM origin WHERE host IN (SELECT value FROM json_each(?)))"""
WAKE_BLOCKED_SITEMAPS_OF: Final = WAKE_BLOCKED_OF.replace("UPDATE page", "UPDATE sitemap")

EXCLUDE_BY_LIMITS: Final = """
UPDATE page SET state = 6, reason = CASE WHEN depth > :max_depth THEN 'depth' ELSE 'scope' END
WHERE state = 0 AND (depth > :max_depth OR origin_id NOT IN (
    SELECT origin_id FROM origin JOIN site USING (domain) WHERE hop <= :hops))"""

READMIT_BY_LIMITS: Final = """
UPDATE page SET state = 0, reason = NULL
WHERE state = 6 AND depth <= :max_depth AND (reason <> 'nofollow_page' OR :nofollow_pages)
    AND reason IN ('depth', 'scope', 'nofollow_page')
    AND origin_id IN (SELECT origin_id FROM origin JOIN site USING (domain) WHERE hop <= :hops)"""

EXCLUDED_BY_PORT: Final = """
SELECT origin_id, origin FROM origin WHERE origin_id IN (
    SELECT origin_id FROM page WHERE state = 6 AND reason = 'port'
    UNION SELECT origin_id FROM sitemap WHERE state = 6 AND reason = 'port')"""
READMIT_PORTS: Final = """
UPDATE page SET state = 0, reason = NULL
WHERE state = 6 AND reason = 'port' AND origin_id IN (SELECT value FROM json_each(?))"""
READMIT_SITEMAP_PORTS: Final = READMIT_PORTS.replace("UPDATE page", "UPDATE sitemap")
SEED_ORIGINS: Final = """
SELECT DISTINCT origin FROM page JOIN origin USING (origin_id)
WHERE depth = 0 AND found_fetch_id IS NULL AND sitemap_url_id IS NULL"""

# link.bits & 7 = 6 is a form: its target is never asked for.
REACH_NEXT_HOP: Final = """
INSERT INTO site (domain, hop, why)
SELECT DISTINCT there.domain, :hop + 1, 'link'
FROM link JOIN fetch USING (fetch_id)
JOIN url AS source ON source.url_id = fetch.url_id JOIN origin AS here ON here.origin_id = source.origin_id
JOIN site AS near ON near.domain = here.domain AND near.hop = :hop
JOIN url AS target ON target.url_id = link.target_url_id JOIN origin AS there ON there.origin_id = target.origin_id
WHERE link.bits & 7 <> 6 AND (coalesce(fetch.robots, 0) & 2 = 0 OR :nofollow_pages)
ON CONFLICT (domain) DO UPDATE SET hop = excluded.hop, why = excluded.why WHERE excluded.hop < hop"""

# What is stored of domains that came into reach after the links that name them, or that some crawl left out.
FORGET_ADMITTED: Final = "UPDATE site SET is_admitted = 0 WHERE hop > ? AND is_admitted"
NOT_ADMITTED: Final = "SELECT domain FROM site WHERE hop <= ? AND NOT is_admitted"
SET_ADMITTED: Final = "UPDATE site SET is_admitted = 1 WHERE domain IN (SELECT value FROM json_each(?))"
ADMIT: Final = f"""
INSERT INTO page (key_id, url_id, origin_id, state, reason, depth, found_at, found_fetch_id)
SELECT key_id, url_id, origin_id,
       CASE WHEN NOT follow OR depth > max_depth THEN 6 ELSE 0 END,
       CASE WHEN NOT follow THEN 'nofollow_page' WHEN depth > max_depth THEN 'depth' END,
       depth, :now, fetch_id
FROM given, (
    SELECT coalesce(target.key_id, target.url_id) AS key_id, target.url_id, target.origin_id, fetch.fetch_id,
           min(parent.depth + (link.bits & 7 <> 2)) AS depth,
           max(coalesce(fetch.robots, 0) & 2 = 0 OR :nofollow_pages) AS follow
    FROM link JOIN fetch USING (fetch_id)
    JOIN url AS source ON source.url_id = fetch.url_id
    JOIN page AS parent ON parent.key_id = coalesce(source.key_id, source.url_id)
    JOIN url AS target ON target.url_id = link.target_url_id
    JOIN origin ON origin.origin_id = target.origin_id
    WHERE origin.domain IN (SELECT value FROM json_each(:domains)) AND link.bits & 7 <> 6
    GROUP BY 1
)
WHERE true {_ON_KNOWN}"""  # noqa: S608 - constants only

POSTPONE_HOSTS: Final = """
UPDATE page SET state = 5, reason = 'hosts' WHERE state = 0 AND origin_id IN (
    SELECT origin_id FROM origin WHERE host IN (SELECT value FROM json_each(?)))"""

POSTPONE: Final = """
UPDATE page SET state = 5, reason = 'budget' WHERE state = 0 AND origin_id IN (
    SELECT origin_id FROM origin
    WHERE host IN (SELECT value FROM json_each(:hosts)) OR domain IN (SELECT value FROM json_each(:domains)))"""

STILL_WAITING: Final = "SELECT key_id FROM page WHERE state IN (0, 5) AND key_id IN (SELECT value FROM json_each(?))"

COUNT_PAGES: Final = "SELECT coalesce(sum(pages), 0) FROM host"

WAITING_ORIGINS: Final = """
SELECT origin_id
FROM (SELECT origin_id, min(depth) AS depth
      FROM (SELECT origin_id, min(depth) AS depth FROM page WHERE state = 0 GROUP BY origin_id
            UNION ALL SELECT DISTINCT origin_id, 0 FROM sitemap WHERE state = 0 AND :sitemaps)
      GROUP BY origin_id)
JOIN origin USING (origin_id) LEFT JOIN referred USING (domain)
ORDER BY depth, coalesce(referred.domains, 0) DESC, origin"""

ORIGIN_FACTS: Final = """
SELECT origin_id, origin, host, domain, coalesce(host.pages, 0)
FROM json_each(?) AS wanted JOIN origin ON origin_id = wanted.value LEFT JOIN host USING (host) ORDER BY wanted.key"""
HOST_FACTS: Final = "SELECT host, pages, asleep_until, asleep_why FROM host"
HOSTS_OF_PAGES: Final = "SELECT host FROM host WHERE pages >= ?"
WAITING_HOSTS: Final = """
SELECT host, coalesce(host.pages, 0) FROM origin LEFT JOIN host USING (host)
WHERE domain IN (SELECT value FROM json_each(?))
    AND EXISTS (SELECT 1 FROM page WHERE state = 0 AND page.origin_id = origin.origin_id)"""

_WAITING_ROW: Final = """
page.origin_id, page.key_id, page.url_id, url.path, page.depth, page.redirects, page.requested_url_id, {tries},
page.asked_at, page.state = 1, page.interval_s, seen.etag, seen.last_modified,
page.depth = 0 AND page.found_fetch_id IS NULL AND page.sitemap_url_id IS NULL,
coalesce(found.reason = 'soft_404', 0)"""

WAITING: Final = f"""
SELECT {_WAITING_ROW.format(tries="page.tries")}
FROM json_each(?1) AS wanted
JOIN page ON page.key_id IN (
    SELECT key_id FROM page WHERE state = 0 AND origin_id = wanted.value ORDER BY depth, found_at LIMIT ?2)
JOIN url USING (url_id) LEFT JOIN fetch AS seen
    ON seen.fetch_id = page.body_fetch_id AND seen.is_complete AND seen.url_id = page.url_id
LEFT JOIN fetch AS found ON found.fetch_id = page.found_fetch_id
ORDER BY page.depth, page.found_at, url.path"""  # noqa: S608 - constants only

# Pages keep their state until they are asked for again, so a kill changes nothing.
ASKED_IS_NOT_DUE: Final = """
CREATE TEMP TRIGGER page_asked AFTER UPDATE OF asked_at ON main.page
BEGIN DELETE FROM due WHERE key_id = NEW.key_id; END"""
# When a page is due: by its interval, or a day after it was asked if its sitemap says that it changed since.
DUE_AT: Final = """
min(asked_at + interval_s,
    CASE WHEN lastmod > asked_at THEN max(lastmod, asked_at + 86400) ELSE asked_at + interval_s END)"""
_IS_IN_REACH: Final = """
origin_id IN (SELECT origin_id FROM origin JOIN site USING (domain) WHERE hop <= :hops)"""
_IS_DUE: Final = f"""
state IN (1, 2, 3, 4) AND asked_at IS NOT NULL AND {DUE_AT} <= :now AND {_IS_IN_REACH}"""
COUNT_DUE: Final = f"SELECT count(*) FROM page WHERE {_IS_DUE}"  # noqa: S608
# How long overdue, measured in its own interval; pages with many links to other sites, and near the seeds, go first.
INSERT_DUE: Final = f"""
INSERT INTO due
SELECT key_id, origin_id,
    (:now - asked_at) * 1.0 / interval_s * (1 + min(coalesce(external_links, 0), 100) / 25.0) / (1 + depth / 4.0)
FROM page WHERE {_IS_DUE}
ORDER BY 3 DESC, key_id LIMIT :pages"""  # noqa: S608 - constants only
INSERT_DUE_NOW: Final = """
INSERT OR IGNORE INTO due SELECT key_id, origin_id, 1e9 FROM page
WHERE key_id = ?1 AND (state = 0 OR coalesce(asked_at, 0) < ?2) AND (state NOT IN (5, 6) OR reason = 'scope')"""
# A page that somebody wants to have checked is no seed, and one that is known stays where it is.
INSERT_LISTED_PAGE: Final = UPSERT_CANDIDATE.replace(_ON_KNOWN, "ON CONFLICT (key_id) DO NOTHING")
INSERT_LISTED: Final = "INSERT OR IGNORE INTO due SELECT key_id, origin_id, 1e9 FROM page WHERE key_id = ?"
DUE_ORIGINS: Final = """
SELECT origin_id FROM (SELECT DISTINCT origin_id FROM due) JOIN origin USING (origin_id) ORDER BY origin"""
WAITING_DUE: Final = f"""
SELECT {_WAITING_ROW.format(tries=0)}
FROM json_each(?1) AS wanted
JOIN page ON page.key_id IN (
    SELECT key_id FROM due WHERE origin_id = wanted.value ORDER BY weight DESC, key_id LIMIT ?2)
JOIN due USING (key_id) JOIN url USING (url_id)
LEFT JOIN fetch AS seen
    ON seen.fetch_id = page.body_fetch_id AND seen.is_complete AND seen.url_id = page.url_id
LEFT JOIN fetch AS found ON found.fetch_id = page.found_fetch_id
ORDER BY due.weight DESC, page.key_id"""  # noqa: S608 - constants only

# A sitemap that was asked before the given time is asked again where something names it still.
OFFER_SITEMAP: Final = """
INSERT INTO sitemap (url_id, origin_id, state, reason, level, redirects, found_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
ON CONFLICT (url_id) DO UPDATE SET
    state = excluded.state, reason = excluded.reason, level = excluded.level, redirects = excluded.redirects, tries = 0,
    found_at = excluded.found_at
WHERE state <> 0 AND asked_at < ?8"""

UPDATE_SITEMAP: Final = """
UPDATE sitemap SET state = ?, reason = ?, tries = ?, asked_at = coalesce(?, asked_at),
    listed = coalesce(?, listed) WHERE url_id = ?"""

WAITING_SITEMAPS: Final = """
SELECT sitemap.origin_id, url_id, path, level, redirects, tries FROM sitemap JOIN url USING (url_id)
WHERE state = 0 AND sitemap.origin_id IN (SELECT value FROM json_each(?)) ORDER BY level, path"""

# Links to other sites have evidence; those in the crawl's own pages, or asked already, need no asking.
FORGET_TARGETS_IN_REACH: Final = """
DELETE FROM target WHERE state = 0 AND url_id IN (
    SELECT url_id FROM target JOIN url USING (url_id)
    WHERE EXISTS (SELECT 1 FROM page WHERE page.key_id = coalesce(url.key_id, url.url_id)))"""

ADMIT_TARGETS: Final = """
INSERT OR IGNORE INTO target (url_id, origin_id)
SELECT DISTINCT url.url_id, url.origin_id
FROM evidence JOIN link USING (fetch_id, ordinal) JOIN url ON url.url_id = link.target_url_id
WHERE link.closed_fetch_id IS NULL AND link.bits & 7 < 3
    AND NOT EXISTS (SELECT 1 FROM page WHERE page.key_id = coalesce(url.key_id, url.url_id))
    AND NOT EXISTS (SELECT 1 FROM fetch WHERE fetch.url_id = url.url_id)"""

INSERT_TARGET: Final = """
INSERT OR IGNORE INTO target (url_id, origin_id, redirects, requested_url_id)
SELECT ?1, ?2, ?3, ?4 WHERE NOT EXISTS (SELECT 1 FROM fetch WHERE fetch.url_id = ?1)
    AND NOT EXISTS (SELECT 1 FROM page JOIN url USING (key_id) WHERE url.url_id = ?1)
    AND NOT EXISTS (SELECT 1 FROM page WHERE page.key_id = ?1)"""

UPDATE_TARGET: Final = "UPDATE target SET state = ?, reason = ?, tries = ? WHERE url_id = ?"

WAITING_TARGET_ORIGINS: Final = """
SELECT origin_id FROM (SELECT DISTINCT origin_id FROM target WHERE state = 0) JOIN origin USING (origin_id)
ORDER BY origin"""

WAITING_TARGETS: Final = """
SELECT target.origin_id, url_id, url_id, url.path, 0, target.redirects, target.requested_url_id, target.tries
FROM json_each(?1) AS wanted
JOIN target ON target.url_id IN (
    SELECT url_id FROM target WHERE state = 0 AND origin_id = wanted.value ORDER BY url_id LIMIT ?2)
JOIN url USING (url_id)
ORDER BY url.path"""

WAKE_BLOCKED_TARGETS: Final = "UPDATE target SET state = 0, reason = NULL WHERE state IN (4, 6)"

ROBOTS: Final = "SELECT * FROM robots WHERE origin_id IN (SELECT value FROM json_each(?))"
