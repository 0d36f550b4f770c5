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
import sys
import types
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from lazyarr.api import telling
from lazyarr.api.bounds import MADE_BY, is_wide, small_bytes
from lazyarr.api.chains import has_parts, seen_along, shown_by
from lazyarr.api.foreign import is_foreign
from lazyarr.api.handle import (
    FINAL,
    OPENED,
    SELECTION,
    SLICED,
    SMALL,
    SMALLS,
    WEAK,
    Handle,
)
from lazyarr.api.looped import shown
from lazyarr.api.made import (
    NO_OPTIONS,
    SCALARS,
    calls_of,
    loosely,
    made_at,
    wrapped,
)
from lazyarr.api.subclasses import Theirs, is_meant, is_subclass, meant
from lazyarr.ops.row import CHARS
from lazyarr.ops.standard import OF_REALS
from lazyarr.watched import marks

if TYPE_CHECKING:
    from collections.abc import Callable

    from lazyarr.ir.view import View
    from lazyarr.ops.row import Op

Function = TypeVar("Function", bound="Callable[..., Any]")

scene = contextvars.Context()
scene.run(np.seterr, all="raise")
run = scene.run
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

PLAIN = WEAK | {type(None), str, slice, range, type(Ellipsis), type}
PLAIN |= {type(np._NoValue)}
PLAIN |= SCALARS | {type(np.dtype(char)) for char in CHARS}
"""Types of arguments that are given to NumPy as they are."""
ARRAYS: dict[type, bool] = {}
"""Types of known arrays, and whether their memory is the user's."""
HOLDERS: set[type] = {list, tuple}
"""Types of known arrays, and of what may hold one."""
SEQUENCES = (list, tuple, range)
LOOKED_AT = 8  # items of a sequence
_frame = sys._getframe


class Unknown(TypeError):  # noqa: N818 - not an error that anybody sees
    """An operand is not known, or not small."""


def check_parts(values: Any, dtype: Any) -> None:
    """Let no call cast complex operands to a real dtype: NumPy would warn of it here.

    Raises
    ------
    Unknown
        It does: the general way warns at the user's line.
    """
    if not any(map(_has_parts, values)) or dtype is None:
        return
    if np.dtype(dtype).kind not in "cO":
        raise Unknown


def _has_parts(x: Any) -> bool:
    """Whether an array, or one in a sequence, is complex."""
    if type(x) is np.ndarray:
        return bool(x.dtype.kind == "c")
    return type(x) in (list, tuple) and bool(np.iscomplexobj(x))


def alone(function: Any) -> Any:
    """Return one of NumPy's functions that looks for no other library's arrays first.

    For it is given NumPy's own; a look at each argument is a part of a short call.
    """
    return getattr(function, "_implementation", function)


def is_known(x: Any) -> bool:
    """Whether an argument is a known array, or a sequence that holds one."""
    kind = type(x)
    if kind in ARRAYS:
        return True
    return (kind is list or kind is tuple) and not is_none(x[:LOOKED_AT])


def is_none(args: Any) -> bool:
    """Whether no argument is a known array, nor a sequence that holds one."""
    return HOLDERS.isdisjoint(map(type, args)) or not any(map(is_known, args))


def plain(x: Any, most: int = 0) -> Any:
    """Return an argument with the known arrays in it as NumPy's.

    Up to `most` bytes, if that is more than what is small, are known as well.

    Raises
    ------
    Unknown
        It is not known, or not small.
    """
    kind = type(x)
    if kind in PLAIN:
        return x
    if isinstance(x, Handle):
        if kind in ARRAYS:
            return x._value
        held = there(x)
        if held is None or held.nbytes > max(most, small_bytes()):
            del held  # who else needs the memory is counted
            raise Unknown
        return held if held.ndim else held[()]
    if kind is list or kind is tuple:
        return kind([y._value if type(y) in ARRAYS else plain(y) for y in x])
    if kind is np.ndarray:
        if x.nbytes > max(most, small_bytes()) or x.dtype.char not in CHARS:
            raise Theirs if is_foreign(x.dtype) else Unknown
        return x
    if issubclass(kind, (np.generic, np.dtype, type)):
        return x
    return _of_subclass(x, most)


