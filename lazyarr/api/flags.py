"""Flags of arrays as of NumPy's, and the lock that `setflags` puts on and takes off."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr.api.chains import LOCKED, SEALED, joined
from lazyarr.api.handle import OPENED, SMALL, SMALLS
from lazyarr.api.memory import is_known, lead_on, leave_views, views_of
from lazyarr.api.order import ghost

if TYPE_CHECKING:
    from lazyarr.api.array import Array

_LAYOUT = {
    "C": "c_contiguous",
    "C_CONTIGUOUS": "c_contiguous",
    "CONTIGUOUS": "c_contiguous",
    "F": "f_contiguous",
    "F_CONTIGUOUS": "f_contiguous",
    "FORTRAN": "f_contiguous",
    "FNC": "fnc",
    "FORC": "forc",
    "W": "writeable",
    "WRITEABLE": "writeable",
    "O": "owndata",
    "OWNDATA": "owndata",
    "A": "aligned",
    "ALIGNED": "aligned",
    "X": "writebackifcopy",
    "WRITEBACKIFCOPY": "writebackifcopy",
    "B": "behaved",
    "BEHAVED": "behaved",
    "CA": "carray",
    "CARRAY": "carray",
    "FA": "farray",
    "FARRAY": "farray",
}


_Theirs = type(np.empty(0).flags)


class Flags:
    """What NumPy's ``flags`` say of an array that lies as this one would."""

    __slots__ = ("_array",)

    aligned = True
    writebackifcopy = False

    def __init__(self, array: Array) -> None:
        self._array = array

    @property
    def c_contiguous(self) -> bool:
        """Whether the elements lie in C order without gaps."""
        return ghost(self._array).flags.c_contiguous

    contiguous = c_contiguous

    @property
    def f_contiguous(self) -> bool:
        """Whether the elements lie in Fortran's order without gaps."""
        return ghost(self._array).flags.f_contiguous

    fortran = f_contiguous

    @property
    def fnc(self) -> bool:
        """In Fortran's order and not in C's."""
        return self.f_contiguous and not self.c_contiguous

    @property
    def forc(self) -> bool:
        """In one of the two orders."""
        return self.f_contiguous or self.c_contiguous

    @property
    def owndata(self) -> bool:
        """Whether the array is no view; one without axes is of a base that nobody has."""
        array = self._array
        base = array._base
        return base is None or hasattr(array, "_owned") or not base._sides()

    @property
    def writeable(self) -> bool:
        """Whether the elements may be written."""
        array: Any = self._array
        if array._is_scalar():
            return False
        base = array if array._base is None else array._base
        if base is not array and (LOCKED,) in array._chain:
            return False
        known = {*SMALL, *OPENED}
        shown = array if type(array) in known else base
        return type(shown) not in known or bool(shown._value.flags.writeable)

    @writeable.setter
    def writeable(self, value: bool) -> None:
        set_flags(self._array, value, None, None)

    @property
    def behaved(self) -> bool:
        """Whether the elements are aligned and may be written."""
        return self.writeable

    @property
    def carray(self) -> bool:
        """Behaved, and in C order."""
        return self.writeable and self.c_contiguous

    @property
    def farray(self) -> bool:
        """Behaved, and in Fortran's order but not in C's."""
        return self.writeable and self.fnc

    def __eq__(self, other: object) -> bool:
        if isinstance(other, (Flags, _Theirs)):
            return repr(self) == repr(other)
        return NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __getitem__(self, name: str) -> bool:
        if name not in _LAYOUT:
            msg = "Unknown flag"
            raise KeyError(msg)
        return bool(getattr(self, _LAYOUT[name]))

    def __setitem__(self, name: str, value: bool) -> None:
        if name not in ("W", "WRITEABLE"):
            msg = "Unknown flag"
            raise KeyError(msg)
        self.writeable = value

    def __repr__(self) -> str:
        listed = ("C_CONTIGUOUS", "F_CONTIGUOUS", "OWNDATA", "WRITEABLE", "ALIGNED")
        lines = [f"  {name} : {self[name]}" for name in listed]
        return "\n".join([*lines, "  WRITEBACKIFCOPY : False\n"])


def set_flags(x: Array, write: Any, align: Any, uic: Any) -> None:
    """Do what ``x.setflags`` does."""
    if uic:
        msg = "cannot set WRITEBACKIFCOPY flag to True"
        raise ValueError(msg)
    if write is None or x._is_scalar():  # which has no flag
        return
    if type(x) in SMALLS or type(x) in OPENED or (not write and is_known(x)):
        x.setflags(write=write)
        return
    if write and x._base is not None:
        _unlock(x)
    elif not write and (x._base is None or (LOCKED,) not in x._chain):
        lead_on(x, (LOCKED,))
    if hasattr(x, "_owned"):
        x._owned[0] = not write


def _unlock(x: Array) -> None:
    """Let a view be written through again, if its owner may be written."""
    stretched = any(n > 1 and not s for n, s in zip(x.shape, x.strides, strict=True))
    if not _may_be_written(x) or stretched or SEALED[-1] in x._chain:
        msg = "cannot set WRITEABLE flag to True of this array"
        raise ValueError(msg)
    x._chain = joined((), tuple([step for step in x._chain if step != (LOCKED,)]))
    x._seen = None


def _may_be_written(x: Any) -> bool:
    """Whether the owner of a view's elements is not locked; an owner may be unlocked."""
    base = x._base
    if hasattr(x, "_owned"):
        return True
    if hasattr(base, "_owned"):
        return not base._owned[0]
    known = type(base) in SMALLS or type(base) in OPENED
    return not known or bool(base._value.flags.writeable)


def lock_known(x: Any, write: Any, align: Any, uic: Any) -> None:
    """Do what ``x.setflags`` does of a known array.

    Views keep their locks: those that there are may still be written through where the
    array is locked, and those of a locked array stay locked where it is unlocked.
    """
    if write is not None and not write:
        leave_views(x)
    held, was_locked = x._value, not x._value.flags.writeable
    if hasattr(x, "_owned") and held.base is not None:
        held.base.setflags(write, align, uic)  # its own memory, shown with other sides
    held.setflags(write, align, uic)
    if write and was_locked:
        for view in views_of(x):
            view._chain, view._seen = joined(view._chain, ((LOCKED,),)), None
    if write is not None and hasattr(x, "_owned"):
        x._owned[0] = not write
