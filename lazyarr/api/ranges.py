"""Evenly spaced values, with the bits of NumPy's."""

from __future__ import annotations

import importlib
import math
import operator
import sys
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr import ops
from lazyarr.api import theirs
from lazyarr.api.creation import asarray, dtype_of
from lazyarr.api.devices import check_device, placed
from lazyarr.api.foreign import is_foreign
from lazyarr.api.fresh import fresh, of_line, of_range
from lazyarr.api.handle import Handle, here, new, no_numbers
from lazyarr.api.subclasses import leave_to_theirs
from lazyarr.errors import at_users_line
from lazyarr.ir import infer
from lazyarr.named import NamedTuple

if TYPE_CHECKING:
    from lazyarr.api.array import Array
    from lazyarr.ir.node import Node, Where

_INT = np.dtype(np.int64)
_FLOAT = np.dtype(np.float64)
_ADD, _MULTIPLY = ops.OPS["add"], ops.OPS["multiply"]
_EQUAL, _WHERE = ops.OPS["equal"], ops.OPS["where"]
_NAMES = (type(None), type, np.dtype, str)
# The same few ranges are made again and again, by the same lines.
_remembered = lru_cache(maxsize=512, typed=True)


@fresh(np.arange, of_range)
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
    plain = _are_keys(start, stop, step)
    for x in () if plain else (start, stop, step):
        if is_foreign(np.asarray(x).dtype):  # dates, for one
            raise no_numbers(np.asarray(x).dtype, "arange")
    if dtype is None:
        result = (_joint_dtype if plain else _joint_dtype.__wrapped__)(*given)
    else:
        result = dtype_of(dtype, "arange")
    if result.kind == "b" or (not plain and _any_complex(start, stop, step)):
        return asarray(np.arange(start, stop, step, dtype=result), device=device)
    if step == 0:
        msg = "[arange] step is 0. Hint: give a step that is not."
        raise ZeroDivisionError(msg)
    length = _length(start, stop, step)
    if length < 3:
        return asarray(np.arange(start, stop, step, dtype=result), device=device)
    held = plain and result in (_INT, _FLOAT)  # into others a cast may warn
    facts = (_leading if held else _leading.__wrapped__)(start, step, result)
    return placed(new(_progression(facts, length, result, here())), device)


def _length(start: Any, stop: Any, step: Any) -> int:
    """Return how many numbers a range has."""
    try:
        length: int = max(math.ceil((stop - start) / step), 0)
    except OverflowError:
        length = sys.maxsize + 1
    if length > sys.maxsize:
        msg = "[arange] the maximum allowed size is exceeded"
        raise ValueError(msg)
    return length


def _are_keys(*numbers: Any) -> bool:
    """Whether numbers are told apart by comparison: Python's own, but for -0.0."""
    for number in numbers:
        kind = type(number)
        if kind is not int and (
            kind is not float or (number == 0 and math.copysign(1, number) < 0)
        ):
            return False
    return True


@_remembered
def _joint_dtype(*given: Any) -> np.dtype[Any]:
    """Return the dtype of a range between numbers."""
    return np.result_type(_INT, *(np.asarray(v).dtype for v in given))


def _any_complex(*numbers: Any) -> bool:
    return any(np.iscomplexobj(v) for v in numbers)


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


class _Leading(NamedTuple):
    """What a progression is computed from, as scalars; None where it changes nothing."""

    wide: np.dtype[Any]
    by: Node | None
    base: Node | None
    repairs: tuple[tuple[int, Node], ...]  # elements that are not what that gives


@_remembered
def _leading(start: Any, step: Any, dtype: np.dtype[Any]) -> _Leading:
    """Return what NumPy fills an array from: its first two elements."""
    head = np.empty(2, dtype)
    with at_users_line():
        head[0], head[1] = start, start + step
    wide = np.dtype(np.float32) if dtype == np.float16 else dtype
    ends = head.astype(wide)
    with np.errstate(all="ignore"):
        delta = ends[1:] - ends[:1]
        computed = (ends[:1] + np.arange(2).astype(wide) * delta).astype(dtype)
    # Then no term is -0.0, which adding 0 would change to 0.0.
    unsigned = wide.kind in "iu" or (
        wide.kind == "f" and delta[0] > 0 and not np.signbit(ends[0])
    )
    return _Leading(
        wide,
        None if delta[0] == 1 else infer.scalar(delta[0], wide),
        None if ends[0] == 0 and unsigned else infer.scalar(ends[0], wide),
        tuple(
            (k, infer.scalar(head[k], dtype))
            for k in (0, 1)  # -0.0, infinities, rounding
            if computed[k].tobytes() != head[k].tobytes()
        ),
    )


