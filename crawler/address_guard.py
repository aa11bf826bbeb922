"""Which addresses the crawl may connect to. Asked at connect time, when the address is final: after DNS, redirects and
whatever spelling a page used."""

import socket
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Final

from wholinks.storage.urls import is_ip

MESSAGE: Final = "address refused: private, loopback or otherwise not public (see --allow-private)"


_NAT64: Final = IPv6Network("64:ff9b::/96")


class AddressRefused(OSError):  # noqa: N818 - reads as a fact
    """A connection to an address that is not public. One message for all, so that happy eyeballs keep the type."""

    def __init__(self) -> None:
        super().__init__(MESSAGE)


def is_public(address: str) -> bool:
    """Whether ``address`` (text of an IPv4 or IPv6 address, a zone index allowed) is one of the public internet."""
    ip: IPv4Address | IPv6Address = ip_address(address.partition("%")[0])
    if isinstance(ip, IPv6Address):
        embedded = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if embedded is not None:
            ip = embedded
        elif ip in _NAT64:
            ip = IPv4Address(int(ip) & 0xFFFFFFFF)
        elif ip.is_site_local:  # once private, and global to some versions of Python
            return False
    return ip.is_global and not ip.is_multicast and not ip.is_reserved and not ip.is_unspecified


def is_plainly_private(host: str) -> bool:
    """Whether a URL's host is, without looking anything up, an address that is not public or this machine's name."""
    if is_ip(host):
        return not is_public(host.strip("[]"))
    return host.rstrip(".").rpartition(".")[2] == "localhost"


@lru_cache(maxsize=4096)
def is_loopback(address: str) -> bool:
    """Whether ``address`` is this machine's own."""
    ip = ip_address(address.partition("%")[0])
    return (getattr(ip, "ipv4_mapped", None) or ip).is_loopback


def guarded_socket(
    info: tuple[int | socket.AddressFamily, int | socket.SocketKind, int, str, tuple[object, ...]],
) -> socket.socket:
    """A socket for one ``getaddrinfo`` row, as aiohttp's ``socket_factory`` asks for. Raises AddressRefused."""
    family, kind, protocol, _, address = info
    if not is_public(str(address[0])):
        raise AddressRefused
    return socket.socket(family, kind, protocol)
