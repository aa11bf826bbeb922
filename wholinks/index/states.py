"""What became of a link over time: live, lost, or in doubt (docs/counting.md, "Time"). Pure: no clock, no database.

History is kept for a *pair*: one source page (a dedup key), target URL and kind. It is made in two layers:

1. :func:`fold_page` turns a page's fetches (:class:`Observation`) into a :class:`Page`, which all its pairs share;
2. :func:`history` follows one pair through it, by where the pair was seen (:class:`Sighting`). Pairs that were there at
   the same fetches have the same course, which is worked out once a page.

A pair's history is a list of intervals. One opens when the link is seen, and ends when it is *proved* lost or moves
with its page. Each fetch has one of these effects on a pair, found in a table by what was fetched and whether the link
was there:

========  ==============================================================================================================
PROVED    the link is there: the interval goes on, or one opens; what was in doubt no longer is
KEPT      a temporary redirect leads to a page that carries it: as PROVED, but opens nothing (that page is the source)
ABSENT    it is proved not to be there: lost
MOVED     the page is another one now, which carries it: the interval ends, and goes on as the other page's
STRIKE    counts against it; enough of one reason over a long enough span are the proof (:data:`PROOFS`)
RESET     the page is there, cut off before the link could be seen: unknown, and strikes count anew
SILENT    says nothing: unknown, and strikes stand
========  ==============================================================================================================

Only an open interval can be struck, end or be in doubt. Times are UTC seconds, spans seconds.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum, IntFlag, StrEnum, auto
from typing import Final, NamedTuple

DAY_S: Final = 24 * 3600
VISIT_S: Final = 3600
"""Failures that follow one another within this time are tries of one visit, and count once."""
STALE_AFTER_S: Final = 180 * DAY_S
"""A live link whose page was not seen for so long is stale: twice the longest time a recrawl lets pass."""


class Finding(Enum):
    """What a fetch of a page found. A redirect is permanent if all its hops are (301, 308).

    Redirects and exits are told apart by the registrable domain: an exit is a page with one link, of kind redirect.
    Both are UNREAD when their final page was not fetched completely at about that time.
    """

    COMPLETE = auto()
    TRUNCATED = auto()
    NOT_MODIFIED = auto()
    PERMANENT_REDIRECT = auto()
    TEMPORARY_REDIRECT = auto()
    UNREAD_REDIRECT = auto()
    PERMANENT_EXIT = auto()
    TEMPORARY_EXIT = auto()
    UNREAD_EXIT = auto()
    GONE = auto()  # 404, 410, soft-404, parked
    FAILURE = auto()  # 5xx, time-out, TLS, DNS
    UNCLEAR = auto()  # 401, 403, 429, other 4xx, bot wall, 204, 206, not HTML, parse failed
    DISALLOWED = auto()  # by robots.txt


class PageFlag(IntFlag):
    """What a page said of itself; the first two as ``records.RobotsFlag`` has them."""

    NONE = 0
    NOINDEX = 1
    NOFOLLOW = 2
    NOTCANONICAL = 4


class LinkState(StrEnum):
    """How a pair stands. All but LOST and MOVED count as live."""

    LIVE = auto()
    SUSPECT = auto()
    UNKNOWN = auto()
    STALE = auto()
    LOST = auto()
    MOVED = auto()


class Opening(StrEnum):
    """Why an interval opened."""

    PAGEFOUND = auto()  # no complete fetch of the page before: nobody knows how old the link is
    LINKFOUND = auto()
    LINKRESTORED = auto()


class Reason(StrEnum):
    """Why a link is lost, moved or in doubt."""

    REMOVEDFROMHTML = auto()
    PAGEREDIRECTED = auto()
    LOSTREDIRECT = auto()
    NOTFOUND = auto()
    PAGEERROR = auto()
    DISALLOWED = auto()


STATES: Final = tuple(LinkState)
OPENINGS: Final = tuple(Opening)
ENDS: Final = ("", *Reason, "moved")
"""What ``state``, ``opened_why`` and ``reason`` of the index's links mean, by number."""


