"""A fingerprint of a text that changes little when the text does (Charikar 2002; Manku, Jain, Das Sarma 2007).

Two pages whose texts are nearly the same differ in few of 64 bits. It suggests duplicates; nothing is left out of a
count because of it.
"""

import re
from functools import lru_cache
from itertools import islice
from typing import Final

import xxhash

try:
    from ._simhash import fingerprint as _compiled
except ImportError:
    _compiled = None  # type: ignore[assignment]

SIMHASH_CHARS: Final = 6_000
"""Characters looked at; what follows does not change the fingerprint."""
MAX_SAMPLES: Final = 127
"""Less than 255, so that counts fit in lanes of eight bits."""
SAMPLE_BYTES: Final = 10

_CUT: Final = ord(" ")
_LEAST_PIECES: Final = 1 / 96
"""Of a letter: below, a text has few of the letters that cut, and more of them are taken."""


def _lowered(cutting: bytes) -> bytes:
    return bytes(_CUT if byte in cutting else byte + 32 if 65 <= byte <= 90 else byte for byte in range(256))


_LOWERED: Final = _lowered(b"dD\x8b\xbb")
_MORE_CUT: Final = _lowered(b"adensADENS\x80\x83\x8b\xb0\xb8\xbb")
_SAMPLE: Final = re.compile(b"(?= (.{1,%d}))" % SAMPLE_BYTES, re.DOTALL)
_DROPPED: Final = bytes(byte for byte in range(128) if not chr(byte).isalnum())
_FOLDS: Final = tuple((size, (1 << size) - 1) for size in (4096, 2048, 1024))
_PAIRS: Final = int.from_bytes(b"\x55" * 8 * 128)
_NIBBLES: Final = int.from_bytes(b"\x33" * 8 * 64)
_BYTES: Final = int.from_bytes(b"\x0f" * 8 * 16)
_WORD: Final = (1 << 64) - 1


def simhash(text: str) -> int:
    """The 64-bit fingerprint (signed) of ``text``: of what its letters and digits are, in lower case and without all
    between them, cut at each ``d``; of each piece the first ten bytes, hashed with xxh3; 0 for no letters.

    To hash every word would take longer than to parse the page. Cut by content, an insertion changes no other piece;
    and as a piece is about 24 letters long, four changes of ten change nothing at all. ``d`` is about as frequent in
    one language as in another (3 to 6 %); texts in other scripts, which have none, are cut at two of the 64 bytes that
    end a letter in UTF-8. The first 127 different pieces of the first 6,000 characters count, about 600 words: each
    once, or the button beside each thing of a list would say more than the things. A text with hardly any ``d``
    (numbers, a made-up list) is cut at ``a``, ``e``, ``n`` and ``s``, too, into pieces that overlap.
    """
    start = text[:SIMHASH_CHARS].encode("utf-8", "replace")
    if _compiled is not None:
        return _compiled(start, _LOWERED, _MORE_CUT, MAX_SAMPLES, SAMPLE_BYTES, _LEAST_PIECES)
    return fingerprint(start)


def fingerprint(start: bytes) -> int:
    """The same of the start of a text in UTF-8, in Python; ``c/simhash.c`` does it in a tenth of the time."""
    letters = start.translate(_LOWERED, _DROPPED)
    if not letters:
        return 0
    pieces = letters.split(b" ")
    if len(pieces) < len(letters) * _LEAST_PIECES:
        pieces = _SAMPLE.findall(b" " + start.translate(_MORE_CUT, _DROPPED))
    different = dict.fromkeys(piece[:SAMPLE_BYTES] for piece in pieces)
    return _majority([xxhash.xxh3_64_digest(piece) for piece in islice(different, MAX_SAMPLES)])


def _majority(digests: list[bytes]) -> int:
    """The number whose bit is set where more than half of at most 127 digests have it set; signed.

    All digests stand in one number and are added up at once: two by two in lanes of two bits, those sums eight by eight
    in lanes of four, and the rest, as the remainder modulo 2**64 - 1, in lanes of eight. No lane overflows.
    """
    bits = int.from_bytes(b"".join(digests))
    has_more = _more_than(len(digests) // 2)
    number = 0
    for pair in range(2):
        pairs = _folded(bits >> pair & _PAIRS, 0)
        for nibble in (0, 2):
            nibbles = _folded(_folded(pairs >> nibble & _NIBBLES, 1), 2)
            for byte in (0, 4):
                counts = (nibbles >> byte & _BYTES) % _WORD
                number |= int.from_bytes(counts.to_bytes(8).translate(has_more)) << pair + nibble + byte
    return number - 2**64 if number >= 2**63 else number


def _folded(number: int, fold: int) -> int:
    """Both halves of a number of 128, 64 or 32 words, added up lane by lane."""
    size, lower = _FOLDS[fold]
    return (number >> size) + (number & lower)


@lru_cache(maxsize=256)
def _more_than(count: int) -> bytes:
    """A table for ``bytes.translate``: 1 for what is more than ``count``, else 0."""
    return bytes(int(byte > count) for byte in range(256))
