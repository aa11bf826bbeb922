"""Where the links of a question begin and end, as a condition on a table of links."""

from dataclasses import dataclass

import duckdb

from .places import Places
from .questions import Question
from .selection import Condition, Selection, select
from .sources import Sources


@dataclass(frozen=True, slots=True)
class Ends:
    """The source's pages and the target's URLs; None where any will do."""

    source: Sources | None
    target: Selection | None

    @property
    def is_empty(self) -> bool:
        """Whether the index knows no URL of an end that was asked for."""
        return any(end is not None and end.is_empty for end in (self.source, self.target))

    @property
    def far_domain(self) -> str:
        """The column of ``link`` with the domain at the end that was not asked about."""
        return "target_domain_id" if self.target is None else "source_domain_id"

    def where(self, target_domain: str = "l.target_domain_id", target_url: str = "l.target_url_id") -> Condition:
        """The condition on ``link AS l``, or on another table ``l`` that calls its targets so."""
        parts: list[Condition] = []
        if self.target is not None:
            parts.append(self.target.where(target_domain, target_url))
        if self.source is not None:
            parts.append(self.source.where("l.source_domain_id", "l.source_url_id"))
        return " AND ".join(where for where, _ in parts), [value for _, values in parts for value in values]

    def of_domains(self) -> tuple[str, dict[str, list[int]]]:
        """The condition that a link of ``link AS l`` lies between the domains of the ends, whatever the page or URL,
        with its parameters by name."""
        conditions: list[str] = []
        domains: dict[str, list[int]] = {}
        for name, end in (("target", self.target), ("source", self.source)):
            if end is not None:
                conditions.append(f"l.{name}_domain_id IN (SELECT unnest(${name}_domains))")
                domains[f"{name}_domains"] = list(end.domain_ids)
        return " AND ".join(conditions), domains

    @property
    def whole_domain(self) -> int | None:
        """The number of the domain, where one end is one whole domain and the other whatever there is."""
        if self.source is not None and self.target is not None:
            return None
        end = self.source or self.target
        return end.whole_domain if end is not None else None


def find_ends(duck: duckdb.DuckDBPyConnection, places: Places, question: Question) -> Ends:
    """Find the ends of a question in the index behind ``duck``."""
    return Ends(
        Sources(duck, places, question.source) if question.source is not None else None,
        select(duck, places, question.target) if question.target is not None else None,
    )
