"""Which sites the crawl may enter: registrable domains by their hops from a seed. Pure."""

from dataclasses import dataclass, field

from wholinks.storage.forgetting import Forgotten

from .referrers import Referrers


@dataclass(slots=True)
class Scope:
    """Domains in reach, each with the least number of hops from a seed's domain; ``hops`` is the limit.
    ``forgotten`` are hosts that were removed on request; ``referrers`` tell who of those in reach goes first."""

    hops: int
    reached: dict[str, int] = field(default_factory=dict)
    forgotten: tuple[Forgotten, ...] = ()
    referrers: Referrers = field(default_factory=Referrers)

    def is_forgotten(self, host: str) -> bool:
        """Whether ``host`` must never be asked, for whatever purpose."""
        return any(entry.covers(host) for entry in self.forgotten)

    def contains(self, domain: str) -> bool:
        """Whether pages of ``domain`` may be fetched."""
        return self.hop(domain) <= self.hops

    def hop(self, domain: str) -> int:
        """Hops from a seed; one more than the limit for what is out of reach."""
        return self.reached.get(domain, self.hops + 1)

    def refer(self, source: str, domain: str) -> bool:
        """Note that the domain ``source`` links to ``domain``. True when it has one referring domain more by that, and
        is in reach of links."""
        return source != domain and self.hops > 0 and domain in self.reached and self.referrers.add(source, domain)

    def reach(self, domain: str, hop: int) -> bool:
        """Note that ``domain`` is ``hop`` hops away. True when that brings it into reach, or nearer."""
        if hop >= self.hop(domain):
            return False
        self.reached[domain] = hop
        return True
