"""Links beside organic traffic, for people to read."""

from collections.abc import Callable

from wholinks.research.campaigns.correlation import LEAST
from wholinks.research.campaigns.traffic import Traffic, TrafficPeriod
from wholinks.storage.wording import counted

from .sheet import Sheet, Table

_PERIODS = ("first", "traffic", "backlinks", "referring_domains", "gained", "discovered", "lost", "days")
_NUMBERS = (
    "series", "of", "lag", "pearson", "pearson_low", "pearson_high", "periods", "spearman", "spearman_low",
    "spearman_high", "why_none",
)  # fmt: skip
_NO_CAUSE = (
    "A correlation is no cause: links may bring visitors, visitors may bring links, and a season, a campaign or a"
    " larger crawl may move both."
)
_CAUTIONS = (
    "Levels of two series that both grow go together by their growth alone: look at the changes.",
    "The intervals (95%; Spearman's an approximation) take periods for independent: they are too narrow.",
    "Of many numbers the best looks better than it is: by chance alone 1 in 20 excludes 0.",
    "backlinks and referring_domains grow with the crawl, too: see discovered.",
)


def traffic_sheet(limit: int | None) -> Callable[[Traffic], Sheet]:
    """The last ``limit`` periods, and the correlations of all."""

    def sheet(found: Traffic) -> Sheet:
        rows = found.rows if limit is None else found.rows[max(len(found.rows) - limit, 0) :]
        given = [one for one in found.correlations if one.pearson is not None]
        lines = [_headline(found), *([] if given else [_too_few(found)])]
        table = Table("correlation with traffic 'lag' periods later", found.correlations, _NUMBERS)
        notes = []
        if len(rows) < len(found.rows):
            notes.append(
                f"the last {len(rows)} of {counted(len(found.rows), 'period')}; --limit {len(found.rows)} shows all"
            )
        cut = [row for row in found.rows if row.traffic is not None and row.whole_traffic is None]
        if cut:
            what = counted(len(cut), "period")
            notes.append(f"{what} with days of unknown traffic: shown, and not compared")
        others = [name for name in found.measures if name != found.measure]
        if others:
            notes.append(f"also imported: {', '.join(others)} (--measure)")
        tables = (Table(f"by {found.every}", rows, _PERIODS), *([table] if given else []))
        return Sheet(tuple(lines), tables, (*notes, _NO_CAUSE, *(_CAUTIONS if given else ())))

    return sheet


def _headline(found: Traffic) -> str:
    known = sum(row.traffic or 0 for row in found.rows)
    both = sum(_has_both(row) for row in found.rows)
    since = f"crawled from {found.crawled_from}" if found.crawled_from else "never crawled"
    compared = f"links and traffic known of {counted(both, 'whole period')}"
    return f"{found.target.text}: {counted(known, found.measure.removesuffix('s'), found.measure)}; {compared}; {since}"


def _too_few(found: Traffic) -> str:
    why = found.correlations[0].why_none if found.correlations else None
    return f"no correlation is given: {why or f'at least {LEAST} whole periods with both are needed'}"


def _has_both(row: TrafficPeriod) -> bool:
    return row.whole_traffic is not None and row.backlinks is not None
