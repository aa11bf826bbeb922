"""What each metric means, as data: metrics.toml beside this module is all that ``wholinks metrics`` says."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from wholinks.index.meant import hint
from wholinks.research.card.words import words
from wholinks.storage.errors import UsageError


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric explained; ``related`` are names of others."""

    name: str
    definition: str
    formula: str
    insights: str
    interpretation: str
    trend: str
    questions: str
    actions: str
    visualisation: str
    risks: str
    data: str
    related: tuple[str, ...]
    impact: str


@dataclass(frozen=True, slots=True)
class Metrics:
    """The metrics asked for, in the order of the data."""

    rows: tuple[Metric, ...]


@cache
def _all() -> dict[str, Metric]:
    told = tomllib.loads((files(__package__) / "metrics.toml").read_text("utf-8"))
    return {
        name: Metric(name=name, related=tuple(of["related"]), **{key: of[key] for key in of if key != "related"})
        for name, of in told.items()
    }


def metrics(name: str | None = None) -> Metrics:
    """All metrics, or the one of this name. Raises :class:`UsageError` for a name that is none."""
    if name is None:
        return Metrics(tuple(_all().values()))
    if not is_metric(name):
        meant = hint(name, [*_all(), *(it.word for it in words().rows)])
        raise UsageError(f"metric: {name!r} is none of {', '.join(_all())}{meant}")
    return Metrics((_all()[_key(name)],))


def is_metric(name: str) -> bool:
    """Whether a metric has this name."""
    return _key(name) in _all()


def _key(name: str) -> str:
    return name.strip().lower().replace("-", "_").replace(" ", "_")
