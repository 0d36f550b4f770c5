"""The operators of small arrays that are known: NumPy's, called at once."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr.api import calls, handle, known, opened
from lazyarr.api.array import Array
from lazyarr.api.element import Element
from lazyarr.api.handle import WEAK, Handle
from lazyarr.api.known import (
    MADE_BY,
    NO_OPTIONS,
    REFUSALS,
    USUAL,
    WIDE,
    Unknown,
    plain,
    run,
    small_bytes,
)
from lazyarr.api.small import UNSHARED, Borrowed, Small, references
from lazyarr.watched import marks

if TYPE_CHECKING:
    from collections.abc import Callable

    from lazyarr.ops.row import Op

_make = object.__new__
_frame = sys._getframe


def _operator(name: str, op: Op, *, reflected: bool = False) -> None:
    """Give small arrays an operator that computes with what is known at once."""
    function, general = op.numpy, op

    def method(self: Small, other: Any, /) -> Any:
        x, kind, count = self._value, type(other), self._calls
        y = other
        try:
            if kind in WEAK:
                pass
            elif kind is Small:
                y = other._value
                count += other._calls
                if (
                    x.shape != y.shape
                    and x.size * y.size > WIDE
                    and known.broadens(x, y)
                ):
                    raise Unknown
            else:
                y, more = _other(other, x)
                count += more
            if marks and not small_bytes():
                raise Unknown
            value = run(function, y, x) if reflected else run(function, x, y)
        except FloatingPointError:
            value = known.told(function, *((y, x) if reflected else (x, y)))
        except REFUSALS:
            pair = (other, self) if reflected else (self, other)
            return calls.binary(general, *pair)
        made = _make(Small)
        made._value = value
        if count < MADE_BY:
            frame = _frame(1)
            pair = (other, self) if reflected else (self, other)
            made._how = (general, pair, NO_OPTIONS, frame.f_code, frame.f_lasti)
            made._calls = count + 1
        else:
            made._how = None
            made._calls = known.untold(value)
        return made

    method.__name__ = name
    setattr(Small, name, method)


def _other(other: Any, x: np.ndarray) -> tuple[Any, int]:
    """Return the other operand of an operator, and how many calls that tells of."""
    if type(other) is Element:
        return other._value, 0 if other._how is None else other._calls
    y = _operand(other, x.nbytes)
    if known.is_wide((x, y)):
        raise Unknown
    return y, 0


def _operand(other: Any, most: int) -> Any:
    """Return the other operand of an operator, which may have a say of its own.

    It is no larger than the first one, or small.
    """
    if not _is_operand(other):
        raise Unknown
    return plain(other, most)


def _is_operand(other: Any) -> bool:
    """Whether an operand has no say of its own in what an operator does."""
    kinds = (Handle, list, tuple, np.generic, int, float, complex)
    return isinstance(other, kinds) or type(other) is np.ndarray


def _unary(name: str, op: Op) -> None:
    def method(self: Small) -> Any:
        made = known.elementwise(op, (self,), 2)
        return calls.unary(op, self) if made is None else made

    method.__name__ = name
    setattr(Small, name, method)


def _inplace(name: str, op: Op, plainly: Callable[[Any, Any], Any]) -> None:
    """Give small arrays an in-place operator."""

    def method(self: Small, other: Any, /) -> Any:
        alone = self._value.base is None and references(self) <= UNSHARED
        held = self._value
        if (not alone or held.nbytes > USUAL) and type(self) is Small:
            frame = _frame(1)
            where = (frame.f_code, frame.f_lasti)
            if not marks and _is_operand(other) and opened.into(op, self, other, where):
                return self
        made = plainly(self, other)
        if type(made) is not Small or not _fits(made._value, held):
            del held  # who else needs the memory is counted
            return calls.inplace(op, self, other)
        if type(self) is Borrowed:
            self._own()
        elif not alone:
            held[...] = made._value  # others see it
            self._how = None
            return self
        elif not held.flags.writeable:
            return calls.inplace(op, self, other)
        before = Small._of(held)
        before._how, before._calls = self._how, self._calls
        self._value, self._calls = made._value, made._calls
        if made._how is not None:
            function, _, options, code, place = made._how
            self._how = (function, (before, other), options, code, place)
        else:
            self._how = None
        return self

    method.__name__ = name
    setattr(Small, name, method)


def _fits(value: np.ndarray, held: np.ndarray) -> bool:
    return (
        value.dtype == held.dtype
        and value.shape == held.shape
        and value.strides == held.strides
        and held.flags.writeable
    )


def _operators() -> None:
    for op in handle.OPS.values():
        name = op.dunder
        if name is None or name == "pow":
            continue
        if op.nin == 1:
            _unary(f"__{name}__", op)
            continue
        _operator(f"__{name}__", op)
        if name in ("eq", "ne", "lt", "le", "gt", "ge"):
            continue
        _operator(f"__r{name}__", op, reflected=True)
        _inplace(f"__i{name}__", op, getattr(Small, f"__{name}__"))
    Small.__hash__ = Array.__hash__  # type: ignore[method-assign]


_operators()
