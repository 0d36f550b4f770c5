"""Elementwise functions that are composed, or whose signature is their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr import compiled
from lazyarr.api import direct, nested, theirs
from lazyarr.api.calls import call
from lazyarr.api.elementwise import (
    multiply,
    rint,
)
from lazyarr.api.handle import (
    OPS,
    Handle,
    array_of,
    here,
    new,
    node_of,
)
from lazyarr.api.interop import through_numpy
from lazyarr.api.pointwise import pointwise
from lazyarr.api.quick import quick
from lazyarr.api.results import finished
from lazyarr.api.subclasses import is_subclass, or_numpys
from lazyarr.errors import DTypeError
from lazyarr.ir import copies, infer
from lazyarr.ir.infer import library_node
from lazyarr.ir.node import Node, where_text

if TYPE_CHECKING:
    from lazyarr.api.array import Array

_FLOAT = np.dtype(np.float64)
_NONE: Any = object()  # an argument that is not given


@pointwise(OPS["pow"])
@or_numpys
def pow(
    x1: Any,
    x2: Any,
    /,
    out: Any = None,
    *,
    where: Any = True,
    casting: Any = "same_kind",
    order: Any = "K",
    dtype: Any = None,
    subok: bool = True,
) -> Array:
    """Return the first operand raised to the second; as NumPy's ``power``.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.pow(la.asarray([2, 3]), 3).compute()
    array([ 8, 27])
    """
    return call(OPS["pow"], (x1, x2), out, where, dtype, casting, order)


power = pow


@quick(direct.chosen)
def where(condition: Any, x1: Any = _NONE, x2: Any = _NONE, /) -> Any:
    """Return the second operand where the first is true, else the third.

    With the condition alone: the indices of its true elements, axis by axis, found
    when it is called.

    Parameters
    ----------
    condition : array_like of bool
    x1, x2 : array_like
        Broadcast against the condition and promoted to one dtype.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.where(la.asarray([True, False]), 1, 2).compute()
    array([1, 2])
    """
    if x1 is _NONE and x2 is _NONE:
        return through_numpy(np.nonzero, (condition,), {}, "where")
    if x1 is _NONE or x2 is _NONE:
        msg = "[where] either both or neither of x1 and x2 should be given"
        raise ValueError(msg)
    condition = condition if isinstance(condition, Handle) else new(node_of(condition))
    first, second = _wrapped(x1, x2), _wrapped(x2, x1)
    made: Any = call(OPS["where"], (condition, first, second), None, True, None)
    return array_of(made._current()) if isinstance(made, Handle) else made


where = compiled.method(
    "node_where", where, op=OPS["where"], tag=OPS["where"].id, other=np.dtype(bool)
)


def _wrapped(x: Any, other: Any) -> Any:
    """Return a Python integer as NumPy's own ``where`` takes it.

    Out of the range of the other operand it wraps before NumPy 2.5, and is refused since.
    """
    if type(x) is not int or getattr(other, "dtype", _FLOAT).kind not in "iu":
        return x
    limits = np.iinfo(other.dtype)
    if limits.min <= x <= limits.max:
        return x
    return np.where(True, x, np.zeros((), other.dtype))[()]


@quick(direct.clip)
def clip(
    x: Any, /, min: Any = None, max: Any = None, out: Any = None, **names: Any
) -> Array:
    """Return each element moved into the interval from `min` to `max`.

    Parameters
    ----------
    x : array_like
    min, max : array_like, optional
        NumPy's names ``a_min`` and ``a_max`` are accepted too.
    out : Array, optional
    **names
        `dtype`, `where` and `casting`, as of NumPy's ufuncs.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.clip(la.asarray([1, 5, 9]), 2, 6).compute()
    array([2, 5, 6])
    """
    low = names.pop("a_min", min)
    high = names.pop("a_max", max)
    if names:
        return _clipped(x, low, high, out, names)
    low, high = _reachable(node_of(x), low, high)
    if low is None and high is None:
        if out is not None:
            out[...] = x
            return out  # type: ignore[no-any-return]
        return new(node_of(x))
    if high is None:
        return call(OPS["maximum"], (x, low), out, True, None)
    if low is None:
        return call(OPS["minimum"], (x, high), out, True, None)
    return call(OPS["clip"], (x, low, high), out, True, None)


def _clipped(x: Any, low: Any, high: Any, out: Any, options: dict[str, Any]) -> Array:
    """Return what `clip` does with the keywords of NumPy's ufuncs."""
    dtype, where = options.pop("dtype", None), options.pop("where", True)
    casting = options.pop("casting", "same_kind")
    order = options.pop("order", "K")
    options.pop("subok", None)
    if options:
        msg = f"clip() got an unexpected keyword argument {next(iter(options))!r}"
        raise TypeError(msg)
    operands = tuple(one for one in (x, low, high) if one is not None)
    name = "maximum" if high is None else "minimum" if low is None else "clip"
    return call(OPS[name], operands, out, where, dtype, casting, order)


