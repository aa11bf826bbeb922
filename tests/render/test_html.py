"""The HTML page: whatever pages wrote is text on it, and it loads nothing."""

from dataclasses import dataclass
from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from wholinks.render import chart
from wholinks.render.html import Card, Page, Section, document, figure, grid, parts_grid

HOSTILE = '"><script>alert(1)</script><img src=//evil.example onerror=x>\x1b[2J\u202e'


@dataclass(frozen=True, slots=True)
class Row:
    source: str
    links: int


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def _page(text: str) -> str:
    parts = (chart.Part(text, 2), chart.Part("b", 1))
    section = Section(
        text, (text,), (Card(text, text, text),),
        (figure(text, chart.bars(text, parts), parts_grid(text, text, parts)),),
        (grid(text, (Row(text, 3),), more=2),), (text,),
    )  # fmt: skip
    return document(Page(text, text, (section,), (text,)))


def _read(page: str) -> _Tags:
    tags = _Tags()
    tags.feed(page)
    return tags


def test_texts_are_only_ever_text() -> None:
    page = _page(HOSTILE)
    harmless, hostile = _read(_page("x")), _read(page)
    assert [tag for tag, _ in hostile.tags] == [tag for tag, _ in harmless.tags]
    assert not set(page) & {"\x1b", "\u202e"}


@given(st.text(min_size=1, max_size=40))
def test_no_text_changes_the_page_around_it(text: str) -> None:
    assert [tag for tag, _ in _read(_page(text)).tags] == [tag for tag, _ in _read(_page("x")).tags]


def test_the_page_loads_nothing() -> None:
    read = _read(_page(HOSTILE))
    assert not {tag for tag, _ in read.tags} & {"script", "link", "img", "iframe", "object"}
    assert not any(
        name in {"src", "href", "style"} or name.startswith("on") for _, attrs in read.tags for name in attrs
    )
    policy = next(attrs["content"] for tag, attrs in read.tags if attrs.get("http-equiv"))
    assert policy is not None
    assert policy.startswith("default-src 'none'")


def test_numbers_stand_to_the_right_and_what_is_cut_is_told() -> None:
    page = _page("x")
    assert '<td class="number">3</td>' in page
    assert "… and 2 more." in page
