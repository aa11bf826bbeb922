"""What a part of the benchmark found: kept as JSON, shown as Markdown, with the machine it was measured on."""

import argparse
import json
import os
import platform
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any, Final

RESULTS: Final = Path(__file__).resolve().parent / "results"
PACKAGES: Final = (
    "wholinks", "aiohttp", "uvloop", "selectolax", "ada-url", "aiosqlite", "duckdb", "adbc-driver-sqlite", "lxml",
)  # fmt: skip


@dataclass(slots=True)
class Table:
    """A table of results; cells are texts or numbers."""

    title: str
    columns: list[str]
    rows: list[list[str | float | int]] = field(default_factory=list)

    def markdown(self) -> str:
        """As Markdown, numbers to the right."""
        is_number = [all(not isinstance(row[place], str) for row in self.rows) for place in range(len(self.columns))]
        lines = [
            f"**{self.title}**",
            "",
            f"| {' | '.join(self.columns)} |",
            f"|{'|'.join('---:' if number else '---' for number in is_number)}|",
        ]
        lines += [f"| {' | '.join(shown(cell) for cell in row)} |" for row in self.rows]
        return "\n".join(lines)


@dataclass(slots=True)
class Part:
    """A part of the benchmark: its tables, what is to be known to read them, and each run behind the medians."""

    name: str
    tables: list[Table] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    runs: list[dict[str, Any]] = field(default_factory=list)
    machine: dict[str, Any] = field(default_factory=dict)

    def markdown(self) -> str:
        """The whole part."""
        return "\n\n".join([*(table.markdown() for table in self.tables), *(f"- {note}" for note in self.notes)]) + "\n"


def shown(cell: str | float | int) -> str:
    """A cell as people read it: thousands set apart, three digits that mean something."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, int) or abs(cell) >= 100:
        return f"{cell:,.0f}"
    return f"{cell:,.2f}" if abs(cell) < 10 else f"{cell:,.1f}"


def options(what: str) -> argparse.ArgumentParser:
    """The options every part has."""
    parser = argparse.ArgumentParser(description=what)
    parser.add_argument("--quick", action="store_true", help="small sizes, one round")
    parser.add_argument("--results", type=Path, default=RESULTS, help="the folder that results are written to")
    parser.add_argument("--work", type=Path, help="the folder for corpora and databases; by default one in --results")
    parser.add_argument("--rounds", type=int, help="rounds of each measurement (medians are told)")
    return parser


def work_folder(given: argparse.Namespace) -> Path:
    """Where corpora and databases lie; made if it is not there."""
    folder: Path = given.work or given.results / "work"
    folder.mkdir(parents=True, exist_ok=True)
    return folder.resolve()


def keep(part: Part, folder: Path) -> None:
    """Write the part to ``folder`` and to standard output."""
    part.machine = machine()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{part.name}.json").write_text(json.dumps(asdict(part), indent=1) + "\n", "utf-8")
    sys.stdout.write(part.markdown() + "\n")
    sys.stdout.flush()


def tell(line: str) -> None:
    """Say on standard error how far it got."""
    sys.stderr.write(f"{datetime.now(UTC):%H:%M:%S} {line}\n")
    sys.stderr.flush()


def machine() -> dict[str, Any]:
    """The machine, as far as it matters to a time."""
    return {
        "made_at": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        "cpu": _after_colon("/proc/cpuinfo", "model name"),
        "cores": os.cpu_count(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "load": [round(load, 2) for load in os.getloadavg()],
        "packages": {name: _version(name) for name in PACKAGES},
    }


def machine_line(facts: dict[str, Any]) -> str:
    """The machine in one sentence."""
    packages = ", ".join(f"{name} {version}" for name, version in facts["packages"].items() if version)
    return (
        f"{facts['made_at']}; {facts['cores']} cores ({facts['cpu']}), {facts['memory_gib']} GiB, kernel "
        f"{facts['kernel']}, Python {facts['python']}; {packages}. Load at the end: {facts['load']}."
    )


def document(folder: Path, names: Sequence[str]) -> str:
    """All parts that ``folder`` has results of, as one Markdown text."""
    lines = ["# Results", ""]
    for name in names:
        path = folder / f"{name}.json"
        if not path.exists():
            continue
        found = json.loads(path.read_text("utf-8"))
        if "tables" not in found:
            continue
        part = Part(name, [Table(**table) for table in found["tables"]], found["notes"])
        lines += [f"## {name.capitalize()}", "", machine_line(found["machine"]), "", part.markdown()]
    return "\n".join(lines)


def _after_colon(path: str, name: str) -> str:
    try:
        lines = Path(path).read_text("utf-8").splitlines()
    except OSError:
        return "unknown"
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(name)), "unknown")


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""
