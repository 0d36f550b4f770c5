"""The handle behind `Array`: which node it shows, how it is viewed, written and read.

An array is either a *base*, which holds the current node, or a view: its base and the
chain of views that leads to it. Writing replaces the base's node by "that node with
this region replaced", so that every view of the base sees the write, as in NumPy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr import evaluate, ops
from lazyarr.api import nested, pending, recent
from lazyarr.api.chains import LOCKED, along, joined, read_only, replaced, with_part
from lazyarr.api.order import as_told
from lazyarr.config import current
from lazyarr.errors import (
    DTypeError,
    ShapeError,
    at_users_line,
    warn_of_parts,
)
from lazyarr.errors import here as here
from lazyarr.ir import again, copies, infer, layout
from lazyarr.ir import view as views
from lazyarr.ir.node import Node, Shape, Where, structure, where_text
from lazyarr.ir.view import View
from lazyarr.ops.row import CHARS, Kind
from lazyarr.ops.row import WEAK as WEAK

if TYPE_CHECKING:
    from lazyarr.api.array import Array
    from lazyarr.ops.row import DType

OPS = ops.OPS
_REMEMBERED = 1 << 16  # bytes up to which an implicit read is kept
_FEW = 256  # nodes of an expression that is small


class Handle:
    """State of an array: ``_node`` for a base; ``_base``, ``_chain`` for a view.

    Its steps are views, ``("reshape", shape)``, ``("real",)``, ``("imag",)``, ``(LOCKED,)``.
    """

    __slots__ = (
        "__weakref__",
        "_base",
        "_calls",
        "_chain",
        "_elements",
        "_found",
        "_node",
        "_owned",
        "_pending",
        "_reads",
        "_seen",
        "_story",
        "_turn",
        "_value",
        "_viewed",
        "_whole",
    )
    _node: Node
    _base: Handle | None
    _chain: Any  # of a view: the steps to it; of a known one: the memory it is taken of
    _seen: Node | None  # of a view: the base's node that `_node` shows a part of
    _found: tuple[Node, Node]  # of a mask: its node, and the leaf of its values
    _elements: int  # of a base: how many were taken or written; of a scalar: were met
    _owned: list[bool]  # of an owner moved or reshaped, and what it left: if locked
    _pending: pending.Entry  # of a base that was written
    _reads: tuple[Node, int]  # of a base: what was read last, and how often
    _value: Any  # of what was computed at once; of views: a step, and the key that is
    _whole: Any  # of an element: the base, the node it showed, the chain from there
    _viewed: bool  # of a base: there, if there ever was a view of it
    _how: Any = recent.Story()  # of what is known: the call that made it, or None
    _calls: int  # and how many calls that tells of
    __array_priority__ = 1000

    # --- the node shown -------------------------------------------------------

    def _current(self) -> Node:
        """Return the node that this array shows now."""
        base = self._base
        if base is None:
            return self._node
        if type(base) in SMALLS and SEE[0](self):
            return self._node  # from now on it is known, too
        seen = base._node
        if self._seen is not seen:
            chain = self._chain
            if len(chain) == 1 and type(chain[0]) is View:
                node = infer.view_node(seen, chain[0], seen.where)
            else:
                node = along(seen, chain)
            if pending.is_written(seen):
                return node  # a view that held it would keep later writes out of it
            self._seen = seen
            self._node = node
        return self._node

    def _sides(self) -> Shape:
        """Return the shape, for which a view needs no node."""
        if self._base is None:
            return self._node.shape
        last: Any = self._chain[-1] if self._chain else (LOCKED,)
        if type(last) is View:
            return last.shape
        return last[1] if last[0] == "reshape" else self._current().shape

    def _is_scalar(self) -> bool:
        """Whether this is one of NumPy's scalars: 0-d arrays are views, or known."""
        return self._base is None and not self._node.shape

    def _steps(self) -> Shape:
        """Return the strides of a base, in elements, as NumPy's array would have them."""
        return layout.strides(self._node)

    def _kind(self) -> DType:
        """Return the dtype, for which a view of real numbers needs no node."""
        base = self if self._base is None else self._base
        known = type(base) in SMALLS or type(base) in OPENED
        dtype = (base._value if known else base._node).dtype
        return self._current().dtype if dtype.kind == "c" else dtype

    def _view(self, *steps: Any) -> Array:
        """Return a view of this array, one step further along its chain."""
        base = self._base
        if base is None:
            # Nothing is written into a scalar.
            base = new(self._node) if self._is_scalar() else self
        elif self._chain:
            steps = joined(self._chain, steps)
        if type(base) is FINAL[0] and type(base._node.value) is np.ndarray:
            part = SLICED[0]._along(base, steps)
            if part is not None:
                return part  # type: ignore[no-any-return]
        made = FINAL[0]()
        base._viewed = True
        made._node = None
        made._base = base
        made._chain = steps
        made._seen = None
        made._value = None
        return made  # type: ignore[no-any-return]

    def _store(self, value: Node, steps: tuple[Any, ...], where: Where) -> None:
        """Write a node into the region of this array that `steps` lead to.

        The value has the region's shape, or is 0-d, and this array's dtype.
        """
        base = self if self._base is None else self._base
        chain = joined(() if self._base is None else self._chain, steps)
        if type(base) in SMALLS or type(base) in OPENED:
            base._store(value, chain, where)
            return
        if (LOCKED,) in chain:
            raise read_only(where)
        for k, step in enumerate(chain):
            if type(step) is View or step[0] == "reshape":
                continue
            value = with_part(base._node, chain, k, value, where)
            chain = chain[:k]
            break
        over = value.shape == base._node.shape
        base._node = _as_before(
            base._node, replaced(base._node, value, chain, where), where
        )
        if base is not self:
            self._seen = None  # holds what was there before
            self._node = None  # type: ignore[assignment]
        pending.wrote(base, 0 if over else value.nbytes)

    def _hold(self, node: Node) -> None:
        """Let a base show a node of the same elements, which have been computed."""
        node.steps = layout.strides(self._node)
        self._node = node

    # --- evaluation -----------------------------------------------------------

    def _read(self) -> Any:
        """Return the value as NumPy, remembering it if it is small."""
        if pending.written:
            pending.before_read(self)
        node = self._current()
        if node.op.name != "scalar" and not node.shape and hasattr(self, "_whole"):
            self._settle_whole()
            node = self._node
        if node.op.name == "scalar":
            return node.value[()]
        written = pending.written
        if not written:
            result = as_told(self, evaluate.compute((node,), reading=True)[0])
        elif id(self) in written:  # remembered when it is read again
            return as_told(self, pending.read(node, self))
        else:
            result = as_told(self, pending.read(node, self))
        if self._node is node and self._base is None and node.args:
            self._keep(result)
        return result

    def _keep(self, result: Any) -> None:
        """Remember the value of an expression that is small."""
        if self._node.nbytes <= _REMEMBERED:
            self._hold(known(result, self._node.where))
        elif self._node.nbytes >= again.LARGE:
            self._reads = again.note_read(getattr(self, "_reads", None), self._node)

    def _settle_whole(self) -> None:
        """Compute all of the expression that this is an element of, if it is time to.

        Elements are read one after the other, each of which would need a plan.
        """
        owner, seen, chain = self._whole
        del self._whole
        if not owner._settle_small(seen, getattr(owner, "_elements", 0)):
            return
        leaf = owner._node
        node = along(leaf, chain)
        if type(leaf.value) is np.ndarray and node.args == (leaf,):
            value = views.apply(leaf.value, node.params)[()]
            node = infer.element(value, node.dtype)
        self._node = node

    def _settle_small(self, seen: Node, taken: int = 1) -> bool:
        """Compute and keep a base if plans of elements `taken` cost that; say whether."""
        if self._node is not seen or not seen.args:
            return False
        if not current().small_path or not _is_small(seen, taken):
            return False
        if id(self) in pending.written and not infer.is_fill(seen):
            pending.settle(self, donate=pending.alone())
        else:
            (values,) = evaluate.persist((seen,))
            self._hold(pending.owned(values, 0, seen.where))
        return True


