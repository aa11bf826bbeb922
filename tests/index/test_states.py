"""Link states over time (docs/counting.md, "Time"): each row of the table, its edges, and what always holds."""

from collections.abc import Sequence
from itertools import combinations, pairwise
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wholinks.index.states import (
    DAY_S,
    STALE_AFTER_S,
    Change,
    Finding,
    Growth,
    History,
    Interval,
    LinkState,
    Look,
    Observation,
    Opening,
    PageFlag,
    Reason,
    Sighting,
    Spell,
    Standing,
    Version,
    fold_page,
    growth,
    history,
    take_over,
)
from wholinks.storage.records import Rel

HOUR_S = 3600
PLAIN = Look(Rel.NONE, True, "shop")
FINAL = 7

COMPLETE, TRUNCATED, NOT_MODIFIED = Finding.COMPLETE, Finding.TRUNCATED, Finding.NOT_MODIFIED
MOVED, MOVED_FOR_NOW, UNREAD = Finding.PERMANENT_REDIRECT, Finding.TEMPORARY_REDIRECT, Finding.UNREAD_REDIRECT
LEFT, LEFT_FOR_NOW, LEFT_UNREAD = Finding.PERMANENT_EXIT, Finding.TEMPORARY_EXIT, Finding.UNREAD_EXIT
GONE, FAILURE, UNCLEAR, DISALLOWED = Finding.GONE, Finding.FAILURE, Finding.UNCLEAR, Finding.DISALLOWED

BODIES = {COMPLETE, TRUNCATED}
EXITS = {LEFT, LEFT_FOR_NOW, LEFT_UNREAD}
REDIRECTS = {MOVED, MOVED_FOR_NOW}
SILENT = [UNCLEAR, DISALLOWED, UNREAD, LEFT_UNREAD]


class Fetch(NamedTuple):
    """A fetch, and how the link looked that it showed (on the page, or the redirect's final page)."""

    at: int
    finding: Finding
    look: Look | None = None
    flags: PageFlag = PageFlag.NONE


def yes(at: int, finding: Finding = COMPLETE, look: Look = PLAIN, flags: PageFlag = PageFlag.NONE) -> Fetch:
    return Fetch(at, finding, look, flags)


def no(at: int, finding: Finding = COMPLETE) -> Fetch:
    return Fetch(at, finding)


def day(number: float) -> int:
    return int(number * DAY_S)


def observations(fetches: Sequence[Fetch]) -> list[Observation]:
    return [Observation(it.at, it.finding, it.flags, FINAL if it.finding is MOVED else None) for it in fetches]


def follow(*fetches: Fetch, is_redirect: bool = False, as_of: int | None = None) -> History:
    """The history of the link that these fetches showed."""
    sightings = [
        Sighting(index, index + 1, it.look)
        for index, it in enumerate(fetches)
        if it.look is not None and it.finding in (BODIES | EXITS if is_redirect else BODIES)
    ]
    carried = [index for index, it in enumerate(fetches) if it.look is not None and it.finding in REDIRECTS]
    return history(fold_page(observations(fetches), as_of), sightings, carried, is_redirect=is_redirect)


def now(*fetches: Fetch, is_redirect: bool = False) -> tuple[LinkState, Reason | None]:
    standing = follow(*fetches, is_redirect=is_redirect).standing(fetches[-1].at)
    assert standing is not None
    return standing.state, standing.reason


def only(*fetches: Fetch, is_redirect: bool = False) -> Interval:
    (interval,) = follow(*fetches, is_redirect=is_redirect).intervals
    return interval


# The table, row by row.


def test_complete_with_the_link_is_live() -> None:
    assert now(yes(1)) == (LinkState.LIVE, None)
    assert only(yes(1), yes(5)) == Interval(
        1, 5, Opening.PAGEFOUND, versions=(Version(1, Rel.NONE, True, "shop", PageFlag.NONE),)
    )


def test_complete_with_the_link_after_a_loss_is_restored() -> None:
    first, second = follow(yes(1), no(2), yes(3)).intervals
    assert (first.first_seen_at, first.last_seen_at, first.lost_at) == (1, 1, 2)
    assert (second.first_seen_at, second.lost_at, second.opened_why) == (3, None, Opening.LINKRESTORED)


@pytest.mark.parametrize("finding", [GONE, FAILURE])
def test_a_link_of_a_page_that_came_back_is_restored(finding: Finding) -> None:
    gone = [no(day(it), finding) for it in (1, 4, 8)]
    assert [it.opened_why for it in follow(yes(0), *gone, yes(day(9))).intervals] == [
        Opening.PAGEFOUND, Opening.LINKRESTORED,
    ]  # fmt: skip


def test_not_modified_is_live_and_moves_last_seen() -> None:
    assert now(yes(1), no(9, NOT_MODIFIED)) == (LinkState.LIVE, None)
    assert only(yes(1), no(9, NOT_MODIFIED)).last_seen_at == 9


