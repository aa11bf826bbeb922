"""Domains that are alike by where they are served."""

from collections import defaultdict
from collections.abc import Iterable
from ipaddress import ip_address, ip_network


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
    return None if address is None else _network(address)


def _network(address: str) -> str:
    if ":" in address:
        return str(ip_network(f"{address}/48", strict=False))
    return f"{address.rpartition('.')[0]}.0/24"


def nets(addresses: Iterable[tuple[int, str]]) -> tuple[dict[int, float], dict[int, float]]:
    """For each domain, how many others were served from one of its addresses, and from one of its networks (those of
    :func:`network_of`). What is no address says nothing."""
    read: dict[str, tuple[str, str] | None] = {}
    found = []
    for domain, text in addresses:
        if text not in read:
            address = address_of(text)
            read[text] = None if address is None else (address, _network(address))
        if (places := read[text]) is not None:
            found.append((domain, *places))
    of_address = _others((domain, address) for domain, address, _ in found)
    return of_address, _others((domain, network) for domain, _, network in found)


def _others(places: Iterable[tuple[int, str]]) -> dict[int, float]:
    own: defaultdict[int, set[str]] = defaultdict(set)
    there: defaultdict[str, set[int]] = defaultdict(set)
    for domain, place in places:
        own[domain].add(place)
        there[place].add(domain)
    counts: dict[frozenset[str], int] = {}
    others = {}
    for domain, at in own.items():
        together = frozenset(at)
        if together not in counts:
            counts[together] = len(there[min(at)] if len(at) == 1 else set().union(*(there[place] for place in at)))
        others[domain] = float(counts[together] - 1)
    return others
