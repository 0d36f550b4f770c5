"""Sets: the different elements of an array, and membership."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from lazyarr import ops
from lazyarr.api import axes as axis_arguments
from lazyarr.api.handle import WEAK, array_of, here, node_of
from lazyarr.api.quick import quick
from lazyarr.api.sizes import called, evaluated, found
from lazyarr.api.subclasses import or_numpys
from lazyarr.ir import infer
from lazyarr.ir.infer import library_node
from lazyarr.ops.distinct import unique as unique_of

if TYPE_CHECKING:
    from lazyarr.api.array import Array
    from lazyarr.ir.node import Node

_BOOL = np.dtype(bool)


class UniqueAllResult(NamedTuple):
    """Different elements, where each first is, which one each is, how often it is."""

    values: Array
    indices: Array
    inverse_indices: Array
    counts: Array


class UniqueCountsResult(NamedTuple):
    """Different elements, and how often each of them is there."""

    values: Array
    counts: Array


class UniqueInverseResult(NamedTuple):
    """Different elements, and for each element which of them it is."""

    values: Array
    inverse_indices: Array


def _unique(x: Any, name: str, *wanted: str, **options: Any) -> Any:
    """Return NumPy's ``unique`` of evaluated values as arrays of known shape."""
    if options.get("axis") is not None:
        axis_arguments.one(options["axis"], len(node_of(x).shape), name)
    values = evaluated(x, name)
    values = np.atleast_1d(values) if not np.ndim(values) else values
    if isinstance(values, np.ndarray):
        parts = list(unique_of(values, wanted, **options))
    else:
        asked = {f"return_{part}": True for part in wanted}
        made = called("unique", values, **asked, **options)
        parts = list(made) if wanted else [made]
    if not wanted:
        return found(parts[0], name)
    if "inverse" in wanted and options.get("axis") is None:
        k = 1 + wanted.index("inverse")
        parts[k] = parts[k].reshape(node_of(x).shape)
    return [found(part, name) for part in parts]


@or_numpys
def unique_all(x: Any) -> UniqueAllResult:
    """Return the different elements, ascending, with places, inverse and counts.

    How many there are depends on the values: `x` is evaluated when this is called.
    Every NaN is different from every other.

    Examples
    --------
    >>> import lazyarr as la
    >>> result = la.unique_all(la.asarray([3, 1, 3]))
    >>> result.values.compute(), result.inverse_indices.compute()
    (array([1, 3]), array([1, 0, 1]))
    """
    wanted = ("index", "inverse", "counts")
    return UniqueAllResult(*_unique(x, "unique_all", *wanted, equal_nan=False))


@or_numpys
def unique_counts(x: Any) -> UniqueCountsResult:
    """Return the different elements, and how often each is there; see `unique_all`.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.unique_counts(la.asarray([3, 1, 3])).counts.compute()
    array([1, 2])
    """
    return UniqueCountsResult(*_unique(x, "unique_counts", "counts", equal_nan=False))


@or_numpys
def unique_inverse(x: Any) -> UniqueInverseResult:
    """Return the different elements, and which of them each element is.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.unique_inverse(la.asarray([3, 1, 3])).inverse_indices.compute()
    array([1, 0, 1])
    """
    return UniqueInverseResult(
        *_unique(x, "unique_inverse", "inverse", equal_nan=False)
    )


@or_numpys
def unique_values(x: Any) -> Array:
    """Return the different elements, ascending; see `unique_all`.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.unique_values(la.asarray([3, 1, 3])).compute()
    array([1, 3])
    """
    result: Array = _unique(x, "unique_values", equal_nan=False)
    return result


@quick(np.unique)
def unique(
    ar: Any,
    return_index: bool = False,
    return_inverse: bool = False,
    return_counts: bool = False,
    axis: int | None = None,
    *,
    equal_nan: bool = True,
    sorted: bool = True,
) -> Any:
    """Return the different elements as NumPy's ``unique`` does, always ascending.

    `ar` is evaluated when this is called.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.unique(la.asarray([3, 1, 3])).compute()
    array([1, 3])
    """
    asked = {"index": return_index, "inverse": return_inverse, "counts": return_counts}
    wanted = [name for name, on in asked.items() if on]
    result = _unique(ar, "unique", *wanted, axis=axis, equal_nan=equal_nan)
    return tuple(result) if wanted else result


def _weak(x: Any, other: Node | None) -> Node:
    """Return an operand as a node; a Python scalar has the other's dtype if it fits."""
    if type(x) in WEAK and other is not None:
        try:
            held = np.asarray(x, other.dtype)
        except (OverflowError, TypeError):
            return node_of(x)
        if held == x:
            return infer.scalar(held[()], other.dtype)
    return node_of(x)


@quick(np.isin)
def isin(
    element: Any,
    test_elements: Any,
    assume_unique: bool = False,
    invert: bool = False,
    *,
    kind: Any = None,
) -> Array:
    """Return for each element whether it is among those of another array.

    Parameters
    ----------
    element, test_elements : array_like
        Elements, and what they are looked up in.
    assume_unique : bool
        NumPy's hint; it changes nothing here.
    invert : bool
        Return whether it is not.
    kind : {"sort", "table"}, optional
        NumPy's choice of an algorithm; it changes nothing here.

    Raises
    ------
    ValueError
        There is no such kind, or a table is asked for and elements are no integers.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.isin(la.arange(3), la.asarray([2, 0])).compute()
    array([ True, False,  True])
    """
    weak = type(element) in WEAK
    y = _weak(test_elements, None if weak else node_of(element))
    x = _weak(element, y)
    args = (x, y)
    if kind is not None:  # NumPy's errors
        examples: Any = (np.zeros(1, one.dtype) for one in args)
        np.isin(*examples, kind=kind)
    row = ops.OPS["isin"]
    return array_of(library_node(row, args, (bool(invert),), x.shape, _BOOL, here()))


__all__ = [
    "isin",
    "unique",
    "unique_all",
    "unique_counts",
    "unique_inverse",
    "unique_values",
]