class Change(StrEnum):
    """What a version has differently from the one before; the page's flags in either direction."""

    RELCHANGED = auto()
    ANCHORCHANGED = auto()
    NOINDEX = auto()
    NOTCANONICAL = auto()


class Proof(NamedTuple):
    """How many strikes of one reason are a proof, if the last comes ``span_s`` or more after the first; until then the
    link is ``meanwhile``."""

    strikes: int
    span_s: int
    meanwhile: LinkState


PROOFS: Final = {
    Reason.NOTFOUND: Proof(2, DAY_S, LinkState.SUSPECT),
    Reason.PAGEREDIRECTED: Proof(2, DAY_S, LinkState.SUSPECT),
    Reason.PAGEERROR: Proof(3, 7 * DAY_S, LinkState.UNKNOWN),
}
"""Each reason has strikes of its own: a 404 does not confirm a login wall."""


class _Effect(Enum):
    PROVED = auto()
    KEPT = auto()
    ABSENT = auto()
    MOVED = auto()
    STRIKE = auto()
    RESET = auto()
    SILENT = auto()


class _Verdict(NamedTuple):
    effect: _Effect
    reason: Reason | None = None


class _Row(NamedTuple):
    there: _Verdict
    absent: _Verdict


def _either(effect: _Effect, reason: Reason | None = None) -> _Row:
    return _Row(_Verdict(effect, reason), _Verdict(effect, reason))


_PROVED: Final = _Verdict(_Effect.PROVED)
_KEPT: Final = _Verdict(_Effect.KEPT)
_MOVED: Final = _Verdict(_Effect.MOVED, Reason.PAGEREDIRECTED)
_REDIRECTED: Final = _Verdict(_Effect.ABSENT, Reason.PAGEREDIRECTED)
_NO_REDIRECT: Final = _Verdict(_Effect.ABSENT, Reason.LOSTREDIRECT)

_LINK: Final = {
    Finding.COMPLETE: _Row(_PROVED, _Verdict(_Effect.ABSENT, Reason.REMOVEDFROMHTML)),
    Finding.TRUNCATED: _Row(_PROVED, _Verdict(_Effect.RESET)),
    Finding.NOT_MODIFIED: _either(_Effect.SILENT),  # of a page nobody has: any other is what it repeats
    Finding.PERMANENT_REDIRECT: _Row(_MOVED, _REDIRECTED),
    Finding.TEMPORARY_REDIRECT: _Row(_KEPT, _Verdict(_Effect.STRIKE, Reason.PAGEREDIRECTED)),
    Finding.UNREAD_REDIRECT: _either(_Effect.SILENT),
    Finding.PERMANENT_EXIT: _Row(_REDIRECTED, _REDIRECTED),
    Finding.TEMPORARY_EXIT: _either(_Effect.STRIKE, Reason.PAGEREDIRECTED),
    Finding.UNREAD_EXIT: _either(_Effect.SILENT),
    Finding.GONE: _either(_Effect.STRIKE, Reason.NOTFOUND),
    Finding.FAILURE: _either(_Effect.STRIKE, Reason.PAGEERROR),
    Finding.UNCLEAR: _either(_Effect.SILENT),
    Finding.DISALLOWED: _either(_Effect.SILENT, Reason.DISALLOWED),
}
_REDIRECT_LINK: Final = _LINK | {
    Finding.COMPLETE: _Row(_PROVED, _NO_REDIRECT),
    Finding.PERMANENT_REDIRECT: _Row(_MOVED, _NO_REDIRECT),
    Finding.TEMPORARY_REDIRECT: _Row(_KEPT, _NO_REDIRECT),
    Finding.PERMANENT_EXIT: _Row(_PROVED, _NO_REDIRECT),
    Finding.TEMPORARY_EXIT: _Row(_PROVED, _NO_REDIRECT),
    Finding.UNREAD_EXIT: _Row(_PROVED, _NO_REDIRECT),
}

