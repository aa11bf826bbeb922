"""When a domain was first seen: by links that are there, and by those that were and are lost."""
# ruff: noqa: S608 - statements are made of this package's constants; whatever a user gives is a parameter

from typing import Final

from .counting import NOW
from .past import WAS_LOST
from .questions import Question, Standing
from .selection import Condition

# `link` has what is lost, or new, alone where one of these is asked for.
_LINKS: Final = {
    Standing.LIVE: WAS_LOST,
    Standing.ALL: WAS_LOST,
    Standing.NEW: f"{WAS_LOST} UNION ALL BY NAME SELECT * FROM index.link",
    Standing.LOST: f"{WAS_LOST} UNION ALL BY NAME SELECT * FROM index.link",
}

_SINCE_EVER: Final = """
grouped AS (
    SELECT recent.* REPLACE (least(recent.first_seen_at, earlier.first_seen_at) AS first_seen_at)
    FROM recent LEFT JOIN (
        SELECT {far_domain}, min(page.first_seen_at + l.seen_after_s) AS first_seen_at
        FROM ({links}) AS l JOIN page ON page.url_id = l.source_url_id
        WHERE {where} AND page.first_seen_at + l.seen_after_s <= {now} GROUP BY {far_domain}) AS earlier
    USING ({far_domain}))"""


def since_ever(question: Question, where: Condition, far_domain: str) -> Condition:
    """The table ``grouped`` of a statement: ``recent``, whose rows are domains (``far_domain``), with ``first_seen_at``
    moved back to when the first link was seen of those that ``where``, a condition on ``link AS l``, means, whatever
    became of it, and whichever of them the question shows."""
    condition, values = where
    links = _LINKS[question.standing]
    return _SINCE_EVER.format(far_domain=far_domain, links=links, where=condition, now=NOW), values
