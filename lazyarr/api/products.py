"""Products of matrices and tensors: library stages of BLAS."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr import ops
from lazyarr.api import axes as axis_arguments
from lazyarr.api import theirs
from lazyarr.api.brief import briefly
from lazyarr.api.handle import Handle, array_of, here, node_of, shown
from lazyarr.api.manipulation import diagonal
from lazyarr.api.order import named as named_order
from lazyarr.api.quick import quick
from lazyarr.api.results import finished, laid_out, refuse_unlike
from lazyarr.api.subclasses import leave_to_theirs
from lazyarr.api.templates import templated
from lazyarr.api.ufuncs import lend
from lazyarr.errors import DTypeError, ShapeError
from lazyarr.ir import infer
from lazyarr.ir import view as views
from lazyarr.ir.infer import library_node
from lazyarr.ir.node import Node, Shape, Where, where_text
from lazyarr.ir.view import View
from lazyarr.ops.row import promote

if TYPE_CHECKING:
    from lazyarr.api.array import Array
    from lazyarr.ops.row import DType

_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"  # of einsum
_OF_BLAS = frozenset("fdFD")
_TEXT = r"(?:[a-zA-Z,]|\.{3})*(?:->(?:[a-zA-Z]|\.{3})*)?"


@functools.cache
def _resolved(kinds: tuple[DType, ...]) -> DType:
    """Return the dtype of a product of operands of these."""
    if len(kinds) == 2:
        return np.matmul.resolve_dtypes((*kinds, None))[2]
    return promote(kinds)


def _operands(*arrays: Any) -> tuple[list[Node], DType, Where]:
    """Return the nodes cast to the dtype of their product, and the user's line."""
    leave_to_theirs(*arrays)
    where = here()
    nodes = [shown(a) for a in arrays]
    kinds = tuple([n.dtype for n in nodes])
    dtype = _resolved(kinds)
    if kinds.count(dtype) < len(kinds):
        nodes = [infer.astype(n, dtype, where) for n in nodes]
    return nodes, dtype, where


def _refuse(name: str, x: Node, y: Node, why: str) -> ShapeError:
    what = f"shapes {x.shape} and {y.shape} {why}"
    return ShapeError.at(name, what, where_text(here()))


@quick(theirs.bounded(np.matmul))
@briefly(np.matmul)
def matmul(x1: Any, x2: Any, /, out: Any = None) -> Array:
    """Return the matrix product, over stacks of matrices.

    Raises
    ------
    ShapeError
        The inner sides differ, or an operand is 0-d.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.matmul(la.eye(2), la.ones(2)).compute()
    array([1., 1.])
    """
    (x, y), dtype, where = _operands(x1, x2)
    return _matrix_product("matmul", x, y, dtype, where, out)


def _matrix_product(
    name: str, x: Node, y: Node, dtype: DType, where: Where, out: Any = None
) -> Array:
    """Return the matrix product of nodes of its dtype."""
    if not x.shape or not y.shape:
        raise _refuse(name, x, y, "are not both at least 1-d")
    inner = y.shape[0] if len(y.shape) == 1 else y.shape[-2]
    if x.shape[-1] != inner:
        why = f"do not match: {x.shape[-1]} columns against {inner} rows"
        raise _refuse(name, x, y, why)
    stacks = x.shape[:-2], y.shape[:-2]
    lead = infer.broadcast_shapes(name, stacks, where) if any(stacks) else ()
    rows = x.shape[-2:-1]
    cols = y.shape[-1:] if len(y.shape) > 1 else ()
    node = library_node(ops.OPS[name], (x, y), (), (*lead, *rows, *cols), dtype, where)
    core = len(rows) + len(cols)
    return finished(node, out, name, where, stretched=True, core=core)


