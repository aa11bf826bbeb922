"""A target or a URL, as people read it."""

from urllib.parse import urlsplit

from wholinks.index.target import Target
from wholinks.storage.urls import to_unicode

from .text import neutralise


def target_shown(target: Target) -> str:
    """The target with its host as people write it, harmless to a terminal."""
    return neutralise(to_unicode(target.host) + target.text.removeprefix(target.host))


def url_shown(url: str) -> str:
    """A URL with its host as people write it."""
    host = urlsplit(url).netloc
    return url.replace(host, to_unicode(host), 1) if "xn--" in host else url
