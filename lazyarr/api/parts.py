"""`Sliced`: a part of an array that is there, by its key, as quick as NumPy's view.

Operators and functions take what it shows of the memory, if that is not much; the steps
that lead to it are found when somebody asks for them, and it is a view like others from
then on.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr import compiled
from lazyarr.api import (
    bounds,
    calls,
    handle,
    indexing,
    known,
    powers,
    small_methods,
    telling,
)
from lazyarr.api.array import Array
from lazyarr.api.bounds import MADE_BY, USUAL, is_wide
from lazyarr.api.chains import LOCKED, Steps, joined
from lazyarr.api.element import Element
from lazyarr.api.handle import WEAK
from lazyarr.api.known import REFUSALS, run
from lazyarr.api.looped import shown
from lazyarr.api.small import Small
from lazyarr.ir.view import View

if TYPE_CHECKING:
    from lazyarr.ir.node import Node, Shape
    from lazyarr.ops.row import Op

_slots = handle.Handle.__dict__


class Sliced(Array):
    """A view of an array that is there, by its key; the steps are found when needed.

    Examples
    --------
    >>> import lazyarr as la
    >>> import numpy as np
    >>> x = la.asarray(np.ones((1000, 1000)))
    >>> type(x[1, 2:5]), float((x[1, 2:5] * 2).sum())
    (<class 'lazyarr.api.parts.Sliced'>, 6.0)
    """

    __slots__ = ()
    _calls = MADE_BY  # what is made of a part shall not hold all of the array

    def _settled(self) -> Any:
        """Be a view like others; other threads may be asking for that, too.

        So it is called as a function of the class: the array may have left it.
        """
        key, path = self._whole, Sliced._path(self)
        _slots["_chain"].__set__(self, path)
        self._value = None if type(key) is Steps else (path[0], key)
        self.__class__ = Array  # type: ignore[assignment]
        return self

    def _path(self) -> tuple[Any, ...]:
        """Return the steps from the base; this stays what it is."""
        base: Any = self._base
        key = self._whole
        if type(key) is Steps:
            return tuple(key)
        key = key if type(key) is tuple else (key,)
        return (indexing.usual(base._sides(), key),)

    @staticmethod
    def _along(base: Any, steps: tuple[Any, ...]) -> Any:
        """Return the view of an array that is there; None if it does not show little."""
        sides: Any = None
        for step in steps:
            if type(step) is View:
                sides = step.shape
            elif step[0] == "reshape":
                sides = step[1]
            elif step[0] != LOCKED:
                return None  # a part of complex numbers
        array = base._node.value
        there = type(array) is np.ndarray
        if not there or not sides or math.prod(sides) * array.itemsize > USUAL:
            return None
        made = Sliced()
        made._node = None  # type: ignore[assignment]
        made._base = base
        base._viewed = True
        made._seen = None
        made._value = sides
        made._whole = Steps(steps)
        return made

    def _view(self, *steps: Any) -> Array:
        made = None
        if type(self._base) is Array:
            made = Sliced._along(self._base, joined(Sliced._path(self), steps))
        return Array._view(self, *steps) if made is None else made

    @property
    def _chain(self) -> Any:
        """Steps from the base."""
        return Sliced._settled(self)._chain

    @_chain.setter
    def _chain(self, chain: Any) -> None:
        Sliced._settled(self)._chain = chain

    def _current(self) -> Node:
        return Sliced._settled(self)._current()  # type: ignore[no-any-return]

    def _sides(self) -> Shape:
        value = self._value
        usual = not value or type(value[0]) is int
        return value if usual else Array._sides(self)

    def _read(self) -> Any:
        held = shown(self)
        return Array._read(self) if held is None else held.copy("K")

    def __matmul__(self, other: Any, /) -> Any:
        if type(other) in handle.SMALLS:
            return NotImplemented  # it is the one to say
        held = shown(self) if type(other) is Sliced else None
        if held is None:
            return Array.__matmul__(self, other)
        return _small(held) @ other

    def __pow__(self, other: Any, /) -> Any:
        held, made = shown(self), None
        if held is not None and type(other) is not Array:
            made = powers.at_once(_small(held), other)
        return powers.power(self, other) if made is None else made


def _small(held: Any) -> Small:
    """Return a small array that remembers nothing."""
    made = Small()
    made._value = held
    made._how = None
    made._calls = bounds.untold(held)
    return made


def _operator(name: str, op: Op, *, reflected: bool = False) -> None:
    """Give parts an operator that computes with what is known at once."""
    function = op.numpy

    def method(self: Sliced, other: Any, /) -> Any:
        kind, x, y = type(other), shown(self), other
        if kind not in WEAK:
            if kind is Small or kind is Element:
                y = other._value
            else:
                y = shown(other) if kind is Sliced else None
            if x is None or y is None or x.shape == getattr(y, "shape", ()):
                pass
            elif is_wide((x, y)):
                y = None
        pair = (other, self) if reflected else (self, other)
        if x is None or y is None:
            made = None if kind is Array else known.elementwise(op, pair, 2)
            return calls.binary(op, *pair) if made is None else made
        values = (y, x) if reflected else (x, y)
        try:
            value = run(function, *values)
        except FloatingPointError:
            value = telling.told(function, *values)
        except REFUSALS:
            return calls.binary(op, *pair)
        return _small(value)

    method.__name__ = name
    facts = {"op": op, "function": function, "reflected": reflected}
    setattr(Sliced, name, compiled.method("array_binary", method, **facts))


def _unary(name: str, op: Op) -> None:
    function = op.numpy

    def method(self: Sliced) -> Any:
        x = shown(self)
        if x is None:
            return calls.unary(op, self)
        try:
            value = run(function, x)
        except FloatingPointError:
            value = telling.told(function, x)
        except REFUSALS:
            return calls.unary(op, self)
        return _small(value)

    method.__name__ = name
    made = compiled.method("array_unary", method, op=op, function=function)
    setattr(Sliced, name, made)


for _name, _op, _is_reflected in calls.operators():
    if _op.nin == 1:
        _unary(_name, _op)
    else:
        _operator(_name, _op, reflected=_is_reflected)
Sliced.__rpow__ = Small.__rpow__  # type: ignore[method-assign, assignment]
Sliced.__array_ufunc__ = small_methods.called  # type: ignore[method-assign]
Sliced.__hash__ = Array.__hash__  # type: ignore[method-assign]
handle.SLICED[:] = [Sliced]
