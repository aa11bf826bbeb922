"""The seed lists that come with wholinks can be crawled as they are, and say where each line comes from."""

import re
from collections import Counter
from pathlib import Path
from typing import Final

import pytest

from wholinks.crawler.seeds import read_seeds
from wholinks.storage.urls import PublicSuffixes, origin_of, path_of

FOLDER: Final = Path(__file__).parents[1] / "seeds"
LISTS: Final = sorted(FOLDER.glob("*.txt"))
CURATED: Final = [path for path in LISTS if path.name != "demo.txt"]
NOT_VERIFIED: Final = (
    "# not verified live: this machine had no web access; dead lines do no harm, the crawl lists them."
)

every_list = pytest.mark.parametrize("path", LISTS, ids=lambda path: path.stem)
every_curated_list = pytest.mark.parametrize("path", CURATED, ids=lambda path: path.stem)


def lines(path: Path) -> list[str]:
    return path.read_text("utf-8").splitlines()


def seed_lines(path: Path) -> list[str]:
    return [line for line in lines(path) if line and not line.startswith("#")]


def source_of(line: str) -> str:
    return line.partition("  # ")[2]


def test_there_are_three_curated_lists() -> None:
    assert {path.stem for path in CURATED} == {"outdoor", "python-data", "search-marketing"}


@every_list
def test_every_line_is_a_seed_or_a_comment(path: Path) -> None:
    seeds, errors = read_seeds(lines(path), path.name)
    assert errors == []
    assert len(seeds) == len(seed_lines(path))


@every_list
def test_no_two_seeds_are_one_page_of_a_site(path: Path) -> None:
    suffixes = PublicSuffixes()
    seeds, _ = read_seeds(lines(path), path.name)
    pages = Counter((suffixes.domain(origin_of(seed.url).host), path_of(seed.url)) for seed in seeds)
    assert [page for page, times in pages.items() if times > 1] == []


@every_curated_list
def test_a_curated_list_has_50_to_200_seeds(path: Path) -> None:
    assert 50 <= len(seed_lines(path)) <= 200


@every_curated_list
def test_a_curated_list_opens_with_its_field_and_that_nobody_looked(path: Path) -> None:
    field, warning, *_ = lines(path)
    assert field.startswith("# ")
    assert warning == NOT_VERIFIED


@every_curated_list
def test_every_seed_has_a_source_the_header_explains(path: Path) -> None:
    header = lines(path)[: lines(path).index("")]
    known = tuple(found[1] for line in header if (found := re.match(r"#   (\S+(?: \S+)*)  ", line)))
    assert "own knowledge" in known
    assert [line for line in seed_lines(path) if not source_of(line).startswith(known)] == []


@every_curated_list
def test_every_seed_is_an_https_url_without_query_or_private_area(path: Path) -> None:
    seeds, _ = read_seeds(lines(path), path.name)
    assert [seed.text for seed in seeds if not re.fullmatch(r"https://[^?#@]+", seed.text)] == []
    private = re.compile(r"/(?:account|admin|cart|checkout|login|my|signin|user|wp-admin)\b")
    assert [seed.url for seed in seeds if private.search(seed.url)] == []
