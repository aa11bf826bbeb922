"""``python -m bench.size``: files, lines and functions of each package, and what is largest."""

import ast
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Final, NamedTuple

ROOT: Final = Path(__file__).resolve().parents[1]
PACKAGES: Final = ("crawler", "storage", "wholinks", "tests", "bench")


class Function(NamedTuple):
    """A function and its lines without the docstring."""

    place: str
    lines: int


def main() -> None:
    """Print the table."""
    print(f"{'package':<10} {'files':>6} {'lines':>7} {'functions':>10} {'median':>7} {'p90':>5} {'largest':>8}")
    for package in PACKAGES:
        files = sorted(_files(ROOT / package))
        functions = sorted(function.lines for file in files for function in _functions(file))
        lines = sum(len(file.read_text("utf-8").splitlines()) for file in files)
        if functions:
            p90 = functions[int(len(functions) * 0.9)]
            print(
                f"{package:<10} {len(files):>6} {lines:>7,} {len(functions):>10} {median(functions):>7g} {p90:>5}"
                f" {functions[-1]:>8}"
            )
    every = [file for package in PACKAGES[:3] for file in _files(ROOT / package)]
    print("\nlongest files")
    for count, file in sorted(((len(file.read_text("utf-8").splitlines()), file) for file in every), reverse=True)[:5]:
        print(f"  {count:>4}  {file.relative_to(ROOT)}")
    print("longest functions")
    for function in sorted((f for file in every for f in _functions(file)), key=lambda f: -f.lines)[:5]:
        print(f"  {function.lines:>4}  {function.place}")


def _files(folder: Path) -> Iterator[Path]:
    """Python files below ``folder``, those behind links left out."""
    for path in sorted(folder.iterdir()):
        if path.is_dir() and not path.is_symlink():
            yield from _files(path)
        elif path.suffix == ".py":
            yield path


def _functions(file: Path) -> Iterator[Function]:
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            skipped = 0
            if ast.get_docstring(node) is not None:
                skipped = (node.body[0].end_lineno or 0) - node.body[0].lineno + 1
            lines = (node.end_lineno or 0) - node.lineno + 1 - skipped
            yield Function(f"{file.relative_to(ROOT)}:{node.lineno} {node.name}", lines)


if __name__ == "__main__":
    main()