def _of_subclass(x: Any, most: int) -> Any:
    """Return a mapped array, or a sequence such as a named tuple, as NumPy's."""
    if isinstance(x, np.memmap):
        return plain(x.view(np.ndarray), most)
    if isinstance(x, (list, tuple)) and not hasattr(type(x), "__array__"):
        return [*map(plain, x)] if isinstance(x, list) else (*map(plain, x),)
    raise Theirs if is_subclass(x) else Unknown


def there(x: Handle) -> np.ndarray | None:
    """Return the elements of an array that lie in memory; None if they do not."""
    base = x if x._base is None else x._base
    if type(base) in SMALLS or type(base) is OPENED[0]:
        held = base._value
    elif type(base) is SELECTION[0] and base._is_computed_later():  # type: ignore[attr-defined]
        return None  # and its mask need not be evaluated to know that
    else:
        held = base._node.value
        if type(held) is not np.ndarray:
            return None
    if base is x:
        return held  # type: ignore[no-any-return]
    if type(x) is SLICED[0]:
        return shown_by(held, x._whole)  # type: ignore[no-any-return]
    chain, picked = x._chain, x._value
    if len(chain) == 1 and picked is not None and picked[0] is chain[0]:
        return held[picked[1]]  # type: ignore[no-any-return]
    return None if has_parts(chain) else seen_along(held, chain)


def keyed(x: Any, view: View, key: Any) -> Any:
    """Return a view, which remembers its key: of what is there, that is as quick."""
    if type(x) is FINAL[0]:
        x._value = (view, key)
    return x


def call(
    ours: Any,
    theirs: Any,
    args: Any,
    options: Any,
) -> Any:
    """Return what NumPy's function gives, as arrays of ours; None for the general way.

    `ours` is the function of lazyarr's that stands for the call in plans.
    """
    try:
        return called(ours, theirs, args, options, sys.maxsize)
    except Theirs:  # methods of ufuncs have no function of ours
        return meant(theirs, getattr(ours, "__name__", ""), args, options)
    except REFUSALS:
        return None


def called(ours: Any, theirs: Any, args: Any, options: Any, most: int) -> Any:
    """Return what `call` does.

    Raises
    ------
    Exception
        One of `REFUSALS`: the call must go the general way.
    """
    if marks and not small_bytes():
        if any(map(is_meant, args)):
            raise Theirs
        return None
    if len(args) == 1 and type(args[0]) is SMALL[0] and not options:
        (x,) = args
        value, count = run(theirs, x._value), x._calls
    else:
        values, count, others = _given(args)
        if len(values) > most and any(x is not None for x in args[most:]):
            return None
        if options:
            if "dtype" in options:
                check_parts(values, options["dtype"])
            value = run(theirs, *values, **_named(options))
            others = others or SMALL[1] in map(type, options.values())
        else:
            value = run(theirs, *values)
        if count >= MADE_BY and type(value) in SCALARS:
            return wrapped(value)  # it remembers nothing
        given = (*args, *options.values())
        if others and _lies_in_users(value, given):
            return _of_ours(ours, theirs, args, options, most)
        args = loosely(args) if others else args
    first: Any = args[0] if args else None
    same = type(first) in SMALLS and value is first._value
    return first if same else made_at(value, ours, args, options, count, _frame(2))


def _of_ours(ours: Any, theirs: Any, args: Any, options: Any, most: int) -> Any:
    """Return what a call gives of copies of the user's arrays, which are ours.

    None for the general way, which reads other ones.
    """
    if not _owned((*args, *options.values())):
        if np.ndarray not in map(type, (*args, *options.values())):
            return None
        args = (*map(_copied, args),)
        options = {key: _copied(x) for key, x in options.items()}
    return called(ours, theirs, args, options, most)


def _copied(x: Any) -> Any:
    return SMALL[0]._of(x.copy("K")) if type(x) is np.ndarray else x


def _given(args: Any) -> tuple[list[Any], int, bool]:
    """Return arguments as NumPy's, of how many calls they tell, and if some are not.

    Raises
    ------
    Unknown
        One is not known, or not small.
    """
    count, others, values = 0, False, []
    for x in args:
        kind = type(x)
        if kind in ARRAYS:
            values.append(x._value)
            count += x._calls
            others = others or kind is SMALL[1]
        elif kind in PLAIN or (kind is tuple and PLAIN.issuperset(map(type, x))):
            values.append(x)
        elif kind is SLICED[0]:
            values.append(_part(x))
            count += MADE_BY
            others = True
        else:
            values.append(_other(x, args))
            count += calls_of((x,))
            others = True
    return values, count, others


