"""Seed lists: what a line may be, what a wrong one says, and what a command line's arguments mean."""

import os
from io import BytesIO, StringIO, TextIOWrapper
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wholinks.crawler.seeds import Seed, SeedError, expand, read_seeds
from wholinks.storage.urls import normalise


def one(line: str) -> Seed:
    seeds, errors = read_seeds([line], "seeds.txt")
    assert not errors, str(errors[0])
    return seeds[0]


def problem(line: str) -> str:
    seeds, errors = read_seeds([line], "seeds.txt")
    assert not seeds
    return str(errors[0])


# ---- lines


@pytest.mark.parametrize(
    ("line", "url"),
    [
        ("https://shop.example", "https://shop.example/"),
        ("HTTP://Shop.Example:80/A?b#c", "http://shop.example/A?b"),
        ("http://me:secret@shop.example/", "http://shop.example/"),
        ("http://intranet/", "http://intranet/"),
        ("https://bücher.example/ä", "https://xn--bcher-kva.example/%C3%A4"),
        ("http://[::1]:8080/", "http://[::1]:8080/"),
    ],
)
def test_a_scheme_makes_a_url(line: str, url: str) -> None:
    assert one(line) == Seed(url, False, line)


@pytest.mark.parametrize(
    ("line", "url"),
    [
        ("shop.example", "https://shop.example/"),
        ("Shop.Example.", "https://shop.example/"),
        ("shop.example/path?q=1", "https://shop.example/path?q=1"),
        ("shop.example?q=1", "https://shop.example/?q=1"),
        ("shop.example:8080", "https://shop.example:8080/"),
        ("bücher.example", "https://xn--bcher-kva.example/"),
        ("例え。テスト", "https://xn--r8jz45g.xn--zckzah/"),
        ("my_shop.example", "https://my_shop.example/"),
        ("localhost", "https://localhost/"),
        ("localhost:8080/x", "https://localhost:8080/x"),
        ("127.0.0.1", "https://127.0.0.1/"),
        ("127.0.0.1:8080", "https://127.0.0.1:8080/"),
        ("[::1]:8080", "https://[::1]:8080/"),
        ("[0:0:0:0:0:0:0:1]", "https://[::1]/"),
        ("shop.example/a:b@c", "https://shop.example/a:b@c"),
        ("shop.example/https://other.example/", "https://shop.example/https://other.example/"),
    ],
)
def test_all_else_is_a_bare_host(line: str, url: str) -> None:
    assert one(line) == Seed(url, True, line)


def test_comments_blank_lines_and_the_mark_say_nothing() -> None:
    lines = [
        "\ufeffa.example\n",
        "# a comment\r\n",
        "\n",
        " \t# indented\n",
        "b.example # why\n",
        " c.example/#part \n",
        "#",
    ]
    seeds, errors = read_seeds(lines, "seeds.txt")
    assert [(seed.url, seed.text) for seed in seeds] == [
        ("https://a.example/", "a.example"),
        ("https://b.example/", "b.example"),
        ("https://c.example/", "c.example/#part"),
    ]
    assert not errors


def test_a_url_is_one_seed_and_the_first_wins() -> None:
    seeds, _ = read_seeds(["A.example", "https://a.example/", "a.example#x", "http://a.example"], "seeds.txt")
    assert seeds == [
        Seed("https://a.example/", True, "A.example"),
        Seed("http://a.example/", False, "http://a.example"),
    ]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("ht!tp://x", "not a URL or domain"),
        ("http:/shop.example", "not a URL or domain"),
        ("//shop.example", "not a URL or domain"),
        ("/path", "not a URL or domain"),
        ("http://", "not a URL or domain"),
        ("http://?", "not a URL or domain"),
        ("shop.example:99999", "not a URL or domain"),
        ("shop.example:http", "not a URL or domain"),
        ("me@shop.example", "not a URL or domain"),
        ("*.shop.example", "not a URL or domain"),
        ("https://*.shop.example/", "not a URL or domain"),
        (".shop.example", "not a URL or domain"),
        ("shop..example", "not a URL or domain"),
        ("[::1", "not a URL or domain"),
        ("[shop.example]", "not a URL or domain"),
        ("256.0.0.1", "not a URL or domain"),
        (f"{'a' * 64}.example", "not a URL or domain"),
        ("ftp://shop.example/", "ftp: can't be crawled, only http:// and https:// can"),
        ("mailto:me@shop.example", "mailto: can't be crawled"),
        ("JavaScript:alert(1)", "JavaScript: can't be crawled"),
        ("foo", "not a domain; put http:// or https:// in front"),
        ("foo/bar.example", "not a domain"),
        ("7", "not a domain"),
        ("0x7f.1", "not a domain"),
        ("shop.example other.example", "white space in it"),
        ("https://shop.example/a b", "white space in it"),
        ("shop\u00a0.example", "white space in it"),
        ("shop\x00.example", "a control character in it"),
        ("\x1b[31mshop.example", "a control character in it"),
        ("shop.example/" + "x" * 10_000, "too long"),
    ],
)
def test_wrong_lines_say_what_is_wrong(line: str, words: str) -> None:
    assert words in problem(line)


