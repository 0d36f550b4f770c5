"""`Small`: a small array whose elements are known, as quick as NumPy's own.

It holds a NumPy array that nobody else writes into, and computes with it at once. Its
views lie in the same memory, so they see its writes and it theirs. A node is made of it
when it meets an array that is not known: a leaf with a copy of the elements.

`Borrowed` holds the user's array, which it never writes into: it is copied before the
first write, and when the first view of it is taken.
"""

from __future__ import annotations

import importlib
import os
import sys
import threading
from operator import getitem
from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr import evaluate
from lazyarr.api import calls, handle, history, indexing, iterating, known, pending
from lazyarr.api.array import Array
from lazyarr.api.assigned import cast
from lazyarr.api.bounds import LARGE, MADE_BY, TOLD, USUAL, small_bytes
from lazyarr.api.chains import LOCKED, read_only, seen_along
from lazyarr.api.element import Element
from lazyarr.api.handle import OPENED, WEAK
from lazyarr.api.interop import regained
from lazyarr.api.keys import keyed
from lazyarr.api.known import REFUSALS, plain
from lazyarr.api.made import NO_OPTIONS, is_told
from lazyarr.api.order import memory, spaced
from lazyarr.api.recent import OF_PART
from lazyarr.ir import infer
from lazyarr.ops.row import Op
from lazyarr.runtime import freed
from lazyarr.watched import marks

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

    from lazyarr.ir.node import Node, Shape, Where
    from lazyarr.ops.row import DType

_owning = threading.Lock()
if hasattr(os, "register_at_fork"):  # another thread may have held it
    os.register_at_fork(
        after_in_child=lambda: globals().update(_owning=threading.Lock())
    )
_frame = sys._getframe
AT_ONCE = "at once, in a loop that writes"
"""What plans say of the leaf of an array that is known and larger than small ones."""
_FLOAT = np.dtype(np.float64)
_ndarray = np.ndarray


