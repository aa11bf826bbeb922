"""JSON: the contract scripts rely on (docs/json.md). Times are ISO 8601 UTC, hosts A-labels, texts as on the page."""

import json
import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from typing import Any, Final

from wholinks.index.answers import AnyAnswer
from wholinks.index.target import Target

from .text import HOSTILE

SCHEMA: Final = 1
MEASURE: Final = "backlinks"

_TARGET_KEYS: Final = ("input", "mode", "protocol", "domain")


def plain(value: Any) -> Any:
    """``value`` as JSON has it: a dataclass becomes an object with its fields, a time a text."""
    if is_dataclass(value):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    return value


def iso(moment: datetime) -> str:
    """``2026-11-21T03:17:00Z``"""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def document(answer: AnyAnswer) -> dict[str, Any]:
    """The whole answer. ``source`` and ``target`` are there where the question names them, ``hint`` only where nothing
    was found and something near has links."""
    question = answer.question
    ends = {"source": question.source, "target": question.target}
    found = {
        "schema": SCHEMA,
        **{name: target_object(end) for name, end in ends.items() if end is not None},
        "measure": MEASURE if question.sort is None else question.sort.partition(":")[0],
        "totals": plain(answer.totals),
        "rows": plain(answer.rows),
        "next": answer.next,
        "coverage": plain(answer.coverage),
        "snapshot": plain(answer.snapshot),
    }
    return found if answer.hint is None else {**found, "hint": answer.hint}


def target_object(target: Target) -> dict[str, Any]:
    """The target as every JSON answer has it."""
    found = plain(target)
    return {key: found[key] for key in _TARGET_KEYS}


def encode(value: Any, *, indent: int | None = None) -> str:
    """JSON text in which no character acts on a terminal or ends a line: such ones are written as ``\\u…``."""
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    return (
        HOSTILE.sub(_escape, text)
        if indent is None
        else "\n".join(HOSTILE.sub(_escape, line) for line in text.split("\n"))
    )


def _escape(match: re.Match[str]) -> str:
    return json.dumps(match[0])[1:-1].replace("\x7f", "\\u007f")


def lines(answer: AnyAnswer) -> Iterator[str]:
    """The output, line by line."""
    yield from encode(document(answer), indent=2).split("\n")
