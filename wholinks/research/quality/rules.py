"""The rules of an audit: which values count, from where on, and how much."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path
from typing import Any, Final

from wholinks.index.anchor_class import generic_anchors
from wholinks.storage.errors import UsageError
from wholinks.storage.user_files import read_text

_LIMITS: Final = ("least_pages", "least_words", "least_days")
_LISTS: Final = ("tlds", "poison_words", "generic_anchors")
_RULE: Final = ("weight", "from")


@dataclass(frozen=True, slots=True)
class Rule:
    """A marker adds ``weight`` points where its value is at least ``least``."""

    weight: float
    least: float


@dataclass(frozen=True, slots=True)
class Rules:
    """Rules by the name of the marker, limits and word lists by theirs. Words are in lower case."""

    markers: Mapping[str, Rule]
    limits: Mapping[str, int]
    lists: Mapping[str, frozenset[str]]


def default_rules() -> Rules:
    """The rules that are shipped."""
    rules = parse(_shipped(), "quality.toml", None)
    return replace(rules, lists={"generic_anchors": generic_anchors(), **rules.lists})


def load_rules(path: Path) -> Rules:
    """The shipped rules, changed by a file. Raises :class:`UsageError`, which names the key and the line."""
    return parse(
        read_text(path, "a file of rules (TOML, as docs/metrics-quality.md has it)"), str(path), default_rules()
    )


def _shipped() -> str:
    return resources.files(__package__ or __name__).joinpath("quality.toml").read_text("utf-8")


def parse(text: str, name: str, base: Rules | None) -> Rules:
    """Rules from text. Without ``base`` they must be whole. Raises :class:`UsageError`."""
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{name}: not a TOML file: {error}") from error
    check = _Check(text, name)
    for key, table in tables.items():
        if key not in {"limits", "markers", "lists"} or not isinstance(table, dict):
            raise check.wrong(key, "is no table of rules; known are [limits], [markers], [lists]")
    markers = dict(base.markers) if base else {}
    limits = dict(base.limits) if base else {}
    lists = dict(base.lists) if base else {}
    for key, value in tables.get("markers", {}).items():
        markers[key] = check.rule(key, value, base)
    for key, value in tables.get("limits", {}).items():
        if key not in _LIMITS or type(value) is not int or value < 0:
            raise check.wrong(key, f"must be one of {', '.join(_LIMITS)}, and a whole number from 0")
        limits[key] = value
    for key, value in tables.get("lists", {}).items():
        if key not in _LISTS or not isinstance(value, list) or not all(isinstance(word, str) for word in value):
            raise check.wrong(key, f"must be one of {', '.join(_LISTS)}, and a list of texts")
        lists[key] = frozenset(word.strip().lower() for word in value if word.strip())
    return Rules(markers, limits, lists)


class _Check:
    """Finds where in a file something wrong stands."""

    def __init__(self, text: str, name: str) -> None:
        self._lines = text.splitlines()
        self._name = name

    def wrong(self, key: str, message: str) -> UsageError:
        named = re.compile(rf"[\s\[]*(?:[\w\"']+\s*\.\s*)*[\"']?{re.escape(key)}[\"']?\s*[=\].]")
        line = next((number for number, line in enumerate(self._lines, 1) if named.match(line)), 1)
        return UsageError(f"{self._name}:{line}: {key} {message}")

    def rule(self, key: str, value: Any, base: Rules | None) -> Rule:
        if base is not None and key not in base.markers:
            raise self.wrong(key, f"is no marker; known are {', '.join(base.markers)}")
        if not isinstance(value, dict) or not value or value.keys() - set(_RULE):
            raise self.wrong(key, "must be { weight = NUMBER, from = NUMBER }")
        if any(type(number) not in {int, float} or not 0 <= number < 1e9 for number in value.values()):
            raise self.wrong(key, "must have numbers from 0 for weight and from")
        old = base.markers[key] if base is not None else None
        if old is None and set(value) != set(_RULE):
            raise self.wrong(key, "needs both weight and from")
        weight = float(value.get("weight", old.weight if old else 0))
        return Rule(weight, float(value.get("from", old.least if old else 0)))