def test_not_modified_repeats_a_page_without_the_link() -> None:
    assert follow(no(1), no(2, NOT_MODIFIED)).intervals == ()
    interval = only(yes(1), no(2), no(3, NOT_MODIFIED))
    assert (interval.last_seen_at, interval.lost_at) == (1, 2)


def test_not_modified_repeats_a_truncated_page() -> None:
    assert now(yes(1), no(2, TRUNCATED), no(3, NOT_MODIFIED)) == (LinkState.UNKNOWN, None)
    assert only(yes(1), yes(2, TRUNCATED), no(3, NOT_MODIFIED)).last_seen_at == 3


def test_not_modified_brings_back_what_a_not_found_took() -> None:
    fetches = yes(0), no(day(1), GONE), no(day(2), GONE), no(day(3), NOT_MODIFIED)
    assert [it.opened_why for it in follow(*fetches).intervals] == [Opening.PAGEFOUND, Opening.LINKRESTORED]
    assert follow(*fetches).intervals[1].versions[0].from_at == day(3)


def test_not_modified_of_a_page_nobody_has_says_nothing() -> None:
    assert follow(no(1, NOT_MODIFIED)).intervals == ()
    assert only(no(1, NOT_MODIFIED), yes(2)).opened_why is Opening.PAGEFOUND


def test_complete_without_the_link_is_removedfromhtml() -> None:
    assert now(yes(1), no(2)) == (LinkState.LOST, Reason.REMOVEDFROMHTML)
    assert only(yes(1), no(2), no(3)).lost_at == 2


@pytest.mark.parametrize(
    ("flag", "change"), [(PageFlag.NOINDEX, Change.NOINDEX), (PageFlag.NOTCANONICAL, Change.NOTCANONICAL)]
)
def test_noindex_and_canonical_elsewhere_are_live_and_flagged(flag: PageFlag, change: Change) -> None:
    link = follow(yes(1), yes(2, flags=flag))
    assert link.standing(2) == Standing(LinkState.LIVE, None, flag)
    assert [(it.from_at, it.flags, it.changes) for it in link.intervals[0].versions] == [
        (1, PageFlag.NONE, ()), (2, flag, (change,)),
    ]  # fmt: skip
    assert follow(yes(1), yes(2, flags=flag), yes(3)).standing(3) == Standing(LinkState.LIVE, None, PageFlag.NONE)


def test_truncated_with_the_link_is_live() -> None:
    assert now(yes(1), yes(2, TRUNCATED)) == (LinkState.LIVE, None)
    assert only(yes(1), yes(2, TRUNCATED)).last_seen_at == 2


def test_truncated_without_the_link_is_unknown() -> None:
    assert now(yes(1), no(2, TRUNCATED)) == (LinkState.UNKNOWN, None)
    assert only(yes(1), no(2, TRUNCATED)).last_seen_at == 1


def test_permanent_redirect_to_a_page_with_the_link_is_moved() -> None:
    assert now(yes(1), yes(2, MOVED)) == (LinkState.MOVED, Reason.PAGEREDIRECTED)
    interval = only(yes(1), yes(2, MOVED), yes(3, MOVED), no(4, MOVED))
    assert (interval.ended_at, interval.ended_why, interval.moved_to) == (2, Reason.PAGEREDIRECTED, FINAL)
    assert interval.lost_at is None
    assert interval.last_seen_at == 1


def test_permanent_redirect_to_a_page_without_the_link_is_lost() -> None:
    assert now(yes(1), no(2, MOVED)) == (LinkState.LOST, Reason.PAGEREDIRECTED)
    assert only(yes(1), no(2, MOVED)).lost_at == 2


def test_permanent_redirect_out_of_the_site_is_lost() -> None:
    assert now(yes(1), no(2, LEFT)) == (LinkState.LOST, Reason.PAGEREDIRECTED)


@pytest.mark.parametrize("finding", [MOVED_FOR_NOW, LEFT_FOR_NOW])
def test_temporary_redirect_to_a_page_without_the_link_is_suspect_then_lost(finding: Finding) -> None:
    assert now(yes(0), no(1, finding)) == (LinkState.SUSPECT, Reason.PAGEREDIRECTED)
    assert now(yes(0), no(1, finding), no(1 + DAY_S, finding)) == (LinkState.LOST, Reason.PAGEREDIRECTED)
    assert only(yes(0), no(1, finding), no(1 + DAY_S, finding)).lost_at == 1 + DAY_S


def test_temporary_redirect_to_a_page_with_the_link_is_live() -> None:
    assert now(yes(1), no(2, GONE), yes(3, MOVED_FOR_NOW)) == (LinkState.LIVE, None)
    assert only(yes(1), yes(3, MOVED_FOR_NOW)).last_seen_at == 3


