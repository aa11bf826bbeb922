"""When a host may be asked again. Pure: the clock is a number."""

from datetime import UTC, datetime
from email.utils import format_datetime

import pytest

from wholinks.crawler.politeness import (
    BREAK_AFTER,
    BREAK_S,
    FAILURES,
    LONGEST_RETRY_AFTER_S,
    NO_CONNECTION,
    HostState,
    failure_of,
    retry_after_s,
)


def host() -> HostState:
    return HostState("a.example", delay_s=2.0)


def test_a_host_never_asked_may_be_asked_at_once() -> None:
    assert host().allowed_at() <= 0


def test_the_delay_counts_from_the_end_of_an_answer() -> None:
    state = host()
    state.in_flight = True
    state.answered(100.0)
    assert (state.allowed_at(), state.in_flight) == (102.0, False)


def test_a_delay_learned_later_counts_from_the_last_answer() -> None:
    state = host()
    state.answered(100.0)
    state.slow_down(10.0)
    assert state.allowed_at() == 110.0
    state.slow_down(1.0)
    assert state.allowed_at() == 110.0


def test_a_longer_sleep_is_not_cut_short() -> None:
    state = host()
    state.sleep(500.0, "first")
    state.sleep(400.0, "second")
    assert (state.allowed_at(), state.asleep_why) == (500.0, "first")


@pytest.mark.parametrize("kind", ["rate_limited", "server_error"])
def test_retry_after_is_slept(kind: str) -> None:
    state = host()
    state.failed(kind, 100.0, retry_after=70.0)
    assert state.allowed_at() == 170.0
    assert "asked for 70 s" in state.asleep_why


def test_rate_limits_without_a_time_double() -> None:
    state = host()
    waits = []
    for _ in range(4):
        state.failed("rate_limited", 0.0)
        waits.append(state.asleep_until)
    assert waits == [30, 60, 120, 240]


def test_failures_in_a_row_break_and_a_success_in_between_does_not() -> None:
    state = host()
    for _ in range(BREAK_AFTER - 1):
        state.failed("server_error", 100.0)
    assert state.asleep_until == 0
    state.succeeded()
    for _ in range(BREAK_AFTER - 1):
        state.failed("dns", 100.0)
    assert state.asleep_until == 0
    state.failed("dns", 100.0)
    assert state.asleep_until == 100.0 + BREAK_S


def test_what_is_the_pages_fault_is_not_the_hosts() -> None:
    state = host()
    for kind in ("parse_timeout", "protocol", "bad_redirect", "content_encoding", "address_refused"):
        for _ in range(BREAK_AFTER):
            state.failed(kind, 100.0)
    assert (state.failures_in_a_row, state.asleep_until) == (0, 0)


def test_every_failure_is_tried_at_least_once_and_not_for_ever() -> None:
    assert all(1 <= policy.tries <= 5 and policy.wait_s >= 0 for policy in FAILURES.values())
    assert set(FAILURES) > NO_CONNECTION


@pytest.mark.parametrize(
    ("status", "kind"),
    [(200, None), (304, None), (404, None), (429, "rate_limited"), (500, "server_error"), (999, "server_error")],
)
def test_which_statuses_are_failures(status: int, kind: str | None) -> None:
    assert failure_of(status) == kind


NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None),
        ("", None),
        ("0", 0),
        (" 120 ", 120),
        ("99999999999999999999", LONGEST_RETRY_AFTER_S),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("١٢", None),
        (format_datetime(NOW.replace(minute=5), usegmt=True), 300),
        (format_datetime(NOW.replace(year=2025), usegmt=True), 0),
        (format_datetime(NOW.replace(year=2027), usegmt=True), LONGEST_RETRY_AFTER_S),
        ("Thu, 01 Jan 2026 00:01:00", 60),
        ("Thu, 99 Jan 2026 00:01:00 GMT", None),
        ("Thu, 01 Jan 99999999999 00:01:00 GMT", None),
        ("Thu, 01 Jan 2026 00:01:00 +99999999", None),
        ("\x00", None),
    ],
)
def test_retry_after_in_seconds_or_as_a_date(value: str | None, seconds: float | None) -> None:
    assert retry_after_s(value, NOW.timestamp()) == seconds