def _as_before(old: Node, node: Node, where: Where) -> Node:
    """Return what a base shows after a write, with the strides that it had before it."""
    if node is old or (node.op.kind is Kind.UPDATE and node.args[0] is old):
        return node  # which has them
    if len(old.shape) < 2 and old.args and not hasattr(old, "steps"):
        return node
    return copies.ordered(node, layout.strides(old), where)


def _is_small(node: Node, times: int) -> bool:
    """Whether computing an expression costs about as much as planning it so often."""
    most = _REMEMBERED * (times if node.nbytes <= pending.most() else 1)
    if node.size > most:
        return False
    _, nodes = structure((node,))
    return len(nodes) <= _FEW and sum([n.size for n in nodes]) <= most


def kept(result: Any, where: Where, node: Node | None = None) -> Node:
    """Return the leaf of what an executor gave for a node: nobody else's, and a number."""
    if issubclass(type(result), (np.generic, np.ndarray)):
        return infer.leaf(result, where) if result.shape else node_of(result)
    return infer.far_leaf(result, node, where) if node else infer.leaf(result, where)


def known(result: Any, where: Where) -> Node:
    """Return the leaf of a value that has been computed."""
    if not result.shape:
        return infer.scalar(result[()], result.dtype)
    return pending.owned(result.copy(), 0, where)


