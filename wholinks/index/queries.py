"""The index as everyone above sees it: questions in, typed rows out."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

import duckdb

from wholinks.storage import views
from wholinks.storage.errors import DataFolderError, UsageError
from wholinks.storage.records import COUNTED_KINDS, Kind, State
from wholinks.storage.sites import Parts, PrefixSite

from . import ledger
from .answers import Answer, Counted_co, Coverage, LinkedTotals, Row, Snapshot, Totals
from .connection import open_reader, session, translated
from .coverage import coverage, looked_at
from .ctrl_c import Watch
from .ends import Ends, find_ends
from .filters import NO_FILTERS, Filters
from .hints import hint
from .ledger import Ledger, Step
from .paging import Page
from .past import look_back
from .places import Places
from .proof import Proof, prove
from .questions import By, Direction, Follow, Question, Standing, kinds_meant, meant, moment_meant
from .rows import count_groups, moment, rows
from .schema import INDEX_FILE, VERSION
from .sorting import order_of
from .sources import Sources
from .states import DAY_S
from .target import Mode, Schemes, Target, parse_target
from .totals import Measures, linked_totals, measure, totals
from .verdict import Verdict, does_link, refuse_one_site

Result = TypeVar("Result")


class Index:
    """The index of a data folder, open for reading; use it as a context manager, or close it.

    It answers from the file it opened, also when a build has put another in its place since. Threads may share it.
    Raises :class:`DataFolderError` when there is no index, or the file is damaged or of another version.
    """

    def __init__(self, folder: Path | str) -> None:
        self.folder = Path(folder)
        self._path = self.folder / INDEX_FILE
        self._rebuild = f"run 'wholinks index --data {self.folder}'"
        if not self._path.exists():
            if not (self.folder / views.CRAWL_DB).exists():
                first = f"run 'wholinks crawl SEED... --data {self.folder}' first"
                raise DataFolderError(f"{self.folder}: no crawl and no index here; {first}")
            raise DataFolderError(f"{self.folder}: no index here; {self._rebuild}")
        self._watch = Watch()
        try:
            self._duck = open_reader(self._path)
        except duckdb.Error as error:
            self._watch.end()
            raise translated(error, self._path, f"the index is damaged; {self._rebuild}") from error
        try:
            self._meta = self._read_meta()
            self._places = Places(self._duck, Parts(self.prefix_sites))
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the file back."""
        self._watch.end()
        self._duck.close()

    def _read_meta(self) -> dict[str, str]:
        try:
            meta = dict(self._duck.execute("SELECT key, value FROM meta").fetchall())
        except duckdb.CatalogException:
            meta = {}
        except duckdb.Error as error:
            raise translated(error, self._path, f"the index is damaged; {self._rebuild}") from error
        version = int(meta.get("version", 0))
        if version != VERSION:
            whose = "a newer" if version > VERSION else "an older"
            advice = "upgrade wholinks, or " if version > VERSION else ""
            raise DataFolderError(f"{self._path}: made by {whose} wholinks; {advice}{self._rebuild}")
        return meta

    # -- questions

    def target(self, text: str, *, mode: Mode | str | None = None, protocol: Schemes | str = Schemes.BOTH) -> Target:
        """Read what was typed as a target. Raises :class:`UsageError`."""
        wanted, schemes = meant(Mode, mode, "mode") if mode else None, meant(Schemes, protocol, "protocol")
        parts = self._places.parts
        return self.translated(lambda: parse_target(text, self._places, mode=wanted, protocol=schemes, parts=parts))

    def who_links_to(
        self,
        target: str | Target,
        *,
        mode: Mode | str | None = None,
        protocol: Schemes | str = Schemes.BOTH,
        by: By | str = By.DOMAIN,
        follow: Follow | str = Follow.ALL,
        kinds: Iterable[Kind | str] = COUNTED_KINDS,
        state: Standing | str = Standing.LIVE,
        as_of: datetime | date | str | None = None,
        since: datetime | date | str | None = None,
        filters: Filters = NO_FILTERS,
        sort: str | None = None,
        limit: int | None = None,
        offset: int = 0,
        after: str | None = None,
    ) -> Answer[Totals]:
        """The backlinks of ``target`` (text, or what :meth:`target` made of it, with its own mode and protocol).

        Enumerations may be given by their values (``by="page"``). ``limit`` and ``offset`` cut the rows, never the
        totals. ``state`` chooses links by how they stand, ``as_of`` a past day (``2026-11-21`` or a date: its end),
        ``since`` the day from which on they are new or lost (new: by default 30 days before). ``filters`` narrow
        further down which links count, ``sort`` is a column of the rows (``links``, ``links:asc``).

        Raises :class:`UsageError` for what can't be meant.
        """
        if isinstance(target, str):
            target = self.target(target, mode=mode, protocol=protocol)
        question = _asked(target, None, by, follow, kinds, limit, offset, state, as_of, since, filters, sort, after)
        return self._answer(question, totals)

    def links_from(
        self,
        source: str | Target,
        *,
        mode: Mode | str | None = None,
        protocol: Schemes | str = Schemes.BOTH,
        by: By | str = By.DOMAIN,
        follow: Follow | str = Follow.ALL,
        kinds: Iterable[Kind | str] = COUNTED_KINDS,
        state: Standing | str = Standing.LIVE,
        as_of: datetime | date | str | None = None,
        since: datetime | date | str | None = None,
        filters: Filters = NO_FILTERS,
        sort: str | None = None,
        limit: int | None = None,
        offset: int = 0,
        after: str | None = None,
    ) -> Answer[LinkedTotals]:
        """What the pages of ``source`` link to on other sites: :meth:`who_links_to` the other way round.

        ``coverage`` is that of the source. Raises :class:`UsageError` for what can't be meant.
        """
        if isinstance(source, str):
            source = self.target(source, mode=mode, protocol=protocol)
        question = _asked(None, source, by, follow, kinds, limit, offset, state, as_of, since, filters, sort, after)
        return self._answer(question, linked_totals)

    def links_between(
        self,
        source: str | Target,
        target: str | Target,
        *,
        by: By | str = By.LINK,
        follow: Follow | str = Follow.ALL,
        kinds: Iterable[Kind | str] = COUNTED_KINDS,
        state: Standing | str = Standing.LIVE,
        as_of: datetime | date | str | None = None,
        since: datetime | date | str | None = None,
        filters: Filters = NO_FILTERS,
        sort: str | None = None,
        limit: int | None = None,
        offset: int = 0,
        after: str | None = None,
    ) -> Answer[Totals]:
        """The links from the pages of one site, host or page to another: they are among those that
        :meth:`who_links_to` ``target`` counts. ``coverage`` is that of the source.

        Raises :class:`UsageError`, also where both are of one site.
        """
        page, named = (self.target(text) if isinstance(text, str) else text for text in (source, target))
        refuse_one_site(page, named)
        question = _asked(named, page, by, follow, kinds, limit, offset, state, as_of, since, filters, sort, after)
        return self._answer(question, totals)

    def answer(self, question: Question) -> Answer[Totals] | Answer[LinkedTotals]:
        """Answer a question as a whole."""
        if question.direction is Direction.FROM:
            return self._answer(question, linked_totals)
        return self._answer(question, totals)

    def rows(self, question: Question) -> Page[Row]:
        """Only the rows, one by one: for answers of any length. At their end its ``next`` is that of an answer."""

        def ask() -> Page[Row]:
            duck, ends = self.ask(question)
            return rows(duck, question, ends, self._meta["snapshot"])

        page = self.translated(ask)
        page.found = self._guarded(page.found)
        return page

    def _guarded(self, found: Iterator[Result]) -> Iterator[Result]:
        try:
            yield from found
        except duckdb.Error as error:
            raise self._broken(error) from error

    def explain(self, asked: str | Question, step: Step | str | None = None) -> Ledger:
        """How the numbers of a question (of a target alone: by default) came about.

        With the links behind ``step``, cut by the question's ``limit``. Raises :class:`UsageError`.
        """
        question = Question(self.target(asked), By.LINK) if isinstance(asked, str) else asked
        if question.source is not None:
            raise UsageError("a ledger is of a target's links, whatever their source")
        wanted = meant(Step, step, "step") if step else None
        return self.translated(lambda: self._explain(question, wanted))

    def _explain(self, question: Question, step: Step | None) -> Ledger:
        duck, ends = self.ask(question)
        steps, counted = ledger.steps(duck, question, ends)
        return Ledger(
            question, steps, counted, ledger.without_schemes(duck, question, ends), step,
            rows=ledger.rows_behind(duck, question, ends, step, question.limit) if step else (),
            rows_known=ledger.count_behind(duck, question, ends, step) if step else 0,
            snapshot=self.snapshot(question),
        )  # fmt: skip

    def evidence(self, source: str, target: str, *, ordinal: int | None = None) -> Proof:
        """The proof of one backlink: the links of the page ``source`` to the URL ``target``, or what is known of it.

        A URL typed without a scheme means either. Raises :class:`UsageError`.
        """
        return self.translated(lambda: self._evidence(source, target, ordinal))

    def _evidence(self, source: str, target: str, ordinal: int | None) -> Proof:
        page, named = (self.target(url, mode=Mode.EXACT, protocol=scheme_typed(url)) for url in (source, target))
        snapshot = self.snapshot(Question(named))
        return prove(session(self._duck), self._places, page, named, ordinal=ordinal, snapshot=snapshot)

    def does_link(
        self,
        source: str | Target,
        target: str | Target,
        *,
        follow: Follow | str = Follow.ALL,
        kinds: Iterable[Kind | str] = COUNTED_KINDS,
        filters: Filters = NO_FILTERS,
        limit: int | None = None,
    ) -> Verdict:
        """Whether the site, host or page ``source`` links to ``target``: yes, no or unknown, each with its grounds.

        ``limit`` cuts the rows of a yes. Raises :class:`UsageError`, also where both are of one site.
        """
        page, named = (self.target(text) if isinstance(text, str) else text for text in (source, target))
        chosen = meant(Follow, follow, "follow"), kinds_meant(kinds)
        question = Question(named, By.LINK, *chosen, limit, source=page, filters=filters)
        return self.translated(lambda: self._does_link(question, (page, named)))

    def _does_link(self, question: Question, ends: tuple[Target, Target]) -> Verdict:
        duck = session(self._duck)
        question.filters.refuse_unreadable(duck, self._meta["snapshot"])
        return does_link(duck, self._places, ends, question, self.snapshot(question))

    def _answer(
        self, question: Question, count: Callable[[duckdb.DuckDBPyConnection, Question, Ends], Counted_co]
    ) -> Answer[Counted_co]:
        return self.translated(lambda: self._answered(question, count))

    def _answered(
        self, question: Question, count: Callable[[duckdb.DuckDBPyConnection, Question, Ends], Counted_co]
    ) -> Answer[Counted_co]:
        duck, ends = self.ask(question)
        counted = count(duck, question, ends)
        page = rows(duck, question, ends, self._meta["snapshot"])
        found = tuple(page)
        looked = looked_at(duck, ends.source)[0] if ends.source is not None else self.coverage
        return Answer(
            question=question,
            totals=counted,
            rows=found,
            rows_known=_rows_known(duck, question, ends, counted),
            coverage=looked,
            snapshot=self.snapshot(question),
            hint=None if counted.backlinks else hint(self, question, ends, looked),
            next=page.next,
            rows_before=page.rows_before,
        )

    def ask(self, question: Question) -> tuple[duckdb.DuckDBPyConnection, Ends]:
        """A session for one question, in which ``link`` has the links that it means, and where these begin and end.

        For this package and ``wholinks.research``, inside of :meth:`translated`; rows are for everyone else.
        """
        duck = session(self._duck)
        question.filters.refuse_unreadable(duck, self._meta["snapshot"])
        order_of(question)
        self._refuse_the_future(question)
        ends = find_ends(duck, self._places, question)
        look_back(duck, question, ends, self.built_at)
        question.filters.prepare(duck, ends.of_domains(), question.kind_mask)
        return duck, ends

    def _refuse_the_future(self, question: Question) -> None:
        if question.as_of is None:
            return
        last_fetch = self.coverage.as_of
        known_to = max(self.built_at, int(last_fetch.timestamp()) if last_fetch else 0)
        if question.as_of > known_to + DAY_S:
            raise UsageError(f"as of: the index knows nothing after {moment(known_to):%Y-%m-%d}; leave it out for now")

    def measure(self, question: Question) -> Measures:
        """What is counted of a question, without its rows; inside of :meth:`translated`."""
        duck, ends = self.ask(question)
        return measure(duck, question, ends)

    def looked_at(self, source: Target) -> Coverage:
        """How much of a source the crawl had looked at; inside of :meth:`translated`."""
        duck = session(self._duck)
        return looked_at(duck, Sources(duck, self._places, source))[0]

    def session(self) -> duckdb.DuckDBPyConnection:
        """A session on the whole index, for ``wholinks.research``, inside of :meth:`translated`."""
        return session(self._duck)

    @property
    def built_at(self) -> int:
        """When the index was built, in UTC seconds: the "now" of every answer."""
        return int(self._meta["built_at"])

    @property
    def first_read_at(self) -> int | None:
        """When the first page was read, in UTC seconds; None where none was."""
        asked = "SELECT min(first_seen_at) FROM page"
        found: int | None = self.translated(lambda: self.session().execute(asked).fetchall()[0][0])
        return found

    def translated(self, ask: Callable[[], Result]) -> Result:
        """What ``ask`` returns, with DuckDB's errors as :class:`DataFolderError`."""
        try:
            return ask()
        except duckdb.Error as error:
            raise self._broken(error) from error

    def _broken(self, error: duckdb.Error) -> DataFolderError:
        return translated(error, self._path, f"if the file is damaged, {self._rebuild}")

    # -- what the answers stand on

    @cached_property
    def coverage(self) -> Coverage:
        """How much the crawl had looked at when the index was built."""
        facts = json.loads(self._meta["coverage"])
        pages = Counter({State(int(state)): count for state, count in facts["states"].items()})
        return coverage(pages, facts["domains"], facts["as_of"])

    def snapshot(self, question: Question) -> Snapshot:
        """What a question is answered from, and how."""
        return Snapshot(
            id=self._meta["snapshot"],
            built_at=moment(self.built_at),
            suffix_list=self._meta["suffix_list"],
            policy=question.policy + (f"; sites by prefix={len(self.prefix_sites)}" if self.prefix_sites else ""),
            stale=self.is_stale,
        )

    @property
    def built(self) -> Snapshot:
        """The index itself: its id, its time, and the default rules."""
        return self.snapshot(Question(self.target("example.com")))

    @cached_property
    def prefix_sites(self) -> tuple[PrefixSite, ...]:
        """The sites by prefix that the index was built with."""
        return tuple(PrefixSite(*site) for site in json.loads(self._meta["prefix_sites"]))

    @cached_property
    def is_stale(self) -> bool:
        """Whether the crawl beside the index has gone on since, or is to be counted with other sites by prefix; False
        where there is no crawl to compare with."""
        crawl_db = self.folder / views.CRAWL_DB
        if not crawl_db.exists():
            return False
        try:
            extent = views.extent(crawl_db)
        except DataFolderError:  # an answer does not need the crawl
            return False
        has_gone_on = extent.last_fetch_id > int(self._meta["last_fetch_id"])
        return has_gone_on or extent.prefix_sites != self.prefix_sites