def _reachable(x: Node, low: Any, high: Any) -> tuple[Any, Any]:
    """Drop integer bounds that no element of an integer dtype can be beyond."""
    if x.dtype.kind in "iu":
        limits = np.iinfo(x.dtype)
        if type(low) is int and low <= limits.min:
            low = None
        if type(high) is int and high >= limits.max:
            high = None
    return low, high


@quick(theirs.rounded)
def round(a: Any, decimals: int = 0, out: Any = None) -> Array:
    """Return each element rounded, ties to the even neighbour, as NumPy rounds.

    Parameters
    ----------
    a : array_like
    decimals : int
        Places behind the point; negative ones are before it.
    out : Array, optional

    Examples
    --------
    >>> import lazyarr as la
    >>> la.round(la.asarray([0.5, 1.5])).compute()
    array([0., 2.])
    """
    node = node_of(a)
    place = here()
    if node.dtype.kind == "b" and decimals:
        what = f"bool cannot be rounded to {decimals} decimals"
        raise DTypeError.at("round", what, where_text(place))
    if node.dtype.kind in "iu" and decimals >= 0:
        result = node
    elif node.dtype.kind == "c" and decimals:
        parts = [new(infer.map_node(OPS[n], (node,), place)) for n in ("real", "imag")]
        result = joined(*(_scaled(part._current(), decimals) for part in parts))
    elif decimals == 0:
        result = infer.map_node(OPS["round"], (node,), place)
    else:
        result = _scaled(node, decimals)
    if node.dtype.kind != "f":  # these, NumPy rounds in a copy
        result = copies.copied(result, "K", place, node)
    return finished(result, out, "round", place, stretched=True)


def joined(real: Node, imag: Node) -> Node:
    """Return complex numbers of these parts, bit for bit."""
    dtype = np.result_type(real.dtype, np.complex64)
    row = OPS["join_parts"]
    return library_node(row, (real, imag), (), real.shape, dtype, here())


def _scaled(node: Node, decimals: int) -> Node:
    """Multiply, round and divide, in NumPy's order of the three."""
    factor = 10.0 ** min(abs(decimals), 9)
    for _ in range(9, abs(decimals)):  # as NumPy: 10.0**25 has other bits
        factor *= 10.0
    x = new(node)
    if node.dtype.kind in "iu":
        result = (rint(x.astype(np.float64) / factor) * factor)._current()
        return infer.astype(result, node.dtype)
    if decimals > 0:
        return (rint(multiply(x, float(factor))) / float(factor))._current()
    return (rint(x / float(factor)) * float(factor))._current()


around = round


def real(x: Any, /) -> Array:
    """Return the real parts; of an array, a view of them, as NumPy's.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.real(la.asarray([1 + 2j, 3])).compute()
    array([1., 3.])
    """
    return _held(x).real  # type: ignore[no-any-return]


def imag(x: Any, /) -> Array:
    """Return the imaginary parts; of an array, a view of them; zeros of real ones.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.imag(la.asarray([1 + 2j, 3])).compute()
    array([2., 0.])
    """
    return _held(x).imag  # type: ignore[no-any-return]


def _held(x: Any) -> Any:
    """Return an array-like as an array; what is NumPy's alone, as NumPy's."""
    if is_subclass(x) and hasattr(x, "real"):  # masks and units stay
        return x
    x = nested.given(x)
    try:
        return x if isinstance(x, Handle) else new(node_of(x))
    except DTypeError:
        return x if hasattr(x, "real") else np.asarray(x)


@quick(np.angle)
def angle(z: Any, deg: bool = False) -> Array:
    """Return the angle of complex numbers, in radians or degrees.

    Examples
    --------
    >>> import lazyarr as la
    >>> float(la.angle(la.asarray(1 + 0j)))
    0.0
    """
    node = node_of(z)
    if node.dtype.kind == "c":
        real = new(infer.map_node(OPS["real"], (node,)))
        imag: Any = new(infer.map_node(OPS["imag"], (node,)))
    else:
        real, imag = new(node), 0
    result = call(OPS["atan2"], (imag, real), None, True, None)
    return result * (180 / np.pi) if deg else result