@quick(theirs.bounded(np.dot))
@briefly(np.dot)
def dot(a: Any, b: Any, out: Any = None) -> Array:
    """Return NumPy's ``dot``: a product over the last and the last but one axis.

    Examples
    --------
    >>> import lazyarr as la
    >>> int(la.dot(la.asarray([1, 2]), la.asarray([3, 4])))
    11
    """
    (x, y), dtype, where = _operands(a, b)
    if not x.shape or not y.shape:
        made = infer.map_node(ops.OPS["multiply"], (x, y), where)
    elif len(y.shape) <= 2 and len(x.shape) <= 2:
        if out is None:
            return _matrix_product("dot", x, y, dtype, where)
        made = _matrix_product("dot", x, y, dtype, where)._current()
    else:
        made = tensordot(a, b, ((-1,), (-2 if len(y.shape) > 1 else -1,)))._current()
    cast = made.op.name == "multiply" and dtype.char not in _OF_BLAS
    if out is not None and not cast:
        refuse_unlike(out, made)
    return finished(made, out, "dot", where)


@quick(np.tensordot)
def tensordot(a: Any, b: Any, axes: Any = 2) -> Array:
    """Return the sum of products over named axes, or over the last and first few.

    Raises
    ------
    ShapeError
        The axes' sides differ, or an axis is named twice.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.tensordot(la.ones((2, 3)), la.ones((3, 4)), 1).shape
    (2, 4)
    """
    (x, y), dtype, where = _operands(a, b)
    pair = axes if np.iterable(axes) else (range(-axes, 0), range(axes))
    left, right = (
        tuple([axis_arguments.strict(k, len(n.shape), "tensordot") for k in listed])
        for n, listed in zip((x, y), map(axis_arguments.listed, pair), strict=True)
    )
    if len(set(left)) < len(left) or len(set(right)) < len(right):
        raise _refuse("tensordot", x, y, f"have an axis twice in {left}, {right}")
    if [x.shape[k] for k in left] != [y.shape[k] for k in right]:
        raise _refuse("tensordot", x, y, f"do not match over axes {left} and {right}")
    shape = (
        *(n for k, n in enumerate(x.shape) if k not in left),
        *(n for k, n in enumerate(y.shape) if k not in right),
    )
    views.refuse_many(len(shape))
    row = ops.OPS["tensordot"]
    # An array even of no axes, as NumPy's.
    return array_of(library_node(row, (x, y), ((left, right),), shape, dtype, where))


@quick(np.vecdot)
def vecdot(x1: Any, x2: Any, /, *, axis: int = -1, out: Any = None) -> Array:
    """Return the inner products of vectors along an axis, the first conjugated.

    Raises
    ------
    ShapeError
        The vectors differ in length.

    Examples
    --------
    >>> import lazyarr as la
    >>> int(la.vecdot(la.asarray([1, 2]), la.asarray([3, 4])))
    11
    """
    (x, y), dtype, where = _operands(x1, x2)
    place = axis_arguments.strict(axis, len(x.shape), "vecdot")
    other = axis_arguments.strict(axis, len(y.shape), "vecdot")
    if x.shape[place] != y.shape[other]:
        raise _refuse("vecdot", x, y, f"do not match along axis {axis}")
    x, y = _last(x, place), _last(y, other)
    shape = infer.broadcast_shapes("vecdot", (x.shape[:-1], y.shape[:-1]), where)
    node = library_node(ops.OPS["vecdot"], (x, y), (), shape, dtype, where)
    return finished(node, out, "vecdot", where, stretched=True)


def _last(node: Node, axis: int) -> Node:
    rest = [k for k in range(len(node.shape)) if k != axis]
    return infer.view_node(node, views.permute(node.shape, (*rest, axis)))


@quick(theirs.outer)
@templated
def outer(a: Any, b: Any, out: Any = None) -> Array:
    """Return all products of elements of two vectors; fuses like any product.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.outer([1, 2], [3, 4]).compute().tolist()
    [[3, 4], [6, 8]]
    """
    x, y = node_of(a), node_of(b)
    column = infer.reshape_node(x, (x.size, 1), here())
    row = infer.reshape_node(y, (1, y.size), here())
    made = infer.map_node(ops.OPS["multiply"], (column, row), here())
    return finished(made, out, "outer", here(), stretched=True)


