"""The installed form: one name in site-packages, each file once, and foreign files of our rooms' names do no harm."""

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[1]


def built(out: Path, **environment: str) -> Path:
    """A wheel built by way of an sdist, as a release is."""
    subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(out), str(ROOT)],
        check=True,
        capture_output=True,
        env={**os.environ, **environment},
    )
    return next(out.glob("*.whl"))


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built(tmp_path_factory.mktemp("dist"))


@pytest.fixture(scope="module")
def plain_wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One made where there is no compiler."""
    return built(tmp_path_factory.mktemp("plain"), LDSHARED="no-such-compiler")


def test_the_wheel_owns_one_name_and_holds_each_file_once(wheel: Path) -> None:
    names = [name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name]
    assert {name.partition("/")[0] for name in names} == {"wholinks"}
    assert len(names) == len(set(names))
    sources = [
        path.relative_to(ROOT)
        for room in ("crawler", "storage", "seeds", "wholinks")
        for path in (ROOT / room).rglob("*.py")
        if not any((ROOT / parent).is_symlink() for parent in path.relative_to(ROOT).parents)
    ]
    expected = {str(path) if path.parts[0] == "wholinks" else f"wholinks/{path}" for path in sources}
    assert {name for name in names if name.endswith(".py")} == expected
    data = (
        "py.typed",
        "seeds/demo.txt",
        "render/templates/report.html",
        "research/card/metrics.toml",
        "research/card/words.toml",
        "research/quality/quality.toml",
    )
    assert {f"wholinks/{name}" for name in data} <= set(names)
    if shutil.which((sysconfig.get_config_var("CC") or "cc").split()[0]):
        suffix = sysconfig.get_config_var("EXT_SUFFIX")
        compiled = ("crawler/page/_tree", "crawler/page/_simhash", "storage/_btree", "index/_transpose")
        modules = {f"wholinks/{name}{suffix}" for name in compiled}
        assert {name for name in names if name.endswith((".so", ".c", ".h"))} == modules


def test_without_a_compiler_a_wheel_is_for_every_machine(plain_wheel: Path) -> None:
    assert plain_wheel.name.endswith("-py3-none-any.whl")
    assert not [name for name in zipfile.ZipFile(plain_wheel).namelist() if name.endswith((".so", ".c", ".h"))]


@pytest.mark.parametrize("kind", ["wheel", "plain_wheel"])
def test_the_wheel_works_beside_foreign_modules_of_our_rooms_names(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    wheel: Path = request.getfixturevalue(kind)
    home = tmp_path / "env"
    venv.create(home, with_pip=False, symlinks=True)
    site = next(home.glob("lib/python*/site-packages"))
    # The dependencies are those of this environment; the project itself comes from the wheel alone.
    ours = [path for path in sys.path if path.endswith("site-packages")]
    (site / "dependencies.pth").write_text("\n".join(ours), "utf-8")
    zipfile.ZipFile(wheel).extractall(site)
    work = tmp_path / "work"
    work.mkdir()
    for name in ("storage", "crawler", "seeds"):
        (work / f"{name}.py").write_text("raise SystemExit('the wrong file was imported')\n", "utf-8")
    environment = {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "WHOLINKS_DATA"}}
    code = "from wholinks.cli import main; import wholinks; print(wholinks.__file__); main()"
    done = subprocess.run(
        [str(home / "bin/python"), "-c", code, "demo", "--data", "demo-data"],
        cwd=work, env=environment, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert str(site) in done.stdout
    assert "23" in done.stdout
    assert ("not compiled" in done.stderr) == wheel.name.endswith("-py3-none-any.whl")
