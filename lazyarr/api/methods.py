"""NumPy's methods: reductions, and those that fewer programs use.

What the latter need is loaded with their use.
"""

from __future__ import annotations

import functools
import importlib
import operator
from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr import compiled
from lazyarr.api import (
    brief,
    manipulation,
    moments,
    scans,
    searching,
    statistical,
)
from lazyarr.api.assigned import is_scalar
from lazyarr.api.handle import FINAL, SMALLS, WEAK
from lazyarr.api.nested import is_prior
from lazyarr.api.order import ghost
from lazyarr.ir.layout import PACKED
from lazyarr.ops import OPS

if TYPE_CHECKING:
    from lazyarr.api.array import Array
    from lazyarr.api.writing import Flat
    from lazyarr.ir.node import Shape


def public(name: str) -> Any:
    """Return the function of this name, which may load now."""
    return getattr(importlib.import_module("lazyarr"), name)


@functools.cache
def _products() -> Any:
    return importlib.import_module("lazyarr.api.products")


@functools.cache
def _matmul() -> Any:
    return _products().matmul.__wrapped__  # as plans call it


@functools.cache
def _writing() -> Any:
    return importlib.import_module("lazyarr.api.writing")


class Methods:
    """Reductions, memory, order, places, conversions; mixed into `Array`."""

    __slots__ = ()

    # --- what folds an array, or runs along it: functions of these names --------

    sum = statistical.sum
    prod = statistical.prod
    mean = moments.mean
    var = moments.var
    std = moments.std
    max = statistical.max
    min = statistical.min
    any = statistical.any
    all = statistical.all
    argmax = searching.argmax
    argmin = searching.argmin
    cumsum = scans.cumsum
    cumprod = scans.cumprod

    # --- the product of matrices, which is in no row of the op table ------------

    def __matmul__(self, other: Any, /) -> Array:
        if type(self) is FINAL[0] and (
            type(other) is FINAL[0] or type(other) in SMALLS
        ):
            made = brief.expressed(_matmul(), self, other)
            if made is not None:
                return made
        if is_prior(other) or _are_scalars(self, other):
            return NotImplemented
        return _products().matmul(self, other)  # type: ignore[no-any-return]

    def __rmatmul__(self, other: Any, /) -> Array:
        if _are_scalars(self, other):
            return NotImplemented
        return _products().matmul(other, self)  # type: ignore[no-any-return]

    def __imatmul__(self, other: Any, /) -> Array:
        if self._is_scalar():  # type: ignore[attr-defined]
            return NotImplemented
        if not self.ndim or np.ndim(other) < 2:  # type: ignore[attr-defined]
            msg = (
                "inplace matrix multiplication requires the first operand to have at "
                "least one and the second at least two dimensions."
            )
            raise ValueError(msg)
        return _products().matmul(self, other, out=self)  # type: ignore[no-any-return]

    # --- the elements as others -----------------------------------------------

    def astype(
        self,
        dtype: Any,
        order: Any = "K",
        casting: Any = "unsafe",
        subok: bool = True,
        copy: bool = True,
    ) -> Array:
        """Return the array cast to a dtype."""
        return manipulation.cast(self, dtype, order, casting, copy)

    astype = compiled.method(
        "node_astype", astype, op=OPS["astype"], usual={}, other=PACKED
    )

    # --- how it lies in memory ------------------------------------------------

    @property
    def flat(self) -> Flat:
        """Elements in C order, to read and to write."""
        return _writing().Flat(self)  # type: ignore[no-any-return]

    @flat.setter
    def flat(self, value: Any) -> None:
        self.flat[:] = value

    @property
    def strides(self) -> Shape:
        """Bytes from an element to the next along each axis, as NumPy's array has."""
        size = self.dtype.itemsize  # type: ignore[attr-defined]
        return tuple(step * size for step in ghost(self).strides)  # type: ignore[arg-type]

    @property
    def flags(self) -> Any:
        """Flags that NumPy's array would have."""
        return importlib.import_module("lazyarr.api.flags").Flags(self)

    @property
    def base(self) -> Any:
        """The array that this one is a view of, else None."""
        return None if self.flags.owndata else self._base  # type: ignore[attr-defined]

    def __delitem__(self, key: Any) -> None:
        if self._is_scalar():  # type: ignore[attr-defined]
            msg = f"{type(self).__name__!r} object doesn't support item deletion"
            raise TypeError(msg)
        msg = "cannot delete array elements"
        raise ValueError(msg)

    @property
    def data(self) -> memoryview:
        """The evaluated elements, to read."""
        return _frozen(self).data

    @property
    def ctypes(self) -> Any:
        """The evaluated elements as `ctypes` takes them, to read."""
        return _frozen(self).ctypes

    def setflags(self, write: Any = None, align: Any = None, uic: Any = None) -> None:
        """Forbid writes to the array; NumPy's other flags have no meaning here.

        Raises
        ------
        ValueError
            The array may not be written to, and ``write=True`` is asked for.
        """
        importlib.import_module("lazyarr.api.flags").set_flags(self, write, align, uic)

    def view(self, dtype: Any = None, type: Any = None) -> Any:
        """Return a view of the array; of another dtype: its bytes, evaluated.

        Views of another dtype are views in arrays of up to 16 MiB in the host's
        memory, and in views of these. Those of larger arrays are copies not to be
        written.
        """
        return importlib.import_module("lazyarr.api.memory").viewed(self, dtype, type)

    def getfield(self, dtype: Any, offset: int = 0) -> Any:
        """Return some bytes of each element as a dtype: evaluated, not to be written."""
        field = np.asarray(self).getfield(dtype, offset).copy()
        made = public("asarray")(field)
        made.setflags(write=False)
        return made

    def setfield(self, val: Any, dtype: Any, offset: int = 0) -> None:
        """Write into some bytes of each element, as into elements of a dtype."""
        changed = np.array(self)
        changed.setfield(np.asarray(val), dtype, offset)
        self[...] = changed  # type: ignore[index]

    def byteswap(self, inplace: bool = False) -> Array:
        """Return the elements with their bytes in the other order; evaluated."""
        swapped = np.asarray(self).byteswap()
        if not inplace:
            return public("asarray")(swapped)  # type: ignore[no-any-return]
        self[...] = swapped  # type: ignore[index]
        return self  # type: ignore[return-value]

    def tobytes(self, order: str = "C") -> bytes:
        """Return the evaluated elements as bytes."""
        held = _frozen(self)
        return held.tobytes(order)  # type: ignore[arg-type]

    def tofile(self, fid: Any, sep: str = "", format: str = "%s") -> None:
        """Write the evaluated elements to a file."""
        np.asarray(self).tofile(fid, sep, format)

    def dump(self, file: Any) -> None:
        """Pickle the evaluated array to a file."""
        np.asarray(self).dump(file)

    def dumps(self) -> bytes:
        """Return the evaluated array as a pickle."""
        return np.asarray(self).dumps()

    def resize(self, *shape: Any, refcheck: bool = True) -> None:
        """Give the array other sides: cut or, in memory of its own, filled up with zeros.

        Raises
        ------
        ValueError
            The array is a view, there are views of it, or a side is negative.
        """
        memory = importlib.import_module("lazyarr.api.memory")
        memory.resize(self, shape, check=refcheck)

    # --- what NumPy's scalars have ------------------------------------------------

    def is_integer(self) -> bool:
        """Return whether the only element is a whole number."""
        return self._scalar().is_integer()  # type: ignore[no-any-return]

    def as_integer_ratio(self) -> tuple[int, int]:
        """Return two integers whose quotient is the only element."""
        return self._scalar().as_integer_ratio()  # type: ignore[no-any-return]

    def hex(self) -> str:
        """Return the only element, a double, with its digits as they are in memory."""
        return self._scalar().hex()  # type: ignore[no-any-return]

    def _scalar(self) -> Any:
        return self._read() if not self.shape else np.empty(0)  # type: ignore[attr-defined]

    # --- order and places -----------------------------------------------------

    def sort(
        self,
        axis: int = -1,
        kind: Any = None,
        order: Any = None,
        *,
        stable: bool | None = None,
        descending: bool | None = None,
    ) -> None:
        """Sort the array in place along an axis."""
        how = {"stable": bool(stable), "descending": bool(descending)}
        kind = "stable" if stable else kind
        made = public("sort")(self, axis, kind, order, **how)
        self[...] = made  # type: ignore[index]

    def argsort(
        self,
        axis: int | None = -1,
        kind: Any = None,
        order: Any = None,
        *,
        stable: bool | None = None,
        descending: bool | None = None,
    ) -> Array:
        """Return the indices that sort the array along an axis."""
        kind = "stable" if stable else kind
        down = bool(descending)
        return public("argsort")(self, axis, kind, order, descending=down)  # type: ignore[no-any-return]

    def partition(
        self, kth: Any, axis: int = -1, kind: str = "introselect", order: Any = None
    ) -> None:
        """Put the elements at `kth` where sorting would, in place."""
        axis = operator.index(axis)  # there is no order of all elements to write
        self[...] = public("partition")(self, kth, axis, kind, order)  # type: ignore[index]

    def argpartition(
        self, kth: Any, axis: Any = -1, kind: str = "introselect", order: Any = None
    ) -> Array:
        """Return the indices that partition the array."""
        return public("argpartition")(self, kth, axis, kind, order)  # type: ignore[no-any-return]

    def searchsorted(self, v: Any, side: str = "left", sorter: Any = None) -> Array:
        """Return where values would go in this sorted vector."""
        return public("searchsorted")(self, v, side, sorter)  # type: ignore[no-any-return]

    def nonzero(self) -> tuple[Array, ...]:
        """Return the indices of the elements that are not zero."""
        return public("nonzero")(self)  # type: ignore[no-any-return]

    def choose(self, *choices: Any, out: Any = None, mode: str = "raise") -> Array:
        """Return elements of arrays, or of one sequence of them, by this one's numbers."""
        given = choices[0] if len(choices) == 1 else choices
        return public("choose")(self, given, out, mode)  # type: ignore[no-any-return]

    def compress(self, condition: Any, axis: Any = None, out: Any = None) -> Array:
        """Return the slices of an axis where a condition is true."""
        return public("compress")(condition, self, axis, out)  # type: ignore[no-any-return]

    def put(self, indices: Any, values: Any, mode: str = "raise") -> None:
        """Write values at indices of the flattened array."""
        public("put")(self, indices, values, mode)


def _are_scalars(x: Any, other: Any) -> bool:
    """Whether both are scalars, NumPy's or Python's, which have no ``@``."""
    return x._is_scalar() and (type(other) in WEAK or is_scalar(other))


def _frozen(x: Any) -> np.ndarray:
    """Return the evaluated elements, not to be written: nobody would see the write."""
    held = np.array(x)
    held.flags.writeable = False
    return held


__all__ = ["Methods", "public"]
