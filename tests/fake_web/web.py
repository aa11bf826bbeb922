"""The pages of a fake web: which URL gets which answer."""

import html as escaping
from collections.abc import Callable, Iterable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal
from urllib.parse import urlsplit

from .answers import Answer, Computed, Delayed, Headers, Request, Response
from .server import Served, serve

LinkKind = Literal["text", "image", "canonical", "alternate", "frame", "form"]


@dataclass(frozen=True)
class Link:
    """A link as its page writes it. ``text`` is the anchor text (of an image: its ``alt``)."""

    href: str
    text: str = ""
    rel: str | None = None
    kind: LinkKind = "text"

    @property
    def is_in_head(self) -> bool:
        return self.kind in {"canonical", "alternate"}

    @property
    def html(self) -> str:
        href, text = escaping.escape(self.href), escaping.escape(self.text)
        rel = "" if self.rel is None else f' rel="{escaping.escape(self.rel)}"'
        match self.kind:
            case "text":
                return f'<a href="{href}"{rel}>{text}</a>'
            case "image":
                return f'<a href="{href}"{rel}><img src="/i.png" alt="{text}"></a>'
            case "frame":
                return f'<iframe src="{href}"></iframe>'
            case "form":
                return f'<form action="{href}"><button>{text}</button></form>'
            case _:
                return f'<link rel="{self.kind}" href="{href}">'


class FakeWeb:
    """Pages by URL. A path that ends in ``*`` answers all that begins so; the host ``*`` is any host not named."""

    def __init__(self) -> None:
        self.starts: list[str] = []
        """Start pages, for webs that know theirs."""
        self._answers: dict[str, dict[str, Answer]] = {}

    def page(
        self,
        url: str,
        links: Iterable[str | Link] = (),
        *,
        title: str = "",
        head: str = "",
        html: str | bytes | None = None,
        status: int = 200,
        headers: Headers | None = None,
        delay_s: float = 0.0,
    ) -> None:
        """An HTML page with ``links``, or with ``html`` as it stands; ``head`` is added to the generated head."""
        if html is None:
            html = render(links, title or url, head)
        body = html.encode() if isinstance(html, str) else html
        answer: Answer = Response(status, headers or {}, body)
        self.answer(url, Delayed(answer, delay_s) if delay_s else answer)

    def redirect(self, url: str, location: str, status: int = 301) -> None:
        self.answer(url, Response(status, {"Location": location}))

    def chain(self, *urls: str, status: int = 301) -> None:
        """Each URL redirects to the next; name the first one last for a loop."""
        for url, location in pairwise(urls):
            self.redirect(url, location, status)

    def robots(self, origin: str, text: str, status: int = 200, headers: Headers | None = None) -> None:
        """The robots.txt of ``origin`` (``http://host``); without one it is 404."""
        plain: Headers = {"Content-Type": "text/plain; charset=utf-8", **(headers or {})}
        self.answer(f"{origin.rstrip('/')}/robots.txt", Response(status, plain, text.encode()))

    def answer(self, url: str, answer: Answer | Callable[[Request], Answer]) -> None:
        """Anything at all, or a function that makes it from the request. The last word on a URL counts."""
        origin, path = _split(url)
        self._answers.setdefault(origin, {})[path] = Computed(answer) if callable(answer) else answer

    @property
    def urls(self) -> list[str]:
        """Every URL with an answer of its own."""
        return [origin + path for origin, answers in self._answers.items() for path in answers]

    def serve(self, *, tls: bool = False) -> AbstractAsyncContextManager[Served]:
        """Serve on loopback until the block ends; with ``tls``, https URLs have a port and a certificate too."""
        hosts = {urlsplit(origin).hostname or "" for origin in self._answers} - {"*"}
        return serve(self.answer_for, (hosts or {"localhost"}) if tls else None)

    def answer_for(self, request: Request) -> Answer:
        """What ``request`` gets: the URL as asked, else without its query, else the longest pattern, else 404."""
        origin = f"{request.scheme}://{request.authority}"
        answers = self._answers.get(origin) or self._answers.get(f"{request.scheme}://*")
        if answers is None:
            return _refusal(421, "no such host here")
        path = request.path.partition("?")[0]
        found = answers.get(request.path) or answers.get(path)
        if found is not None:
            return found
        patterns = [name for name in answers if name.endswith("*") and request.path.startswith(name[:-1])]
        return answers[max(patterns, key=len)] if patterns else _refusal(404, "no such page here")


def render(links: Iterable[str | Link], title: str, head: str = "") -> str:
    """A page with ``links``, in order; those that belong in the head come first."""
    made = [Link(link, link) if isinstance(link, str) else link for link in links]
    in_head = "".join(link.html for link in made if link.is_in_head)
    items = "\n".join(f"<li>before {link.html} after</li>" for link in made if not link.is_in_head)
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{escaping.escape(title)}</title>'
        f"{in_head}{head}</head>\n<body><main><ul>\n{items}\n</ul></main></body></html>\n"
    )


def _split(url: str) -> tuple[str, str]:
    """Origin (host in lower case) and path, otherwise as written: a test may mean odd spellings."""
    scheme, separator, rest = url.partition("://")
    if not separator:
        raise ValueError(f"{url}: not an absolute URL")
    authority, slash, path = rest.partition("/")
    return f"{scheme}://{authority.lower()}", slash + path or "/"


def _refusal(status: int, text: str) -> Response:
    return Response(status, body=f"<!doctype html><title>{text}</title><h1>{text}</h1>".encode())
