"""The fingerprint of texts."""

import xxhash
from hypothesis import given
from hypothesis import strategies as st

from wholinks.crawler.page.simhash import SIMHASH_WORDS, simhash


def test_no_words_have_the_fingerprint_0() -> None:
    assert simhash([]) == 0


def test_a_text_of_one_shingle_has_its_hash() -> None:
    for words in (["a"], ["a", "b"], ["a", "b", "ç"]):
        number = xxhash.xxh3_64_intdigest(" ".join(words).encode())
        assert simhash(words) % 2**64 == number


@given(st.lists(st.text(alphabet="abçd", min_size=1, max_size=9), max_size=60))
def test_each_bit_is_the_majority_of_the_shingles(words: list[str]) -> None:
    shingles = [" ".join(words[at : at + 3]) for at in range(len(words) - 2)] or ([" ".join(words)] if words else [])
    chosen = [shingle for shingle, word in zip(shingles, words, strict=False) if len(word) in {5, 9}]
    if len(words) < 3 or len(chosen) < 8:
        chosen = shingles
    hashes = [xxhash.xxh3_64_intdigest(shingle.encode()) for shingle in chosen]
    expected = sum(1 << bit for bit in range(64) if sum(number >> bit & 1 for number in hashes) > len(hashes) / 2)
    assert simhash(words) % 2**64 == expected
    assert -(2**63) <= simhash(words) < 2**63


def test_words_beyond_the_limit_change_nothing() -> None:
    words = [f"word{number}" for number in range(SIMHASH_WORDS)]
    assert simhash(words) == simhash([*words, "more", "words"])


def test_equal_shingles_in_great_number_fill_no_count() -> None:
    assert simhash(["abcde"] * 5_000) % 2**64 == xxhash.xxh3_64_intdigest(b"abcde abcde abcde")