@quick(theirs.einsum)
@templated
def einsum(
    subscripts: Any,
    /,
    *operands: Any,
    out: Any = None,
    optimize: Any = False,
    dtype: Any = None,
    order: Any = "K",
    casting: Any = "safe",
) -> Array:
    """Return a sum of products written in Einstein's notation.

    Parameters
    ----------
    subscripts : str
        As NumPy's: ``"ij,jk->ik"``; ``...`` stands for further axes. Or operands
        and lists of integers in turn, and a list for the result.
    operands : array_like
    out : Array, optional
    optimize : bool, {"greedy", "optimal"} or list
        Whether to search for a cheap order, and how; or what `einsum_path` returned.
    dtype : dtype, optional
        Of the computation.
    order : {"C", "F", "A", "K"}
        How NumPy's result would lie in memory.
    casting : str
        The rule by which operands are cast to `dtype`.

    Raises
    ------
    ShapeError
        Letters and shapes do not fit.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.einsum("ij->j", la.ones((2, 3))).compute()
    array([2., 2., 2.])
    """
    if not isinstance(subscripts, str):
        subscripts, operands = _lettered((subscripts, *operands))
    order = _checked(order, casting)
    nodes, common, where = _operands(*operands)
    if dtype is not None:
        nodes = [_cast(node_of(x), np.dtype(dtype), casting) for x in operands]
        common = np.dtype(dtype)
    text = subscripts.replace(" ", "")
    if re.fullmatch(_TEXT, text) is None:
        what = f"{text!r} has more than letters, commas, one -> and ..."
        raise ShapeError.at("einsum", what, where_text(here()))
    shape = _einsum_shape(text, nodes)
    if len(nodes) == 1 and out is None and dtype is None:
        view = _einsum_view(text, nodes[0].shape, shape)
        if view is not None and isinstance(operands[0], Handle):
            return operands[0]._view(view)
    params = (text, _path(optimize, text, nodes))
    node = library_node(ops.OPS["einsum"], tuple(nodes), params, shape, common, where)
    rule = "safe" if out is None else casting
    made = finished(node, out, "einsum", where, rule, stretched=True)
    return made if out is not None else laid_out(made, order)


def _checked(order: Any, casting: Any) -> Any:
    """Return an order of memory in capitals; of what is no order or rule, raise."""
    np.can_cast(np.bool_, np.bool_, casting)
    return named_order(order)


def _einsum_view(text: str, base: Shape, shape: Shape) -> View | None:
    """Return the view that a sum over nothing is, of an array of shape `base`."""
    term, _, output = text.partition("->")
    before, _, after = term.partition("...")
    spare = range(len(base) - len(before) - len(after))
    named: list[Any] = [*before, *spare, *after]
    if "->" in text:
        before, dots, after = output.partition("...")
        wanted: list[Any] = [*before, *(spare if dots else ()), *after]
    else:
        letters = before + after
        wanted = [*spare, *sorted(c for c in letters if letters.count(c) == 1)]
    if set(named) != set(wanted):
        return None
    places = [wanted.index(c) for c in named]
    if any(shape[place] != n for place, n in zip(places, base, strict=True)):
        return None
    return View(shape, tuple(views.Axis(0, 1, place) for place in places))


def _cast(node: Node, dtype: DType, casting: Any) -> Node:
    if not np.can_cast(node.dtype, dtype, casting):
        what = f"cannot cast from {node.dtype} to {dtype} by the rule {casting!r}"
        raise DTypeError.at("einsum", what, where_text(here()))
    return infer.astype(node, dtype, here())


def _path(optimize: Any, text: str, nodes: list[Node]) -> Any:
    """Return how to search for an order, or a path, which NumPy refuses if it is none."""
    if not (isinstance(optimize, bool) or optimize in ("greedy", "optimal")):
        shapes = [np.broadcast_to(0.0, node.shape) for node in nodes]
        np.einsum_path(text, *shapes, optimize=optimize)
    return _hashable(optimize)


def einsum_path(
    *operands: Any, optimize: Any = "greedy", einsum_call: Any = False
) -> Any:
    """Return in which order `einsum` is best computed: of shapes, no element is read.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.einsum_path("ij,jk->ik", la.ones((2, 3)), la.ones((3, 4)))[0]
    ['einsum_path', (0, 1)]
    """
    shown: list[Any] = [
        np.broadcast_to(0.0, x._sides()) if isinstance(x, Handle) else x
        for x in operands
    ]
    return np.einsum_path(*shown, optimize=optimize, einsum_call=einsum_call)


