"""Domains that are alike: by what they link to, and by where they are served."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from ipaddress import ip_address, ip_network
from typing import Final

import numpy as np

Sets = Mapping[int, frozenset[int]]
ALIKE: Final = 0.9

_LEAST_ELEMENTS: Final = 9
"""Smaller sets that differ are never so alike: nine elements of ten are the least."""
_BITS: Final = 1024
_ROUNDING: Final = 1e-6


def twins(sets: Sets) -> dict[int, int]:
    """For each domain, how many others have a set with a Jaccard similarity of at least :data:`ALIKE`.

    Sets are told apart by bits, one for each remainder of their elements: as many bits as differ, so many elements do
    at least. Those left are compared.
    """
    same: defaultdict[frozenset[int], list[int]] = defaultdict(list)
    for domain, linked in sets.items():
        same[linked].append(domain)
    partners: dict[frozenset[int], int] = {linked: len(domains) - 1 for linked, domains in same.items()}
    ordered = sorted((linked for linked in same if len(linked) >= _LEAST_ELEMENTS), key=len)
    sizes = np.array([len(linked) for linked in ordered], np.float64)
    signatures = np.zeros((len(ordered), _BITS // 64), np.uint64)
    for place, linked in enumerate(ordered):
        bits = np.zeros(_BITS, np.bool_)
        bits[np.fromiter(linked, np.int64, len(linked)) % _BITS] = True
        signatures[place] = np.packbits(bits).view(np.uint64)
        first = int(np.searchsorted(sizes, ALIKE * sizes[place] - _ROUNDING))
        differing = np.bitwise_count(signatures[first:place] ^ signatures[place]).sum(axis=1)
        most = (1 - ALIKE) / (1 + ALIKE) * (sizes[first:place] + sizes[place]) + _ROUNDING
        for near in np.flatnonzero(differing <= most).tolist():
            other = ordered[first + near]
            if len(linked & other) >= ALIKE * len(linked | other):
                partners[linked] += len(same[other])
                partners[other] += len(same[linked])
    return {domain: partners[linked] for domain, linked in sets.items()}


def address_of(text: str) -> str | None:
    """An address without its zone, None where it is none. An IPv4 address mapped into IPv6 is read as IPv4."""
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return str(getattr(address, "ipv4_mapped", None) or address)


def network_of(text: str) -> str | None:
    """The network that an address lies in: /24 of IPv4, /48 of IPv6; None where it is none."""
    address = address_of(text)
    if address is None:
        return None
    return str(ip_network(f"{address}/{48 if ':' in address else 24}", strict=False))


def nets(addresses: Iterable[tuple[int, str]]) -> tuple[dict[int, float], dict[int, float]]:
    """For each domain, how many others were served from one of its addresses, and from one of its networks (those of
    :func:`network_of`). What is no address says nothing."""
    found = [(domain, address, network_of(address)) for domain, text in addresses if (address := address_of(text))]
    of_address = _others((domain, address) for domain, address, _ in found)
    return of_address, _others((domain, network) for domain, _, network in found if network is not None)


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
