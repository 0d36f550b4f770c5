"""Elementwise functions called with operands alone, the usual cases ahead of them.

These wrap the functions of the op table. Of small arrays that are known they are NumPy's,
called at once; of other arrays a node is made with no further look at the call. What
they do not take goes on to the function, which may find that it is known all the same.
"""

from __future__ import annotations

import functools
import sys
from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr import compiled
from lazyarr.api import looped, telling
from lazyarr.api.bounds import broadens
from lazyarr.api.handle import ELEMENT, FINAL, OPS, SMALL, SMALLS, WEAK, here, new
from lazyarr.api.known import ARRAYS, REFUSALS, Unknown, run
from lazyarr.api.looped import noted
from lazyarr.api.made import NO_OPTIONS, made_at, remembered
from lazyarr.api.subclasses import is_subclass, meant
from lazyarr.api.telling import is_usual, lenient
from lazyarr.errors import outside
from lazyarr.errors import theirs as users
from lazyarr.ir import infer
from lazyarr.ir.node import Node
from lazyarr.ops.standard import OF_REALS
from lazyarr.runtime import floating
from lazyarr.watched import marks

if TYPE_CHECKING:
    from collections.abc import Callable

    from lazyarr.api.known import Function
    from lazyarr.ops.row import Op

_frame = sys._getframe
_ndarray = np.ndarray
_VANISHING = frozenset(
    ("exp", "exp2", "square")
)  # whose results are often next to zero


_LOOPS = frozenset(("signature", "sig"))


def pointwise(op: Op) -> Callable[[Function], Function]:
    """Let a function be what its row says, where its operands are small and known."""
    return functools.partial(_of_one if op.nin == 1 else _of_two, op)


def _of_one(op: Op, ours: Any) -> Any:
    theirs, usual, number = looped.without_out(op), op._usual.get, op.id
    vanishing, known, real = op.name in _VANISHING, _taken(theirs), OF_REALS.get(theirs)

    @functools.wraps(ours)
    def function(x: Any, /, *args: Any, **options: Any) -> Any:
        kind, small = type(x), SMALL[0]
        if (kind is not small and kind not in known) or args or options or marks:
            cls = FINAL[0]
            if kind is not cls or args or options:
                made = _apart(op, theirs, (x, *args), options, _frame(1))
                return ours(x, *args, **options) if made is None else made
            arg = x._node if x._base is None else x._current()
            dtype = usual(arg.dtype)
            if dtype is None:
                return ours(x)
            node = Node()
            node.op = op
            node.args = (arg,)
            node.params = node.value = None
            node.shape = arg.shape
            node.dtype = dtype
            node.tag = number
            node.where = here(2)
            made = cls()
            made._node = node
            made._base = None
            return made
        try:
            if vanishing and is_usual():
                value = lenient(theirs, x._value)
            else:
                value = run(theirs, x._value)
        except FloatingPointError:
            value = telling.told(theirs, x._value)
        except REFUSALS:
            return ours(x)
        frame = _frame(1)
        code = frame.f_code
        if code.co_filename not in users:
            frame = outside(frame)
            code = frame.f_code
        made = small() if type(value) is _ndarray else ELEMENT[0]()
        made._value = value
        how = (op, (x,), NO_OPTIONS, code, frame.f_lasti)
        return remembered(made, how, x._calls)

    return compiled.method(
        "function_of_one",
        function,
        op=op,
        function=real or theirs,
        other=op.numpy if looped.is_plain(op) else None,
        usual=op._usual,
        tag=op.id,
        flag=vanishing,
        real=real is not None,
        reflected=type(real or theirs) is np.ufunc,
    )


def _of_two(op: Op, ours: Any) -> Any:
    theirs, checked = looped.without_out(op), op is OPS["pow"]
    known = _taken(theirs)

    @functools.wraps(ours)
    def function(x: Any, y: Any, /, *args: Any, **options: Any) -> Any:
        kind, small = type(x), SMALL[0]
        if (kind is not small and kind not in known) or args or options or marks:
            cls = FINAL[0]
            if args or options or (type(x) is not cls and type(y) is not cls):
                made = _apart(op, theirs, (x, y, *args), options, _frame(1))
                return ours(x, y, *args, **options) if made is None else made
            return ours(x, y) if checked else _of_nodes(op, ours, x, y)
        a, b = x._value, y
        count, kind = x._calls, type(y)
        try:
            if kind is small or kind in SMALLS:
                b = y._value
                count += y._calls
                if (a.ndim > 1 or b.ndim > 1) and broadens(a, b):
                    raise Unknown
            elif kind not in WEAK:
                b = _of_element(y)
            value = run(theirs, a, b)
        except FloatingPointError:
            value = telling.told(theirs, a, b)
        except REFUSALS:
            return ours(x, y)
        frame = _frame(1)
        code = frame.f_code
        if code.co_filename not in users:
            frame = outside(frame)
            code = frame.f_code
        made = small() if type(value) is _ndarray else ELEMENT[0]()
        made._value = value
        how = (op, (x, y), NO_OPTIONS, code, frame.f_lasti)
        return remembered(made, how, count)

    alike = op.dunder is not None or op.function in (np.maximum, np.minimum)
    alike = alike and type(theirs) is np.ufunc
    return compiled.method(
        "function_of_two",
        function,
        op=op,
        function=theirs,
        other=op.numpy if looped.is_plain(op) else None,
        reflected=type(theirs) is np.ufunc,
        usual=None if checked else op._usual,
        tag=op.id,
        flag=alike,
    )


