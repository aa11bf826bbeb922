"""What is sought in texts: words, "phrases", beginnings* and -exclusions, as patterns. Pure: no statement is made here.

A text is a row of words: runs of letters and digits, and each letter of a script that is written without blanks (han,
kana, hangul, Thai, Lao, Khmer, Burmese) by itself. A term is a row of words too, and is found where they follow one
another, whatever stands between them that is no letter or digit. So "東京" is found within "東京都", "shop" not within
"shopping".
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from wholinks.storage.errors import UsageError

MOST_CHARACTERS: Final = 500
MOST_TERMS: Final = 20
BREAK: Final = "\x01"
"""Stands where one text ends and another begins: no phrase goes across it."""

# Thai, Lao, Burmese, jamo, Khmer, kana and bopomofo, han, hangul, compatibility han, halfwidth kana, rarer han.
_UNSPACED: Final = (
    (0x0E00, 0x0EFF), (0x1000, 0x109F), (0x1100, 0x11FF), (0x1780, 0x17FF), (0x3005, 0x3007), (0x3040, 0x318F),
    (0x31A0, 0x31BF), (0x31F0, 0x31FF), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xAC00, 0xD7AF), (0xF900, 0xFAFF),
    (0xFF66, 0xFFDC), (0x1B000, 0x1B16F), (0x20000, 0x3FFFF),
)  # fmt: skip
_UNSPACED_CLASS: Final = "".join(rf"\x{{{first:x}}}-\x{{{last:x}}}" for first, last in _UNSPACED)
_LETTERS: Final = r"\p{L}\p{N}"
_EDGE: Final = rf"[^{_LETTERS}]|[{_UNSPACED_CLASS}]"
_BETWEEN: Final = rf"[^{_LETTERS}\x{{01}}]"
_QUOTES: Final = str.maketrans("“”„«»", '"""""')
_ASCII_WORD: Final = re.compile(r"[a-z0-9]+")
_MARK: Final = "\0"
_TERM: Final = re.compile(r'(-?)(?:"([^"]*)"|([^\s"]+))(\*?)')


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a text, and where it stands there."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Term:
    """Words that follow one another; of the last one only the beginning where ``is_prefix``."""

    words: tuple[str, ...]
    is_prefix: bool
    is_excluded: bool

    @property
    def pattern(self) -> str:
        """RE2: found in a folded text that has the term. The words are letters and digits, so nothing is escaped."""
        first, last = self.words[0], self.words[-1]
        parts = ["" if _is_unspaced(first[0]) else f"(?:^|{_EDGE})", first]
        for before, word in zip(self.words, self.words[1:], strict=False):
            is_apart = not (_is_unspaced(before[0]) or _is_unspaced(word[0]))
            parts += [_BETWEEN, "+" if is_apart else "*", word]
        is_open = self.is_prefix or _is_unspaced(last[0])
        return "".join([*parts, "" if is_open else f"(?:$|{_EDGE})"])

    @property
    def longest(self) -> str:
        """A word that each text with the term has: quick to look for."""
        return max(self.words, key=len)

    def places(self, words: list[Word]) -> Iterator[tuple[int, int]]:
        """Where in a text of these words the term stands, from the first place on."""
        size = len(self.words)
        for at in range(len(words) - size + 1):
            found = [word.text for word in words[at : at + size]]
            is_last = found[-1].startswith(self.words[-1]) if self.is_prefix else found[-1] == self.words[-1]
            if is_last and tuple(found[:-1]) == self.words[:-1]:
                yield words[at].start, words[at + size - 1].end


def parse(folded: str) -> tuple[Term, ...]:
    """The terms of a query, whose case and accents are folded already. Raises :class:`UsageError`."""
    query = folded.translate(_QUOTES)
    if len(query) > MOST_CHARACTERS:
        raise UsageError(f"search: {len(query):,} characters; at most {MOST_CHARACTERS} are taken")
    if query.count('"') % 2:
        raise UsageError('search: a quotation mark without its other one; "two words" stand together')
    terms = tuple(_terms(query))
    if len(terms) > MOST_TERMS:
        raise UsageError(f"search: {len(terms)} words; at most {MOST_TERMS} are taken")
    if not any(not term.is_excluded for term in terms):
        raise UsageError(f"search: {'name a word that is to be there' if terms else 'no letter and no digit in it'}")
    return terms


def _terms(query: str) -> Iterator[Term]:
    for minus, phrase, word, star in _TERM.findall(query):
        words = tuple(found.text for found in words_of(phrase or word))
        if words:
            yield Term(words, bool(star) or word.endswith("*"), bool(minus))


def words_of(text: str) -> list[Word]:
    """The words of a text; folded here, each character by itself, so that they can be pointed at."""
    if text.isascii():
        return [Word(found[0], found.start(), found.end()) for found in _ASCII_WORD.finditer(text.lower())]
    words: list[Word] = []
    start, letters = 0, ""
    for at, character in enumerate(text):
        folded, is_spaced = _folded(character)
        if is_spaced:
            start = start if letters else at
            letters += folded
            continue
        if folded is _MARK and letters:
            continue
        if letters:
            words.append(Word(letters, start, at))
            letters = ""
        words.extend(Word(one, at, at + 1) for one in folded.replace(_MARK, ""))
    if letters:
        words.append(Word(letters, start, len(text)))
    return words


@lru_cache(4096)
def _folded(character: str) -> tuple[str, bool]:
    """The letters and digits of a character, in lower case without accents, and whether they go on a word."""
    bare = "".join(one for one in unicodedata.normalize("NFD", character) if unicodedata.category(one)[0] != "M")
    folded = unicodedata.normalize("NFC", bare.lower())
    if not folded:
        return _MARK, False
    letters = "".join(one for one in folded if unicodedata.category(one)[0] in "LN")
    return letters, letters == folded and not _is_unspaced(letters[0])


def _is_unspaced(character: str) -> bool:
    return any(first <= ord(character) <= last for first, last in _UNSPACED)