def new(node: Node) -> Array:
    """Return a fresh array that shows a node."""
    made: Array = FINAL[0]()
    made._node = node
    made._base = None
    return made


def copy_in_order(node: Node, where: Where = None) -> Array:
    """Return a copy of an array, which lies in memory in the same order of axes."""
    if layout.is_packed(node):
        return array_of(node)
    return array_of(copies.copied(node, "K", where or here()))


def array_of(node: Node) -> Array:
    """Return a fresh array, which in-place operators change even if it is 0-d."""
    return new(node) if node.shape else new(node)._view()


FINAL: list[type[Any]] = []
SELECTION: list[Any] = [None]  # the class of what masks select
SELECTED: list[bool] = []  # whether there ever was one
ELEMENT: list[Any] = [None]  # the class of the elements of arrays that are there
OPENED: list[Any] = [None]  # the class of large arrays that loops write into
SLICED: list[Any] = [None]  # the class of views of what is there
SEE: list[Any] = []  # lets a view of a known array be known
SMALL: list[Any] = []  # the classes of small arrays whose elements are known
SMALLS: set[Any] = set()  # found by identity: `ndarray` says that it equals them


def register(cls: type[Any]) -> type[Any]:
    """Make `cls` the class of the arrays that functions return."""
    FINAL[:] = [cls]
    return cls


def operand(x: Any) -> infer.Raw:
    """Return the node of an array-like; Python scalars stay as they are, weak."""
    if isinstance(x, Handle):
        return x._current()
    if type(x) in WEAK:
        return x  # type: ignore[no-any-return]
    return node_of(x)


def shown(x: Any) -> Node:
    """Return the node of an array-like: `node_of`, with the usual case ahead of it."""
    return x._node if type(x) is FINAL[0] and x._base is None else node_of(x)


def node_of(x: Any, dtype: DType | None = None) -> Node:
    """Return the node of an array-like, Python scalars included.

    Raises
    ------
    DTypeError
        The array holds something that is not a number.
    """
    if isinstance(x, Handle):
        return x._current()
    if type(x) is not np.ndarray and hasattr(x, "__cuda_array_interface__"):
        return infer.leaf(evaluate.gpu_backend().imported(x), here())
    if type(x) in (list, tuple) and dtype is None:
        made = nested.stacked(x, (*SMALL, ELEMENT[0]))
        if made is not None:
            return made
    array = nested.array_like(x, dtype)
    if array.dtype.char in CHARS and array.dtype.isnative and array.shape:
        return infer.leaf(array, here())
    if array.dtype.char not in CHARS:
        raise no_numbers(array.dtype, "asarray")
    if not array.dtype.isnative:
        array = array.astype(array.dtype.newbyteorder("="))
    if not array.shape:
        return infer.scalar(array[()], array.dtype)
    return infer.leaf(array, here())


def no_numbers(dtype: DType, name: str, swapped: bool = False) -> DTypeError:
    """Return the error for a dtype that lazyarr does not compute with."""
    hint = "use numbers of up to 64 bits a part, or NumPy and np.asarray(x)."
    what = f"arrays of dtype {dtype} are not supported"
    error = DTypeError.at(name, what, where_text(here()), hint)
    error.foreign, error.swapped = True, swapped
    return error


