"""A target, for people and as JSON."""

from typing import Any, Final

from wholinks.index.target import Target
from wholinks.storage.urls import to_unicode

from .json import plain
from .text import neutralise

_KEYS: Final = ("input", "mode", "protocol", "domain")


def target_shown(target: Target) -> str:
    """The target with its host as people write it, harmless to a terminal."""
    return neutralise(to_unicode(target.host) + target.text.removeprefix(target.host))


def target_object(target: Target) -> dict[str, Any]:
    """The target as every JSON answer has it."""
    found = plain(target)
    return {key: found[key] for key in _KEYS}
