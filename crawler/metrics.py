"""A crawl's numbers as Prometheus reads them (text format 0.0.4), for node_exporter's textfile collector. Pure."""

from collections.abc import Iterable, Iterator, Mapping

from .load import HostLoad
from .stats import Stats

Sample = tuple[Mapping[str, str], float]


def exposition(stats: Stats, hosts: HostLoad, waiting: int | None, *, started_at: float, is_running: bool) -> str:
    """The whole file. ``waiting`` is left out while unknown; ``started_at`` is in UTC seconds. Counters are this
    run's: they start anew with each crawl, as Prometheus expects of a process."""
    return "".join(f"{line}\n" for line in _lines(stats, hosts, waiting, started_at, is_running))


def _lines(stats: Stats, hosts: HostLoad, waiting: int | None, started_at: float, is_running: bool) -> Iterator[str]:
    internal = stats.links - stats.external_links
    families: list[tuple[str, str, str, Iterable[Sample]]] = [
        ("requests_total", "counter", "Requests that ended, by what for and how.",
         [({"purpose": purpose, "outcome": outcome}, count) for (purpose, outcome), count in stats.outcomes.items()]),
        ("failures_total", "counter", "Tries that failed, by kind.",
         [({"kind": kind}, count) for kind, count in stats.failures.items()]),
        ("pages_total", "counter", "Pages read.", [({}, stats.pages)]),
        ("links_total", "counter", "Links kept, by where they lead.",
         [({"to": "same_site"}, internal), ({"to": "other_site"}, stats.external_links)]),
        ("body_bytes_total", "counter", "Bytes of page bodies, decoded.", [({}, stats.bytes)]),
        ("hosts", "gauge", "Hosts known to this crawl, by what they wait for.",
         [({"state": state}, count) for state, count in hosts._asdict().items()]),
        ("pages_waiting", "gauge", "Pages in crawl.db that wait to be fetched.",
         [] if waiting is None else [({}, waiting)]),
        ("start_time_seconds", "gauge", "When the crawl began, UTC.", [({}, started_at)]),
        ("running", "gauge", "1 while the crawl runs, 0 when it has ended.", [({}, int(is_running))]),
    ]  # fmt: skip
    for name, kind, help_, samples in families:
        found = sorted(samples, key=lambda sample: sorted(sample[0].items()))
        if found:
            yield f"# HELP wholinks_crawl_{name} {help_}"
            yield f"# TYPE wholinks_crawl_{name} {kind}"
            yield from (f"wholinks_crawl_{name}{_labels(labels)} {_number(value)}" for labels, value in found)


def _labels(labels: Mapping[str, str]) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items()) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(float(value))
