"""Compiles our C modules (for the parser and the index build) when the project is installed or a wheel is made.

Without a compiler, or where it fails, they are left out, and the same is done in Python.
"""

import os
import shlex
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path
from typing import Any, Final

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

MODULES: Final = {
    "crawler/page/_tree": "crawler/page/c/tree.c",
    "crawler/page/_simhash": "crawler/page/c/simhash.c",
    "storage/_btree": "storage/c/btree.c",
    "wholinks/index/_transpose": "wholinks/index/c/transpose.c",
}
"""Each module, without its suffix, and what it is made of."""


class CompiledModules(BuildHookInterface):  # type: ignore[type-arg,misc,unused-ignore]
    """Puts each module beside its source, for an editable install, and into the wheel."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called before a wheel of this ``version`` ("standard" or "editable") is put together."""
        root = Path(self.root)
        modules = [_compiled(root / module, root / source) for module, source in MODULES.items()]
        if None in modules:
            self.app.display_warning("no C compiler that works: pages and indexes will take twice as long")
            return
        build_data["pure_python"] = False
        build_data["infer_tag"] = True
        if version != "editable":
            for module in filter(None, modules):
                place = module.relative_to(root)
                if place.parts[0] != "wholinks":
                    place = "wholinks" / place
                build_data["force_include"][str(module)] = place.as_posix()


def _compiled(name: Path, source: Path) -> Path | None:
    """The module made of ``source``, or None; one that was there is replaced as a whole, since it may be in use."""
    module = name.with_name(name.name + (sysconfig.get_config_var("EXT_SUFFIX") or ".so"))
    linker = os.environ.get("LDSHARED") or sysconfig.get_config_var("LDSHARED")
    if not linker:
        return None
    with tempfile.TemporaryDirectory(dir=module.parent) as folder:
        made = Path(folder) / module.name
        command = [*shlex.split(linker), "-O3", "-fPIC", *shlex.split(os.environ.get("CFLAGS", "")),
                   f"-I{sysconfig.get_path('include')}", str(source), "-o", str(made)]  # fmt: skip
        try:
            subprocess.run(command, check=True, stdout=sys.stderr)  # noqa: S603 - Python's own compiler
        except (OSError, subprocess.CalledProcessError):
            module.unlink(missing_ok=True)
            return None
        made.replace(module)
    return module
