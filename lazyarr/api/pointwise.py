"""Elementwise functions of small arrays that are known: NumPy's, called at once.

These wrap the functions of the op table, for calls with operands alone. What they do not
take goes on to the function, which may find that it is known all the same.
"""

from __future__ import annotations

import functools
import sys
from typing import TYPE_CHECKING, Any

from lazyarr.api import known
from lazyarr.api.bounds import broadens
from lazyarr.api.handle import SMALL, WEAK
from lazyarr.api.known import REFUSALS, Unknown, run
from lazyarr.watched import marks

if TYPE_CHECKING:
    from collections.abc import Callable

    from lazyarr.api.known import Function
    from lazyarr.ops.row import Op

_frame = sys._getframe


def pointwise(op: Op) -> Callable[[Function], Function]:
    """Let a function be what its row says, where its operands are small and known."""
    return functools.partial(_of_one if op.nin == 1 else _of_two, op)


def _of_one(op: Op, ours: Any) -> Any:
    theirs = op.numpy

    @functools.wraps(ours)
    def function(x: Any, /, *args: Any, **options: Any) -> Any:
        if type(x) is not SMALL[0] or args or options or marks:
            return ours(x, *args, **options)
        try:
            value = run(theirs, x._value)
        except FloatingPointError:
            value = known.told(theirs, x._value)
        except REFUSALS:
            return ours(x)
        frame = _frame(1)
        while frame.f_globals.get("__name__", "")[:8] == "lazyarr.":
            frame = frame.f_back  # type: ignore[assignment]
        return known.result(value, op, (x,), x._calls, frame)

    return function


def _of_two(op: Op, ours: Any) -> Any:
    theirs = op.numpy

    @functools.wraps(ours)
    def function(x: Any, y: Any, /, *args: Any, **options: Any) -> Any:
        if type(x) is not SMALL[0] or args or options or marks:
            return ours(x, y, *args, **options)
        a, b, count = x._value, y, x._calls
        try:
            if type(y) is SMALL[0]:
                b = y._value
                count += y._calls
                if a.ndim + b.ndim > 2 and a.shape != b.shape and broadens(a, b):
                    raise Unknown
            elif type(y) not in WEAK:
                raise Unknown
            value = run(theirs, a, b)
        except FloatingPointError:
            value = known.told(theirs, a, b)
        except REFUSALS:
            return ours(x, y)
        frame = _frame(1)
        while frame.f_globals.get("__name__", "")[:8] == "lazyarr.":
            frame = frame.f_back  # type: ignore[assignment]
        return known.result(value, op, (x, y), count, frame)

    return function
