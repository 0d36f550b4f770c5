"""Compiles the C files of lazyarr/compiled into the wheel, where there is a compiler.

Without one the wheel is of Python alone, and lazyarr does the same in more time: see
docs/decisions/0022-the-usual-case-is-compiled.md.
"""

from __future__ import annotations

import sys
from pathlib import Path
from runpy import run_path
from typing import TYPE_CHECKING, Any

import numpy as np
from setuptools import Distribution, Extension
from setuptools.errors import BaseError, CCompilerError

if TYPE_CHECKING:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
else:
    try:
        from hatchling.builders.hooks.plugin.interface import BuildHookInterface
    except ImportError:  # this file is run, where no wheel is built
        BuildHookInterface = object

NAME, FOLDER = "lazyarr.compiled.methods", "lazyarr/compiled"


class Compiled(BuildHookInterface):
    """Adds the compiled module to a wheel, which is of this platform then."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile, beside the sources: an editable installation finds it there."""
        try:
            made = compiled(Path(self.root))
        except (BaseError, CCompilerError) as error:
            self.app.display_warning(f"lazyarr is installed without C: {error}")
            return
        build_data["pure_python"] = False
        build_data["infer_tag"] = True
        build_data["artifacts"].append(made)


def compiled(root: Path) -> str:
    """Compile the module, and return where it lies below `root`.

    Raises
    ------
    setuptools.errors.CCompilerError, setuptools.errors.BaseError
        There is no compiler, or it refuses the sources.
    """
    sources = sorted(f"{FOLDER}/{one.name}" for one in (root / FOLDER).glob("*.c"))
    headers = [f"{FOLDER}/{one.name}" for one in (root / FOLDER).glob("*.h")]
    fingerprint = run_path(str(root / FOLDER / "sources.py"))["fingerprint"]
    extension = Extension(
        NAME,
        sources,
        define_macros=[("SOURCES", f'"{fingerprint(root / FOLDER)}"')],
        include_dirs=[np.get_include()],
        depends=headers,
    )
    distribution = Distribution({"ext_modules": [extension], "packages": ["lazyarr"]})
    command: Any = distribution.get_command_obj("build_ext")
    command.inplace = True
    command.build_temp = "build/compiled"
    command.ensure_finalized()
    command.run()
    made = Path(command.get_ext_fullpath(NAME)).resolve()
    return made.relative_to(root.resolve()).as_posix()


if __name__ == "__main__":
    sys.stdout.write(f"{compiled(Path(__file__).parent)}\n")
