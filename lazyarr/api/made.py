"""Arrays of what NumPy computed at once, and what they tell of the call that did."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any
from weakref import ref

import numpy as np

from lazyarr.api import pending
from lazyarr.api.bounds import (
    LARGE,
    MADE_BY,
    TOLD,
    USUAL,
    is_middle,
    small_bytes,
    untold,
    weight,
)
from lazyarr.api.chains import Steps
from lazyarr.api.handle import ELEMENT, SLICED, SMALL, SMALLS, Handle, here, new
from lazyarr.api.recent import LOST, rest
from lazyarr.errors import outside
from lazyarr.errors import theirs as users
from lazyarr.ops.row import CHARS
from lazyarr.watched import marks

if TYPE_CHECKING:
    from types import FrameType

    from lazyarr.ops.row import Op

DTYPES = frozenset(map(np.dtype, CHARS))
SCALARS = frozenset([np.dtype(char).type for char in CHARS])  # "l" and "q", both
NO_OPTIONS: dict[str, Any] = {}
_FLOAT = np.dtype(np.float64)
_ndarray = np.ndarray


class Loose:
    """An operand that is not held because of what was made of it: it is large."""

    __slots__ = ("base", "chain", "key")

    def __init__(self, x: Any) -> None:
        base = x._base if isinstance(x, Handle) else None
        self.base = ref(x if base is None else base)
        part = type(x) is SLICED[0]
        self.key = x._whole if part else None
        self.chain = () if part or base is None else x._chain

    def found(self) -> Any:
        """Return the operand.

        Raises
        ------
        LookupError
            Nobody else holds it any more.
        """
        base: Any = self.base()
        if base is None:
            raise LookupError
        if self.key is not None:
            steps = type(self.key) is Steps
            return base._view(*self.key) if steps else base[self.key]
        return base._view(*self.chain) if self.chain else base


def loosely(x: Any) -> Any:
    """Return what to remember of an operand: no part of much, which would hold all."""
    if isinstance(x, Handle):
        base: Any = x._base
        if type(x) is SLICED[0]:
            return x  # of which nothing is remembered
        return Loose(x) if base is not None and base.nbytes > TOLD else x
    if type(x) is _ndarray:
        return x if x.base is None else Loose(x)
    return type(x)(map(loosely, x)) if type(x) in (list, tuple) else x


def is_told(how: Any) -> bool:
    """Whether a call can be made again: there was one, and its operands are told."""
    return how is not None and how[1] is not LOST


def remembered(made: Any, how: Any, count: int) -> Any:
    """Let a value remember the call that made it, if that is not too long a story.

    Operands tell of `count` calls.
    """
    value = made._value
    count += weight(value)
    if count <= MADE_BY:
        made._how = how
        made._calls = count
    else:
        made._how = rest(how)
        made._calls = untold(value)
    return made


def calls_of(operands: Any) -> int:
    """Return of how many calls operands tell, those in sequences as well."""
    count = 0
    for x in operands:
        if isinstance(x, Handle):
            count += getattr(x, "_calls", 0)
        elif type(x) is list or type(x) is tuple:
            lazy = [one for one in x if isinstance(one, Handle)]  # and no class of them
            count += sum([getattr(one, "_calls", 0) for one in lazy])
    return count


def wrapped(value: Any, how: Any = None) -> Any:
    """Return what NumPy gave as arrays of ours; None if that cannot be.

    What is not small any more is a leaf.
    """
    kind = type(value)
    if kind is np.ndarray:
        if value.dtype.char not in CHARS:
            return None
        if value.nbytes > small_bytes() and not (how and _stays_known(value, how[1])):
            if value.base is not None and 0 in value.strides:
                return None  # stretched: a view, which a copy would not be
            alone = value if value.base is None else value.copy()
            return new(pending.owned(alone, 0, here()))
        made = SMALL[0]()
    elif issubclass(kind, np.generic):
        if value.dtype.char not in CHARS:
            return None
        made = ELEMENT[0]()
    elif isinstance(value, (tuple, list)):
        items = [wrapped(item, _part_of(how, k)) for k, item in enumerate(value)]
        if any(item is None for item in items):
            return None
        return like(value, items)
    else:
        return None
    made._value = value
    if how is not None:
        return remembered(made, how, calls_of(how[1]))
    made._how, made._calls = None, untold(value)
    return made


def like(value: Any, items: list[Any]) -> Any:
    """Return items as a list or tuple like another; plain where its class asks for more."""
    kind = type(value)
    if all(map(operator.is_, value, items)):
        return value
    if hasattr(kind, "_make"):
        return kind._make(items)
    return items if isinstance(value, list) else tuple(items)


def _stays_known(value: np.ndarray, operands: Any) -> bool:
    """Whether what is not small is known all the same, as one of the operands is.

    Either a loop made that, and the result is not large; or the result is a view of it.
    """
    if value.base is not None and 0 in value.strides:
        return False  # stretched
    held = [x._value for x in operands if type(x) in SMALLS]
    if value.nbytes <= LARGE and any(map(is_middle, held)):
        return True
    own = value.base is None  # real parts of real numbers are the array itself
    return any(value is x if own else np.may_share_memory(value, x) for x in held)


def _part_of(how: Any, number: int) -> Any:
    """Return the call that gives one of the results of a call."""
    if how is None:
        return None
    function, args, options, code, place = how
    return part, (function, number, *args), options, code, place


def part(function: Any, number: int, *args: Any, **options: Any) -> Any:
    """Return one of the results of a call."""
    return function(*args, **options)[number]


def made_at(
    value: Any, function: Any, args: Any, options: Any, count: int, frame: Any
) -> Any:
    """Return what NumPy gave as arrays of ours, as `wrapped`, with the usual ahead.

    A call of `function` gave it, at the line of the user's that `frame` was called from;
    operands tell of `count` calls. None if that cannot be.
    """
    code = frame.f_code
    if code.co_filename not in users:
        frame = outside(frame)
        code = frame.f_code
    kind = type(value)
    if kind is _ndarray:
        nbytes = value.nbytes
        if nbytes > USUAL or marks:
            return wrapped(value, (function, args, options, code, frame.f_lasti))
        dtype = value.dtype
        if dtype is not _FLOAT and dtype not in DTYPES:
            return None
        made = SMALL[0]()
    elif kind in SCALARS:
        made = ELEMENT[0]()
    elif issubclass(kind, (tuple, list)):
        return _each(value, function, args, options, count, frame)
    else:
        return wrapped(value, (function, args, options, code, frame.f_lasti))
    made._value = value
    return remembered(made, (function, args, options, code, frame.f_lasti), count)


def _each(
    values: Any, function: Any, args: Any, options: Any, count: int, frame: Any
) -> Any:
    """Return several results of a call as arrays of ours; None if one cannot be."""
    made = []
    for k, value in enumerate(values):
        one = made_at(value, part, (function, k, *args), options, count, frame)
        if one is None:
            return None
        made.append(one)
    kind = type(values)
    if kind is tuple:
        return tuple(made)
    return made if kind is list else like(values, made)


def result(value: Any, op: Op, operands: Any, count: int, frame: FrameType) -> Any:
    """Return the array of what a row gave; operands tell of `count` calls.

    Of no arrays with axes it is an element.
    """
    made = SMALL[0]() if type(value) is _ndarray else ELEMENT[0]()
    made._value = value
    how = (op, operands, NO_OPTIONS, frame.f_code, frame.f_lasti)
    return remembered(made, how, count)
