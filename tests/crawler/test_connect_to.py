"""``--connect-to`` means what it means to curl."""

import pytest

from wholinks.crawler.connect_to import ConnectTo, route
from wholinks.storage.errors import UsageError


@pytest.mark.parametrize(
    ("text", "host", "port", "way"),
    [
        ("a.example:80:b.example:81", "a.example", 80, ("b.example", 81)),
        ("a.example:80:b.example:81", "a.example", 443, None),
        ("a.example:80:b.example:81", "www.a.example", 80, None),
        ("::127.0.0.1:8080", "any.example", 443, ("127.0.0.1", 8080)),
        (":80:127.0.0.1:8080", "any.example", 443, None),
        ("a.example::127.0.0.1:", "a.example", 443, ("127.0.0.1", 443)),
        (":443::8443", "a.example", 443, ("a.example", 8443)),
        (":::", "a.example", 443, ("a.example", 443)),
        ("A.Example:80:B.Example:81", "a.example", 80, ("b.example", 81)),
        ("[::1]:80:[fe80::1]:81", "[::1]", 80, ("[fe80::1]", 81)),
        ("a.example:80:[::1]:8080", "a.example", 80, ("[::1]", 8080)),
    ],
)
def test_a_rule_routes_what_it_matches(text: str, host: str, port: int, way: tuple[str, int] | None) -> None:
    assert route((ConnectTo.parse(text),), host, port) == way


def test_the_first_rule_that_matches_counts() -> None:
    rules = tuple(map(ConnectTo.parse, (":443:127.0.0.1:1", "a.example::127.0.0.1:2", "::127.0.0.1:3")))
    assert route(rules, "a.example", 443) == ("127.0.0.1", 1)
    assert route(rules, "a.example", 80) == ("127.0.0.1", 2)
    assert route(rules, "b.example", 80) == ("127.0.0.1", 3)
    assert route((), "b.example", 80) is None


@pytest.mark.parametrize("text", [":80:127.0.0.1:8080", ":::", "a.example:80:[::1]:81", "[::1]::x:"])
def test_a_rule_is_written_as_it_was_read(text: str) -> None:
    assert str(ConnectTo.parse(text)) == text


@pytest.mark.parametrize(
    "text",
    ["", "a", "a:80", "a:80:b", "a:x:b:81", "a:80:b:65536", "a:80:b:81:c", "::1:80:b:81", "[::1:80:b:81", "a:-1:b:1"],
)
def test_a_wrong_rule_is_a_usage_error(text: str) -> None:
    with pytest.raises(UsageError, match=r"--connect-to .*HOST1:PORT1:HOST2:PORT2"):
        ConnectTo.parse(text)
