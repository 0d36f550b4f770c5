"""New small arrays, made by NumPy at once: by creation functions, and of the user's."""

from __future__ import annotations

import functools
import math
import sys
from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr import compiled
from lazyarr.api import known
from lazyarr.api.bounds import LARGE, USUAL, small_bytes
from lazyarr.api.foreign import is_foreign
from lazyarr.api.handle import ELEMENT, FINAL, OPENED, SMALL, SMALLS, WEAK
from lazyarr.api.known import ARRAYS, PLAIN, REFUSALS, Function, plain, run
from lazyarr.api.made import NO_OPTIONS, SCALARS, calls_of, made_at, wrapped
from lazyarr.api.quick import for_numpy, of_sequence
from lazyarr.api.subclasses import Derived
from lazyarr.errors import outside
from lazyarr.errors import theirs as users
from lazyarr.watched import marks

if TYPE_CHECKING:
    from collections.abc import Callable

_MANY = math.inf
_WIDEST = 16  # bytes of an element
_USUAL = 8  # where no dtype is asked for
_SHAPES = 4096
_SIMPLE = PLAIN | {tuple}
_ROWS = frozenset((list, tuple))
_ALONE = frozenset((int, tuple, float))
_HERE = (None, "cpu")  # the device that NumPy computes on, asked for or not


def fresh(
    theirs: Callable[..., Any],
    count: Callable[..., float],
    filling: tuple[Any, ...] | None = None,
) -> Callable[[Function], Function]:
    """Let a creation function be NumPy's `theirs` where it makes a small array.

    `count` says of how many elements, given the same arguments; `filling` has what the
    compiled function makes others of, which have one value: see `creation`.
    """

    def decorate(ours: Function) -> Function:
        few: dict[
            Any, int
        ] = {}  # what small arrays tell that calls make; -1: not small
        aside = _aside(ours, theirs, count, few)

        @functools.wraps(ours)
        def function(*args: Any, **options: Any) -> Any:
            try:
                alone = len(args) == 1 and not options
                if alone:
                    key = args[0]
                    simple = type(key) in _ALONE
                else:
                    key = (*args, *options, *options.values())
                    simple = _SIMPLE.issuperset(map(type, key))
                # What is lazy has no hash without being computed, and lists have none.
                try:
                    told = few.get(key) if simple and not marks else None
                except TypeError:
                    told, simple = None, False
                if told is None:
                    return aside(args, options, key if simple else None)
                if told < 0:
                    return ours(*args, **options)
                try:
                    # What is equal need not be the same: 2 and 2.0 are not.
                    value = run(theirs, key) if alone else run(theirs, *args, **options)
                except REFUSALS:
                    return ours(*args, **options)
                frame = sys._getframe(1)
                code = frame.f_code
                if code.co_filename not in users:
                    frame = outside(frame)
                    code = frame.f_code
                made = SMALL[0]()
                made._value = value
                made._how = (ours, args, options, code, frame.f_lasti)
                made._calls = told
            except TypeError as error:
                return for_numpy(ours, theirs, error, args, options)
            return made

        facts = {"op": ours, "function": theirs, "other": few, "usual": filling}
        return compiled.method("function_fresh", function, **facts)  # type: ignore[no-any-return]

    return decorate


def _aside(
    ours: Any, theirs: Any, count: Callable[..., float], few: dict[Any, int]
) -> Any:
    """Return the function as it is called unless it is known to make a small array."""
    large: set[Any] = set()  # shapes of what is not small, unless options say else

    def function(args: tuple[Any, ...], options: dict[str, Any], call: Any) -> Any:
        if marks and not small_bytes():
            return ours(*args, **options)
        try:
            shape = _whole(args[0]) if args and count is of_shape else None
            args = args if shape is None else (shape, *args[1:])
            kind = type(args[0]) if args else None
            general = kind is tuple or kind is int
            if not general or marks or args[0] not in large:
                general = _is_large(count, args, options)
                if general and count is of_shape:
                    _note(large, args, options)
        except (TypeError, ValueError, ArithmeticError):
            general = True
        made: Any = None if general else known.call(ours, theirs, args, options)
        if call is not None and not marks:
            if general and args and args[0] in large:
                _keep(few, call, -1)
            elif type(made) is SMALL[0] and made._how:
                _keep(few, call, made._calls)
        return ours(*args, **options) if made is None else made

    return function