class Small(Array):
    """A small array whose elements are known; what operations on such ones give.

    Examples
    --------
    >>> import lazyarr as la
    >>> x = la.asarray([1.5, 2.5])
    >>> (x * 2).compute()
    array([3., 5.])
    """

    __slots__ = ()
    _base = None

    @classmethod
    def _of(cls, value: np.ndarray) -> Small:
        """Return the array of NumPy's one, which is nobody else's."""
        made = cls()
        made._value = value
        made._how = None
        made._calls = 0
        return made

    # --- as a node, where it meets what is not known -----------------------------

    @property
    def _node(self) -> Node:
        held = self._value
        seen = getattr(self, "_seen", None)
        if seen is None or not history.are_same(seen.value, held):
            how = self._how
            if how is not None and type(how[0]) is history.Found:
                seen = self._seen = how[0].leaf(self._line())
                return seen
            seen = self._seen = history.copied(held, self._line())
            if is_told(how):
                seen.params = history.Made(how)
            elif held.nbytes > (small_bytes() or USUAL):
                seen.params = AT_ONCE
        return seen

    @_node.setter
    def _node(self, node: Node) -> None:
        self._become(node)

    def _line(self) -> Where:
        """Return the line that made the value."""
        how = self._how
        told = how is not None and len(how) > OF_PART and how[3] is not None
        return (how[3], how[4]) if told else None

    def _become(self, node: Node) -> None:
        """Be an array of an expression from now on."""
        del self._value
        self.__class__ = Array  # type: ignore[assignment]
        self._node = node
        self._base = None

    def _own(self) -> None:
        """Hold memory of its own, as it does."""

    def _store(self, value: Node, steps: tuple[Any, ...], where: Where) -> None:
        if not self._value.flags.writeable:
            raise read_only(where)
        alone = self._value.base is None and references(self) <= UNSHARED
        if value.args and alone and self._value.ndim:
            self._become(pending.owned(self._value))  # the value stays an expression
            self._store(value, steps, where)
            return
        self._how = None
        if (LOCKED,) in steps:
            raise read_only(where)
        held = seen_along(self._value, steps, copy=False)
        held[...] = evaluate.compute((value,))[0]

    # --- what is known -----------------------------------------------------------

    @property
    def shape(self) -> Shape:
        """Sides."""
        return self._value.shape  # type: ignore[no-any-return]

    @shape.setter
    def shape(self, shape: Any) -> None:
        Array.shape.fset(self, shape)  # type: ignore[attr-defined]

    @property
    def dtype(self) -> DType:
        """Dtype of the elements."""
        return self._value.dtype  # type: ignore[no-any-return]

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return self._value.ndim  # type: ignore[no-any-return]

    @property
    def size(self) -> int:
        """Number of elements."""
        return self._value.size  # type: ignore[no-any-return]

    @property
    def nbytes(self) -> int:
        """Bytes of the array."""
        return self._value.nbytes  # type: ignore[no-any-return]

    @property
    def base(self) -> Any:
        """An array of the memory that this one is a view of, else None."""
        held = self._value.base
        if type(held) is not np.ndarray or hasattr(self, "_owned"):
            return None
        holder = importlib.import_module("lazyarr.api.memory").holder_of(held)
        return Small._of(held) if holder is None else holder

    def _is_scalar(self) -> bool:
        return False

    def _sides(self) -> Shape:
        return self._value.shape  # type: ignore[no-any-return]

    def _kind(self) -> DType:
        return self._value.dtype  # type: ignore[no-any-return]

    def _steps(self) -> Shape:
        size = self._value.itemsize
        return tuple([step // size for step in self._value.strides])

    def _lie(self, steps: Shape) -> None:
        """Lie in memory in another order of axes, which only a new array is asked to."""
        held = memory(self._value.shape, steps, self._value.dtype)
        held[...] = self._value
        self._value = held

    def _read(self) -> Any:
        held = self._value
        return held.copy("K") if held.ndim else held[()]

    def compute(self, device: str | None = None) -> Any:
        """Return the value as a NumPy array; parameters as for `Array.compute`."""
        if device is None or device == "cpu":
            return self._read()
        return evaluate.compute(history.expanded((self._node,)), device)[0]

    def persist(self, device: str | None = None) -> Array:
        """Return an array that holds the value; parameters as for `Array.persist`."""
        if device is None or device == "cpu":
            return Small._of(self._value.copy("K"))
        return handle.new(history.expanded((self._node,))[0]).persist(device)

    def __len__(self) -> int:
        return len(self._value)

    def __iter__(self) -> Iterator[Any]:
        held = self._value
        if held.ndim == 1 and not marks:
            return iterating.elements(self, held)
        if not held.ndim:
            return iter(held)  # an error of NumPy's
        return iterating.rows(self, held)

    def __repr__(self) -> str:
        held, call = self._value, None
        if not held.ndim:
            return f"lazyarr.Array({held})"
        if self._how is not None:
            call = history.called(self._how)[0]
        name = call.name if type(call) is Op else getattr(call, "__name__", "_")
        if name.startswith("_"):
            name = "data"
        return f"<lazyarr.Array {name} {held.dtype}{list(held.shape)}>"

    def __reduce__(self) -> Any:
        return regained, (self._value,)

    def item(self, *index: int) -> Any:
        """Return one element as a Python scalar."""
        return self._value.item(*index)

    def tolist(self) -> Any:
        """Return nested lists of Python scalars."""
        return self._value.tolist()

    @property
    def flags(self) -> Any:
        """Flags of NumPy's array."""
        made_known = self._calls >= MADE_BY or type(self) is OPENED[0] or marks
        viewed = made_known and hasattr(self, "_viewed")  # which takes a while
        held = self._value
        reshaped = held.base is not None and hasattr(self, "_owned")
        return Array.flags.fget(self) if viewed or reshaped else held.flags  # type: ignore[attr-defined]

    def setflags(self, write: Any = None, align: Any = None, uic: Any = None) -> None:
        """Forbid writes to the array, or let it be written to again."""
        importlib.import_module("lazyarr.api.flags").lock_known(self, write, align, uic)

    # --- elements ------------------------------------------------------------------

    def __getitem__(self, key: Any, /) -> Any:
        if marks and not small_bytes():
            return indexing.getitem(self, key)
        kind = type(key)
        if kind is tuple:
            for part in key:
                one = type(part)
                if one is not int and one is not slice and part is not None:
                    return picked(self, key, _frame(1))
        elif kind is not int and kind is not slice:
            return picked(self, key, _frame(1))
        held = self._value
        try:
            value = held[key]
        except REFUSALS:
            del held  # who else needs the memory is counted
            return indexing.getitem(self, key)
        if type(value) is not _ndarray:
            made: Any = Element()
            made._value = value
            made._how = None
            made._calls = 0
            return made
        made = Small()
        made._value = value
        made._chain = held
        count = self._calls
        if count > MADE_BY or held.nbytes > TOLD:
            if value.nbytes > LARGE:
                del held, value, made  # who else needs the memory is counted
                return indexing.getitem(self, key)
            # What is made of a part of much shall not hold all of it.
            made._how = (self, key) if held.nbytes > TOLD else None
            made._calls = MADE_BY + 1
            return made
        made._how = (self, key)
        made._calls = count + 1
        return made

    def __setitem__(self, key: Any, value: Any, /) -> None:
        if marks and not small_bytes():
            return indexing.setitem(self, key, value)
        kind, place, held = type(value), type(key), self._value
        try:
            if place is tuple:
                for part in key:
                    one = type(part)
                    if one is not int and one is not slice:
                        key = keyed(key)
                        break
            elif place is not int and place is not slice:
                key = plain(key)
            exact = kind is float or kind is int  # in a double, or refused
            if (exact and held.dtype is _FLOAT) or kind is bool:
                held[key] = value
            elif (
                kind is Small or kind is Element
            ) and value._value.dtype is held.dtype:
                held[key] = value._value  # of what is there already NumPy copies none
            else:
                cast(held, key, value if kind in WEAK else plain(value, held.nbytes))
        except REFUSALS:
            del held  # who else needs the memory is counted
            return indexing.setitem(self, key, value)
        self._how = None
        return None

    def __rpow__(self, other: Any, /) -> Any:
        made = known.elementwise(handle.OPS["pow"], (other, self), 2)
        return calls.binary(handle.OPS["pow"], other, self) if made is None else made


_node_of: Any = Small.__dict__["_node"].fget


class Borrowed(Small):
    """A small array of the user's, wrapped; copied when a view or a write needs it."""

    __slots__ = ()
    base = None

    @property
    def _node(self) -> Node:
        if not self._value.ndim:
            return _node_of(self)  # type: ignore[no-any-return] # of what it is now
        try:
            return self._seen  # type: ignore[return-value]
        except AttributeError:
            made = self._seen = infer.leaf(self._value, handle.here())
            return made

    @_node.setter
    def _node(self, node: Node) -> None:
        self._become(node)

    def _own(self) -> None:
        """Copy the elements, which may be written from now on."""
        with _owning:  # two threads may look at views of it
            if type(self) is Borrowed:
                self._value = spaced(self._value)
                self.__class__ = Small  # type: ignore[assignment]

    def _store(self, value: Node, steps: tuple[Any, ...], where: Where) -> None:
        self._own()
        self._store(value, steps, where)

    @property
    def flags(self) -> Any:
        """Flags that NumPy's array would have."""
        return Array.flags.fget(self)  # type: ignore[attr-defined]

    def setflags(self, write: Any = None, align: Any = None, uic: Any = None) -> None:
        """Forbid writes to the array, not to the user's."""
        self._own()
        self.setflags(write, align, uic)

    def __getitem__(self, key: Any, /) -> Any:
        if type(key) is int and not marks:
            try:
                value = self._value[key]
            except IndexError:
                return indexing.getitem(self, key)
            if type(value) is not _ndarray:  # sooner than with another call
                made: Any = Element()
                made._value = value
                made._how = None
                made._calls = 0
                return made
        if marks or type(key) is int:
            made = Small.__getitem__(self, key)
        else:
            made = picked(self, key, _frame(1))
        if type(made) is not Small or made._value.base is None:
            return made
        if made._value.size and not np.may_share_memory(made._value, self._value):
            return made
        self._own()  # for a view may be written through
        return self[key]

    def __setitem__(self, key: Any, value: Any, /) -> None:
        self._own()
        self[key] = value


def references(x: Small) -> int:
    """Return how many references there are to a small array's memory."""
    held = x._value
    return sys.getrefcount(held)


UNSHARED = references(Small._of(np.empty(1)))  # of memory that one array alone holds
handle.SMALL[:] = [Small, Borrowed]
known.ARRAYS.update({Small: False, Borrowed: True})
handle.SMALLS.update(handle.SMALL)
known.HOLDERS.update(handle.SMALL)
freed.keep()  # arrays that are computed at once come and go as NumPy's do


def picked(x: Small, key: Any, frame: FrameType) -> Any:
    """Return what ``x[key]`` is for a key of more than integers and slices."""
    held, kind = x._value, type(key)
    try:
        if kind is Small or kind is Element:
            value = held[key._value]
        else:
            value = held[keyed(key) if kind is tuple else plain(key)]
    except REFUSALS:
        del held  # who else needs the memory is counted
        return indexing.getitem(x, key)
    if type(value) is not _ndarray:
        return Element._of(value)
    base, count = value.base, x._calls
    if held.nbytes > TOLD:
        if value.nbytes > LARGE and type(x) is OPENED[0]:
            del held, value  # who else needs the memory is counted
            return indexing.getitem(x, key)
        # A part of much is no reason to hold it, unless it is a view: that does.
        count = MADE_BY
    made = Small()
    made._value = value
    made._chain = None
    if base is not None and base is (held if held.base is None else held.base):
        made._chain = held
    if base is not None and count <= MADE_BY:
        made._how = (x, key)
        made._calls = count + 1
    elif count < MADE_BY:
        made._how = (getitem, (x, key), NO_OPTIONS, frame.f_code, frame.f_lasti)
        made._calls = count + 1
    else:
        made._how = None
        made._calls = count
    return made