@pytest.mark.parametrize("finding", [MOVED, MOVED_FOR_NOW])
def test_a_redirect_opens_nothing(finding: Finding) -> None:
    assert follow(yes(1, finding)).intervals == ()
    assert len(follow(yes(1), no(2), yes(3, finding)).intervals) == 1


@pytest.mark.parametrize("finding", [UNREAD, LEFT_UNREAD])
def test_redirect_to_a_page_that_was_not_fetched_completely_is_unknown(finding: Finding) -> None:
    assert now(yes(1), no(2, finding)) == (LinkState.UNKNOWN, None)


@pytest.mark.parametrize("after", [no(2), no(2, LEFT), no(2, LEFT_FOR_NOW), no(2, LEFT_UNREAD), no(2, MOVED),
                                   no(2, MOVED_FOR_NOW)])  # fmt: skip
@pytest.mark.parametrize("before", [LEFT, LEFT_FOR_NOW, LEFT_UNREAD])
def test_a_redirect_link_that_no_longer_redirects_or_elsewhere_is_lostredirect(before: Finding, after: Fetch) -> None:
    assert now(yes(1, before), is_redirect=True) == (LinkState.LIVE, None)
    assert now(yes(1, before), after, is_redirect=True) == (LinkState.LOST, Reason.LOSTREDIRECT)


def test_a_redirect_link_shares_the_other_rows() -> None:
    was = yes(1, LEFT)
    assert now(was, yes(2, MOVED), is_redirect=True) == (LinkState.MOVED, Reason.PAGEREDIRECTED)
    assert now(was, yes(2, MOVED_FOR_NOW), is_redirect=True) == (LinkState.LIVE, None)
    assert now(was, no(2, UNREAD), is_redirect=True) == (LinkState.UNKNOWN, None)
    assert now(was, no(2, TRUNCATED), is_redirect=True) == (LinkState.UNKNOWN, None)
    assert now(was, no(2, GONE), is_redirect=True) == (LinkState.SUSPECT, Reason.NOTFOUND)
    assert now(was, no(2, FAILURE), is_redirect=True) == (LinkState.UNKNOWN, Reason.PAGEERROR)
    assert now(was, yes(2), is_redirect=True) == (LinkState.LIVE, None)  # by a refresh


def test_not_found_is_suspect_then_lost() -> None:
    assert now(yes(0), no(1, GONE)) == (LinkState.SUSPECT, Reason.NOTFOUND)
    fetches = yes(0), no(1, GONE), no(1 + DAY_S, GONE)
    assert now(*fetches) == (LinkState.LOST, Reason.NOTFOUND)
    assert (only(*fetches).last_seen_at, only(*fetches).lost_at) == (0, 1 + DAY_S)


def test_failure_is_unknown_and_lost_at_the_third_over_seven_days() -> None:
    failures = [no(day(it), FAILURE) for it in (1, 3, 8)]
    assert now(yes(0), *failures[:1]) == (LinkState.UNKNOWN, Reason.PAGEERROR)
    assert now(yes(0), *failures[:2]) == (LinkState.UNKNOWN, Reason.PAGEERROR)
    assert now(yes(0), *failures) == (LinkState.LOST, Reason.PAGEERROR)
    assert only(yes(0), *failures).lost_at == day(8)


def test_an_unclear_answer_is_unknown() -> None:
    assert now(yes(0), no(1, UNCLEAR)) == (LinkState.UNKNOWN, None)
    assert now(yes(0), *(no(day(it), UNCLEAR) for it in range(1, 99))) == (LinkState.UNKNOWN, None)


def test_robots_txt_that_disallows_is_unknown() -> None:
    assert now(yes(0), no(1, DISALLOWED)) == (LinkState.UNKNOWN, Reason.DISALLOWED)


def test_not_fetched_again_is_stale() -> None:
    link = follow(yes(0), yes(5))
    assert link.standing(15, stale_after_s=10) == Standing(LinkState.LIVE, None, PageFlag.NONE)
    assert link.standing(16, stale_after_s=10) == Standing(LinkState.STALE, None, PageFlag.NONE)
    assert link.standing(10**9) == Standing(LinkState.LIVE, None, PageFlag.NONE)


@pytest.mark.parametrize(
    ("fetch", "state"),
    [(no(1), LinkState.LOST), (yes(1, MOVED), LinkState.MOVED), (no(1, GONE), LinkState.SUSPECT),
     (no(1, UNCLEAR), LinkState.UNKNOWN)],
)  # fmt: skip
def test_what_is_known_of_a_link_does_not_grow_stale(fetch: Fetch, state: LinkState) -> None:
    standing = follow(yes(0), fetch).standing(100, stale_after_s=10)
    assert standing is not None
    assert standing.state is state


