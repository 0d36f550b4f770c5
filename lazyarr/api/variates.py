"""Random reals that are functions of their place: drawn where they are used.

Each draw is a map over the index of its elements, so that it fuses like any other.
"""

from __future__ import annotations

import functools
import sys
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from lazyarr.api import bounds, known
from lazyarr.api.creation import shape_of
from lazyarr.api.generators import Generator
from lazyarr.api.handle import (
    ELEMENT,
    OPS,
    SMALL,
    SMALLS,
    WEAK,
    Handle,
    array_of,
    here,
    operand,
)
from lazyarr.api.streams import Stream
from lazyarr.errors import ShapeError
from lazyarr.ir import infer
from lazyarr.ir.node import Node, Shape, where_text
from lazyarr.ops.draws import NORMAL, normal_of_word
from lazyarr.watched import marks

if TYPE_CHECKING:
    from collections.abc import Callable

    from lazyarr.ops.row import Op

Method = TypeVar("Method", bound="Callable[..., Any]")

_DOUBLE = np.dtype(np.float64)
_SINGLE = np.dtype(np.float32)


def map_of(op: str | Op, *operands: Any) -> Any:
    """Return an elementwise op of draws and Python scalars.

    Draws are nodes; or small arrays, drawn at once, if no operand is a node.
    """
    row = OPS[op] if isinstance(op, str) else op
    if any(type(x) in SMALLS for x in operands):
        made = known.elementwise(row, operands)
        if made is not None:
            return made
    return infer.map_node(row, tuple([_unwrapped(x) for x in operands]), here())


def _unwrapped(x: Any) -> Any:
    return x._current() if isinstance(x, Handle) else x


def number(drawn: Any, value: Any, dtype: np.dtype[Any]) -> Any:
    """Return a number that meets a draw, as an operand of its kind."""
    return dtype.type(value) if type(drawn) in SMALLS else infer.element(value, dtype)


def cast(drawn: Any, dtype: np.dtype[Any]) -> Any:
    """Return a draw cast to a dtype."""
    if type(drawn) in SMALLS:
        return drawn if drawn.dtype == dtype else drawn.astype(dtype)
    return infer.astype(drawn, dtype, here())


def array(drawn: Any) -> Any:
    """Return the array of a draw."""
    return drawn if isinstance(drawn, Handle) else array_of(drawn)


def at_once(method: Method) -> Method:
    """Let what a method draws at once remember from where in the stream.

    Elements are the numbers that they hold: as NumPy's scalars, they say how much to draw.
    """
    name = method.__name__

    @functools.wraps(method)
    def function(self: Any, *args: Any, **options: Any) -> Any:
        if (marks and not bounds.small_bytes()) or not (args or options):
            return method(self, *args, **options)
        args = tuple([_known(x) for x in args])
        options = {key: _known(x) for key, x in options.items()}
        state = self.bit_generator.state
        made = method(self, *args, **options)
        if type(made) is SMALL[0]:
            frame = sys._getframe(1)
            given = (name, state, *args)
            made._how = (draw, given, options, frame.f_code, frame.f_lasti)
            made._calls = 1
        return made

    return function  # type: ignore[return-value]


def _known(x: Any) -> Any:
    return x._value if type(x) is ELEMENT[0] else x


def draw(name: str, state: Any, *args: Any, **options: Any) -> Any:
    """Return what a method draws from a place in the stream."""
    bits = np.random.Philox(0)
    bits.state = state
    return getattr(Generator(bits), name)(*args, **options)


def _real_dtype(dtype: Any, name: str) -> np.dtype[Any]:
    found: np.dtype[Any] = np.dtype(dtype)
    if found not in (_DOUBLE, _SINGLE):
        msg = f"Unsupported dtype {found!r} for {name}"
        raise TypeError(msg)
    return found


def is_scalar(*values: Any) -> bool:
    """Whether all parameters are single numbers, known now."""
    return all(
        type(v) in WEAK or (not isinstance(v, Handle) and np.ndim(v) == 0)
        for v in values
    )


def _shape_of(parameter: Any) -> Shape:
    if isinstance(parameter, Handle):
        return parameter._current().shape
    return np.shape(parameter)


