"""The sites of the demo web, read from ``sites/<host>.toml`` and rendered to what each path answers.

A site file has the site's frame (``name``, ``nav``, ``footer`` …) and one table a path. Bodies are HTML in which a
block without a tag of its own is a paragraph.
"""

import tomllib
from dataclasses import dataclass
from html import escape
from importlib import resources
from typing import Any, Final

HTML: Final = "text/html; charset=utf-8"

_STYLE: Final = (
    "body{max-width:42rem;margin:0 auto;padding:1rem;font:1rem/1.6 Georgia,serif;color:#222}"
    "header,footer,aside{font:.9rem/1.6 system-ui,sans-serif}header>a{font-weight:bold;margin-right:1rem}"
    "footer,aside{margin-top:2rem;border-top:1px solid #ccc}a{color:#1d5c5f}td,th{padding:.2rem .8rem .2rem 0}"
)
_BLOCK_TAGS: Final = ("<h2", "<p", "<section", "<table", "<ul", "<!--")


@dataclass(frozen=True, slots=True)
class Answer:
    """What one path answers."""

    body: bytes = b""
    content_type: str = HTML
    status: int = 200
    location: str | None = None


@dataclass(frozen=True, kw_only=True)
class _Site:
    """The frame around all pages of a host, as HTML."""

    name: str
    nav: str = ""
    aside: str = ""
    footer: str = ""
    robots: str | None = None


@dataclass(frozen=True, kw_only=True)
class _Page:
    """One path. ``aside`` and ``footer`` come on top of the site's; ``redirect`` makes it a 301."""

    title: str = ""
    head: str = ""
    body: str = ""
    aside: str = ""
    footer: str = ""
    content_type: str = HTML
    redirect: str | None = None


def read_sites() -> dict[str, dict[str, Answer]]:
    """Host → path → answer, of every site shipped with the package."""
    files = [file for file in (resources.files(__package__) / "sites").iterdir() if file.name.endswith(".toml")]
    return {file.name.removesuffix(".toml"): _read_site(file.read_text("utf-8")) for file in files}


def _read_site(text: str) -> dict[str, Answer]:
    """The answers of one site file. An unknown key is a TypeError."""
    data: dict[str, Any] = tomllib.loads(text)
    pages = {key: data.pop(key) for key in list(data) if key.startswith("/")}
    site = _Site(**data)
    answers = {path: _answer(site, _Page(**page)) for path, page in pages.items()}
    if site.robots is not None:
        answers["/robots.txt"] = Answer(site.robots.encode(), "text/plain; charset=utf-8")
    return answers


def _answer(site: _Site, page: _Page) -> Answer:
    if page.redirect is not None:
        return Answer(status=301, location=page.redirect)
    if page.content_type != HTML:
        return Answer(page.body.encode(), page.content_type)
    return Answer(_html(site, page).encode())


def _html(site: _Site, page: _Page) -> str:
    aside = _paragraphs(site.aside + page.aside)
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>{escape(page.title)} – {escape(site.name)}</title>
<meta name="viewport" content="width=device-width">
<style>{_STYLE}</style>
{page.head.strip()}
</head>
<body>
<header><a href="/">{escape(site.name)}</a><nav>{site.nav.strip()}</nav></header>
<main>
<h1>{escape(page.title)}</h1>
{_paragraphs(page.body)}
</main>
{f"<aside>{aside}</aside>" if aside else ""}
<footer>
{_paragraphs(site.footer)}
{_paragraphs(page.footer)}
</footer>
</body>
</html>
"""


def _paragraphs(text: str) -> str:
    """Blocks between blank lines; one that is not marked up is a paragraph."""
    blocks = [block.strip() for block in text.split("\n\n") if block.strip()]
    return "\n".join(block if block.startswith(_BLOCK_TAGS) else f"<p>{block}</p>" for block in blocks)