BODIES: Final = frozenset({Finding.COMPLETE, Finding.TRUNCATED})
EXITS: Final = frozenset({Finding.PERMANENT_EXIT, Finding.TEMPORARY_EXIT, Finding.UNREAD_EXIT})


class Observation(NamedTuple):
    """One fetch of a page. ``flags`` count for pages only; ``moved_to`` is the caller's number of the final page and
    stands with each PERMANENT_REDIRECT, and nowhere else."""

    at: int
    finding: Finding
    flags: PageFlag = PageFlag.NONE
    moved_to: int | None = None


class Look(NamedTuple):
    """What a pair's links say on its page: the rel bits of all, whether one is followed (the page's nofollow aside),
    and the anchor text of the first."""

    rel: int
    is_followed: bool
    anchor_text: str


class Sighting(NamedTuple):
    """A pair looked the same on the page from observation ``opened`` (its index) until before ``closed`` (None: to the
    last). Only pages and exits in between matter: no other answer shows a link."""

    opened: int
    closed: int | None
    look: Look

    def covers(self, index: int) -> bool:
        return self.opened <= index and (self.closed is None or index < self.closed)


class Version(NamedTuple):
    """How a pair looked from ``from_at`` on. ``is_followed`` has the page's nofollow in it, whose coming and going is a
    RELCHANGED too. An interval's first version has no changes."""

    from_at: int
    rel: int
    is_followed: bool
    anchor_text: str
    flags: PageFlag
    changes: tuple[Change, ...] = ()


class Interval(NamedTuple):
    """A time in which a link was there: first_seen_at <= last_seen_at (the last proof) <= ended_at (the proving fetch;
    None while open). ``moved_to`` is the page it went on as, if it ended by moving."""

    first_seen_at: int
    last_seen_at: int
    opened_why: Opening
    ended_at: int | None = None
    ended_why: Reason | None = None
    moved_to: int | None = None
    versions: tuple[Version, ...] = ()

    @property
    def is_moved(self) -> bool:
        return self.moved_to is not None

    @property
    def lost_at(self) -> int | None:
        return None if self.is_moved else self.ended_at

    def is_live(self, at: int) -> bool:
        """Whether it counted as live at that time."""
        return self.first_seen_at <= at and (self.ended_at is None or at < self.ended_at)


class Standing(NamedTuple):
    """The state of a pair, why, and the page's flags when the link was last seen."""

    state: LinkState
    reason: Reason | None
    flags: PageFlag


class Doubt(NamedTuple):
    """Why an open interval is not simply live."""

    state: LinkState
    reason: Reason | None


class Spell(NamedTuple):
    """A time within an interval in which the link was in doubt, from ``from_at`` until before ``until_at`` (None:
    still). ``last_seen_at`` is the last proof before it."""

    state: LinkState
    reason: Reason | None
    from_at: int
    until_at: int | None
    last_seen_at: int


class History(NamedTuple):
    """A pair's intervals, disjoint and in order of time, and what is in doubt about the last if it is open.

    ``spells`` are all doubts that ever were, disjoint and in order of time, but for one: that a link was not seen for
    :data:`STALE_AFTER_S` since its page was asked for last. Until when that holds, the next fetch will tell.
    """

    intervals: tuple[Interval, ...]
    doubt: Doubt | None
    spells: tuple[Spell, ...] = ()

    def standing(self, as_of: int, stale_after_s: int | None = None) -> Standing | None:
        """The state at ``as_of``, which is not before the last observation; None for a link not seen by then.

        A live link that was last seen more than ``stale_after_s`` before is stale (None: never).
        """
        if not self.intervals:
            return None
        last = self.intervals[-1]
        flags = last.versions[-1].flags
        if last.ended_at is not None:
            return Standing(LinkState.MOVED if last.is_moved else LinkState.LOST, last.ended_why, flags)
        if self.doubt is not None:
            return Standing(*self.doubt, flags)
        is_stale = stale_after_s is not None and as_of - last.last_seen_at > stale_after_s
        return Standing(LinkState.STALE if is_stale else LinkState.LIVE, None, flags)


