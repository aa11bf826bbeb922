"""Registrable domains: those of tldextract, for every rule of the list and hosts around it."""

import pytest
import tldextract
from hypothesis import given
from hypothesis import strategies as st

from wholinks.storage.suffix_rules import SuffixRules, bundled_list
from wholinks.storage.urls import NotAUrl, is_ip, normalise, origin_of

TEXT = bundled_list()
OURS = SuffixRules(TEXT)
THEIRS = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None, include_psl_private_domains=True)
RULES = [line.split()[0] for line in TEXT.splitlines() if line.strip() and not line.startswith("//")]


def theirs(host: str) -> tuple[str, str] | None:
    found = THEIRS(host)
    if not found.suffix:
        return None
    return found.top_domain_under_public_suffix or host, found.top_domain_under_registry_suffix or host


def test_every_rule_gives_what_tldextract_gives() -> None:
    assert len(RULES) > 9000
    for rule in RULES:
        base = origin_of(normalise(f"http://{rule.lstrip('!*.')}/")).host
        labels = base.split(".")
        above = [".".join(labels[place:]) for place in range(1, len(labels))]
        for host in (base, f"x.{base}", f"y.x.{base}", f"z.y.x.{base}", *above, *(f"q.{name}" for name in above)):
            assert OURS.domains(host) == theirs(host), host


LABELS = st.sampled_from(
    ["www", "a", "city", "ck", "kawasaki", "jp", "co", "uk", "com", "github", "io", "xn--p1ai", "zz"]
)


@given(st.lists(LABELS, min_size=1, max_size=6))
def test_any_host_gives_what_tldextract_gives(labels: list[str]) -> None:
    try:
        host = origin_of(normalise(f"http://{'.'.join(labels)}/")).host
    except NotAUrl:
        return
    if not is_ip(host):
        assert OURS.domains(host) == theirs(host)


@pytest.mark.parametrize(
    ("host", "domain"),
    [("a.b.test", None), ("x.wild.test", ("x.wild.test", "x.wild.test")), ("b.x.wild.test", ("b.x.wild.test",) * 2),
     ("a.kept.wild.test", ("kept.wild.test",) * 2), ("c.d.own.test", ("d.own.test", "own.test"))],
)  # fmt: skip
def test_a_list_of_ones_own(host: str, domain: tuple[str, str] | None) -> None:
    text = "// ===BEGIN ICANN DOMAINS===\n*.wild.test\n!kept.wild.test\n"
    rules = SuffixRules(f"{text}// ===BEGIN PRIVATE DOMAINS===\nown.test\n")
    assert rules.domains(host) == domain