def _progression(
    facts: _Leading, length: int, dtype: np.dtype[Any], where: Where
) -> Node:
    """Return what NumPy fills an array with, given its first two elements.

    Element ``i`` is ``first + i * (second - first)``, from the third on.
    """
    index = infer.iota(length, where)
    node = infer.astype(index, facts.wide, where)
    if facts.by is not None:
        node = infer.binary_node(_MULTIPLY, node, facts.by, where)
    if facts.base is not None:
        node = infer.binary_node(_ADD, facts.base, node, where)
    node = infer.astype(node, dtype, where)
    for k, value in facts.repairs:
        here_k = infer.binary_node(_EQUAL, index, k, where)
        node = infer.map_node(_WHERE, (here_k, value, node), where)
    return node


@fresh(theirs.linspace, of_line)
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
    plain = not retstep and _are_keys(start, stop) and isinstance(dtype, _NAMES)
    if not plain:
        leave_to_theirs(start, stop)
    if retstep or (not plain and (np.ndim(start) or np.ndim(stop))):
        composed = importlib.import_module("lazyarr.api.composed")
        spaced = composed.on_lazy_arrays(np.linspace)
        options = {"dtype": dtype, "axis": axis}
        found = spaced(start, stop, num, endpoint, retstep, **options)
        if retstep:
            return placed(found[0], device), found[1]
        return placed(asarray(found), device)
    start, stop = (v._read() if isinstance(v, Handle) else v for v in (start, stop))
    num, endpoint = operator.index(num), bool(endpoint)
    make = _spacing if plain else _spacing.__wrapped__
    facts = make(start, stop, num - 1 if endpoint else num, dtype)
    if num < 3 or facts is None:
        made = np.linspace(start, stop, num, endpoint, dtype=dtype)
        return placed(asarray(made), device)
    return placed(new(_line(facts, num, endpoint, here())), device)


class _Spacing(NamedTuple):
    """What evenly spaced values are computed from, as scalars."""

    wide: np.dtype[Any]
    result: np.dtype[Any]
    divisor: Node | None  # of indices, where the step is too small to be a number
    by: Node
    low: Node
    high: Node


@_remembered
def _spacing(start: Any, stop: Any, spaces: int, dtype: Any) -> _Spacing | None:
    """Return what values from one number to another are computed from.

    None stands for integers and for what is not finite, which are NumPy's.
    """
    result = np.linspace(start, stop, 0, dtype=dtype).dtype
    wide = np.result_type(start, stop, float(max(spaces, 0)))
    low, high = np.asarray(start, wide)[()], np.asarray(stop, wide)[()]
    with np.errstate(all="ignore"):
        delta = high - low
    if spaces < 1 or result.kind not in "fc" or not np.isfinite(delta):
        return None
    step = delta / spaces
    return _Spacing(
        wide,
        result,
        infer.scalar(spaces, wide) if step == 0 else None,
        infer.scalar(delta if step == 0 else step, wide),
        infer.scalar(low, wide),
        infer.scalar(high, wide),
    )


def _line(facts: _Spacing, num: int, endpoint: bool, where: Where) -> Node:
    """Return values spaced from one number to another."""
    index = infer.iota(num, where)
    node = infer.astype(index, facts.wide, where)
    if facts.divisor is not None:
        node = infer.binary_node(ops.OPS["divide"], node, facts.divisor, where)
    node = infer.binary_node(_MULTIPLY, node, facts.by, where)
    node = infer.binary_node(_ADD, node, facts.low, where)
    if endpoint:
        last = infer.binary_node(_EQUAL, index, num - 1, where)
        node = infer.map_node(_WHERE, (last, facts.high, node), where)
    return infer.astype(node, facts.result, where)
