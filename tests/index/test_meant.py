"""What a name that is not known may mean."""

import pytest

from wholinks.index.meant import column, hint

NAMES = ("referring_domain", "referring_pages", "backlinks", "followed", "not_followed", "first_seen", "tld")


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("backlinks", "backlinks"), ("Backlinks", "backlinks"), ("First seen", "first_seen"),
        ("first-seen", "first_seen"), ("Domains", "referring_domain"), ("Pages", "referring_pages"),
        ("Top level", "tld"), ("followed", "followed"), ("Not followed", "not_followed"), ("", None), ("dr", None),
        ("Title", None),
    ],
)  # fmt: skip
def test_a_column_is_named_as_its_header_is(typed: str, name: str | None) -> None:
    assert column(typed, NAMES) == name


def test_a_header_that_may_be_several_is_none() -> None:
    assert column("domains", ("linked_domains", "referring_domains")) is None
    assert column("linked domains", ("linked_domains", "referring_domains")) == "linked_domains"


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("dofollow", "; did you mean followed?"), ("backlnks", "; did you mean backlinks?"),
        ("first", "; did you mean first_seen?"), ("zzz", ""), ("", ""),
        ("DR", "; here it is authority, see 'wholinks metrics authority'"),
    ],
)  # fmt: skip
def test_what_was_meant_is_told(typed: str, told: str) -> None:
    assert hint(typed, NAMES) == told
