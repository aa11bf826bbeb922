"""Answers made by hand, hostile ones too."""

from datetime import UTC, datetime
from typing import Final

from wholinks.index.answers import (
    AnchorRow,
    Answer,
    Coverage,
    DomainRow,
    Evidence,
    LinkRow,
    Row,
    Snapshot,
    Totals,
)
from wholinks.index.questions import By, Question
from wholinks.index.target import Mode, Schemes, Target

NOON: Final = datetime(2026, 11, 21, 12, 0, 7, tzinfo=UTC)

ESC: Final = "\x1b[31mred\x1b[0m"
RTL: Final = "\u202egnp.exe"
CSI: Final = "\x9b2J"


def domain_row(name: str = "blog.example", backlinks: int = 10) -> DomainRow:
    return DomainRow(name, backlinks, 12, 7, 8, 2, 1, 0, 1, NOON, NOON)


def link_row(anchor: str = "a tent", **fields: object) -> LinkRow:
    values: dict[str, object] = {
        "source_url": "http://blog.example/", "target_url": "http://shop.example/", "links": 2, "anchor_text": anchor,
        "rel": ("nofollow", "me2"), "rel_raw": "NoFollow me2", "kind": "text", "placement": "main", "followed": False,
        "context_before": "", "context_after": "", "hidden": False, "noscript": True, "http_status": 200,
        "title": "Blog", "language": "en", "fetched_at": NOON,
        "state": "live", "reason": "", "opened_why": "pagefound", "first_seen": NOON, "last_seen": NOON,
        "lost_at": None, "restored_at": None,
        "evidence": Evidence(NOON, "http://blog.example/x", "http://blog.example/", "00ff", 3, "<a>"),
    }  # fmt: skip
    return LinkRow(**(values | fields))  # type: ignore[arg-type]


def anchor_row(text: str = "a tent") -> AnchorRow:
    return AnchorRow(text, 3, 5, 9, 4, "text")


def answer(
    *rows: Row, by: By = By.DOMAIN, known: int | None = None, hint: str | None = None, limit: int | None = None
) -> Answer[Totals]:
    """An answer with these rows; its totals are made up."""
    target = Target("Shop.example", Mode.SUBDOMAINS, Schemes.BOTH, "shop.example", "shop.example", None, "")
    return Answer(
        Question(target, by, limit=limit),
        Totals(23, 28, 16, 3, 16, 7, 5, 1, 4, 2, 1, 0, 0),
        rows,
        len(rows) if known is None else known,
        Coverage(9, 98, 93, 2, 3, 0, 0, NOON),
        Snapshot("00ff00ff00ff00ff", NOON, "2025-04-07", "wholinks-1: kinds=text; follow=all", False),
        hint,
    )
