"""`Selection`: what a mask selects, as long as nobody needs to know how much that is.

``x[m]`` holds all of `x` and the mask. Elementwise functions of selections by one and
the same mask are computed on the whole, where the mask is false with operands that meet
no error; folds of all that is selected put in what changes nothing; ``x[m] = x[m] * 2``
chooses between the two with ``where``. All of that has a known shape and fuses. Whatever
else is asked of a selection, its shape first of all, evaluates the mask; and, of few
elements, what it selects, in the same plan. So do functions of what a mask selects from a
known array (`known.there`): computing with less is quicker.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr.api import calls, handle, pending
from lazyarr.api.array import Array
from lazyarr.api.bounds import TAKEN, small_bytes
from lazyarr.api.elementwise import divide
from lazyarr.api.handle import OPS, WEAK, Handle, here, new
from lazyarr.api.keys import Advanced
from lazyarr.api.sizes import settled
from lazyarr.config import current
from lazyarr.ir import flat, infer, layout
from lazyarr.ir import view as views
from lazyarr.ir.infer import library_node
from lazyarr.named import NamedTuple

if TYPE_CHECKING:
    from lazyarr.ir.node import Node, Where
    from lazyarr.ops.row import DType, Op

_NONE = np._NoValue
_WHY = "by a boolean index, whose size depends on the values"
_NOTE = "by a boolean index: its size depends on values"  # of what is selected
_FOLDS = {"min": "minimum", "max": "maximum"}
# Of these no operand makes an error that NumPy reports, if all are numbers like this.
_QUIET = ("equal", "not_equal", "less", "less_equal", "greater", "greater_equal")
_QUIET_INTEGERS = ("add", "subtract", "multiply", "negative", "positive", "abs")


class Selection(Array):
    """A copy of the elements where a mask is true; what ``x[mask]`` gives.

    Examples
    --------
    >>> import lazyarr as la
    >>> x = la.arange(6)
    >>> int((x[x > 2] * 10).sum())
    120
    """

    __slots__ = ("_holder", "_line", "_made", "_mask", "_picked")
    _made: Node
    _mask: Node
    _picked: (
        Node | None
    )  # all elements, of which those are meant where the mask is true
    _holder: Any  # the array that was given as the mask
    _line: Where  # which selects

    @classmethod
    def _of(cls, picked: Node, mask: Node, holder: Any, line: Where) -> Selection:
        """Return the selection of a mask along the first axes of a node."""
        if not handle.SELECTED:
            handle.SELECTED.append(True)
        made: Selection = cls()
        made._base = None
        made._picked = picked
        made._mask = mask
        made._holder = holder
        made._line = line
        return made

    def _with(self, picked: Node) -> Selection:
        """Return the selection of other elements by the same mask."""
        return Selection._of(picked, self._mask, self._holder, self._line)

    @property
    def _node(self) -> Node:
        picked = self._picked
        if picked is not None:
            taken = self._taken() if small_bytes() else None
            if taken is None:
                self._made = self._later(picked)
            else:
                self._made = flat.noted(infer.leaf(taken, self._line), _NOTE)
            self._picked = None
        return self._made

    @_node.setter
    def _node(self, node: Node) -> None:
        self._made = node
        self._picked = None

    def _later(self, picked: Node) -> Node:
        """Return the node that takes the elements, how many they are being known."""
        index = Advanced(picked.shape, self._settled())
        args = (picked, *index.arrays)
        row, keys = OPS["getitem"], (index.template,)
        return library_node(row, args, keys, index.shape, picked.dtype, self._line)

    def _settled(self) -> Any:
        """Return the mask to be evaluated; what was found before is in its array."""
        holder, mask = self._holder, self._mask
        if not isinstance(holder, Handle) or holder._base is not None:
            return new(mask)
        if holder._node is mask and mask.args:
            settled(holder, _WHY)
            holder._found = (mask, holder._node)
        node, leaf = getattr(holder, "_found", (mask, mask))
        return new(leaf if node is mask else mask)

    def _taken(self) -> Any:
        """Return the elements, of little on the host, by NumPy's own selection; or None.

        No plan needs to know how many they are: the whole and the mask are computed
        together.
        """
        picked, mask = self._picked, self._mask
        if picked is None or picked.size > TAKEN or not current().small_path:
            return None
        found = getattr(self._holder, "_found", ())
        held = {n: n.value for n in (picked, mask) if n.value is not None}
        if found and found[0] is mask:
            held[mask] = found[1].value
        if any(type(value) is not np.ndarray for value in held.values()):
            return None
        missing = tuple(dict.fromkeys([n for n in (picked, mask) if n not in held]))
        if missing:
            held |= zip(missing, pending.read_all(missing), strict=True)
        if mask in missing:
            self._remember(infer.leaf(held[mask], mask.where))
        array = held[picked]
        if array.ndim > 1 + len(
            mask.shape
        ):  # NumPy leaves rows of several axes in their order
            array = layout.laid(array, layout.strides(picked))
        return _rows(array, held[mask])

    def _remember(self, leaf: Node) -> None:
        """Let the array that was given as the mask hold its values from now on."""
        holder, mask = self._holder, self._mask
        if isinstance(holder, Handle) and holder._base is None and holder._node is mask:
            holder._hold(flat.noted(leaf, _WHY))
            holder._found = (mask, holder._node)

    def compute(self, device: str | None = None) -> Any:
        """Return the elements as a NumPy array; parameters and errors as for `Array`."""
        taken = self._taken() if device is None else None
        return super().compute(device) if taken is None else taken

    def _kind(self) -> DType:
        picked = self._picked
        return super()._kind() if picked is None else picked.dtype

    @property
    def ndim(self) -> int:
        """Number of axes: one for those of the mask, and the others."""
        picked = self._picked
        if picked is None:
            return super().ndim
        return 1 + len(picked.shape) - len(self._mask.shape)

    def __repr__(self) -> str:
        picked = self._picked
        if picked is None:
            return super().__repr__()
        rest = "".join(f", {n}" for n in picked.shape[len(self._mask.shape) :])
        return f"<lazyarr.Array selection {picked.dtype}[?{rest}]>"

    # --- elementwise ----------------------------------------------------------

    def _mapped(self, op: Op, operands: tuple[Any, ...], where: Where) -> Node | None:
        """Return ``op`` on whole arrays; None if it is not one of equal selections."""
        whole = self._whole()
        if whole is None:
            return None
        picked, mask = whole
        free = len(picked.shape) - len(mask.shape)
        raw: list[Any] = []
        for x in operands:
            other = x._picked if isinstance(x, Selection) else None
            if other is not None:
                if x._mask is not mask or other.shape != picked.shape:
                    return None
                raw.append(other)
            elif type(x) in WEAK:
                raw.append(x)
            else:
                node = handle.node_of(x)
                rest = picked.shape[len(picked.shape) - len(node.shape) :]
                if len(node.shape) > free or (node.shape and node.shape != rest):
                    return None
                raw.append(node)
        node = infer.of(op, tuple(raw), where)
        return node if _meets_none(node) else calls.quiet(node, whole.column(), where)

    def _is_scalar(self) -> bool:
        return False

    def _is_unknown(self) -> bool:
        """Whether nobody has asked yet how much it is."""
        return self._picked is not None

    def _is_computed_later(self) -> bool:
        """Whether it is not settled, and what it selects from is no leaf."""
        picked = self._picked
        return picked is not None and bool(picked.args)

    def _replaced(self, op: Op, other: Any) -> bool:
        """Do an in-place operator on whole arrays; say whether that could be done."""
        node = self._mapped(op, (self, other), here(3))
        if node is None or not np.can_cast(node.dtype, self._kind(), "same_kind"):
            return False
        self._picked = infer.astype(node, self._kind(), node.where)
        return True

    def __pow__(self, other: Any) -> Any:
        whole = self._whole()
        if whole is None or type(other) not in (int, float):
            return super().__pow__(other)
        if other < 0 and whole.picked.dtype.kind in "bi":
            return super().__pow__(other)  # of nothing, that is no error
        made = whole.cleaned(1) ** other
        return self._with(made._current())

    def _whole(self) -> Whole | None:
        """Return what is selected of what, unless that has been settled.

        Another thread may settle it at any time.
        """
        picked = self._picked
        return None if picked is None else Whole(picked, self._mask)


def _rows(array: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Return what a mask selects; whole rows by their places, as is quicker.

    These lie in C order, in which the mask leaves only what lies so.
    """
    rows = mask.ndim == 1 < array.ndim and array.flags.c_contiguous
    return array.compress(mask, 0) if rows else array[mask]


