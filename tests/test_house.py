"""The house keeps its shape: who may import whom (docs/architecture.md), and that we do what the table says."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[1]

ROOMS: Final = {
    "wholinks.storage": ROOT / "storage",
    "wholinks.crawler": ROOT / "crawler",
    "wholinks.index": ROOT / "wholinks/index",
    "wholinks.notes": ROOT / "wholinks/notes",
    "wholinks.research": ROOT / "wholinks/research",
    "wholinks.render": ROOT / "wholinks/render",
    "wholinks.demo": ROOT / "wholinks/demo",
    "wholinks.cli": ROOT / "wholinks/cli",
}
OURS: Final[dict[str, set[str]]] = {
    "wholinks.storage": set(),
    "wholinks.crawler": {"wholinks", "wholinks.storage"},
    "wholinks.index": {"wholinks", "wholinks.storage.views", "wholinks.storage.urls", "wholinks.storage.records",
                       "wholinks.storage.errors", "wholinks.storage.shorthand", "wholinks.storage.sites",
                       "wholinks.storage.wording"},
    "wholinks.notes": {"wholinks.storage.urls", "wholinks.storage.errors"},
    "wholinks.research": {"wholinks.index", "wholinks.notes", "wholinks.storage.urls", "wholinks.storage.records",
                          "wholinks.storage.errors", "wholinks.storage.user_files", "wholinks.storage.wording"},
    "wholinks.render": {"wholinks.research", "wholinks.index", "wholinks.storage.urls", "wholinks.storage.errors",
                        "wholinks.storage.wording"},
    "wholinks.demo": set(),
    "wholinks.cli": {"wholinks"},
}  # fmt: skip
"""What of ours each room may import, besides itself."""

HTTP_CLIENT: Final = {"aiohttp", "yarl", "requests", "urllib.request", "http.client", "socket"}
HTML_PARSER: Final = {"selectolax", "lxml", "html5lib"}
FOREIGN: Final[dict[str, set[str]]] = {
    "wholinks.storage": {"aiosqlite", "tldextract", "ada_url", "xxhash"},
    "wholinks.crawler": {"aiohttp", "yarl", "selectolax", "xxhash", "re2"},
    "wholinks.index": {"duckdb", "adbc_driver_manager", "adbc_driver_sqlite", "numpy"},
    "wholinks.notes": set(),
    "wholinks.research": {"duckdb", "numpy"},
    "wholinks.render": {"jinja2", "markupsafe", "rich"},
    "wholinks.demo": {"aiohttp"},
    "wholinks.cli": {"click", "rich", "uvloop"},
}
"""What of others' each room may import, besides the standard library."""


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*.py") if "__pycache__" not in path.parts]


def _imports(room: str, folder: Path, file: Path) -> Iterator[tuple[str, int]]:
    """The modules a file imports, by their whole names, with the line."""
    package = [*room.split("."), *file.relative_to(folder).parent.parts]
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = ".".join([*package[: len(package) - node.level + 1], *filter(None, [node.module])])
            module = base if node.level else node.module or ""
            is_module = {f"{module}.{alias.name}" for alias in node.names}
            yield module, node.lineno
            yield from ((name, node.lineno) for name in is_module if _is_ours(name) and _exists(name))


def _is_ours(module: str) -> bool:
    return module == "wholinks" or module.startswith("wholinks.")


def _exists(module: str) -> bool:
    path = ROOT / Path(*module.split("."))
    return path.is_dir() or path.with_suffix(".py").is_file()


def _is_within(module: str, allowed: set[str]) -> bool:
    return any(module == name or (name != "wholinks" and module.startswith(f"{name}.")) for name in allowed)


def _is_parent(module: str, allowed: set[str]) -> bool:
    """``from wholinks.storage import views`` names the package on the way; what counts is what it takes from it."""
    return any(name.startswith(f"{module}.") for name in allowed)


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_what_the_table_allows(room: str) -> None:
    import sys

    wrong = []
    for file in _files(ROOMS[room]):
        for module, line in _imports(room, ROOMS[room], file):
            top = module.partition(".")[0]
            if _is_ours(module):
                allowed = OURS[room] | {room}
                is_fine = room == "wholinks.cli" or _is_within(module, allowed) or _is_parent(module, allowed)
            else:
                is_fine = top in sys.stdlib_module_names or top in FOREIGN[room]
            if not is_fine:
                wrong.append(f"{file.relative_to(ROOT)}:{line} imports {module}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("room", sorted(ROOMS.keys() - {"wholinks.crawler", "wholinks.demo", "wholinks.cli"}))
def test_no_http_client_and_no_html_parser_outside_the_crawler(room: str) -> None:
    names = {module for file in _files(ROOMS[room]) for module, _ in _imports(room, ROOMS[room], file)}
    assert not names & (HTTP_CLIENT | HTML_PARSER)


def test_beside_them_only_the_webhook_has_an_http_client() -> None:
    files = [*(ROOT / "wholinks").glob("*.py"), *_files(ROOMS["wholinks.cli"])]
    found = {
        file.relative_to(ROOT / "wholinks").as_posix()
        for file in files
        if {name for name, _ in _imports("wholinks", ROOT / "wholinks", file)} & (HTTP_CLIENT | HTML_PARSER)
    }
    assert found == {"webhook.py"}


def test_nothing_imports_the_command_line() -> None:
    for room in ROOMS.keys() - {"wholinks.cli"}:
        for file in _files(ROOMS[room]):
            assert not any(module.startswith("wholinks.cli") for module, _ in _imports(room, ROOMS[room], file)), file


def test_every_room_is_in_the_table() -> None:
    rooms = {path.name for path in (ROOT / "wholinks").iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert {f"wholinks.{name}" for name in rooms} == {*ROOMS, "wholinks.seeds"}


def test_nothing_touches_the_import_path() -> None:
    for folder in ROOMS.values():
        for file in _files(folder):
            assert "sys.path" not in file.read_text("utf-8"), file


def test_no_file_is_named_for_nothing() -> None:
    vague = {"utils.py", "util.py", "helpers.py", "common.py", "base.py", "misc.py"}
    assert not [file for folder in ROOMS.values() for file in _files(folder) if file.name in vague]
