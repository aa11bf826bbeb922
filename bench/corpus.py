"""The webs that are crawled: one generated, whose every link is known, and one of real documentation.

A corpus is a folder: ``web/HOST/…`` holds the files of each host, ``truth.json`` what a crawl of it must have stored.
URLs name the port of the server (:class:`Corpus`), so that nothing but the names needs to be sent elsewhere.
"""

import json
import os
import random
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

import xxhash

from .measuring import MeasureError

ROBOTS: Final = "User-agent: *\nDisallow: /private/\n"
DOC_PACKAGES: Final = (
    "git-doc", "python-sqlalchemy-doc", "python-lxml-doc", "python-jinja2-doc", "python3.11-doc",
    "python-django-doc", "postgresql-doc-15",
)  # fmt: skip
"""Debian's packages whose HTML documentation is whole in itself; the first four for a quick run."""
_ALL_PAGES: Final = "/all-pages.html"
_MASK: Final = 2**64 - 1


class KnownLink(NamedTuple):
    """A link of a generated page, as it must be stored."""

    target: str
    anchor: str
    is_nofollow: bool


@dataclass(frozen=True, slots=True)
class Corpus:
    """A corpus in ``folder``. ``pages`` are those a crawl must read, ``links`` all links on them; of a generated one
    the digests are known (:func:`digest`); of real pages (not ``is_exact``) as many as lxml sees, but those that lead
    to the same page, which crawlers count differently."""

    folder: Path
    starts: tuple[str, ...]
    hosts: tuple[str, ...]
    port: int
    pages: int
    links: int
    body_bytes: int
    is_exact: bool
    pairs: int = 0
    whole: int = 0

    @property
    def web(self) -> Path:
        """The folder with a folder for each host."""
        return self.folder / "web"

    @property
    def is_tls(self) -> bool:
        """Whether its URLs are https."""
        return self.starts[0].startswith("https:")

    def urls(self) -> Iterator[str]:
        """The URL of each page."""
        for host in self.hosts:
            origin = f"{self.starts[0].partition('://')[0]}://{host}:{self.port}"
            for path in sorted((self.web / host).rglob("*.html")):
                relative = path.relative_to(self.web / host).as_posix()
                if not relative.startswith("private/"):
                    yield f"{origin}/{'' if self.is_exact and relative == 'index.html' else relative}"


@dataclass(frozen=True, slots=True)
class Shape:
    """What a generated corpus is like: ``pages`` of each host, ``links`` and about ``page_bytes`` on each page."""

    hosts: int
    pages: int
    links: int = 64
    page_bytes: int = 18_000
    seed: int = 1
    port: int = 8089
    scheme: str = "http"

    @property
    def name(self) -> str:
        """The folder it lies in."""
        return "generated-" + "-".join(str(value) for value in asdict(self).values())