class Whole(NamedTuple):
    """All of an array, and the mask of what a selection means of it."""

    picked: Node
    mask: Node

    def column(self) -> Node:
        """Return the mask with an axis of one element for each that it lacks."""
        mask = self.mask
        missing = tuple(range(len(mask.shape), len(self.picked.shape)))
        return infer.view_node(mask, views.add_axes(mask.shape, missing), mask.where)

    def cleaned(self, neutral: Any) -> Any:
        """Return the whole with a number where nothing is selected."""
        picked = self.picked
        held = infer.scalar(picked.dtype.type(neutral), picked.dtype)
        args = (self.column(), picked, held)
        return new(infer.map_node(OPS["where"], args, picked.where))

    def folded(self, name: str, axis: Any, keepdims: Any, **more: Any) -> Any:
        """Return a fold of what is selected; None if its axes are others."""
        picked = self.picked
        if keepdims not in (False, _NONE) or not picked.size:
            return None
        along = len(self.mask.shape)
        if axis not in (None, 0, (0,)) and (axis != -1 or along < len(picked.shape)):
            return None
        axes = None if axis is None else tuple(range(along))
        if name in _FOLDS:
            return self._extreme(name, axes)
        if name in ("var", "std"):
            return self._spread(name, axes, **more)
        if name == "count_nonzero":
            truth = infer.astype(picked, np.dtype(bool), picked.where)
            return new(truth).sum(axis=axes, where=new(self.column()))
        if name == "mean":
            return self._mean(axes, **more)
        whole = self.cleaned(name in ("prod", "all"))
        return getattr(whole, name)(axis=axes, **more)

    def _count(self, axes: Any) -> Any:
        """Return how many elements one result is made of."""
        count = new(self.mask).sum()
        if axes is not None:
            return count
        rest = 1
        for n in self.picked.shape[len(self.mask.shape) :]:
            rest *= n
        return count * rest if rest > 1 else count

    def _told(self, value: Any, count: Any, least: float, text: str, how: str) -> Any:
        """Return a value; reading it warns or raises if there are too few elements."""
        nodes = (value._current(), count._current())
        row = OPS["unless_few"]
        params = (least, text, how)
        node = nodes[0]
        return new(library_node(row, nodes, params, node.shape, node.dtype, here(3)))

    def _extreme(self, name: str, axes: Any) -> Any:
        kind = self.picked.dtype
        least = name == "max"
        if kind.kind == "c":
            return None
        if kind.kind == "f":
            neutral: Any = -np.inf if least else np.inf
        elif kind.kind == "b":
            neutral = not least
        else:
            limits = np.iinfo(kind)
            neutral = limits.min if least else limits.max
        made = getattr(self.cleaned(neutral), name)(axis=axes)
        text = (
            f"zero-size array to reduction operation {_FOLDS[name]} which has no "
            "identity"
        )
        return self._told(made, new(self.mask).sum(), 0, text, "raise")

    def _mean(self, axes: Any, dtype: Any = None) -> Any:
        kind = self.picked.dtype if dtype is None else np.dtype(dtype)
        if dtype is None and kind.kind in "biu":
            kind = np.dtype(np.float64)
        wide = np.dtype(np.float32) if kind.char == "e" and dtype is None else kind
        count = self._count(axes)
        total = self.cleaned(0).sum(axis=axes, dtype=wide)
        told = self._told(total, count, 0, "Mean of empty slice", "warn")
        return divide(told, count).astype(kind)

    def _spread(self, name: str, axes: Any, dtype: Any = None, less: float = 0) -> Any:
        picked, kind = self.picked, self.picked.dtype
        if dtype is not None:
            return None
        if kind.kind in "biu":
            kind = np.dtype(np.float64)
        wide = np.dtype(np.float32) if kind.char == "e" else kind
        count = self._count(axes)
        total = self.cleaned(0).sum(axis=axes, dtype=wide)
        middle = divide(total, count).astype(wide)
        column = new(self.column())
        whole = new(infer.astype(picked, wide, picked.where))
        where = infer.map_node(
            OPS["where"],
            (column._current(), whole._current(), middle._current()),
            picked.where,
        )
        off = new(where) - middle
        square = off * off if kind.kind != "c" else off.real**2 + off.imag**2
        total = square.sum(axis=axes)
        text = "Degrees of freedom <= 0 for slice"
        told = self._told(total, count, less, text, "warn")
        left = (count - less).clip(0, None) if less else count
        made = divide(told, left)
        result = np.empty(0, kind).real.dtype
        if name == "std":
            made = new(infer.map_node(OPS["sqrt"], (made._current(),), picked.where))
        return made.astype(result)


