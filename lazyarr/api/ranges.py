"""Evenly spaced values, with the bits of NumPy's."""

from __future__ import annotations

import math
import operator
import sys
from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr import ops
from lazyarr.api.composed import on_lazy_arrays
from lazyarr.api.creation import asarray, dtype_of
from lazyarr.api.handle import Handle, here, new
from lazyarr.api.placing import check_device, placed
from lazyarr.errors import at_users_line
from lazyarr.ir import infer

if TYPE_CHECKING:
    from lazyarr.api.array import Array
    from lazyarr.ir.node import Node

_INT = np.dtype(np.int64)


def arange(
    start: Any = None,
    stop: Any = None,
    step: Any = 1,
    dtype: Any = None,
    *,
    device: Any = None,
    like: Any = None,
) -> Array:
    """Return evenly spaced values in the half-open interval, by step.

    As NumPy computes it: element ``i`` is ``start + i * ((start + step) - start)`` in
    the result's dtype.

    Parameters
    ----------
    start, stop : scalar
        The ends; one alone is `stop`, and the start 0.
    step : scalar, optional
    dtype : dtype, optional
        Default: that to which the numbers promote.
    device : str, optional
    like : object
        Has no meaning here: the result is a lazy array.

    Raises
    ------
    ZeroDivisionError
        `step` is 0.
    ValueError
        The interval has no end.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.arange(2, 8, 3).compute()
    array([2, 5])
    """
    check_device(device, "arange")
    start, stop, step, given = _interval(start, stop, step)
    if dtype is None:
        result = np.result_type(_INT, *(np.asarray(v).dtype for v in given))
    else:
        result = dtype_of(dtype, "arange")
    if result.kind == "b" or any(np.iscomplexobj(v) for v in (start, stop, step)):
        return asarray(np.arange(start, stop, step, dtype=result), device=device)
    if step == 0:
        msg = "[arange] step is 0. Hint: give a step that is not."
        raise ZeroDivisionError(msg)
    try:
        length = max(math.ceil((stop - start) / step), 0)
    except OverflowError:
        msg = "[arange] the maximum allowed size is exceeded"
        raise ValueError(msg) from None
    if length > sys.maxsize:
        msg = "[arange] the maximum allowed size is exceeded"
        raise ValueError(msg)
    if length < 3:
        return asarray(np.arange(start, stop, step, dtype=result), device=device)
    return placed(new(_progression(start, step, length, result)), device)


def _interval(start: Any, stop: Any, step: Any) -> tuple[Any, Any, Any, list[Any]]:
    """Return the three numbers of a range, and those that were given."""
    given = [one for one in (start, stop, step) if one is not None]
    if start is None and stop is None:
        msg = "arange() requires stop to be specified."
        raise TypeError(msg)
    if start is None or stop is None:
        start, stop = 0, stop if start is None else start
    step = 1 if step is None else step
    read = [v._read() if isinstance(v, Handle) else v for v in (start, stop, step)]
    return read[0], read[1], read[2], given


def _progression(start: Any, step: Any, length: int, dtype: np.dtype[Any]) -> Node:
    """Return what NumPy fills an array with, given its first two elements.

    Element ``i`` is ``first + i * (second - first)``, from the third on.
    """
    where = here()
    head = np.empty(2, dtype)
    with at_users_line():
        head[0], head[1] = start, start + step
    wide = np.dtype(np.float32) if dtype == np.float16 else dtype
    ends = head.astype(wide)
    with np.errstate(all="ignore"):
        delta = ends[1:] - ends[:1]
        computed = (ends[:1] + np.arange(2).astype(wide) * delta).astype(dtype)
    index = infer.iota(length, where)
    ramp = infer.astype(index, wide, where)
    base = infer.scalar(ends[0], wide)
    by = infer.scalar(delta[0], wide)
    scaled = infer.map_node(ops.OPS["multiply"], (ramp, by), where)
    node = infer.map_node(ops.OPS["add"], (base, scaled), where)
    node = infer.astype(node, dtype, where)
    for k in (0, 1):
        if computed[k].tobytes() != head[k].tobytes():  # -0.0, infinities, rounding
            here_k = infer.map_node(ops.OPS["equal"], (index, k), where)
            args = (here_k, infer.scalar(head[k], dtype), node)
            node = infer.map_node(ops.OPS["where"], args, where)
    return node


def linspace(
    start: Any,
    stop: Any,
    num: int = 50,
    endpoint: bool = True,
    retstep: bool = False,
    dtype: Any = None,
    axis: int = 0,
    *,
    device: Any = None,
) -> Any:
    """Return `num` evenly spaced values over an interval, by NumPy's formula.

    Parameters
    ----------
    start, stop : array_like
        Arrays give a line of values for each pair of their elements.
    num : int
    endpoint : bool
        Whether `stop` is the last value.
    retstep : bool
        Return the step too.
    dtype : dtype, optional
    axis : int
        Of the result, along which values are spaced.
    device : str, optional

    Raises
    ------
    ValueError
        `num` is negative.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.linspace(0, 1, 5).compute()
    array([0.  , 0.25, 0.5 , 0.75, 1.  ])
    """
    check_device(device, "linspace")
    if retstep or np.ndim(start) or np.ndim(stop):
        spaced = on_lazy_arrays(np.linspace)
        options = {"dtype": dtype, "axis": axis}
        found = spaced(start, stop, num, endpoint, retstep, **options)
        if retstep:
            return placed(found[0], device), found[1]
        return placed(asarray(found), device)
    start, stop = (v._read() if isinstance(v, Handle) else v for v in (start, stop))
    return placed(_line(start, stop, operator.index(num), endpoint, dtype), device)


def _line(start: Any, stop: Any, num: int, endpoint: bool, dtype: Any) -> Array:
    """Return values spaced from one number to another."""
    spaces = num - 1 if endpoint else num
    result = np.linspace(start, stop, 0, dtype=dtype).dtype
    wide = np.result_type(start, stop, float(max(spaces, 0)))
    if num < 3 or result.kind not in "fc":
        return asarray(np.linspace(start, stop, num, endpoint=endpoint, dtype=dtype))
    where = here()
    low, high = np.asarray(start, wide)[()], np.asarray(stop, wide)[()]
    delta = high - low
    step = delta / spaces
    ramp = infer.astype(infer.iota(num, where), wide, where)
    multiply, add = ops.OPS["multiply"], ops.OPS["add"]
    if step == 0:
        ramp = infer.map_node(
            ops.OPS["divide"], (ramp, infer.scalar(spaces, wide)), where
        )
        scaled = infer.map_node(multiply, (ramp, infer.scalar(delta, wide)), where)
    else:
        scaled = infer.map_node(multiply, (ramp, infer.scalar(step, wide)), where)
    node = infer.map_node(add, (scaled, infer.scalar(low, wide)), where)
    if endpoint:
        index = infer.iota(num, where)
        last = infer.map_node(ops.OPS["equal"], (index, spaces), where)
        end = infer.scalar(high, wide)
        node = infer.map_node(ops.OPS["where"], (last, end, node), where)
    return new(infer.astype(node, result, where))