class _Moment(NamedTuple):
    """An observation as pairs meet it: a 304 is the page it repeats. ``shown`` is the index of the observation that
    tells whether a link is there; ``is_known`` says that the page was read completely before."""

    at: int
    finding: Finding
    shown: int
    flags: PageFlag
    moved_to: int | None
    is_known: bool


class _Strikes(NamedTuple):
    first_at: int
    number: int


class _Course:
    """A pair on its way through its page's moments. ``looks`` has, for each interval, the moments that showed it."""

    __slots__ = ("doubt", "intervals", "looks", "spells", "strikes")

    def __init__(self) -> None:
        self.intervals: list[Interval] = []
        self.looks: list[list[_Moment]] = []
        self.strikes: dict[Reason, _Strikes] = {}
        self.doubt: Doubt | None = None
        self.spells: list[Spell] = []

    def step(self, moment: _Moment, verdict: _Verdict) -> None:
        effect, reason = verdict
        is_open = bool(self.intervals) and self.intervals[-1].ended_at is None
        if is_open:
            self._grow_stale(moment.at)
        if effect is _Effect.PROVED:
            if not is_open:
                self._open(moment)
            self._prove(moment.at)
            self.looks[-1].append(moment)
        elif not is_open:
            return
        elif effect is _Effect.KEPT:
            self._prove(moment.at)
        elif effect is _Effect.ABSENT:
            self._end(moment.at, reason)
        elif effect is _Effect.MOVED:
            self._end(moment.at, reason, moment.moved_to)
        elif effect is _Effect.RESET:
            self.strikes.clear()
            self._doubt(moment.at, Doubt(LinkState.UNKNOWN, None))
        elif effect is _Effect.SILENT:
            self._suspect(moment.at, LinkState.UNKNOWN, reason)
        elif reason is not None:  # as each STRIKE has
            self._strike(moment.at, reason)

    def _open(self, moment: _Moment) -> None:
        if self.intervals and not self.intervals[-1].is_moved:
            why = Opening.LINKRESTORED
        else:
            why = Opening.LINKFOUND if moment.is_known else Opening.PAGEFOUND
        self.intervals.append(Interval(moment.at, moment.at, why))
        self.looks.append([])

    def _prove(self, at: int) -> None:
        self._doubt(at, None)
        self.intervals[-1] = self.intervals[-1]._replace(last_seen_at=at)
        self.strikes.clear()

    def _strike(self, at: int, reason: Reason) -> None:
        first_at, before = self.strikes.get(reason, (at, 0))
        self.strikes[reason] = _Strikes(first_at, before + 1)
        proof = PROOFS[reason]
        if before + 1 >= proof.strikes and at - first_at >= proof.span_s:
            self._end(at, reason)
        else:
            self._suspect(at, proof.meanwhile, reason)

    def _suspect(self, at: int, state: LinkState, reason: Reason | None) -> None:
        """What is unknown does not hide a suspicion."""
        if self.doubt is None or self.doubt.state is not LinkState.SUSPECT or state is LinkState.SUSPECT:
            self._doubt(at, Doubt(state, reason))

    def _end(self, at: int, reason: Reason | None, moved_to: int | None = None) -> None:
        self._doubt(at, None)
        self.intervals[-1] = self.intervals[-1]._replace(ended_at=at, ended_why=reason, moved_to=moved_to)
        self.strikes.clear()

    def _doubt(self, at: int, doubt: Doubt | None) -> None:
        """From now on the open interval is in this doubt, or in none."""
        if doubt == self.doubt:
            return
        if self.doubt is not None:
            spell = self.spells.pop()
            if spell.from_at < at:
                self.spells.append(spell._replace(until_at=at))
        if doubt is not None:
            self.spells.append(Spell(*doubt, at, None, self.intervals[-1].last_seen_at))
        self.doubt = doubt

    def _grow_stale(self, at: int) -> None:
        """Say that the open interval, of which nothing was heard until now, was stale."""
        seen_at = self.intervals[-1].last_seen_at
        if self.doubt is None and at - seen_at > STALE_AFTER_S + 1:
            self.spells.append(Spell(LinkState.STALE, None, seen_at + STALE_AFTER_S + 1, at, seen_at))


