"""`Small`: a small array whose elements are known, as quick as NumPy's own.

It holds a NumPy array that nobody else writes into, and computes with it at once. Its
views lie in the same memory, so they see its writes and it theirs. A node is made of it
when it meets an array that is not known: a leaf with a copy of the elements.

`Borrowed` holds the user's array, which it never writes into: it is copied before the
first write.
"""

from __future__ import annotations

import operator
import sys
from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr import evaluate
from lazyarr.api import calls, handle, history, indexing, known, pending, powers
from lazyarr.api.array import Array
from lazyarr.api.chains import LOCKED, read_only
from lazyarr.api.element import Element
from lazyarr.api.handle import WEAK, Handle
from lazyarr.api.known import MADE_BY, REFUSALS, Unknown, plain, run, small_bytes
from lazyarr.config import watched
from lazyarr.ir import infer
from lazyarr.ir import view as views
from lazyarr.ir.view import View

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lazyarr.ir.node import Node, Shape, Where
    from lazyarr.ops.row import DType, Op

_make = object.__new__
_frame = sys._getframe
_node = Handle.__dict__["_node"]  # the slot that a node lies in
_COMPLEX = (complex, np.complex64, np.complex128)
_ALONE = 3  # references to memory that only its array holds, while it is looked at


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
        made: Small = _make(cls)
        made._value = value
        made._how = None
        made._count = 0
        return made

    # --- as a node, where it meets what is not known -----------------------------

    @property
    def _node(self) -> Node:  # type: ignore[override]
        held = self._value
        seen = getattr(self, "_seen", None)
        if seen is None or seen.value.tobytes() != held.tobytes():
            seen = self._seen = infer.leaf(held.copy("K"), self._line())
            seen.params = None if self._how is None else history.Made(self._how)
        return seen

    @_node.setter
    def _node(self, node: Node) -> None:
        self._become(node)

    def _line(self) -> Where:
        """Return the line that made the value."""
        how = self._how
        return None if how is None or how[3] is None else (how[3], how[4])

    def _become(self, node: Node) -> None:
        """Be an array of an expression from now on."""
        del self._value
        self.__class__ = Array  # type: ignore[assignment]
        self._node = node
        self._base = None

    def _store(self, value: Node, steps: tuple[Any, ...], where: Where) -> None:
        held = self._value
        if not held.flags.writeable:
            raise read_only(where)
        if value.args and held.base is None and sys.getrefcount(held) <= _ALONE:
            self._become(pending.owned(held))  # the value stays an expression
            self._store(value, steps, where)
            return
        self._how = None
        for step in steps:
            if type(step) is View:
                held = views.apply(held, step)
            elif step[0] == LOCKED:
                raise read_only(where)
            elif step[0] == "reshape":
                held = held.reshape(step[1], copy=False)
            else:
                held = getattr(held, step[0])
        held[...] = evaluate.compute((value,))[0]

    # --- what is known -----------------------------------------------------------

    @property
    def shape(self) -> Shape:
        """Sides."""
        return self._value.shape  # type: ignore[no-any-return]

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

    def _sides(self) -> Shape:
        return self._value.shape  # type: ignore[no-any-return]

    def _kind(self) -> DType:
        return self._value.dtype  # type: ignore[no-any-return]

    def _strides(self) -> Any:
        size = self._value.itemsize
        return tuple([step // size for step in self._value.strides])

    def _read(self) -> Any:
        return self._value.copy("K")

    def compute(self, device: str | None = None) -> Any:
        """Return the value as a NumPy array; parameters as for `Array.compute`."""
        if device is None or device == "cpu":
            return self._value.copy("K")
        return evaluate.compute(history.expanded((self._node,)), device)[0]

    def persist(self, device: str | None = None) -> Array:
        """Return an array that holds the value; parameters as for `Array.persist`."""
        if device is None or device == "cpu":
            return Small._of(self._value.copy("K"))
        return handle.new(history.expanded((self._node,))[0]).persist(device)

    def __len__(self) -> int:
        return len(self._value)

    def __iter__(self) -> Iterator[Any]:
        return (self[k] for k in range(len(self._value)))

    def __repr__(self) -> str:
        return repr(handle.new(history.likeness(self._node)))

    def __reduce__(self) -> Any:
        return Small._of, (self._value,)

    def item(self, *index: int) -> Any:
        """Return one element as a Python scalar."""
        return self._value.item(*index)

    def tolist(self) -> Any:
        """Return nested lists of Python scalars."""
        return self._value.tolist()

    @property
    def flags(self) -> Any:
        """Flags of NumPy's array."""
        return self._value.flags

    def setflags(self, write: Any = None, align: Any = None, uic: Any = None) -> None:
        """Forbid writes to the array, as `Array.setflags`."""
        if write and not self._value.flags.writeable:
            msg = "cannot set WRITEABLE flag to True of this array"
            raise ValueError(msg)
        self._value.setflags(write, align, uic)

    # --- elements ------------------------------------------------------------------

    def __getitem__(self, key: Any, /) -> Any:
        if watched and not small_bytes():
            return indexing.getitem(self, key)
        kind = type(key)
        try:
            value = self._value[key if kind is int or kind is slice else _key(key)]
        except REFUSALS:
            return indexing.getitem(self, key)
        if type(value) is not np.ndarray:
            return Element._of(value)
        if not value.ndim:
            return indexing.getitem(self, key)
        made = _make(Small)
        made._value = value
        count = self._count
        if count < MADE_BY:
            frame = _frame(1)
            made._how = (operator.getitem, (self, key), {}, frame.f_code, frame.f_lasti)
            made._count = count + 1
        else:
            made._how = None
            made._count = 0
        return made

    def __setitem__(self, key: Any, value: Any, /) -> None:
        if watched and not small_bytes():
            return indexing.setitem(self, key, value)
        kind = type(key)
        try:
            if kind is not int and kind is not slice:
                key = _key(key)
            given = value if type(value) in WEAK else plain(value)
            if _is_narrowed(self._value, given):
                raise Unknown
            run(operator.setitem, self._value, key, given)
        except REFUSALS:
            return indexing.setitem(self, key, value)
        self._how = None
        return None

    # --- operators with something more to them -----------------------------------

    def __pow__(self, other: Any, /) -> Any:
        op = handle.OPS["pow"]
        args: tuple[Any, ...] = (self, other)
        if type(other) in (int, float):
            try:
                found = powers.shortcut(self._value.dtype, other)
            except ValueError:
                found = None
            if found is not None:
                op, args = found, (self,)
        made = known.elementwise(op, args)
        return powers.power(self, other) if made is None else made

    def __rpow__(self, other: Any, /) -> Any:
        made = known.elementwise(handle.OPS["pow"], (other, self))
        return calls.binary(handle.OPS["pow"], other, self) if made is None else made


class Borrowed(Small):
    """A small array of the user's, wrapped; copied before it is written into."""

    __slots__ = ()

    @property
    def _node(self) -> Node:  # type: ignore[override]
        try:
            return self._seen  # type: ignore[return-value]
        except AttributeError:
            made = self._seen = infer.leaf(self._value, handle.here())
            return made

    @_node.setter
    def _node(self, node: Node) -> None:
        self._become(node)

    def _own(self) -> None:
        """Copy the elements, which are about to be written."""
        self._value = self._value.copy("K")
        self.__class__ = Small

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
        made = Small.__getitem__(self, key)
        if type(made) is Small and made._value.base is not None:
            return indexing.getitem(self, key)  # a view, to be written through
        return made

    def __setitem__(self, key: Any, value: Any, /) -> None:
        self._own()
        self[key] = value


def _key(key: Any) -> Any:
    """Return an index with the known arrays in it as NumPy's.

    Raises
    ------
    Unknown
        There is something in it that is not known.
    """
    if type(key) is tuple:
        for part in key:
            if type(part) is not int and type(part) is not slice:
                return tuple([plain(part) for part in key])
        return key
    return plain(key)


def _is_narrowed(held: np.ndarray, given: Any) -> bool:
    """Whether a write would lose imaginary parts, of which NumPy warns."""
    kind = type(given)
    if kind is np.ndarray:
        return given.dtype.kind == "c" and held.dtype.kind != "c"
    return kind in _COMPLEX and held.dtype.kind != "c"


# --- operators ------------------------------------------------------------------------


def _operator(name: str, op: Op, *, reflected: bool = False) -> None:
    """Give small arrays an operator that computes with what is known at once."""
    function, general = op.numpy, op

    def method(self: Small, other: Any) -> Any:
        x, kind, count = self._value, type(other), self._count
        try:
            if kind in WEAK:
                y = other
            elif kind is Small:
                y = other._value
                count += other._count
                if x.shape != y.shape and x.size * y.size > known.WIDE:
                    raise Unknown
            else:
                y = _operand(other)
                if known.is_wide((x, y)):
                    raise Unknown
            if watched and not small_bytes():
                raise Unknown
            value = run(function, y, x) if reflected else run(function, x, y)
        except REFUSALS as error:
            pair = (other, self) if reflected else (self, other)
            made = calls.binary(general, *pair)
            return known.told_of(error, made, general, pair)
        made = _make(Small)
        made._value = value
        if count < MADE_BY:
            frame = _frame(1)
            pair = (other, self) if reflected else (self, other)
            made._how = (general, pair, {}, frame.f_code, frame.f_lasti)
            made._count = count + 1
        else:
            made._how = None
            made._count = 0
        return made

    method.__name__ = name
    setattr(Small, name, method)


def _operand(other: Any) -> Any:
    """Return the other operand of an operator, which may have a say of its own."""
    if (
        isinstance(other, (Handle, list, tuple, np.generic))
        or type(other) is np.ndarray
    ):
        return plain(other)
    raise Unknown


def _unary(name: str, op: Op) -> None:
    def method(self: Small) -> Any:
        made = known.elementwise(op, (self,))
        return calls.unary(op, self) if made is None else made

    method.__name__ = name
    setattr(Small, name, method)


def _inplace(name: str, op: Op, plainly: Callable[[Any, Any], Any]) -> None:
    """Give small arrays an in-place operator."""

    def method(self: Small, other: Any) -> Any:
        held = self._value
        made = plainly(self, other)
        if type(made) is not Small or not _fits(made._value, held):
            if made is NotImplemented:
                return made
            return calls.inplace(op, self, other)
        if type(self) is Borrowed:
            self._own()
        elif held.base is not None or sys.getrefcount(held) > _ALONE:
            held[...] = made._value  # others see it
            self._how = None
            return self
        elif not held.flags.writeable:
            return calls.inplace(op, self, other)
        before = Small._of(held)
        before._how, before._count = self._how, self._count
        self._value, self._count = made._value, made._count
        if made._how is not None:
            function, _, options, code, place = made._how
            self._how = (function, (before, other), options, code, place)
        else:
            self._how = None
        return self

    method.__name__ = name
    setattr(Small, name, method)


def _fits(value: np.ndarray, held: np.ndarray) -> bool:
    return (
        value.dtype == held.dtype
        and value.shape == held.shape
        and value.strides == held.strides
        and held.flags.writeable
    )


def _operators() -> None:
    for op in handle.OPS.values():
        name = op.dunder
        if name is None or name == "pow":
            continue
        if op.nin == 1:
            _unary(f"__{name}__", op)
            continue
        _operator(f"__{name}__", op)
        if name in ("eq", "ne", "lt", "le", "gt", "ge"):
            continue
        _operator(f"__r{name}__", op, reflected=True)
        _inplace(f"__i{name}__", op, getattr(Small, f"__{name}__"))
    Small.__hash__ = Array.__hash__  # type: ignore[method-assign]


_operators()
handle.SMALL[:] = [Small, Borrowed]
