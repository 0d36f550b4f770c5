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
        root, *rest = fullname.split(".")
        return (
            ModuleSpec(fullname, cast("Loader", self))
            if root == _ROOT and rest and rest[0] in _OFFERED
            else None
        )

    def create_module(self, spec: ModuleSpec) -> None:
        """Let an empty module be made, for which another one stands in."""

    def exec_module(self, module: types.ModuleType) -> None:
        """Let the module that is meant stand where this one would.

        Raises
        ------
        ModuleNotFoundError
            NumPy has none of that name.
        """
        above, _, name = module.__name__.rpartition(".")
        found = getattr(sys.modules[above], name, None)
        if not isinstance(found, types.ModuleType):
            found = _of_numpy(module.__name__)
        sys.modules[module.__name__] = found


def _of_numpy(fullname: str) -> types.ModuleType:
    _, _, rest = fullname.partition(".")
    try:
        return importlib.import_module(f"numpy.{rest}")
    except ModuleNotFoundError as error:
        if error.name != f"numpy.{rest}":
            raise  # for what that module needs
    msg = f"No module named {fullname!r}"
    raise ModuleNotFoundError(msg, name=fullname)


def offer() -> None:
    """Let these imports be found, before what lies in NumPy's folders."""
    sys.meta_path.insert(0, _Submodules())