def test_each_time_in_doubt_is_told_with_the_last_proof_before_it() -> None:
    late = day(3) + STALE_AFTER_S
    link = follow(yes(0), no(day(1), UNCLEAR), no(day(2), GONE), yes(day(3)), no(late + 9, FAILURE), no(late + day(1)))
    assert link.spells == (
        Spell(LinkState.UNKNOWN, None, day(1), day(2), 0),
        Spell(LinkState.SUSPECT, Reason.NOTFOUND, day(2), day(3), 0),
        Spell(LinkState.STALE, None, late + 1, late + 9, day(3)),
        Spell(LinkState.UNKNOWN, Reason.PAGEERROR, late + 9, late + day(1), day(3)),
    )
    assert follow(yes(0), no(5, DISALLOWED)).spells == (Spell(LinkState.UNKNOWN, Reason.DISALLOWED, 5, None, 0),)
    assert follow(yes(0), yes(STALE_AFTER_S), no(STALE_AFTER_S)).spells == ()


@given(st.lists(st.tuples(st.integers(0, 250), st.sampled_from(Finding), st.booleans()), max_size=12))
def test_at_any_time_the_spells_say_what_the_fetches_until_then_do(drawn: list[tuple[int, Finding, bool]]) -> None:
    fetches, at = [yes(0)], 0
    for days, finding, is_there in drawn:
        at += day(days)
        fetches.append(yes(at, finding) if is_there and finding in BODIES | EXITS | REDIRECTS else no(at, finding))
    whole = follow(*fetches)
    for moment in sorted({it.at + after for it in fetches for after in (0, 60, STALE_AFTER_S + 1)} - {at}):
        if moment > at:
            break
        then = follow(*fetches, as_of=moment).standing(moment, STALE_AFTER_S)
        told = [it for it in whole.spells if it.from_at <= moment and (it.until_at is None or moment < it.until_at)]
        live = [it for it in whole.intervals if it.is_live(moment)]
        assert then is not None
        if then.state in {LinkState.LOST, LinkState.MOVED}:
            assert not told
            assert not live
        else:
            assert [(it.state, it.reason) for it in told] == [(then.state, then.reason)] * (
                then.state is not LinkState.LIVE
            )


# Strikes: how many, how far apart, and what lies between.


@pytest.mark.parametrize("finding", [GONE, MOVED_FOR_NOW, LEFT_FOR_NOW])
def test_a_suspicion_is_confirmed_at_exactly_24_hours(finding: Finding) -> None:
    assert now(yes(0), no(9, finding), no(9 + DAY_S - 1, finding))[0] is LinkState.SUSPECT
    assert now(yes(0), no(9, finding), no(9 + DAY_S, finding))[0] is LinkState.LOST


def test_a_suspicion_is_confirmed_24_hours_after_its_first_fetch() -> None:
    hourly = [no(it * HOUR_S, GONE) for it in range(1, 30)]
    assert only(yes(0), *hourly).lost_at == 25 * HOUR_S


def test_failures_are_a_proof_at_exactly_seven_days() -> None:
    fetches = yes(0), no(5, FAILURE), no(day(1), FAILURE)
    assert now(*fetches, no(5 + 7 * DAY_S - 1, FAILURE)) == (LinkState.UNKNOWN, Reason.PAGEERROR)
    assert now(*fetches, no(5 + 7 * DAY_S, FAILURE)) == (LinkState.LOST, Reason.PAGEERROR)


def test_two_failures_are_no_proof_however_far_apart() -> None:
    assert now(yes(0), no(1, FAILURE), no(day(99), FAILURE)) == (LinkState.UNKNOWN, Reason.PAGEERROR)
    assert now(yes(0), no(1, FAILURE), no(day(99), FAILURE), no(day(100), FAILURE))[0] is LinkState.LOST


def test_failures_within_an_hour_are_tries_of_one_visit() -> None:
    tries = [no(day(9) + number * 1800, FAILURE) for number in range(5)]
    assert now(yes(0), no(day(1), FAILURE), *tries) == (LinkState.UNKNOWN, Reason.PAGEERROR)
    assert now(yes(0), no(day(1), FAILURE), *tries, no(day(10), FAILURE)) == (LinkState.LOST, Reason.PAGEERROR)


@pytest.mark.parametrize("proof", [COMPLETE, TRUNCATED, NOT_MODIFIED, MOVED_FOR_NOW])
@pytest.mark.parametrize("finding", [GONE, MOVED_FOR_NOW])
def test_a_live_proof_between_starts_a_suspicion_anew(finding: Finding, proof: Finding) -> None:
    fetches = yes(0), no(day(1), finding), yes(day(2), proof), no(day(3), finding)
    assert now(*fetches) == now(yes(0), no(1, finding))
    assert only(*fetches, no(day(4), finding)).lost_at == day(4)