def cast_to(value: infer.Raw, dtype: DType, where: Where) -> Node:
    """Return a raw operand as a node of this dtype, as assignment casts it."""
    if isinstance(value, Node):
        return infer.astype(value, dtype, where)
    kind = type(value)
    if kind is int or kind is bool or (kind is float and dtype.kind in "fc"):
        return infer.scalar(value, dtype)
    array = np.asarray(value)
    if array.dtype.kind in "iub" and dtype.kind in "iu":
        return infer.scalar(dtype.type(value), dtype)
    if array.dtype.kind == "c" and dtype.kind in "fiu":
        warn_of_parts()
        array = array.real
    with at_users_line():
        return infer.scalar(array.astype(dtype)[()], dtype)


def fitted(value: Node, shape: Shape, name: str, where: Where) -> Node:
    """Return a node broadcast to a region's shape, or 0-d as it is.

    Raises
    ------
    ShapeError
        The value does not broadcast to the region.
    """
    if not value.shape or value.shape == shape:
        return value
    lead = len(value.shape) - len(shape)
    if lead > 0 and all(n == 1 for n in value.shape[:lead]):
        value = infer.reshape_node(value, value.shape[lead:], where)
        if not value.shape:
            return value
    fits = len(value.shape) <= len(shape) and all(
        n in (1, m) for n, m in zip(value.shape[::-1], shape[::-1], strict=False)
    )
    if not fits:
        what = f"could not broadcast input array from shape {value.shape} into {shape}"
        raise ShapeError.at(name, what, where_text(where))
    return infer.view_node(value, views.broadcast(value.shape, shape), where)


def refuse_negative(x: infer.Raw, y: infer.Raw) -> None:
    """Raise NumPy's error for an integer to the power of a negative Python integer."""
    if type(y) is not int or y >= 0 or not isinstance(x, Node):
        return
    if x.dtype.kind in "bi" and x.size:
        if x.dtype.kind == "i":
            infer.scalar(y, x.dtype)  # out of bounds, that is the error
        msg = "Integers to negative integer powers are not allowed."
        raise ValueError(msg)


def certain(node: Node) -> Node:
    """Return a node that replaces another; of powers of integers, which may fail, now."""
    if node.dtype.kind != "i" or node.op.name != "pow" or not node.args[1].shape:
        return node
    (value,) = evaluate.persist((node,))
    return kept(value, node.where, node)


def write(x: Handle, result: Node, name: str, casting: str, where: Where) -> None:
    """Store an elementwise result in an array, as a ufunc's ``out=`` does."""
    if x._is_scalar():
        msg = "return arrays must be of ArrayType"
        raise TypeError(msg)
    shown = x._current()
    refuse_unfit(result, shown, name, casting, where)
    value = infer.astype(certain(result), shown.dtype, where)
    x._store(fitted(value, shown.shape, name, where), (), where)


def refuse_unfit(result: Node, out: Any, name: str, rule: str, where: Where) -> None:
    """Raise the error of an elementwise result that ``out=`` does not take."""
    if not np.can_cast(result.dtype, out.dtype, rule):  # type: ignore[arg-type]
        refuse_cast(result, out.dtype, name, rule)
    both = infer.broadcast_shapes(name, (result.shape, out.shape), where)
    if both != out.shape:
        what = f"non-broadcastable output operand with shape {out.shape}"
        what += f" doesn't match the broadcast shape {both}"
        raise ShapeError.at(name, what, where_text(where))


def refuse_cast(result: Node, dtype: DType, name: str, casting: str) -> None:
    """Raise the error that NumPy raises for a ufunc's output."""
    function = getattr(np, name, None)
    if result.op.name == name and isinstance(function, np.ufunc):
        samples = [np.zeros(1, arg.dtype) for arg in result.args]
        function(*samples, out=np.zeros(1, dtype), casting=casting)
    what = f"cannot cast from {result.dtype} to {dtype} with casting rule {casting!r}"
    raise DTypeError.at(name, what, where_text(here()))
