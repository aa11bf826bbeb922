"""A fingerprint of a text that changes little when the text does (Charikar 2002; Manku, Jain, Das Sarma 2007).

Two pages whose texts are nearly the same differ in few of 64 bits. It suggests duplicates; nothing is left out of a
count because of it.
"""

from itertools import compress
from typing import Final

import xxhash

SIMHASH_WORDS: Final = 5_000
"""Words looked at; what follows does not change the fingerprint."""

FEW_SHINGLES: Final = 8
_CHUNK: Final = 254  # counts fit in their lanes of eight bits, and never fill all of them
_LANES: Final = int.from_bytes(b"\x01" * 8 * _CHUNK, "little")
_WORD: Final = (1 << 64) - 1


def simhash(words: list[str]) -> int:
    """The 64-bit fingerprint (signed) of ``words``, over shingles of three, hashed with xxh3; 0 for no words.

    To hash every shingle would take longer than to parse the page. Only those count whose first word has a UTF-8
    length of 3 modulo 4 (about a quarter, chosen by content, so that an insertion moves no other choice); all of them
    where fewer than eight would be left. Text without spaces (Chinese, Japanese) gives few, long words.
    """
    encoded = " ".join(words[:SIMHASH_WORDS]).encode().split(b" ") if words else []
    if len(encoded) < 3:
        shingles = [b" ".join(encoded)] if encoded else []
    else:
        triples = list(zip(encoded, encoded[1:], encoded[2:], strict=False))
        chosen = list(compress(triples, [len(word) & 3 == 3 for word in encoded]))
        shingles = list(map(b" ".join, chosen if len(chosen) >= FEW_SHINGLES else triples))
    return _majority(list(map(xxhash.xxh3_64_digest, shingles)))


def _majority(digests: list[bytes]) -> int:
    """The number whose bit is set where more than half of the digests have it set; signed."""
    if not digests:
        return 0
    # lanes[r] holds the counts of the bits r, r + 8, …, r + 56, sixteen bits for each.
    counts = [0] * 64
    for start in range(0, len(digests), _CHUNK):
        chunk = int.from_bytes(b"".join(digests[start : start + _CHUNK]), "big")
        for residue in range(8):
            # A lane a byte; the remainder modulo 2**64 - 1 is the sum of all 64-bit words, and no lane overflows.
            sums = ((chunk >> residue) & _LANES) % _WORD
            for lane in range(8):
                counts[residue + 8 * lane] += (sums >> 8 * lane) & 255
    half = len(digests) / 2
    number = sum(1 << bit for bit, count in enumerate(counts) if count > half)
    return number - 2**64 if number >= 2**63 else number