def test_a_live_proof_between_starts_failures_anew() -> None:
    failures = [no(day(it), FAILURE) for it in (1, 2, 8, 9, 10, 12, 15)]
    assert only(yes(0), *failures[:2], yes(day(3)), *failures[2:]).lost_at == day(15)


def test_a_truncated_page_between_shows_that_the_page_is_there() -> None:
    fetches = yes(0), no(day(1), GONE), no(day(2), TRUNCATED)
    assert now(*fetches) == (LinkState.UNKNOWN, None)
    assert now(*fetches, no(day(3), GONE)) == (LinkState.SUSPECT, Reason.NOTFOUND)


@pytest.mark.parametrize("finding", SILENT)
def test_unknown_answers_neither_confirm_nor_clear_a_suspicion(finding: Finding) -> None:
    between = [no(day(it), finding) for it in (2, 3, 4)]
    assert now(yes(0), no(day(1), GONE), *between) == (LinkState.SUSPECT, Reason.NOTFOUND)
    assert only(yes(0), no(day(1), GONE), *between, no(day(5), GONE)).lost_at == day(5)


def test_each_reason_has_strikes_of_its_own() -> None:
    fetches = yes(0), no(day(1), GONE), no(day(3), MOVED_FOR_NOW), no(day(3.5), FAILURE)
    assert now(*fetches[:3]) == (LinkState.SUSPECT, Reason.PAGEREDIRECTED)
    assert now(*fetches) == (LinkState.SUSPECT, Reason.PAGEREDIRECTED)
    assert only(*fetches, no(day(3.9), GONE)).ended_why is Reason.NOTFOUND
    assert only(*fetches, no(day(4), MOVED_FOR_NOW)).ended_why is Reason.PAGEREDIRECTED


def test_a_loss_keeps_its_first_reason() -> None:
    fetches = yes(0), no(day(1)), no(day(2), GONE), no(day(4), GONE), no(day(5), MOVED), yes(day(6), MOVED)
    assert now(*fetches) == (LinkState.LOST, Reason.REMOVEDFROMHTML)


# Why an interval opens.


def test_a_link_on_a_known_page_is_linkfound() -> None:
    assert only(no(1), yes(2)).opened_why is Opening.LINKFOUND
    assert only(no(1), no(2, GONE), yes(3)).opened_why is Opening.LINKFOUND
    assert only(yes(1, LEFT), yes(2)).opened_why is Opening.LINKFOUND
    assert only(no(1), yes(2, LEFT), is_redirect=True).opened_why is Opening.LINKFOUND


@pytest.mark.parametrize(
    "finding", [TRUNCATED, NOT_MODIFIED, MOVED, MOVED_FOR_NOW, UNREAD, GONE, FAILURE, UNCLEAR, DISALLOWED]
)
def test_a_link_on_a_page_that_was_not_read_completely_before_is_pagefound(finding: Finding) -> None:
    assert only(no(1, finding), yes(2)).opened_why is Opening.PAGEFOUND


def test_a_link_that_moved_and_came_back_was_never_lost() -> None:
    assert [it.opened_why for it in follow(yes(1), yes(2, MOVED), yes(3)).intervals] == [
        Opening.PAGEFOUND, Opening.LINKFOUND,
    ]  # fmt: skip


# Versions.


def test_rel_anchor_and_flags_are_versions() -> None:
    nofollow = Look(Rel.NOFOLLOW, False, "shop")
    other = Look(Rel.NOFOLLOW, False, "a shop")
    versions = only(
        yes(1), yes(2), yes(3, look=nofollow), yes(4, look=other), no(5, NOT_MODIFIED), no(6, TRUNCATED),
        yes(7, look=PLAIN, flags=PageFlag.NOINDEX),
    ).versions  # fmt: skip
    assert versions == (
        Version(1, Rel.NONE, True, "shop", PageFlag.NONE),
        Version(3, Rel.NOFOLLOW, False, "shop", PageFlag.NONE, (Change.RELCHANGED,)),
        Version(4, Rel.NOFOLLOW, False, "a shop", PageFlag.NONE, (Change.ANCHORCHANGED,)),
        Version(7, Rel.NONE, True, "shop", PageFlag.NOINDEX, (Change.RELCHANGED, Change.ANCHORCHANGED, Change.NOINDEX)),
    )


def test_a_nofollow_page_changes_rel() -> None:
    (_, version) = only(yes(1), yes(2, flags=PageFlag.NOFOLLOW)).versions
    assert version == Version(2, Rel.NONE, False, "shop", PageFlag.NOFOLLOW, (Change.RELCHANGED,))


def test_what_a_nofollow_page_hides_is_no_change() -> None:
    followed, mixed = Look(Rel.UGC, True, "shop"), Look(Rel.UGC, False, "shop")
    fetches = yes(1, look=followed, flags=PageFlag.NOFOLLOW), yes(2, look=mixed, flags=PageFlag.NOFOLLOW)
    assert len(only(*fetches).versions) == 1


