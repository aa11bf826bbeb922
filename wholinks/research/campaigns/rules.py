"""Campaigns as their user writes them in a TOML file: what each has for rules, dates and cost."""

import math
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from difflib import get_close_matches
from typing import Any, Final

from wholinks.storage.errors import UsageError
from wholinks.storage.user_files import decoded

_KEYS: Final = ("name", "from", "until", "targets", "sources", "anchors", "cost", "currency")
_CURRENCY: Final = re.compile("[A-Z]{3}")


@dataclass(frozen=True, slots=True)
class Campaign:
    """A backlink fits if its target is one of ``targets``, its source one of ``sources``, and the anchor text of one of
    its links one of ``anchors``; where one of the latter two is empty, any will do. ``first`` and ``last`` are days,
    both included; None: from ever, for ever."""

    name: str
    first: date | None
    last: date | None
    targets: tuple[str, ...]
    sources: tuple[str, ...]
    anchors: tuple[str, ...]
    cost: float | None
    currency: str | None


def read_campaigns(data: bytes, name: str) -> tuple[Campaign, ...]:
    """The campaigns of a file ``name``. Raises :class:`UsageError`, which names the file, the campaign and the key."""
    try:
        tables = tomllib.loads(decoded(data, name))
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{name}: not a TOML file: {error}") from None
    for key in tables:
        if key != "campaign":
            raise UsageError(f"{name}: {key}: unknown; a file of campaigns has tables [[campaign]] alone")
    listed = tables.get("campaign")
    if not isinstance(listed, list) or not listed or not all(isinstance(table, dict) for table in listed):
        raise UsageError(f"{name}: no campaign in it; begin each with [[campaign]], then name = and targets =")
    found = tuple(_campaign(table, _Check(name, number, table)) for number, table in enumerate(listed, 1))
    names = [campaign.name for campaign in found]
    twice = next((one for one in names if names.count(one) > 1), None)
    if twice is not None:
        raise UsageError(f"{name}: campaign {twice!r}: name: given twice; each needs its own")
    return found


def _campaign(table: Mapping[str, Any], check: "_Check") -> Campaign:
    for key in table:
        if key not in _KEYS:
            near = get_close_matches(key, _KEYS, n=1)
            raise check.wrong(key, f"unknown; {f'did you mean {near[0]}?' if near else f'known are {_list(_KEYS)}'}")
    name = table.get("name")
    if not isinstance(name, str) or not name.strip():
        raise check.wrong("name", 'must be a text, such as name = "spring guide"')
    first, last = check.day("from"), check.day("until")
    if first and last and first > last:
        raise check.wrong("until", f"{last} is before {first}, where it begins")
    targets = check.texts("targets")
    if not targets:
        raise check.wrong("targets", 'needs at least one, such as targets = ["shop.example"]')
    cost, currency = table.get("cost"), table.get("currency")
    if cost is not None and (type(cost) not in {int, float} or not math.isfinite(cost) or cost < 0):
        raise check.wrong("cost", f"{cost!r} is no amount; write a number from 0 on, such as cost = 1200.50")
    if cost is not None and (not isinstance(currency, str) or not _CURRENCY.fullmatch(currency)):
        raise check.wrong("currency", 'a cost needs one of three capital letters, such as currency = "EUR"')
    if cost is None and currency is not None:
        raise check.wrong("currency", "there is no cost that it could be of")
    given = None if cost is None else float(cost)
    return Campaign(
        name.strip(), first, last, targets, check.texts("sources"), check.texts("anchors"), given, currency
    )  # fmt: skip


def _list(names: tuple[str, ...]) -> str:
    return ", ".join(names)


class _Check:
    """Reads the values of one campaign, and says where one is wrong."""

    def __init__(self, file: str, number: int, table: Mapping[str, Any]) -> None:
        self._table = table
        name = table.get("name")
        self._where = f"{file}: campaign {name!r}" if isinstance(name, str) and name else f"{file}: campaign {number}"

    def wrong(self, key: str, said: str) -> UsageError:
        """The error."""
        return UsageError(f"{self._where}: {key}: {said}")

    def day(self, key: str) -> date | None:
        """A day, written as a date or a text."""
        value = self._table.get(key)
        if value is None:
            return None
        if isinstance(value, str):
            try:
                return date.fromisoformat(value)
            except ValueError:
                value = repr(value)
        elif isinstance(value, date) and not isinstance(value, datetime):
            return value
        raise self.wrong(key, f"{value} is no day; write it as 2026-11-21")

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts, none of them empty; one text alone is a list of one."""
        value = self._table.get(key, [])
        listed = [value] if isinstance(value, str) else value
        if not isinstance(listed, list) or not all(isinstance(text, str) and text.strip() for text in listed):
            raise self.wrong(key, f"must be a list of texts, such as {key} = [{_EXAMPLES[key]}]")
        return tuple(text.strip() for text in listed)


_EXAMPLES: Final = {
    "targets": '"shop.example", "shop.example/tents/*"',
    "sources": '"blog.example", "*.edu", "news.example/outdoor/*"',
    "anchors": '"*tent*"',
}
