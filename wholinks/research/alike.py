"""Domains that are alike: by what they link to, and by where they are served. Never all pairs are compared."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from ipaddress import ip_address, ip_network
from math import ceil
from typing import Final

Sets = Mapping[int, frozenset[int]]
ALIKE: Final = 0.9


def twins(sets: Sets) -> dict[int, int]:
    """For each domain, how many others have a set with a Jaccard similarity of at least :data:`ALIKE`.

    Sets so alike share one of the first tenth of their elements, in an order of all elements; with the rarest first,
    few share one that are not alike.
    """
    same: defaultdict[frozenset[int], list[int]] = defaultdict(list)
    for domain, linked in sets.items():
        same[linked].append(domain)
    often = Counter(element for linked in same for element in linked)
    heads: defaultdict[int, list[frozenset[int]]] = defaultdict(list)
    partners: dict[frozenset[int], int] = {linked: len(domains) - 1 for linked, domains in same.items()}
    for linked in sorted(same, key=lambda found: (len(found), sorted(found))):
        ordered = sorted(linked, key=lambda element: (often[element], element))
        head = ordered[: len(linked) - ceil(ALIKE * len(linked)) + 1]
        for other in {found for element in head for found in heads[element]}:
            if len(other) >= ALIKE * len(linked) and len(linked & other) >= ALIKE * len(linked | other):
                partners[linked] += len(same[other])
                partners[other] += len(same[linked])
        for element in head:
            heads[element].append(linked)
    return {domain: partners[linked] for domain, linked in sets.items()}


def nets(addresses: Iterable[tuple[int, str]]) -> tuple[dict[int, float], dict[int, float]]:
    """For each domain, how many others were served from one of its addresses, and from one of its networks (/24, of
    IPv6 /48)."""
    found = [(domain, ip_address(text)) for domain, text in addresses]
    of_address = _others((domain, str(address)) for domain, address in found)
    of_net = _others(
        (
            domain,
            str(ip_network(f"{str(address).partition('%')[0]}/{24 if address.version == 4 else 48}", strict=False)),
        )
        for domain, address in found
    )
    return of_address, of_net


def _others(places: Iterable[tuple[int, str]]) -> dict[int, float]:
    own: defaultdict[int, set[str]] = defaultdict(set)
    there: defaultdict[str, set[int]] = defaultdict(set)
    for domain, place in places:
        own[domain].add(place)
        there[place].add(domain)
    return {
        domain: float(len(there[next(iter(at))]) - 1 if len(at) == 1 else len(set().union(*map(there.get, at))) - 1)  # type: ignore[arg-type]
        for domain, at in own.items()
    }
