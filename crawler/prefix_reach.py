"""Where a seed stands for a site by prefix, the crawl keeps to that site. Pure."""

from collections.abc import Iterable

from wholinks.storage.sites import Sites
from wholinks.storage.urls import PublicSuffixes


class PrefixReach:
    """The part of its registrable domains that a crawl may enter.

    ``seeds`` are URLs (normalised). A registrable domain all of whose seeds lie under sites by prefix is *divided*: of
    it the crawl enters these sites alone. Any other seed of it brings in the whole of it, as ever.
    """

    def __init__(self, seeds: Iterable[str], sites: Sites, suffixes: PublicSuffixes) -> None:
        self._sites = sites
        self._suffixes = suffixes
        entered: dict[str, set[str]] = {}
        for seed in seeds if sites.prefixes else ():
            entered.setdefault(suffixes.site(seed), set()).add(sites.site(seed))
        self._entered = {domain: names for domain, names in entered.items() if domain not in names}

    def __bool__(self) -> bool:
        return bool(self._entered)

    @property
    def names(self) -> list[str]:
        """The sites by prefix that are entered of divided domains."""
        return sorted(name for names in self._entered.values() for name in names)

    def divides(self, host: str) -> bool:
        """Whether a host is of a divided domain."""
        return bool(self._entered) and self._suffixes.domain(host) in self._entered

    def leaves_out(self, host: str, path: str) -> bool:
        """Whether a URL (its host, its path and query) lies on a divided domain, outside of what is entered."""
        if not self._entered:
            return False
        names = self._entered.get(self._suffixes.domain(host))
        return names is not None and self._sites.site(f"http://{host}{path}") not in names
