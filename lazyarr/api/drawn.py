"""Draws as operands: nodes, or NumPy's arrays where they are few and drawn at once.

What is made of few draws is computed with NumPy at once as well, and becomes an array
of lazyarr when it is done. That one remembers from where in the stream it was drawn.
"""

from __future__ import annotations

import functools
import math
import sys
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from lazyarr.api import bounds, telling
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
    node_of,
)
from lazyarr.api.known import PLAIN, run
from lazyarr.api.made import NO_OPTIONS, SCALARS, calls_of, remembered
from lazyarr.ir import infer
from lazyarr.watched import marks

if TYPE_CHECKING:
    from collections.abc import Callable

    from lazyarr.api.streams import Place, Stream
    from lazyarr.ops.row import Op

Method = TypeVar("Method", bound="Callable[..., Any]")

_DOUBLE = np.dtype(np.float64)
_MOST = bounds.USUAL // _DOUBLE.itemsize


def map_of(op: str | Op, *operands: Any) -> Any:
    """Return an elementwise op of draws and Python scalars.

    And of parameters, which `parameter` gives as what the draws are: nodes or not.
    """
    row = OPS[op] if isinstance(op, str) else op
    if np.ndarray not in map(type, operands):
        return infer.map_node(row, operands, here())
    try:
        return run(row.numpy, *operands)
    except (FloatingPointError, RuntimeError):
        return telling.told(row.numpy, *operands)


def number(drawn: Any, value: Any, dtype: np.dtype[Any]) -> Any:
    """Return a number that meets a draw, as an operand of its kind."""
    if type(drawn) is np.ndarray:
        return dtype.type(value)
    return infer.element(value, dtype)


def cast(drawn: Any, dtype: np.dtype[Any]) -> Any:
    """Return a draw cast to a dtype."""
    if type(drawn) is np.ndarray:
        same = drawn.dtype is dtype or drawn.dtype == dtype
        return drawn if same else drawn.astype(dtype)
    return infer.astype(drawn, dtype, here())


def array(drawn: Any) -> Any:
    """Return the array of a draw."""
    if type(drawn) is np.ndarray:
        return SMALL[0]._of(drawn)
    return array_of(drawn)


# --- parameters ---------------------------------------------------------------------


def is_scalar(*values: Any) -> bool:
    """Whether all parameters are single numbers, known now."""
    for x in values:
        if type(x) not in WEAK and (isinstance(x, Handle) or np.ndim(x)):
            return False
    return True


def at_hand(x: Any) -> Any:
    """Return the values of a parameter that is known and real; else None."""
    kind = type(x)
    if kind in WEAK or kind in SCALARS:
        held: Any = np.asarray(x)
    elif kind in SMALLS:
        held = x._value
    elif kind is np.ndarray:
        held = x
    elif (kind is list or kind is tuple) and WEAK.issuperset(map(type, x)):
        held = np.asarray(x)
    else:
        return None
    return held if held.dtype.kind in "biuf" else None


def parameter(value: Any, drawn: Any) -> Any:
    """Return a parameter as an operand beside a draw: a double, or several."""
    if type(value) is float or is_scalar(value):
        return float(value)
    if type(drawn) is np.ndarray:
        return np.asarray(at_hand(value), _DOUBLE)
    return infer.astype(node_of(value), _DOUBLE, here())


# --- what draws remember --------------------------------------------------------------


def at_once(numbers: int, *, numpys: bool = False) -> Callable[[Method], Method]:
    """Let what a method draws at once remember from where in the stream.

    Elements are the numbers that they hold: as NumPy's scalars, they say how much to
    draw. Where there are no arguments but up to `numbers` numbers, one number is drawn.
    Of a method that is `numpys` own where its only argument is a size, few are drawn by
    that.
    """

    def decorate(method: Method) -> Method:
        name = method.__name__

        @functools.wraps(method)
        def function(self: Any, *args: Any, **options: Any) -> Any:
            stream: Stream = self._stream
            alone = not options and len(args) <= numbers
            if alone and (not args or WEAK.issuperset(map(type, args))):
                stream.forget()
                return method(self, *args)
            if marks and not bounds.small_bytes():
                stream.forget()
                return method(self, *args, **options)
            if numpys and len(args) == 1 and not options and _are_few(args[0]):
                place = stream.place()
                given = (name, place, len(place.calls), *args)
                made = SMALL[0]._of(getattr(self._numpy, name)(*args))
                stream.follow(place, name, args, NO_OPTIONS)
                frame = sys._getframe(1)
                how = (draw, given, NO_OPTIONS, frame.f_code, frame.f_lasti)
                return remembered(made, how, 0)
            operands = (*args, *options.values()) if options else args
            plain = PLAIN.issuperset(map(type, operands))
            if not plain:
                args = tuple([_known(x) for x in args])
                options = {key: _known(x) for key, x in options.items()}
            place = stream.place()
            given = (name, place, len(place.calls), *args)
            made = method(self, *args, **options)
            written = not plain and any(made is x for x in operands)
            if type(made) is SMALL[0] and not written:
                if plain:
                    stream.follow(place, name, args, options)
                frame = sys._getframe(1)
                how = (draw, given, options, frame.f_code, frame.f_lasti)
                remembered(made, how, 0 if plain else calls_of(operands))
            return made

        return function  # type: ignore[return-value]

    return decorate


def _are_few(size: Any) -> bool:
    """Whether a size is that of a small array of doubles."""
    if marks:
        return False
    if type(size) is int:
        return 0 < size <= _MOST
    whole = type(size) is tuple and all(type(n) is int and n > 0 for n in size)
    return whole and len(size) > 0 and math.prod(size) <= _MOST


def _known(x: Any) -> Any:
    return x._value if type(x) is ELEMENT[0] else x


def draw(name: str, place: Place, number: int, *args: Any, **options: Any) -> Any:
    """Return what a method draws after the first calls at a place in the stream."""
    generator = Generator(place.bits())
    for earlier, given, named in place.calls[:number]:
        getattr(generator, earlier)(*given, **named)
    return getattr(generator, name)(*args, **options)
