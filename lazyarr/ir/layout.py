"""The strides NumPy's result would have: they decide what a reshape may alias.

NumPy keeps the axis order of transposed operands ("K order"). Whether ``reshape``
gives a view or a copy follows from it, and with that which writes are seen where.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr.ir import view as views
from lazyarr.ops import OPS
from lazyarr.ops.family import TRANSFORMS
from lazyarr.ops.row import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lazyarr.ir.node import Node, Shape
    from lazyarr.ir.view import View
    from lazyarr.ops.row import Op


# What NumPy makes in a copy of the operand, or in an array like it.
_COPIES = ("sort", "partition", *TRANSFORMS)
# Whole-array functions whose result keeps the axis order of its operands.
_KEEPS_ORDER = frozenset(("cumulative_sum", "cumulative_prod", *_COPIES))
# What NumPy does to operands piece by piece, or shows as a view.
_PIECEWISE = ("astype", "real", "imag")
PACKED = frozenset(
    [op for op in OPS.values() if op.kind is Kind.MAP and op.name not in _PIECEWISE]
)
"""Ops whose results certainly have no gaps in memory, and are not stretched."""
# Those whose operands all decide on it.
_LIKE_MAPS = ("concat", "ufunc_part")
# Those for which the order of the result is NumPy's to say.
_ASKED = ("getitem", "take_along_axis", "matmul", "median", "ufunc_accumulate")


def ghost(node: Node) -> np.ndarray:
    """Return an array of the node's shape and strides over one byte of memory."""
    return over_one_byte(node.shape, strides(node))


def over_one_byte(shape: Shape, steps: Shape) -> np.ndarray:
    """Return an array of this shape and these strides over one byte of memory."""
    return np.lib.stride_tricks.as_strided(np.empty(1, np.int8), shape, steps)


@lru_cache(maxsize=4096)
def sides_alone(shape: Shape) -> np.ndarray:
    """Return an array of this shape, for what does not depend on strides."""
    return over_one_byte(shape, (0,) * len(shape))


def strides(node: Node) -> Shape:
    """Return the strides, in elements, that eager NumPy's result would have."""
    try:
        return node.steps
    except AttributeError:
        pass
    decisive = _decisive(node)
    stack = [(node, decisive, iter(decisive))]
    while stack:
        top, decisive, waiting = stack[-1]
        for one in waiting:
            if getattr(one, "steps", None) is None:
                below = _decisive(one)
                stack.append((one, below, iter(below)))
                break
        else:
            top.steps = _strides(top, [a.steps for a in decisive])
            stack.pop()
    return node.steps


def _decisive(node: Node) -> list[Node]:
    """Return the operands whose strides decide those of the node."""
    if node.op.kind is Kind.UPDATE:
        return [node.args[0]] if node.shape else []
    if len(node.shape) < 2:
        return []  # there is one order of one axis, and a copy has no gaps
    if node.op.kind is Kind.MAP or node.op.name in _LIKE_MAPS:
        return [a for a in node.args if a.shape]
    if node.op.kind is Kind.REDUCE or node.op.name in _KEEPS_ORDER:
        return [node.args[0]]
    if node.op.name in ("view", "reshape"):
        return [node.args[0]] if node.args[0].shape else []
    return list(node.args) if node.op.name in _ASKED else []


