"""The fingerprint of texts."""

import re
from random import Random

import xxhash
from hypothesis import given
from hypothesis import strategies as st

from wholinks.crawler.page.simhash import MAX_SAMPLES, SIMHASH_CHARS, simhash


def differing(one: str, other: str) -> int:
    return ((simhash(one) ^ simhash(other)) % 2**64).bit_count()


def prose(count: int, seed: int, letters: str = "abcdefghilmnoprstuv") -> list[str]:
    chance = Random(seed)
    return ["".join(chance.choices(letters, k=chance.randint(2, 9))) for _ in range(count)]


def test_texts_that_no_letter_cuts_are_told_apart_all_the_same() -> None:
    def listed(number: int) -> str:
        return " ".join(f"before http://b.example/{number}/{link} after" for link in range(60))

    assert min(differing(listed(1), listed(other)) for other in range(2, 30)) > 3
    assert differing(listed(1), listed(1) + " 7") <= 3


def test_no_letters_have_the_fingerprint_0() -> None:
    assert simhash("") == 0
    assert simhash(" .,-\n") == 0


def test_a_text_of_one_piece_has_its_hash() -> None:
    for text, piece in (("a", "a"), ("A b, C 1!", "abc1"), ("ç", "ç"), ("no letter cuts this", "nolettercu")):
        assert simhash(text) % 2**64 == xxhash.xxh3_64_intdigest(piece.encode())


@given(st.text(alphabet="abdDçл 1.\n", max_size=90))
def test_each_bit_is_the_majority_of_the_different_pieces(text: str) -> None:
    letters = re.sub(rb"[ .\n]", b"", text.encode().lower())
    pieces = {piece[:10] for piece in re.split(rb"[d\x8b\xbb]", letters)} if letters else set()
    hashes = [xxhash.xxh3_64_intdigest(piece) for piece in pieces]
    expected = sum(1 << bit for bit in range(64) if sum(number >> bit & 1 for number in hashes) > len(hashes) / 2)
    assert simhash(text) % 2**64 == expected
    assert -(2**63) <= simhash(text) < 2**63


def test_what_is_beyond_the_limit_changes_nothing() -> None:
    text = " ".join(prose(2_000, seed=1))[:SIMHASH_CHARS]
    assert simhash(text) == simhash(text + " d and more d words")


def test_equal_pieces_count_once() -> None:
    assert simhash("abcd" * 1_000 + "abc") % 2**64 == xxhash.xxh3_64_intdigest(b"abc")


def test_only_the_first_of_many_different_pieces_count() -> None:
    pieces = [f"{number}th" for number in range(200)]
    assert (
        simhash("d".join(pieces))
        == simhash("d".join([*pieces[:MAX_SAMPLES], *pieces]))
        != simhash("d".join(pieces[:99]))
    )


def test_lists_of_other_things_differ_though_each_has_the_same_button() -> None:
    def listed(seed: int) -> str:
        words = iter(prose(60, seed))
        return " ".join(f"{next(words)} {next(words)} {next(words)} Add to basket Wanted" for _ in range(20))

    assert min(differing(listed(1), listed(other)) for other in range(2, 30)) > 3


def test_case_white_space_and_punctuation_do_not_count() -> None:
    words = prose(300, seed=2)
    assert simhash(" ".join(words)) == simhash("\n\t".join(words).upper() + "!")


def test_an_inserted_word_changes_few_bits_and_another_text_many() -> None:
    for letters in ("abcdefghilmnoprstuv", "абвгдежзиклмнопрстуы", "的一是不了人我在有他这为之大来以个中上们"):
        words = prose(300, seed=3, letters=letters)
        changes = sorted(
            differing(" ".join(words), " ".join([*words[:at], "x9", *words[at:]])) for at in range(0, 300, 10)
        )
        assert changes[15] <= 3
        assert changes[-1] <= 16
        assert differing(" ".join(words), " ".join(prose(300, seed=4, letters=letters))) >= 16
