"""What a crawl is told, built once and passed on. The defaults here *are* the command line's."""

import os
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from wholinks import __version__
from wholinks.storage.errors import UsageError
from wholinks.storage.sites import PrefixSite

from .connect_to import ConnectTo
from .named_origins import named_host
from .private_access import OriginHeader, Proxy
from .url_rules import UrlRule

_PRODUCT: Final = re.compile(r"[A-Za-z_-]{1,64}(/[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64})?")


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds a request may take: to look its host up, to connect, until the first byte after that, between two bytes,
    in all."""

    dns_s: float = 10.0
    connect_s: float = 10.0
    first_byte_s: float = 20.0
    idle_s: float = 15.0
    total_s: float = 90.0


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything a crawl can be told. None means: no limit. ``max_pages``, ``max_pages_per_host`` and ``max_depth``
    count what the whole folder holds. ``max_rate`` is requests a second, ``max_bandwidth`` bytes a second, both over
    all hosts."""

    max_pages: int | None = None
    max_pages_per_host: int | None = None
    max_pages_per_site: int | None = None
    max_hosts_per_site: int = 1000
    max_depth: int | None = None
    time_limit_s: float | None = None
    hops: int = 0
    pages_per_reached_site: int = 100
    concurrency: int = 64
    delay_s: float = 1.0
    delay_factor: float = 5.0
    max_per_address: int = 4
    max_rate: float | None = None
    max_bandwidth: int | None = None
    max_crawl_delay_s: float = 60.0
    ignore_robots: tuple[str, ...] = ()
    user_agent: str = f"wholinks/{__version__}"
    contact: str | None = None
    nofollow_pages: bool = False
    check_targets: bool = False
    include: tuple[UrlRule, ...] = ()
    exclude: tuple[UrlRule, ...] = ()
    only_prefix: bool = False
    site: tuple[PrefixSite, ...] = ()
    traps: bool = True
    sitemaps: bool = True
    connect_to: tuple[ConnectTo, ...] = ()
    allow_private: bool = False
    allow_port: tuple[int, ...] = ()
    proxy: Proxy | None = None
    headers: tuple[OriginHeader, ...] = ()
    cacert: Path | None = None
    insecure: bool = False
    suffix_list: Path | None = None
    timeouts: Timeouts = Timeouts()
    max_body_bytes: int = 8 * 1024 * 1024
    max_header_bytes: int = 64 * 1024
    max_redirects: int = 10
    parse_timeout_s: float = 10.0
    parsers: int = max(1, (os.cpu_count() or 2) - 1)
    patience_s: float = 60.0
    robots_age_s: int = 24 * 3600

    def __post_init__(self) -> None:
        ignored = tuple(named_host(host, "--ignore-robots") for host in self.ignore_robots)
        object.__setattr__(self, "ignore_robots", ignored)
        if not _PRODUCT.fullmatch(self.user_agent):
            raise UsageError(
                f"--user-agent {self.user_agent!r}: must be PRODUCT/VERSION, the product of letters, '-' and '_' only"
                " (robots.txt names it); put a URL or mail address into --contact"
            )
        if self.contact is not None and not (self.contact.isprintable() and self.contact.isascii()):
            raise UsageError(f"--contact {self.contact!r}: must be a URL or mail address in plain ASCII")

    @property
    def reads_listings(self) -> bool:
        """Whether sitemaps and feeds are read; a list of URLs (``max_depth`` 0) is meant as it is."""
        return self.sitemaps and self.max_depth != 0

    @property
    def product_token(self) -> str:
        """The name robots.txt and meta tags call us by."""
        return self.user_agent.partition("/")[0]

    @property
    def user_agent_header(self) -> str:
        """The whole ``User-Agent`` header."""
        return f"{self.user_agent} (+{self.contact})" if self.contact else self.user_agent

    def as_record(self) -> dict[str, object]:
        """The settings as plain values, without secrets, for the run's row in crawl.db."""
        record = asdict(self)
        for name in ("connect_to", "include", "exclude", "headers", "site"):
            record[name] = [str(rule) for rule in getattr(self, name)]
        record["proxy"] = str(self.proxy) if self.proxy else None
        return {name: str(value) if isinstance(value, Path) else value for name, value in record.items()}