def _part(x: Any) -> Any:
    """Return a part of an array that is there as NumPy's.

    Raises
    ------
    Unknown
        It is not small.
    """
    held = shown(x)
    if held is None:
        raise Unknown
    return held


def _other(x: Any, args: Any) -> Any:
    """Return an argument as NumPy's: `plain`, but of graphs only beside what is known.

    Raises
    ------
    Unknown
        It is not known, or not small.
    """
    if type(x) is FINAL[0] and not any(map(is_known, args)):
        raise Unknown
    return plain(x)


def _named(options: Any) -> dict[str, Any]:
    """Return arguments that go by name as NumPy's.

    Raises
    ------
    Unknown
        One is not known, or not small; or there is an ``out``.
    """
    if options.get("out") is not None:
        raise Unknown
    return {key: plain(x) for key, x in options.items()}


def _lies_in_users(value: Any, args: Any) -> bool:
    """Whether a result, or one of several, may lie in memory of the user's."""
    if type(value) is not np.ndarray:
        parts = value if isinstance(value, (tuple, list)) else ()
        return any(_lies_in_users(one, args) for one in parts)
    part = value.base is not None
    lazy = FINAL[0], SLICED[0], SELECTION[0]
    for x in args:
        kind = type(x)
        if kind is SMALL[1]:
            held = x._value
            if value is held or (part and np.may_share_memory(value, held)):
                return True
        elif kind is list or kind is tuple:
            if _lies_in_users(value, x):
                return True
        elif value is _held(x) or (part and kind in (np.ndarray, *lazy)):
            return True
    return False


def _held(x: Any) -> Any:
    """Return the memory of what may have been computed, and other arguments as they are."""
    return there(x) if type(x) in (FINAL[0], SELECTION[0]) else x


def is_of_users(value: Any, args: Any, options: Any) -> bool:
    """Whether a result may lie in memory of the user's, which is copied then.

    The arrays that were wrapped are ours from now on; the call is to be made again.
    """
    if type(value) in SCALARS:
        return False
    given = (*args, *options.values()) if options else args
    return _lies_in_users(value, given) and _owned(given)


def _owned(args: Any) -> bool:
    """Let arrays of the user's that were wrapped be ours; say whether there was one."""
    found = False
    for x in args:
        if type(x) is SMALL[1]:  # it may be there twice
            x._own()
            found = True
        elif type(x) is list or type(x) is tuple:
            found = _owned(x) or found
    return found


def elementwise(op: Op, operands: tuple[Any, ...], depth: int = 3) -> Any:
    """Return ``op`` of known operands, at once; None for the general way.

    `depth` frames below the user's are certain to be the library's.
    """
    if marks and not small_bytes():
        return None
    values: list[Any] = []
    function, count, others = op.numpy, 0, False
    try:
        values, count, others = _given(operands)
        if len(values) > 1 and is_wide(values):
            return None
        if type(function) is not np.ufunc:
            function = _of_row(op, values)
        value = run(function, *values)
    except FloatingPointError:
        value = telling.told(function, *values)
    except REFUSALS as error:
        if "negative integer" in str(error):
            raise  # NumPy's word on powers of integers, of which nothing else is to say
        return None
    given = loosely(operands) if others else operands
    return made_at(value, op, given, NO_OPTIONS, count, _frame(depth))


def _of_row(op: Op, values: list[Any]) -> Any:
    """Return what computes a row that is more than a ufunc."""
    if type(op.numpy) is not types.FunctionType:
        if any(type(x) in WEAK for x in values):
            raise Unknown  # a user's own takes them as arrays; its row has the dtype
        return op.numpy
    if any(type(x) is np.ndarray for x in values):
        return op.numpy
    if str in map(type, values):
        raise Unknown  # which NumPy would take for the name of a dtype
    if op.function is not None:
        kinds = {np.asarray(x).dtype.kind for x in values}
        if kinds <= set("biu") or op.name == "negative":
            return op.function
        if "c" not in kinds and op.numpy in OF_REALS:
            return OF_REALS[op.numpy]
    rows = [np.asarray(x) if type(x) in SEQUENCES else x for x in values]
    common = np.result_type(*rows)  # what Python's numbers are taken as
    kinds_of = [common if type(x) in WEAK else None for x in values]
    return lambda *values: op.numpy(*map(np.asarray, values, kinds_of))[()]