def _rows_known(duck: duckdb.DuckDBPyConnection, question: Question, ends: Ends, counted: Totals | LinkedTotals) -> int:
    match question.by:
        case By.DOMAIN:
            return counted.referring_domains if isinstance(counted, Totals) else counted.linked_domains
        case By.PAGE:
            return counted.backlinks
        case By.LINK:
            return counted.links
    return count_groups(duck, question, ends)


def _asked(  # noqa: PLR0917 - a question's parts
    target: Target | None,
    source: Target | None,
    by: By | str,
    follow: Follow | str,
    kinds: Iterable[Kind | str],
    limit: int | None,
    offset: int,
    state: Standing | str,
    as_of: datetime | date | str | None,
    since: datetime | date | str | None,
    filters: Filters,
    sort: str | None,
    after: str | None,
) -> Question:
    """The question, from values that a person may give."""
    return Question(
        target, meant(By, by, "by"), meant(Follow, follow, "follow"), kinds_meant(kinds), limit, offset, source,
        meant(Standing, state, "state"), moment_meant(as_of, "as_of", is_end=True),
        moment_meant(since, "since", is_end=False), filters, sort, after,
    )  # fmt: skip


def scheme_typed(url: str) -> Schemes:
    """The scheme a URL was typed with: what it means where one URL is meant."""
    scheme = url.strip().partition(":")[0].lower()
    return Schemes(scheme) if scheme in {"http", "https"} else Schemes.BOTH
