"""What is evaluated on the spot: functions of small arrays whose values are known.

NumPy computes with a small array in less time than a node and a plan take. So a
function whose array operands are all known and small is NumPy's own, called at once on
their values; the result is known, too. It remembers by what call it was made, so that
`explain` can show the plan of the whole expression, and a GPU run it when it is asked.

NumPy computes in a context of its own in which every floating-point error is raised.
What is raised there, whatever it is, sends the call the general way, where errors and
warnings are told at the user's line, as the user's ``np.errstate`` asks for.
"""

from __future__ import annotations

import contextvars
import functools
import sys
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from lazyarr.api import pending
from lazyarr.api.handle import ELEMENT, OPS, SMALL, WEAK, Handle, here, new
from lazyarr.api.shortcuts import shortcut
from lazyarr.config import current
from lazyarr.errors import at_users_line
from lazyarr.watched import marks

if TYPE_CHECKING:
    from collections.abc import Callable

    from lazyarr.ops.row import Op

Function = TypeVar("Function", bound="Callable[..., Any]")

_scene = contextvars.Context()
_scene.run(np.seterr, all="raise")
run = _scene.run
"""Calls a function where floating-point errors are raised; not from two threads at
once, which is one more of the errors that send a call the general way."""

REFUSALS = (
    ArithmeticError,
    AttributeError,
    LookupError,
    RuntimeError,
    TypeError,
    ValueError,
)
"""What a call that must go the general way raises."""

_CHARS = frozenset("?bBhHiIlLqQefdFD")
_PLAIN = WEAK | {type(None), str, slice, type(Ellipsis), type, type(np._NoValue)}
MADE_BY = 200  # calls that a value remembers, those of its operands included
WIDE = 1 << 14  # elements to which small arrays of different shapes may broadcast
_LOOKED_AT = 8  # items of a sequence
_make = object.__new__


class Unknown(TypeError):  # noqa: N818 - not an error that anybody sees
    """An operand is not known, or not small."""


def small_bytes() -> int:
    """Return up to how many bytes an array is small; 0 where none is."""
    options = current()
    if not options.small_path or options.device not in ("auto", "cpu"):
        return 0
    return 0 if options.memory_limit is not None else options.small_bytes


def is_known(x: Any) -> bool:
    """Whether an argument is a known array, or a sequence that holds one."""
    kind = type(x)
    if kind in SMALL or kind is ELEMENT[0]:
        return True
    return (kind is list or kind is tuple) and any(map(is_known, x[:_LOOKED_AT]))


def plain(x: Any) -> Any:
    """Return an argument with the known arrays in it as NumPy's.

    Raises
    ------
    Unknown
        It is not known, or not small.
    """
    kind = type(x)
    if kind in _PLAIN:
        return x
    if isinstance(x, Handle):
        if kind in SMALL or kind is ELEMENT[0]:
            return x._value
        held = x._current().value
        if type(held) is not np.ndarray or held.nbytes > small_bytes():
            raise Unknown
        return held if held.ndim else held[()]
    if kind is list or kind is tuple:
        return kind([plain(item) for item in x])
    if kind is np.ndarray:
        if x.nbytes > small_bytes() or x.dtype.char not in _CHARS:
            raise Unknown
        return x
    if isinstance(x, (np.generic, np.dtype, type)):
        return x
    raise Unknown


def remembered(made: Any, how: Any, operands: tuple[Any, ...]) -> Any:
    """Let a value remember the call that made it, if that is not too long a story."""
    count = 1
    for x in operands:
        if isinstance(x, Handle):
            count += getattr(x, "_calls", 0)
        elif type(x) is list or type(x) is tuple:
            count += sum([getattr(one, "_calls", 0) for one in x])
    made._how, made._calls = (how, count) if count <= MADE_BY else (None, 0)
    return made


def wrapped(value: Any, how: Any = None) -> Any:
    """Return what NumPy gave as arrays of ours; None if that cannot be.

    What is not small any more is a leaf.
    """
    kind = type(value)
    if kind is np.ndarray:
        if not value.ndim or value.dtype.char not in _CHARS:
            return None
        if value.nbytes > small_bytes():
            alone = value if value.base is None else value.copy()
            return new(pending.owned(alone, 0, here()))
        made = _make(SMALL[0])
    elif isinstance(value, np.generic):
        if value.dtype.char not in _CHARS:
            return None
        made = _make(ELEMENT[0])
    elif kind is tuple or kind is list:
        items = [wrapped(item) for item in value]
        return None if any(item is None for item in items) else kind(items)
    else:
        return None
    made._value = value
    if how is None:
        made._how, made._calls = None, 0
        return made
    return remembered(made, how, how[1])