def _whole(shape: Any) -> Any:
    """Return a shape, or a side, as Python's integers, if it is another known one."""
    kind = type(shape)
    if kind in SMALLS or kind is np.ndarray:
        shape = shape.tolist() if shape.dtype.kind in "iu" and shape.ndim == 1 else None
    elif kind is int or (kind is tuple and all(type(n) is int for n in shape)):
        return None
    elif kind is not tuple and kind is not list:
        side = _side(shape)
        return None if side < 0 else side
    sides = tuple(map(_side, shape or ()))
    return None if shape is None or -1 in sides else sides


def _side(n: Any) -> int:
    """Return a whole number that is known as Python's; -1 for anything else."""
    kind = type(n)
    if kind is int:
        return -1 if n < 0 else int(n)
    if kind in SCALARS or kind is ELEMENT[0]:
        return max(int(n), -1) if np.dtype(n.dtype).kind in "iu" else -1
    return -1


def _keep(few: dict[Any, int], call: Any, told: int) -> None:
    if len(few) >= _SHAPES:
        few.clear()
    few[call] = told


def _is_large(
    count: Callable[..., float], args: tuple[Any, ...], options: dict[str, Any]
) -> bool:
    width = _WIDEST if len(args) > 1 else _USUAL
    if "dtype" in options:  # no narrower: arrays of one shape meet each other
        width = max(np.dtype(options["dtype"]).itemsize, _USUAL)
    return count(*args, **options) * width > small_bytes()


def _note(large: set[Any], args: tuple[Any, ...], options: dict[str, Any]) -> None:
    """Note a shape of which no array is small, with no further look at it."""
    usual = args and type(args[0]) in (int, tuple)
    most = small_bytes() // _USUAL
    if usual and most < of_shape(*args, **options) < _MANY and not marks:
        if len(large) >= _SHAPES:
            large.clear()
        large.add(args[0])


def of_shape(shape: Any, *_: Any, device: Any = None, **options: Any) -> float:
    """Return the elements of a shape; too many where it is none, or on a GPU."""
    if device not in _HERE or options.get("like") is not None:
        return _MANY
    if type(shape) is int:
        return shape if shape >= 0 else _MANY
    if type(shape) is not tuple:
        return _MANY
    return math.prod(shape) if all(type(n) is int and n >= 0 for n in shape) else _MANY


def of_line(start: Any, stop: Any, num: Any = 50, *_: Any, **options: Any) -> float:
    """Return how many elements `linspace` makes; of few, or stepwise, too many."""
    numbers = _is_number(start) and _is_number(stop)
    simple = _are(options, {"num", "endpoint", "dtype", "retstep"})
    num = options.get("num", num)
    num = _side(num)
    return num if numbers and simple and num >= 0 else _MANY


def of_range(start: Any, stop: Any = None, step: Any = 1, *_: Any, **more: Any) -> Any:
    """Return how many elements `arange` makes."""
    if not _are(more, {"dtype"}):
        return _MANY
    low, high = (0, start) if stop is None else (start, stop)
    return (high - low) / step if _is_number(high - low) else _MANY


def _are(options: dict[str, Any], names: set[str]) -> bool:
    """Whether options are of some names, beside the device of the CPU."""
    return options.keys() <= {*names, "device"} and options.get("device") in _HERE


def _is_number(x: Any) -> bool:
    return type(x) in WEAK or type(x) is ELEMENT[0] or type(x) in SCALARS


def of_square(n: Any, m: Any = None, *_: Any, **options: Any) -> float:
    """Return how many elements `eye` makes."""
    if not _are(options, {"k", "dtype"}):
        return _MANY
    rows = _side(n)
    return of_shape((rows, rows if m is None else _side(m)))


def of_list(ours: Any = None) -> Callable[[Function], Function]:
    """Let arrays of lists of numbers be compiled; plans name `ours`, or the function.

    Which wraps small arrays of NumPy's if it is itself named.
    """

    def decorate(function: Function) -> Function:
        return compiled.method(  # type: ignore[no-any-return]
            "function_array",
            function,
            op=function if ours is None else ours,
            function=np.array,
            flag=ours is None,
        )

    return decorate