def _hashable(value: Any) -> Any:
    """Return nested lists as tuples."""
    if isinstance(value, (list, tuple)):
        return tuple(_hashable(item) for item in value)
    return value


def _lettered(given: tuple[Any, ...]) -> tuple[str, tuple[Any, ...]]:
    """Return the text and the operands of an einsum written with lists of integers."""
    pairs, rest = divmod(len(given), 2)
    terms = [_term(given[2 * k + 1]) for k in range(pairs)]
    text = ",".join(terms) + (f"->{_term(given[-1])}" if rest else "")
    return text, given[: 2 * pairs : 2]


def _term(numbers: Any) -> str:
    if any(n is not Ellipsis and not 0 <= n < len(_LETTERS) for n in numbers):
        msg = f"subscript is not within the valid range [0, {len(_LETTERS)})"
        raise ValueError(msg)
    return "".join("..." if n is Ellipsis else _LETTERS[n] for n in numbers)


def _einsum_shape(text: str, nodes: list[Node]) -> tuple[int, ...]:
    inputs, arrow, output = text.partition("->")
    terms = inputs.split(",")
    if len(terms) != len(nodes):
        what = f"{len(terms)} terms in {text!r} for {len(nodes)} operands"
        raise ShapeError.at("einsum", what, where_text(here()))
    sides: dict[str, int] = {}
    extra: tuple[int, ...] = ()
    for term, node in zip(terms, nodes, strict=True):
        before, dots, after = term.partition("...")
        spare = len(node.shape) - len(before) - len(after)
        if spare < 0 or (spare and not dots):
            what = f"term {term!r} does not fit shape {node.shape}"
            raise ShapeError.at("einsum", what, where_text(here()))
        named = (*node.shape[: len(before)], *node.shape[len(before) + spare :])
        rest = node.shape[len(before) : len(before) + spare]
        extra = infer.broadcast_shapes("einsum", (extra, rest), here())
        own: dict[str, int] = {}
        for letter, n in zip(before + after, named, strict=True):
            unlike = sides.setdefault(letter, n) not in (n, 1) and n != 1
            if unlike or own.setdefault(letter, n) != n:
                what = f"index {letter!r} is both {sides[letter]} and {n} long"
                raise ShapeError.at("einsum", what, where_text(here()))
            sides[letter] = max(sides[letter], n)
    if not arrow:
        joined = "".join(terms).replace("...", "")
        output = ("..." if "..." in text else "") + "".join(
            sorted(c for c in sides if joined.count(c) == 1)
        )
    before, dots, after = output.partition("...")
    if extra and not dots:
        what = (
            f"output of {text!r} has no ... for axes of {extra}, which none sums over"
        )
        raise ShapeError.at("einsum", what, where_text(here()))
    if len(set(before + after)) < len(before + after):
        what = f"output of {text!r} names an index twice"
        raise ShapeError.at("einsum", what, where_text(here()))
    missing = [c for c in before + after if c not in sides]
    if missing:
        what = f"output index {missing[0]!r} of {text!r} is in no term"
        raise ShapeError.at("einsum", what, where_text(here()))
    return (
        *(sides[c] for c in before),
        *(extra if dots else ()),
        *(sides[c] for c in after),
    )


@quick(np.trace)
@templated
def trace(
    a: Any,
    offset: int = 0,
    axis1: int = 0,
    axis2: int = 1,
    dtype: Any = None,
    out: Any = None,
) -> Array:
    """Return the sums of the diagonals of two axes.

    Examples
    --------
    >>> import lazyarr as la
    >>> int(la.trace(la.asarray([[1, 2], [3, 4]])))
    5
    """
    return diagonal(a, offset, axis1, axis2).sum(axis=-1, dtype=dtype, out=out)


lend(matmul, vecdot)

__all__ = ["dot", "einsum", "matmul", "outer", "tensordot", "trace", "vecdot"]