class Variates(Generator):
    """A generator over Philox, which counts places: its draws are lazy."""

    def __init__(self, bit_generator: np.random.Philox) -> None:
        super().__init__(bit_generator)
        self._stream = Stream(bit_generator)

    # --- what all methods share ---------------------------------------------------

    def _shape(self, size: Any, out: Any, name: str, *parameters: Any) -> Shape:
        """Return the shape of a draw with these parameters.

        What is written into is filled in the order of its memory: see `_given`.
        """
        shapes = [_shape_of(p) for p in parameters]
        if out is not None:
            if not out.flags.forc:
                msg = "Supplied output array must be contiguous in memory"
                raise ValueError(msg)
            shape = tuple(out.shape)
            if size is not None and shape_of(size, name) != shape:
                msg = "size must match out.shape when used together"
                raise ValueError(msg)
            return shape[::-1] if out.flags.fnc else shape
        if size is None:
            return infer.broadcast_shapes(name, tuple(shapes), here())
        shape = shape_of(size, name)
        if shapes and infer.broadcast_shapes(name, (shape, *shapes), here()) != shape:
            joint = infer.broadcast_shapes(name, tuple(shapes), None)
            what = f"size {shape} does not fit parameters of shape {joint}"
            raise ShapeError.at(name, what, where_text(here()))
        return shape

    def _draw(self, name: str, shape: Shape) -> Any:
        """Return draws of a kind: a small array, or a node."""
        made = self._stream.now(name, shape)
        return self._stream.draw(name, shape, here()) if made is None else made

    def _doubles(self, shape: Shape) -> Any:
        return self._draw("double", shape)

    def _words(self, shape: Shape) -> Any:
        return self._draw("uint64", shape)

    def _given(self, node: Any, dtype: np.dtype[Any], out: Any) -> Any:
        """Return a draw as a dtype, or write it where it is asked for."""
        node = cast(node, dtype)
        if out is None:
            return array(node)
        if out.dtype != dtype:
            msg = f"Supplied output array has wrong type. Expected {dtype}, got {out.dtype}"
            raise TypeError(msg)
        drawn = array(node).T if out.flags.fnc else array(node)
        out[...] = drawn if isinstance(out, Handle) else drawn.compute()
        return out

    # --- real numbers -------------------------------------------------------------

    @at_once
    def random(self, size: Any = None, dtype: Any = np.float64, out: Any = None) -> Any:
        """Return numbers from [0, 1): NumPy's bits.

        Parameters
        ----------
        size : int or tuple of int, optional
            Without it, a Python float is drawn at once.
        dtype : {float64, float32}
        out : array, optional
            Is written, and returned.

        Raises
        ------
        TypeError
            Another dtype, or that of `out` differs.
        ValueError
            `size` is not the shape of `out`.

        Examples
        --------
        >>> import lazyarr as la, numpy as np
        >>> x = la.random.default_rng(5).random(3)
        >>> bool(
        ...     (
        ...         x.compute() == np.random.Generator(np.random.Philox(5)).random(3)
        ...     ).all()
        ... )
        True
        """
        kind = _real_dtype(dtype, "random")
        if size is None and out is None:
            return self._numpy.random(dtype=dtype)
        shape = self._shape(size, out, "random")
        name = "double" if kind == _DOUBLE else "float"
        return self._given(self._draw(name, shape), kind, out)

    @at_once
    def uniform(self, low: Any = 0.0, high: Any = 1.0, size: Any = None) -> Any:
        """Return numbers from [low, high): NumPy's bits, ``low + (high - low) * u``.

        Raises
        ------
        OverflowError
            ``high - low`` is not finite.
        ValueError
            `high` is below `low`.
        """
        if is_scalar(low, high):
            if size is None:
                return self._numpy.uniform(low, high)
            checker().uniform(low, high)
            least, width = float(low), float(high) - float(low)
            drawn = self._doubles(self._shape(size, None, "uniform"))
            scaled = map_of("multiply", drawn, width)
            return array(map_of("add", scaled, least))
        shape = self._shape(size, None, "uniform", low, high)
        _check_known(low, high, lambda a, b: checker().uniform(a, b))
        below, above = operand(low), operand(high)
        between = map_of("subtract", *(_as_double(v) for v in (above, below)))
        scaled = map_of("multiply", self._doubles(shape), between)
        return array(map_of("add", scaled, _as_double(below)))

    def _normals(self, shape: Shape) -> Any:
        return map_of(NORMAL, self._words(shape))

    def _one_normal(self) -> float:
        return normal_of_word(int(self.bit_generator.random_raw()))

    @at_once
    def standard_normal(
        self, size: Any = None, dtype: Any = np.float64, out: Any = None
    ) -> Any:
        """Return standard normal variates: the quantiles of one word each.

        Not NumPy's bits: its method rejects some words, so that no place could be
        counted. Parameters as for `random`.

        Examples
        --------
        >>> import lazyarr as la
        >>> x = la.random.default_rng(1).standard_normal(1_000_000)
        >>> abs(float(x.mean())) < 0.005, abs(float(x.std()) - 1) < 0.005
        (True, True)
        """
        kind = _real_dtype(dtype, "standard_normal")
        if size is None and out is None:
            return float(kind.type(self._one_normal()))
        shape = self._shape(size, out, "standard_normal")
        return self._given(self._normals(shape), kind, out)

    @at_once
    def normal(self, loc: Any = 0.0, scale: Any = 1.0, size: Any = None) -> Any:
        """Return normal variates, ``loc + scale * standard_normal()``.

        Raises
        ------
        ValueError
            `scale` is negative.
        """
        _refuse_negative(scale, "scale")
        if size is None and is_scalar(loc, scale):
            return float(loc) + float(scale) * self._one_normal()
        shape = self._shape(size, None, "normal", loc, scale)
        scaled = map_of("multiply", self._normals(shape), _parameter(scale))
        return array(map_of("add", _parameter(loc), scaled))

    @at_once
    def lognormal(self, mean: Any = 0.0, sigma: Any = 1.0, size: Any = None) -> Any:
        """Return the exponentials of normal variates.

        Raises
        ------
        ValueError
            `sigma` is negative.
        """
        _refuse_negative(sigma, "sigma")
        drawn = self.normal(mean, sigma, size)
        if not isinstance(drawn, Handle):
            return float(np.exp(drawn))
        return array(map_of("exp", drawn))

    def _exponentials(self, shape: Shape) -> Any:
        drawn = map_of("negative", self._doubles(shape))
        return map_of("negative", map_of("log1p", drawn))

    @at_once
    def standard_exponential(
        self,
        size: Any = None,
        dtype: Any = np.float64,
        method: str = "zig",
        out: Any = None,
    ) -> Any:
        """Return exponential variates, ``-log1p(-random())``.

        As NumPy computes them with ``method="inv"``; `method` is read for no more than
        its spelling.

        Raises
        ------
        ValueError
            `method` is neither ``"zig"`` nor ``"inv"``.
        """
        kind = _real_dtype(dtype, "standard_exponential")
        if method not in ("zig", "inv"):
            msg = f"method is {method!r}, neither 'zig' nor 'inv'"
            raise ValueError(msg)
        if size is None and out is None:
            return float(kind.type(-np.log1p(-self._numpy.random())))
        shape = self._shape(size, out, "standard_exponential")
        return self._given(self._exponentials(shape), kind, out)

    @at_once
    def exponential(self, scale: Any = 1.0, size: Any = None) -> Any:
        """Return exponential variates of a scale, ``scale * standard_exponential()``.

        Raises
        ------
        ValueError
            `scale` is negative.
        """
        _refuse_negative(scale, "scale")
        if size is None and is_scalar(scale):
            return float(scale) * self.standard_exponential()
        drawn = self._exponentials(self._shape(size, None, "exponential", scale))
        return array(map_of("multiply", _parameter(scale), drawn))


# --- checks, by NumPy ---------------------------------------------------------------

_checkers: list[np.random.Generator] = []


def checker() -> np.random.Generator:
    """Return a generator of NumPy's that refuses parameters, and draws for nobody."""
    if not _checkers:
        _checkers.append(np.random.Generator(np.random.Philox(0)))
    return _checkers[0]


def _as_double(value: Any) -> Any:
    if isinstance(value, Node):
        return infer.astype(value, _DOUBLE, here())
    return infer.scalar(float(value), _DOUBLE)


def _parameter(value: Any) -> Any:
    """Return a parameter of a distribution as an operand of its dtype, double."""
    return float(value) if is_scalar(value) else _as_double(operand(value))


def _check_known(low: Any, high: Any, check: Any) -> None:
    """Check parameters that are at hand; what is lazy is not computed for that."""
    if not isinstance(low, Handle) and not isinstance(high, Handle):
        check(low, high)


def _refuse_negative(value: Any, name: str) -> None:
    if type(value) in WEAK and value > 0:
        return
    if not isinstance(value, Handle) and np.any(np.signbit(value) & ~np.isnan(value)):
        msg = f"{name} < 0"
        raise ValueError(msg)
