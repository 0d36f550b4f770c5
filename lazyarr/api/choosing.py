"""Elements chosen by conditions or numbers, and functions given by pieces."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr.api.alike import zeros_like
from lazyarr.api.calls import is_scalar
from lazyarr.api.elementwise import bitwise_invert, bitwise_or, equal, remainder
from lazyarr.api.handle import SMALLS, Handle, here, new, node_of, operand
from lazyarr.api.indexing import take
from lazyarr.api.quick import quick
from lazyarr.api.results import finished
from lazyarr.api.selection import where
from lazyarr.api.sizes import evaluated
from lazyarr.api.subclasses import or_numpys
from lazyarr.ir import copies, infer
from lazyarr.ir.node import Node

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lazyarr.api.array import Array


@quick(np.compress)
def compress(condition: Any, a: Any, axis: int | None = None, out: Any = None) -> Array:
    """Return the slices of an axis, or the elements, where a condition is true.

    The condition is evaluated: it decides the shape.

    Raises
    ------
    ValueError
        The condition is not 1-d.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.compress([False, True], la.asarray([[1, 2], [3, 4]]), axis=0).compute()
    array([[3, 4]])
    """
    held = evaluated(condition, "compress")
    held = held if hasattr(held, "get") else np.asarray(held)
    if held.ndim != 1:
        msg = "condition must be a 1-d array"
        raise ValueError(msg)
    x = new(node_of(a))
    x = x if x.ndim else x.reshape(1)
    return take(x, new(node_of(held.nonzero()[0])), axis, out)


@quick(np.choose)
def choose(a: Any, choices: Any, out: Any = None, mode: str = "raise") -> Array:
    """Return elements of arrays, chosen by their numbers.

    Parameters
    ----------
    a : array_like of int
        Which of the choices; evaluated, unless `mode` says what to do out of bounds.
    choices : sequence of array_like
    out : Array, optional
    mode : {"raise", "wrap", "clip"}

    Raises
    ------
    ValueError
        A number is out of bounds.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.choose([0, 1, 0], [[1, 2, 3], [7, 8, 9]]).compute()
    array([1, 8, 3])
    """
    kinds = [x.dtype if isinstance(x, Node) else x for x in map(operand, choices)]
    common = np.result_type(*kinds)  # Python's numbers are weak
    listed = [new(infer.astype(node_of(one), common)) for one in choices]
    index = new(node_of(a))
    np.choose(np.zeros(1, index.dtype), [np.zeros(1)], mode=mode)  # type: ignore[call-overload]
    last = len(listed) - 1
    if mode == "raise":
        held = evaluated(a, "choose")
        if held.size and not 0 <= int(held.min()) <= int(held.max()) <= last:
            msg = "invalid entry in choice array"
            raise ValueError(msg)
        index = new(node_of(held))
    index = remainder(index, last + 1) if mode == "wrap" else index.clip(0, last)
    made = listed[last]
    for k in range(last - 1, -1, -1):
        made = where(equal(index, k), listed[k], made)
    made = made if last else where(equal(index, 0), made, made)
    chosen = copies.copied(made._current(), "C", here())
    return finished(chosen, out, "choose", here(), "unsafe")


def _conditions(given: Any, ndim: int) -> list[Any]:
    """Return a list of conditions; one may be given alone."""
    if np.isscalar(given) or is_scalar(given):
        return [given]
    first = given[0]
    alone = is_scalar(first) or not isinstance(first, (list, np.ndarray, Handle))
    return [given] if alone and ndim else list(given)


@or_numpys
def piecewise(
    x: Any, condlist: Any, funclist: Sequence[Any], *args: Any, **kw: Any
) -> Array:
    """Return a function that is given by one of several where a condition holds.

    Parameters
    ----------
    x : array_like
    condlist : list of array_like of bool
    funclist : list
        A number, or a function of the elements where its condition holds; one more
        than conditions is for everywhere else.
    *args, **kw
        Of the functions.

    Raises
    ------
    ValueError
        Functions and conditions are not equally many, or one more.

    Examples
    --------
    >>> import lazyarr as la
    >>> x = la.asarray([-2.0, 3.0])
    >>> la.piecewise(x, [x < 0, x >= 0], [0, lambda x: x * 10]).compute()
    array([ 0., 30.])
    """
    x = x if type(x) in SMALLS else new(node_of(x))
    masks = [
        (one if type(one) in SMALLS else new(node_of(one))).astype(bool)
        for one in _conditions(condlist, x.ndim)
    ]
    count = len(funclist)
    if count == len(masks) + 1:
        masks.append(bitwise_invert(functools.reduce(bitwise_or, masks)))
    elif count != len(masks):
        msg = (
            f"with {len(masks)} condition(s), either {len(masks)} or "
            f"{len(masks) + 1} functions are expected"
        )
        raise ValueError(msg)
    made = zeros_like(x)
    for mask, function in zip(masks, funclist, strict=True):
        if callable(function):
            values = x[mask]
            if values.size:
                made[mask] = function(values, *args, **kw)
        else:
            made[mask] = function
    return made


__all__ = ["choose", "compress", "piecewise"]
