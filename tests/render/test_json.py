"""JSON: the contract, key by key, and nothing that acts on a terminal."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.render.rows import CSI, ESC, RTL, anchor_row, answer, domain_row, link_row
from wholinks.index.questions import By
from wholinks.render import jsonl
from wholinks.render.json import encode, lines
from wholinks.render.text import HOSTILE

TOP = ["schema", "target", "measure", "totals", "rows", "next", "coverage", "snapshot"]
INNER = {
    "target": ["input", "mode", "protocol", "domain"],
    "totals": [
        "backlinks", "links", "referring_pages", "referring_domains", "followed", "not_followed", "nofollow", "ugc",
        "sponsored", "via_redirect", "suspect", "unknown", "stale",
    ],
    "coverage": ["domains", "pages_known", "fetched", "blocked", "failed", "pending", "excluded", "as_of"],
    "snapshot": ["id", "built_at", "suffix_list", "policy", "stale"],
}  # fmt: skip
ROWS = {
    By.DOMAIN: [
        "referring_domain", "backlinks", "links", "referring_pages", "followed", "not_followed", "nofollow", "ugc",
        "sponsored", "first_seen", "last_seen",
    ],
    By.PAGE: [
        "source_url", "target_url", "links", "anchor_text", "rel", "rel_raw", "kind", "placement", "followed",
        "context_before", "context_after", "hidden", "noscript", "http_status", "title", "language", "fetched_at",
        "state", "reason", "opened_why", "first_seen", "last_seen", "lost_at", "restored_at", "evidence",
    ],
    By.ANCHOR: ["anchor_text", "referring_domains", "backlinks", "links", "followed", "anchor_class"],
    By.TARGET: [
        "target_url", "backlinks", "links", "referring_pages", "referring_domains", "followed", "nofollow", "ugc",
        "sponsored",
    ],
    By.HOST: ["referring_host", "backlinks", "links", "referring_pages", "followed", "nofollow", "ugc", "sponsored"],
    By.KIND: ["kind", "referring_domains", "backlinks", "links", "followed"],
    By.PLACEMENT: ["placement", "referring_domains", "backlinks", "links", "followed"],
    By.TLD: ["tld", "referring_domains", "backlinks", "links", "referring_pages", "followed"],
    By.LANGUAGE: ["language", "referring_domains", "backlinks", "links", "referring_pages", "followed"],
}  # fmt: skip
LINKED = {
    By.DOMAIN: ["linked_domain", *ROWS[By.DOMAIN][1:]],
    By.PAGE: ROWS[By.PAGE],
    By.ANCHOR: ["anchor_text", "linked_domains", "backlinks", "links", "followed"],
    By.TARGET: ["target_url", "backlinks", "links", "referring_pages", "followed", "nofollow", "ugc", "sponsored"],
    By.HOST: ["linked_host", "backlinks", "links", "referring_pages", "followed", "nofollow", "ugc", "sponsored"],
    By.KIND: ["kind", "linked_domains", "backlinks", "links", "followed"],
    By.PLACEMENT: ["placement", "linked_domains", "backlinks", "links", "followed"],
    By.TLD: ["tld", "linked_domains", "backlinks", "links", "referring_pages", "followed"],
    By.LANGUAGE: ["language", "linked_domains", "backlinks", "links", "referring_pages", "followed"],
}
EVIDENCE = ["fetched_at", "requested_url", "final_url", "body_hash", "ordinal", "tag"]


def parsed(*rows: Any, **options: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads("\n".join(lines(answer(*rows, **options))))
    return found


def test_the_keys_are_the_contract() -> None:
    found = parsed(domain_row())
    assert list(found) == TOP
    assert {name: list(found[name]) for name in INNER} == INNER
    assert found["schema"] == 1
    assert found["measure"] == "backlinks"
    assert found["target"] == {
        "input": "Shop.example", "mode": "subdomains", "protocol": "both", "domain": "shop.example",
    }  # fmt: skip


def test_rows_have_the_keys_of_the_contract() -> None:
    assert list(parsed(domain_row())["rows"][0]) == ROWS[By.DOMAIN]
    assert list(parsed(anchor_row(), by=By.ANCHOR)["rows"][0]) == ROWS[By.ANCHOR]
    row = parsed(link_row(), by=By.PAGE)["rows"][0]
    assert list(row) == ROWS[By.PAGE]
    assert list(row["evidence"]) == EVIDENCE
    assert row["rel"] == ["nofollow", "me2"]
    assert (row["followed"], row["noscript"], row["links"]) == (False, True, 2)


def test_times_are_iso_8601_utc() -> None:
    found = parsed(domain_row())
    assert found["rows"][0]["first_seen"] == found["coverage"]["as_of"] == "2026-11-21T12:00:07Z"


def test_a_hint_is_there_only_when_there_is_one() -> None:
    assert "hint" not in parsed()
    assert parsed(hint="try www")["hint"] == "try www"


def test_hostile_text_is_escaped_and_comes_back_whole() -> None:
    text = f"{ESC}{RTL}{CSI}\x00\x7f\u2028\u200b\ufeff\U000e0041 ü €"
    out = "\n".join(lines(answer(link_row(text), by=By.PAGE)))
    assert not HOSTILE.search(out.replace("\n", ""))
    assert json.loads(out)["rows"][0]["anchor_text"] == text
    assert "ü €" in out


@given(st.text())
def test_any_text_comes_back_whole(text: str) -> None:
    assert json.loads(encode({"a": text})) == {"a": text}
    assert not HOSTILE.search(encode(text))
    assert json.loads(encode([text], indent=2)) == [text]


def test_jsonl_is_a_row_a_line() -> None:
    rows = [link_row("a\nb\u2028c\x85d"), link_row(ESC)]
    out = list(jsonl.lines(rows))
    assert len("\n".join(out).splitlines()) == 2
    assert [json.loads(line)["anchor_text"] for line in out] == [row.anchor_text for row in rows]
    assert list(json.loads(out[0])) == ROWS[By.PAGE]