@dataclass(frozen=True, slots=True)
class Page:
    """A page's fetches as all its pairs share them; ``own`` has a bit for each observation that shows its own links."""

    moments: tuple[_Moment, ...]
    own: int
    _courses: dict[tuple[bool, int], _Course] = field(default_factory=dict, repr=False, compare=False)

    def course(self, there: int, *, is_redirect: bool) -> _Course:
        """How a pair fares that was there at the observations whose bits are set."""
        known = self._courses.get((is_redirect, there))
        if known is not None:
            return known
        rows = _REDIRECT_LINK if is_redirect else _LINK
        course = self._courses[is_redirect, there] = _Course()
        for moment in self.moments:
            row = rows[moment.finding]
            course.step(moment, row.there if there >> moment.shown & 1 else row.absent)
        return course


def _is_try_again(seen: Observation, before: Observation) -> bool:
    return before.finding is Finding.FAILURE and seen.at - before.at < VISIT_S


def fold_page(observations: Sequence[Observation], as_of: int | None = None) -> Page:
    """What all pairs of a page share. ``observations`` are in order of time; those after ``as_of`` are left out.

    Raises :class:`ValueError` when they are not in order, or a permanent redirect has no final page.
    """
    moments: list[_Moment] = []
    own = 0
    body: int | None = None
    is_known = False
    for index, seen in enumerate(observations):
        if index and seen.at < observations[index - 1].at:
            raise ValueError(f"observation {index} is before the one it follows: sort them by time")
        if (seen.finding is Finding.PERMANENT_REDIRECT) != (seen.moved_to is not None):
            raise ValueError(f"observation {index}: permanent redirects name their final page, no others do")
        if as_of is not None and seen.at > as_of:
            break
        if index and seen.finding is Finding.FAILURE and _is_try_again(seen, observations[index - 1]):
            continue
        if seen.finding in BODIES:
            body = index
        shown = body if seen.finding is Finding.NOT_MODIFIED and body is not None else index
        page = observations[shown]
        moments.append(_Moment(seen.at, page.finding, shown, page.flags, seen.moved_to, is_known))
        own |= (seen.finding in BODIES or seen.finding in EXITS) << index
        is_known = is_known or seen.finding is Finding.COMPLETE or seen.finding in EXITS
    return Page(tuple(moments), own)


def history(
    page: Page, sightings: Sequence[Sighting], carried: Iterable[int] = (), *, is_redirect: bool = False
) -> History:
    """What became of one pair of ``page``.

    ``sightings`` don't overlap; ``carried`` are the indexes of the redirects whose final page carries the pair's target
    in a link of its kind; ``is_redirect`` says that the kind is redirect. Observations that ``page`` leaves out may be
    named: they are ignored.
    """
    there = 0
    for opened, closed, _ in sightings:
        since = page.own >> opened << opened
        there |= since if closed is None else since & ((1 << closed) - 1)
    for index in carried:
        there |= 1 << index
    course = page.course(there, is_redirect=is_redirect)
    versions = [_versions(moments, sightings) for moments in course.looks]
    intervals = [it._replace(versions=its) for it, its in zip(course.intervals, versions, strict=True)]
    return History(tuple(intervals), course.doubt, tuple(course.spells))


