"""Random reals that are functions of their place: drawn where they are used.

Each draw is a map over the index of its elements, so that it fuses like any other.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr.api.creation import shape_of
from lazyarr.api.drawn import (
    array,
    at_hand,
    at_once,
    cast,
    is_scalar,
    map_of,
    parameter,
)
from lazyarr.api.generators import Generator
from lazyarr.api.handle import WEAK, Handle, here
from lazyarr.api.streams import Stream
from lazyarr.errors import ShapeError
from lazyarr.ir import infer
from lazyarr.ir.node import where_text
from lazyarr.ops.draws import NORMAL, normal_of_word

if TYPE_CHECKING:
    from lazyarr.ir.node import Shape

_DOUBLE = np.dtype(np.float64)
_REAL = frozenset((float, int))
_SINGLE = np.dtype(np.float32)


def _real_dtype(dtype: Any, name: str) -> np.dtype[Any]:
    if dtype is np.float64:
        return _DOUBLE
    found: np.dtype[Any] = np.dtype(dtype)
    if found not in (_DOUBLE, _SINGLE):
        msg = f"Unsupported dtype {found!r} for {name}"
        raise TypeError(msg)
    return found


def _shape_of(parameter: Any) -> Shape:
    if isinstance(parameter, Handle):
        return parameter.shape  # type: ignore[attr-defined,no-any-return]
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
        if out is None and not parameters and size is not None:
            return shape_of(size, name)
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
            if len(shapes) == 1:
                return shapes[0]
            return infer.broadcast_shapes(name, tuple(shapes), here())
        shape = shape_of(size, name)
        if shapes and infer.broadcast_shapes(name, (shape, *shapes), here()) != shape:
            joint = infer.broadcast_shapes(name, tuple(shapes), None)
            what = f"size {shape} does not fit parameters of shape {joint}"
            raise ShapeError.at(name, what, where_text(here()))
        return shape

    def _draw(self, name: str, shape: Shape, *parameters: Any) -> Any:
        """Return draws of a kind that meet parameters which are more than numbers.

        Where all is known and they are few it is an array of NumPy's, else a node.
        """
        if not parameters or all(at_hand(x) is not None for x in parameters):
            made = self._stream.now(name, shape)
            if made is not None:
                return made
        for x in parameters:
            _refuse_complex(x)
        return self._stream.draw(name, shape, here())

    def _doubles(self, shape: Shape, *parameters: Any) -> Any:
        return self._draw("double", shape, *parameters)

    def _words(self, shape: Shape, *parameters: Any) -> Any:
        return self._draw("uint64", shape, *parameters)

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

    @at_once(0, numpys=True)
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
        name = "double" if kind is _DOUBLE or kind == _DOUBLE else "float"
        return self._given(self._draw(name, shape), kind, out)

    @at_once(2)
    def uniform(self, low: Any = 0.0, high: Any = 1.0, size: Any = None) -> Any:
        """Return numbers from [low, high): NumPy's bits, ``low + (high - low) * u``.

        Raises
        ------
        OverflowError
            ``high - low`` is not finite.
        ValueError
            `high` is below `low`.
        """
        numbers = is_scalar(low, high)
        if numbers and size is None:
            return self._numpy.uniform(low, high)
        given = () if numbers else (low, high)
        shape = self._shape(size, None, "uniform", *given)
        _refuse_bounds(low, high)
        drawn = self._doubles(shape, *given)
        least, most = parameter(low, drawn), parameter(high, drawn)
        width = most - least if numbers else map_of("subtract", most, least)
        return array(map_of("add", map_of("multiply", drawn, width), least))

    def _normals(self, shape: Shape, *parameters: Any) -> Any:
        return map_of(NORMAL, self._words(shape, *parameters))

    def _one_normal(self) -> float:
        return normal_of_word(int(self.bit_generator.random_raw()))

    @at_once(0)
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

    @at_once(2)
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
        return array(self._scaled(loc, scale, size, "normal"))

    def _scaled(self, loc: Any, scale: Any, size: Any, name: str) -> Any:
        given = [x for x in (loc, scale) if not is_scalar(x)]
        drawn = self._normals(self._shape(size, None, name, *given), *given)
        scaled = map_of("multiply", drawn, parameter(scale, drawn))
        return map_of("add", parameter(loc, drawn), scaled)

    @at_once(2)
    def lognormal(self, mean: Any = 0.0, sigma: Any = 1.0, size: Any = None) -> Any:
        """Return the exponentials of normal variates.

        Raises
        ------
        ValueError
            `sigma` is negative.
        """
        _refuse_negative(sigma, "sigma")
        if size is None and is_scalar(mean, sigma):
            with np.errstate(over="ignore"):  # C's, which says nothing
                return float(np.exp(self.normal(mean, sigma)))
        return array(map_of("exp", self._scaled(mean, sigma, size, "lognormal")))

    def _exponentials(self, shape: Shape, *parameters: Any) -> Any:
        drawn = map_of("negative", self._doubles(shape, *parameters))
        return map_of("negative", map_of("log1p", drawn))

    @at_once(0)
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

    @at_once(1)
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
        given = () if is_scalar(scale) else (scale,)
        shape = self._shape(size, None, "exponential", *given)
        drawn = self._exponentials(shape, *given)
        return array(map_of("multiply", parameter(scale, drawn), drawn))


# --- checks, by NumPy ---------------------------------------------------------------

_checkers: list[np.random.Generator] = []


def checker() -> np.random.Generator:
    """Return a generator of NumPy's that refuses parameters, and draws for nobody."""
    if not _checkers:
        _checkers.append(np.random.Generator(np.random.Philox(0)))
    return _checkers[0]


def _now(value: Any) -> Any:
    """Return a parameter to check; None of what is lazy, not computed for that."""
    return at_hand(value) if isinstance(value, Handle) else value


def _refuse_bounds(low: Any, high: Any) -> None:
    numbers = type(low) in _REAL and type(high) in _REAL
    if numbers and 0.0 <= float(high) - float(low) < math.inf:
        return
    low, high = _now(low), _now(high)
    if low is not None and high is not None:
        checker().uniform(low, high)


def _refuse_complex(value: Any) -> None:
    held: Any = value if isinstance(value, Handle) else np.asarray(value)
    if held.dtype.kind == "c":
        how = f"from {held.dtype!r} to {_DOUBLE!r} according to the rule 'safe'"
        msg = f"Cannot cast array data {how}"
        raise TypeError(msg)


def _refuse_negative(value: Any, name: str) -> None:
    if type(value) in WEAK and value > 0:
        return
    held = _now(value)
    if held is not None and np.any(np.signbit(held) & ~np.isnan(held)):
        msg = f"{name} < 0"
        raise ValueError(msg)