def small(ours: Any, a: Any, dtype: Any, order: Any, copy: Any, device: Any) -> Any:
    """Return the small array of what `asarray` is given; None for the general way."""
    if device not in _HERE or order not in (None, "K") or copy is False:
        return None
    if marks and not small_bytes():
        return None
    kind = type(a)
    made = taken(ours, a, dtype, sys._getframe(2)) if kind is list else None
    if made is not None:
        return made
    if issubclass(kind, np.ndarray) and kind is not np.ndarray:
        a, kind = np.asarray(a), np.ndarray
    if kind in SMALLS or kind is np.ndarray:
        if (
            not copy
            and (dtype is None or a.dtype == np.dtype(dtype))
            and a.dtype.isnative
        ):
            return a if kind in SMALLS else _wrapped(a)
        if kind is np.ndarray and not _is_small(a):
            return None
        numbers = kind is np.ndarray
    elif kind in _ROWS or _is_number(a) or issubclass(kind, (list, tuple)):
        numbers = kind in _ROWS and WEAK.issuperset(map(type, a))
    else:
        return None
    try:
        value = run(_copied, a if numbers else plain(a), dtype)
    except REFUSALS:
        return None
    count = 0 if numbers else calls_of((a,))
    return made_at(value, ours, (a, dtype), NO_OPTIONS, count, sys._getframe(2))


def of_derived(a: Any, dtype: Any, order: Any, copy: Any, device: Any) -> Any:
    """Return what an array of a program's own class holds, to be written into.

    None where `asarray` is given anything else, or is to make a copy.
    """
    if not isinstance(a, Derived) or not a.ndim or is_foreign(a.dtype):
        return None
    asked = copy or device not in _HERE or order not in (None, "K")
    if asked or (marks and not small_bytes()) or not a.dtype.isnative:
        return None
    if dtype is not None and np.dtype(dtype) != a.dtype:
        return None
    return (SMALL if a.nbytes <= LARGE else OPENED)[0]._of(np.asarray(a))


def _is_of_numbers(a: list[Any]) -> bool:
    """Whether a list is of Python's numbers, or of lists or tuples of them."""
    for x in a:  # sooner than `issuperset`, of few
        if type(x) not in WEAK:
            if type(x) not in _ROWS:
                return False
            for y in x:
                if type(y) not in WEAK:
                    return False
    return True


def taken(ours: Any, a: Any, dtype: Any, frame: Any) -> Any:
    """Return an array of its own of a list of numbers, or of a small known array.

    None for the general way.
    """
    kind = type(a)
    try:
        if kind is list and not marks:
            arrays = a and type(a[0]) in ARRAYS
            if not arrays and _is_of_numbers(a):
                value = np.array(a) if dtype is None else run(np.array, a, dtype)
                count = 0
            elif dtype is None:
                value, count, _ = of_sequence(a)  # None is refused
                value = run(np.array, value)
            else:
                return None
        elif kind in SMALLS and dtype is None and not marks:
            value, count = a._value.copy("K"), a._calls
        else:
            return None
    except REFUSALS:
        return None
    return made_at(value, ours, (a, dtype), NO_OPTIONS, count, frame)


def settled(made: Any, device: Any) -> Any:
    """Return an array that has just been made of others' elements, as a small one.

    As it is where it is none, or a GPU is asked for.
    """
    if type(made) is not FINAL[0] or made._base is not None or device not in _HERE:
        return made
    if marks and not small_bytes():
        return made
    held = made._node.value
    if type(held) is not np.ndarray or not _is_small(held):
        return made
    found = wrapped(held)
    if made._node.params is None:
        found.__class__ = SMALL[1]  # the memory is another's
    return found


def _is_small(a: np.ndarray) -> bool:
    most = small_bytes() if marks else USUAL
    return a.nbytes <= most


def _wrapped(a: np.ndarray) -> Any:
    """Return an array of the user's as a small one; None if it is none."""
    made = wrapped(a) if _is_small(a) else None
    if made is not None:
        made.__class__ = SMALL[1]
    return made


def _copied(a: Any, dtype: Any) -> np.ndarray:
    """Return an array of its own, of a dtype that lies in memory as here."""
    if dtype is not None:
        wanted = np.dtype(dtype)
        if not wanted.isnative or (wanted.kind != "c" and _has_parts(a)):
            raise TypeError
    elif type(a) is np.ndarray and not a.dtype.isnative:
        dtype = a.dtype.newbyteorder("=")
    return np.array(a, dtype)


def _has_parts(a: Any) -> bool:
    if type(a) is list or type(a) is tuple:
        return any(map(_has_parts, a))
    return issubclass(type(a), (np.ndarray, np.generic)) and a.dtype.kind == "c"