def test_a_restored_link_begins_with_a_version_of_its_own() -> None:
    _, restored = follow(yes(1), no(2), yes(3, look=Look(Rel.UGC, False, "x"))).intervals
    assert restored.versions == (Version(3, Rel.UGC, False, "x", PageFlag.NONE),)


def test_one_sighting_spans_what_showed_no_links() -> None:
    findings = COMPLETE, LEFT_FOR_NOW, GONE, UNCLEAR, NOT_MODIFIED, COMPLETE, COMPLETE
    page = fold_page([Observation(day(at), finding) for at, finding in enumerate(findings)])
    link = history(page, [Sighting(0, 6, PLAIN)])
    (interval,) = link.intervals
    assert (interval.last_seen_at, interval.lost_at) == (day(5), day(6))


# As of a day; errors.


def test_a_link_not_seen_by_then_has_no_state() -> None:
    fetches = no(1), yes(5), no(9)
    assert follow(*fetches, as_of=4).standing(4) is None
    assert follow(*fetches, as_of=5).standing(5) == Standing(LinkState.LIVE, None, PageFlag.NONE)
    assert follow(*fetches, as_of=8).intervals[0].ended_at is None
    assert follow(*fetches, as_of=9).standing(9) == Standing(LinkState.LOST, Reason.REMOVEDFROMHTML, PageFlag.NONE)


def test_observations_out_of_order_are_refused() -> None:
    with pytest.raises(ValueError, match="sort them by time"):
        fold_page([Observation(2, COMPLETE), Observation(1, COMPLETE)])


@pytest.mark.parametrize("seen", [Observation(1, MOVED), Observation(1, COMPLETE, moved_to=FINAL)])
def test_a_permanent_redirect_alone_names_its_final_page(seen: Observation) -> None:
    with pytest.raises(ValueError, match="name their final page"):
        fold_page([seen])


# Moves.


def test_the_final_page_takes_the_earlier_first_seen() -> None:
    old = only(yes(day(1)), yes(day(9), MOVED))
    new = only(no(day(5)), yes(day(9) - 60))
    (taken,) = take_over([new], old)
    assert (taken.first_seen_at, taken.opened_why) == (day(1), Opening.PAGEFOUND)
    assert taken.versions == new.versions


def test_the_final_page_keeps_what_is_earlier() -> None:
    new = only(yes(day(1)))
    assert take_over([new], only(yes(day(2)), yes(day(3), MOVED))) == (new,)


def test_a_final_page_that_had_the_link_before_takes_over_from_there() -> None:
    new = follow(yes(day(1)), no(day(3)), yes(day(8))).intervals
    before, taken = take_over(new, only(yes(day(2)), yes(day(9), MOVED)))
    assert before == new[0]
    assert (taken.first_seen_at, taken.opened_why) == (day(3), Opening.LINKRESTORED)


def test_a_final_page_that_lost_the_link_before_the_move_takes_nothing() -> None:
    new = follow(yes(day(5)), no(day(6))).intervals
    assert take_over(new, only(yes(day(1)), yes(day(9), MOVED))) == new


def test_only_a_move_can_be_taken_over() -> None:
    with pytest.raises(ValueError, match="ended by moving"):
        take_over([], only(yes(1), no(2)))


# Growth.


def test_growth_counts_each_way_apart() -> None:
    links = [
        follow(yes(1)),  # there all along
        follow(no(1), yes(15)),  # gained: linkfound
        follow(yes(1), no(5), yes(16)),  # gained: linkrestored
        follow(yes(12)),  # discovered
        follow(yes(1), no(17)),  # lost
        follow(yes(1), no(12), yes(14), no(18)),  # lost twice, gained once
        follow(yes(1), no(9)),  # lost before
        follow(yes(25)),  # found after
    ]
    result = growth([it for link in links for it in link.intervals], 10, 20)
    assert result == Growth(start=3, gained=3, discovered=1, lost=3, moved=0, end=4)
    assert result.rate == 0.0


def test_a_period_has_its_end_and_not_its_start() -> None:
    assert growth(follow(yes(10), no(20)).intervals, 10, 20) == Growth(1, 0, 0, 1, 0, 0)
    assert growth(follow(yes(10), no(20)).intervals, 9, 10) == Growth(0, 0, 1, 0, 0, 1)
    assert growth(follow(yes(10), no(20)).intervals, 20, 30) == Growth(0, 0, 0, 0, 0, 0)
    assert growth(follow(yes(10), yes(20, MOVED)).intervals, 20, 30).moved == 0


def test_growth_of_nothing_has_no_rate() -> None:
    assert growth(follow(yes(5)).intervals, 1, 9).rate is None
    assert growth([], 1, 9) == Growth(0, 0, 0, 0, 0, 0)
    assert growth(follow(yes(1), no(5)).intervals, 1, 9).rate == -1.0