def call(ours: Any, theirs: Any, args: Any, options: Any) -> Any:
    """Return what NumPy's function gives, as arrays of ours; None for the general way.

    `ours` is the function of lazyarr's that stands for the call in plans.
    """
    try:
        values = [plain(x) for x in args]
        named = {key: plain(x) for key, x in options.items()} if options else options
        value = run(theirs, *values, **named)
    except REFUSALS:
        return None
    if type(value) is np.ndarray and _is_borrowed(value, args):
        return None
    frame = _users()
    return wrapped(value, (ours, args, options, frame.f_code, frame.f_lasti))


def _users() -> Any:
    """Return the frame of the user's that called."""
    frame: Any = sys._getframe(2)
    while frame.f_globals.get("__name__", "").startswith("lazyarr."):
        frame = frame.f_back
    return frame


def told(function: Any, *values: Any) -> Any:
    """Return what a call gives that meets a floating-point error: as NumPy tells it.

    At the user's line, and as the user's ``np.errstate`` asks for.
    """
    with at_users_line():
        return function(*values)


def _is_borrowed(value: np.ndarray, args: Any) -> bool:
    """Whether a result may lie in memory of the user's."""
    if SMALL[1] not in map(type, args):
        return False
    return value.base is not None or any(
        x._value is value for x in args if type(x) is SMALL[1]
    )


def quick(theirs: Callable[..., Any]) -> Callable[[Function], Function]:
    """Let a function be NumPy's `theirs` where its operands are known and small.

    `theirs` takes the same arguments; ``out=`` goes the general way.
    """

    def decorate(ours: Function) -> Function:
        code = ours.__code__
        names = code.co_varnames[: code.co_argcount]
        most = names.index("out") if "out" in names else len(names)
        if code.co_flags & _VARARGS:
            most = sys.maxsize

        @functools.wraps(ours)
        def function(*args: Any, **options: Any) -> Any:
            for x in args:
                if type(x) in SMALL or (type(x) in (list, tuple) and is_known(x)):
                    break
            else:
                return ours(*args, **options)
            given = args[most] if len(args) > most else options.get("out")
            if given is not None or (marks and not small_bytes()):
                return ours(*args, **options)
            made = call(ours, theirs, args, options)
            return ours(*args, **options) if made is None else made

        return function  # type: ignore[return-value]

    return decorate


_VARARGS = 4  # of a code object's flags


def elementwise(op: Op, operands: tuple[Any, ...]) -> Any:
    """Return ``op`` of known operands, at once; None for the general way."""
    if marks and not small_bytes():
        return None
    for x in operands:
        if type(x) in SMALL:
            break
    else:
        if not any(type(x) is ELEMENT[0] for x in operands):
            return None
    if len(operands) > 1 and is_wide(operands):
        return None
    values: list[Any] = []
    function = op.numpy
    try:
        values = [plain(x) for x in operands]
        if not isinstance(function, np.ufunc) and type(operands[0]) is ELEMENT[0]:
            function = _of_elements(op, values)
        value = run(function, *values)
    except FloatingPointError:
        value = told(function, *values)
    except REFUSALS:
        return None
    frame = _users()
    return wrapped(value, (op, operands, {}, frame.f_code, frame.f_lasti))


def _of_elements(op: Op, values: list[Any]) -> Any:
    """Return the ufunc that a row stands for, where it has no more to say."""
    kinds = {np.asarray(x).dtype.kind for x in values}
    if op.function is None or not (kinds <= set("biu") or op.name == "negative"):
        raise Unknown
    return op.function


def power(x: Any, y: Any) -> Any:
    """Return ``x ** y`` of what is known, at once; None for the general way."""
    op, args = OPS["pow"], (x, y)
    if type(y) in (int, float):
        found = shortcut(x._value.dtype, y)
        if found is not None:
            return elementwise(found, (x,))
    return elementwise(op, args)


def is_wide(operands: tuple[Any, ...]) -> bool:
    """Whether small operands may broadcast to an array that is not small."""
    size, shapes = 1, set()
    for x in operands:
        if type(x) not in WEAK:
            size *= np.size(x)
            shapes.add(np.shape(x))
    return len(shapes) > 1 and size > WIDE
