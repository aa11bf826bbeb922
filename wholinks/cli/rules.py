"""What the commands that compare sites share: how their options become targets and rules."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from wholinks.index.queries import Index
from wholinks.index.questions import Follow, kinds_meant
from wholinks.index.target import Target

from .answer import typed

if TYPE_CHECKING:
    from wholinks.research.competitors.referring import Rules


def targets(index: Index, texts: Iterable[str], given: dict[str, Any]) -> tuple[Target, ...]:
    """What was typed, each read by the options of ``target_options``."""
    return tuple(typed(index, text, given) for text in texts)


def rules(given: dict[str, Any]) -> "Rules":
    """Which links count, by the options of ``count_options``."""
    from wholinks.research.competitors.referring import Rules  # noqa: PLC0415

    return Rules(Follow(given["follow"]), kinds_meant(given["kinds"]))