@dataclass(slots=True)
class Generator:
    """Makes the pages of a shape; the same each time, whatever page is asked for first."""

    shape: Shape
    words: list[str] = field(default_factory=list)
    paragraphs: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        rng = random.Random(self.shape.seed)
        syllables = [a + b for a in "bcdfglmnprstvz" for b in ("a", "e", "i", "o", "u", "an", "er", "is")]
        self.words = ["".join(rng.choices(syllables, k=rng.randint(1, 4))) for _ in range(3000)]
        weights = [1 / (rank + 3) for rank in range(len(self.words))]
        self.paragraphs = [" ".join(rng.choices(self.words, weights, k=rng.randint(20, 60))) for _ in range(2000)]

    def host(self, number: int) -> str:
        """The name of a host; each is a registrable domain of its own."""
        return f"h{number:04d}.example"

    def origin(self, number: int) -> str:
        """The origin of a host."""
        return f"{self.shape.scheme}://{self.host(number)}:{self.shape.port}"

    def path(self, number: int) -> str:
        """The path of a page of a host."""
        return f"/p/{number}.html" if number else "/"

    def page(self, host: int, number: int) -> tuple[str, list[KnownLink]]:
        """The HTML of a page, and its links in order."""
        shape = self.shape
        rng = random.Random((shape.seed * 10_007 + host) * 1_000_003 + number)
        hrefs = [(self.path(page % shape.pages), "") for page in range(12)]
        hrefs += [(self.path((number + 1) % shape.pages), "")]
        external = shape.links * 14 // 64
        hrefs += [(self.path(rng.randrange(shape.pages)), "") for _ in range(shape.links - 13 - external)]
        hrefs += [self._elsewhere(rng, host) for _ in range(external)]
        if not number:
            hrefs[-1] = ("/private/secret.html", "")
        body = hrefs[12:]
        rng.shuffle(body)
        links: list[KnownLink] = []
        nav = "".join(f"<li>{self._link(rng, host, link, links)}</li>" for link in hrefs[:12])
        made = [self._link(rng, host, link, links) for link in body]
        per = max(1, shape.page_bytes // (len(body) + 1) - 90)
        text = [f"<p>{self._text(rng, per)} {link} {rng.choice(self.words)}.</p>\n" for link in made]
        html = (
            f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Page {number} of {self.host(host)}'
            f"</title></head><body><header><nav><ul>{nav}</ul></nav></header>\n<main><h1>{rng.choice(self.words)}</h1>\n"
            f"{''.join(text)}</main><footer><p>{self._text(rng, per)}</p></footer></body></html>\n"
        )
        return html, links

    def _elsewhere(self, rng: random.Random, host: int) -> tuple[str, str]:
        rel = rng.choices(("", "nofollow", "noopener", "ugc nofollow", "sponsored"), (70, 12, 10, 4, 4))[0]
        if self.shape.hosts > 1 and rng.random() < 0.5:
            other = int(self.shape.hosts * rng.random() ** 2) % self.shape.hosts
            other = (other + 1) % self.shape.hosts if other == host else other
            return self.origin(other) + self.path(rng.randrange(self.shape.pages)), rel
        site = int(20_000 ** rng.random())
        return f"https://www.site-{site}.example/articles/{int(50 ** rng.random())}", rel

    def _link(self, rng: random.Random, host: int, href: tuple[str, str], links: list[KnownLink]) -> str:
        url, rel = href
        anchor = " ".join(rng.choices(self.words, k=rng.randint(1, 4)))
        target = url if "://" in url else self.origin(host) + url
        links.append(KnownLink(target, anchor, "nofollow" in rel))
        inside = f'<img src="/i/{len(links)}.png" alt="{anchor}">' if rng.random() < 0.05 else anchor
        marked = f' rel="{rel}"' if rel else ""
        return f'<a href="{url}"{marked} class="link">{inside}</a>'

    def _text(self, rng: random.Random, size: int) -> str:
        return rng.choice(self.paragraphs)[:size]


def digest(links: Iterable[tuple[object, ...]]) -> int:
    """A number for a bag of rows, whatever their order: the sum of the hashes of their texts."""
    total = 0
    for row in links:
        total += xxhash.xxh3_64_intdigest("\n".join(map(str, row)).encode())
    return total & _MASK


def generated(folder: Path, shape: Shape) -> Corpus:
    """The generated corpus of this shape, made unless it is there."""
    place = folder / shape.name
    found = read(place)
    if found is not None:
        return found
    make = Generator(shape)
    pairs = whole = links = size = 0
    for host in range(shape.hosts):
        root = _new_host(place, make.host(host))
        (root / "p").mkdir()
        (root / "private").mkdir()
        (root / "private/secret.html").write_text("<p>nobody's business</p>", "utf-8")
        for number in range(shape.pages):
            html, known = make.page(host, number)
            size += (root / (make.path(number)[1:] or "index.html")).write_bytes(html.encode())
            source = make.origin(host) + make.path(number)
            pairs += digest((source, link.target) for link in known)
            whole += digest((source, *link) for link in known)
            links += len(known)
    return _write(
        Corpus(
            place, tuple(f"{make.origin(host)}/" for host in range(shape.hosts)),
            tuple(make.host(host) for host in range(shape.hosts)), shape.port, shape.hosts * shape.pages, links, size,
            is_exact=True, pairs=pairs & _MASK, whole=whole & _MASK,
        )
    )  # fmt: skip


def documentation(folder: Path, packages: Sequence[str], *, port: int) -> Corpus:
    """The HTML files of Debian's packages, a host for each, made unless it is there.

    What is installed is copied from /usr/share/doc; what is not is fetched by ``apt-get download`` and unpacked here,
    without installing it. A package that is not to be had is left out. Raises :class:`MeasureError` if all are.
    """
    place = folder / f"docs-{len(packages)}-{port}"
    found = read(place)
    if found is not None:
        return found
    hosts: list[str] = []
    pages = links = size = 0
    for package in packages:
        root = _doc_root(folder, package)
        if root is None:
            continue
        host = f"{package.replace('.', '-')}.example"
        origin = f"http://{host}:{port}"
        web = _new_host(place, host)
        names = []
        for file in sorted(root.rglob("*.html")):
            if file.is_file():
                name = file.relative_to(root).as_posix()
                (web / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, web / name)
                names.append(name)
        listed = "".join(f'<li><a href="/{name}">{name}</a></li>\n' for name in names)
        (web / _ALL_PAGES[1:]).write_text(f"<!doctype html><title>{package}</title><ul>{listed}</ul>", "utf-8")
        for name in (*names, _ALL_PAGES[1:]):
            body = (web / name).read_bytes()
            size += len(body)
            links += _count_links(body, f"{origin}/{name}")
            pages += 1
        hosts.append(host)
    if not hosts:
        raise MeasureError("no documentation: apt-get download works on Debian and its kin only")
    starts = tuple(f"http://{host}:{port}{_ALL_PAGES}" for host in hosts)
    return _write(Corpus(place, starts, tuple(hosts), port, pages, links, size, is_exact=False))


def _count_links(body: bytes, url: str) -> int:
    """Links of ``a`` and ``area`` from ``url`` to other pages by http and https, as lxml sees them."""
    from urllib.parse import urljoin  # noqa: PLC0415 - used here alone

    from lxml import etree, html  # type: ignore[import-untyped]  # noqa: PLC0415 - a package of the development environment

    try:
        tree = html.document_fromstring(body)
    except (etree.ParserError, ValueError):
        return 0
    base = tree.find(".//base[@href]")
    near = url if base is None else urljoin(url, str(base.get("href")).strip())
    count = 0
    for element in tree.iter("a", "area"):
        href = element.get("href")
        if href is None or not href.strip() or href.strip().startswith("#"):
            continue
        try:
            target = urljoin(near, href.strip()).partition("#")[0]
        except ValueError:
            continue
        count += target.startswith(("http://", "https://")) and target != url
    return count


def _doc_root(folder: Path, package: str) -> Path | None:
    """The folder of a package's HTML: the highest one that has some."""
    installed = Path("/usr/share/doc") / package
    if installed.is_dir() and any(installed.rglob("*.html")):
        return _highest(installed)
    unpacked = folder / "packages" / package
    if not unpacked.exists():
        unpacked.mkdir(parents=True)
        fetched = subprocess.run(["apt-get", "download", package], cwd=unpacked, check=False, capture_output=True)
        for archive in unpacked.glob("*.deb") if not fetched.returncode else ():
            subprocess.run(["dpkg", "-x", archive, unpacked / "root"], check=True, capture_output=True)
    return _highest(unpacked)


def _highest(folder: Path) -> Path | None:
    places = {path.parent for path in folder.rglob("*.html") if path.is_file()}
    if not places:
        return None
    return Path(os.path.commonpath(places))


def _new_host(place: Path, host: str) -> Path:
    root = place / "web" / host
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir(parents=True)
    (root / "robots.txt").write_text(ROBOTS, "utf-8")
    return root


def read(place: Path) -> Corpus | None:
    """The corpus in a folder, if there is one."""
    path = place / "truth.json"
    if not path.exists():
        return None
    facts = json.loads(path.read_text("utf-8"))
    return Corpus(place, tuple(facts.pop("starts")), tuple(facts.pop("hosts")), **facts)


def _write(corpus: Corpus) -> Corpus:
    facts = asdict(corpus)
    del facts["folder"]
    (corpus.folder / "truth.json").write_text(json.dumps(facts), "utf-8")
    return corpus
