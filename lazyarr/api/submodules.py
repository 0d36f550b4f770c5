"""Imports of NumPy's submodules by lazyarr's name: ``from lazyarr.lib import stride_tricks``."""

from __future__ import annotations

import importlib
import sys
import types
from importlib.machinery import ModuleSpec
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.abc import Loader

_ROOT = "lazyarr"
# NumPy's, of which lazyarr has no files.
_OFFERED = frozenset(
    [
        *("char", "ctypeslib", "dtypes", "exceptions", "lib", "ma", "matlib"),
        *("polynomial", "rec", "strings", "typing"),
    ]
)


class _Submodules:
    """Finds what `lazyarr` shows under a name, or NumPy has under it.

    A finder and a loader; their abstract classes take long to import.
    """

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None = None,
        target: types.ModuleType | None = None,
    ) -> ModuleSpec | None:
        """Return where a submodule comes from, None for what is not NumPy's."""
        root, _, name = fullname.partition(".")
        first, *further = name.split(".")
        if root != _ROOT or first not in _OFFERED:
            return None
        if further:
            util = importlib.import_module("importlib.util")  # takes a while
            if util.find_spec(f"numpy.{name}") is None:
                return None
        return ModuleSpec(fullname, cast("Loader", self))

    def create_module(self, spec: ModuleSpec) -> types.ModuleType:
        """Return the module that is meant: no thread shall find another meanwhile."""
        above, _, name = spec.name.rpartition(".")
        found = getattr(sys.modules[above], name, None)
        if not isinstance(found, types.ModuleType):
            found = importlib.import_module(f"numpy{spec.name.removeprefix(_ROOT)}")
        spec.loader_state = found.__spec__
        return found

    def get_code(self, fullname: str) -> None:
        """Return the code that ``python -m`` runs: there is none, as in NumPy."""

    def exec_module(self, module: types.ModuleType) -> None:
        """Let the module, which is there, come from where it came before."""
        spec = module.__spec__
        module.__spec__ = None if spec is None else spec.loader_state


def offer() -> None:
    """Let these imports be found, before what lies in NumPy's folders."""
    sys.meta_path.insert(0, _Submodules())
