"""A fingerprint of a text that changes little when the text does (Charikar 2002; Manku, Jain, Das Sarma 2007).

Two pages whose texts are nearly the same differ in few of 64 bits. It suggests duplicates; nothing is left out of a
count because of it.
"""

from functools import lru_cache
from itertools import compress, islice
from typing import Final

import xxhash

SIMHASH_WORDS: Final = 1_000
"""Words looked at; what follows does not change the fingerprint."""

MAX_SHINGLES: Final = 127
"""Less than 255, so that counts fit in lanes of eight bits."""
FEW_SHINGLES: Final = 8

_CHOSEN_LENGTHS: Final = frozenset(range(5, 4_000, 4))
_FOLDS: Final = tuple((size, (1 << size) - 1) for size in (4096, 2048, 1024))
_PAIRS: Final = int.from_bytes(b"\x55" * 8 * 128)
_NIBBLES: Final = int.from_bytes(b"\x33" * 8 * 64)
_BYTES: Final = int.from_bytes(b"\x0f" * 8 * 16)
_WORD: Final = (1 << 64) - 1


def simhash(words: list[str]) -> int:
    """The 64-bit fingerprint (signed) of ``words``, over shingles of three, hashed with xxh3; 0 for no words.

    To hash every shingle would take longer than to parse the page. Those count whose first word has 5, 9, 13, …
    characters (one in six in English): chosen by content, so that an insertion changes no other choice. All count where
    fewer than eight would. The first 127 of the first 1,000 words do. Text without spaces (Chinese, Japanese) has few,
    long words, and so a coarser fingerprint.
    """
    words = words[:SIMHASH_WORDS]
    chosen = compress(range(len(words) - 2), map(_CHOSEN_LENGTHS.__contains__, map(len, words)))
    starts: list[int] = list(islice(chosen, MAX_SHINGLES))
    if len(starts) < FEW_SHINGLES:
        starts = list(range(max(len(words) - 2, min(len(words), 1))))
    shingles = [" ".join(words[start : start + 3]).encode() for start in starts[:MAX_SHINGLES]]
    return _majority(list(map(xxhash.xxh3_64_digest, shingles)))


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
