"""`Array`: the handle with operators, NumPy's methods and the protocols."""

from __future__ import annotations

import importlib
import operator
from math import prod as product
from sys import getrefcount
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from lazyarr import compiled, evaluate
from lazyarr.api import (
    calls,
    handle,
    indexing,
    manipulation,
    pending,
    powers,
    selection,
    statistical,
)
from lazyarr.api.assigned import for_parts
from lazyarr.api.chains import LOCKED
from lazyarr.api.elementwise import conj
from lazyarr.api.handle import OPS, WEAK, Handle, array_of, here, kept, new
from lazyarr.api.history import expanded
from lazyarr.api.interop import Interop
from lazyarr.api.iterating import in_memory
from lazyarr.api.methods import Methods, public
from lazyarr.api.operators import Operators
from lazyarr.api.order import as_told, order_of
from lazyarr.api.results import laid_out
from lazyarr.errors import real_of
from lazyarr.ir import infer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lazyarr.ir.node import Shape
    from lazyarr.ops.row import DType
    from lazyarr.plan.explanation import Explanation

_SHOWN = 3  # references to what one view shows: of the view, and of who counts them


@handle.register
class Array(Operators, Interop, Methods, Handle):
    """A deferred array: NumPy's interface over an expression that nobody has run yet.

    Made by the creation functions, `asarray`, and operations on other arrays; not by
    calling the class.

    Attributes
    ----------
    shape : tuple of int
    dtype : numpy.dtype
    ndim, size, itemsize, nbytes : int
    T, mT : Array
        Transposed views.

    Examples
    --------
    >>> import lazyarr as la
    >>> a = la.ones((2, 3))
    >>> ((a * 5) ** 2).compute()
    array([[25., 25., 25.],
           [25., 25., 25.]])
    """

    __slots__ = ()
    __module__ = "lazyarr"

    def __init_subclass__(cls) -> None:
        """Let what an array is within have the name that it has without."""
        cls.__module__, cls.__name__, cls.__qualname__ = "lazyarr", "Array", "Array"

    # --- what is known without computing ------------------------------------

    @property
    def shape(self) -> Shape:
        """Sides."""
        return self._sides()

    @shape.setter
    def shape(self, shape: Any) -> None:
        importlib.import_module("lazyarr.api.memory").set_shape(self, shape)

    @property
    def dtype(self) -> DType:
        """Dtype of the elements."""
        return self._kind()

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self._sides())

    @property
    def size(self) -> int:
        """Number of elements."""
        return self._current().size if self._base is None else product(self._sides())

    @property
    def itemsize(self) -> int:
        """Bytes of an element."""
        return self.dtype.itemsize

    @property
    def nbytes(self) -> int:
        """Bytes of the array once it is computed."""
        return self._current().nbytes

    @property
    def T(self) -> Array:  # noqa: N802 - NumPy's name
        """View with the axes reversed."""
        return manipulation.turned(self)

    @property
    def mT(self) -> Array:  # noqa: N802 - the standard's name
        """View with the last two axes exchanged."""
        return manipulation.matrix_transpose(self)

    @property
    def real(self) -> Array:
        """View of the real parts; the array itself if it is not complex."""
        if self.dtype.kind != "c":
            return self
        part = self._view(("real",))
        return new(part._current()) if self._is_scalar() else part

    @real.setter
    def real(self, value: Any) -> None:
        self.real[...] = for_parts(value)

    @property
    def imag(self) -> Array:
        """View of the imaginary parts; zeros, not to be written, if not complex."""
        if self.dtype.kind == "c":
            part = self._view(("imag",))
            return new(part._current()) if self._is_scalar() else part
        zeros = new(infer.full_node(infer.scalar(0, self.dtype), self.shape))
        zeros = laid_out(zeros, order_of(self))
        if self._is_scalar():
            return zeros  # of a scalar, which has no views
        return zeros._view((LOCKED,))

    @imag.setter
    def imag(self, value: Any) -> None:
        if self.dtype.kind != "c":
            np.empty(1).imag = 0  # a TypeError of NumPy's
        self.imag[...] = for_parts(value)

    def __len__(self) -> int:
        if not self.shape:
            msg = "len() of unsized object"
            raise TypeError(msg)
        return self.shape[0]

    def __repr__(self) -> str:
        node = self._current()
        if node.op.name == "scalar":
            return f"lazyarr.Array({node.value})"
        return f"<lazyarr.Array {node.op.name} {node.dtype}{list(node.shape)}>"

    def __str__(self) -> str:
        """Return what NumPy prints; evaluates the elements that it shows."""
        return importlib.import_module("lazyarr.api.printing").text(self)

    def __format__(self, spec: str) -> str:
        if self.shape:
            return object.__format__(self, spec)
        return format(self._read(), spec)

    def __bool__(self) -> bool:
        return bool(self._read())

    def __float__(self) -> float:
        held = self._read()
        # What stands for a scalar may be complex, with a warning; no array may.
        scalar = self._is_scalar()
        return float(real_of(held) if scalar else np.asarray(held))

    def __int__(self) -> int:
        held = self._read()
        return int(real_of(held) if self._is_scalar() else np.asarray(held))

    def __complex__(self) -> complex:
        return complex(self._read())

    def __index__(self) -> int:
        return operator.index(np.asarray(self._read()))

    def __round__(self, ndigits: int | None = None) -> Any:
        if not self._is_scalar():  # as of NumPy's arrays
            msg = "type lazyarr.Array doesn't define __round__ method"
            raise TypeError(msg)
        return round(self._read(), ndigits)

    def __hash__(self) -> int:  # type: ignore[override]
        if not self._is_scalar():
            msg = "unhashable type: 'lazyarr.Array'"
            raise TypeError(msg)
        return hash(self._read())  # an element is a key as NumPy's scalars are

    def __iter__(self) -> Iterator[Array]:
        if not self.shape:
            msg = "iteration over a 0-d array"
            raise TypeError(msg)
        if self._current().args:
            self._settle()
        return self._parts()

    def _parts(self) -> Iterator[Array]:
        """Give the array along its first axis, which a loop may make a shorter one."""
        k = 0
        for one in in_memory(self):
            yield one
            k += 1
        while k < len(self):
            yield self[k]
            k += 1

    def _settle(self) -> None:
        """Evaluate once, and keep the result, before elements are taken one by one."""
        if self._base is not None:
            self._base._settle()  # type: ignore[attr-defined]
            return
        if self._node.args:
            (result,) = evaluate.persist((self._node,))
            self._hold(pending.owned(result, 0, self._node.where))

    def __contains__(self, value: Any, /) -> bool:
        return bool(statistical.any(self == value))

    __pow__ = powers.operator

    def __rpow__(self, other: Any, /) -> Array:
        return calls.binary(handle.OPS["pow"], other, self)

    def __ipow__(self, other: Any, /) -> Array:
        result = powers.power(self, other)
        if result is NotImplemented:
            return result
        if self._is_scalar():
            return result
        if not isinstance(result, Handle):  # NumPy's, of an operand such as longdouble
            return np.power(self, other, out=self)  # type: ignore[call-overload]
        handle.write(self, result._current(), "power", "same_kind", here())
        return self

    def __divmod__(self, other: Any, /) -> tuple[Array, Array]:
        if type(self) is Array and (type(other) is Array or type(other) in WEAK):
            # Which look for the user's line, of which this is not.
            quotient = calls.binary(OPS["floor_divide"], self, other)
            return quotient, calls.binary(OPS["remainder"], self, other)
        return self // other, self % other

    def __rdivmod__(self, other: Any, /) -> tuple[Array, Array]:
        if type(self) is Array and type(other) in WEAK:
            quotient = calls.binary(OPS["floor_divide"], other, self)
            return quotient, calls.binary(OPS["remainder"], other, self)
        return other // self, other % self

    __getitem__: ClassVar[Callable[[Array, Any], Array]] = compiled.method(
        "part_getitem", compiled.method("node_getitem", indexing.getitem, usual={})
    )
    __setitem__: ClassVar[Callable[[Array, Any, Any], None]] = compiled.method(
        "part_setitem", indexing.setitem
    )

    # --- evaluation -----------------------------------------------------------

    def compute(self, device: str | None = None) -> Any:
        """Return the value as a NumPy array, or a NumPy scalar if it is 0-d.

        Parameters
        ----------
        device : {"auto", "cpu", "gpu", "gpu:N"}, optional
            Default: the option `device`.

        Raises
        ------
        DeviceError
            A GPU is asked for and none can be used.
        MemoryLimitError
            The plan needs more memory than it may use.
        ExecutionError
            An operation failed; the message names the line that made it.
        """
        base = self._base
        if pending.written and device is None:
            pending.before_read(self)
            return as_told(self, pending.read(self._current(), self))
        node = self._node if base is None else self._current()
        roots = (node,) if device is None else expanded((node,))
        if base is None:
            return as_told(self, evaluate.compute(roots, device)[0])
        lent = getrefcount(base) <= _SHOWN and base._node.size == node.size
        return evaluate.compute(roots, device, lent=lent)[0]

    def persist(self, device: str | None = None) -> Array:
        """Return an array that holds the value where it was computed.

        Parameters and errors as for `compute`.
        """
        node = self._current()
        roots = (node,) if device is None else expanded((node,))
        (result,) = evaluate.persist(roots, device)
        result = as_told(self, result) if node.args else result
        made = kept(result, node.where or here(), node)
        return new(made) if self._is_scalar() else array_of(made)

    def explain(self, **options: Any) -> Explanation:
        """Return the plan, readable; see `lazyarr.explain` for the options."""
        return public("explain")(self, **options)

    def to_numpy(self) -> np.ndarray:
        """Return the value as a NumPy array; 0-d ones, too."""
        return np.asarray(self)

    def item(self, *index: int) -> Any:
        """Return one element as a Python scalar."""
        return np.asarray(self).item(*index)

    def tolist(self) -> Any:
        """Return nested lists of Python scalars."""
        return np.asarray(self).tolist()

    # --- NumPy's methods ------------------------------------------------------

    def copy(self, order: Any = "C") -> Array:
        """Return an array of its own that shows the same values."""
        if self._is_scalar():
            return new(self._node)  # a scalar's is one
        return manipulation.copy(self, order)

    def fill(self, value: Any) -> None:
        """Replace every element by a number."""
        if type(value) not in WEAK and np.ndim(value):
            np.empty(1, self.dtype).fill(np.asarray(value))  # an error of NumPy's
        self[...] = value

    def reshape(self, *shape: Any, order: str = "C", copy: bool | None = None) -> Array:
        """Return the elements under another shape; a view where NumPy's is one."""
        sides = shape[0] if len(shape) == 1 else shape
        return manipulation.reshape(self, sides, order=order, copy=copy)

    def ravel(self, order: str = "C") -> Array:
        """Return the elements in one dimension; a view where NumPy's is one."""
        return manipulation.ravel(self, order)

    def flatten(self, order: str = "C") -> Array:
        """Return a copy of the elements in one dimension."""
        return manipulation.copy(manipulation.ravel(self, order))

    def transpose(self, *axes: Any) -> Array:
        """Return a view with the axes reversed, or in the order given."""
        if not axes or axes[0] is None:
            return manipulation.permute(self)
        order = (
            axes[0]
            if len(axes) == 1
            and (np.ndim(axes[0]) or not hasattr(axes[0], "__index__"))
            else axes
        )
        return manipulation.permute_dims(self, order)

    def swapaxes(self, axis1: int, axis2: int) -> Array:
        """Return a view with two axes exchanged."""
        return manipulation.swapaxes(self, axis1, axis2)

    def squeeze(self, axis: Any = None) -> Array:
        """Return a view without axes of one element."""
        return manipulation.squeeze(self, axis=axis)

    def diagonal(self, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Array:
        """Return a view of the diagonals of two axes, not to be written."""
        return manipulation.diagonal(self, offset, axis1, axis2)

    def trace(
        self,
        offset: int = 0,
        axis1: int = 0,
        axis2: int = 1,
        dtype: Any = None,
        out: Any = None,
    ) -> Array:
        """Return the sums of the diagonals of two axes."""
        return public("trace")(self, offset, axis1, axis2, dtype, out)

    def repeat(self, repeats: Any, axis: int | None = None) -> Array:
        """Return the array with elements repeated."""
        return public("repeat")(self, repeats, axis=axis)

    def take(
        self,
        indices: Any,
        axis: int | None = None,
        out: Any = None,
        mode: str = "raise",
    ) -> Array:
        """Return elements at indices along an axis."""
        return indexing.take(self, indices, axis, out, mode)

    def dot(self, b: Any, out: Any = None) -> Array:
        """Return the product with another array, as NumPy's ``dot``."""
        return public("dot")(self, b, out)

    def conj(self, out: Any = None) -> Array:
        """Return the complex conjugate; of real numbers the array itself."""
        if out is None and self.dtype.kind != "c":
            return self
        return conj(self, out=out)

    conjugate = conj

    def clip(
        self, min: Any = None, max: Any = None, out: Any = None, **options: Any
    ) -> Array:
        """Return each element moved into an interval."""
        return selection.clip(self, min, max, out=out, **options)

    def round(self, decimals: int = 0, out: Any = None) -> Array:
        """Return each element rounded to so many decimals."""
        return selection.round(self, decimals, out)


# A property is none to type checkers once a function of its own is put into it.
Array.T = property(  # type: ignore[assignment, method-assign]
    compiled.method("node_turned", manipulation.turned, usual={}), doc=Array.T.__doc__
)
Array.shape = property(  # type: ignore[assignment, method-assign]
    compiled.method("node_fact", Array.shape.fget),  # type: ignore[attr-defined]
    Array.shape.fset,  # type: ignore[attr-defined]
    doc=Array.shape.__doc__,
)
Array.dtype = property(  # type: ignore[assignment, method-assign]
    compiled.method("node_fact", Array.dtype.fget, flag=True),  # type: ignore[attr-defined]
    doc=Array.dtype.__doc__,
)
Array.persist = compiled.method(  # type: ignore[method-assign]
    "graph_persist", Array.persist, other=evaluate.PERSISTING, flag=True
)