def _meets_none(node: Node) -> bool:
    """Whether NumPy reports no error of an op, whatever its operands are."""
    kinds = {arg.dtype.kind for arg in node.args}
    if node.op.name in _QUIET:  # of complex numbers, NaN is reported by the last four
        return "c" not in kinds or node.op.name in _QUIET[:2]
    if kinds <= {"b"}:
        return True
    return kinds <= {"b", "i", "u"} and node.op.name in _QUIET_INTEGERS


def _operator(name: str, op: Op, *, reflected: bool = False) -> None:
    def method(self: Selection, other: Any) -> Any:
        operands = (other, self) if reflected else (self, other)
        if self._picked is not None and _fits(other):
            node = self._mapped(op, operands, here(2))
            if node is not None:
                return self._with(node)
        return calls.binary(op, *operands)

    method.__name__ = name
    setattr(Selection, name, method)


def _inplace(name: str, op: Op) -> None:
    def method(self: Selection, other: Any) -> Any:
        if self._picked is not None and _fits(other) and self._replaced(op, other):
            return self
        return calls.inplace(op, self, other)

    method.__name__ = name
    setattr(Selection, name, method)


def _unary(name: str, op: Op) -> None:
    def method(self: Selection) -> Any:
        node = self._mapped(op, (self,), here(2))
        if node is not None:
            return self._with(node)
        return new(infer.unary_node(op, self._node, here(2)))

    method.__name__ = name
    setattr(Selection, name, method)


def _fits(other: Any) -> bool:
    """Whether an operand may meet a selection element by element."""
    return type(other) in WEAK or isinstance(other, (Handle, np.ndarray, np.generic))


_ARITHMETIC = {
    "add": "add",
    "sub": "subtract",
    "mul": "multiply",
    "truediv": "divide",
    "floordiv": "floor_divide",
    "mod": "remainder",
    "and": "bitwise_and",
    "or": "bitwise_or",
    "xor": "bitwise_xor",
}
for _name, _row in _ARITHMETIC.items():
    _operator(f"__{_name}__", OPS[_row])
    _operator(f"__r{_name}__", OPS[_row], reflected=True)
    _inplace(f"__i{_name}__", OPS[_row])
for _name, _row in zip(("eq", "ne", "lt", "le", "gt", "ge"), _QUIET, strict=True):
    _operator(f"__{_name}__", OPS[_row])
for _name, _row in (("neg", "negative"), ("abs", "abs"), ("invert", "bitwise_invert")):
    _unary(f"__{_name}__", OPS[_row])
handle.SELECTION[:] = [Selection]
