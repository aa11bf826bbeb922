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
