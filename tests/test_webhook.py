"""A webhook is bounded in time and size, told once or twice, and its address stays secret."""

import socket
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.hooked import HANG, OK, answer, endless, endless_head, hook
from wholinks import webhook
from wholinks.storage.errors import UsageError
from wholinks.webhook import DeliveryError, Webhook


@pytest.fixture(autouse=True)
def _hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook, "PAUSE_S", 0.01)


def post(url: str) -> list[str]:
    """Send something: what was noted."""
    notes: list[str] = []
    Webhook.parse(url).post(b'{"a": 1}', notes.append)
    return notes


def test_what_is_sent_arrives_once() -> None:
    with hook() as served:
        assert post(served.url) == []
    assert served.told == [{"a": 1}]
    head = served.heads[0].lower()
    assert head.startswith("post /services/s3cret-token http/1.1")
    assert "content-type: application/json" in head
    assert "authorization: basic" in head


@pytest.mark.parametrize("first", [answer(500), answer(503, body=b"x"), answer(429), b"", b"no HTTP at all\r\n\r\n"])
def test_what_may_pass_is_tried_once_more(first: bytes) -> None:
    with hook(first or (lambda stream: None), OK) as served:
        (note,) = post(served.url)
    assert note.startswith(f"webhook 127.0.0.1:{served.port}: ")
    assert "trying once more" in note
    assert len(served.bodies) == 2


@pytest.mark.parametrize(
    ("said", "error", "times"),
    [
        (answer(500, body=b"oops"), "answered 500, twice", 2),
        (answer(404), "answered 404", 1),
        (answer(302, "Location: http://evil.example/s3cret-token"), "redirects (answered 302) to evil.example", 1),
        (answer(307, "Location: /there"), "to another path of its own", 1),
        (answer(308, "Location: http://[/"), "to what is no address", 1),
        (lambda stream: None, "it closed the connection, twice", 2),
        (endless_head, "its answer is no HTTP, twice", 2),
    ],
)
def test_what_is_not_taken_is_an_error_that_keeps_the_address_secret(
    said: bytes | Callable[[Any], None], error: str, times: int
) -> None:
    with hook(said) as served, pytest.raises(DeliveryError) as raised:
        post(served.url)
    assert error in str(raised.value)
    assert len(served.bodies) == times
    for secret in ("s3cret", "pass-word", "user", "services"):
        assert secret not in str(raised.value)


def test_no_redirect_is_followed() -> None:
    with hook() as other:
        for status in (301, 302, 303, 307, 308):
            with (
                hook(answer(status, f"Location: {other.url}")) as served,
                pytest.raises(DeliveryError, match="to 127"),
            ):
                post(served.url)
    assert other.heads == []


def test_nobody_there() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(DeliveryError, match=r"can't connect \(.*refused.*\), twice"):
        post(f"http://127.0.0.1:{port}/s3cret")
    with pytest.raises(DeliveryError, match="no such host was found, twice"):
        post("http://nobody.invalid/s3cret")


def test_one_that_hangs_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook, "TIMEOUT_S", 0.3)
    started = time.monotonic()
    with hook(HANG) as served, pytest.raises(DeliveryError, match="no answer in time"):
        post(served.url)
    assert time.monotonic() - started < 10
    assert len(served.bodies) == 2


def test_the_body_of_an_answer_is_not_read() -> None:
    with hook(endless) as served:
        assert post(served.url) == []
    assert len(served.bodies) == 1


@pytest.mark.parametrize(
    "url",
    ["", "hooks.example/s3cret", "ftp://hooks.example/s3cret", "https:///s3cret", "http://[s3cret", "http://h:99999999/",
     "http://hooks.example/s3cret\r\nX: y"],
)  # fmt: skip
def test_what_is_no_address_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(UsageError, match="not an http or https address") as raised:
        Webhook.parse(url)
    assert "s3cret" not in str(raised.value)