def test_a_move_is_neither_gain_nor_loss() -> None:
    old, new = only(yes(1), yes(15, MOVED)), only(yes(15))
    assert growth([old, *take_over([new], old)], 10, 20) == Growth(1, 0, 0, 0, 1, 1)


# What always holds.

LOOKS = st.one_of(
    st.none(),
    st.sampled_from([PLAIN, Look(Rel.UGC, True, "shop"), Look(Rel.UGC, False, "shop"), Look(Rel.NONE, True, "x")]),
)
FLAGS = st.sampled_from([PageFlag.NONE, PageFlag.NOINDEX, PageFlag.NOFOLLOW | PageFlag.NOTCANONICAL])
GAPS = st.sampled_from([0, 1, HOUR_S, DAY_S // 2, DAY_S - 1, DAY_S, 3 * DAY_S, 7 * DAY_S])


@st.composite
def fetch_lists(draw: st.DrawFn, findings: Sequence[Finding] = tuple(Finding)) -> list[Fetch]:
    """Fetches in order of time; only those that can show a link do."""
    at, made = 1_700_000_000, []
    for finding in draw(st.lists(st.sampled_from(findings), max_size=12)):
        at += draw(GAPS)
        look = draw(LOOKS) if finding in BODIES | EXITS | REDIRECTS else None
        made.append(Fetch(at, finding, look, draw(FLAGS) if finding in BODIES else PageFlag.NONE))
    return made


KINDS = st.booleans()


def counts_as_live(link: History) -> bool:
    return bool(link.intervals) and link.intervals[-1].ended_at is None


def resolved(fetches: Sequence[Fetch]) -> list[Fetch]:
    """Each 304 as the page it repeats."""
    made: list[Fetch] = []
    body: Fetch | None = None
    for it in fetches:
        body = it if it.finding in BODIES else body
        made.append(body._replace(at=it.at) if it.finding is NOT_MODIFIED and body else it)
    return made


def is_proof(it: Fetch, is_redirect: bool) -> bool:
    return it.look is not None and (it.finding in BODIES or (is_redirect and it.finding in EXITS))


def is_proved_lost(since: Sequence[Fetch], is_redirect: bool) -> bool:
    """Whether a link is lost or has moved by these fetches after its last proof: the rules told once more."""
    at_once = {COMPLETE, MOVED} | (EXITS | {MOVED_FOR_NOW} if is_redirect else {LEFT})
    parts: list[list[Fetch]] = [[]]
    for it in since:
        is_kept = it.finding is MOVED_FOR_NOW and it.look is not None
        if is_kept or it.finding is TRUNCATED:
            parts.append([])
        elif it.finding in at_once:
            return True
        else:
            parts[-1].append(it)
    for part in parts:
        for kind in ({GONE}, {MOVED_FOR_NOW, LEFT_FOR_NOW}):
            times = [it.at for it in part if it.finding in kind]
            if any(late - early >= DAY_S for early, late in combinations(times, 2)):
                return True
        times = [it.at for it in part if it.finding is FAILURE]
        if any(late - early >= 7 * DAY_S for early, _, late in combinations(times, 3)):
            return True
    return False


@given(fetch_lists(), KINDS)
def test_no_loss_without_proof_and_none_overlooked(fetches: list[Fetch], is_redirect: bool) -> None:
    seen = resolved(fetches)
    proofs = [index for index, it in enumerate(seen) if is_proof(it, is_redirect)]
    expected = bool(proofs) and not is_proved_lost(seen[proofs[-1] + 1 :], is_redirect)
    assert counts_as_live(follow(*fetches, is_redirect=is_redirect)) is expected


@given(fetch_lists(), KINDS)
def test_intervals_are_disjoint_and_in_order(fetches: list[Fetch], is_redirect: bool) -> None:
    intervals = follow(*fetches, is_redirect=is_redirect).intervals
    for it in intervals:
        assert it.first_seen_at <= it.last_seen_at <= (it.last_seen_at if it.ended_at is None else it.ended_at)
        assert (it.ended_at is None) is (it.ended_why is None)
        assert it.lost_at is None or not it.is_moved
        assert it.versions[0].from_at == it.first_seen_at
        assert [version.changes != () for version in it.versions] == [False] + [True] * (len(it.versions) - 1)
        assert all(early.from_at <= late.from_at <= it.last_seen_at for early, late in pairwise(it.versions))
    for early, late in pairwise(intervals):
        assert early.ended_at is not None
        assert early.ended_at <= late.first_seen_at
        assert (late.opened_why is Opening.LINKRESTORED) is not early.is_moved
    assert Opening.LINKRESTORED not in [it.opened_why for it in intervals[:1]]


@given(fetch_lists(), KINDS, st.integers(0, 12))
def test_folding_a_prefix_is_asking_as_of_its_end(fetches: list[Fetch], is_redirect: bool, cut: int) -> None:
    as_of = fetches[cut].at if cut < len(fetches) else 1_800_000_000
    prefix = [it for it in fetches if it.at <= as_of]
    assert follow(*prefix, is_redirect=is_redirect) == follow(*fetches, is_redirect=is_redirect, as_of=as_of)


@given(fetch_lists(), KINDS, st.integers(0, 12))
def test_the_past_does_not_change(fetches: list[Fetch], is_redirect: bool, cut: int) -> None:
    then = follow(*fetches[:cut], is_redirect=is_redirect).intervals
    later = follow(*fetches, is_redirect=is_redirect).intervals
    closed = [it for it in then if it.ended_at is not None]
    assert later[: len(closed)] == tuple(closed)
    assert [it.first_seen_at for it in later[: len(then)]] == [it.first_seen_at for it in then]


@given(fetch_lists([COMPLETE, TRUNCATED, NOT_MODIFIED, UNCLEAR, DISALLOWED, UNREAD]))
def test_live_is_what_the_last_decisive_fetch_shows(fetches: list[Fetch]) -> None:
    decisive = [it for it in resolved(fetches) if it.finding is COMPLETE or (it.finding is TRUNCATED and it.look)]
    assert counts_as_live(follow(*fetches)) is (bool(decisive) and decisive[-1].look is not None)


@given(fetch_lists(), KINDS, st.integers(0, 12), st.sampled_from([UNCLEAR, DISALLOWED, UNREAD]))
def test_an_unknown_answer_more_changes_no_interval(
    fetches: list[Fetch], is_redirect: bool, place: int, finding: Finding
) -> None:
    at = fetches[min(place, len(fetches)) - 1].at if place and fetches else 0
    more = [*fetches[:place], Fetch(at, finding), *fetches[place:]]
    assert follow(*more, is_redirect=is_redirect).intervals == follow(*fetches, is_redirect=is_redirect).intervals


@given(fetch_lists(), KINDS, st.integers(0, 11), st.integers(2, 4))
def test_a_fetch_repeated_at_once_counts_once_but_for_failures(
    fetches: list[Fetch], is_redirect: bool, place: int, times: int
) -> None:
    if place >= len(fetches) or fetches[place].finding is FAILURE:
        return
    more = [*fetches[:place], *[fetches[place]] * times, *fetches[place + 1 :]]
    assert follow(*more, is_redirect=is_redirect) == follow(*fetches, is_redirect=is_redirect)


@given(fetch_lists(), KINDS)
def test_sightings_may_be_joined(fetches: list[Fetch], is_redirect: bool) -> None:
    """What the crawl keeps is one row from the fetch that found a link to the one that missed it."""
    can_show = BODIES | EXITS if is_redirect else BODIES
    joined: list[Sighting] = []
    for index, it in enumerate(fetches):
        last = joined[-1] if joined and joined[-1].closed is None else None
        if it.finding not in can_show or (last is not None and last.look == it.look):
            continue
        if last is not None:
            joined[-1] = last._replace(closed=index)
        if it.look is not None:
            joined.append(Sighting(index, None, it.look))
    carried = [index for index, it in enumerate(fetches) if it.look is not None and it.finding in REDIRECTS]
    page = fold_page(observations(fetches))
    once = history(page, joined, carried, is_redirect=is_redirect)
    assert once == follow(*fetches, is_redirect=is_redirect)
    assert history(page, joined, carried, is_redirect=is_redirect) == once


@given(st.lists(st.tuples(fetch_lists(), KINDS), max_size=8), st.integers(0, 40), st.integers(0, 40))
def test_the_numbers_of_a_period_add_up(links: list[tuple[list[Fetch], bool]], start: int, days: int) -> None:
    intervals = [it for fetches, is_redirect in links for it in follow(*fetches, is_redirect=is_redirect).intervals]
    since = 1_700_000_000 + day(start) - DAY_S
    result = growth(intervals, since, since + day(days))
    assert result.end == result.start + result.gained + result.discovered - result.lost
    assert min(result) >= 0


@given(fetch_lists(), fetch_lists())
def test_a_take_over_keeps_intervals_disjoint(old: list[Fetch], new: list[Fetch]) -> None:
    intervals = follow(*new).intervals
    for moved in [it for it in follow(*old).intervals if it.is_moved]:
        intervals = take_over(intervals, moved)
    assert [it.ended_at for it in intervals] == [it.ended_at for it in follow(*new).intervals]
    assert all(it.first_seen_at <= it.last_seen_at for it in intervals)
    for early, late in pairwise(intervals):
        assert early.ended_at is not None
        assert early.ended_at <= late.first_seen_at