def _versions(moments: Sequence[_Moment], sightings: Sequence[Sighting]) -> tuple[Version, ...]:
    versions: list[Version] = []
    told: tuple[Look, PageFlag] | None = None
    sighting = sightings[0]
    for moment in moments:
        if not sighting.covers(moment.shown):
            sighting = next(it for it in sightings if it.covers(moment.shown))
        look = sighting.look
        if told == (look, moment.flags):
            continue
        told = look, moment.flags
        is_followed = look.is_followed and PageFlag.NOFOLLOW not in moment.flags
        version = Version(moment.at, look.rel, is_followed, look.anchor_text, moment.flags)
        changes = _changes(versions[-1], version) if versions else ()
        if changes or not versions:
            versions.append(version._replace(changes=changes))
    return tuple(versions)


def _changes(before: Version, after: Version) -> tuple[Change, ...]:
    flags = before.flags ^ after.flags
    changed = {
        Change.RELCHANGED: before.rel != after.rel
        or before.is_followed is not after.is_followed
        or PageFlag.NOFOLLOW in flags,
        Change.ANCHORCHANGED: before.anchor_text != after.anchor_text,
        Change.NOINDEX: PageFlag.NOINDEX in flags,
        Change.NOTCANONICAL: PageFlag.NOTCANONICAL in flags,
    }
    return tuple(change for change, has_changed in changed.items() if has_changed)


def take_over(intervals: Sequence[Interval], moved: Interval) -> tuple[Interval, ...]:
    """The final page's intervals of a pair, after one that ``moved`` there: it takes the earlier first_seen_at, and why
    it opened then, though not from before the end of an interval of its own.

    The interval that takes over is the one open when the other moved, or the first that opened after. Where pages moved
    on, the earlier move comes first.
    """
    if moved.ended_at is None or moved.moved_to is None:
        raise ValueError("only an interval that ended by moving can be taken over")
    heir = next((i for i, own in enumerate(intervals) if own.ended_at is None or own.ended_at > moved.ended_at), None)
    if heir is None or intervals[heir].first_seen_at <= moved.first_seen_at:
        return tuple(intervals)
    own = intervals[heir]
    free_from = intervals[heir - 1].ended_at if heir else None
    if free_from is not None and free_from > moved.first_seen_at:
        taken = own._replace(first_seen_at=free_from)
    else:
        taken = own._replace(first_seen_at=moved.first_seen_at, opened_why=moved.opened_why)
    return (*intervals[:heir], taken, *intervals[heir + 1 :])


class Growth(NamedTuple):
    """What happened to pairs in a period: end = start + gained + discovered - lost.

    Gained are links found new or restored on known pages; discovered are those of pages seen for the first time, which
    say nothing of growth. Moved pairs are in no other number.
    """

    start: int
    gained: int
    discovered: int
    lost: int
    moved: int
    end: int

    @property
    def rate(self) -> float | None:
        """(gained - lost) / start; None where there was nothing at the start."""
        return (self.gained - self.lost) / self.start if self.start else None


def growth(intervals: Iterable[Interval], since: int, until: int) -> Growth:
    """The growth after ``since`` up to and with ``until``, from the intervals of many pairs.

    A page that moved counts under its new address alone, before the move too: ``intervals`` are those after
    :func:`take_over`. So a move is neither gain nor loss.
    """
    start = gained = discovered = lost = moved = end = 0
    for it in intervals:
        is_ended = it.ended_at is not None and since < it.ended_at <= until
        if it.is_moved:
            moved += is_ended
            continue
        start += it.is_live(since)
        end += it.is_live(until)
        lost += is_ended
        if since < it.first_seen_at <= until:
            discovered += it.opened_why is Opening.PAGEFOUND
            gained += it.opened_why is not Opening.PAGEFOUND
    return Growth(start, gained, discovered, lost, moved, end)