def _strides(node: Node, operands: list[Shape]) -> Shape:
    plain = views.contiguous_strides(node.shape)
    if node.op.name == "data" and isinstance(node.value, np.ndarray):
        size = node.value.itemsize
        return tuple(s // size for s in node.value.strides)
    if node.op.name == "copy" and node.params is not None:
        return packed(node.shape, node.params)
    if not operands or node.op.name in ("argmax", "argmin"):
        return plain
    if node.op.kind is Kind.MAP or node.op.name in _LIKE_MAPS:
        alike = operands.count(plain) == len(operands)
        return plain if alike else _arranged(node, operands)
    return _decided(node, operands)


def _decided(node: Node, operands: list[Shape]) -> Shape:
    """Return the strides of what is no map, which its operands decide."""
    if node.op.name in _ASKED:
        return _asked(node, operands)
    if node.op.kind is Kind.UPDATE:
        return operands[0]  # no write changes them
    if node.op.name == "view":
        return seen(node.args[0].shape, operands[0], node.params)
    if node.op.kind is Kind.REDUCE:
        kept = [s for k, s in enumerate(operands[0]) if k not in node.params]
        return kept_order(node.shape, [tuple(kept)])
    if node.op.name == "reshape":
        return reshaped(node.args[0].shape, operands[0], node.shape)
    return _arranged(node, operands)


def _arranged(node: Node, operands: list[Shape]) -> Shape:
    """Return the strides of a new array that follows its operands'."""
    if node.op.name in _COPIES:
        return like_order(node.shape, operands[0])
    if node.op.name in _PIECEWISE and 0 in operands[0]:
        return operands[0]
    if node.op.name == "concat":
        plain = [views.contiguous_strides(a.shape) for a in node.args]
        if plain == operands:
            return views.contiguous_strides(node.shape)
        return _packed(node.shape, _example(node, operands))
    return kept_order(node.shape, operands)


@lru_cache(maxsize=4096)
def seen(shape: Shape, steps: Shape, view: View) -> Shape:
    """Return the strides of a view of an array."""
    return views.apply(over_one_byte(shape, steps), view).strides


@lru_cache(maxsize=4096)
def reshaped(shape: Shape, steps: Shape, sides: Shape) -> Shape:
    """Return the strides of an array under another shape: a view where it can be one."""
    try:
        return over_one_byte(shape, steps).reshape(sides, copy=False).strides
    except ValueError:
        return views.contiguous_strides(sides)


def kept_order(shape: Shape, operands: Iterable[Shape]) -> Shape:
    """Return a new array's strides, asking NumPy's own iterator for the axis order."""
    return _kept_order(shape, tuple(operands))


@lru_cache(maxsize=4096)
def _kept_order(shape: Shape, operands: tuple[Shape, ...]) -> Shape:
    # Two elements an axis show the order; what matters is how strides compare.
    small = tuple(min(n, 2) for n in shape)
    ghosts = [over_one_byte(small, s) for s in operands]
    if 0 in small:
        return views.contiguous_strides(shape)
    made = np.nditer(
        [*ghosts, None],  # type: ignore[arg-type]
        flags=["refs_ok", "zerosize_ok"],
        op_flags=[["readonly"]] * len(ghosts) + [["writeonly", "allocate"]],  # type: ignore[arg-type]
        op_dtypes=["i1"] * (len(ghosts) + 1),
    ).operands[-1]
    return _packed(shape, made.strides)


@lru_cache(maxsize=4096)
def like_order(shape: Shape, steps: Shape) -> Shape:
    """Return the strides of a copy, or of a cast: stretched axes are the innermost."""
    small = tuple(min(n, 2) for n in shape)
    if 0 in small:
        return views.contiguous_strides(shape)
    return _packed(shape, np.empty_like(over_one_byte(small, steps)).strides)


def _asked(node: Node, operands: Sequence[Shape]) -> Shape:
    """Return the strides of what indices take, of which NumPy makes an example."""
    if 0 in node.shape or any(0 in a.shape for a in node.args):
        return views.contiguous_strides(node.shape)
    return _packed(node.shape, _example(node, operands))


def _example(node: Node, operands: Sequence[Shape]) -> Shape:
    """Return the strides of what a node's operation makes of small arrays like these."""
    sides = tuple([tuple([min(n, 2) for n in a.shape]) for a in node.args])
    return _made(node.op, node.params, sides, tuple(operands))


@lru_cache(maxsize=4096)
def _made(
    op: Op, params: Any, sides: tuple[Shape, ...], operands: tuple[Shape, ...]
) -> Shape:
    """Return the strides of what an operation makes of small arrays."""
    small = [_zeros(*pair) for pair in zip(sides, operands, strict=True)]
    if op.name == "ufunc_accumulate":
        params = ("add", *params[1:])  # others lie alike, and may not take integers
    if op.name == "getitem":
        params = (
            tuple(
                ("slice", None, None, None) if part[0] == "slice" else part
                for part in params[0]
            ),
        )
    steps: Shape = op.numpy(np, *small, *params).strides
    return steps


def _zeros(shape: Shape, steps: Shape) -> np.ndarray:
    """Return zeros, to be read, whose strides are small and compare as these do."""
    sizes = sorted({0, *map(abs, steps)})
    ranks = [sizes.index(abs(step)) for step in steps]
    reach = sum(rank * (n - 1) for rank, n in zip(ranks, shape, strict=True))
    made = np.zeros(max(reach, 0) + 1, np.intp)
    spaced = [rank * made.itemsize for rank in ranks]
    return np.lib.stride_tricks.as_strided(made, shape, spaced)


def is_packed(node: Node) -> bool:
    """Whether it is sure without a look at strides that they leave no gaps, nor stretch.

    That is so of what an operation makes. Casts and parts may follow a stretched operand.
    """
    while node.op.name in _PIECEWISE:
        node = node.args[0]
    return node.op.kind is Kind.MAP


def is_fortran(node: Node) -> bool:
    """Whether NumPy's array would lie in Fortran's order, and not in C's."""
    return ghost(node).flags.fnc


def alike(shape: Shape, steps: Shape, others: Shape) -> bool:
    """Whether strides are the same along all axes that have a length."""
    if steps == others or 0 in shape:
        return True
    return all(s == t for n, s, t in zip(shape, steps, others, strict=True) if n > 1)


def laid(array: np.ndarray, steps: Shape) -> np.ndarray:
    """Return an array whose axes lie in memory in the order that strides have."""
    size = array.itemsize
    own = tuple([step // size for step in array.strides])
    if alike(array.shape, own, _packed(array.shape, steps)):
        return array
    order = order_of(steps)
    return array.transpose(order).copy().transpose(np.argsort(order))


def order_of(steps: Shape) -> Shape:
    """Return the axes in the order in which they lie in memory, outermost first."""
    return tuple(sorted(range(len(steps)), key=lambda k: (-abs(steps[k]), k)))


def _packed(shape: Shape, steps: Shape) -> Shape:
    """Return strides without gaps, of axes in the order of other strides."""
    return packed(shape, order_of(steps))


@lru_cache(maxsize=4096)
def packed(shape: Shape, order: Shape) -> Shape:
    """Return strides without gaps, of axes in this order, outermost first."""
    result = [0] * len(shape)
    step = 1
    for axis in reversed(order):
        result[axis] = step
        step *= max(shape[axis], 1)
    return tuple(result)