def test_a_message_is_one_line_that_says_where() -> None:
    _, errors = read_seeds(["a.example\n", "\n", "ht!tp://x\n", "b.example\n", "foo\n"], "seeds.txt")
    assert [error.line_number for error in errors] == [3, 5]
    assert str(errors[0]) == (
        "seeds.txt:3: 'ht!tp://x': not a URL or domain; write https://shop.example/path or shop.example"
    )


def test_a_message_has_no_power_over_the_terminal_and_an_end() -> None:
    message = problem("\x1b]0;owned\x07\u202e" + "x" * 1_000)
    assert message.startswith(r"seeds.txt:1: '\x1b]0;owned\x07\u202exxx")
    assert message.isprintable()
    assert len(message) < 200
    assert "…'" in message
    assert str(SeedError("a\nb", 1, "x", "wrong")) == r"a\nb:1: 'x': wrong"


@settings(deadline=None)  # no test asserts a time
@given(st.lists(st.text() | st.text("htps:/.a[1]@%#\\ \t\x1b\udcff*ä-", max_size=30)))
def test_any_text_gives_seeds_that_can_be_fetched_and_printable_messages(lines: list[str]) -> None:
    seeds, errors = read_seeds(lines, "seeds.txt")
    assert all(normalise(seed.url) == seed.url for seed in seeds)
    assert len({seed.url for seed in seeds}) == len(seeds)
    assert all(str(error).isprintable() for error in errors)
    assert len(seeds) + len(errors) <= len(lines)


# ---- arguments


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def expanded(*arguments: str, stdin: str = "") -> tuple[list[str], list[str]]:
    seeds, errors = expand(arguments, StringIO(stdin))
    return [seed.url for seed in seeds], [str(error) for error in errors]


def test_an_argument_is_a_url_or_a_domain() -> None:
    assert expanded("shop.example", "http://b.example/x", "shop.example/robots.txt") == (
        ["https://shop.example/", "http://b.example/x", "https://shop.example/robots.txt"],
        [],
    )


def test_an_argument_is_a_list_where_there_is_a_file() -> None:
    Path("list.txt").write_text("\ufeffa.example\r\nfoo\rb.example", "utf-8")
    Path("c.example").write_text("d.example", "utf-8")
    urls, errors = expanded("list.txt", "./list.txt", "c.example", "a.example")
    assert urls == ["https://a.example/", "https://b.example/", "https://d.example/"]
    assert [error.partition(" ")[0] for error in errors] == ["list.txt:2:", "./list.txt:2:"]


def test_a_dash_is_standard_input() -> None:
    assert expanded("z.example", "-", stdin="a.example\nfoo\n")[0] == ["https://z.example/", "https://a.example/"]
    assert expanded("-", stdin="foo")[1][0].startswith("stdin:1: 'foo': not a domain")


def test_octets_that_are_no_utf8_spoil_only_their_line() -> None:
    octets = b"a.example\nb\xfccher.example\nb\xc3\xbccher.example\n"  # Latin-1, then UTF-8
    Path("list.txt").write_bytes(octets)
    for seeds, errors in (
        expand(["list.txt"], StringIO()),
        expand(["-"], TextIOWrapper(BytesIO(octets), encoding="ascii")),
    ):
        assert [seed.text for seed in seeds] == ["a.example", "bücher.example"]
        assert [error.line_number for error in errors] == [2]
        assert str(errors[0]).endswith(r":2: 'b\xfccher.example': not UTF-8; save the list as UTF-8")


@pytest.mark.parametrize(
    "argument",
    ["list.txt", "my/list.txt", "./shop.example", "../shop.example", "/tmp/nowhere/list", "~/x", "seeds.CSV"],
)
def test_what_looks_like_a_missing_file_is_called_one(argument: str) -> None:
    assert expanded(argument) == ([], [f"'{argument}': no such file; name a seed list, a URL or a domain"])


@pytest.mark.parametrize(
    ("argument", "words"),
    [
        ("", "empty"),
        ("foo", "not a domain"),
        ("ftp://shop.example/list.txt", "ftp: can't be crawled"),
        ("ftp://shop.example/", "ftp: can't be crawled"),
        ("a\0b.example", "a control character in it"),
        ("x" * 5_000, "not a URL or domain"),
    ],
)
def test_a_wrong_argument_is_named(argument: str, words: str) -> None:
    urls, errors = expanded(argument, "a.example")
    assert urls == ["https://a.example/"], "the others go on"
    assert words in errors[0]
    assert errors[0].startswith("'")


def test_a_folder_is_no_list() -> None:
    Path("shop.example").mkdir()
    assert "'shop.example': a folder;" in expanded("shop.example")[1][0]
    assert expanded("https://shop.example")[0] == ["https://shop.example/"]


def test_a_pipe_is_a_list() -> None:
    reader, writer = os.pipe()
    os.write(writer, b"a.example\n")
    os.close(writer)
    try:
        assert expanded(f"/dev/fd/{reader}")[0] == ["https://a.example/"]
    finally:
        os.close(reader)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_says_so() -> None:
    Path("list.txt").touch(mode=0)
    assert expanded("list.txt")[1] == [
        "'list.txt': can't be read: permission denied; name a seed list, a URL or a domain"
    ]