def _taken(theirs: Any) -> Any:
    """Return the types of known arrays that a function takes: elements, if a ufunc."""
    return ARRAYS if type(theirs) is np.ufunc else SMALLS


def _of_element(x: Any) -> Any:
    if type(x) is not ELEMENT[0]:
        raise Unknown
    return x._value


def _apart(op: Op, theirs: Any, args: Any, options: Any, frame: Any) -> Any:
    """Return ``op`` of elements and numbers, or written into a small array.

    None for the general way.
    """
    usual = type(theirs) is np.ufunc
    if not options and len(args) == op.nin:
        return _of_numbers(op, theirs, args, frame) if usual and not marks else None
    args, options = _named(op, args, options)
    if type(options.get("out")) is SMALL[0] and len(args) == op.nin and not marks:
        made = _written(op, args, options, frame)
        if made is not None:
            return made
    if options and _is_numpys(args, options):
        return meant(op.function or op.numpy, op.name, args, options)
    return None


def _of_numbers(op: Op, theirs: Any, args: Any, frame: Any) -> Any:
    """Return ``op`` of known arrays, elements and numbers; None for the general way."""
    values, count = [], 0
    for x in args:
        kind = type(x)
        if kind in WEAK:
            values.append(x)
        elif kind is ELEMENT[0] or kind in SMALLS:
            values.append(x._value)
            count += x._calls
        else:
            return None
    try:
        value = run(theirs, *values)
    except FloatingPointError:
        value = telling.told(theirs, *values)
    except REFUSALS:
        return None
    return made_at(value, op, args, NO_OPTIONS, count, frame)


def _is_numpys(args: Any, options: Any) -> bool:
    """Whether a user names the loop, or what takes part in a write has its own word."""
    out = options.get("out")
    if out is not None and any(map(is_subclass, args)):
        return True
    (out,) = out if type(out) is tuple and len(out) == 1 else (out,)
    theirs = is_subclass(out)
    if theirs and issubclass(type(out), np.ndarray):  # others are written as arrays
        theirs = type(out).__array_ufunc__ is not np.ndarray.__array_ufunc__
    return theirs or not _LOOPS.isdisjoint(options)


def _named(op: Op, args: Any, options: Any) -> tuple[Any, Any]:
    """Return operands and options, with ``out`` by its name if it went by its place."""
    if len(args) != op.nin + 1 or "out" in options:
        return args, options
    if args[-1] is Ellipsis:
        msg = "out=... is only allowed as a keyword argument."
        raise TypeError(msg)
    return args[:-1], {**options, "out": args[-1]}


@floating.loop
def _written(op: Op, args: Any, options: Any, frame: Any) -> Any:
    """Write ``op`` of known operands into a small array, and return that."""
    out, at = options["out"], 0  # noqa: F841 - Notes reads it
    if not looped.is_plain(op):
        return None
    held, values, named = out._value, [], {}
    if len(options) > 1:
        mask = options.get("where")
        if len(options) > 2 or type(mask) is not SMALL[0] or mask._value.dtype != bool:
            return None
        named = {"where": mask._value}
    for x in args:
        kind = type(x)
        if kind is ELEMENT[0] or (kind in SMALLS and x._value.nbytes <= held.nbytes):
            values.append(x._value)
        elif kind in WEAK:
            values.append(x)
        else:
            return None
    try:
        found = noted(op.numpy, *values, held, **named)[1]
    except looped.ERRORS:
        return None
    if found:
        frame = outside(frame)
        looped.tell(found, op, (frame.f_code, frame.f_lasti))
    out._how = None
    return out


def _of_nodes(op: Op, ours: Any, x: Any, y: Any) -> Any:
    """Return ``op`` of two operands of which one, at least, is an array not small."""
    cls = FINAL[0]
    first, second = type(x) is cls, type(y) is cls
    number = y if first else x
    if not (first and second) and type(number) not in WEAK:
        return ours(x, y)
    a = x._current() if first else x  # from now on it may be known, and be `y` as well
    b = y._current() if second else y
    return new(infer.binary_node(op, a, b, here(3)))
