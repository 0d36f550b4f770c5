"""Histograms and counts of small integers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr import ops
from lazyarr.api.handle import Handle, here, new, node_of
from lazyarr.api.interop import evaluated, through_numpy
from lazyarr.api.nested import array_like
from lazyarr.api.quick import quick
from lazyarr.api.sizes import called, found
from lazyarr.api.sizes import evaluated as settled_values
from lazyarr.api.templates import templated
from lazyarr.errors import ShapeError
from lazyarr.ir.infer import library_node as stage
from lazyarr.ir.node import where_text
from lazyarr.ops.integers import tallied

if TYPE_CHECKING:
    from lazyarr.api.array import Array
    from lazyarr.ir.node import Node


@quick(np.histogram)
@templated
def histogram(
    a: Any, bins: Any = 10, range: Any = None, density: Any = None, weights: Any = None
) -> tuple[Array, Array]:
    """Return how many elements fall into bins, and the edges of the bins.

    Parameters
    ----------
    a : array_like
    bins : int, array_like or str
        How many, or their edges, which are evaluated; or the name of a rule of
        NumPy's, which evaluates `a`.
    range : tuple of float, optional
        First and last edge. Default: of the elements.
    density : bool, optional
        Return shares for a unit of length.
    weights : array_like, optional
        What each element counts.

    Returns
    -------
    tuple of Array
        Counts and edges.

    Raises
    ------
    ValueError
        There are no bins, or they do not ascend.

    Examples
    --------
    >>> import lazyarr as la
    >>> counts, edges = la.histogram(la.asarray([1, 2, 2, 5]), bins=2)
    >>> counts.compute(), edges.compute()
    (array([3, 1]), array([1., 3., 5.]))
    """
    if isinstance(bins, str):
        options = {"range": range, "density": density, "weights": weights}
        return through_numpy(np.histogram, (a, bins), options, "histogram")  # type: ignore[no-any-return]
    node = node_of(a)
    weight = None if weights is None else node_of(weights)
    if weight is not None and weight.shape != node.shape:
        what = "weights should have the same shape as a"
        raise ShapeError.at("histogram", what, where_text(here()))
    options = {"range": evaluated(range), "density": density}
    return _counted(node, evaluated(bins), weight, options)


def _counted(
    node: Node, bins: Any, weight: Node | None, options: dict[str, Any]
) -> tuple[Array, Array]:
    """Return counts and edges, in dtypes that NumPy is asked for."""
    held = None if weight is None else np.ones(1, weight.dtype)
    one = np.ones(1, node.dtype)
    with np.errstate(all="ignore"):  # the elements are asked, not this one
        counted, edged = np.histogram(one, bins, weights=held, **options)
    args = [node]
    given: list[str] = []
    if np.ndim(bins):
        args.append(node_of(np.asarray(bins)))
        given.append("bins")
        edges = new(args[1])
    else:
        options["bins"] = int(edged.size - 1)
        edges = _edges(node, edged, options)
    if weight is not None:
        args.append(weight)
        given.append("weights")
    return _part(tuple(args), 0, tuple(given), options, counted), edges


def _edges(node: Node, edged: Any, options: dict[str, Any]) -> Array:
    """Return the edges of bins of one width."""
    if options["range"] is not None:
        return new(node_of(edged))
    return _part((node,), 1, (), {"bins": options["bins"]}, edged)


def _part(
    args: tuple[Node, ...],
    part: int,
    given: tuple[str, ...],
    options: dict[str, Any],
    sample: Any,
) -> Array:
    named = tuple((k, _fixed(v)) for k, v in options.items())
    row = ops.OPS["histogram"]
    params = (part, given, named)
    return new(stage(row, args, params, sample.shape, sample.dtype, here()))


def _fixed(value: Any) -> Any:
    """Return a pair of limits as what can be hashed: NumPy's numbers by their dtypes."""
    if value is None or isinstance(value, (bool, int)):
        return value
    return tuple(map(_limit, value)) if np.ndim(value) else value


def _limit(x: Any) -> Any:
    return (x.dtype.char, x.item()) if issubclass(type(x), np.generic) else float(x)


@quick(np.histogram_bin_edges)
def histogram_bin_edges(
    a: Any, bins: Any = 10, range: Any = None, weights: Any = None
) -> Array:
    """Return the edges that `histogram` would use.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.histogram_bin_edges(la.asarray([1.0, 5.0]), bins=2).compute()
    array([1., 3., 5.])
    """
    if isinstance(bins, str):
        options = {"range": range, "weights": weights}
        return through_numpy(  # type: ignore[no-any-return]
            np.histogram_bin_edges, (a, bins), options, "histogram_bin_edges"
        )
    return histogram(a, bins, range, weights=weights)[1]


@quick(np.bincount)
def bincount(x: Any, /, weights: Any = None, minlength: int = 0) -> Array:
    """Return how often each number from 0 to the largest is there.

    How many there are depends on the values: `x` is evaluated when this is called.

    Parameters
    ----------
    x : array_like of int
        1-d, and not negative.
    weights : array_like, optional
        What each element counts.
    minlength : int
        Least length of the result.

    Raises
    ------
    ValueError
        An element is negative, or `x` is not 1-d.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.bincount(la.asarray([0, 2, 2])).compute()
    array([1, 0, 2])
    """
    lazy = isinstance(x, Handle)
    if lazy:
        values = settled_values(x, "bincount")
    else:  # of sequences NumPy takes more than of arrays
        values = array_like(x) if hasattr(type(x), "__array__") else evaluated(x)
    count: Any = weights
    if weights is not None and (lazy or isinstance(weights, Handle)):
        count = settled_values(weights, "bincount")
        near = issubclass(type(values), (np.ndarray, np.generic, list, tuple))
        if near and type(count) is not np.ndarray:  # on a GPU
            count = evaluated(weights)
    if count is None and type(values) is np.ndarray:
        return found(tallied(values, minlength), "bincount")
    if not lazy:
        return found(np.bincount(values, count, minlength), "bincount")
    return found(called("bincount", values, count, minlength), "bincount")


__all__ = ["bincount", "histogram", "histogram_bin_edges"]
