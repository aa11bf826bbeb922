"""What links can be grouped by: a table of shapes, from which the statement of each such view is made.

A view's measures are the fields of its row, so a new one is a row type and an entry here.
"""
# ruff: noqa: S608 - statements are made of this package's constants; whatever a user gives is a parameter

from dataclasses import dataclass, fields
from typing import Final

from wholinks.storage.records import Kind, Placement

from .answers import row_type
from .counting import PAIRS
from .filters import PRIMARY_LANGUAGE, TOP_LABEL
from .paging import Key, listed, ordered
from .questions import By, Direction, Question
from .schema import Mark


@dataclass(frozen=True, slots=True)
class Grouping:
    """``key``: what links are grouped by, an expression on ``link AS l`` and what ``joins`` adds to it. ``name``: what
    the row calls it, an expression on ``key`` and what ``names`` adds."""

    key: str
    joins: str = ""
    name: str = "key"
    names: str = ""


def _marked(mark: Mark) -> str:
    return f"count(*) FILTER (marks & {mark:d} <> 0)"


_MEASURES: Final = {
    "backlinks": "count(*)",
    "links": "sum(links)",
    "referring_pages": "count(DISTINCT source_url_id)",
    "referring_domains": "count(DISTINCT source_domain_id)",
    "linked_domains": "count(DISTINCT target_domain_id)",
    "followed": _marked(Mark.FOLLOWED),
    "nofollow": _marked(Mark.NOFOLLOW),
    "ugc": _marked(Mark.UGC),
    "sponsored": _marked(Mark.SPONSORED),
}
"""What can be counted of a table ``pair``, under the names that rows have."""

_HOME: Final = {
    direction: f"JOIN url AS far ON far.url_id = l.{end} JOIN origin AS home ON home.origin_id = far.origin_id"
    for direction, end in ((Direction.TO, "source_url_id"), (Direction.FROM, "target_url_id"))
}
_URL_NAMES: Final = "JOIN url ON url.url_id = key JOIN origin ON origin.origin_id = url.origin_id"


def in_words(vocabulary: type[Kind] | type[Placement], number: str = "key") -> str:
    """The name of a number in lower case, as an expression."""
    names = ", ".join(f"'{member.name.lower()}'" for member in vocabulary)
    return f"([{names}])[{number} + 1]"


_SHARED: Final[dict[By, Grouping]] = {
    By.ANCHOR: Grouping("l.anchor_text"),
    By.TARGET: Grouping("l.target_url_id", name="origin.origin || url.path", names=_URL_NAMES),
    By.KIND: Grouping("l.kind", name=in_words(Kind)),
    By.PLACEMENT: Grouping("l.placement", name=in_words(Placement)),
    By.LANGUAGE: Grouping(PRIMARY_LANGUAGE, "JOIN page ON page.url_id = l.source_url_id"),
}

GROUPINGS: Final[dict[Direction, dict[By, Grouping]]] = {
    direction: {**_SHARED, By.HOST: Grouping("home.host", home), By.TLD: Grouping(TOP_LABEL, home)}
    for direction, home in _HOME.items()
}


def grouping_of(question: Question) -> Grouping | None:
    """How the question's links are grouped, if they are."""
    return GROUPINGS[question.direction].get(question.by)


def group_keys(order: Key | None) -> tuple[Key, ...]:
    """What the rows of a view are sorted by; ``order`` goes before the usual."""
    return (*([order] if order else []), Key("backlinks", is_descending=True), Key("name"))


def grouped(  # noqa: PLR0917 - a statement's parts
    question: Question, grouping: Grouping, where: str, far_domain: str, order: Key | None, page: str
) -> str:
    """The statement that finds a view's rows, and the values of :func:`group_keys` in them; it takes the parameters of
    ``where`` (which links count) and ``page`` (which rows are wanted), a limit and an offset."""
    counted = [field.name for field in fields(row_type(question)) if field.name in _MEASURES]
    measures = ", ".join(f"({_MEASURES[name]})::BIGINT AS {name}" for name in counted)
    keys = group_keys(order)
    return f"""
    WITH counted AS (SELECT l.*, {grouping.key} AS key FROM link AS l {grouping.joins} WHERE {where}),
    pair AS ({PAIRS.format(keys=f"key, {far_domain}, ")}),
    shown AS (SELECT key, {measures} FROM pair GROUP BY key),
    named AS (SELECT {grouping.name} AS name, {", ".join(f"shown.{name}" for name in counted)}
              FROM shown {grouping.names})
    SELECT name, {", ".join(counted)}, {listed(keys)} FROM named WHERE {page}
    ORDER BY {ordered(keys)} LIMIT ? OFFSET ?"""


def group_count(grouping: Grouping, where: str) -> str:
    """The statement that counts them."""
    return f"SELECT count(*) FROM (SELECT DISTINCT {grouping.key} AS key FROM link AS l {grouping.joins} WHERE {where})"
