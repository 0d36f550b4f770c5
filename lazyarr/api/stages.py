"""Functions of NumPy's that are one lazy stage each: order statistics, filters, bins."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr import ops
from lazyarr.api import axes as axis_arguments
from lazyarr.api import missing
from lazyarr.api.handle import here, new, node_of
from lazyarr.api.interop import evaluated, through_numpy
from lazyarr.api.moments import finished_by, mean
from lazyarr.api.nan_reductions import nanmean
from lazyarr.api.quick import quick
from lazyarr.api.searching import argmax, argmin, places_into
from lazyarr.api.templates import templated
from lazyarr.errors import ShapeError
from lazyarr.ir import infer
from lazyarr.ir import view as views
from lazyarr.ir.infer import library_node as stage
from lazyarr.ir.node import where_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lazyarr.api.array import Array
    from lazyarr.ir.node import Node

_NONE = np._NoValue
_INDEX = np.dtype(np.intp)


def _folded(
    name: str, args: tuple[Node, ...], lead: tuple[int, ...], axis: Any, options: Any
) -> tuple[Node, tuple[int, ...]]:
    """Return a stage that folds axes of its first operand, and these axes."""
    node = args[0]
    axes = axis_arguments.several(axis, len(node.shape), name)
    rest = tuple(n for k, n in enumerate(node.shape) if k not in axes)
    samples = [np.full((), 0.5, node.dtype) for node in args[1:]]
    sample = getattr(np, name)(np.ones(2, node.dtype), *samples, **options)
    params = ((*options.items(), ("axis", axes if axis is not None else None)),)
    row = ops.OPS[name]
    return stage(row, args, params, (*lead, *rest), sample.dtype, here()), axes


def _kept(node: Node, lead: int, axes: tuple[int, ...], keepdims: Any) -> Node:
    if not keepdims or keepdims is _NONE or not axes:
        return node
    places = tuple(lead + k for k in axes)
    return infer.view_node(node, views.add_axes(node.shape, places), here())


@quick(missing.median)
@templated
def median(
    a: Any,
    axis: Any = None,
    out: Any = None,
    overwrite_input: bool = False,
    keepdims: bool = False,
) -> Array:
    """Return the medians over axes, as NumPy's.

    Parameters
    ----------
    a : array_like
    axis : int or tuple of int, optional
        Default: all.
    out : Array, optional
    overwrite_input : bool
        Has no meaning here: nothing is overwritten.
    keepdims : bool

    Examples
    --------
    >>> import lazyarr as la
    >>> float(la.median(la.asarray([3.0, 1.0, 2.0])))
    2.0
    """
    node = node_of(a)
    axes = axis_arguments.several(axis, len(node.shape), "median")
    if not all(node.shape[k] for k in axes):
        return mean(new(node), axis, None, out, bool(keepdims))  # which warns of it
    made, axes = _folded("median", (node,), (), axis, {})
    options = {"axis": axis, "keepdims": keepdims}
    return finished_by("median", (a,), options, _kept(made, 0, axes, keepdims), out)


@quick(missing.reduction(np.nanmedian))
@templated
def nanmedian(
    a: Any,
    axis: Any = None,
    out: Any = None,
    overwrite_input: bool = False,
    keepdims: bool = False,
) -> Array:
    """Return the medians over axes of what is not NaN; parameters as for `median`."""
    made, axes = _folded("nanmedian", (node_of(a),), (), axis, {})
    options = {"axis": axis, "keepdims": keepdims}
    return finished_by("nanmedian", (a,), options, _kept(made, 0, axes, keepdims), out)


def _quantile(
    name: str, a: Any, q: Any, axis: Any, out: Any, method: str, keepdims: Any, w: Any
) -> Array:
    options = {"axis": axis, "method": method, "weights": w, "out": out}
    options["keepdims"] = bool(keepdims) and keepdims is not _NONE
    if w is not None:
        return through_numpy(getattr(np, name), (a, q), options, name)  # type: ignore[no-any-return]
    q, node = evaluated(q), node_of(a)
    share = np.asarray(q)
    axes = axis_arguments.several(axis, len(node.shape), name)
    nothing = name.startswith("nan") and not node.size
    if not nothing and not all(node.shape[k] for k in axes):
        return through_numpy(getattr(np, name), (a, q), options, name)  # type: ignore[no-any-return]
    # This raises NumPy's errors, too.
    sample = getattr(np, name)(np.ones(2, node.dtype), q, method=method)
    if nothing:  # as in NumPy
        return nanmean(new(node), axis, out=out, keepdims=keepdims)
    if share.dtype.kind not in "fiub":
        return through_numpy(getattr(np, name), (a, q), options, name)  # type: ignore[no-any-return]
    weak = {"q": q} if type(q) in (int, float) else {}
    args = (node,) if weak else (node, node_of(share))
    made, axes = _folded(name, args, share.shape, axis, {"method": method} | weak)
    if sample.dtype != made.dtype:
        made = infer.astype(made, sample.dtype, here())
    made = _kept(made, share.ndim, axes, keepdims)
    return finished_by(name, (a, q), options, made, out)


@quick(np.quantile)
@templated
def quantile(
    a: Any,
    q: Any,
    axis: Any = None,
    out: Any = None,
    overwrite_input: bool = False,
    method: str = "linear",
    keepdims: bool = False,
    *,
    weights: Any = None,
) -> Array:
    """Return quantiles over axes, as NumPy's.

    Parameters
    ----------
    a : array_like
    q : float or array_like of float
        Shares from 0 to 1; they are evaluated.
    axis : int or tuple of int, optional
    out : Array, optional
    overwrite_input : bool
        Has no meaning here: nothing is overwritten.
    method : str
        As NumPy's.
    keepdims : bool
    weights : array_like, optional
        With weights the quantile is evaluated when this is called.

    Raises
    ------
    ValueError
        A share is out of range.

    Examples
    --------
    >>> import lazyarr as la
    >>> float(la.quantile(la.arange(5), 0.25))
    1.0
    """
    return _quantile("quantile", a, q, axis, out, method, keepdims, weights)


@quick(missing.quantile(np.nanquantile))
@templated
def nanquantile(
    a: Any,
    q: Any,
    axis: Any = None,
    out: Any = None,
    overwrite_input: bool = False,
    method: str = "linear",
    keepdims: Any = False,
    *,
    weights: Any = None,
) -> Array:
    """Return quantiles of what is not NaN; parameters as for `quantile`."""
    return _quantile("nanquantile", a, q, axis, out, method, keepdims, weights)


@quick(np.percentile)
@templated
def percentile(
    a: Any,
    q: Any,
    axis: Any = None,
    out: Any = None,
    overwrite_input: bool = False,
    method: str = "linear",
    keepdims: bool = False,
    *,
    weights: Any = None,
) -> Array:
    """Return percentiles over axes: `quantile` with shares from 0 to 100."""
    return _quantile("percentile", a, q, axis, out, method, keepdims, weights)


@quick(missing.quantile(np.nanpercentile))
@templated
def nanpercentile(
    a: Any,
    q: Any,
    axis: Any = None,
    out: Any = None,
    overwrite_input: bool = False,
    method: str = "linear",
    keepdims: Any = False,
    *,
    weights: Any = None,
) -> Array:
    """Return percentiles of what is not NaN; parameters as for `quantile`."""
    return _quantile("nanpercentile", a, q, axis, out, method, keepdims, weights)


def _place(name: str, a: Any, axis: Any, out: Any, keepdims: Any) -> Array:
    node = node_of(a)
    if node.dtype.kind not in "fc" or not node.size:
        usual = argmax if name == "nanargmax" else argmin
        return usual(new(node), axis, out, keepdims=keepdims)
    if axis is None:
        made, axes = _folded(name, (node,), (), None, {})
    else:
        place = axis_arguments.strict(axis, len(node.shape), name)
        shape = (*node.shape[:place], *node.shape[place + 1 :])
        params = ((("axis", place),),)
        made = stage(ops.OPS[name], (node,), params, shape, _INDEX, here())
        axes = (place,)
    return places_into(out, _kept(made, 0, axes, keepdims), name, here())


@quick(np.nanargmax)
def nanargmax(
    a: Any, axis: int | None = None, out: Any = None, *, keepdims: Any = False
) -> Array:
    """Return the index of the first largest element that is not NaN.

    A slice of nothing but NaN is found when the result is computed: that raises
    `ValueError`.
    """
    return _place("nanargmax", a, axis, out, keepdims)


@quick(np.nanargmin)
def nanargmin(
    a: Any, axis: int | None = None, out: Any = None, *, keepdims: Any = False
) -> Array:
    """Return the index of the first smallest element that is not NaN."""
    return _place("nanargmin", a, axis, out, keepdims)


@quick(np.interp)
@templated
def interp(
    x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None, period: Any = None
) -> Array:
    """Return a piecewise linear function, given by its points, at other places.

    Parameters
    ----------
    x : array_like
        Where the function is asked for.
    xp, fp : array_like
        Ascending places, and the function's values there.
    left, right : scalar, optional
        Values beyond the ends. Default: those at the ends.
    period : float, optional
        Of a periodic function.

    Raises
    ------
    ValueError
        `xp` and `fp` are not vectors of one length, which is not 0.

    Examples
    --------
    >>> import lazyarr as la
    >>> float(la.interp(2.5, [1, 2, 3], [3, 2, 0]))
    1.0
    """
    nodes = [node_of(one) for one in (x, xp, fp)]
    left, right, period = evaluated((left, right, period))
    sizes = [np.zeros(n.shape[:2], n.dtype) for n in nodes[1:] if n.size < 1 << 16]
    if len(sizes) == 2 and (not sizes[0].size or sizes[0].shape != sizes[1].shape):
        np.interp(0.0, sizes[0], sizes[1])  # NumPy's error
    if any(len(n.shape) != 1 for n in nodes[1:]) or nodes[1].shape != nodes[2].shape:
        np.interp(0.0, np.zeros(nodes[1].shape[:2]), np.zeros(nodes[2].shape[:2]))
    options = {"left": left, "right": right, "period": period}
    samples = [np.ones(1, n.dtype) for n in nodes]
    dtype = np.interp(*samples, **options).dtype  # type: ignore[call-overload]
    params = (tuple(options.items()),)
    return new(
        stage(ops.OPS["interp"], tuple(nodes), params, nodes[0].shape, dtype, here())
    )


_MODES = {0: "valid", 1: "same", 2: "full"}  # NumPy takes numbers, too


def _filtered(name: str, a: Any, v: Any, mode: Any) -> Array:
    x, y = (node_of(one) for one in (a, v))
    if name == "correlate" and not (x.shape and y.shape):
        np.correlate(np.ones(x.shape[:1]), np.ones(y.shape[:1]))  # NumPy's error
    x, y = (n if n.shape else infer.reshape_node(n, (1,)) for n in (x, y))
    long, short = max(x.size, y.size), min(x.size, y.size)
    samples = [np.ones((min(n.size, 1),) * len(n.shape), n.dtype) for n in (x, y)]
    dtype = getattr(np, name)(*samples, mode=mode).dtype  # and NumPy's errors
    mode = _MODES.get(mode, mode)
    length = {"f": long + short - 1, "s": long, "v": long - short + 1}[str(mode)[0]]
    params = ((("mode", mode),),)
    return new(stage(ops.OPS[name], (x, y), params, (length,), dtype, here()))


@quick(np.convolve)
@templated
def convolve(a: Any, v: Any, mode: Any = "full") -> Array:
    """Return the discrete convolution of two vectors, by NumPy's or CuPy's own.

    Raises
    ------
    ValueError
        An operand is empty, or is no vector.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.convolve([1, 2, 3], [0, 1]).compute()
    array([0, 1, 2, 3])
    """
    return _filtered("convolve", a, v, mode)


@quick(np.correlate)
@templated
def correlate(a: Any, v: Any, mode: Any = "valid") -> Array:
    """Return the cross-correlation of two vectors; as `convolve`."""
    return _filtered("correlate", a, v, mode)


def _parted(name: str, a: Any, kth: Any, axis: Any, kind: str, order: Any) -> Node:
    node = node_of(a)
    if axis is None:
        node, axis = infer.reshape_node(node, (node.size,), here()), -1
    elif not node.shape and name == "argpartition":
        node = infer.reshape_node(node, (1,), here())
    place = axis_arguments.one(axis, len(node.shape), name)
    index = np.asarray(evaluated(kth))
    # NumPy's errors, also of what is no index.
    getattr(np, name)(np.zeros(1), np.zeros_like(index), kind=kind, order=order)
    fixed = tuple(index.tolist()) if index.ndim else operator.index(index.item())
    length = node.shape[place]
    for k in fixed if isinstance(fixed, tuple) else (fixed,):
        if node.size and not -length <= operator.index(k) < length:
            msg = f"kth(={k}) out of bounds ({length})"
            raise ValueError(msg)
    params = ((("kth", fixed), ("axis", place)),)
    dtype = _INDEX if name == "argpartition" else node.dtype
    return stage(ops.OPS[name], (node,), params, node.shape, dtype, here())


@quick(np.partition)
def partition(
    a: Any, kth: Any, axis: Any = -1, kind: str = "introselect", order: Any = None
) -> Array:
    """Return elements with those at `kth` where sorting would put them.

    What is before them is not larger, what is behind them not smaller.

    Raises
    ------
    ValueError
        `kth` is out of bounds.

    Examples
    --------
    >>> import lazyarr as la
    >>> int(la.partition(la.asarray([3, 1, 2]), 1)[1])
    2
    """
    return new(_parted("partition", a, kth, axis, kind, order))


@quick(np.argpartition)
def argpartition(
    a: Any, kth: Any, axis: Any = -1, kind: str = "introselect", order: Any = None
) -> Array:
    """Return the indices that partition an array; as `partition`."""
    return new(_parted("argpartition", a, kth, axis, kind, order))


@quick(np.lexsort)
def lexsort(keys: Sequence[Any], axis: int = -1) -> Array:
    """Return the indices that sort by several keys, the last the most important.

    Raises
    ------
    ShapeError
        The keys differ in shape.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.lexsort(([2, 1, 0], [1, 1, 0])).compute()
    array([2, 1, 0])
    """
    nodes = [new(node_of(key))._current() for key in keys]
    if not nodes:
        msg = "need sequence of keys with len > 0 in lexsort"
        raise TypeError(msg)
    shape = nodes[0].shape
    if any(node.shape != shape for node in nodes):
        what = "all keys need to be the same shape"
        raise ShapeError.at("lexsort", what, where_text(here()))
    place = axis_arguments.folded(operator.index(axis), len(shape), "lexsort")
    params = (place[0] if place else 0,)
    return new(stage(ops.OPS["lexsort"], tuple(nodes), params, shape, _INDEX, here()))


__all__ = [
    "argpartition",
    "convolve",
    "correlate",
    "interp",
    "lexsort",
    "median",
    "nanargmax",
    "nanargmin",
    "nanmedian",
    "nanpercentile",
    "nanquantile",
    "partition",
    "percentile",
    "quantile",
]
