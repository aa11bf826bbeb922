"""What the words of answers mean, as data: words.toml beside this module is all that ``wholinks metrics --words`` says,
and the tables of words in docs/counting.md."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from wholinks.index.meant import ELSEWHERE, hint, key
from wholinks.storage.errors import UsageError


@dataclass(frozen=True, slots=True)
class Word:
    """``is_counted``: one of the units that everything is counted in. ``elsewhere`` is what other tools call it and
    ``command`` what shows it; either may be empty."""

    word: str
    meaning: str
    elsewhere: str
    command: str
    is_counted: bool


@dataclass(frozen=True, slots=True)
class Words:
    """The words asked for, units first."""

    rows: tuple[Word, ...]


@cache
def _all() -> dict[str, Word]:
    told = tomllib.loads((files(__package__) / "words.toml").read_text("utf-8"))
    return {
        word: Word(word, of["meaning"], of.get("elsewhere", ""), of.get("command", ""), of.get("counted", False))
        for word, of in told.items()
    }


def words() -> Words:
    """All words."""
    return Words(tuple(_all().values()))


def word(name: str) -> Words:
    """What one word means, in the singular or plural, or as other tools call it.

    Raises :class:`UsageError` for one that is not explained.
    """
    found = _found(name)
    if not found:
        raise UsageError(f"word: {name!r} is none of {', '.join(_all())}{hint(name, _all())}")
    return Words(found)


def is_word(name: str) -> bool:
    """Whether a word is explained."""
    return bool(_found(name))


def _found(name: str) -> tuple[Word, ...]:
    wanted = name.strip().lower().replace("-", " ").replace("_", " ")
    other = ELSEWHERE.get(key(name), "").replace("_", " ")
    spellings = {wanted, wanted.removesuffix("s"), other, other.removesuffix("s")} - {""}
    return tuple(it for it in _all().values() if spellings & {it.word, *it.word.split(", ")})
